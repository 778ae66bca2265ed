"""Yes or no: masks, dithered images, single photons."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable
from untaught.likelihoods.logarithm import logarithm


@dataclass(frozen=True, kw_only=True)
class Bernoulli(Recordable):
    """y is 1 with the probability `mean`, else 0. The mean is a probability, not a logit: networks end in a sigmoid.

    write it   p(y | m) = m^y (1 - m)^(1 - y)
    logarithm  -log p = -y log m - (1 - y) log(1 - m)
    derivative sum (y_i / m - (1 - y_i) / (1 - m)) = 0
    solve      m = the mean of the y_i

    A soft mask, y in [0, 1], is the mean of many such y, and has the same derivative: the cross-entropy.
    Source: Cox 1958, "The Regression Analysis of Binary Sequences". Departs: within `edge` of 0 and 1 a logarithm goes
    on as its tangent, so that a mean at or beyond them has a finite slope that leads back.
    Raises: ValueError for an edge not in (0, 1/2).
    """

    edge: float = 1e-4

    def __post_init__(self) -> None:
        if not 0 < self.edge < 0.5:
            raise ValueError(f"edge is {self.edge}; wanted more than 0 and less than 0.5")

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        yes, no = mean.clamp(max=1), (1 - mean).clamp(max=1)
        return -(y * logarithm(yes, self.edge) + (1 - y) * logarithm(no, self.edge)).mean()

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        return torch.bernoulli(mean.clamp(0, 1), generator=generator)
