"""The matched likelihood against a Gaussian one, in the same fit, beside the classics.

    python benchmarks/likelihoods.py --data DIR
    python benchmarks/likelihoods.py --data DIR --noises impulse --methods matched,gaussian --pictures /tmp/pictures

Images: kodak24_256_p2p in DIR (256x256, colour), three of them by default. Noises, made here from a seed:
    impulse  half of all values are black or white, each as likely, each channel on its own; the others as they were
    poisson  photons, 30 at the value 1; not cut off at white

Fits: the network, method and optimiser of the "deep image prior", `draft`, and its running average; the likelihood
alone differs: gaussian (for impulse the mean squared error, for Poisson told the mean variance), matched (SaltAndPepper
told the share, Poisson told the peak), laplace (mean absolute error), outliers (Gaussian, broken values fitted beside
the image: `WithOutliers`). Impulse: all of that row's 200 steps, as nobody knows the misfit; Poisson: its own rule, the
misfit of the average against the noise's. The truth stops nothing. Classics: median (5x5), median-intact (each value at
black or white becomes the median of the others within 5x5), and for Poisson tv (scikit-image, default weight) and
denoise (`untaught.denoise`, `draft`), both within the Anscombe transform.

`psnr` is of the 8-bit result; `curve` has that of the running average every 20 steps, for the eye alone, and
`best_psnr` is its maximum. `seconds` are the clock's, `cpu_seconds` the processor's. Appends JSON lines to
benchmarks/results/likelihoods.jsonl; what is there is skipped. `--pictures` keeps each result and a strip to look at
for each image; what has a line but no picture runs again for it.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import median_filter
from torch import Tensor

from references import add_row, check, rows, tv, versions
from strips import save_strip
from untaught import denoise, images, metrics
from untaught.core import Likelihood, Problem
from untaught.fitting import Fitting
from untaught.likelihoods import Gaussian, Laplace, Poisson, SaltAndPepper
from untaught.noise.stabilise import Stabiliser
from untaught.operators import Identity, WithOutliers
from untaught.optimisers import Apart, GradientDescent
from untaught.presets import preset
from untaught.stoppers import Budget

RESULTS = Path(__file__).parent / "results" / "likelihoods.jsonl"
SHARE, PEAK = 0.5, 30.0
NOISES: dict[str, Likelihood] = {"impulse": SaltAndPepper(share=SHARE), "poisson": Poisson(peak=PEAK)}
FITS = ("gaussian", "matched", "laplace", "outliers")
EVERY = 20  # steps between two points of the curve
OUTLIER_RATE = 0.12  # times the number of values: how fast a broken one grows
KEYS = ("noise", "image", "method", "seed", "limit")


@dataclass(frozen=True)
class Case:
    """One noisy image."""

    noise: str
    image: str
    noisy: Tensor  # [1, 3, H, W], black 0, white 1
    truth: np.ndarray  # HWC, 8 bit

    @property
    def name(self) -> str:
        """For files and for people."""
        return f"{self.noise}-{self.image}"


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--noises", default=",".join(NOISES))
    parser.add_argument("--images", default="kodim07,kodim15,kodim23")
    parser.add_argument("--methods", default=",".join([*FITS, *CLASSICS]))
    parser.add_argument("--steps", type=int, default=200, help="at most")
    parser.add_argument("--seed", type=int, default=0, help="the network's; the noise's is the image's place")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--noises", asked.noises, list(NOISES))
    check(parser, "--methods", asked.methods, [*FITS, *CLASSICS])
    torch.set_num_threads(asked.threads)
    for noise in asked.noises.split(","):
        for name in asked.images.split(","):
            path = asked.data / "kodak24_256_p2p" / f"{name}.png"
            if not path.exists():
                print(f"skipped {noise} {name}: {path} is not there")
                continue
            case = damaged(noise, name, images.read(path).pixels)
            for method in asked.methods.split(","):
                if (method, noise) not in LEFT_OUT:
                    measure(case, method, asked)
            if asked.pictures:
                everywhere = np.ones(case.truth.shape[:2], dtype=bool)
                save_strip(asked.pictures / case.name, stored(case.noisy), everywhere, case.truth, label="noisy")


def damaged(noise: str, name: str, truth: np.ndarray) -> Case:
    """The image with noise; the same each time."""
    x = torch.from_numpy(truth).permute(2, 0, 1)[None].float() / 255
    generator = torch.Generator().manual_seed(int("".join(filter(str.isdigit, name)) or 0))
    law = replace(NOISES[noise], sigma=1e-9) if noise == "impulse" else NOISES[noise]  # what is not broken is as it was
    return Case(noise, name, law.sample(x, generator), truth)


def stored(x: Tensor) -> np.ndarray:
    """HWC in 8 bits."""
    return (x[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def measure(case: Case, method: str, asked: argparse.Namespace) -> None:
    """One method on one image."""
    row = {"benchmark": "likelihoods", "noise": case.noise, "image": case.image, "method": method}
    row |= {"seed": asked.seed, "limit": asked.steps if method in FITS else 0, "threads": asked.threads}
    picture = asked.pictures / case.name / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        print(f"{case.name} {method}: already in {asked.results.name}")
        return
    began, cpu = time.monotonic(), time.process_time()
    out, made = fitted(case, method, asked) if method in FITS else (CLASSICS[method](case.noisy), {})
    row |= {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        images.write(picture, stored(out), overwrite=True)
    if known:
        return
    row |= {"shape": list(case.truth.shape), "psnr": score(out, case)} | made
    row |= {"noisy_psnr": score(case.noisy, case), "share": SHARE, "peak": PEAK}
    add_row(asked.results, row | versions())
    print(case.name, method, row["psnr"], made.get("best_psnr", ""), row["cpu_seconds"], flush=True)


def score(x: Tensor, case: Case) -> float:
    """PSNR of the 8-bit image, all channels together."""
    return round(metrics.psnr(stored(x), case.truth), 3)


def fitted(case: Case, method: str, asked: argparse.Namespace) -> tuple[Tensor, dict[str, Any]]:
    """The same fit, whatever the likelihood: the running average that its rule keeps, and how it came there."""
    row, y = preset("deep image prior", "draft"), case.noisy
    gaussian = Gaussian() if case.noise == "impulse" else Gaussian(sigma=float((y.mean() / PEAK).sqrt()))
    law = {"matched": NOISES[case.noise], "laplace": Laplace()}.get(method, gaussian)
    fit, operator = replace(row.fit, steps=asked.steps, seed=asked.seed), Identity()
    if method == "outliers":
        operator = WithOutliers(operator, tuple(y.shape), start=1e-2)
        rate = GradientDescent(lr=OUTLIER_RATE * y.numel())
        fit = replace(fit, optimiser=Apart(weights=fit.optimiser, others=rate))
    problem = Problem(y=y, operator=operator, likelihood=law, shape=(3, *case.truth.shape[:2]))
    rule = Budget() if case.noise == "impulse" else row.stopper
    fitting, curve = Fitting(problem, row.network, row.method, fit, rule), []
    for step in fitting:
        if (step.index + 1) % EVERY == 0:
            curve.append({"step": step.index + 1, "psnr": score(step.average, case)})
    result = fitting.result()
    made = {"steps": result.steps_run, "stopped_by": result.stopped_by, "curve": curve}
    return result.image, made | {"best_psnr": max((point["psnr"] for point in curve), default=None)}


def median(y: Tensor) -> Tensor:
    """Of 5x5, each channel on its own."""
    return torch.from_numpy(median_filter(y.numpy(), size=(1, 1, 5, 5)))


def median_intact(y: Tensor) -> Tensor:
    """Values at black or white become the median of the others within 5x5 (that of all, where there is no other)."""
    broken = ((y <= 0) | (y >= 1)).numpy()
    room = ((0, 0), (0, 0), (2, 2), (2, 2))
    seen = np.pad(np.where(broken, np.nan, y.numpy()), room, mode="reflect")
    windows = sliding_window_view(seen, (5, 5), axis=(2, 3)).reshape(*y.shape, 25)
    none = np.isnan(windows).all(axis=-1)
    windows = np.where(none[..., None], median(y).numpy()[..., None], windows)
    return torch.from_numpy(np.where(broken, np.nanmedian(windows, axis=-1), y.numpy()))


def stabilised(y: Tensor, denoiser: Callable[[np.ndarray, float], np.ndarray]) -> Tensor:
    """A denoiser for white noise, between the Anscombe transform and its inverse without bias."""
    transform = Stabiliser(gain=1 / PEAK)
    white = transform.forward(y)[0].permute(1, 2, 0).numpy()
    out = torch.from_numpy(np.ascontiguousarray(denoiser(white, transform.white_sigma)))
    return transform.backward(out.permute(2, 0, 1)[None].float())


def stabilised_denoise(y: Tensor) -> Tensor:
    """Our own for white noise, at its quickest level."""
    return stabilised(y, lambda image, sigma: denoise(image, sigma=sigma, quality="draft", seed=0, device="cpu"))


CLASSICS: dict[str, Callable[[Tensor], Tensor]] = {
    "median": median,
    "median-intact": median_intact,
    "tv": lambda y: stabilised(y, tv),
    "denoise": stabilised_denoise,
}
LEFT_OUT = {("outliers", "poisson"), ("laplace", "poisson"), ("median", "poisson"), ("median-intact", "poisson")}
LEFT_OUT |= {("tv", "impulse"), ("denoise", "impulse")}

if __name__ == "__main__":
    main()
