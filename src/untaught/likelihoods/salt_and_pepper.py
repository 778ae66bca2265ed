"""Broken measurements: white or black, whatever was there."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, kw_only=True)
class SaltAndPepper(Recordable):
    """With probability `share` y is one of `levels`, each as likely; else `mean + sigma * n`, n standard normal.

    write it   p(y | m) = (1 - s) q N(y; m, sigma) + [y is a level] s / count, q the step between stored values
    logarithm  -log p = -log(e + [y is a level] c), e = exp(-(y - m)^2 / 2 sigma^2), c the odds in `log_odds`
    derivative sum w_i (m - y_i) = 0, w_i the chance that y_i is intact: 1 off the levels, e_i / (e_i + c) on them
    solve      m = the mean of the y_i with those weights, which are themselves of m: iterate

    So a pixel at a level says something only to a mean that is near it. `levels=(0.0,)` are dead pixels, `(1.0,)` hot
    ones. sigma is also the distance at which a level is believed. What a file stores is a whole number of steps: levels
    have mass, all else has density, and q compares them.
    Source: the mixture of a Gaussian and an outlier law (Huber 1964), with the levels of impulse noise. Departs: a
    Gaussian's y beyond black or white is not cut off.
    Raises: ValueError for a share not in (0, 1), a sigma or a step that is not positive, or no levels.
    """

    share: float  # of measurements that are broken
    sigma: float = 0.05  # of the others
    levels: tuple[float, ...] = (0.0, 1.0)
    step: float = 1 / 255  # between the values that y can have

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and self.sigma > 0 and self.step > 0 and self.levels):
            raise ValueError(f"{self}: wanted a share between 0 and 1, a sigma and a step above 0, and a level or more")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        intact = -((mean - y) / self.sigma).square() / 2
        broken = torch.where(self.at_a_level(y), self.log_odds(), -math.inf)
        return -torch.logaddexp(intact, broken.to(intact)).mean()

    def at_a_level(self, y: Tensor) -> Tensor:
        """Is it within half a step of one?"""
        near = torch.zeros_like(y, dtype=torch.bool)
        for level in self.levels:
            near = near | ((y - level).abs() < self.step / 2)
        return near

    def log_odds(self) -> float:
        """log c: a broken measurement at a level against an intact one whose mean is exactly there."""
        intact = (1 - self.share) * self.step / (self.sigma * math.sqrt(2 * math.pi))
        return math.log(self.share / len(self.levels) / intact)

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        y = mean + self.sigma * torch.empty_like(mean).normal_(generator=generator)
        chance = torch.empty_like(mean).uniform_(generator=generator)
        for number, level in enumerate(self.levels):
            low, high = (self.share * at / len(self.levels) for at in (number, number + 1))
            y = torch.where((chance >= low) & (chance < high), level, y)
        return y
