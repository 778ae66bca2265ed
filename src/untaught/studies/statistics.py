"""Means, ranks and what may be said of them."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

TIMES = 2000  # of the bootstrap


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean, standard deviation (None of a single value) and how many."""
    some = np.array([value for value in values if np.isfinite(value)], dtype=float)
    sd = float(some.std(ddof=1)) if len(some) > 1 else None
    return {"mean": float(some.mean()) if len(some) else None, "sd": sd, "n": len(some)}


def mean_of(values: Sequence[float]) -> float:
    """Of those that are numbers; none if none is."""
    some = [value for value in values if np.isfinite(value)]
    return float(np.mean(some)) if some else float("nan")


def paired(better: Sequence[float], worse: Sequence[float]) -> dict[str, Any]:
    """What one has over the other, case by case; in how many cases it has more; what that decides.

    `decides`: "yes" if it has more in every case, "no" if in none, "no verdict" if in some.
    """
    gains = np.asarray(better, dtype=float) - np.asarray(worse, dtype=float)
    more = int((gains > 0).sum())
    decides = "yes" if more == len(gains) else "no" if more == 0 else "no verdict"
    return spread(list(gains)) | {"more": more, "of": len(gains), "decides": decides}


def rank_correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Spearman's; 0 where one of them is the same everywhere."""
    a, b = (rankdata(x) for x in (one, other))
    a, b = a - a.mean(), b - b.mean()
    below = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / below if below else 0.0


def rank_interval(one: NDArray[Any], other: NDArray[Any], seed: int) -> tuple[float, float]:
    """The middle 95 % of Spearman's rank correlation over draws of the pairs with replacement (Efron 1979)."""
    drawn = np.random.default_rng([seed, 95])
    found = []
    for _ in range(TIMES):
        some = drawn.integers(0, len(one), len(one))
        if len(np.unique(some)) > 2:
            found.append(rank_correlation(one[some], other[some]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def median_interval(groups: Sequence[Sequence[float]], seed: int) -> dict[str, Any]:
    """The median of all values, and the middle 95 % of it over draws of whole groups with replacement (Efron 1979).

    A value may be infinite: one that was never reached. With one group there is no interval.
    """
    drawn = np.random.default_rng([seed, 50])
    middle = float(np.median([value for group in groups for value in group]))
    if len(groups) < 2:
        return {"median": middle, "low": None, "high": None}
    found = []
    for _ in range(TIMES):
        some = [value for k in drawn.integers(0, len(groups), len(groups)) for value in groups[k]]
        found.append(np.median(some))
    low, high = np.quantile(found, [0.025, 0.975], method="inverted_cdf")
    return {"median": middle, "low": float(low), "high": float(high)}


def reached(values: Sequence[float], level: float) -> int | None:
    """The first step, counted from 1, at which it is down to the level; None if it never is."""
    return next((k for k, value in enumerate(values, 1) if value <= level), None)


def middle_of(values: Sequence[int | float | None]) -> float | None:
    """The median; what was never reached is above everything. None if the median never was."""
    found = median(math.inf if value is None else float(value) for value in values)
    return None if math.isinf(found) else found


def in_words(value: dict[str, Any], digits: int = 3, sign: bool = False) -> str:
    """`0.712 +- 0.013`, as said in every paragraph."""
    if value["mean"] is None:
        return "nothing"
    kind = f"{'+' if sign else ''}.{digits}f"
    tail = "" if value["sd"] is None else f" ± {value['sd']:.{digits}f}"
    return f"{value['mean']:{kind}}{tail}"


def points(said: Sequence[str], *basis: str) -> str:
    """All that is said, a point of a list for each thing, and below it on how much that rests."""
    return "\n".join(f"- {one}" for one in said) + "\n\n" + " ".join(basis)


def listed(head: str, some: Sequence[str]) -> str:
    """A thing that is said of several, one below the other."""
    return head + "".join(f"\n  - {one}" for one in some)
