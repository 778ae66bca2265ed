"""What heads beside the mask may be taught: the geometry of the label, or something that the image says by itself.

Labels are bool `[H, W]`, images float32 `[H, W]`; a target is float32 `[channels, H, W]`, on [0, 1] but for
`orientation`. Lengths are in pixels. A vessel's edge lies halfway between its last pixel and the next; a vessel that
leaves the image has no edge there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt, gaussian_filter
from scipy.ndimage import gaussian_gradient_magnitude as slope

from untaught.vessels.thinning import skeletonize

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Make = Callable[[Floats, Bools | None, np.random.Generator], Floats]

DEEPEST = 5  # distances beyond count as this
WIDEST = 8  # radii beyond count as this
LINE = 1.5  # deviation of the profile across a soft centreline
FINE, AROUND = 1.5, 2.0  # deviations: a direction is that of slopes of maps smoothed so, averaged so far around
DETAIL = 1.5  # deviation of the Gaussian that gradients are taken of
SPREAD = 3  # deviations of the image that fit on either side of 1/2
SQUARE = np.ones((3, 3), bool)
FROM_DESCRIPTORS = "vesselness", "top_hat", "wavelet_detail"  # label-free targets too, but made in `descriptors`


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that a head may be taught.

    make: of an image, its label and a generator; without a label if `label_free`.
    reach: how far off an unknown pixel of the label can still change the target, about.
    on_vessels: whether it says nothing beside them.
    """

    name: str
    make: Make
    channels: int = 1
    label_free: bool = False
    reach: int = 0
    on_vessels: bool = False

    def counted(self, known: Bools, label: Bools) -> Bools:
        """Where the target is to be believed, for a label that is known at some pixels."""
        if self.label_free:
            return np.ones_like(known)
        sure = known & (away(~known) > self.reach)
        return sure & label if self.on_vessels else sure


def distance(label: Bools) -> Floats:
    """From the edge, within the vessel; 1 is `DEEPEST` or more, beside the vessel it is 0."""
    return layer(np.where(label, np.minimum(away(~label) - 0.5, DEEPEST), 0) / DEEPEST)


def signed_distance(label: Bools) -> Floats:
    """From the edge: 1/2 on it, 1 for `DEEPEST` and more within, 0 for as far beside."""
    within = np.where(label, away(~label) - 0.5, 0.5 - away(label))
    return layer(0.5 + within.clip(-DEEPEST, DEEPEST) / (2 * DEEPEST))


def centreline(label: Bools) -> Floats:
    """`exp(-d^2 / (2 LINE^2))`, d the distance to the skeleton."""
    return layer(np.exp(-(away(skeleton(label)) ** 2) / (2 * LINE**2)))


def radius(label: Bools) -> Floats:
    """The vessel's, at the nearest pixel of its skeleton; 1 is `WIDEST` or more, beside the vessel it is 0.

    The centre of the skeleton's pixel is in the middle of an odd width and half a pixel off that of an even one, so
    that what is measured there is wrong by a quarter of a pixel either way.
    """
    if not label.any():
        return layer(np.zeros(label.shape))
    row, column = distance_transform_edt(~skeleton(label), return_distances=False, return_indices=True)
    nearest = away(~label)[row, column] - 0.25
    return layer(np.where(label, np.minimum(nearest, WIDEST), 0) / WIDEST)


def boundary(label: Bools) -> Floats:
    """1 at pixels of the vessel that have one beside it as a neighbour, of four; of thin vessels these are all."""
    return layer(label & ~binary_erosion(label, border_value=1))


def orientation(label: Bools) -> Floats:
    """`cos 2t, sin 2t` on the vessel, 0 beside it; t is the direction along it, from the columns' axis (to the right)
    towards the rows' (down): pi/4 goes down to the right.

    Across the vessel is where the depth within it changes most; along is at right angles, so twice the angle is
    opposite. Slopes are averaged by their structure tensor, in which those of both sides agree.
    Source: Bigun and Granlund 1987, "Optimal Orientation Detection of Linear Symmetry".
    """
    depth = np.where(label, np.minimum(away(~label), 2 * WIDEST), 0).astype(np.float32)
    depth = gaussian_filter(depth, FINE, mode="nearest")
    down, right = np.gradient(depth)
    rows, columns, both = (gaussian_filter(x, AROUND) for x in (down * down, right * right, down * right))
    twice = np.stack([rows - columns, -2 * both])
    length = np.hypot(*twice)
    found: Floats = np.where(label & (length > 1e-9), twice / np.maximum(length, 1e-9), 0)
    return found


def tube(label: Bools) -> Floats:
    """The skeleton and its eight neighbours, within the vessel; 0 or 1: what `losses.skeleton_recall_loss` seeks.

    Source: Kirchhoff et al. 2024 (ECCV), "tubed skeletonization". Departs: it is made wider by a pixel, there by two:
    retinal and coronary branches are few pixels wide.
    """
    return layer(binary_dilation(skeleton(label), SQUARE) & label)


def gradient(image: Floats) -> Floats:
    """Its magnitude, of the image smoothed by `DETAIL`; 1 is what one pixel in a hundred exceeds."""
    steep = slope(image.astype(np.float64), DETAIL)
    return layer((steep / max(np.quantile(steep, 0.99), 1e-12)).clip(0, 1))


def reconstruction(image: Floats) -> Floats:
    """The image itself; its mean is 1/2, `SPREAD` deviations below and above are 0 and 1, and so is what is beyond."""
    return layer(0.5 + ((image - image.mean()) / (SPREAD * max(float(image.std()), 1e-6))).clip(-1, 1) / 2)


def noise(image: Floats, generator: np.random.Generator) -> Floats:
    """White, with the law of an image as `reconstruction` gives it: nothing to be learnt, the negative control."""
    return reconstruction(generator.standard_normal(image.shape, dtype=np.float32))


def skeleton(label: Bools) -> Bools:
    """A line a pixel wide along each vessel.

    Source: Lee, Kashyap and Chu 1994. Not Zhang and Suen 1984, whose rule leaves one pixel of some diagonals.
    """
    return skeletonize(label, method="lee")


def away(mask: Bools) -> NDArray[np.float64]:
    """How far the centre of each pixel is from that of the nearest one in the mask, infinite if it is empty."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    found: NDArray[np.float64] = distance_transform_edt(~mask)
    return found


def layer(x: NDArray[np.float64] | Bools) -> Floats:
    """`[H, W]` to float32 `[1, H, W]`."""
    return x[None].astype(np.float32)


def of_label(function: Callable[[Bools], Floats]) -> Make:
    """A target that only the label decides.

    Raises: ValueError where there is none.
    """

    def make(image: Floats, label: Bools | None, generator: np.random.Generator) -> Floats:
        if label is None:
            raise ValueError(f"{function.__name__} is made from a label; this image has none")
        return function(label)

    return make


def of_image(function: Callable[[Floats], Floats]) -> Make:
    """A target that the image alone decides."""
    return lambda image, label, generator: function(image)


TARGETS = {
    target.name: target
    for target in (
        Target(name="distance", make=of_label(distance), reach=DEEPEST),
        Target(name="signed_distance", make=of_label(signed_distance), reach=DEEPEST),
        Target(name="centreline", make=of_label(centreline), reach=WIDEST),
        Target(name="radius", make=of_label(radius), reach=WIDEST),
        Target(name="boundary", make=of_label(boundary), reach=1),
        Target(name="orientation", make=of_label(orientation), channels=2, reach=WIDEST, on_vessels=True),
        Target(name="tube", make=of_label(tube), reach=WIDEST),
        Target(name="gradient", make=of_image(gradient), label_free=True),
        Target(name="reconstruction", make=of_image(reconstruction), label_free=True),
        Target(name="noise", make=lambda image, label, generator: noise(image, generator), label_free=True),
    )
}
