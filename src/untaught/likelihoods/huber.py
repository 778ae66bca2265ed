"""Gaussian noise with the tails of Laplace noise: Huber's least favourable law."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Huber(Recordable):
    """`y = mean + sigma * n`: n is Gaussian up to `threshold`, exponential beyond it.

    write it   p(y | m) ~ exp(-h(r)), r = (y - m) / sigma; h = r^2 / 2 for |r| <= k, else k |r| - k^2 / 2
    logarithm  -log p = h(r) + a constant
    derivative sum clip(r_i, -k, k) = 0
    solve      m = the mean of the y_i, those farther than k sigma from m moved to that distance

    Source: Huber 1964, "Robust Estimation of a Location Parameter"; k = 1.345 loses 5 % on purely Gaussian noise.
    Raises: ValueError for a sigma or a threshold that is not positive.
    """

    sigma: float  # of the Gaussian middle, images in [0, 1]
    threshold: float = 1.345  # k, in sigmas

    def __post_init__(self) -> None:
        if not (self.sigma > 0 and self.threshold > 0):
            raise ValueError(f"sigma is {self.sigma} and threshold {self.threshold}; both must be positive")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        far = ((mean - y) / self.sigma).abs()
        near = far.clamp(max=self.threshold)
        return (near * (far - near / 2)).mean()

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        k = self.threshold
        below = math.erfc(k / math.sqrt(2)) / 2  # of a whole Gaussian, on one side
        middle, tails = math.sqrt(2 * math.pi) * (1 - 2 * below), 2 * math.exp(-(k**2) / 2) / k
        which, place = (torch.empty_like(mean).uniform_(generator=generator) for _ in range(2))
        inner = torch.special.ndtri(below + (1 - 2 * below) * place)
        outer = k + torch.empty_like(mean).exponential_(generator=generator) / k
        outer = torch.where(place < 0.5, outer, -outer)
        return mean + self.sigma * torch.where(which * (middle + tails) < tails, outer, inner)
