"""Which network and optimiser for the default denoiser? Curves of PSNR against step on noisy photographs.

    python benchmarks/recipes.py --data DIR --images kodim03,kodim08 --recipes normal,adam

DIR holds kodak24_256_p2p/NAME.png, clean; the noise is made here: Gaussian, sigma 25, clipped, 8 bit, seed 5. No rule
stops these fits; the curves show where a rule should. Appends JSON lines to benchmarks/results/recipes.jsonl.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from untaught import __version__, images, metrics
from untaught.arrays import take
from untaught.core import Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.operators import Identity
from untaught.optimisers import Adam
from untaught.presets import PRESETS
from untaught.presets.published import PYRAMID
from untaught.presets.row import Preset
from untaught.record import describe

RESULTS = Path(__file__).parent / "results" / "recipes.jsonl"
SIGMA = 25
NORMAL = PRESETS["deep image prior", "best"]
RECIPES: dict[str, Preset] = {
    "normal": NORMAL,
    "adam": replace(NORMAL, fit=replace(NORMAL.fit, optimiser=Adam(lr=0.01))),
    "wide": replace(NORMAL, network=PRESETS["denoise", "paper"].network),
    "zeros": replace(NORMAL, network=replace(NORMAL.network, padding="zeros")),
    "nearest": replace(NORMAL, network=replace(NORMAL.network, upsampling="nearest")),
    "bare": replace(
        NORMAL,
        network=replace(
            NORMAL.network, padding="zeros", upsampling="nearest", one_by_one=False, normalise_joined=False
        ),
    ),
    "no skips": replace(NORMAL, network=replace(NORMAL.network, skip=(0,) * len(PYRAMID))),
    "jitter .1": replace(NORMAL, method=Plain(jitter=0.1)),
}


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="kodim03,kodim08")
    parser.add_argument("--recipes", default="normal,bare", help=", ".join(RECIPES))
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    for name in asked.images.split(","):
        path = asked.data / "kodak24_256_p2p" / f"{name}.png"
        if not path.exists():
            print(f"skipped {name}: {path} is not there")
            continue
        truth = images.read(path).pixels
        noise = np.random.default_rng(5).normal(0, SIGMA, truth.shape)
        noisy = (truth + noise).round().clip(0, 255).astype(np.uint8)
        for recipe in asked.recipes.split(","):
            row = RECIPES[recipe]
            fit = replace(row.fit, steps=asked.steps, seed=asked.seed)
            began = time.monotonic()
            points = curve(noisy, truth, replace(row, fit=fit), fit)
            line = {"benchmark": "recipes", "image": name, "recipe": recipe, "sigma": SIGMA, "seed": asked.seed}
            line |= {"untaught": __version__, "torch": torch.__version__, "threads": asked.threads}
            line |= {"seconds": round(time.monotonic() - began, 1), "settings": describe(row), "curve": points}
            with RESULTS.open("a") as file:
                file.write(json.dumps(line) + "\n")
            best = max(points, key=lambda point: point["psnr"])
            print(name, recipe, "best", best, "last", points[-1], f"{line['seconds']} s", flush=True)


def curve(noisy: np.ndarray, truth: np.ndarray, row: Preset, fit: Fit) -> list[dict[str, float]]:
    """Every 50 steps: PSNR of the iterate and of the average, and how far the average is from the noisy image."""
    y, frame = take(noisy)
    shape = (y.shape[1], y.shape[2], y.shape[3])
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=SIGMA / 255), shape=shape)
    points = []
    for step in steps(problem, row.network, row.method, fit):
        if (step.index + 1) % 50 == 0:
            iterate, average = frame.back(step.x), frame.back(step.average)
            residual = float((step.average - y).square().mean().sqrt()) * 255
            scores = {"psnr_iterate": metrics.psnr(iterate, truth), "psnr": metrics.psnr(average, truth)}
            points.append({"step": step.index + 1, "residual": round(residual, 2)} | rounded(scores))
    return points


def rounded(scores: dict[str, float]) -> dict[str, float]:
    """To a thousandth of a decibel."""
    return {name: round(value, 3) for name, value in scores.items()}


if __name__ == "__main__":
    main()
