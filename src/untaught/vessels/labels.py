"""What somebody drew on an angiogram: vessel, background, or nothing said."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError
from untaught.images import Picture, read_pages
from untaught.vessels.unknown import UNKNOWN

WANTED = "wanted 0 for background and one larger value for vessel (mid-grey or transparent: unknown)"


class Label(NamedTuple):
    """Bool `[H, W]` both: where there is a vessel, and where the label says anything."""

    vessel: NDArray[np.bool_]
    known: NDArray[np.bool_]


def read_labels(path: Path) -> list[Label | None]:
    """One for each page of the file; None for a page that is unknown all over, if there are others.

    Two values: the larger (1, 255, 65535 ...) is vessel, 0 is background. A pixel of exactly the middle of the range
    (127 or 128 of 255), or one that is not opaque, says nothing. RGB with equal channels is grey.

    Raises: InputError, one sentence, for a file that cannot be read; other values; no vessel; no background; nothing.
    """
    pages = read_pages(path)
    names = [str(path)] if len(pages) == 1 else [f"page {number} of {path}" for number in range(1, len(pages) + 1)]
    labels = [label_of(page, name) for page, name in zip(pages, names, strict=True)]
    if not any(labels):
        raise InputError(f"{path} says nothing: every pixel is mid-grey or transparent, which means unknown")
    return labels


def label_of(picture: Picture, name: str) -> Label | None:
    """Vessel and known of one picture, or None where it says nothing at all."""
    values = one_channel(picture, name)
    known = ~np.isin(values, UNKNOWN[values.dtype.str[1:]])
    if picture.alpha is not None:
        opaque = np.iinfo(picture.alpha.dtype).max if picture.alpha.dtype.kind == "u" else 1.0
        known &= picture.alpha >= opaque
    if not known.any():
        return None
    levels = np.unique(values[known])
    shown = ", ".join(f"{level:g}" for level in levels[:3].tolist())
    every = "every pixel" if known.all() else "every known pixel"
    if len(levels) > 3:
        lossy = "; JPEG changes values, a PNG keeps them" if picture.format == "JPEG" else ""
        raise InputError(f"{name} has {len(levels)} grey levels; {WANTED}{lossy}")
    if len(levels) == 3:
        raise InputError(f"{name} has three classes ({shown}); {WANTED}")
    if len(levels) == 1 and levels[0] == 0:
        raise InputError(f"{name} marks no vessel: {every} is 0; {WANTED}")
    if len(levels) == 1:
        raise InputError(f"{name} marks no background: {every} is {shown}; {WANTED}")
    if levels[0] != 0:
        raise InputError(f"{name} has the values {shown}; {WANTED}")
    return Label((values > 0) & known, known)


def read_fov(path: Path) -> NDArray[np.bool_]:
    """A field of view, bool `[H, W]`: 0 is outside, the larger of its two values inside.

    Raises: InputError for a file that cannot be read, more than two values, or nothing inside.
    """
    pictures = read_pages(path)
    if len(pictures) > 1:
        raise InputError(f"{path} has {len(pictures)} pages; wanted one field of view")
    values = one_channel(pictures[0], str(path))
    levels = np.unique(values)
    if len(levels) > 2 or (len(levels) == 2 and levels[0] != 0):
        raise InputError(f"{path} has {len(levels)} grey levels; wanted 0 outside the field of view, one value inside")
    if not values.any():
        raise InputError(f"{path} is 0 everywhere; wanted a field of view with something inside")
    return values > 0


def one_channel(picture: Picture, name: str) -> NDArray[Any]:
    """`[H, W]` of a picture that is grey, in three channels perhaps.

    Raises: InputError for colours.
    """
    pixels = picture.pixels
    if pixels.ndim == 2:
        return pixels
    if not (pixels == pixels[..., :1]).all():
        raise InputError(f"{name} is in colour; {WANTED}")
    return pixels[..., 0]
