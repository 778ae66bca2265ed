"""A few convolutions one after the other, at full resolution: a small step away from the image that comes in."""

from dataclasses import dataclass

import torch
from torch import nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform
from untaught.networks.layers import BARE, conv, undrawn

SLOPE = 0.1


@dataclass(frozen=True, kw_only=True)
class Convolutions(Network):
    """z `[1, cin, H, W]` to an image of the same size, which is zero before the first step.

    `depth` 3x3 convolutions, all but the last `width` wide and followed by a leaky ReLU. A pixel depends on those at
    most `depth` pixels away. For corrections of an estimate (`methods.Recorrupted`), where few weights are a virtue.
    """

    input: Input = Uniform(32)
    width: int = 16
    depth: int = 3

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise ValueError(f"width {self.width}, depth {self.depth}; wanted 1 or more of both")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        layers: list[nn.Module] = []
        cin = self.input.channels()
        for _ in range(self.depth - 1):
            layers += [conv(cin, self.width), nn.LeakyReLU(SLOPE, inplace=True)]
            cin = self.width
        return nn.Sequential(*layers, undrawn(Silent(cin, channels, 3, padding=1, device=BARE)))


class Silent(nn.Conv2d):
    """A convolution that gives nothing until it has learned something."""

    def draw(self, generator: torch.Generator) -> None:
        del generator
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
