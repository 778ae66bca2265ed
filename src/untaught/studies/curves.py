"""Values along the steps of a fit: what is written down of them, and what is drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from untaught.studies.figure import Series
from untaught.studies.statistics import middle_of
from untaught.studies.study import Numbers

TICKS = 14  # marks of a curve in a figure


def spots(count: int, ticks: int) -> list[int]:
    """Steps from 1 to `count`, at nearly equal ratios."""
    return sorted({round(count ** (k / (ticks - 1))) for k in range(ticks)})


def evenly(values: Sequence[Any], ticks: int) -> list[Any]:
    """So many of them, first and last among them."""
    return [values[k] for k in sorted({round(float(k)) for k in np.linspace(0, len(values) - 1, ticks)})]


def thinned(values: Sequence[Any], ticks: int = 60) -> Numbers:
    """A curve at steps of nearly equal ratios: for every step a file would be long."""
    at = spots(len(values), ticks)
    return {"steps": at, "values": [values[k - 1] for k in at]}


def middles(curves: Sequence[Sequence[float]]) -> list[float | None]:
    """The median over draws, at each step noted."""
    return [middle_of(values) for values in zip(*curves, strict=True)]


def curve(name: str, at: Sequence[int], values: Sequence[float | None]) -> Series:
    """As drawn: a few marks, evenly over what is noted. What is 0 is not drawn, axes being logarithmic."""
    return Series(name=name, x=evenly(at, TICKS), y=[value or None for value in evenly(values, TICKS)])


def in_steps(value: float | None, most: int) -> str:
    """`212`, or that it takes more than were taken."""
    return f"more than {most}" if value is None else f"{value:.0f}"


def basis(numbers: Numbers) -> str:
    """The sentence that ends a paragraph: how much was tried, on what."""
    size, count = numbers["size"], len(numbers["images"])
    return (
        f"{size['draws']} draws, each with noise and weights of its own, of {count} photograph{'s' * (count != 1)} "
        f"({', '.join(numbers['images'])}) of {size['side']}x{size['side']} pixels; {size['steps']} steps."
    )
