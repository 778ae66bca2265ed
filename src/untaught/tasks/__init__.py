"""The verbs. Each states a Problem and runs the one loop; none has a loop of its own."""

from untaught.tasks.anything import restore, restoring
from untaught.tasks.blurred import deblur, deblurring
from untaught.tasks.compressed import dejpeg, dejpegging
from untaught.tasks.enlarge import upscale, upscaling
from untaught.tasks.frames import fuse, fusing
from untaught.tasks.guided import guide, guiding
from untaught.tasks.loop import steps
from untaught.tasks.missing import inpaint, inpainting
from untaught.tasks.noisy import denoise, denoising
from untaught.tasks.scribbled import segment, segmenting

__all__ = [
    "deblur",
    "deblurring",
    "dejpeg",
    "dejpegging",
    "denoise",
    "denoising",
    "fuse",
    "fusing",
    "guide",
    "guiding",
    "inpaint",
    "inpainting",
    "restore",
    "restoring",
    "segment",
    "segmenting",
    "steps",
    "upscale",
    "upscaling",
]
