"""Files to angiograms: grey images of vessels, one for each frame of a file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError, UsageError
from untaught.images import Plane, count_pages, read_cine, read_pages
from untaught.images.dicom import recognises
from untaught.images.formats import FORMATS, by_content

DICOM_SUFFIXES = (".dcm", ".dicom")
SUFFIXES = (*(suffix for each in FORMATS for suffix in each.suffixes), *DICOM_SUFFIXES)
DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras, detectors and eye cameras give; files of 16 bits hold any of them."""
GREEN = 1


@dataclass(frozen=True, eq=False)
class Angiogram:
    """One image of vessels.

    pixels   `[H, W]` float32 in [0, 1].
    name     The file's name without its ending, and `#frame`, counted from 1, where the file has several.
    sha256   Of the file's bytes.
    spacing  Millimetres from pixel to pixel, (row, column), where the file says it.
    plane    Where a pixel is as large: "detector" or "patient"; None without spacing.
    """

    pixels: NDArray[np.float32] = field(repr=False)
    name: str
    path: Path
    sha256: str
    spacing: tuple[float, float] | None = None
    plane: Plane | None = None


@dataclass(frozen=True, eq=False)
class Frames:
    """A file's images, made when they are asked for: those of a DICOM cine are decoded one at a time."""

    path: Path
    count: int
    sha256: str
    spacing: tuple[float, float] | None
    plane: Plane | None
    _pixels: Callable[[int], NDArray[np.float32]] = field(repr=False)

    def frame(self, number: int) -> Angiogram:
        """One of them, counted from 1.

        Raises: InputError for a frame that cannot be decoded.
        """
        name = stem(self.path) if self.count == 1 else f"{stem(self.path)}#{number}"
        return Angiogram(self._pixels(number), name, self.path, self.sha256, self.spacing, self.plane)

    def __iter__(self) -> Iterator[Angiogram]:
        return (self.frame(number) for number in range(1, self.count + 1))


def read_frames(path: Path) -> Frames:
    """A PNG, JPEG, TIFF (its pages are frames), WebP or DICOM file, told by its content.

    uint8 is divided by 255. uint16 is divided by the greatest number of the fewest bits, of `DEPTHS`, that hold the
    file's largest value: 12 bits stored in 16 are as bright as they were; all pages have one scale. Floats are taken
    as they are. In colour the green channel is the image: vessels stand out best in it. Alpha is not heeded.
    DICOM: see `images.read_cine`.

    Raises: InputError, one sentence, for a file that cannot be read, or floats outside [0, 1]; ResourceError.
    Source: Hoover et al. 2000 (IEEE TMI 19:3) and Staal et al. 2004 (IEEE TMI 23:4): the green channel of the retina.
    """
    path = Path(path)
    if is_dicom(path):
        cine = read_cine(path)
        return Frames(path, cine.frames, cine.sha256, cine.spacing, cine.plane, cine.frame)
    pages = read_pages(path)
    greys = [grey(page.pixels) for page in pages]
    top = max(whole(each, path) for each in greys)
    return Frames(
        path, len(pages), pages[0].sha256, None, None, lambda number: (greys[number - 1] / top).astype(np.float32)
    )


def count_frames(path: Path) -> int:
    """How many frames a file has; none is decoded.

    Raises: InputError for a file that is no image, or a DICOM file that cannot be read; ResourceError.
    """
    return read_cine(path).frames if is_dicom(path) else count_pages(path)


def as_pixels(image: Any, name: str) -> NDArray[np.float32]:
    """An array as if it had been read from a file: `[H, W]` in [0, 1].

    Raises: UsageError for what is no image; InputError for floats outside [0, 1] or not finite.
    """
    array = np.asarray(image)
    kinds = array.dtype.kind == "f" or array.dtype in (np.uint8, np.uint16)
    if not kinds or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)) or not array.size:
        raise UsageError(
            f"{name} is {array.dtype} of shape {array.shape}; wanted [H, W] or [H, W, 3] of uint8, uint16 or floats"
        )
    pixels = grey(array)
    if not np.isfinite(pixels).all():
        raise InputError(f"{name} has {int((~np.isfinite(pixels)).sum())} pixels that are NaN or infinite")
    scaled: NDArray[np.float32] = (pixels / whole(pixels, Path(name))).astype(np.float32)
    return scaled


def grey(pixels: NDArray[Any]) -> NDArray[Any]:
    """`[H, W]`, or one channel of `[H, W, 3]`: the green one, which in a grey picture is as good as any."""
    return pixels if pixels.ndim == 2 else pixels[..., GREEN]


def whole(pixels: NDArray[Any], path: Path) -> float:
    """The value that is white.

    Raises: InputError for floats outside [0, 1].
    """
    if pixels.dtype.kind == "f":
        low, high = float(pixels.min()), float(pixels.max())
        if low < 0 or high > 1:
            raise InputError(f"{path} holds floating-point values from {low:g} to {high:g}; wanted them in [0, 1]")
        return 1.0
    if pixels.dtype == np.uint8:
        return 255.0
    return next(2.0**bits - 1 for bits in DEPTHS if pixels.max() < 2**bits)


def frame_of(name: str) -> str:
    """The frame of a cine that a name is of, as it is written there; nothing for a single image."""
    return name.partition("#")[2]


def stem(path: Path) -> str:
    """The name without its ending; scanners' names, numbers with dots between, have none."""
    return path.name if _bare(path) else path.stem


def is_dicom(path: Path) -> bool:
    """Told by its content, or, in a file without the usual beginning, by its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(132)
    return recognises(start) or (path.suffix.lower() in DICOM_SUFFIXES and by_content(start) is None)


def files_in(path: Path, *, called: str) -> list[Path]:
    """The images in a folder, by name; or the one file that was given.

    Raises: InputError for a folder that is missing or without images.
    """
    if path.is_file():
        return [path]
    if not path.exists():
        raise InputError(f"the {called} {path} do not exist; wanted a folder or a file")
    beside = ("DICOMDIR", "Thumbs.db")
    every = sorted(
        each for each in path.iterdir() if each.is_file() and each.name not in beside and not each.name.startswith(".")
    )
    if not every:
        raise InputError(f"{path} is an empty folder; wanted {called} in it")
    some = [each for each in every if each.suffix.lower() in SUFFIXES or (_bare(each) and is_dicom(each))]
    if not some:
        there = ", ".join(sorted({each.suffix.lower() or "no ending" for each in every})[:5])
        got = f"has no {called} that can be read among its {len(every)} files ({there})"
        raise InputError(f"{path} {got}; wanted {', '.join(SUFFIXES)}")
    return some


def read_images(path: Path) -> Iterator[Angiogram]:
    """All frames of all images of a folder, or of one file; a file is read when it is come to.

    Raises: InputError at once for a folder that is missing or without images, then for a file that cannot be read.
    """
    return (frame for each in files_in(Path(path), called="images") for frame in read_frames(each))


def read_some(path: Path, most: int, *, seed: int) -> tuple[list[Angiogram], int]:
    """All that `read_images` gives if they are at most `most`; else so many of them, and how many there are in all.

    They are drawn by the seed, one from each of `most` stretches as long as one another, and shuffled: a training that
    sees the first ones alone sees some of the whole folder. Only files that one is drawn from are decoded, of a DICOM
    cine only its drawn frames.

    Raises: as `read_images`.
    """
    files = files_in(Path(path), called="images")
    counts = [count_frames(each) for each in files]
    total, generator = sum(counts), np.random.default_rng(seed)
    if total <= most:
        return list(read_images(path)), total
    bounds = np.arange(most + 1) * total // most
    numbers = generator.integers(bounds[:-1], bounds[1:])
    images: list[Angiogram] = []
    for file, count, end in zip(files, counts, np.cumsum(counts), strict=True):
        inside = numbers[(numbers >= end - count) & (numbers < end)] - (end - count)
        if inside.size:
            frames = read_frames(file)
            images += [frames.frame(int(number) + 1) for number in inside]
    return [images[place] for place in generator.permutation(most)], total


def _bare(path: Path) -> bool:
    """Is the name one as scanners give them: no ending, or a number for one?"""
    return re.fullmatch(r"(\.\d+)?", path.suffix) is not None
