"""What an operator is asked by a loop whose images lie in [0, 1], one at a time if it can't take several."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.core import Operator, Recordable


@dataclass(frozen=True)
class Units(Recordable):
    """`low + (high - low) x`: an image on [0, 1] in the units that come next."""

    low: float
    high: float

    def __call__(self, x: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * x


class EachAlone(nn.Module):
    """An operator that takes `[1, C, H, W]`, asked for each of a batch: `[B, ...]`, "..." all that it gives for one.

    A module, so that the operator's unknowns are fitted and move with it.
    """

    def __init__(self, operator: Operator) -> None:
        super().__init__()
        self.operator = operator

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.operator(one) for one in x.split(1)])
