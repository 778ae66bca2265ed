"""White noise of one standard deviation, also where black and white cut it off."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.noise.clipping import clipped_deviation, clipped_mean, cut_off
from untaught.noise.grain import estimate_grain
from untaught.noise.patches import from_differences, noise_variance, patch_vectors

PATCH = 7  # pixels a side, as in the source
MOST_PATCHES = 2**15  # twice as many change the estimate by 0.5 % at most, and take twice as long
KEPT_VARIANCE = 0.8  # share of the noise's variance that clipping must leave in a patch, for the patch to count
LEAST_PART = 0.02  # of the patches that count in any case
CHANCE = 2.5  # standard deviations of a patch's variance that the noise may have given it by chance
ROUNDS = 4


def estimate_sigma(image: Tensor) -> float:
    """Standard deviation of the white noise in `[1, C, H, W]`, in the image's units, one number for all channels.

    By the eigenvalues of the patches' covariance (`noise_variance`). Where values pile up at the image's least or
    greatest, the noise was cut off there: patches that lost much of it are left out and what the others lost is put
    back, by the law of clipped noise, until the estimate stays. Grey texture leaves the noise no dimension of its own:
    of a grey image only patches with no more variance than the noise may have are used, the flattest to begin with.
    Source: Chen, Zhu and Heng 2015 (ICCV), "An Efficient Statistical Method for Image Noise Level Estimation"; the
    law of clipped noise: Foi 2009 (Signal Processing 89:12), "Clipped noisy images".
    Departs: joins the two; grey texture is left out; patches are smaller in an image too small for 7 x 7; without room
    for any, the spread of differences of neighbours is taken. White noise only: of noise with a grain, or that grows
    with the intensity, see `measure_noise`.
    """
    image = image.detach().cpu().float()
    _, channels, height, width = image.shape
    size = next((p for p in range(PATCH, 1, -1) if enough(channels, height, width, p)), None)
    if size is None:
        return from_differences(image)
    patches = Patches.of(image, size)
    sigma = math.sqrt(noise_variance(patches.vectors))
    if patches.clipping.anywhere():
        sigma = settled(patches, sigma, smooth=False)
    if channels > 1:
        return sigma
    bound = estimate_grain(image).most_white(channels)
    return settled(patches, min(sigma, bound) if bound > 0 else sigma, smooth=True)


@dataclass(frozen=True)
class Patches:
    """What the estimate is made from."""

    vectors: Tensor  # [N, D]
    means: Tensor  # [N, 4 C], of their quarters
    variances: Tensor  # [N], within the patch, around a plane
    freedom: int  # values behind each variance
    clipping: "Clipping"

    @classmethod
    def of(cls, image: Tensor, size: int) -> "Patches":
        """From `[1, C, H, W]`, `size` pixels a side."""
        vectors = patch_vectors(image, size, MOST_PATCHES).flatten(0, 1)  # [N, C, size * size]
        means, variances = quarters(vectors, size), around_planes(vectors, size)
        freedom = vectors.shape[1] * max(size**2 - 3, 1)
        live = vectors.amax((1, 2)) > vectors.amin((1, 2))  # a border that somebody painted has no noise
        if int(live.sum()) < len(live) / 2:
            live = torch.ones_like(live)
        return cls(vectors[live].flatten(1), means[live], variances[live], freedom, Clipping(*cut_off(image)))


def settled(patches: Patches, sigma: float, smooth: bool) -> float:
    """The estimate from the patches that it says are good, until it stays: neither much cut off nor, if `smooth`, with
    more variance than the noise has by chance.
    """
    dimensions = patches.vectors.shape[1]
    for _ in range(ROUNDS):
        if sigma <= 0:
            break
        left = patches.clipping.variance_left(patches.means, sigma).mean(1)
        good = most_of(left, KEPT_VARIANCE, max(int(LEAST_PART * len(left)), 3 * dimensions))
        if smooth:
            most = sigma**2 * left * (1 + CHANCE * math.sqrt(2 / patches.freedom))
            good = good & (patches.variances < most)
            if int(good.sum()) < 5 * dimensions:
                break
        last, sigma = sigma, math.sqrt(noise_variance(patches.vectors[good]) / float(left[good].mean()))
        sigma = min(sigma, last) if smooth else sigma
        if abs(sigma - last) < 0.003 * last:
            break
    return sigma


@dataclass(frozen=True)
class Clipping:
    """Where values were cut off; infinite where they were not."""

    low: float
    high: float

    def anywhere(self) -> bool:
        """Was anything cut off?"""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def variance_left(self, means: Tensor, sigma: float) -> Tensor:
        """The share of the noise's variance left where the clipped image has these local means; shape of `means`."""
        if not self.anywhere():
            return torch.ones_like(means)
        low = self.low if math.isfinite(self.low) else float(means.min()) - 6 * sigma
        high = self.high if math.isfinite(self.high) else float(means.max()) + 6 * sigma
        x = torch.linspace(low, high, 1024, dtype=torch.float64)
        share = (clipped_deviation(x, sigma, low, high) / sigma).square().float()
        above = torch.searchsorted(clipped_mean(x, sigma, low, high).float(), means.contiguous())
        return share[above.clamp(max=len(x) - 1)]


def enough(channels: int, height: int, width: int, size: int) -> bool:
    """Are there several patches of this size for each of their dimensions?"""
    return height >= size and width >= size and (height - size + 1) * (width - size + 1) >= 3 * channels * size**2


def quarters(patches: Tensor, size: int) -> Tensor:
    """`[N, C, size * size] -> [N, 4 C]`: means of the four quarters; the middle is in two."""
    square = patches.unflatten(2, (size, size))
    half = (size + 1) // 2
    rows = torch.stack([square[..., :half, :].mean(-2), square[..., -half:, :].mean(-2)], -2)
    return torch.stack([rows[..., :half].mean(-1), rows[..., -half:].mean(-1)], -1).flatten(1)


def around_planes(patches: Tensor, size: int) -> Tensor:
    """`[N, C, size * size] -> [N]`: the variance around the plane of least squares, the mean over the channels."""
    along = torch.arange(size, dtype=patches.dtype) - (size - 1) / 2
    basis = torch.stack([along.repeat(size), along.repeat_interleave(size)], 1)
    slopes = patches @ (basis / basis.norm(dim=0))
    freedom = max(size**2 - 3, 1)
    squares = (patches.var(2, unbiased=False) * size**2 - slopes.square().sum(2)).clamp(min=0)
    variances: Tensor = (squares / freedom).mean(1)
    return variances


def most_of(values: Tensor, least: float, count: int) -> Tensor:
    """Which values reach `least`, or else the `count` greatest; a boolean for each."""
    good = values >= least
    if int(good.sum()) >= count:
        return good
    return values >= values.sort(descending=True).values[min(count, len(values)) - 1]
