"""Denoising at each level, with the network and without, beside the classics: synthetic noise and real.

    python benchmarks/denoise.py --data DIR --sets set9 --images F16,house --methods draft,nlm
    python benchmarks/denoise.py --data DIR --sets kodak256 --sigma 15,25,50 --noise clipped,unclipped
    python benchmarks/denoise.py --data DIR --sets kodak256 --noise poisson --peak 50
    python benchmarks/denoise.py --data DIR --sets set9 --told

Sets (folders in DIR; one that is not there is skipped):
    set9      set9_noisy25_author, set9_clean: the 2018 authors' own noisy files, sigma 25, clipped, 8 bit
    kodak256  kodak24_256_p2p: clean; noise made here by numpy, seeded by the name of the image and the level
    polyu     polyu/noisy, polyu/gt: real noise of cameras, JPEG
    fmd       fmd/noisy, fmd/gt: real noise of fluorescence microscopes, grey TIFF

Noise on kodak256:
    clipped    Gaussian; then rounded to 8 bit and clipped to 0..255
    unclipped  Gaussian, neither rounded nor clipped: floats where black is 0 and white 1, given as float32. They leave
               [0, 1], so the program stretches them over their own range; sigma, told or estimated, is in their units
    poisson    `--peak` photons at white; then rounded to 8 bit and clipped

Methods: draft, normal, best; network-draft, network (that is its normal), network-best: a network alone;
classical-draft, classical-normal, classical-best: the same level's first estimate alone; paper: the settings of 2018;
nlm, tv, wavelet; bm3d where the user has it installed. All are told nothing: ours estimate sigma themselves, the
references get the same estimate (of noise that grows with the intensity, its root mean square), within their time.
With `--told` all get the true sigma; where there is no such number, at Poisson noise and real noise, that is skipped.

PSNR and SSIM are of the whole image, all channels together, as it would be written: 8 bit, or for floats clipped to
[0, 1]; the noisy image's likewise. `seconds` are the clock's, `cpu_seconds` the processor's, of all threads.
Appends JSON lines to benchmarks/results/levels.jsonl; what is there is skipped. The truth scores and is shown to no
method.
"""

import argparse
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from references import REFERENCES, add_row, check, in_eight_bits, rows, runnable, versions
from untaught import images, metrics, tasks
from untaught.arrays import take
from untaught.noise import measure_noise

RESULTS = Path(__file__).parent / "results" / "levels.jsonl"
OURS = {  # method -> quality, way
    "draft": ("draft", "auto"),
    "normal": ("normal", "auto"),
    "best": ("best", "auto"),
    "network-draft": ("draft", "network"),
    "network": ("normal", "network"),
    "network-best": ("best", "network"),
    "classical-draft": ("draft", "classical"),
    "classical-normal": ("normal", "classical"),
    "classical-best": ("best", "classical"),
    "paper": ("paper", "auto"),
}
USUAL = [*(method for method in OURS if method != "paper"), *REFERENCES]
FOLDERS = {
    "set9": ("set9_noisy25_author/*.png", "set9_clean"),
    "kodak256": ("kodak24_256_p2p/*.png", "kodak24_256_p2p"),
    "polyu": ("polyu/noisy/*.JPG", "polyu/gt"),
    "fmd": ("fmd/noisy/*.tif", "fmd/gt"),
}
Made = tuple[np.ndarray, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One noisy image and its truth, of the same dtype."""

    set: str
    image: str
    noise: dict[str, Any]  # kind, and what there is to say about it
    noisy: np.ndarray
    clean: np.ndarray

    @property
    def sigma(self) -> float | None:
        """The true one, on 0..255."""
        return self.noise.get("sigma")

    @property
    def unit(self) -> float:
        """What a sigma on 0..255 is divided by to be in the image's own units."""
        return 1.0 if self.noisy.dtype == np.uint8 else 255.0


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(FOLDERS))
    parser.add_argument("--images", default="", help="else all")
    parser.add_argument("--methods", default=",".join(USUAL))
    parser.add_argument("--sigma", default="25", help="of kodak256's Gaussian noise, on 0..255")
    parser.add_argument("--noise", default="clipped", help="of kodak256: clipped, unclipped, poisson")
    parser.add_argument("--peak", default="50", help="of kodak256's Poisson noise: photons at white")
    parser.add_argument("--told", action="store_true", help="sigma is told, not estimated")
    parser.add_argument("--seed", type=int, default=0, help="the method's, not the noise's")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    check(parser, "--sets", asked.sets, list(FOLDERS))
    check(parser, "--methods", asked.methods, [*OURS, *REFERENCES])
    check(parser, "--noise", asked.noise, ["clipped", "unclipped", "poisson"])
    torch.set_num_threads(asked.threads)
    methods = runnable(asked.methods.split(","))
    warm_up()
    for case in cases(asked):
        measure(case, methods, asked)


def warm_up() -> None:
    """So that the first measurement is not also that of what is loaded once."""
    tasks.denoise(np.random.default_rng(0).normal(128, 25, (32, 32, 3)).round().astype(np.uint8), quality="draft")


def cases(asked: argparse.Namespace) -> Iterator[Case]:
    """Every noisy image that is asked for and there."""
    for name in asked.sets.split(","):
        pattern, clean = FOLDERS[name]
        found = sorted(asked.data.glob(pattern))
        if not found:
            print(f"skipped {name}: no images in {asked.data / pattern}")
        for path in found:
            if asked.images and path.stem not in asked.images.split(","):
                continue
            truth = asked.data / clean / path.name
            if not truth.exists():
                print(f"skipped {name} {path.stem}: {truth} is not there")
                continue
            yield from noisy_versions(name, path, images.read(truth).pixels, asked)


def noisy_versions(name: str, path: Path, clean: np.ndarray, asked: argparse.Namespace) -> Iterator[Case]:
    """The noisy file, or where there is none the noises that are asked for."""
    if name != "kodak256":
        noise = {"kind": "clipped", "sigma": 25} if name == "set9" else {"kind": "real"}
        yield Case(name, path.stem, noise, images.read(path).pixels, clean)
        return
    for kind in asked.noise.split(","):
        for level in (asked.peak if kind == "poisson" else asked.sigma).split(","):
            yield noisy(path.stem, kind, int(level), clean)


def noisy(image: str, kind: str, level: int, clean: np.ndarray) -> Case:
    """Noise of one kind on an 8-bit image; the same numbers each time."""
    rng = np.random.default_rng([zlib.crc32(image.encode()), level])
    if kind == "poisson":
        counts = rng.poisson(clean / 255 * level)
        return Case("kodak256", image, {"kind": kind, "peak": level}, eight_bits(counts * (255 / level)), clean)
    y = clean + rng.normal(0, level, clean.shape)
    about = {"kind": kind, "sigma": level}
    if kind == "clipped":
        return Case("kodak256", image, about, eight_bits(y), clean)
    return Case("kodak256", image, about, (y / 255).astype(np.float32), (clean / 255).astype(np.float32))


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Values on 0..255 as they would be stored."""
    return values.round().clip(0, 255).astype(np.uint8)


def measure(case: Case, methods: list[str], asked: argparse.Namespace) -> None:
    """Every method on one image."""
    if asked.told and case.sigma is None:
        print(f"skipped {case.set} {case.image}, --told: its noise has no one known sigma")
        return
    about = {"benchmark": "levels", "set": case.set, "image": case.image, "noise": case.noise, "told": asked.told}
    done = [key_of(row) for row in rows(asked.results)]
    for method in methods:
        row = about | {"method": method, "seed": asked.seed, "threads": asked.threads}
        label = f"{case.set} {case.image} {case.noise} {method}"
        if key_of(row) in done:
            print(f"{label}: already in {asked.results.name}")
            continue
        began, cpu = time.monotonic(), time.process_time()
        out, made = run(case, method, asked)
        took = {"seconds": round(time.monotonic() - began, 4), "cpu_seconds": round(time.process_time() - cpu, 2)}
        row |= {"shape": list(case.noisy.shape), "sigma": "true" if asked.told else "estimated"}
        row |= {"estimated_sigma": round(estimated(case.noisy), 3)} | made | scores(case, out) | took
        add_row(asked.results, row | versions())
        print(label, {name: row[name] for name in ("psnr", "noisy_psnr", "seconds")}, flush=True)


def key_of(row: dict[str, Any]) -> list[Any]:
    """What makes a line the same measurement."""
    return [row[name] for name in ("set", "image", "noise", "told", "method", "seed", "threads")]


def run(case: Case, method: str, asked: argparse.Namespace) -> Made:
    """What one method makes of the noisy image, and what there is to say about how."""
    if method in OURS:
        return ours(case, method, asked)
    return reference(case, method, told=case.sigma if asked.told else None), {}


def ours(case: Case, method: str, asked: argparse.Namespace) -> Made:
    """One of ours, from the array as it is."""
    quality, way = OURS[method]
    sigma = case.sigma / case.unit if asked.told and case.sigma is not None else "auto"
    job = tasks.denoising(case.noisy, sigma=sigma, quality=quality, method=way, seed=asked.seed, device="cpu")
    first, began = {}, time.process_time()
    for moment in job:
        if moment.text == "first estimate" and job.estimate is not None:
            first = {"first_estimate_rounds": job.estimate.round, "first_cpu_seconds": time.process_time() - began}
    result = job.result()
    if first and job.estimate is not None and method == quality:
        image = np.asarray(job.frame.back(job.noise.backward(job.estimate.image)))
        first |= {f"first_{name}": score for name, score in scores(case, image).items() if name != "noisy_psnr"}
    noise = {name: value for name, value in result.provenance["noise"].items() if name != "is"}
    return result.image, {"steps": result.steps_run, "stopped_by": result.stopped_by, "believed": noise} | first


def reference(case: Case, method: str, *, told: float | None) -> np.ndarray:
    """One of the references, told the true sigma or our estimate."""
    sigma = (estimated(case.noisy) if told is None else told) / 255
    if case.noisy.dtype == np.uint8:
        return in_eight_bits(method, case.noisy, sigma)
    return np.asarray(REFERENCES[method](case.noisy, sigma), dtype=np.float32)


def estimated(y: np.ndarray) -> float:
    """Root mean square over the image of the noise's standard deviation, by our own measure, on 0..255."""
    x, frame = take(y)
    noise = measure_noise(x)
    sigma = float(noise.deviation(x).square().mean().sqrt()) if noise.gain else noise.sigma
    return sigma * frame.scale.span * (1 if y.dtype == np.uint8 else 255)


def scores(case: Case, out: np.ndarray) -> dict[str, float]:
    """How near the truth it is as it would be written, and how near the noisy image was."""
    low, high = (0, 255) if case.clean.dtype == np.uint8 else (0, 1)
    out, noisy_image = out.clip(low, high), case.noisy.clip(low, high)
    return {
        "psnr": round(metrics.psnr(out, case.clean), 3),
        "ssim": round(metrics.ssim(out, case.clean), 4),
        "noisy_psnr": round(metrics.psnr(noisy_image, case.clean), 3),
    }


if __name__ == "__main__":
    main()
