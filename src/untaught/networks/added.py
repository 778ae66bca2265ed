"""A network that adds to an image that is there already."""

from dataclasses import dataclass, field

import torch.nn.functional as F
from torch import Tensor, nn

from untaught.networks.around import Around

PART = 0.25  # of what the network makes is added: it speaks in quarters of the range


@dataclass(frozen=True, kw_only=True)
class Added(Around):
    """`x = start + g_theta(z) / 4`: `start` `[1, C, H, W]` is an estimate, kept by a network silent at first.

    The smaller its steps, the nearer to the estimate the network finds an image that meets the measurements.
    """

    start: Tensor = field(repr=False)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        if self.start.shape != (1, channels, height, width):
            wanted = [1, channels, height, width]
            raise ValueError(f"the estimate is {list(self.start.shape)}; wanted {wanted}, the shape of the image")
        return Sum(self.network.build(channels, height, width), self.start)


class Sum(nn.Module):
    """`Added`, built."""

    start: Tensor
    part = PART

    def __init__(self, network: nn.Module, start: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("start", start.detach().float().cpu())

    def forward(self, z: Tensor) -> Tensor:
        made: Tensor = self.network(z)
        down, right = (made.shape[-2] - self.start.shape[-2], made.shape[-1] - self.start.shape[-1])
        margins = (right // 2, right - right // 2, down // 2, down - down // 2)
        return F.pad(self.start, margins, mode="replicate") + self.part * made
