"""No network: the image itself is what is searched, with the same loop. The theory's other search space."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform

Start = Literal["zeros", "half", "uniform"]
LEVELS = {"zeros": 0.0, "half": 0.5}
MARGIN = 1e-3  # how far the start stays from 0 and 1 where the image is a sigmoid, whose inverse is infinite there


@dataclass(frozen=True, kw_only=True)
class Pixels(Network):
    """An image `[1, C, H, W]` of exactly the size asked for, whose pixels are the weights. z is not looked at.

    `start` says what the image is before the first step: black, grey, or noise from U(0, 0.1). Unbounded, unless with
    `sigmoid` the weights are the logits of pixels in (0, 1).
    Source: Ulyanov et al. 2018, supplementary material ("no prior"); the authors' `sr_prior_effect.ipynb` optimises
    noise from U(0, 0.1) directly, without a sigmoid: the defaults here.
    """

    input: Input = Uniform(1, 0.0)  # one zero, whose value does not matter
    start: Start = "uniform"
    sigmoid: bool = False

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        del height, width
        return 1, 1

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        return Image(self, channels, height, width)


class Image(nn.Module):
    """Gives its own weights, whatever comes in."""

    def __init__(self, spec: Pixels, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.start, self.sigmoid = spec.start, spec.sigmoid
        self.pixels = nn.Parameter(torch.empty(1, channels, height, width))

    def draw(self, generator: torch.Generator) -> None:
        with torch.no_grad():
            if self.start == "uniform":
                self.pixels.uniform_(0, 0.1, generator=generator)
            else:
                self.pixels.fill_(LEVELS[self.start])
            if self.sigmoid:
                self.pixels.logit_(eps=MARGIN)

    def forward(self, z: Tensor) -> Tensor:
        del z
        # a copy: the optimiser overwrites the weights, and an iterate must stay what it was
        return torch.sigmoid(self.pixels) if self.sigmoid else self.pixels.clone()
