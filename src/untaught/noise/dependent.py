"""Noise whose variance grows with the intensity: `gain * x + constant`, as of counted photons."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.noise.clipping import cut_off
from untaught.noise.patches import noise_variance, patch_vectors

BINS, LEAST_BINS = 12, 4
MOST_PATCHES = 2**16
COLOUR_PATCH, GREY_PATCH = 5, 7  # pixels a side: dimensions enough for the image to leave some to the noise
GUARD = 2.2  # standard deviations that a patch's mean must keep from where values were cut off
LEAST_PART = 0.05  # of the patches that are kept in any case, the farthest from there
TEXTURE, NOISE = 0.04, 0.08  # relative deviations from the law beyond which a bin counts little: texture adds only
TOLERANCE = 0.05  # relative deviation that a law is allowed
LEAST_GROWTH, LEAST_GAINED, CLEARLY_GAINED = (
    1.3,
    1.5,
    4.8,
)  # chosen, as the next line, on eight images with white and with Poisson noise
FAR_GROWN, FAR_GAINED = 3.0, 9.0  # so much growth, and so much better a line than a constant, needs no good fit
SUGGESTED = 1.0  # so much better a line than a constant, and it may be so: chosen on crops of microscope images
COLOUR_MISFIT, GREY_MISFIT = 2.0, 1.1  # grey texture fills all dimensions of a patch and may grow with brightness too


@dataclass(frozen=True)
class Law:
    """`variance(x) = gain * x + constant`, and how far the image's bins of intensity speak for it."""

    gain: float
    constant: float  # may be negative: black has a value of its own then
    growth: float  # the noise's standard deviation in the brightest bin over that in the darkest
    misfit: float  # mean of log(1 + (deviation / TOLERANCE)^2) over the bins
    constant_misfit: float  # the same for the best constant
    most_misfit: float  # that leaves the law credible

    @property
    def gained(self) -> float:
        """How much better than a constant it fits."""
        return self.constant_misfit - self.misfit

    def is_suggested(self) -> bool:
        """May the noise depend on the intensity? Said of all that `is_sure`, and seldom of white noise."""
        return self.gain > 0 and self.growth > LEAST_GROWTH and self.gained > SUGGESTED

    def is_sure(self) -> bool:
        """Does the noise depend on the intensity, beyond what texture may feign? Nearly never said of white noise."""
        credible = self.misfit < self.most_misfit and self.gained > LEAST_GAINED
        plain = self.misfit < COLOUR_MISFIT and self.gained > CLEARLY_GAINED
        far = self.growth > FAR_GROWN and self.gained > FAR_GAINED
        return self.is_suggested() and (credible or plain or far)


def estimate_law(image: Tensor) -> Law | None:
    """The law of the noise in `[1, C, H, W]`, in the image's units; None if the image is too small for one.

    Patches are sorted by their mean into bins; the noise in each is what lives in all dimensions of its patches
    (`noise_variance`), whatever the texture; a line through the bins' variances is fitted robustly.
    Source: the law and fitting it to pairs of mean and deviation, Foi, Trimeche, Katkovnik and Egiazarian 2008 (IEEE
    TIP 17:10), "Practical Poissonian-Gaussian Noise Modeling and Fitting for Single-Image Raw-Data".
    Departs: bins of patches and their eigenvalues in place of level sets and wavelets; a robust line in place of the
    likelihood; where values were cut off, patches are left out.
    """
    image = image.detach().cpu().float()
    channels = image.shape[1]
    size = COLOUR_PATCH if channels > 1 else GREY_PATCH
    if min(image.shape[-2:]) < size:
        return None
    patches = patch_vectors(image, size, MOST_PATCHES).flatten(0, 1)  # [N, C, size * size]
    means = patches.mean(2)
    vectors = (patches - means[..., None]).flatten(1)
    bins = binned(vectors, means, channels)
    if len(bins) < LEAST_BINS:
        return None
    low, high = cut_off(image)
    if math.isfinite(low) or math.isfinite(high):
        gain, constant, _ = line(bins)
        deviation = (gain * means + constant).clamp(min=float(bins[:, 1].min()) / 4).sqrt()
        room = (torch.minimum(means - low, high - means) / deviation).amin(1)
        kept = max(math.ceil(LEAST_PART * len(room)), min(LEAST_BINS * 5 * vectors.shape[1], len(room)))
        least = min(GUARD, float(room.sort().values[-kept]))
        bins = binned(vectors[room >= least], means[room >= least], channels)
        if len(bins) < LEAST_BINS:
            return None
    return judged(bins, COLOUR_MISFIT if channels > 1 else GREY_MISFIT)


def binned(vectors: Tensor, means: Tensor, null: int) -> NDArray[np.float64]:
    """Mean and variance of the noise in bins of equal numbers of patches: `[bins, 2]`; none if there are too few."""
    mean = means.mean(1)
    count = min(BINS, len(vectors) // (5 * vectors.shape[1]))
    if count < LEAST_BINS:
        return np.zeros((0, 2))
    parts = mean.argsort().chunk(count)
    return np.array([(float(mean[part].mean()), noise_variance(vectors[part], null)) for part in parts])


def judged(bins: NDArray[np.float64], most_misfit: float) -> Law:
    """The line through the bins, held against a constant."""
    gain, constant, misfit = line(bins)
    _, _, constant_misfit = line(bins, slope=False)
    floor = 1e-3 * float(bins[:, 1].max()) + 1e-20
    ends = [max(gain * x + constant, floor) for x in (bins[:, 0].min(), bins[:, 0].max())]
    return Law(gain, constant, math.sqrt(ends[1] / ends[0]), misfit, constant_misfit, most_misfit)


def line(bins: NDArray[np.float64], slope: bool = True) -> tuple[float, float, float]:
    """Slope, constant and misfit of the robust line: re-weighted squares of relative deviations, Cauchy's weights."""
    x, variance = bins.T
    columns = np.stack([x, np.ones_like(x)] if slope else [np.ones_like(x)], 1)
    floor = 1e-2 * float(variance.min()) + 1e-20
    weights = 1 / np.maximum(variance, floor)
    for _ in range(15):
        found = np.linalg.lstsq(columns * weights[:, None], variance * weights, rcond=None)[0]
        law = np.maximum(columns @ found, floor)
        deviation = (variance - law) / law
        width = np.where(deviation > 0, TEXTURE, NOISE)
        weights = 1 / (law * np.sqrt(1 + (deviation / width) ** 2))
    misfit = float(np.log1p((deviation / TOLERANCE) ** 2).mean())
    return (float(found[0]) if slope else 0.0), float(found[-1]), misfit
