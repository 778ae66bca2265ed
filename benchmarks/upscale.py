"""Super-resolution at each level beside interpolation.

    python benchmarks/upscale.py --data DIR --factors 4 --methods normal,bicubic,lanczos
    python benchmarks/upscale.py --data DIR --images butterfly --methods draft --pictures /tmp/pictures

Images: DIR/set5, five in colour, in the version that the 2018 authors used. Each is cut to the middle whose sides are
multiples of 32 (of 3 for a factor of 3) and made smaller by Pillow's LANCZOS, as in the authors' notebook; that small
8-bit image is the input.

Methods: draft, normal, best, paper: ours, told the kernel (paper: lanczos2, as there); bicubic, lanczos: Pillow's
interpolation; bicubic+, lanczos+: the same, made to agree with the input exactly, as ours is (`Downsample.project`).

Scores, as in the authors' script: PSNR in dB of luma (Y of ITU-R BT.601 in 16..235, peak 255), a border of 4 pixels
left out (8 for a factor of 8); `rgb_psnr` of all channels, whole image. `given_off`: how far the result, made smaller,
is from the input, root mean square and most, in grey values of 255. `seconds` are the clock's, `cpu_seconds` the
processor's, of all threads. With ours also `paper_step`: processor seconds of one step of the paper's settings on the
same image, measured just before.

Appends JSON lines to benchmarks/results/upscale.jsonl; what is there is skipped. The truth scores and is shown to no
method. `--pictures` keeps each result, with the truth.
"""

import argparse
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from references import add_row, check, rows, versions
from untaught import images, metrics, tasks
from untaught.operators import Downsample

RESULTS = Path(__file__).parent / "results" / "upscale.jsonl"
OURS = ("draft", "normal", "best", "paper")
PILLOWS = {"bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}
METHODS = [*OURS, *(name + plus for name in PILLOWS for plus in ("", "+"))]
KEYS = ("image", "factor", "method", "seed", "threads")
MULTIPLE, BORDER = 32, 4
LUMA = np.array([65.481, 128.553, 24.966]) / 255  # of 8-bit RGB, over 16
TIMED = 2  # steps of the paper's


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="", help="else all")
    parser.add_argument("--factors", default="2,3,4,8")
    parser.add_argument("--methods", default="draft,normal,best,bicubic,bicubic+,lanczos,lanczos+")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, METHODS)
    check(parser, "--factors", asked.factors, ["2", "3", "4", "8"])
    torch.set_num_threads(asked.threads)
    found = sorted((asked.data / "set5").glob("*.png"))
    if not found:
        print(f"skipped: no images in {asked.data / 'set5'}")
    for factor in map(int, asked.factors.split(",")):
        for path in found:
            if not asked.images or path.stem in asked.images.split(","):
                for method in asked.methods.split(","):
                    measure(path, factor, method, asked)


def measure(path: Path, factor: int, method: str, asked: argparse.Namespace) -> None:
    """One method on one image."""
    row: dict[str, Any] = {"benchmark": "upscale", "set": "set5", "image": path.stem, "factor": factor}
    row |= {"method": method, "seed": asked.seed, "threads": asked.threads}
    picture = asked.pictures / f"{path.stem}-x{factor}" / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        print(f"{path.stem} x{factor} {method}: already in {asked.results.name}")
        return
    truth = middle_of(images.read(path).pixels, factor)
    given = resized(truth, (truth.shape[0] // factor, truth.shape[1] // factor), "lanczos")
    out, made = run(given, factor, method, asked.seed)
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        images.write(picture, out, overwrite=True)
        images.write(picture.with_name("truth.png"), truth, overwrite=True)
    if known:
        return
    kernel = "lanczos2" if method == "paper" else "lanczos3"
    row |= {"shape": list(truth.shape)} | scores(out, truth, factor) | agreement(out, given, kernel) | made
    add_row(asked.results, row | versions())
    print(path.stem, factor, method, {name: row.get(name) for name in ("psnr", "given_off", "cpu_seconds")}, flush=True)


def middle_of(pixels: np.ndarray, factor: int) -> np.ndarray:
    """The middle whose sides are multiples of 32, or of a factor that 32 is no multiple of."""
    multiple = factor if MULTIPLE % factor else MULTIPLE
    height, width = (side // multiple * multiple for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]


def resized(pixels: np.ndarray, size: tuple[int, int], method: str) -> np.ndarray:
    """To (height, width), by Pillow, in 8 bits."""
    return np.asarray(Image.fromarray(pixels).resize(size[::-1], PILLOWS[method]))


def run(given: np.ndarray, factor: int, method: str, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """What one method makes of the small image, and what there is to say about how."""
    made: dict[str, Any] = {"paper_step": round(paper_step(given, factor), 3)} if method in OURS else {}
    began, cpu = time.monotonic(), time.process_time()
    if method in OURS:
        kernel = None if method == "paper" else "lanczos3"
        job = tasks.upscaling(given, factor, quality=method, kernel=kernel, seed=seed, device="cpu")
        for _ in job:
            pass
        result = job.result()
        out, made = result.image, made | {"steps": result.steps_run, "stopped_by": result.stopped_by}
    else:
        out = resized(given, (factor * given.shape[0], factor * given.shape[1]), method.removesuffix("+"))
        out = agreeing(out, given, factor) if method.endswith("+") else out
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return out, made | took


def paper_step(given: np.ndarray, factor: int) -> float:
    """Processor seconds of a step of the paper's settings: the first is left out."""
    steps = iter(tasks.upscaling(given, factor, quality="paper", device="cpu"))
    next(steps)
    began = time.process_time()
    for _ in islice(steps, TIMED):
        pass
    return (time.process_time() - began) / TIMED


def as_tensor(pixels: np.ndarray) -> torch.Tensor:
    """`[1, C, H, W]` float64, in grey values."""
    return torch.from_numpy(pixels.astype(np.float64)).movedim(-1, 0)[None]


def agreeing(out: np.ndarray, given: np.ndarray, factor: int) -> np.ndarray:
    """An image near it that gives the input when made smaller, in 8 bits."""
    near = Downsample(factor, "lanczos3", (0, 255)).project(as_tensor(out), as_tensor(given))
    return near[0].movedim(0, -1).round().clamp(0, 255).numpy().astype(np.uint8)


def scores(out: np.ndarray, truth: np.ndarray, factor: int) -> dict[str, float]:
    """How near the truth it is."""
    border = max(factor, BORDER)
    inner = (slice(border, -border), slice(border, -border))
    luma, wanted = (16 + pixels[inner].astype(np.float64) @ LUMA for pixels in (out, truth))
    y = metrics.psnr(luma, wanted, data_range=255)
    return {"psnr": round(y, 3), "rgb_psnr": round(metrics.psnr(out, truth), 3)}


def agreement(out: np.ndarray, given: np.ndarray, kernel: str) -> dict[str, list[float]]:
    """How far it is from the input when made smaller: root mean square, and most."""
    factor = out.shape[0] // given.shape[0]
    off = Downsample(factor, kernel)(as_tensor(out)) - as_tensor(given)  # type: ignore[arg-type]
    return {"given_off": [round(float(off.square().mean().sqrt()), 3), round(float(off.abs().max()), 2)]}


if __name__ == "__main__":
    main()
