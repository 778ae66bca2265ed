"""Additive noise with heavier tails than Gaussian noise has: large errors cost less than their squares."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Laplace(Recordable):
    """`y = mean + n`, n with density `exp(-|n| / scale) / (2 scale)`: `-log p(y | mean) = |y - mean| / scale` + a constant.

    The default scale makes the nll the mean absolute error.
    Raises: ValueError for a scale that is not positive.
    """

    scale: float = 1.0  # mean of |n|, images in [0, 1]

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"scale is {self.scale}; it must be positive")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        return (mean - y).abs().mean() / self.scale

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        size, sign = torch.empty_like(mean).exponential_(generator=generator), torch.empty_like(mean)
        return mean + self.scale * size * sign.uniform_(-1, 1, generator=generator).sign()
