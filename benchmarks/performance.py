"""Where a step's time goes on this CPU: the two bounds, the share of them reached, torch's own layers beside ours.

    python benchmarks/performance.py --presets best,normal,paper --sizes 256,512 --threads 1,2

Appends JSON lines to benchmarks/results/performance.jsonl; what is there (same preset, size, threads, layers) is
skipped. Seconds are the least of several steps: with one thread the processor's, so that other work on the machine
matters less; with more the clock's, which wants a machine with nothing else to do. The line notes its load. "torch"
runs the same network with torch's own layers (`fast.on_cpu` says no), "ours" as it is; both with freed memory kept.
Operations are twice the multiply-adds of convolutions, forward and both ways back, as torch counts them. Bytes are
the least: each convolution's input read and output written, once forward and twice back.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from references import rows, versions
from untaught.allocator import keep_freed_memory
from untaught.core import Problem
from untaught.fit import Parts
from untaught.likelihoods import Gaussian
from untaught.networks import fast, skip
from untaught.operators import Identity
from untaught.presets import preset
from untaught.presets.row import Preset

RESULTS = Path(__file__).parent / "results" / "performance.jsonl"
OURS = fast.on_cpu


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", default="best,normal,paper")
    parser.add_argument("--sizes", default="256,512")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--steps", type=int, default=5)
    asked = parser.parse_args()
    keep_freed_memory()
    for threads in map(int, asked.threads.split(",")):
        torch.set_num_threads(threads)
        for quality in asked.presets.split(","):
            for size in map(int, asked.sizes.split(",")):
                for layers in ("torch", "ours"):
                    key = {"preset": f"deep image prior, {quality}", "size": size, "threads": threads, "layers": layers}
                    if any(row["benchmark"] == "performance" and key.items() <= row.items() for row in rows(RESULTS)):
                        print(*key.values(), f"already in {RESULTS.name}")
                        continue
                    line = {"benchmark": "performance"} | key | ceilings()
                    line |= measure(preset("deep image prior", quality), size, layers, asked.steps)
                    line["share"] = round(line["gflop"] / line["step_s"] / line["conv_gflops"], 3)
                    line |= versions() | {"load": round(os.getloadavg()[0], 1)}
                    RESULTS.parent.mkdir(exist_ok=True)
                    with RESULTS.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                    print(*key.values(), {name: line[name] for name in ("step_s", "share", "load")}, flush=True)


def ceilings() -> dict[str, float]:
    """What the machine can do: GFLOP/s of a product and of a convolution forward in channels-last, copied GB/s."""
    a = torch.randn(1024, 1024)
    x = fast.channels_last(torch.randn(1, 64, 128, 128))
    weight = fast.channels_last(torch.randn(64, 64, 3, 3))
    big = torch.randn(2**24)
    target = torch.empty_like(big)
    return {
        "gemm_gflops": round(2 * 1024**3 / least(lambda: a @ a) / 1e9, 1),
        "conv_gflops": round(2 * 9 * 64 * 64 * 128 * 128 / least(lambda: F.conv2d(x, weight, padding=1)) / 1e9, 1),
        "copy_gbps": round(2 * big.nbytes / least(lambda: target.copy_(big)) / 1e9, 1),
    }


def clock() -> float:
    """Seconds of the processor where one thread works, of the clock else."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def least(work: Callable[[], Any], times: int = 7) -> float:
    """Seconds, the least of several."""
    work()
    seconds = []
    for _ in range(times):
        began = clock()
        work()
        seconds.append(clock() - began)
    return min(seconds)


def measure(row: Preset, size: int, layers: str, times: int) -> dict[str, Any]:
    """A step of a preset on noise, taken apart as `fit.steps` takes it."""
    fast.on_cpu = skip.on_cpu = OURS if layers == "ours" else (lambda x: False)
    problem = Problem(
        y=torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0)),
        operator=Identity(),
        likelihood=Gaussian(sigma=0.1),
        shape=(3, size, size),
    )
    parts = Parts.start(problem, row.network, row.method, replace(row.fit, steps=times))
    phases: dict[str, list[float]] = {"propose": [], "backward": [], "optimiser": [], "step": []}
    moved = moved_bytes(parts)
    for _ in range(times + 1):
        began = clock()
        x = parts.crop(parts.run.propose(parts.network).x, problem)
        loss = problem.likelihood.nll(x, problem.y)
        proposed = clock()
        for optimiser in parts.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        back = clock()
        for optimiser in parts.optimisers:
            optimiser.step()
        done = clock()
        for name, seconds in zip(phases, (proposed - began, back - proposed, done - back, done - began), strict=True):
            phases[name].append(seconds)
    fast.on_cpu = skip.on_cpu = lambda x: False  # the counter knows torch's operations
    with FlopCounterMode(display=False) as counter:
        problem.likelihood.nll(parts.crop(parts.run.propose(parts.network).x, problem), problem.y).backward()
    fast.on_cpu = skip.on_cpu = OURS
    best = {f"{name}_s": round(min(seconds[1:]), 4) for name, seconds in phases.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "gflop": round(counter.get_total_flops() / 1e9, 2),
        "gbytes": round(moved / 1e9, 3),
        "rss_mib": round(peak),
    } | best


def moved_bytes(parts: Parts) -> int:
    """The least that a step's convolutions move."""
    seen: list[int] = []

    def note(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        seen.append(3 * (inputs[0].nbytes + output.nbytes))

    hooks = [m.register_forward_hook(note) for m in parts.network.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        parts.run.propose(parts.network)
    for hook in hooks:
        hook.remove()
    return sum(seen)


if __name__ == "__main__":
    main()
