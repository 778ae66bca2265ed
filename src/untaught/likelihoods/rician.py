"""Magnitudes of complex measurements: MRI."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class Rician(Recordable):
    """`y = |mean + sigma * (n1 + i n2)|`, both standard normal: the mean of y lies above `mean`, most in the dark.

    write it   p(y | m) = y / sigma^2 exp(-(y^2 + m^2) / 2 sigma^2) I0(t), t = y m / sigma^2
    logarithm  -log p = (y^2 + m^2) / 2 sigma^2 - log I0(t) + terms of y alone
    derivative sum (m - y_i I1(t_i) / I0(t_i)) = 0
    solve      m = the mean of y_i I1(t_i) / I0(t_i), which are less than the y_i: iterate

    Source: Gudbjartsson and Patz 1995, "The Rician Distribution of Noisy MRI Data"; the maximum: Sijbers et al. 1998.
    Departs: I0 is taken without its exponential growth (`i0e`), or it overflows for bright pixels.
    Raises: ValueError for a sigma that is not positive.
    """

    sigma: float  # of each of the two parts, images in [0, 1]

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"sigma is {self.sigma}; it must be positive")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        apart = (mean.abs() - y.abs()) / self.sigma
        t = mean * y / self.sigma**2
        grown: Tensor = torch.special.i0e(t)  # without exp(|t|), which `apart` has
        return (apart.square() / 2 - grown.log()).mean()

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        real, imaginary = (self.sigma * torch.empty_like(mean).normal_(generator=generator) for _ in range(2))
        return torch.hypot(mean + real, imaginary)
