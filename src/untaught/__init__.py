"""Image restoration by a network that has never seen an image: Deep Image Prior as a package and a command line.

The names below are the whole public surface. They are loaded when first used, so that the command line can answer
`--help` without waiting for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from untaught.version import __version__ as __version__

if TYPE_CHECKING:
    from untaught.core import Problem, Result, Step
    from untaught.fit import Fit
    from untaught.presets.row import Preset
    from untaught.tasks import deblur, dejpeg, denoise, fuse, guide, inpaint, restore, segment, steps, upscale

__all__ = [
    "Fit",
    "Preset",
    "Problem",
    "Result",
    "Step",
    "deblur",
    "dejpeg",
    "denoise",
    "fuse",
    "guide",
    "inpaint",
    "restore",
    "segment",
    "steps",
    "upscale",
]

_HOME = {
    "Fit": "untaught.fit",
    "Preset": "untaught.presets.row",
    "Problem": "untaught.core",
    "Result": "untaught.core",
    "Step": "untaught.core",
    "deblur": "untaught.tasks",
    "dejpeg": "untaught.tasks",
    "denoise": "untaught.tasks",
    "fuse": "untaught.tasks",
    "guide": "untaught.tasks",
    "inpaint": "untaught.tasks",
    "restore": "untaught.tasks",
    "segment": "untaught.tasks",
    "steps": "untaught.tasks",
    "upscale": "untaught.tasks",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'untaught' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
