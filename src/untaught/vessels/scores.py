"""How near a segmentation is to a label: the only door, beside `metrics`, through which a reference enters.

Nothing that decides uses it. `prediction` and `label` are bool `[H, W]`, True in a vessel; `probability` is a map of
real numbers `[H, W]`, greater where a vessel is likelier; `known` is bool `[H, W]`, False where the label says nothing
and outside the field of view (give `known & fov`), and all is known where it is not given. What is not known counts
neither for nor against. A score that has no meaning (no vessel in the label, nothing predicted) is `nan`.
All are of one image at its own size: means over images are to be made of these, not of pixels pooled.
"""

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label as components
from scipy.stats import rankdata

from untaught.errors import UsageError
from untaught.vessels.skeleton import radii
from untaught.vessels.thinning import skeletonize

Mask = NDArray[np.bool_]
EIGHT = np.ones((3, 3), np.int8)
THIN = 1.5  # pixels of radius, at most
RADII = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0, math.inf)


@dataclass(frozen=True, kw_only=True)
class RadiusBin:
    """Centreline pixels of the label with a radius over `above` and up to `to`: how many, and the share found."""

    above: float
    to: float
    pixels: int
    recall: float


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Of one image. `auc` is None without a map of probabilities; the others are `nan` where they mean nothing."""

    dice: float
    sensitivity: float
    precision: float
    auc: float | None
    cl_dice: float
    thin_recall: float
    e_b0: int
    e_b1: int
    by_radius: tuple[RadiusBin, ...]

    def record(self) -> dict[str, Any]:
        """Plain data for JSON, which knows neither `nan` nor infinity: None."""
        plain = asdict(self)
        plain["by_radius"] = [{name: finite(value) for name, value in one.items()} for one in plain["by_radius"]]
        return {name: finite(value) for name, value in plain.items()}


def finite(value: Any) -> Any:
    """None for a float that is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def scores(
    prediction: Mask, label: Mask, *, known: Mask | None = None, probability: NDArray[Any] | None = None
) -> Scores:
    """All of them. Raises: UsageError for arrays that are not as the top of this file says."""
    prediction, label, known = comparable(prediction, label, known)
    b0, b1 = betti_errors(prediction, label, known=known)
    return Scores(
        dice=dice(prediction, label, known=known),
        sensitivity=sensitivity(prediction, label, known=known),
        precision=precision(prediction, label, known=known),
        auc=None if probability is None else auc(probability, label, known=known),
        cl_dice=cl_dice(prediction, label, known=known),
        thin_recall=thin_recall(prediction, label, known=known),
        e_b0=b0,
        e_b1=b1,
        by_radius=recall_by_radius(prediction, label, known=known),
    )


def dice(prediction: Mask, label: Mask, *, known: Mask | None = None) -> float:
    """`2 |P and L| / (|P| + |L|)`."""
    prediction, label, known = comparable(prediction, label, known)
    return ratio(2 * count(prediction & label & known), count(prediction & known) + count(label & known))


def sensitivity(prediction: Mask, label: Mask, *, known: Mask | None = None) -> float:
    """`|P and L| / |L|`."""
    prediction, label, known = comparable(prediction, label, known)
    return ratio(count(prediction & label & known), count(label & known))


def precision(prediction: Mask, label: Mask, *, known: Mask | None = None) -> float:
    """`|P and L| / |P|`."""
    prediction, label, known = comparable(prediction, label, known)
    return ratio(count(prediction & label & known), count(prediction & known))


def auc(probability: NDArray[Any], label: Mask, *, known: Mask | None = None) -> float:
    """Area under the ROC curve: how often a vessel's pixel has a greater value than another, equal ones half.

    Source: Hanley and McNeil 1982 (Radiology 143:29): the area is Mann and Whitney's statistic.
    """
    label, _, known = comparable(label, label, known)
    if probability.shape != label.shape or probability.dtype.kind not in "buif":
        got = f"{probability.dtype} of shape {probability.shape}"
        raise UsageError(f"probability is {got}; wanted real numbers of shape {label.shape}")
    values, vessel = probability[known], label[known]
    if not np.isfinite(values).all():
        raise UsageError(f"probability has {count(~np.isfinite(values))} values that are not finite numbers")
    positive, negative = count(vessel), count(~vessel)
    ranks = float(rankdata(values)[vessel].sum())
    return ratio(ranks - positive * (positive + 1) / 2, positive * negative)


def cl_dice(prediction: Mask, label: Mask, *, known: Mask | None = None) -> float:
    """The harmonic mean of two shares: of the prediction's skeleton in the label, of the label's in the prediction.

    Skeletons are of the whole masks, and their pixels count where the label is known.
    Source: Shit et al. 2021 (CVPR), section 3, with hard skeletons (scikit-image's `skeletonize`, as their own code).
    """
    prediction, label, known = comparable(prediction, label, known)
    lines = skeletonize(prediction) & known, skeletonize(label) & known
    if not (lines[0].any() and lines[1].any()):
        return 0.0 if lines[0].any() or lines[1].any() else math.nan
    exact, complete = count(lines[0] & label) / count(lines[0]), count(lines[1] & prediction) / count(lines[1])
    return 2 * exact * complete / (exact + complete) if exact + complete else 0.0


def thin_recall(prediction: Mask, label: Mask, *, known: Mask | None = None) -> float:
    """The share of the label's centreline pixels of at most 1.5 pixels of radius that lie in the prediction itself.

    The prediction is not dilated: a vessel found a pixel beside its place is not found. For radii see `radii`.
    """
    prediction, label, known = comparable(prediction, label, known)
    line, radius = centreline(label, known)
    return ratio(count(line & prediction & (radius <= THIN)), count(line & (radius <= THIN)))


def recall_by_radius(
    prediction: Mask, label: Mask, *, known: Mask | None = None, edges: tuple[float, ...] = RADII
) -> tuple[RadiusBin, ...]:
    """The same for each radius from one of the edges, in pixels, to the next; the upper edge is in."""
    prediction, label, known = comparable(prediction, label, known)
    line, radius = centreline(label, known)
    bins = []
    for above, to in pairwise(edges):
        inside = line & (radius > above) & (radius <= to)
        share = ratio(count(inside & prediction), count(inside))
        bins.append(RadiusBin(above=above, to=to, pixels=count(inside), recall=share))
    return tuple(bins)


def betti_errors(prediction: Mask, label: Mask, *, known: Mask | None = None) -> tuple[int, int]:
    """By how many the prediction has more or fewer pieces (b0), and holes (b1), than the label, of the whole image.

    What is not known is background in both. Not patch by patch, as some do.
    """
    prediction, label, known = comparable(prediction, label, known)
    of_prediction, of_label = betti(prediction & known), betti(label & known)
    return abs(of_prediction[0] - of_label[0]), abs(of_prediction[1] - of_label[1])


def betti(mask: Mask) -> tuple[int, int]:
    """Pieces, whose pixels touch by a side or a corner, and holes, whose pixels touch by a side."""
    _, pieces = components(mask, EIGHT)
    _, grounds = components(np.pad(~mask, 1, constant_values=True))
    return int(pieces), int(grounds) - 1


def centreline(label: Mask, known: Mask) -> tuple[Mask, NDArray[np.float64]]:
    """Where the label's skeleton is known, and the label's radius at each pixel."""
    radius = np.full(label.shape, math.inf) if label.all() else radii(label)
    line: Mask = skeletonize(label) & known
    return line, radius


def comparable(prediction: Mask, label: Mask, known: Mask | None) -> tuple[Mask, Mask, Mask]:
    """The three, once it is sure that comparing them means something."""
    known = np.ones_like(label, dtype=np.bool_) if known is None else known
    for name, array in (("prediction", prediction), ("label", label), ("known", known)):
        if array.dtype != np.bool_ or array.ndim != 2 or array.size == 0:
            raise UsageError(f"{name} is {array.dtype} of shape {array.shape}; wanted bool, height x width")
        if array.shape != label.shape:
            raise UsageError(f"{name} is {size(array)} but label is {size(label)} (height x width)")
    return prediction, label, known


def size(array: Mask) -> str:
    """Height x width."""
    return "x".join(map(str, array.shape))


def count(array: Mask) -> int:
    """How many are True."""
    return int(np.count_nonzero(array))


def ratio(above: float, below: float) -> float:
    """`nan` where there is nothing to divide by."""
    return above / below if below else math.nan
