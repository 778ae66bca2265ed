"""Counted photons."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable
from untaught.likelihoods.logarithm import logarithm

FAINTEST = 0.01  # photons


@dataclass(frozen=True, kw_only=True)
class Poisson(Recordable):
    """`y = n / peak`, n a count around `peak * mean`: the variance of y is `mean / peak`.

    write it   p(n | m) = (peak m)^n exp(-peak m) / n!
    logarithm  -log p = peak (m - y log m) + terms of y alone
    derivative sum (1 - y_i / m) = 0
    solve      m = the mean of the y_i

    The terms of y alone are chosen so that the nll is half of the deviance: at least 0, and for counts of several
    photons about 0.5 at the truth, as the `Discrepancy` rule wants it.
    Source: Bertero et al. 2009, "Image deblurring with Poisson data: from cells to galaxies". Departs: below 0.01
    photons the logarithm goes on as its tangent, so that a mean of 0 or less has a finite slope; y below 0 counts as 0.
    Raises: ValueError for a peak that is not positive.
    """

    peak: float  # photons at the value 1

    def __post_init__(self) -> None:
        if not self.peak > 0:
            raise ValueError(f"peak is {self.peak}; it must be positive: the photons at the value 1")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        y = y.clamp(min=0)
        least: Tensor = torch.special.xlogy(y, y) - y  # minus what the best mean has
        each = mean.clamp(min=0) - y * logarithm(mean, FAINTEST / self.peak) + least
        return self.peak * each.mean()

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        return torch.poisson(self.peak * mean.clamp(min=0), generator=generator) / self.peak
