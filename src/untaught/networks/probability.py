"""A network that changes its mind about a probability that is there already."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from untaught.networks.added import Sum
from untaught.networks.around import Around


@dataclass(frozen=True, kw_only=True)
class Probability(Around):
    """`x = sigmoid(start + g_theta(z))`: `start` `[1, C, H, W]` is a logit, which a network silent at first keeps."""

    start: Tensor = field(repr=False)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        if self.start.shape != (1, channels, height, width):
            wanted = [1, channels, height, width]
            raise ValueError(f"the logit is {list(self.start.shape)}; wanted {wanted}, the shape of the image")
        return Sigmoid(self.network.build(channels, height, width), self.start)


class Sigmoid(Sum):
    """`Probability`, built."""

    part = 1.0  # a logit has no range

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(super().forward(z))
