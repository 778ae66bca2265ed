"""How long a job will take and how much memory, said before it begins."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from untaught.presets.row import Preset

REFERENCE = 94e9  # float32 operations a second in a product of matrices, of the core the costs were measured on
Shape = tuple[int, int, int]
SIZE = 512  # of the matrices
OWN = 4e8
"""Bytes that the program takes for any image: itself 3e8, the rest what 128x128 pixels want beside their price."""


@dataclass(frozen=True)
class Cost:
    """What a job will need."""

    seconds: float
    bytes: float  # of memory, above what the program takes with nothing to do

    @property
    def whole(self) -> float:
        """Bytes of memory, the program's own among them: what the machine has to have."""
        return OWN + self.bytes


def predict(row: Preset, shape: Shape, at_once: Shape | None = None, *, white: bool = True) -> Cost | None:
    """For an image `[C, H, W]`, worked on `at_once` or in tiles of that shape, on the CPU; None without a price.

    `white`: noise that is not gets the first estimate alone.

    Good to about a factor of two: a rule may stop early, other programs may want the machine.
    """
    if row.price is None:
        return None
    channels, height, width = shape
    held = at_once or shape
    megapixels = height * width / 1e6
    share = (1 + channels) / 4  # prices were measured in colour; part of the work does not depend on it
    work = row.price.first * share
    work += (row.price.mixture + (row.price.network if row.fitted else 0)) * share if white else 0
    seconds = (work * megapixels + row.price.a_step * row.fit.steps) * REFERENCE / rate()
    return Cost(seconds, row.price.megabytes * held[1] * held[2] * share)


def rate() -> float:
    """Float32 operations a second that this machine does now, with the threads torch uses."""
    matrix = torch.ones(SIZE, SIZE)
    quickest = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        torch.mm(matrix, matrix)
        quickest = min(quickest, time.perf_counter() - began)
    return 2.0 * SIZE**3 / quickest


def free_memory() -> float | None:
    """Bytes that programs can still have, where Linux says it, or all there is; None where nobody says."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
