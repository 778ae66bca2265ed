"""Vessels from a few strokes: ours beside what it begins with, random walks and a classical filter.

    python benchmarks/scribbles.py --data DIR
    python benchmarks/scribbles.py --data DIR --images train_017 --methods normal,walker --pictures /tmp/pictures

Images: coronary angiograms, DIR/vessels/dca1/images/NAME.png, their labels in labels/; six training images if none are
named. The strokes are made from the label as a person might draw them, the same each time by the image's name:
`--vessel` strokes along its skeleton, 25 pixels long, and `--background` strokes, slightly bent, 40 pixels long, their
middle nowhere nearer to a vessel than 4 pixels; all are `--width` pixels wide, so that on a thin vessel they are partly
wrong, as a hand is. Where no room is left for one there are fewer.

Methods: draft, normal, best: `untaught.segment`. logistic: the model of descriptors that these begin with, without a
network. unshifted: the same, if strokes are taken for a fair sample of the pixels. walker: `random_walker` of
scikit-image (beta 1000). filter: the largest response of Sato's filter (sigma 1 to 8, scikit-image) above the threshold
that has the best Dice on the scribbled pixels.

From every method's mask lone pieces are dropped by the rule of `untaught.segment`, which goes by the strokes
(`smallest`, in pixels). `dice` is over the whole image against the label, scribbled pixels too; `whole_dice` that of
the mask before, and so is `dice` of older lines, which have no `whole_dice`. `share` is that of the scribbled pixels.
`seconds` are the clock's, `cpu_seconds` the processor's. Appends JSON lines to benchmarks/results/scribbles.jsonl;
what is there is skipped. The label scores and draws the strokes, and is seen by no method.
"""

import argparse
import time
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import binary_dilation, distance_transform_edt
from skimage.filters import sato
from skimage.morphology import skeletonize
from skimage.segmentation import random_walker

import untaught
from references import add_row, check, rows, versions
from untaught import images
from untaught.vessels.few_pixels import beginning
from untaught.vessels.pieces import smallest_from, without_small
from untaught.vessels.scores import dice

RESULTS = Path(__file__).parent / "results" / "scribbles.jsonl"
USUAL = "train_001,train_017,train_033,train_049,train_065,train_081"
OURS = ("draft", "normal", "best")
LONG, LONGER, APART, ROOM = 25, 40, 4, 6  # pixels
SHORT = 0.7  # of the length: a branch that ends sooner is tried elsewhere
TRIES = 400
LEVELS = 100  # thresholds that are tried
KEYS = ("image", "method", "vessel", "background", "width", "seed", "threads")
Path2D = list[tuple[int, int]]


@dataclass(frozen=True)
class Case:
    """An image, its label, and what was drawn."""

    name: str
    image: np.ndarray  # HW, 8 bit
    label: np.ndarray  # HW, bool
    known: np.ndarray
    object: np.ndarray

    @property
    def scribbles(self) -> np.ndarray:
        """As ours wants them."""
        return np.where(self.known, np.where(self.object, 255, 0), 128).astype(np.uint8)


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default=USUAL)
    parser.add_argument("--methods", default=",".join([*CLASSICS, "draft", "normal"]))
    parser.add_argument("--vessel", type=int, default=6, help="strokes")
    parser.add_argument("--background", type=int, default=8, help="strokes")
    parser.add_argument("--width", type=int, default=3, help="of a stroke, in pixels")
    parser.add_argument("--seed", type=int, default=0, help="the method's, not the strokes'")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, [*CLASSICS, *OURS])
    torch.set_num_threads(1)
    for name in asked.images.split(","):
        folder = asked.data / "vessels" / "dca1"
        if not (folder / "images" / f"{name}.png").exists():
            print(f"skipped {name}: {folder / 'images' / f'{name}.png'} is not there")
            continue
        case = drawn(name, *(grey(folder / kind / f"{name}.png") for kind in ("images", "labels")), asked)
        for method in asked.methods.split(","):
            measure(case, method, asked)


def grey(path: Path) -> np.ndarray:
    """HW, 8 bit."""
    pixels = images.read(path).pixels
    return pixels if pixels.ndim == 2 else pixels[..., 1]


def drawn(name: str, image: np.ndarray, label: np.ndarray, asked: argparse.Namespace) -> Case:
    """The strokes on an image, the same each time."""
    rng, vessel = np.random.default_rng(zlib.crc32(name.encode())), label > 127
    left, strokes = skeletonize(vessel), []
    for _ in range(TRIES):
        if len(strokes) == asked.vessel or not left.any():
            break
        path = along(left, rng, LONG)
        if len(path) >= SHORT * LONG:
            strokes.append(path)
            for row, column in path:
                left[max(row - ROOM, 0) : row + ROOM + 1, max(column - ROOM, 0) : column + ROOM + 1] = False
    away = distance_transform_edt(~vessel) > APART
    beside = [bent(away, rng, LONGER) for _ in range(asked.background)]
    on, off = (painted(paths, label.shape, asked.width) for paths in (strokes, beside))
    return Case(name, image, vessel, on | off, on)


def along(where: np.ndarray, rng: np.random.Generator, length: int) -> Path2D:
    """A way from pixel to neighbouring pixel, from anywhere, until it ends or is long enough."""
    path = [one_of(where, rng)]
    while len(path) < length:
        row, column = path[-1]
        near = [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        onwards = [at for at in near if inside(at, where) and where[at] and at not in path]
        if not onwards:
            break
        path.append(onwards[rng.integers(len(onwards))])
    return path


def bent(where: np.ndarray, rng: np.random.Generator, length: int) -> Path2D:
    """A slightly bent line that stays there; the last one tried if none is found that is long enough."""
    path: Path2D = []
    for _ in range(TRIES):
        place, angle, bend = np.array(one_of(where, rng), float), rng.uniform(0, 2 * np.pi), rng.uniform(-0.02, 0.02)
        path = []
        for _ in range(length):
            place, angle = place + np.array([np.sin(angle), np.cos(angle)]), angle + bend
            at = (round(place[0]), round(place[1]))
            if not inside(at, where) or not where[at]:
                break
            path.append(at)
        if len(path) == length:
            break
    return path


def one_of(where: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    """A pixel where it is true."""
    places = np.argwhere(where)
    row, column = places[rng.integers(len(places))].tolist()
    return row, column


def inside(at: tuple[int, int], where: np.ndarray) -> bool:
    """Is it a pixel of the image?"""
    return 0 <= at[0] < where.shape[0] and 0 <= at[1] < where.shape[1]


def painted(paths: list[Path2D], shape: tuple[int, ...], width: int) -> np.ndarray:
    """With a square brush."""
    canvas = np.zeros(shape, bool)
    for path in paths:
        canvas[tuple(np.array(path, int).reshape(-1, 2).T)] = True
    return binary_dilation(canvas, np.ones((width, width)))


def logistic(case: Case) -> np.ndarray:
    """What ours begins with."""
    found = beginning(torch.from_numpy(case.image / 255)[None, None].float(), case.known, case.object)
    return (found.logit[0, 0] > 0).numpy()


def unshifted(case: Case) -> np.ndarray:
    """The same, as if strokes were a fair sample of the pixels."""
    found = beginning(torch.from_numpy(case.image / 255)[None, None].float(), case.known, case.object)
    return (found.logit[0, 0] > -np.log(found.odds)).numpy()


def walker(case: Case) -> np.ndarray:
    """Which strokes a random walk that shuns edges meets first. Source: Grady 2006."""
    marks = np.where(case.known, np.where(case.object, 1, 2), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that another solver would be quicker
        return random_walker(case.image / 255, marks, beta=1000, mode="cg_j") == 1


def thresholded(case: Case) -> np.ndarray:
    """A vesselness, above what tells the strokes apart best."""
    response = sato(case.image / 255, sigmas=[1, 1.5, 2.2, 3.2, 4.6, 6.5, 8], black_ridges=True)
    levels = np.quantile(response[case.known], np.linspace(0, 1, LEVELS))
    scores = [dice(response >= level, case.object, known=case.known) for level in levels]
    return response >= levels[int(np.argmax(scores))]


CLASSICS: dict[str, Callable[[Case], np.ndarray]] = {
    "filter": thresholded,
    "walker": walker,
    "unshifted": unshifted,
    "logistic": logistic,
}


def measure(case: Case, method: str, asked: argparse.Namespace) -> None:
    """One method on one image."""
    row: dict[str, Any] = {"benchmark": "scribbles", "image": case.name, "method": method, "vessel": asked.vessel}
    row |= {"background": asked.background, "width": asked.width, "seed": asked.seed, "threads": 1}
    picture = asked.pictures / case.name / f"{method}.png" if asked.pictures else None
    newer = [line for line in rows(asked.results) if "smallest" in line]
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in newer]
    if known and (picture is None or picture.exists()):
        print(f"{case.name} {method}: already in {asked.results.name}")
        return
    began, cpu = time.monotonic(), time.process_time()
    whole, made = run(case, method, asked.seed)
    smallest = smallest_from([whole], [case.object], [case.known])
    mask = without_small(whole, smallest)
    row |= {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)} | made
    if picture:
        keep(picture, case, mask)
    if known:
        return
    row |= {"dice": round(dice(mask, case.label), 4), "whole_dice": round(dice(whole, case.label), 4)}
    row |= {"smallest": smallest, "share": round(float(case.known.mean()), 4), "shape": list(case.image.shape)}
    add_row(asked.results, row | versions())
    print(case.name, method, {key: row[key] for key in ("dice", "cpu_seconds")}, flush=True)


def run(case: Case, method: str, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """The mask with all its pieces, and what there is to say about how."""
    if method in CLASSICS:
        return CLASSICS[method](case), {}
    result = untaught.segment(case.image, case.scribbles, quality=method, seed=seed, device="cpu", full_output=True)
    return result.image > 0.5, {"steps": result.steps_run, "stopped_by": result.stopped_by}


def keep(picture: Path, case: Case, mask: np.ndarray) -> None:
    """The mask, and what it was made of."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    images.write(picture, mask.astype(np.uint8) * 255, overwrite=True)
    others = {"image": case.image, "scribbles": case.scribbles, "label": case.label.astype(np.uint8) * 255}
    for name, pixels in others.items():
        images.write(picture.with_name(f"{name}.png"), pixels, overwrite=True)


if __name__ == "__main__":
    main()
