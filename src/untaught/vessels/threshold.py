"""From which probability on a pixel is called vessel: a decision, made on labelled images and on no others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.errors import UsageError

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
LEVELS = 512  # quantiles, of the vessels' values and of all values, that are tried


def threshold_from(
    probabilities: Sequence[NDArray[Any]], labels: Sequence[Mask], knowns: Sequence[Mask] | None = None
) -> float:
    """The threshold t with the greatest mean over the images of the Dice of `probability > t` with the label.

    All `[H, W]`, image by image; the values may be on any scale. Thresholds lie half-way between values that occur:
    512 quantiles of the vessels' pixels and as many of all pixels. An image without a known vessel has no say.
    Of equal ones the middle one is taken.

    Raises: UsageError where no image has a known vessel, and for what does not fit together.
    """
    images = list(counted(probabilities, labels, knowns))
    told = [(values, vessel) for values, vessel in images if vessel.any()]
    if not told:
        raise UsageError(f"{len(images)} labelled images with no vessel in them; wanted one with a vessel at least")
    tried = between(told)
    means = np.mean([dice_above(values, vessel, tried) for values, vessel in told], axis=0)
    best = np.flatnonzero(means == means.max())
    return float(tried[best[len(best) // 2]])


def counted(
    probabilities: Sequence[NDArray[Any]], labels: Sequence[Mask], knowns: Sequence[Mask] | None
) -> list[tuple[Floats, Mask]]:
    """Of each image the values of its known pixels, and which of them are vessel."""
    everything = [np.ones_like(label) for label in labels] if knowns is None else knowns
    if not len(probabilities) == len(labels) == len(everything):
        counts = f"{len(probabilities)} probabilities, {len(labels)} labels and {len(everything)} known"
        raise UsageError(f"got {counts}; wanted one of each for each image")
    found = []
    for number, (probability, label, known) in enumerate(zip(probabilities, labels, everything, strict=True), start=1):
        if not probability.shape == label.shape == known.shape:
            shapes = f"{probability.shape}, {label.shape} and {known.shape}"
            raise UsageError(f"probability, label and known of image {number} have shapes {shapes}; wanted one shape")
        if label.dtype != np.bool_ or known.dtype != np.bool_:
            raise UsageError(f"label and known of image {number} are {label.dtype} and {known.dtype}; wanted bool")
        values = probability[known].astype(np.float64)
        if not np.isfinite(values).all():
            raise UsageError(f"the probability of image {number} has values that are not finite numbers")
        found.append((values, label[known]))
    return found


def between(told: Sequence[tuple[Floats, Mask]]) -> Floats:
    """Thresholds worth trying, rising: below all values, and half-way between neighbouring quantiles."""
    shares = np.linspace(0, 1, LEVELS)
    vessels = np.concatenate([values[vessel] for values, vessel in told])
    everywhere = np.concatenate([values for values, _ in told])
    levels = np.unique(np.concatenate([np.quantile(some, shares, method="nearest") for some in (vessels, everywhere)]))
    return np.concatenate([[levels[0] - 1.0], (levels[:-1] + levels[1:]) / 2])


def dice_above(values: Floats, vessel: Mask, thresholds: Floats) -> Floats:
    """The Dice of `values > t` for each threshold."""
    order = np.argsort(values)
    rising, hits = values[order], np.concatenate([[0], np.cumsum(vessel[order])])
    below = np.searchsorted(rising, thresholds, side="right")
    right = hits[-1] - hits[below]
    scores: Floats = 2.0 * right / (len(values) - below + hits[-1])
    return scores
