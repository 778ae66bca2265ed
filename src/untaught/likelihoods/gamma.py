"""Speckle: the intensity of coherent light or radar."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Gamma(Recordable):
    """`y = mean * s`, s from the Gamma law of mean 1 and variance 1 / looks.

    write it   p(y | m) ~ m^-L y^(L - 1) exp(-L y / m), L the looks
    logarithm  -log p = L (log m + y / m) + terms of y alone
    derivative sum (1 / m - y_i / m^2) = 0
    solve      m = the mean of the y_i

    The terms of y alone are chosen so that the nll is half of the deviance: at least 0, for several looks about 0.5
    at the truth. Convex in log m, not in m.
    Source: Goodman 1976, "Some fundamental properties of speckle"; Aubert and Aujol 2008 for the data term. Departs: y
    below `floor` counts as `floor`, and for m below it the nll goes on as its tangent.
    Raises: ValueError for looks or a floor that are not positive.
    """

    looks: float = 1.0  # how many independent intensities were averaged; need not be whole
    floor: float = 1e-3  # the faintest mean told from black

    def __post_init__(self) -> None:
        if not (0 < self.looks < math.inf and self.floor > 0):
            raise ValueError(f"looks are {self.looks} and the floor {self.floor}; both must be positive")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        y, m = y.clamp(min=self.floor), mean.clamp(min=self.floor)
        ratio = y / m
        beyond = (mean - self.floor).clamp(max=0) * (1 - y / self.floor) / self.floor
        return self.looks * (ratio - 1 - ratio.log() + beyond).mean()

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        speckle = torch._standard_gamma(torch.full_like(mean, self.looks, requires_grad=False), generator=generator)
        return mean * speckle / self.looks
