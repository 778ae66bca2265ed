"""Vessels made to stand out by one classical filter. Nothing is learnt, no label is needed."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.errors import InputError, UsageError
from untaught.vessels.descriptors import (
    Spectrum,
    dual_tree,
    eigenvalues,
    frangi,
    local_contrast,
    reach,
    ridge,
    sato,
    strongest,
    top_hat,
)
from untaught.vessels.descriptors.bank import COARSE, WIDE
from untaught.vessels.descriptors.morphology import coarse_top_hat
from untaught.vessels.field_of_view import field_of_view, filled

Grey = NDArray[Any]
Mask = NDArray[np.bool_]
SIGMAS = 1.5, 2.2, 3.2, 4.6
"""Pixels: half the width of the vessels that each scale answers to most."""
LARGEST = 16.0  # pixels: half the margin about an image
DISK = 2.0  # sigmas: a disk that vessels at their scale do not fill
BAR = 1.25, 3.75  # sigmas: width and length of the bar that answers most to such a vessel
OCTAVE = 0.2 * math.sqrt(2)  # pixels: the sigma of the Hessian that answers most to the line which scale 0 does


def enhance(
    image: Grey,
    *,
    filter: str = "top-hat",
    sigmas: Sequence[float] = SIGMAS,
    bright: bool = False,
    fov: Mask | None = None,
) -> NDArray[np.float32]:
    """How much a vessel is seen at each pixel: the largest response over the scales, `[H, W]`, at least 0.

    image   `[H, W]` in [0, 1]
    filter  one of `FILTERS`. "frangi" is in [0, 1), and light and contrast that change slowly change it little; all
            others are in the image's grey levels: twice the contrast, twice the response.
    sigmas  half the widths of the vessels sought, in pixels
    bright  are vessels brighter than what is around them?
    fov     the response is 0 outside; without one a dark border is looked for

    On labelled images of three kinds (32 of DCA1, DRIVE and ARCADE) "top-hat" has the greatest area under the ROC curve
    and, at one threshold for each kind, the greatest Dice: 0.95 and 0.58 on average, "bar" 0.94 and 0.53, "sato" 0.94
    and 0.56, "ridge" 0.93 and 0.56, "frangi" 0.91 and 0.54.

    Raises: UsageError for a filter or a scale that is none, or an image that is not grey; InputError for a field of
    view of another size, or without anything in it.
    """
    check(image, filter, sigmas, fov)
    dark = 1 - image if bright else image
    inside = field_of_view(dark) if fov is None else fov
    plane = torch.from_numpy(filled(dark, inside).astype(np.float32))[None, None]
    with torch.no_grad():
        response = FILTERS[filter](plane, sigmas).amax(1)[0].clamp(min=0)
    found: NDArray[np.float32] = np.where(inside, response.numpy(), np.float32(0))
    return found


def check(image: Grey, filter: str, sigmas: Sequence[float], fov: Mask | None) -> None:
    """Raises: UsageError for what cannot be meant."""
    if filter not in FILTERS:
        raise UsageError(f"there is no filter called {filter!r}; wanted one of {', '.join(FILTERS)}")
    if not sigmas or not all(0.5 <= sigma <= LARGEST for sigma in sigmas):
        got = ", ".join(f"{sigma:g}" for sigma in sigmas) or "none"
        raise UsageError(f"the sigmas are {got}; wanted numbers from 0.5 to {LARGEST:g} pixels")
    if image.ndim != 2:
        raise UsageError(f"the image has {image.ndim} dimensions; wanted one grey level a pixel, height x width")
    if fov is not None and fov.shape != image.shape:
        sizes = ["x".join(map(str, one.shape)) for one in (fov, image)]
        raise InputError(f"the field of view is {sizes[0]}, the image {sizes[1]} (height x width); wanted one size")
    if fov is not None and not fov.any():
        raise InputError("the field of view is empty; wanted something inside")


def curved(image: Tensor, sigmas: Sequence[float]) -> tuple[Tensor, Tensor]:
    """The eigenvalues, on the image's points."""
    spectrum = Spectrum.of(image)
    larger, smaller = eigenvalues(spectrum, spectrum.pixels(sigmas))
    return spectrum.cut(larger), spectrum.cut(smaller)


def by_frangi(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Its sensitivity is half a local standard deviation."""
    return frangi(*curved(local_contrast(image), sigmas))


def by_sato(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Spots count as lines do."""
    return sato(curved(image, sigmas)[0])


def by_ridge(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Spots do not count."""
    return ridge(*curved(image, sigmas))


def by_bar(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """In the direction that fits best."""
    spectrum, found = Spectrum.of(image), []
    for sigma in sigmas:
        width, length = (share * sigma for share in BAR)
        grid = spectrum.halved() if width >= COARSE else spectrum
        found.append(grid.cut(strongest(grid, grid.pixels([width]), grid.pixels([length]))[0]))
    return torch.cat(found, dim=1)


def by_dual_tree(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """In the direction that fits best, at the octave nearest to each sigma. The real part: dark lines, no edges."""
    scales = sorted({max(1, round(math.log2(sigma / OCTAVE))) for sigma in sigmas})
    found = dual_tree(Spectrum.of(image, reach(scales)), scales)
    return torch.cat([bands.real.amax(1, keepdim=True) for bands in found], dim=1)


def by_top_hat(image: Tensor, sigmas: Sequence[float]) -> Tensor:
    """A disk for each; whatever is narrower than the largest stands out."""
    radii = sorted({max(1, round(DISK * sigma)) for sigma in sigmas})
    return torch.cat([(coarse_top_hat if radius >= WIDE else top_hat)(image, radius) for radius in radii], dim=1)


FILTERS: Mapping[str, Callable[[Tensor, Sequence[float]], Tensor]] = {
    "top-hat": by_top_hat,
    "bar": by_bar,
    "frangi": by_frangi,
    "sato": by_sato,
    "ridge": by_ridge,
    "dual-tree": by_dual_tree,
}
"""`[1, 1, H, W]`, vessels dark, and sigmas, to `[1, S, H, W]`, a channel for each, or for several."""
