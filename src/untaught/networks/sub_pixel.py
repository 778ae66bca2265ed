"""A few convolutions at the resolution of a small image, and a shuffle of channels into the pixels of a large one."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.convolutions import SLOPE, Silent
from untaught.networks.inputs import Uniform
from untaught.networks.layers import BARE, conv, undrawn


@dataclass(frozen=True, kw_only=True)
class SubPixel(Network):
    """z `[B, cin, h, w]` to `[B, C, factor h, factor w]`, which is zero before the first step.

    `depth` 3x3 convolutions, all but the last `width` wide and followed by a leaky ReLU; the last gives each pixel
    `factor^2` values a channel, which become a square of pixels. Zeros beyond the edges.
    Source: Shi et al. 2016, "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network". Departs: deeper, leaky ReLUs, silent at first.
    """

    input: Input = Uniform(3)
    factor: int = 2
    width: int = 48
    depth: int = 6

    def __post_init__(self) -> None:
        if min(self.factor, self.width, self.depth) < 1:
            raise ValueError(f"factor {self.factor}, width {self.width}, depth {self.depth}; wanted 1 or more of each")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return -(-height // self.factor), -(-width // self.factor)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        return Shuffled(self.input.channels(), self.width, self.depth, channels, self.factor)


class Shuffled(nn.Module):
    """`SubPixel`, built."""

    def __init__(self, cin: int, width: int, depth: int, channels: int, factor: int) -> None:
        super().__init__()
        self.factor = factor
        layers: list[nn.Module] = []
        for _ in range(depth - 1):
            layers += [conv(cin, width), nn.LeakyReLU(SLOPE, inplace=True)]
            cin = width
        self.body = nn.Sequential(*layers)
        self.head = undrawn(Silent(cin, channels * factor**2, 3, padding=1, device=BARE))

    def forward(self, z: Tensor) -> Tensor:
        return F.pixel_shuffle(self.head(self.body(z)), self.factor)
