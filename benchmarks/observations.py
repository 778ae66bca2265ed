"""Two observations that no Gaussian denoiser covers, as a satellite makes them: pansharpening, and stripes.

    python benchmarks/observations.py --data DIR
    python benchmarks/observations.py --data DIR --cases stripes --images kodim05 --pictures /tmp/pictures

Images: the centre `--size` pixels of photographs in kodak24_256_p2p; red, green and blue stand for three bands.

Cases, each with noise of a small sigma, seeded by the image's name:
    pan      a panchromatic image (0.3, 0.4, 0.3 of the bands) and means of 4x4 pixels of each band, sigma 0.005
    pan2     the same with sigma 0.02
    stripes  each column has a gain (1 with deviation 0.05) and an offset (0.03) of its own, one in sixteen is dead,
             sigma 0.005

Methods: draft, normal, best: `untaught.restore` from the classical estimate that is marked *; `--nothing LEVELS`: the
same without one. Classics: bicubic, brovey, gsa (Aiazzi et al. 2007), injection* for pan; dead (the dead columns
interpolated along the rows), moments* (each column to the smoothed mean and deviation of its neighbours, then the same)
for stripes. Weights, the ratio and the dead columns are known to all; gains, offsets and sigma to none.

PSNR in dB of the bands together, on [0, 1]; `cpu_seconds` of the processor. Appends JSON lines to
benchmarks/results/observations.jsonl; what is there is skipped. The truth scores and is shown to no method.
"""

import argparse
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

import untaught
from references import add_row, check, rows, versions
from untaught import images, metrics
from untaught.operators import Composed, Downsample, Mask, Pansharpening, Stripes

RESULTS = Path(__file__).parent / "results" / "observations.jsonl"
WEIGHTS, RATIO = (0.3, 0.4, 0.3), 4
GAIN, OFFSET, DEAD, SMOOTH = 0.05, 0.03, 1 / 16, 6.0
SIGMA = {"pan": 0.005, "pan2": 0.02, "stripes": 0.005}
OURS = ("draft", "normal", "best")
KEYS = ("case", "image", "size", "method", "seed", "threads")


@dataclass(frozen=True)
class Case:
    """What was measured of one image, and what is known of how."""

    name: str
    image: str
    truth: Tensor  # [1, C, H, W]
    y: Tensor
    operator: Any
    alive: Tensor | None = None  # [W]


def bicubic(coarse: Tensor, ratio: int = RATIO) -> Tensor:
    """Bands, larger."""
    return F.interpolate(coarse, scale_factor=ratio, mode="bicubic", align_corners=False)


def enlarged(case: Case) -> Tensor:
    """The bands alone."""
    return bicubic(case.operator.unpack(case.y)[1])


def injection(case: Case) -> Tensor:
    """The sharp image's detail, added to each."""
    return case.operator.injected(case.y)


def brovey(case: Case) -> Tensor:
    """Bands, times the sharp image over their own weighted sum."""
    sharp, _ = case.operator.unpack(case.y)
    bands = enlarged(case)
    return bands * sharp / case.operator.parts[0](bands).clamp_min(1e-3)


def gsa(case: Case) -> Tensor:
    """Gram-Schmidt adaptive: the intensity is regressed on the bands, the detail injected with each band's own gain."""
    sharp, coarse = case.operator.unpack(case.y)
    low = Downsample(RATIO, "box")(sharp).flatten()
    ones = torch.ones(1, low.numel())
    found = torch.linalg.lstsq(torch.cat([coarse[0].flatten(1), ones]).mT, low[:, None]).solution
    bands = bicubic(coarse)
    intensity = (bands * found[:-1].view(1, -1, 1, 1)).sum(1, keepdim=True) + found[-1]
    apart = intensity - intensity.mean()
    gains = ((bands - bands.mean((-2, -1), keepdim=True)) * apart).mean((-2, -1), keepdim=True) / apart.square().mean()
    return bands + gains * (sharp - intensity)


def whole(case: Case) -> np.ndarray:
    """`[C, H, W]`, dead columns 0."""
    return case.operator.parts[1].adjoint(case.y)[0].double().numpy()


def across(image: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Dead columns interpolated along the rows, of the last axis."""
    columns = np.arange(image.shape[-1])
    lines = [np.interp(columns, columns[alive], line[alive]) for line in image.reshape(-1, image.shape[-1])]
    return np.reshape(lines, image.shape)


def dead(case: Case) -> Tensor:
    """Dead columns alone are seen to."""
    assert case.alive is not None
    return torch.from_numpy(across(whole(case), case.alive.numpy()))[None].float()


def moments(case: Case) -> Tensor:
    """Moment matching: each column's mean and deviation become those of its neighbourhood."""
    assert case.alive is not None
    image, alive = whole(case), case.alive.numpy()
    mean, deviation = image.mean(-2, keepdims=True), image.std(-2, keepdims=True)
    smooth = [gaussian_filter1d(across(one, alive), SMOOTH, axis=-1, mode="nearest") for one in (mean, deviation)]
    matched = (image - mean) / np.maximum(deviation, 1e-4) * smooth[1] + smooth[0]
    return torch.from_numpy(across(matched, alive))[None].float()


PAN: dict[str, Callable[[Case], Tensor]] = {"bicubic": enlarged, "brovey": brovey, "gsa": gsa, "injection": injection}
STRIPES: dict[str, Callable[[Case], Tensor]] = {"dead": dead, "moments": moments}
CLASSICS = {"pan": PAN, "pan2": PAN, "stripes": STRIPES}
STARTS = {"pan": injection, "pan2": injection, "stripes": moments}


def made(name: str, image: str, truth: Tensor) -> Case:
    """The measurements of one case."""
    generator = torch.Generator().manual_seed(zlib.crc32(f"{name} {image}".encode()))
    height, width = truth.shape[-2:]
    alive = None
    if name == "stripes":
        alive = torch.rand(width, generator=generator) >= DEAD
        seen = alive.expand(height, width)
        gain = 1 + GAIN * torch.randn(1, 1, 1, width, generator=generator)
        offset = OFFSET * torch.randn(1, 1, 1, width, generator=generator)
        y, operator = Mask(seen)(gain * truth + offset), Composed(Stripes(width), Mask(seen))
    else:
        operator = Pansharpening(WEIGHTS, RATIO, height=height, width=width)
        y = operator(truth)
    return Case(name, image, truth, y + SIGMA[name] * torch.randn(y.shape, generator=generator), operator, alive)


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cases", default=",".join(SIGMA))
    parser.add_argument("--images", default="kodim05,kodim13,kodim19")
    parser.add_argument("--methods", default="classics,normal")
    parser.add_argument("--nothing", default="", help="levels to run without an estimate too")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--pictures", type=Path, help="a folder for them")
    asked = parser.parse_args()
    check(parser, "--cases", asked.cases, list(SIGMA))
    check(parser, "--methods", asked.methods, ["classics", *OURS])
    torch.set_num_threads(1)
    for image in asked.images.split(","):
        path = asked.data / "kodak24_256_p2p" / f"{image}.png"
        if not path.exists():
            print(f"skipped {image}: {path} is not there")
            continue
        truth = centre(images.read(path).pixels, asked.size)
        for name in asked.cases.split(","):
            case = made(name, image, truth)
            for method in methods_of(name, asked):
                measure(case, method, asked)


def centre(pixels: np.ndarray, size: int) -> Tensor:
    """The middle of the image, `[1, C, size, size]` on [0, 1]."""
    top, left = ((side - size) // 2 for side in pixels.shape[:2])
    piece = np.ascontiguousarray(pixels[top : top + size, left : left + size])
    return torch.from_numpy(piece).float().permute(2, 0, 1)[None] / 255


def methods_of(name: str, asked: argparse.Namespace) -> list[str]:
    """In order of cost."""
    words = asked.methods.split(",")
    classics = list(CLASSICS[name]) if "classics" in words else []
    nothing = [f"{level} from nothing" for level in asked.nothing.split(",") if level]
    return [*classics, *(word for word in words if word != "classics"), *nothing]


def measure(case: Case, method: str, asked: argparse.Namespace) -> None:
    """One method on one case."""
    row = {"benchmark": "observations", "case": case.name, "image": case.image, "size": case.truth.shape[-1]}
    row |= {"method": method, "seed": asked.seed, "threads": 1}
    picture = asked.pictures / f"{case.name}-{case.image}" / f"{method}.png" if asked.pictures else None
    known = [row[key] for key in KEYS] in [[line[key] for key in KEYS] for line in rows(asked.results)]
    if known and (picture is None or picture.exists()):
        return
    began, cpu = time.monotonic(), time.process_time()
    out, more = run(case, method, asked.seed)
    row |= {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)} | more
    if picture:
        save(picture, out)
        save(picture.with_name("truth.png"), case.truth)
    if known:
        return
    shown, truth = (one[0].clamp(0, 1).permute(1, 2, 0).double().numpy() for one in (out, case.truth))
    row |= {"psnr": round(metrics.psnr(shown, truth), 3), "sigma": SIGMA[case.name]}
    add_row(asked.results, row | versions())
    print(case.name, case.image, method, {key: row.get(key) for key in ("psnr", "cpu_seconds", "steps")}, flush=True)


def run(case: Case, method: str, seed: int) -> tuple[Tensor, dict[str, Any]]:
    """What it makes of the measurements, and how."""
    if method in CLASSICS[case.name]:
        return CLASSICS[case.name][method](case), {}
    level, _, nothing = method.partition(" from ")
    start = None if nothing else STARTS[case.name](case)
    shape = (case.truth.shape[1], case.truth.shape[2], case.truth.shape[3])
    result = untaught.restore(
        case.y, case.operator, shape, start=start, quality=level, seed=seed, device="cpu", full_output=True
    )
    return result.image, {"steps": result.steps_run, "kept": result.step, "stopped_by": result.stopped_by}


def save(path: Path, image: Tensor) -> None:
    """As an 8-bit PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    images.write(path, pixels, overwrite=True)


if __name__ == "__main__":
    main()
