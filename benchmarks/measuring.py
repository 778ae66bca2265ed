"""How exact `untaught vessels measure` is, on vessels drawn with known width, length and narrowing.

    python benchmarks/measuring.py
    python benchmarks/measuring.py --draws 5 --results /tmp/measuring.jsonl

Each drawing is a straight vessel with square ends, 110 pixels long (140 with a narrowing), at a random angle and a
random place between the pixels; a pixel is vessel if its middle is. Narrowings are Gaussian along the vessel, their
standard deviation 0.5, 1 or 2 diameters. Seeded by what is drawn. Appends JSON lines to
benchmarks/results/measuring.jsonl.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from references import add_row
from untaught.vessels.measuring import measure

RESULTS = Path(__file__).parent / "results" / "measuring.jsonl"
WIDTHS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0)
NARROWED = (4.0, 6.0, 10.0)
DEPTHS = (30, 50, 70)  # per cent of the diameter
SPREADS = (0.5, 1.0, 2.0)  # diameters
SIZE = 190


def drawn(width: float, length: float, rng: np.random.Generator, *, depth: float = 0, spread: float = 1) -> np.ndarray:
    """A mask `[190, 190]`; depth is a share, spread in diameters."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2 + rng.random(2).reshape(2, 1, 1)
    turn = rng.uniform(0, np.pi)
    along, across = columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)
    wide = width * (1 - depth * np.exp(-(along**2) / 2 / (spread * width) ** 2))
    return (np.abs(across) <= wide / 2) & (np.abs(along) <= length / 2)


def straight(width: float, draws: int) -> dict[str, Any]:
    """Errors of diameter and length in pixels, and what is taken for a narrowing, of a vessel that has none."""
    rng = np.random.default_rng(round(100 * width))
    means, samples, lengths, marked = [], [], [], 0
    for _ in range(draws):
        (branch,) = measure(drawn(width, 110, rng)).branches
        off = branch.diameter[np.isfinite(branch.diameter)] - width
        means.append(off.mean())
        samples.append(off)
        lengths.append(branch.length - 110)
        marked += len(branch.narrowings)
    together = np.concatenate(samples)
    return {
        "shape": "straight",
        "width": width,
        "draws": draws,
        "bias": float(np.mean(means)),
        "deviation": float(np.std(means)),
        "sample_rms": float(np.sqrt(np.mean(together**2))),
        "sample_worst": float(np.abs(together).max()),
        "length_least": float(min(lengths)),
        "length_greatest": float(max(lengths)),
        "marked": marked,
    }


def narrowed(width: float, depth: int, spread: float, draws: int) -> dict[str, Any]:
    """The narrowing found, in per cent."""
    rng = np.random.default_rng([round(100 * width), depth, round(10 * spread)])
    found = []
    for _ in range(draws):
        tree = measure(drawn(width, 140, rng, depth=depth / 100, spread=spread))
        found.append(max((branch.greatest.percent for branch in tree.branches if branch.greatest), default=0.0))
    about = {"shape": "narrowed", "width": width, "depth": depth, "spread": spread, "draws": draws}
    return about | {"mean": float(np.mean(found)), "deviation": float(np.std(found))}


def main() -> None:
    """All of them, a line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=40, help="drawings of each kind")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    for width in WIDTHS:
        add_row(options.results, straight(width, options.draws))
    for width in NARROWED:
        for depth in DEPTHS:
            for spread in SPREADS:
                add_row(options.results, narrowed(width, depth, spread, options.draws))


if __name__ == "__main__":
    main()
