"""Additive white Gaussian noise."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Gaussian(Recordable):
    """`y = mean + sigma * n`, n standard normal, so `-log p(y | mean) = (y - mean)^2 / (2 sigma^2)` + a constant.

    The default sigma makes the nll the mean squared error, which is the loss of the 2018 paper: it has the same
    minimiser for every sigma, and where nobody knows sigma none need be invented.
    Raises: ValueError for a sigma that is not positive.
    """

    sigma: float = math.sqrt(0.5)  # standard deviation, images in [0, 1]

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"sigma is {self.sigma}; it must be positive")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        return (mean - y).square().mean() / (2 * self.sigma**2)

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        return mean + self.sigma * torch.empty_like(mean).normal_(generator=generator)
