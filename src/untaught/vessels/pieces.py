"""Lone pieces of a mask: how small one may be is decided on images whose labels were given."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Mask = NDArray[np.bool_]

SMALLEST = 0, 12, 25, 50, 100, 150, 200, 300  # pixels
FLAT = 0.004  # of Dice
TOUCHING = np.ones((3, 3), dtype=int)


def smallest_from(masks: Sequence[Mask], labels: Sequence[Mask], knowns: Sequence[Mask], flat: float = FLAT) -> int:
    """The size below which a lone piece is dropped, by mean Dice on labelled images: of `SMALLEST` the largest that is
    as good as the best within `flat`. On other images there are more false pieces than on those that were learnt.
    """
    scores = [
        np.mean([overlap(without_small(m, size)[k], y[k]) for m, y, k in zip(masks, labels, knowns, strict=True)])
        for size in SMALLEST
    ]
    return SMALLEST[int(np.flatnonzero(np.array(scores) >= max(scores) - flat)[-1])]


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
