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
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet

from untaught import __version__, images, metrics
from untaught.arrays import take
from untaught.classical import estimate

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
            if any((name, found) in done(asked.seed) for found in (method, f"{method} 4")):
                print(f"{name} {method}: already in {RESULTS.name}")
                continue
            for label, out, seconds in METHODS[method](y, asked.seed):
                row = {"benchmark": "denoise", "image": name, "shape": list(y.shape), "method": label, "sigma": 25}
                row |= {"seed": asked.seed, "threads": asked.threads, "untaught": __version__}
                row |= {"torch": torch.__version__, "python": platform.python_version(), "seconds": round(seconds, 2)}
                row |= {"psnr": round(metrics.psnr(out, x), 3), "ssim": round(metrics.ssim(out, x), 4)}
                with RESULTS.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(name, label, row["psnr"], row["seconds"], flush=True)


def done(seed: int) -> set[tuple[str, str]]:
    """What the results have already."""
    lines = RESULTS.read_text().splitlines() if RESULTS.exists() else []
    return {(row["image"], row["method"]) for row in map(json.loads, lines) if row["seed"] == seed}


def eight_bit(image: np.ndarray) -> np.ndarray:
    """As it would be stored."""
    return (image.clip(0, 1) * 255).round().astype(np.uint8)


def nlm(y: np.ndarray, seed: int) -> Scored:
    """Non-local means with the settings of scikit-image's own example."""
    del seed
    began = time.process_time()
    h = {"h": 0.6 * SIGMA, "sigma": SIGMA}
    out = denoise_nl_means(y / 255, patch_size=5, patch_distance=6, fast_mode=True, channel_axis=-1, **h)
    yield "nlm", eight_bit(out), time.process_time() - began


def tv(y: np.ndarray, seed: int) -> Scored:
    """Total variation, scikit-image's default weight."""
    del seed
    began = time.process_time()
    yield "tv", eight_bit(denoise_tv_chambolle(y / 255, weight=0.1, channel_axis=-1)), time.process_time() - began


def wavelet(y: np.ndarray, seed: int) -> Scored:
    """Wavelet shrinkage (BayesShrink) in luma and chroma, where PyWavelets is installed."""
    del seed
    began = time.process_time()
    try:
        out = denoise_wavelet(y / 255, sigma=SIGMA, convert2ycbcr=True, channel_axis=-1, rescale_sigma=True)
    except ImportError:
        print("skipped wavelet: PyWavelets is not installed")
        return
    yield "wavelet", eight_bit(out), time.process_time() - began


def classical(y: np.ndarray, seed: int) -> Scored:
    """Ours without a network, after each round."""
    x, frame = take(y)
    began = time.process_time()
    for one in estimate(x, SIGMA, generator=torch.Generator().manual_seed(seed), clipped=True):
        yield f"classical {one.round}", np.asarray(frame.back(one.image)), time.process_time() - began


METHODS = {"nlm": nlm, "tv": tv, "wavelet": wavelet, "classical": classical}

if __name__ == "__main__":
    main()
