"""Pixels to a file, with all that is known about them put back."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from untaught.errors import ResourceError, UsageError
from untaught.images import exif, tiff
from untaught.images.atomic import check_place, write_atomically
from untaught.images.formats import FORMATS, Format, by_suffix, listed
from untaught.images.picture import Metadata, Picture, Samples


def check_writable(
    path: str | os.PathLike[str],
    *,
    overwrite: bool,
    dtype: DTypeLike | None = None,
    alpha: bool = False,
    size: tuple[int, int] | None = None,
) -> None:
    """Whether `write` could succeed, to be asked before the work begins. `size` is (height, width).

    Raises: UsageError for an extension unknown, a format that cannot hold that dtype, alpha or size, a missing or
    unwritable folder, a folder in the file's place, or a file that exists when `overwrite` is not set.
    """
    path = Path(path)
    wanted = by_suffix(path)
    faults = {each.name: _fault(each, None if dtype is None else np.dtype(dtype).name, alpha, size) for each in FORMATS}
    fault = faults[wanted.name]
    if fault is not None:
        able = [str(each) for each in FORMATS if faults[each.name] is None]
        raise UsageError(
            f"{path}: {wanted.name} cannot hold {fault}; {listed(able, 'and') if able else 'no format'} can"
        )
    check_place(path, overwrite=overwrite)


def write(
    path: str | os.PathLike[str], pixels: NDArray[Any], *, like: Picture | None = None, overwrite: bool = False
) -> None:
    """Pixels `[H, W]` or `[H, W, 3]` to the format of the extension, at once or not at all.

    PNG, TIFF and WebP keep every value (WebP stores grey as RGB); JPEG has quality 95 and colour at full resolution.
    From `like` come alpha (resized where the pixels are of another size), EXIF without its thumbnail (it shows the
    old pixels), ICC (where it is for as many channels), dpi, XMP and, in like's own format, the remaining blocks.
    If the pixels are of another size, EXIF and dpi say so: the picture is as large on paper as it was.

    Raises: UsageError as `check_writable`, or for pixels of another shape; ResourceError where disk or memory is full.
    """
    path, pixels = Path(path), np.asarray(pixels)
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,)) or not pixels.size:
        shape = "x".join(str(side) for side in pixels.shape)
        raise UsageError(f"pixels for {path} are {shape}; wanted height x width, or height x width x 3")
    alpha = None if like is None else like.alpha
    size = (pixels.shape[0], pixels.shape[1])
    check_writable(path, overwrite=overwrite, dtype=pixels.dtype, alpha=alpha is not None, size=size)
    samples: Samples = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    if alpha is not None:
        samples = np.concatenate([samples, _alpha_for(alpha, pixels)[..., np.newaxis]], axis=2)
    wanted = by_suffix(path)
    metadata = Metadata() if like is None else _metadata_for(like, wanted, size, colour=pixels.ndim == 3)
    try:
        data = wanted.encode(samples, metadata)
    except MemoryError as error:
        raise ResourceError(f"not enough memory to write {path}") from error
    write_atomically(path, data, overwrite=overwrite)


def write_pages(path: str | os.PathLike[str], pages: Iterable[NDArray[Any]], *, overwrite: bool = False) -> None:
    """Pages `[H, W]` or `[H, W, 3]` of one dtype to one TIFF, at once or not at all; `read_pages` gives them back.

    The pages are taken one at a time, and held compressed: a cine may be longer than memory.

    Raises: UsageError as `check_writable`, for another extension than a TIFF's, or for pages that a TIFF cannot hold
    or none; ResourceError where disk or memory is full.
    """
    path = Path(path)
    check_place(path, overwrite=overwrite)
    wanted = by_suffix(path)
    if wanted.encode is not tiff.encode:
        raise UsageError(f"{path}: {wanted.name} cannot hold several pages; TIFF (.tif, .tiff) can")
    try:
        data = tiff.encode_pages(_checked(pages, path))
    except MemoryError as error:
        raise ResourceError(f"not enough memory to write {path}") from error
    write_atomically(path, data, overwrite=overwrite)


def _checked(pages: Iterable[NDArray[Any]], path: Path) -> Iterator[NDArray[Any]]:
    number = 0
    for number, pixels in enumerate(pages, start=1):
        whole = pixels.size and (pixels.ndim == 2 or pixels.shape[2:] == (3,))
        if not whole or pixels.dtype.name not in by_suffix(path).dtypes:
            shape = "x".join(str(side) for side in pixels.shape)
            raise UsageError(
                f"page {number} for {path} is {shape} of {pixels.dtype}; "
                "wanted height x width, or height x width x 3, of uint8, uint16, float32 or float64"
            )
        yield pixels
    if number == 0:
        raise UsageError(f"there are no pages for {path}; wanted at least one")


def _fault(each: Format, dtype: str | None, alpha: bool, size: tuple[int, int] | None) -> str | None:
    """What of this the format cannot hold."""
    if dtype is not None and dtype not in each.dtypes:
        return f"{dtype} pixels"
    if alpha and not each.alpha:
        return "alpha"
    if size is not None and max(size) > each.longest_side:
        return f"{size[0]}x{size[1]} pixels (height x width; at most {each.longest_side} a side)"
    return None


def _alpha_for(alpha: NDArray[Any], pixels: NDArray[Any]) -> NDArray[Any]:
    """Alpha in the pixels' size (bicubic, float32) and dtype. Opaque is the largest integer, or 1.0 for floats."""
    height, width = pixels.shape[:2]
    if alpha.shape == (height, width) and alpha.dtype == pixels.dtype:
        return alpha
    before, after = _opaque(alpha.dtype), _opaque(pixels.dtype)
    out = alpha.astype(np.float64)
    if alpha.shape != (height, width):
        image = Image.fromarray(alpha.astype(np.float32))
        resized = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
        out = resized.clip(float(alpha.min()), float(alpha.max()))
    out = out * (after / before)
    return (np.rint(out.clip(0, after)) if pixels.dtype.kind == "u" else out).astype(pixels.dtype)


def _opaque(dtype: np.dtype[Any]) -> float:
    return float(np.iinfo(dtype).max) if dtype.kind == "u" else 1.0


def _metadata_for(like: Picture, wanted: Format, size: tuple[int, int], *, colour: bool) -> Metadata:
    """What can be said about other pixels, of that (height, width), in another format."""
    old = like.metadata
    fits = old.icc is not None and old.icc[16:20] == (b"RGB " if colour else b"GRAY")
    block = exif.without_thumbnail(old.exif) if old.exif else None
    blocks = old.blocks if like.format == wanted.name else ()
    dpi, before = old.dpi, like.pixels.shape[:2]
    if size != before:
        growth = (size[1] / before[1], size[0] / before[0])
        block = exif.resized(block, *size, growth) if block else None
        dpi = (dpi[0] * growth[0], dpi[1] * growth[1]) if dpi else None
    return replace(old, exif=block, icc=old.icc if fits else None, dpi=dpi, blocks=blocks)
