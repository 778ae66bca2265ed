"""A fit told to a reader: a page that shows two images against each other, and a record that any program can read."""

import base64
import dataclasses
import html
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from untaught.errors import UsageError

Floats = NDArray[np.floating[Any]]
GAIN = 4  # how many times the difference is enlarged
CHANNELS = {1: "grey", 2: "grey with alpha", 3: "colour", 4: "colour with alpha"}


@dataclass(frozen=True)
class Pane:
    """One image of a comparison: HW, or HWC with 1 to 4 channels (grey, grey + alpha, RGB, RGBA), of any real dtype."""

    name: str
    pixels: NDArray[Any]


def comparison_page(panes: Sequence[Pane], *, title: str, rows: Sequence[tuple[str, str]]) -> str:
    """One self-contained HTML page: two images of one size under a slider, their difference, and a table of `rows`.

    How pixels are shown: integers over their dtype's full range and floats as they are, so that 0 is black and 1 white;
    if floats leave [0, 1], black and white are the least and the greatest value of both images together. uint8 beside
    uint8 is shown exactly; what is not a number is black. The difference is |left - right| on that scale, times 4,
    without alpha.

    Write it as UTF-8. Raises `UsageError` for images that cannot be laid over each other.
    """
    if len(panes) != 2:
        raise UsageError(f"a comparison takes 2 images, not {len(panes)}")
    (left, left_alpha), (right, right_alpha) = (_colour_and_alpha(pane) for pane in panes)
    height, width = left.shape[:2]
    if right.shape[:2] != (height, width):
        sizes = [f"'{pane.name}' is {pane.pixels.shape[0]}x{pane.pixels.shape[1]}" for pane in panes]
        raise UsageError(f"{sizes[0]} but {sizes[1]} (height x width)")
    black, white = _window(left, right)
    left, right = _rescaled(left, black, white), _rescaled(right, black, white)
    difference = np.minimum(GAIN * np.abs(left - right), 1.0)
    page = Template(resources.files("untaught").joinpath("report_page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escaped(title),
        left_name=escaped(panes[0].name),
        right_name=escaped(panes[1].name),
        left_png=_png(left, left_alpha),
        right_png=_png(right, right_alpha),
        difference_png=_png(difference),
        width=width,
        height=height,
        gain=GAIN,
        note=escaped(_note(panes, black, white)),
        rows="\n".join(f'<tr><th scope="row">{escaped(a)}</th><td>{escaped(b)}</td></tr>' for a, b in rows),
    )


def sidecar(record: Mapping[str, object]) -> str:
    """The record as JSON text in its own order, ASCII, ending with a newline.

    Dataclasses become objects, tuples lists, numpy scalars numbers, paths text. Raises `ValueError` for NaN and
    infinity, which JSON has no word for, and `TypeError` for anything else, naming its place in the record.
    """
    return json.dumps(_plain(record, "the record"), indent=2, allow_nan=False) + "\n"


def _plain(value: object, where: str) -> object:
    """The same in dicts, lists, numbers and text."""
    match value:
        case None | bool() | str() | int():
            return value
        case float() | np.floating():
            if not math.isfinite(value):
                raise ValueError(f"{where} is {float(value)}, which JSON cannot hold")
            return float(value)
        case np.bool_() | np.integer():
            return value.item()
        case PurePath():
            return str(value)
        case Mapping():
            return {str(key): _plain(item, f"{where}: {key}") for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, f"{where}: {index}") for index, item in enumerate(value)]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
            return _plain(fields, where)
    raise TypeError(f"{where} is a {type(value).__name__}, which JSON cannot hold")


def _colour_and_alpha(pane: Pane) -> tuple[Floats, Floats | None]:
    """HWC with 1 or 3 channels, and alpha HW where there is one. Integers are brought to [0, 1], floats left alone."""
    pixels = pane.pixels
    if pixels.dtype.kind not in "buif":
        raise UsageError(f"'{pane.name}' is {pixels.dtype} but must hold real numbers")
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in CHANNELS or pixels.size == 0:
        raise UsageError(
            f"'{pane.name}' has shape {pane.pixels.shape} but must be height x width, with 1 to 4 channels last"
        )
    scaled: Floats = pixels.astype(np.result_type(pixels.dtype, np.float32))  # enough for 8 bits, half the memory
    if pixels.dtype.kind in "ui":
        low, high = float(np.iinfo(pixels.dtype).min), float(np.iinfo(pixels.dtype).max)
        scaled = (scaled - low) / (high - low)
    if scaled.shape[2] in (2, 4):
        return scaled[..., :-1], np.nan_to_num(np.clip(scaled[..., -1], 0.0, 1.0))
    return scaled, None


def _window(left: Floats, right: Floats) -> tuple[float, float]:
    """The values shown black and white: 0 and 1, or the extremes of both images if one leaves [0, 1]."""
    finite = [image[np.isfinite(image)] for image in (left, right)]
    black = min((float(values.min()) for values in finite if values.size), default=0.0)
    white = max((float(values.max()) for values in finite if values.size), default=1.0)
    if black >= 0.0 and white <= 1.0:
        return 0.0, 1.0
    return black, white if white > black else black + 1.0


def _rescaled(image: Floats, black: float, white: float) -> Floats:
    """Black to 0, white to 1. What is not a number is black."""
    unit: Floats = np.nan_to_num((image - black) / (white - black), nan=0.0)
    return unit.clip(0.0, 1.0)


def _png(picture: Floats, alpha: Floats | None = None) -> str:
    """A picture HWC in [0, 1], and its alpha HW, as an 8-bit PNG in a data address."""
    return data_address(np.rint(255.0 * (picture if alpha is None else np.dstack([picture, alpha]))).astype(np.uint8))


def data_address(pixels: NDArray[np.uint8]) -> str:
    """Pixels HW or HWC as a PNG that stands in a page itself."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _note(panes: Sequence[Pane], black: float, white: float) -> str:
    """What was shown, and on which scale: a sentence under the picture."""
    height, width = panes[0].pixels.shape[:2]
    kinds = []
    for pane in panes:
        channels = 1 if pane.pixels.ndim == 2 else pane.pixels.shape[2]
        kinds.append(f"{pane.pixels.dtype} {CHANNELS[channels]}")
    both = kinds[0] if kinds[0] == kinds[1] else " and ".join(kinds)
    size = f"{width} × {height} pixels, {both}"
    if (black, white) != (0.0, 1.0):
        return f"{size}. Shown from {black:.4g} (black) to {white:.4g} (white), the extremes of both images."
    if all(pane.pixels.dtype == np.uint8 for pane in panes):
        return f"{size}, shown as stored."
    return f"{size}. Shown in 8 bits, integers over the full range of their type and floats from 0 to 1."


def escaped(text: str) -> str:
    """Safe between tags and between quotes, and in UTF-8: a file name may hold bytes that are no text."""
    return html.escape(text.encode("utf-8", "replace").decode("utf-8"))
