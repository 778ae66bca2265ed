"""The gallery's table and captions, from results/gallery.jsonl. What was not run is left out."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
TASKS = {  # as they hang
    "denoise": "noise",
    "denoise_texture": "noise on texture",
    "inpaint_half": "half of the pixels missing",
    "inpaint_text": "lettering",
    "inpaint_hole": "a hole",
    "upscale": "four times as large",
    "deblur_known": "blur, kernel told",
    "deblur_blind": "blur, kernel not told",
    "fuse": "16 frames to one",
    "dejpeg": "JPEG",
    "guide": "noise, with a flash photograph",
    "segment": "vessels from strokes",
    "impulse": "impulse noise",
    "poisson": "photon noise",
    "pansharpen": "pansharpening",
    "stripes": "stripes",
}


def newest() -> dict[str, dict[str, Any]]:
    """The last line of each task."""
    return {row["task"]: row for row in rows_of(RESULTS / "gallery.jsonl")}


def table() -> str:
    """All of them."""
    found = newest()
    lines = []
    for task, words in TASKS.items():
        if task in found:
            row = found[task]
            scores = [f"{row['input_psnr']:.2f}", row["classic"], f"{row['classic_psnr']:.2f}", f"{row['psnr']:.2f}"]
            took = [f"`{row['quality']}`", str(row["steps"]), f"{row['cpu_seconds']:.0f}"]
            lines.append([words, row["picture"], size(row), *scores, *took])
    heads = ["task", "picture", "pixels", "input", "classic", "its PSNR", "ours", "level", "steps", "processor s"]
    return markdown(heads, lines) if lines else NOTHING


def size(row: dict[str, Any]) -> str:
    """Height x width, and whether there is colour."""
    height, width, *colours = row["shape"]
    return f"{height}x{width} {'colour' if colours else 'grey'}"


def caption(task: str) -> str:
    """The figure, and what is in it."""
    row = newest().get(task)
    if row is None:
        return NOTHING
    scores = f"input {row['input_psnr']:.2f} dB, {row['classic']} {row['classic_psnr']:.2f}, ours {row['psnr']:.2f}"
    how = f"`{row['quality']}`, {row['steps']} steps, {row['cpu_seconds']:.0f} s of a processor"
    picture = f"![{TASKS[task]}: input, {row['classic']}, ours, truth, difference](figures/gallery/{task}.png)"
    return f"{picture}\n\n*{row['picture']}, {size(row)}; {row['damage']}. {scores} ({how}).*"


CAPTIONS: dict[str, Callable[[], str]] = {f"gallery_{task}": partial(caption, task) for task in TASKS}
