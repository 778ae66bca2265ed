"""Is the `paper` preset faithful to the paper? The author's own noisy files, beside scikit-image.

    python benchmarks/faithful.py --data DIR --images house --methods paper,nlm,tv

DIR holds set9_noisy25_author/NAME.png (noisy) and set9_clean/NAME.png (the truth, seen by this script alone). Appends
one JSON line a result to benchmarks/results/faithful.jsonl, and does nothing that is there already. A long fit saves
its state every 100 steps; run the same line again and it goes on.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from references import CLASSICS, in_eight_bits, rows, versions
from untaught import checkpoint, images, metrics, tasks

HERE = Path(__file__).parent
RESULTS, STATES = HERE / "results" / "faithful.jsonl", HERE / "state"
SIGMA = 25
EVERY = 100


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="house")
    parser.add_argument("--methods", default="nlm,tv,paper")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    for name in asked.images.split(","):
        noisy, truth = (asked.data / folder / f"{name}.png" for folder in ("set9_noisy25_author", "set9_clean"))
        if not (noisy.exists() and truth.exists()):
            print(f"skipped {name}: {noisy} or {truth} is not there")
            continue
        y, x = images.read(noisy).pixels, images.read(truth).pixels
        for method in asked.methods.split(","):
            if (name, method, asked.seed) in {(row["image"], row["method"], row["seed"]) for row in rows(RESULTS)}:
                print(f"{name} {method}: already in {RESULTS.name}")
                continue
            row = classical(method, y, x) if method in CLASSICS else network(method, name, y, x, asked.seed)
            about = {"benchmark": "faithful", "image": name, "method": method, "sigma": SIGMA, "seed": asked.seed}
            about |= {"noisy_psnr": round(metrics.psnr(y, x), 3), "threads": asked.threads} | versions()
            with RESULTS.open("a") as file:
                file.write(json.dumps(about | row) + "\n")
            print(name, method, {key: row[key] for key in ("psnr", "ssim", "seconds")}, flush=True)


def classical(method: str, y: np.ndarray, x: np.ndarray) -> dict[str, object]:
    """One of scikit-image's."""
    began = time.monotonic()
    out = in_eight_bits(method, y, SIGMA / 255)
    seconds = time.monotonic() - began
    return {
        "psnr": round(metrics.psnr(out, x), 3),
        "ssim": round(metrics.ssim(out, x), 4),
        "seconds": round(seconds, 1),
    }


def network(quality: str, name: str, y: np.ndarray, x: np.ndarray, seed: int) -> dict[str, object]:
    """One of ours, saved as it goes; the truth scores it and is never shown to it."""
    STATES.mkdir(exist_ok=True)
    saved = STATES / f"{name}-{quality}-{seed}.checkpoint"
    job = tasks.denoising(y, sigma=SIGMA, quality=quality, seed=seed, device="cpu")
    if saved.exists():
        job.fitting.resume(checkpoint.read(saved, job.provenance))
    for step in job.fitting:
        if (step.index + 1) % EVERY == 0:
            checkpoint.write(saved, job.fitting.state(), job.provenance)
            score = metrics.psnr(job.frame.back(step.average), x)
            print(f"  {step.index + 1}: {score:.2f} dB, {job.fitting.seconds:.0f} s", flush=True)
    result = job.result()
    saved.unlink(missing_ok=True)
    made = {key: result.provenance[key] for key in ("settings", "likelihood", "steps", "kept_step", "stopped_by")}
    return {
        "psnr": round(metrics.psnr(result.image, x), 3),
        "ssim": round(metrics.ssim(result.image, x), 4),
        "psnr_iterate": round(metrics.psnr(result.iterate, x), 3),
        "seconds": round(job.fitting.seconds, 1),
    } | made


if __name__ == "__main__":
    main()
