"""A gallery: for every task one piece of a picture, damaged; a classic's result and ours; what is right; what is off.

    python benchmarks/gallery.py
    python benchmarks/gallery.py --tasks fuse,stripes --pictures /tmp/pictures

Pictures: pieces of 192 to 272 pixels a side of photographs that come with scikit-image, free to use (`scenes.py`). Each
task has one setting, that of its level, and one seed. `normal`, unless `scenes.py` says otherwise.

docs/figures/gallery/TASK.png: input, classic, ours, truth, and four times the absolute difference of ours from the
truth, 128 pixels a side, each pixel one of the picture's; a small input is enlarged by repeating its pixels. The piece
shown is where the truth has the steepest edges, of what was missing if pixels were.

PSNR in dB of the whole 8-bit piece: of what is shown as the input, of the classic's result (`classic_psnr`) and of ours
(`psnr`). An image deblurred blind is first moved by what brings it nearest, as in `deblur.py`; so are the others there.
`seconds` are the clock's, `cpu_seconds` the processor's. Appends JSON lines to benchmarks/results/gallery.jsonl, of
which the newest counts; a task that has a line and a figure is skipped, and so is to be run again by deleting its
figure. The truth scores, is shown, and is seen by no method. `--pictures` keeps the whole pieces too; a task without
runs again for them.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import shift

import deblur
from pieces import Scene
from references import add_row, check, rows, versions
from scenes import SCENES
from strips import drawn, four_times, piece
from untaught import images, metrics

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "gallery.jsonl"
FIGURES = ROOT / "docs" / "figures" / "gallery"
SIDE = 128


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=",".join(SCENES))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--figures", type=Path, default=FIGURES)
    parser.add_argument("--pictures", type=Path, help="a folder for whole pieces")
    asked = parser.parse_args()
    check(parser, "--tasks", asked.tasks, list(SCENES))
    torch.set_num_threads(1)
    asked.figures.mkdir(parents=True, exist_ok=True)
    for task in asked.tasks.split(","):
        measure(task, asked)


def measure(task: str, asked: argparse.Namespace) -> None:
    """One task: its line and its figure."""
    figure, pictures = asked.figures / f"{task}.png", asked.pictures / task if asked.pictures else None
    known = task in [line["task"] for line in rows(asked.results)]
    if known and figure.exists() and (pictures is None or pictures.exists()):
        print(f"{task}: already in {asked.results.name}")
        return
    scene = SCENES[task]()
    classic = scene.by_classic()
    began, cpu = time.monotonic(), time.process_time()
    result = scene.ours(scene.quality)
    took = {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
    shown = {"input": as_large(scene), "classic": classic, "ours": scene.seen(result.image), "truth": scene.truth}
    scores = {name: round(score(shown[name], scene), 2) for name in ("input", "classic", "ours")}
    hang(figure, scene, shown, scores)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        for name, pixels in shown.items():
            images.write(pictures / f"{name}.png", pixels, overwrite=True)
    row: dict[str, Any] = {"benchmark": "gallery", "task": task, "picture": scene.picture, "damage": scene.damage}
    row |= {
        "shape": list(scene.truth.shape),
        "classic": scene.classic,
        "quality": scene.quality,
        "seed": 0,
        "threads": 1,
    }
    row |= {"input_psnr": scores["input"], "classic_psnr": scores["classic"], "psnr": scores["ours"]} | took
    row |= {"steps": result.steps_run, "stopped_by": result.stopped_by}
    add_row(asked.results, row | versions())
    print(task, scores, took, flush=True)


def as_large(scene: Scene) -> np.ndarray:
    """What was given, its pixels repeated until it is as large as the truth."""
    factor = scene.truth.shape[0] // scene.given.shape[0]
    return scene.given.repeat(factor, 0).repeat(factor, 1)


def score(pixels: np.ndarray, scene: Scene) -> float:
    """PSNR of the whole."""
    return deblur.scores(pixels, scene.truth)["psnr"] if scene.may_be_off else metrics.psnr(pixels, scene.truth)


def hang(figure: Path, scene: Scene, shown: dict[str, np.ndarray], scores: dict[str, float]) -> None:
    """The strip, in grey if all of it is."""
    ours = shown["ours"]
    if scene.may_be_off:
        moved = shift(ours.astype(float), deblur.scores(ours, scene.truth)["shift"], order=3, mode="nearest")
        ours = moved.round().clip(0, 255).astype(np.uint8)
    where = np.ones(scene.truth.shape[:2], bool) if scene.where is None else scene.where
    at = piece(where, scene.truth, SIDE)
    panels = [
        (f"input {scores['input']:.2f} dB", shown["input"][at], None),
        (f"{scene.classic} {scores['classic']:.2f} dB", shown["classic"][at], None),
        (f"untaught, {scene.quality} {scores['ours']:.2f} dB", ours[at], None),
        ("truth", scene.truth[at], None),
        ("difference of ours x 4", four_times(ours[at], scene.truth[at]), None),
    ]
    sheet = drawn(panels)
    grey = all(pixels.ndim == 2 for _, pixels, _ in panels)
    Image.fromarray(sheet[..., 0] if grey else sheet).save(figure, optimize=True)


if __name__ == "__main__":
    main()
