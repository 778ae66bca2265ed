"""What was believed of each pixel before: a probability stays near it, and changes seldom."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from untaught.core import Recordable
from untaught.priors.total_variation import TotalVariation

EDGE = 1e-4  # of 0 and 1: nobody is surer than that


@dataclass(frozen=True, kw_only=True)
class Believed(Recordable):
    """How far x `[B, 1, H, W]` is from a `probability`, by the mean cross-entropy, and `smooth` times its variation.

    `R(x) = -mean(p log x + (1 - p) log(1 - x)) + smooth TV(x) / (H W)`, the sum of the members'. Without the second
    part it is least at x = p: a network that can't say p of every pixel, but only of every kind of neighbourhood, says
    what pixels in such neighbourhoods are believed to be in the mean.
    Departs: within `EDGE` of 0 and 1 x counts as if it were there.
    """

    probability: Tensor | None = field(default=None, repr=False)  # [1, 1, H, W], of the image at hand
    smooth: float = 0.0

    def __call__(self, x: Tensor) -> Tensor:
        if self.probability is None:
            raise ValueError("nothing is believed yet: wanted a probability for each pixel of the image at hand")
        inner = x.clamp(EDGE, 1 - EDGE)
        p = self.probability.to(x)
        agreed = p * inner.log() + (1 - p) * torch.log1p(-inner)
        return (self.smooth * TotalVariation()(x) - agreed.sum()) / (x.shape[-2] * x.shape[-1])
