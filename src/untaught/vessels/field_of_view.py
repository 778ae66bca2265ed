"""Where an angiogram shows something: the shutters of a collimator are dark, flat, and begin in a corner."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Mask = NDArray[np.bool_]
Grey = NDArray[Any]

NEAR_DARKEST = 0.06  # grey levels on [0, 1] above the darkest
STEEP = 0.03  # a pixel: no shutter has an edge within
SPREAD = 0.02  # of the grey levels of one shutter
LEAST_SHARE = 0.002  # of the image's pixels
LEAST_EDGE = 0.03  # of the image's circumference
DARK = 0.5, 0.2  # of the median, and in grey levels: a darkest above either is no shutter
THICK, CORE = 6, 0.3  # pixels, and the share of a shutter that is so far from its edge within the image
SMALL = 1.5  # pixels: sigma of a mean that keeps a vessel and not the noise
PENUMBRA = 5  # pixels beside a shutter that it still shades


def field_of_view(image: Grey) -> Mask:
    """True where `image` `[H, W]` in [0, 1] shows the patient; all True where no dark border is found.

    A shutter is dark, flat, thick, and holds a corner of the image. Found without learning or labels; the limits are
    for 8 bits and more, set on angiograms of one hospital (DCA1) and looked at on ARCADE's: what was found was a
    shutter in all; some small corners and thin strips are not found.
    """
    everything: Mask = np.ones(image.shape, dtype=bool)
    smooth = ndi.gaussian_filter(image.astype(np.float32), 1.5)
    darkest, median = np.percentile(smooth, 0.5), np.median(smooth)
    if darkest > DARK[0] * median or darkest > DARK[1]:
        return everything
    dark = (smooth < darkest + NEAR_DARKEST) & (ndi.gaussian_gradient_magnitude(image.astype(np.float32), 2) < STEEP)
    regions, count = ndi.label(dark)
    shutters = [k for k in range(1, count + 1) if is_shutter(regions == k, image)]
    if not shutters:
        return everything
    found = np.isin(regions, shutters)
    closed = ndi.binary_closing(np.pad(found, 8, mode="edge"), iterations=3)[8:-8, 8:-8]
    inside: Mask = ~ndi.binary_dilation(closed, iterations=PENUMBRA)
    return inside if inside.any() else everything


def is_shutter(region: Mask, image: Grey) -> bool:
    """Is a dark flat region large, thick, of one grey level, and in a corner?"""
    rim = region[0].sum() + region[-1].sum() + region[:, 0].sum() + region[:, -1].sum()
    if region.sum() < LEAST_SHARE * region.size or rim < LEAST_EDGE * sum(region.shape):
        return False
    if not (region[0, 0] or region[0, -1] or region[-1, 0] or region[-1, -1]):
        return False
    core = ndi.binary_erosion(region, iterations=THICK, border_value=1)
    return bool(core.sum() >= CORE * region.sum() and image[region].std() <= SPREAD)


def filled(image: Grey, fov: Mask, rim: int = 4) -> Grey:
    """The image with everything outside `fov`, and a rim within it, replaced by what is nearest inside.

    That is a small mean of what is inside: single grey levels, drawn outwards, would make lines of the noise.
    """
    if fov.all():
        return image
    inside = ndi.binary_erosion(fov, iterations=rim, border_value=1)
    if not inside.any():
        inside = fov
    share = ndi.gaussian_filter(inside.astype(np.float64), SMALL)
    mean = ndi.gaussian_filter(np.where(inside, image, 0).astype(np.float64), SMALL) / np.where(inside, share, 1)
    nearest = ndi.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    result: Grey = np.where(inside, image, mean[tuple(nearest)]).astype(image.dtype)
    return result
