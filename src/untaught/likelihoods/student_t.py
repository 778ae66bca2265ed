"""Student's t: noise whose tails are so heavy that far measurements hardly count."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class StudentT(Recordable):
    """`y = mean + scale * t`, t with `freedom` degrees of freedom: 1 is Cauchy, infinity Gaussian.

    write it   p(y | m) ~ (1 + r^2 / f)^(-(f + 1) / 2), r = (y - m) / scale
    logarithm  -log p = (f + 1) / 2 log(1 + r^2 / f) + a constant
    derivative sum w_i (m - y_i) = 0 with weights w_i = (f + 1) / (f + r_i^2)
    solve      m = the mean of the y_i with those weights, which are themselves of m: iterate

    Not convex: from far away there are other minima. Source: Lange, Little and Taylor 1989, "Robust Statistical
    Modeling Using the t Distribution"; samples by Bailey 1994, "Polar Generation of Random Variates".
    Raises: ValueError for a scale or a freedom that is not positive.
    """

    scale: float  # images in [0, 1]
    freedom: float = 3.0

    def __post_init__(self) -> None:
        if not (self.scale > 0 and 0 < self.freedom < math.inf):
            raise ValueError(f"scale is {self.scale} and freedom {self.freedom}; both must be positive and finite")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        far = ((mean - y) / self.scale).square() / self.freedom
        return (self.freedom + 1) / 2 * far.log1p().mean()

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        radius = torch.empty_like(mean).exponential_(generator=generator)  # -log of a uniform number
        angle = torch.empty_like(mean).uniform_(generator=generator)
        t = (self.freedom * torch.expm1(2 / self.freedom * radius)).sqrt() * (2 * math.pi * angle).cos()
        return mean + self.scale * t
