"""Denoising of the 2018 authors' nine noisy files: scikit-image's classics beside our estimates without a network.

    python benchmarks/denoise.py --data DIR --images F16,house

DIR holds set9_noisy25_author/NAME.png and set9_clean/NAME.png; without --images all are taken. Everybody is told
sigma, but for total variation. `classical` gives a line for each round. Appends JSON lines to
benchmarks/results/denoise.jsonl; what is there is skipped.
Seconds are of the processor, not the clock, and add up over the rounds. (The network on the same files: faithful.py.)
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from references import CLASSICS, in_eight_bits, rows
from untaught import __version__, images, metrics
from untaught.arrays import take
from untaught.classical import RECIPE, estimate

RESULTS = Path(__file__).parent / "results" / "denoise.jsonl"
SIGMA = 25 / 255
Scored = Iterator[tuple[str, np.ndarray, float]]


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="")
    parser.add_argument("--methods", default="nlm,tv,wavelet,classical")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    noisy = asked.data / "set9_noisy25_author"
    names = asked.images.split(",") if asked.images else sorted(path.stem for path in noisy.glob("*.png"))
    if not names:
        print(f"skipped: no images in {noisy}")
    for name in names:
        y, x = images.read(noisy / f"{name}.png").pixels, images.read(asked.data / "set9_clean" / f"{name}.png").pixels
        for method in asked.methods.split(","):
            last = method if method in CLASSICS else f"{method} {RECIPE.most_rounds()}"
            if (name, last, asked.seed) in {(row["image"], row["method"], row["seed"]) for row in rows(RESULTS)}:
                print(f"{name} {method}: already in {RESULTS.name}")
                continue
            scored = classic(method, y) if method in CLASSICS else classical(y, asked.seed)
            for label, out, seconds in scored:
                row = {"benchmark": "denoise", "image": name, "shape": list(y.shape), "method": label, "sigma": 25}
                row |= {"seed": asked.seed, "threads": asked.threads, "untaught": __version__}
                row |= {"torch": torch.__version__, "python": platform.python_version(), "seconds": round(seconds, 2)}
                row |= {"psnr": round(metrics.psnr(out, x), 3), "ssim": round(metrics.ssim(out, x), 4)}
                with RESULTS.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(name, label, row["psnr"], row["seconds"], flush=True)


def classic(method: str, y: np.ndarray) -> Scored:
    """One of scikit-image's."""
    began = time.process_time()
    try:
        yield method, in_eight_bits(method, y, SIGMA), time.process_time() - began
    except ImportError as error:
        print(f"skipped {method}: {error}")


def classical(y: np.ndarray, seed: int) -> Scored:
    """Ours without a network, after each round."""
    x, frame = take(y)
    began = time.process_time()
    for one in estimate(x, SIGMA, generator=torch.Generator().manual_seed(seed), clipped=True):
        yield f"classical {one.round}", np.asarray(frame.back(one.image)), time.process_time() - began


if __name__ == "__main__":
    main()
