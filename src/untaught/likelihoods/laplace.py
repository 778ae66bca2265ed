"""Laplace noise: heavier tails than Gaussian, and a nll that a few wild measurements do not rule."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Laplace(Recordable):
    """`y = mean + scale * n`, n the difference of two standard exponentials. Its nll is the l1 loss.

    write it   p(y | m) = exp(-|y - m| / b) / 2b, b the scale
    logarithm  -log p = |y - m| / b + a constant
    derivative sum sign(m - y_i) / b = 0
    solve      m = the median of the y_i

    The default scale makes the nll the mean absolute error. Standard deviation is sqrt(2) scale.
    Source: Laplace 1774. Departs: where y = m the derivative is taken as 0.
    Raises: ValueError for a scale that is not positive.
    """

    scale: float = 1.0  # images in [0, 1]

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"scale is {self.scale}; it must be positive")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        return (mean - y).abs().mean() / self.scale

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        up, down = (torch.empty_like(mean).exponential_(generator=generator) for _ in range(2))
        return mean + self.scale * (up - down)
