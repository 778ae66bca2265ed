"""A strip to look at: the input, each method's result and the truth, the same piece of each, pixel by pixel."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_gradient_magnitude, uniform_filter

from untaught import images, metrics

SIDE = 192  # pixels of a piece
GAP, LABEL = 6, 16
ENDS = "_strip.png"


def save_strip(
    folder: Path,
    given: np.ndarray,
    hidden: np.ndarray,
    truth: np.ndarray | None,
    label: str = "missing: black",
    score: Callable[[np.ndarray, np.ndarray], float] = metrics.psnr,
) -> None:
    """Beside `folder`, which has the results as METHOD.png; under each its difference from the truth, four times."""
    where = piece(hidden, truth)
    panels = [(label, given[where], None)]
    for path in sorted(folder.glob("*.png")):
        out, name, off = images.read(path).pixels, path.stem, None
        if truth is not None:
            name += f" {score(out, truth):.2f} dB"
            off = four_times(out[where], truth[where])
        panels.append((name, out[where], off))
    if truth is not None:
        panels.append(("truth", truth[where], None))
    folder.mkdir(parents=True, exist_ok=True)
    images.write(folder.with_name(folder.name + ENDS), drawn(panels), overwrite=True)


def piece(hidden: np.ndarray, truth: np.ndarray | None, side: int = SIDE) -> tuple[slice, slice]:
    """Where most is hidden, weighed by how much happens there in the truth; `side` pixels at most."""
    weight = hidden.astype(float)
    if truth is not None:
        grey = truth.reshape(*hidden.shape, -1).mean(axis=2)
        weight *= gaussian_gradient_magnitude(grey, 1.0)
    size = [min(side, length) for length in hidden.shape]
    inside = uniform_filter(weight, size, mode="constant")
    most = np.argwhere(inside >= 0.999 * inside.max()).mean(axis=0).astype(int)  # the middle of the best places
    starts = [
        int(np.clip(at - wide // 2, 0, whole - wide)) for at, wide, whole in zip(most, size, hidden.shape, strict=True)
    ]
    return slice(starts[0], starts[0] + size[0]), slice(starts[1], starts[1] + size[1])


def four_times(out: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How far off it is, in either direction: black is right, white 64 grey values or more."""
    return (4 * np.abs(out.astype(int) - truth)).clip(0, 255).astype(np.uint8)


def drawn(panels: list[tuple[str, np.ndarray, np.ndarray | None]]) -> np.ndarray:
    """Label, piece and difference of each, side by side on white."""
    height, width = panels[0][1].shape[:2]
    wide = max(width, 150) + GAP
    rows = 2 if any(off is not None for _, _, off in panels) else 1
    sheet = Image.new("RGB", (wide * len(panels) + GAP, LABEL + rows * (height + GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    for at, (label, pixels, off) in enumerate(panels):
        left = GAP + at * wide
        draw.text((left, 2), label, fill="black")
        sheet.paste(Image.fromarray(pixels), (left, LABEL))
        if off is not None:
            sheet.paste(Image.fromarray(off), (left, LABEL + height + GAP))
    for row in range(1, rows):
        draw.text((GAP, LABEL + row * (height + GAP)), "difference x 4", fill="black")
    return np.asarray(sheet)
