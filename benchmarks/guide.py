"""A noisy image with a clean one of the same scene under other light: flash and no flash.

    python benchmarks/guide.py --data DIR --images kodim05,kodim08,kodim23 --noise 25,50,poisson
    python benchmarks/guide.py --data DIR --images cave01 --methods noisy,filter,normal --pictures /tmp/pics

Images: DIR/kodak24_256_p2p, each made into a pair (`pair`). The image that is looked for: darker by a power of the
light and a factor, in the colours of a lamp, with a shadow of its own. The guide: brighter, bluish, falling off towards
the edges as a flash does, with another, sharper shadow. Nothing else differs, so it is kinder than a real pair.
DIR/dip_examples/cave01_*, the 2018 authors' pair: there is no truth, so only times and pictures.

Noise: Gaussian of the sigma of 255, or Poisson of 30 counts at white; stored in 8 bit. `--guide other`: the guide is
made from the next picture, and says nothing of the image.

Methods: draft, normal, best, paper: ours; denoise-LEVEL: ours without the guide; filter: the guided filter alone (He,
Sun and Tang 2013), radius 8, epsilon 1e-4; filter-unclipped: the same, with what the file cut off at black and white
undone by the law of clipped noise, as ours do it; bilateral: the joint bilateral filter (Petschnigg et al. 2004), 17x17
pixels, sigma 4 pixels and 0.05 of the guide's range. Sigma is told to none.

Scores of the 8-bit image: PSNR in dB, SSIM, and the PSNR in each shadow and a margin: `own_psnr` in the image's own,
`flash_psnr` in the guide's. `seconds` are the clock's, `cpu_seconds` the processor's, of all threads.

Appends JSON lines to benchmarks/results/guide.jsonl; what is there is skipped. The truth scores and is shown to no
method. `--pictures` keeps each result, and a strip of all.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from references import add_row, check, rows, versions
from strips import save_strip
from untaught import images, metrics, tasks
from untaught.classical import GuidedFilter, unclip
from untaught.noise import measure_noise

RESULTS = Path(__file__).parent / "results" / "guide.jsonl"
OURS = ("draft", "normal", "best", "paper")
ALONE = ("denoise-draft", "denoise-normal", "denoise-best")
METHODS = ["noisy", "filter", "filter-unclipped", "bilateral", *ALONE, *OURS]
NOISES = ["15", "25", "50", "poisson"]
COUNTS = 30  # at white
KEYS = ("image", "noise", "guide", "method", "seed", "threads")
OWN, FLASH = (0.7, 0.3, 0.2, 0.16, 0.06), (0.35, 0.68, 0.16, 0.2, 0.03)  # shadows: middle, half axes, softness
REACH, SPREAD, RANGE = 8, 4.0, 0.05  # of the bilateral filter


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="kodim05,kodim08,kodim23,cave01")
    parser.add_argument("--noise", default="25,50,poisson")
    parser.add_argument("--guide", default="same", choices=["same", "other"])
    parser.add_argument(
        "--methods", default="noisy,filter,filter-unclipped,bilateral,denoise-draft,denoise-normal,draft,normal"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, METHODS)
    check(parser, "--noise", asked.noise, NOISES)
    torch.set_num_threads(asked.threads)
    kodak = sorted(asked.data.glob("kodak24_256_p2p/*.png"))
    cave = sorted(asked.data.glob("dip_examples/cave01_*.jpg"))
    if not kodak and not cave:
        print(f"skipped: no images in {asked.data}")
    for name in asked.images.split(","):
        at = next((number for number, path in enumerate(kodak) if path.stem == name), None)
        if at is not None:
            other = kodak[at] if asked.guide == "same" else kodak[(at + 1) % len(kodak)]
            for noise in asked.noise.split(","):
                scene, lit = (images.read(path).pixels for path in (kodak[at], other))
                measure(name, noise, pair(scene, lit, noise, asked.seed), asked)
        elif name == "cave01" and len(cave) == 2:
            flash, dark = (images.read(path).pixels for path in cave)
            measure(name, "its own", (None, dark, flash), asked)
        else:
            print(f"skipped {name}: not in {asked.data}")


def measure(name: str, noise: str, case: tuple[Any, ...], asked: argparse.Namespace) -> None:
    """All methods on one pair."""
    truth, given, guide = case
    folder = asked.pictures / f"{name}-{noise.replace(' ', '-')}-{asked.guide}" if asked.pictures else None
    for method in asked.methods.split(","):
        row: dict[str, Any] = {"benchmark": "guide", "image": name, "noise": noise, "guide": asked.guide}
        row |= {"method": method, "seed": asked.seed, "threads": asked.threads}
        picture = folder / f"{method}.png" if folder else None
        known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
        if known and (picture is None or picture.exists()):
            print(f"{name} {noise} {asked.guide} {method}: already in {asked.results.name}")
            continue
        out, made = run(given, guide, method, asked.seed)
        if picture:
            picture.parent.mkdir(parents=True, exist_ok=True)
            images.write(picture, out, overwrite=True)
        if known:
            continue
        row |= {"shape": list(given.shape)} | ({} if truth is None else scores(out, truth)) | made
        add_row(asked.results, row | versions())
        print(name, noise, asked.guide, method, {key: row.get(key) for key in ("psnr", "cpu_seconds")}, flush=True)
    if folder:
        save_strip(folder, guide, np.ones(given.shape[:2]), truth, "the guide")


def pair(scene: np.ndarray, lit: np.ndarray, noise: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The truth, the noisy image and the guide, made from two pictures, or one; all in 8 bits and colour."""
    scene, lit = scene / 255, lit / 255
    height, width, _ = scene.shape
    truth = 0.6 * scene**1.2 * np.array([1.0, 0.78, 0.52]) * (1 - 0.45 * shadow(height, width, OWN))[..., None]
    row, column = np.mgrid[0:height, 0:width]
    away = np.sqrt((row / height - 0.5) ** 2 + (column / width - 0.5) ** 2)
    flash = lit**0.8 * np.array([0.85, 0.95, 1.0]) * (1.05 - 0.5 * away)[..., None]
    flash *= (1 - 0.6 * shadow(height, width, FLASH))[..., None]
    draw = np.random.default_rng([seed, 7])
    if noise == "poisson":
        noisy = draw.poisson(COUNTS * truth) / COUNTS
    else:
        noisy = truth + draw.normal(0, float(noise) / 255, truth.shape)
    return tuple((255 * one).round().clip(0, 255).astype(np.uint8) for one in (truth, noisy, flash))


def shadow(height: int, width: int, place: tuple[float, ...]) -> np.ndarray:
    """`[H, W]`, 1 in an ellipse, 0 outside."""
    middle, across, tall, wide, soft = place
    row, column = np.mgrid[0:height, 0:width]
    away = np.hypot((row / height - middle) / tall, (column / width - across) / wide)
    return 1 / (1 + np.exp((away - 1) / soft))


def run(given: np.ndarray, guide: np.ndarray, method: str, seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """What one method makes of the pair, and what there is to say about how."""
    began, cpu = time.monotonic(), time.process_time()
    made: dict[str, Any] = {}
    if method in (*OURS, *ALONE):
        if method in OURS:
            job = tasks.guiding(given, guide, quality=method, seed=seed, device="cpu")
        else:
            job = tasks.denoising(given, quality=method.removeprefix("denoise-"), seed=seed, device="cpu")
        for _ in job:
            pass
        result = job.result()
        out, made = result.image, {"steps": result.steps_run, "stopped_by": result.stopped_by}
        made["measured"] = result.provenance["noise"]["suggested"]
    else:
        out = classic(given, guide, method)
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return out, made | took


@torch.no_grad()
def classic(given: np.ndarray, guide: np.ndarray, method: str) -> np.ndarray:
    """What a method without a network makes of it."""
    if method == "noisy":
        return given
    y, lamp = (torch.from_numpy(one / 255).float().movedim(-1, 0)[None] for one in (given, guide))
    x = bilateral(y, lamp) if method == "bilateral" else GuidedFilter(guide=lamp)(y)
    if method == "filter-unclipped" and (noise := measure_noise(y)).is_white:
        x = unclip(x, noise.sigma)
    return (255 * x[0]).movedim(0, -1).round().clamp(0, 255).numpy().astype(np.uint8)


def bilateral(y: torch.Tensor, guide: torch.Tensor) -> torch.Tensor:
    """Means of y over near pixels that are alike in the guide."""
    seen, shown = (torch.nn.functional.pad(one, (REACH,) * 4, mode="replicate") for one in (guide, y))
    total, weight = torch.zeros_like(y), torch.zeros_like(y[:, :1])
    height, width = y.shape[2:]
    for down in range(2 * REACH + 1):
        for across in range(2 * REACH + 1):
            at = (..., slice(down, down + height), slice(across, across + width))
            near = ((down - REACH) ** 2 + (across - REACH) ** 2) / SPREAD**2
            alike = (seen[at] - guide).square().sum(1, keepdim=True) / RANGE**2
            share = torch.exp(-(near + alike) / 2)
            total, weight = total + share * shown[at], weight + share
    return total / weight


def scores(out: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """How near the truth it is, everywhere and in the two shadows."""
    found = {"psnr": metrics.psnr(out, truth), "ssim": metrics.ssim(out, truth)}
    for name, (middle, across, tall, wide, soft) in (("own", OWN), ("flash", FLASH)):
        inside = shadow(*truth.shape[:2], (middle, across, 1.15 * tall, 1.15 * wide, soft)) > 0.5
        found[f"{name}_psnr"] = metrics.psnr(out[inside][None], truth[inside][None])
    return {name: round(float(value), 4) for name, value in found.items()}


if __name__ == "__main__":
    main()
