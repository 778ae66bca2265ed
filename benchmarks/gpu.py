"""How fast is a GPU: the eager float32 loop beside the fast one, and many images at once.

    python benchmarks/gpu.py                                      on a CUDA device; says so where there is none
    python benchmarks/gpu.py --device cpu --size 32 --steps 3     does it run at all? Its times mean nothing

Two questions, a JSON line an answer, appended to benchmarks/results/gpu.jsonl:
loop: seconds and PSNR of one image for each preset and each way of computing; `psnr_off` is against the eager loop's.
batch: images a minute, so many images in one fit under the preset `best` of the deep image prior.
The image is drawn here (discs, stripes, a smooth ground; sigma 25/255), so no data set is needed.
"""

import argparse
import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from untaught import __version__
from untaught.core import Problem, Result
from untaught.fit import Fit
from untaught.fitting import Fitting
from untaught.likelihoods import Gaussian
from untaught.operators import Identity
from untaught.presets import preset
from untaught.presets.row import Preset

RESULTS = Path(__file__).parent / "results" / "gpu.jsonl"
SIGMA = 25 / 255
WAYS: dict[str, dict[str, Any]] = {
    "eager": {"record": False, "channels_last": False, "precision": "float32"},
    "recorded": {"record": True, "channels_last": True, "precision": "float32"},
    "recorded, bfloat16": {"record": True, "channels_last": True, "precision": "bfloat16"},
}
WARM = 5  # steps of another fit beforehand: libraries load and choose their kernels


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, help="of every fit; the preset's own if not given")
    parser.add_argument("--presets", default="best,paper")
    parser.add_argument("--batches", default="1,8,32")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    if asked.device.startswith("cuda") and not torch.cuda.is_available():
        print("skipped: no CUDA device")
        return
    device = torch.device(asked.device)
    clean = picture(asked.size)
    for name in asked.presets.split(","):
        loop(name, clean, device, asked)
    for members in map(int, asked.batches.split(",")):
        batch(members, clean, device, asked)


def loop(name: str, clean: Tensor, device: torch.device, asked: argparse.Namespace) -> None:
    """One image, each way."""
    eager = 0.0
    for way, how in WAYS.items():
        row = shortened(preset("deep image prior", name), asked.steps)
        took = measured(row, replace(row.fit, **how), noisy(clean, 1), clean, device)
        eager = took.get("psnr", 0.0) if way == "eager" else eager
        off = {"psnr_off": round(took["psnr"] - eager, 3)} if "psnr" in took else {}
        write({"question": "loop", "preset": name, "way": way} | took | off, device, asked)


def batch(members: int, clean: Tensor, device: torch.device, asked: argparse.Namespace) -> None:
    """So many images at once; one of them alone is what `loop` measures."""
    for way in ("recorded", "recorded, bfloat16"):
        row = shortened(preset("deep image prior", "best"), asked.steps)
        fit = replace(row.fit, seed=tuple(range(members)), **WAYS[way])
        took = measured(row, fit, noisy(clean, members), clean, device)
        rate = {"images_per_minute": round(60 * members / took["seconds"], 2)} if "seconds" in took else {}
        write({"question": "batch", "preset": "best", "way": way, "images": members} | took | rate, device, asked)


def measured(row: Preset, fit: Fit, y: Tensor, clean: Tensor, device: torch.device) -> dict[str, Any]:
    """Seconds from a noisy batch in the device's memory to the result, and how good that is; or that memory ran out."""
    likelihood = Gaussian(sigma=SIGMA) if row.knows_sigma else Gaussian()
    shape = (y.shape[1], y.shape[2], y.shape[3])
    problem = Problem(y=y.to(device), operator=Identity(), likelihood=likelihood, shape=shape)
    try:
        run(problem, row, replace(fit, steps=min(WARM, fit.steps)))
        wait(device)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        began = time.perf_counter()
        result = run(problem, row, fit)
        wait(device)
    except torch.OutOfMemoryError:
        return {"failed": "out of memory"}
    seconds = time.perf_counter() - began
    mse = (result.image.cpu().clamp(0, 1) - clean).square().mean(dim=(1, 2, 3))
    took: dict[str, Any] = {"seconds": round(seconds, 3), "steps": result.steps_run}
    took |= {"ms_per_step": round(1000 * seconds / result.steps_run, 3), "stopped_by": result.stopped_by}
    took["psnr"] = round(float((-10 * mse.log10()).mean()), 3)
    if device.type == "cuda":
        took["peak_bytes"] = torch.cuda.max_memory_allocated(device)
    return took


def run(problem: Problem, row: Preset, fit: Fit) -> Result:
    """One fit under the preset's own rule."""
    fitting = Fitting(problem, row.network, row.method, fit, row.stopper)
    for _ in fitting:
        pass
    return fitting.result()


def shortened(row: Preset, steps: int | None) -> Preset:
    """The row, with so many steps at most."""
    return row if steps is None else replace(row, fit=replace(row.fit, steps=steps))


def wait(device: torch.device) -> None:
    """Until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def picture(size: int) -> Tensor:
    """A clean picture `[1, 3, size, size]` in [0, 1]."""
    y, x = torch.meshgrid(torch.linspace(0, 1, size), torch.linspace(0, 1, size), indexing="ij")
    ground = torch.stack([0.3 + 0.4 * x, 0.6 - 0.3 * y, 0.4 + 0.2 * x * y])
    stripes = 0.1 * torch.sin(150 * (x + 0.5 * y)).sign() * (x > 0.6)
    image = ground + stripes
    for row, column, radius in ((0.3, 0.3, 0.2), (0.7, 0.4, 0.12), (0.5, 0.75, 0.15)):
        disc = (y - row).square() + (x - column).square() < radius**2
        image = torch.where(disc, torch.tensor([0.8, column, row])[:, None, None], image)
    return image.clamp(0, 1)[None]


def noisy(clean: Tensor, members: int) -> Tensor:
    """So many noisy versions of it, `[members, 3, size, size]`."""
    law = Gaussian(sigma=SIGMA)
    return torch.cat([law.sample(clean, torch.Generator().manual_seed(100 + seed)) for seed in range(members)])


def write(row: dict[str, Any], device: torch.device, asked: argparse.Namespace) -> None:
    """Append a line, and say it."""
    cuda = device.type == "cuda"
    about = {"benchmark": "gpu", "device": torch.cuda.get_device_name(device) if cuda else device.type}
    about |= {"size": asked.size, "steps_asked": asked.steps, "sigma": 25, "noise": "drawn, not clipped"}
    about |= {"tf32_convolutions": torch.backends.cudnn.allow_tf32, "cuda": torch.version.cuda}
    about |= {"untaught": __version__, "torch": torch.__version__, "python": platform.python_version()}
    asked.results.parent.mkdir(exist_ok=True)
    with asked.results.open("a") as file:
        file.write(json.dumps(about | row) + "\n")
    print(" ".join(f"{key}={value}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
