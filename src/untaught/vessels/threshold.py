"""Where a probability becomes a vessel, and how large one must be: decided on images whose labels were given."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Map = NDArray[Any]
Mask = NDArray[np.bool_]

STEPS = np.linspace(0.05, 0.9, 35)
SMALLEST = 0, 12, 25, 50, 100  # pixels
TOUCHING = np.ones((3, 3), dtype=int)


def threshold_from(probabilities: Sequence[Map], labels: Sequence[Mask], knowns: Sequence[Mask]) -> float:
    """The one of `STEPS` whose mean Dice on labelled images is the greatest, over their known pixels. All `[H, W]`.

    Dice is flat about its maximum: of all within a thousandth of it the middle one is taken.
    """
    scores = np.array(
        [
            np.mean([overlap(p[k] > at, y[k]) for p, y, k in zip(probabilities, labels, knowns, strict=True)])
            for at in STEPS
        ]
    )
    good = np.flatnonzero(scores >= scores.max() - 1e-3)
    return float(STEPS[good[len(good) // 2]])


def smallest_from(masks: Sequence[Mask], labels: Sequence[Mask], knowns: Sequence[Mask]) -> int:
    """Which of `SMALLEST` is the best size below which a lone piece is dropped, by mean Dice on labelled images."""
    scores = [
        np.mean([overlap(without_small(m, size)[k], y[k]) for m, y, k in zip(masks, labels, knowns, strict=True)])
        for size in SMALLEST
    ]
    return SMALLEST[int(np.argmax(scores))]


def without_small(mask: Mask, least: int) -> Mask:
    """The mask without pieces (8-connected) of fewer than `least` pixels."""
    if least < 2:
        return mask
    pieces, _ = ndi.label(mask, structure=TOUCHING)
    large = np.bincount(pieces.ravel()) >= least
    large[0] = False
    kept: Mask = large[pieces]
    return kept


def overlap(mask: Mask, label: Mask) -> float:
    """Dice; 1 where both are empty."""
    both = int(mask.sum()) + int(label.sum())
    return 1.0 if both == 0 else 2 * int((mask & label).sum()) / both
