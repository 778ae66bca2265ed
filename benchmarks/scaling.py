"""Time and memory against the size of the image and the threads; the paper's step; what the program adds to a fit.

    python benchmarks/scaling.py --methods draft,normal,best,network --sizes 128,256,512,1024 --threads 1,2 --large
    python benchmarks/scaling.py --figure

The image is a photograph (examples/data/chelsea.png) tiled by reflection, with Gaussian noise of sigma 25, clipped, 8
bit; sigma is estimated. Three kinds of JSON lines go to benchmarks/results/scaling.jsonl; what is there is skipped:

    point    one method at one size, in a process of its own: `seconds` of the clock, `cpu_seconds` of the processor,
             `peak_mb` (10^6 bytes), the most memory it held beyond `base_mb`, what a process holds at most that imports
             the same and reads the same image
    step     the least of three steps of the 2018 network (preset `paper`) at 512x512x3; times 1800 it is the unit that
             shares of the paper's time are told in
    outside  what `untaught denoise` takes, from the start of the process to its end, beyond the time that it says it
             spent on a 64x64 image; the least of three

Then it draws docs/figures/scaling.svg and .png (wants matplotlib), with --figure only that.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from references import add_row, rows, versions

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "scaling.jsonl"
FIGURES = ROOT / "docs" / "figures"
PHOTOGRAPH = ROOT / "examples" / "data" / "chelsea.png"
METHODS = {  # name -> quality, way
    "draft": ("draft", "auto"),
    "normal": ("normal", "auto"),
    "best": ("best", "auto"),
    "network": ("normal", "network"),
}
SIGMA = 25
LARGE = 2048
PAPER_SIZE, PAPER_STEPS = 512, 3
SMALL, TIMES = 64, 3
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")  # Okabe and Ito's, told apart by all eyes
MARKS = ("o", "s", "^", "D")


def main() -> None:
    """Run what is asked for and not there yet, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--sizes", default="128,256,512,1024")
    parser.add_argument("--large", action="store_true", help=f"{LARGE} too")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figure", action="store_true", help="only draw what is in the results")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--figures", type=Path, default=FIGURES)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(child(json.loads(asked.child))))
        return
    if not asked.figure:
        for key in wanted(asked):
            if any(key.items() <= row.items() for row in rows(asked.results)):
                print(*key.values(), f"already in {asked.results.name}")
                continue
            found = key | measure(key) | versions() | {"processors": os.cpu_count()}
            add_row(asked.results, found)
            print(found, flush=True)
    draw(rows(asked.results), asked.figures)


def wanted(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """What names each line, the quick ones first."""
    sizes = [*map(int, asked.sizes.split(",")), *([LARGE] if asked.large else [])]
    common = {"benchmark": "scaling", "seed": asked.seed}
    threads = [int(number) for number in asked.threads.split(",")]
    keys = [common | {"kind": "outside", "size": SMALL, "threads": number} for number in threads]
    keys += [common | {"kind": "step", "size": PAPER_SIZE, "threads": number} for number in threads]
    for size in sizes:
        for method in asked.methods.split(","):
            keys += [
                common | {"kind": "point", "method": method, "size": size, "threads": number} for number in threads
            ]
    return keys


def measure(key: dict[str, Any]) -> dict[str, Any]:
    """One line's figures, from processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        photograph = str(Path(folder) / "noisy.png")
        spawn({"kind": "make", "size": key["size"], "path": photograph, "threads": 1})
        if key["kind"] == "outside":
            return outside(photograph, key)
        if key["kind"] == "step":
            return spawn(key | {"path": photograph})
        base, point = spawn(key | {"kind": "base", "path": photograph}), spawn(key | {"path": photograph})
        megabytes = round(point.pop("rss_mb") - base["rss_mb"], 1)
        return point | {"peak_mb": megabytes, "base_mb": base["rss_mb"]}


def spawn(key: dict[str, Any]) -> dict[str, Any]:
    """What `child` says in a process of its own."""
    words = [sys.executable, __file__, "--child", json.dumps(key)]
    environment = os.environ | {"OMP_NUM_THREADS": str(key["threads"])}
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def child(key: dict[str, Any]) -> dict[str, Any]:
    """In the process: make the image, only read it, restore it, or time the paper's step."""
    import torch

    from untaught import images, tasks

    torch.set_num_threads(key["threads"])
    if key["kind"] == "make":
        images.write(Path(key["path"]), photograph(key["size"]))
        return {}
    y = images.read(Path(key["path"])).pixels
    if key["kind"] == "base":
        return {"rss_mb": resident()}
    if key["kind"] == "step":
        return paper_step(y, key["seed"])
    quality, way = METHODS[key["method"]]
    began, cpu = time.monotonic(), time.process_time()
    job = tasks.denoising(y, quality=quality, method=way, seed=key["seed"], device="cpu")
    for _ in job:
        pass
    result = job.result()
    took = {"seconds": round(time.monotonic() - began, 2), "cpu_seconds": round(time.process_time() - cpu, 2)}
    return took | {"steps": result.steps_run, "rss_mb": resident(), "load": round(os.getloadavg()[0], 1)}


def paper_step(y: np.ndarray, seed: int) -> dict[str, Any]:
    """Seconds of the 2018 network's step, the least of three after the first."""
    from untaught import tasks

    seconds, cpu = [], []
    steps = iter(tasks.denoising(y, sigma=SIGMA, quality="paper", seed=seed, device="cpu"))
    next(steps)
    for _ in range(PAPER_STEPS):
        began, processor = time.monotonic(), time.process_time()
        next(steps)
        seconds.append(time.monotonic() - began)
        cpu.append(time.process_time() - processor)
    load = round(os.getloadavg()[0], 1)
    return {
        "method": "paper",
        "step_seconds": round(min(seconds), 3),
        "step_cpu_seconds": round(min(cpu), 3),
        "load": load,
    }


def outside(photograph: str, key: dict[str, Any]) -> dict[str, Any]:
    """Seconds of the program that are not the restoration's, at level draft."""
    words = [sys.executable, "-m", "untaught", "denoise", photograph, "-o", f"{photograph}.out.png", "--overwrite"]
    words += ["--quality", "draft", "--threads", str(key["threads"]), "--seed", str(key["seed"]), "--json"]
    beyond, all_of_it = [], []
    for _ in range(TIMES):
        began = time.monotonic()
        record = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        all_of_it.append(time.monotonic() - began)
        beyond.append(all_of_it[-1] - record["seconds"]["all"])
    return {"method": "draft", "outside_seconds": round(min(beyond), 2), "seconds": round(min(all_of_it), 2)}


def photograph(size: int) -> np.ndarray:
    """So many pixels a side, tiled by reflection, with noise, 8 bit."""
    from untaught import images

    tile = images.read(PHOTOGRAPH).pixels
    tile = np.concatenate([tile, tile[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    height, width = (-(-size // length) for length in tile.shape[:2])
    clean = np.tile(tile, (height, width, 1))[:size, :size]
    return (clean + np.random.default_rng(0).normal(0, SIGMA, clean.shape)).round().clip(0, 255).astype(np.uint8)


def resident() -> float:
    """The most memory that this process held, in 10^6 bytes.

    On Linux as the process itself has it: what `getrusage` says begins with the memory of the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return round(int(line.split()[1]) * 1024 / 1e6, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def draw(lines: list[dict[str, Any]], folder: Path) -> None:
    """Seconds and memory against the pixels, on logarithmic axes."""
    points = {(row["method"], row["threads"], row["size"]): row for row in lines if row["kind"] == "point"}
    if not points or find_spec("matplotlib") is None:
        print("skipped the figure:", "matplotlib is not installed" if points else "there are no results yet")
        return
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "untaught"  # the same results, the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
    labels = {"seconds": "time (s)", "peak_mb": "peak memory of the fit (MB)"}
    for axis, (name, label) in zip(axes, labels.items(), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="image (pixels, height x width)", ylabel=label)
        panel(axis, points, name)
        axis.grid(visible=True, which="major", alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize="small")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "scaling.svg", metadata={"Date": None})
    figure.savefig(folder / "scaling.png", dpi=150, metadata={"Software": None})
    pyplot.close(figure)


def panel(axis: Any, points: dict[tuple[str, int, int], dict[str, Any]], name: str) -> None:
    """A line for each method and number of threads, and one of slope 1: a cost linear in the pixels."""
    for method, colour, mark in zip(METHODS, COLOURS, MARKS, strict=True):
        for threads in sorted({number for one, number, _ in points if one == method}):
            line = sorted(
                (size**2 / 1e6, row[name])
                for (one, number, size), row in points.items()
                if (one, number) == (method, threads)
            )
            label = f"{method}, {threads} thread{'s' if threads > 1 else ''}"
            style = "-" if threads == 1 else "--"
            axis.plot(*zip(*line, strict=True), style, color=colour, marker=mark, markersize=4, label=label)
    sizes = sorted({size for _, _, size in points})
    least = min(row[name] for (_, _, size), row in points.items() if size == sizes[-1])
    linear = [least * (size / sizes[-1]) ** 2 for size in sizes]
    axis.plot(millions(sizes), linear, ":", color="black", label="linear in the pixels")
    axis.set_xticks(millions(sizes), [f"{size}x{size}" for size in sizes])
    axis.set_xticks([], minor=True)


def millions(sizes: list[int]) -> list[float]:
    """Of pixels."""
    return [size**2 / 1e6 for size in sizes]


if __name__ == "__main__":
    main()
