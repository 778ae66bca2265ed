"""Pictures beside the numbers: a sheet of them with a line under each, and sheets one after the other as a film."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

GAP = 6  # pixels between pictures
LETTERS, PAGE = 11, 600  # pixels of letters where a sheet is shown so many pixels wide
WIDE = 140  # pixels at least of a picture, so that its line has room


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture and what is written under it."""

    words: str
    pixels: NDArray[np.float32]  # [H, W, 1 or 3] in [0, 1]


def sheet(rows: Sequence[Sequence[Shown]]) -> Image.Image:
    """All of them on white, each pixel as many times as wide as makes the first picture wide enough.

    Letters grow with the sheet. Where one line is too long all that have a colon are broken after it.
    """
    first = rows[0][0].pixels
    times = -(-WIDE // first.shape[1])
    high, wide = first.shape[0] * times, first.shape[1] * times
    across = wide + GAP
    width = max(map(len, rows)) * across + GAP
    size = LETTERS * max(width, PAGE) / PAGE
    letters = ImageFont.load_default(size)
    broken = max(letters.getlength(one.words) for row in rows for one in row) > wide
    down = high + round(1.4 * size * (1 + broken)) + GAP
    page = Image.new("RGB", (width, len(rows) * down + GAP), "white")
    pen = ImageDraw.Draw(page)
    for i, row in enumerate(rows):
        for j, one in enumerate(row):
            left, top = GAP + j * across, GAP + i * down
            page.paste(enlarged(one.pixels, times), (left, top))
            words = one.words.replace(": ", ":\n") if broken else one.words
            pen.text((left, top + high + 2), words, fill="black", font=letters)
    return page


def enlarged(pixels: NDArray[np.float32], times: int) -> Image.Image:
    """In 8 bits, every pixel a square."""
    eight = np.broadcast_to((255 * pixels).round().astype(np.uint8), (*pixels.shape[:2], 3))
    return Image.fromarray(np.ascontiguousarray(eight.repeat(times, 0).repeat(times, 1)))


def png(page: Image.Image) -> bytes:
    """A file of it."""
    held = io.BytesIO()
    page.save(held, format="PNG", optimize=True)
    return held.getvalue()


def gif(pages: Sequence[Image.Image], seconds: float) -> bytes:
    """A film that begins again; the last page stays for two seconds."""
    held = io.BytesIO()
    each = [round(1000 * seconds)] * (len(pages) - 1) + [2000]
    few = [page.quantize(128, dither=Image.Dither.NONE) for page in pages]
    few[0].save(held, format="GIF", save_all=True, append_images=few[1:], duration=each, loop=0)
    return held.getvalue()
