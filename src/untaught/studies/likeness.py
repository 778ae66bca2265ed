"""How like a mask the target of another task is: in what one says of the other, in its spectrum, in its values.

Masks are bool `[H, W]`, targets float `[H, W]`, several images at a time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]

LEVELS = 32  # of a histogram


def explained(masks: Sequence[Mask], targets: Sequence[Grey]) -> float:
    """Mutual information over the mask's entropy, in [0, 1]: what the target at a pixel says of the mask there.

    The target's values are taken in `LEVELS` classes of equal number, fewer where values are the same; a value that
    would part two classes is one of its own, so that of a target that is 0 nearly everywhere the rest is kept apart.
    """
    vessel, value = (np.concatenate([one.ravel() for one in some]) for some in (masks, targets))
    edges = np.unique(np.quantile(value, np.linspace(0, 1, LEVELS + 1)[1:-1]))
    level = np.searchsorted(edges, value, side="left") + np.searchsorted(edges, value, side="right")
    joint = np.stack([np.bincount(level[vessel == kind], minlength=2 * len(edges) + 1) for kind in (False, True)])
    share = joint / joint.sum()
    return (entropy(share.sum(0)) + entropy(share.sum(1)) - entropy(share.ravel())) / entropy(share.sum(1))


def entropy(shares: Grey) -> float:
    """In bits."""
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum())


def spectra_apart(masks: Sequence[Mask], targets: Sequence[Grey]) -> float:
    """The total variation between their radial power spectra, each of sum 1, in [0, 1]; the mean is left out."""
    one, other = (np.mean([radial(x.astype(float)) for x in some], axis=0) for some in (masks, targets))
    return float(np.abs(one - other).sum() / 2)


def radial(x: Grey) -> Grey:
    """The power at each distance from frequency 0, of sum 1."""
    power = np.abs(np.fft.fft2(x - x.mean())) ** 2
    away = np.hypot(*np.meshgrid(*(np.fft.fftfreq(side) for side in x.shape), indexing="ij"))
    rings = np.bincount((away * min(x.shape)).round().astype(int).ravel(), power.ravel())
    found: Grey = rings / max(float(rings.sum()), 1e-12)
    return found


def values_apart(masks: Sequence[Mask], targets: Sequence[Grey]) -> float:
    """Jensen and Shannon's divergence of the histograms, in bits, in [0, 1]: what each says of itself, not where."""
    vessel, value = (np.concatenate([one.ravel() for one in some]).astype(float) for some in (masks, targets))
    one, other = (histogram(x) for x in (vessel, value))
    return entropy((one + other) / 2) - (entropy(one) + entropy(other)) / 2


def moved(masks: Sequence[Mask], targets: Sequence[Grey]) -> float:
    """Wasserstein's first distance between the histograms, in [0, 1]."""
    vessel, value = (np.concatenate([one.ravel() for one in some]).astype(float) for some in (masks, targets))
    return float(np.abs(np.cumsum(histogram(vessel)) - np.cumsum(histogram(value))).sum() / (LEVELS - 1))


def histogram(values: Grey) -> Grey:
    """On [0, 1], which the values are brought to."""
    low, high = values.min(), values.max()
    counts, _ = np.histogram((values - low) / max(high - low, 1e-12), bins=LEVELS, range=(0, 1))
    found: Grey = counts / counts.sum()
    return found


def likeness(masks: Sequence[Mask], targets: Sequence[Grey]) -> dict[str, float]:
    """All of them, and `joint`: the share explained times the share of the spectrum that is common."""
    says, apart = explained(masks, targets), spectra_apart(masks, targets)
    found = {"explained": says, "spectra_apart": apart, "values_apart": values_apart(masks, targets)}
    return found | {"moved": moved(masks, targets), "joint": says * (1 - apart)}
