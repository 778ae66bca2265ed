"""What a camera, or an 8-bit file, cut off below black and above white."""

import math

import torch
from torch import Tensor

ENTRIES = 4096
PILE = 3e-4  # of all values


def unclip(mean: Tensor, sigma: float, low: float = 0.0, high: float = 1.0) -> Tensor:
    """The x whose noisy values, clipped to `low` ... `high`, have the given mean: undoes the bias of clipped noise.

    A denoiser of a clipped image estimates m(x) = E clip(x + sigma n); x = m^-1(mean), within `low` ... `high`.
    Source: Foi 2009 (Signal Processing 89:12), "Clipped noisy images".
    """
    x = torch.linspace(low, high, ENTRIES, dtype=torch.float64, device=mean.device)
    means = clipped_mean(x, sigma, low, high)
    above = torch.searchsorted(means, mean.double().contiguous()).clamp(1, ENTRIES - 1)
    left, right = means[above - 1], means[above]
    part = ((mean - left) / (right - left)).clamp(0, 1)
    return (x[above - 1] + part * (x[above] - x[above - 1])).to(mean)


def clipped_mean(x: Tensor, sigma: float, low: float = 0.0, high: float = 1.0) -> Tensor:
    """m(x) = E clip(x + sigma n, low, high), n standard normal."""

    def beyond(distance: Tensor) -> Tensor:
        """E max(sigma n - distance, 0)."""
        d = distance / sigma
        density = torch.exp(-d.square() / 2) / math.sqrt(2 * math.pi)
        excess: Tensor = sigma * (density - d * torch.special.ndtr(-d))
        return excess

    return x + beyond(x - low) - beyond(high - x)


def clipped_deviation(x: Tensor, sigma: float, low: float = 0.0, high: float = 1.0) -> Tensor:
    """The standard deviation of clip(x + sigma n, low, high): sigma in the middle, less towards black and white."""
    below, above = (low - x) / sigma, (high - x) / sigma

    def density(d: Tensor) -> Tensor:
        return torch.exp(-d.square() / 2) / math.sqrt(2 * math.pi)

    inside = torch.special.ndtr(above) - torch.special.ndtr(below)
    bent = below * density(below) - above * density(above)
    second = sigma**2 * (inside + bent) + 2 * x * sigma * (density(below) - density(above)) + x.square() * inside
    second = second + low**2 * torch.special.ndtr(below) + high**2 * torch.special.ndtr(-above)
    variance: Tensor = second - clipped_mean(x, sigma, low, high).square()
    return variance.clamp(min=0).sqrt()


def cut_off(image: Tensor) -> tuple[float, float]:
    """The least and the greatest value of an image if values pile up there, as they do when cut off; else infinite.

    A pile is more than 3 values in 10,000, and half as many again as the next value has.
    """
    low, high = float(image.min()), float(image.max())
    inside = image[(image > low) & (image < high)]
    if not len(inside):
        return -math.inf, math.inf

    def piled(value: float, next_value: float) -> bool:
        count, beside = int((image == value).sum()), int((inside == next_value).sum())
        return count > max(PILE * image.numel(), 1.5 * beside)

    found_low, found_high = piled(low, float(inside.min())), piled(high, float(inside.max()))
    return low if found_low else -math.inf, high if found_high else math.inf
