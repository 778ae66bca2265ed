"""Deblurring at each level beside the classics: photographs that a shaking camera took, with their measured kernels.

    python benchmarks/deblur.py --data DIR --images im1 --kernels 4,7 --methods draft,tv,wiener
    python benchmarks/deblur.py --data DIR --methods blind-normal --pictures /tmp/pictures

Data: DIR/levin (Levin et al. 2009): gt/im1.png, gt/kernel1.png ..., and im1_kernel1_img.png ..., the photographs.
The kernels' files are of 8 bit, and those in TURNED are stored turned by 180 degrees: blurred as is done here, both
truths are 1.0 to 2.8 grey values from their photographs, and 2.4 to 14 with the kernel the other way round.
The truths lie up to six pixels off the photographs, whole and parts of a pixel (they were taken with the camera on
another stand). So every score, of every method and of the photograph itself, is after the one shift, in quarters of a
pixel and 7 pixels at most, that brings the result nearest the truth, without a border of 15 pixels, which is how the
data's authors score. A method sees the photograph, and the kernel unless it is blind; the truth scores and is shown to
none.

Methods: draft, normal, best: ours, with the kernel; blind-draft, blind-normal, blind-best: ours without it;
photograph: as it came; wiener, richardson-lucy (scikit-image, the photograph continued in its mirror image, because
both go round at the borders) and tv (`untaught.classical.deconvolve`, total variation alone, told the same sigma as
ours).

`seconds` are the clock's, `cpu_seconds` the processor's, of all threads. Appends JSON lines to
benchmarks/results/deblur.jsonl; what is there is skipped. `--pictures` keeps each result, the kernels found, and a
strip to look at for each photograph; what has a line but no picture runs again for the picture.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import shift
from skimage.restoration import richardson_lucy, wiener

from references import add_row, check, rows, versions
from strips import save_strip
from untaught import classical, images, metrics, noise, tasks
from untaught.tasks.blurred import LEAST_SIGMA

RESULTS = Path(__file__).parent / "results" / "deblur.jsonl"
OURS = ("draft", "normal", "best")
BLIND = ("blind-draft", "blind-normal", "blind-best")
TURNED = ("1", "2", "3", "5", "6", "7")
KEYS = ("set", "image", "kernel", "method", "seed", "threads")
BORDER, REACH = 15, 7  # pixels left out of scores, and by which a result may be off
BALANCE, ROUNDS = 0.1, 30  # of Wiener and Richardson-Lucy: the best of three on im1 with kernels 4 and 7


@dataclass(frozen=True)
class Case:
    """One photograph."""

    image: str
    kernel: str
    given: np.ndarray  # HW, 8 bit
    psf: np.ndarray  # of a true convolution, its sum one
    truth: np.ndarray

    @property
    def name(self) -> str:
        """For files and for people."""
        return f"levin-{self.image}-{self.kernel}"


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="im1,im2")
    parser.add_argument("--kernels", default="1,2,3,4,5,6,7,8")
    parser.add_argument("--methods", default=",".join([*CLASSICS, "draft", "normal", "blind-normal"]))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, [*CLASSICS, *OURS, *BLIND])
    torch.set_num_threads(asked.threads)
    for case in cases(asked):
        for method in asked.methods.split(","):
            measure(case, method, asked)
        if asked.pictures:
            seen = np.ones(case.given.shape, bool)
            save_strip(asked.pictures / case.name, case.given, seen, case.truth, "photograph", aligned)


def cases(asked: argparse.Namespace) -> Iterator[Case]:
    """Every photograph that is asked for and there."""
    folder = asked.data / "levin"
    for image in asked.images.split(","):
        for kernel in asked.kernels.split(","):
            paths = [folder / f"{image}_kernel{kernel}_img.png", folder / f"gt/kernel{kernel}.png"]
            paths.append(folder / f"gt/{image}.png")
            lacking = [path for path in paths if not path.exists()]
            if lacking:
                print(f"skipped {image} {kernel}: {lacking[0]} is not there")
                continue
            given, psf, truth = (images.read(path).pixels for path in paths)
            psf = psf / psf.sum()
            yield Case(image, kernel, given, psf[::-1, ::-1].copy() if kernel in TURNED else psf, truth)


def measure(case: Case, method: str, asked: argparse.Namespace) -> None:
    """One method on one photograph."""
    row = {"benchmark": "deblur", "set": "levin", "image": case.image, "kernel": case.kernel}
    row |= {"method": method, "seed": asked.seed, "threads": asked.threads}
    picture = asked.pictures / case.name / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        print(f"{case.name} {method}: already in {asked.results.name}")
        return
    out, found, made = run(case, method, asked.seed)
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        images.write(picture, out, overwrite=True)
        if found is not None:
            images.write(asked.pictures / f"{case.name}_{method}_kernel.png", beside(found, case.psf), overwrite=True)
    if known:
        return
    row |= {"shape": list(case.given.shape)} | scores(out, case.truth) | made
    add_row(asked.results, row | versions())
    print(case.name, method, {name: row.get(name) for name in ("psnr", "ssim", "cpu_seconds")}, flush=True)


def run(case: Case, method: str, seed: int) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any]]:
    """What one method makes of the photograph, the kernel if it found one, and what there is to say about how."""
    began, cpu = time.monotonic(), time.process_time()
    found, made = None, {}
    if method in CLASSICS:
        out = (CLASSICS[method](case.given / 255, case.psf).clip(0, 1) * 255).round().astype(np.uint8)
    else:
        level, blind = method.removeprefix("blind-"), method in BLIND
        psf = None if blind else case.psf
        job = tasks.deblurring(case.given, psf, blind=blind, quality=level, seed=seed, device="cpu")
        for _ in job:
            pass
        result = job.result()
        out, made = result.image, {"steps": result.steps_run, "stopped_by": result.stopped_by}
        found = np.array(result.provenance["kernel"]) if blind else None
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return out, found, made | took


def beside(found: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """The kernel found and the one given, each pixel eight wide, each as bright as its own greatest."""
    size = max(*found.shape, *psf.shape)
    framed = [np.pad(one, [((size - n) // 2, size - n - (size - n) // 2) for n in one.shape]) for one in (found, psf)]
    both = np.hstack([one / one.max() for one in framed])
    return np.kron((both * 255).round().astype(np.uint8), np.ones((8, 8), np.uint8))


def mirrored(blind_to_borders: Callable[[np.ndarray], np.ndarray], y: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """What such a method makes of the image continued by its mirror image."""
    margins = [(side, side) for side in psf.shape]
    out = blind_to_borders(np.pad(y, margins, mode="symmetric"))
    return out[margins[0][0] : -margins[0][0], margins[1][0] : -margins[1][0]]


def by_variation(y: np.ndarray, psf: np.ndarray) -> np.ndarray:
    """Total variation alone, told the same sigma as ours."""
    given = torch.from_numpy(y).float()[None, None]
    sigma = max(noise.estimate_sigma(given), LEAST_SIGMA)
    whole = classical.deconvolve(given, torch.from_numpy(psf), sigma)[0, 0].numpy()
    rows, columns = (side // 2 for side in psf.shape)
    return whole[rows : rows + y.shape[0], columns : columns + y.shape[1]]


CLASSICS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "photograph": lambda y, psf: y,
    "wiener": lambda y, psf: mirrored(lambda padded: wiener(padded, psf, BALANCE), y, psf),
    "richardson-lucy": lambda y, psf: mirrored(lambda padded: richardson_lucy(padded, psf, ROUNDS), y, psf),
    "tv": by_variation,
}


def aligned(out: np.ndarray, truth: np.ndarray) -> float:
    """PSNR after the shift that brings it nearest."""
    return float(scores(out, truth)["psnr"])


def scores(out: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """How near the truth it is after the best shift, and which that was: down, right."""
    moved, inner = out.astype(float), truth[BORDER:-BORDER, BORDER:-BORDER]

    def off(down: float, right: float) -> float:
        return float(np.square(piece(moved, down, right) - inner).mean())

    whole = range(-REACH, REACH + 1)
    best = min((off(down, right), down, right) for down in whole for right in whole)
    for step in (0.5, 0.25):
        around = [(best[1] + a * step, best[2] + b * step) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        best = min(best, *((off(*at), *at) for at in around))
    piece_there = piece(moved, *best[1:]).round().clip(0, 255).astype(np.uint8)
    found = {"psnr": round(metrics.psnr(piece_there, inner), 3), "ssim": round(metrics.ssim(piece_there, inner), 4)}
    return found | {"shift": list(best[1:])}


def piece(image: np.ndarray, down: float, right: float) -> np.ndarray:
    """The image moved, without its border; by cubic splines where it lies between pixels."""
    whole = down == int(down) and right == int(right)
    there = np.roll(image, (int(down), int(right)), (0, 1)) if whole else shift(image, (down, right), mode="nearest")
    return there[BORDER:-BORDER, BORDER:-BORDER]


if __name__ == "__main__":
    main()
