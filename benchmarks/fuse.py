"""Several noisy frames of one scene to one image, beside one of them enlarged and beside a bicubic shift-and-add.

    python benchmarks/fuse.py --data DIR --images kodim01 --methods normal,upscale,add,add+
    python benchmarks/fuse.py --data DIR --images lena --methods normal --pictures /tmp/pictures

Scenes: the middle 256x256 (`--side`) of the photographs of DIR/set9_clean, which are larger. Frames: 16 (`--count`),
the first as the scene lies, the others shifted by up to 2 pixels of a frame each way and turned by up to 3 degrees, all
drawn from `--seed`. The camera looks at the whole photograph, by cubic splines (scipy), so that a frame's border shows
what is really there; its pixels are means of factor x factor points of what it sees; noise of sigma 5 (`--sigma`) is
added and the frame stored in 8 bits. With `--strangers N` the last N frames show another part of the photograph.

Methods: draft, normal, best: ours; estimate: what `normal` begins its network with; upscale: the first frame alone by
`untaught.upscale` of that kernel, quality normal; denoised: the same after `untaught.denoise`, told sigma; bicubic: the
first frame alone; add: each frame enlarged by cubic
interpolation, put upon the first as our registration says, and averaged; add+: the same with the true motions.

Scores: PSNR in dB of all channels in 8 bits; `inner_psnr` without a border of 16 pixels. `shift_off`, `degrees_off`:
how far the motions found are from the true ones, at most, in pixels of a frame and in degrees, strangers left out.
Seconds are the clock's, `cpu_seconds` the processor's, of all threads.

Appends JSON lines to benchmarks/results/fuse.jsonl; what is there is skipped. The truth and the true motions score, and
are shown to no method but add+. `--pictures` keeps each result, with the truth and the first frame.
"""

import argparse
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import map_coordinates

from references import add_row, check, rows, versions
from untaught import denoise, images, metrics, tasks, upscale
from untaught.classical.fusion import shift_and_add
from untaught.classical.registration import register
from untaught.classical.sampling import looked_at
from untaught.networks import Added

RESULTS = Path(__file__).parent / "results" / "fuse.jsonl"
OURS = ("draft", "normal", "best")
METHODS = [*OURS, "estimate", "upscale", "denoised", "bicubic", "add", "add+"]
KEYS = ("image", "side", "factor", "count", "sigma", "strangers", "method", "seed", "threads")
SHIFT, TURN, BORDER = 2.0, 3.0, 16


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", default="kodim01,kodim02,kodim03,kodim12,lena,peppers,F16,baboon")
    parser.add_argument("--methods", default="normal,upscale,bicubic,add,add+")
    parser.add_argument("--factor", type=int, default=4)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--sigma", type=float, default=5.0)
    parser.add_argument("--strangers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, METHODS)
    torch.set_num_threads(asked.threads)
    for name in asked.images.split(","):
        path = asked.data / "set9_clean" / f"{name}.png"
        if not path.exists():
            print(f"skipped {name}: {path} is not there")
            continue
        for method in asked.methods.split(","):
            measure(path, method, asked)


def measure(path: Path, method: str, asked: argparse.Namespace) -> None:
    """One method on one scene."""
    row: dict[str, Any] = {"benchmark": "fuse", "image": path.stem, "method": method}
    row |= {key: getattr(asked, key) for key in KEYS if key not in row}
    picture = asked.pictures / path.stem / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        print(f"{path.stem} {method}: already in {asked.results.name}")
        return
    frames, truth, motions = made(images.read(path).pixels, asked)
    began, cpu = time.monotonic(), time.process_time()
    out, found = run(frames, motions, method, asked)
    row |= {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        for name, pixels in ((method, out), ("truth", truth), ("frame", frames[0])):
            images.write(picture.with_name(f"{name}.png"), pixels, overwrite=True)
    if known:
        return
    row |= scores(out, truth) | off(found, motions, asked) | {"shape": list(truth.shape)}
    add_row(asked.results, row | versions())
    print(path.stem, method, {name: row.get(name) for name in ("psnr", "inner_psnr", "cpu_seconds")}, flush=True)


def made(photograph: np.ndarray, asked: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames `[K, h, w, 3]` and the scene, in 8 bits, and the motions `[K, 3]` in pixels of a frame (`looked_at`)."""
    side, factor = asked.side, asked.factor
    small, corner = side // factor, [(length - side) // 2 for length in photograph.shape[:2]]
    generator = np.random.default_rng(asked.seed)
    frames, motions = [], []
    for number in range(asked.count):
        shift, degrees = generator.uniform(-SHIFT, SHIFT, 2), generator.uniform(-TURN, TURN)
        motion = np.array([*shift, math.radians(degrees) * small / 2]) * bool(number)
        places = looked_at(torch.from_numpy(factor * motion[None]), side, side)[0].movedim(-1, 0).numpy()
        stranger = number >= asked.count - asked.strangers
        places += np.array(corner)[:, None, None] - (np.array(corner)[:, None, None] - 8) * stranger
        seen = [
            map_coordinates(photograph[..., c].astype(np.float64), places, order=3, mode="mirror") for c in range(3)
        ]
        binned = np.stack(seen, axis=-1).reshape(small, factor, small, factor, 3).mean((1, 3))
        noisy = binned + generator.normal(0, asked.sigma, binned.shape)
        frames.append(noisy.round().clip(0, 255).astype(np.uint8))
        motions.append(motion)
    truth = photograph[corner[0] : corner[0] + side, corner[1] : corner[1] + side]
    return np.stack(frames), truth, np.stack(motions)


def run(
    frames: np.ndarray, motions: np.ndarray, method: str, asked: argparse.Namespace
) -> tuple[np.ndarray, list[dict[str, Any]] | None]:
    """What one method makes of the frames, and what it found out about each."""
    factor, first = asked.factor, frames[0]
    if method in (*OURS, "estimate"):
        quality = "normal" if method == "estimate" else method
        job = tasks.fusing(list(frames), factor, quality=quality, seed=asked.seed, device="cpu")
        if method == "estimate":
            assert isinstance(job.row.network, Added)
            return job.frame.back(job.row.network.start), job.provenance["frames"]  # type: ignore[return-value]
        for _ in job:
            pass
        result = job.result()
        return result.image, result.provenance["frames"]
    if method == "denoised":
        first = denoise(first, sigma=asked.sigma, seed=asked.seed, device="cpu")  # type: ignore[assignment]
    if method in ("upscale", "denoised"):
        return upscale(first, factor, kernel="box", seed=asked.seed, device="cpu"), None  # type: ignore[return-value]
    if method == "bicubic":
        size = (factor * first.shape[1], factor * first.shape[0])
        return np.asarray(Image.fromarray(first).resize(size, Image.Resampling.BICUBIC)), None
    y = torch.from_numpy(frames).movedim(-1, 1) / 255
    moved = torch.from_numpy(motions).float() if method == "add+" else register(y)
    mean = shift_and_add(y, moved, factor)[0].movedim(0, -1)
    return (255 * mean).round().clamp(0, 255).numpy().astype(np.uint8), None


def scores(out: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """How near the truth it is."""
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    return {
        "psnr": round(metrics.psnr(out, truth), 3),
        "inner_psnr": round(metrics.psnr(out[inner], truth[inner]), 3),
    }


def off(found: list[dict[str, Any]] | None, motions: np.ndarray, asked: argparse.Namespace) -> dict[str, Any]:
    """How far the motions found are from the true ones, and the weights."""
    if found is None or "shift" not in found[0]:
        return {}
    known = asked.count - asked.strangers
    shifts = np.abs(np.array([one["shift"] for one in found]) - motions[:, :2])[:known]
    true = np.degrees(motions[:, 2] / (asked.side / asked.factor / 2))
    degrees = np.abs(np.array([one["degrees"] for one in found]) - true)[:known]
    weights = [one["weight"] for one in found]
    return {"shift_off": round(shifts.max(), 4), "degrees_off": round(degrees.max(), 4), "weights": weights}


if __name__ == "__main__":
    main()
