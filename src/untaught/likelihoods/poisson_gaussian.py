"""Counted photons and the electronics' noise: raw sensors, low light."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class PoissonGaussian(Recordable):
    """`y = gain * n + sigma * e`: n a count around `mean / gain`, e standard normal.

    write it   p(y | m) = Gaussian(y; m, v), v = gain m + sigma^2: the Gaussian with the true mean and variance
    logarithm  -log p = ((y - m)^2 / v + log v) / 2 + a constant
    derivative sum (2 v (m - y_i) - gain (y_i - m)^2 + gain v) = 0, which holds at the truth in the mean
    solve      m > 0 of gain m^2 + (2 sigma^2 + gain^2) m = 2 sigma^2 mean(y) + gain (mean(y^2) - sigma^2)

    `sample` is exact, the nll is that approximation: good from a few photons, or where sigma covers single ones.
    In the words of `untaught.noise`: `Noise(gain=, sigma=)`, variance `gain * x + sigma^2`; gain is 1 / peak.
    Source: Foi et al. 2008, "Practical Poissonian-Gaussian Noise Modeling and Fitting", section II and appendix.
    Departs: below a mean of 0 the variance stays sigma^2.
    Raises: ValueError for a gain below 0 or a sigma that is not positive.
    """

    gain: float  # the value of one photon
    sigma: float  # standard deviation at black

    def __post_init__(self) -> None:
        if not (self.gain >= 0 and self.sigma > 0):
            raise ValueError(f"gain is {self.gain} and sigma {self.sigma}; wanted at least 0 and above 0")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        variance = self.gain * mean.clamp(min=0) + self.sigma**2
        return ((mean - y).square() / variance + variance.log()).mean() / 2

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        light = mean.clamp(min=0)
        if self.gain > 0:
            light = self.gain * torch.poisson(light / self.gain, generator=generator)
        return light + self.sigma * torch.empty_like(mean).normal_(generator=generator)
