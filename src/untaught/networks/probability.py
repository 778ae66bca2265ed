"""A network that changes its mind about a probability that is there already."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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


class Sigmoid(nn.Module):
    """`Probability`, built."""

    start: Tensor

    def __init__(self, network: nn.Module, start: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("start", start.detach().float().cpu())

    def forward(self, z: Tensor) -> Tensor:
        made: Tensor = self.network(z)
        down, right = (made.shape[-2] - self.start.shape[-2], made.shape[-1] - self.start.shape[-1])
        margins = (right // 2, right - right // 2, down // 2, down - down // 2)
        return torch.sigmoid(F.pad(self.start, margins, mode="replicate") + made)
