"""What hangs in the gallery: pieces of pictures that come with scikit-image, each damaged in one way.

Every picture is in the public domain or free of known copyright, by scikit-image's own notes (docs/gallery.md).
To add a task: a function here that gives a `Scene`, its name in `SCENES` and in `hung.TASKS`, a place in the page.
"""

import argparse
import io
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.filters import unsharp_mask

import deblur
import dejpeg
import fuse
import guide
import likelihoods
import observations
import scribbles
import untaught
from branches import angiogram
from fillers import filled
from inpaint import mask_of, without
from pieces import Scene, array, blurred, cut, noisy, shake, tensor
from references import in_eight_bits
from untaught.core import Result
from untaught.operators import Blur, Identity
from untaught.tasks import scribbled
from untaught.tasks.compressed import stored_as
from upscale import resized

SAME: dict[str, Any] = {"seed": 0, "device": "cpu", "full_output": True}
FACTOR, JPEG_QUALITY = 4, 10
WORDS = "This was written over the picture, as on a print that somebody wanted to keep for good. "


def of_noise(task: str, picture: str, truth: np.ndarray) -> Scene:
    """White noise of sigma 25, which nobody is told but the classic."""
    given = noisy(truth, 25, task)
    return Scene(
        picture,
        "noise of sigma 25, not told",
        truth,
        given,
        "non-local means",
        lambda: in_eight_bits("nlm", given, 25 / 255),
        lambda quality: untaught.denoise(given, quality=quality, **SAME),
    )


def denoise() -> Scene:
    """Stripes, stars, hair, a face."""
    return of_noise("denoise", "astronaut", cut("astronaut", 0, 0))


def denoise_texture() -> Scene:
    """Grass, all of it about as strong as the noise."""
    return of_noise("denoise_texture", "grass", cut("grass", 0, 0))


def of_missing(picture: str, damage: str, truth: np.ndarray, hidden: np.ndarray) -> Scene:
    """Pixels that are not there."""
    given = without(truth, hidden)
    return Scene(
        picture,
        f"{damage} ({100 * hidden.mean():.0f} %)",
        truth,
        given,
        "biharmonic",
        lambda: filled("biharmonic", given, hidden),
        lambda quality: untaught.inpaint(given, mask_of(hidden), quality=quality, **SAME),
        where=hidden,
    )


def inpaint_half() -> Scene:
    """A tripod in the grass."""
    truth = cut("camera", 100, 180)
    hidden = np.random.default_rng(zlib.crc32(b"inpaint_half")).random(truth.shape) < 0.5
    return of_missing("camera", "pixels missing at random", truth, hidden)


def inpaint_text() -> Scene:
    """Lettering over a cat."""
    truth = cut("chelsea", 20, 110)
    drawing = Image.new("L", truth.shape[1::-1])
    font = ImageFont.load_default(15)
    for line, top in enumerate(range(2, truth.shape[0], 18)):
        ImageDraw.Draw(drawing).text((2 - 37 * line % 200, top), 3 * WORDS, fill=255, font=font)
    return of_missing("chelsea", "lettering over it", truth, np.asarray(drawing) > 96)


def inpaint_hole() -> Scene:
    """Where a saucer ends on wood."""
    truth = cut("coffee", 144, 300)
    hidden = np.zeros(truth.shape[:2], bool)
    hidden[150:200, 90:150] = True
    return of_missing("coffee", "a hole of 50x60 pixels", truth, hidden)


def upscale() -> Scene:
    """Lattice towers."""
    truth = cut("rocket", 0, 0)
    given = resized(truth, (truth.shape[0] // FACTOR, truth.shape[1] // FACTOR), "bicubic")
    return Scene(
        "rocket",
        "a quarter as high and wide (bicubic)",
        truth,
        given,
        "bicubic",
        lambda: resized(given, truth.shape[:2], "bicubic"),
        lambda quality: untaught.upscale(given, FACTOR, quality=quality, **SAME),
    )


def deblur_known() -> Scene:
    """Handwriting, moved."""
    kernel = Blur.motion(13, 25).kernel
    truth, given = blurred("deblur_known", cut("text", 0, 100, 172), kernel)
    return Scene(
        "text",
        "moved by 13 pixels, noise of sigma 2; the kernel is told",
        truth,
        given,
        "total variation",
        lambda: (255 * deblur.by_variation(given / 255, kernel.numpy())).round().clip(0, 255).astype(np.uint8),
        lambda quality: untaught.deblur(given, kernel.numpy(), quality=quality, **SAME),
    )


def deblur_blind() -> Scene:
    """Coins, by a camera that shook."""
    truth, given = blurred("deblur_blind", cut("coins", 20, 60, 272, 272), shake())
    return Scene(
        "coins",
        "a shaken camera, noise of sigma 2; the kernel is not told",
        truth,
        given,
        "unsharp mask",
        lambda: (255 * unsharp_mask(given, radius=2.0, amount=1.5)).round().clip(0, 255).astype(np.uint8),
        lambda quality: untaught.deblur(given, blind=True, quality=quality, **SAME),
        may_be_off=True,
    )


def fuse_frames() -> Scene:
    """A space suit: a patch, lettering, folds."""
    asked = argparse.Namespace(side=256, factor=FACTOR, count=16, sigma=5.0, seed=0, strangers=0, method="add")
    frames, truth, motions = fuse.made(data.astronaut(), asked)
    return Scene(
        "astronaut",
        "16 frames a quarter as high and wide, moved and turned, noise of sigma 5; one is shown",
        truth,
        frames[0],
        "shift-and-add",
        lambda: fuse.run(frames, motions, "add", asked)[0],
        lambda quality: untaught.fuse(list(frames), FACTOR, quality=quality, **SAME),
    )


def dejpeg_10() -> Scene:
    """A red saucer, porcelain, wood."""
    truth = cut("coffee", 96, 130)
    file = io.BytesIO()
    Image.fromarray(truth).save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    given = np.asarray(Image.open(file))
    return Scene(
        "coffee",
        f"JPEG of quality {JPEG_QUALITY}, 4:2:0",
        truth,
        given,
        "JPEG re-applied",
        lambda: dejpeg.classic(given, stored_as(JPEG_QUALITY, None, "4:2:0"), "reapplied"),
        lambda quality: untaught.dejpeg(given, jpeg_quality=JPEG_QUALITY, quality=quality, **SAME),
    )


def of_law(noise: str, damage: str, picture: str, truth: np.ndarray, classic: str, words: str) -> Scene:
    """Noise that is not Gaussian, by `restore` told its law."""
    case, shape = likelihoods.damaged(noise, picture, truth), (3, *truth.shape[:2])
    law = likelihoods.NOISES[noise]
    return Scene(
        picture,
        damage,
        truth,
        array(case.noisy),
        words,
        lambda: array(likelihoods.CLASSICS[classic](case.noisy)),
        lambda quality: untaught.restore(case.noisy, Identity(), shape, likelihood=law, quality=quality, **SAME),
        seen=array,
    )


def impulse() -> Scene:
    """Whiskers."""
    truth = cut("chelsea", 108, 150, 192, 192)
    damage = "half of all values black or white, by `restore` with SaltAndPepper"
    scene = of_law("impulse", damage, "chelsea", truth, "median-intact", "median of intact")
    return replace(scene, quality="draft")  # `normal` took six minutes


def poisson() -> Scene:
    """Galaxies."""
    truth = cut("hubble_deep_field", 330, 60, 192, 192)
    damage = "30 photons at white, by `restore` with Poisson"
    return of_law("poisson", damage, "hubble_deep_field", truth, "tv", "total variation")


def of_observation(name: str, damage: str, picture: str, truth: np.ndarray, classic: str) -> Scene:
    """What a satellite saw, by `restore` from the classical estimate."""
    case = observations.made(name, picture, tensor(truth))
    classics, shape = observations.CLASSICS[name], (3, *truth.shape[:2])

    def ours(quality: str) -> Any:
        start = observations.STARTS[name](case)
        return untaught.restore(case.y, case.operator, shape, start=start, quality=quality, **SAME)

    def by_classic() -> np.ndarray:
        return array(classics[classic](case))

    words = {"injection": "injection", "moments": "moment matching"}[classic]
    shown = case.operator.unpack(case.y)[1] if name == "pan" else case.operator.parts[1].adjoint(case.y)
    return Scene(picture, damage, truth, array(shown), words, by_classic, ours, seen=array)


def pansharpen() -> Scene:
    """Brown and blue tissue, for bands that differ."""
    damage = "bands a quarter as high and wide (shown), and their weighted sum in full"
    truth = cut("immunohistochemistry", 100, 200, 192, 192)
    return of_observation("pan", damage, "immunohistochemistry", truth, "injection")


def stripes() -> Scene:
    """A night sky over a launch pad."""
    damage = "a gain and an offset for each column, one in sixteen dead"
    return of_observation("stripes", damage, "rocket", cut("rocket", 180, 230, 192, 192), "moments")


def guided() -> Scene:
    """A cat by lamp light, with a flash photograph that has another shadow."""
    cat = cut("chelsea", 20, 110)
    truth, given, flash = guide.pair(cat, cat, "25", 0)
    return Scene(
        "chelsea",
        "noise of sigma 25, not told; a brighter, bluish picture of it is told, with another shadow",
        truth,
        given,
        "guided filter",
        lambda: guide.classic(given, flash, "filter"),
        lambda quality: untaught.guide(given, flash, quality=quality, **SAME),
    )


def segment() -> Scene:
    """A vessel that branches, over soft shapes."""
    ground = gaussian_filter(cut("camera", 60, 256).astype(float), 6.0)
    image, label = angiogram(ground, np.random.default_rng(zlib.crc32(b"segment")))
    asked = argparse.Namespace(vessel=6, background=8, width=3)
    case = scribbles.drawn("segment", image, in_black_and_white(label), asked)
    given = np.where(case.known, np.where(case.object, 255, 0), image).astype(np.uint8)
    return Scene(
        "camera",
        "a vessel drawn over it, blurred, noise of sigma 5, 14 strokes (white: vessel, black: none) on the input",
        in_black_and_white(label),
        given,
        "Sato's filter",
        lambda: in_black_and_white(scribbles.thresholded(case)),
        lambda quality: as_mask(untaught.segment(image, case.scribbles, quality=quality, **SAME)),
        seen=in_black_and_white,
    )


def as_mask(result: Result) -> Result:
    """With the mask in place of the probability."""
    return replace(result, image=scribbled.mask_of(result))


def in_black_and_white(mask: np.ndarray) -> np.ndarray:
    """In 8 bits."""
    return mask.astype(np.uint8) * 255


SCENES: dict[str, Callable[[], Scene]] = {
    "denoise": denoise,
    "denoise_texture": denoise_texture,
    "inpaint_half": inpaint_half,
    "inpaint_text": inpaint_text,
    "inpaint_hole": inpaint_hole,
    "upscale": upscale,
    "deblur_known": deblur_known,
    "deblur_blind": deblur_blind,
    "fuse": fuse_frames,
    "dejpeg": dejpeg_10,
    "guide": guided,
    "segment": segment,
    "impulse": impulse,
    "poisson": poisson,
    "pansharpen": pansharpen,
    "stripes": stripes,
}
