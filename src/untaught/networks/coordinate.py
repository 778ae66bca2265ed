"""The image as a function of the pixel's place: a small network asked at every pixel on its own."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.inputs import Fourier, MeshGrid
from untaught.networks.layers import BARE, linear, undrawn


@dataclass(frozen=True, kw_only=True)
class Coordinate(Network):
    """z `[1, cin, H, W]` to an image of the same size, any size, in (0, 1) with `sigmoid`. All convolutions are 1 x 1.

    `sine` is SIREN: sin(omega (W x + b)), on coordinates (`MeshGrid`, mapped from [0, 1] to [-1, 1]), with its own law
    for the weights. `relu` is ReLU on sines and cosines of the coordinates (`Fourier(8)`), with PyTorch's law.
    Source: Sitzmann et al., "Implicit neural representations with periodic activation functions", NeurIPS 2020,
    section 3.2 and supplement 1.5; `explore_siren.ipynb` in the authors' repository (width 256, a first and three more
    hidden layers, omega 30). Tancik et al., "Fourier features let networks learn high frequency functions in low
    dimensional domains", NeurIPS 2020.
    Departs: SIREN gets a sigmoid, as photographs lie in [0, 1] (theirs are fitted in [-1, 1], without); the features
    are octaves along the axes, not Gaussian frequencies; width and depth with ReLU are SIREN's.
    """

    activation: Literal["sine", "relu"] = "sine"
    input: Input = None  # type: ignore[assignment]  # MeshGrid() for sine, Fourier(8) for relu
    width: int = 256
    depth: int = 4  # hidden layers, the first included
    omega: float = 30.0  # sine only: how fast the image may vary, in radians per unit
    sigmoid: bool = True

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ValueError(f"a coordinate network has at least one hidden layer; got {self.depth}")
        if self.input is None:
            object.__setattr__(self, "input", MeshGrid() if self.activation == "sine" else Fourier(8))

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        widths = [self.input.channels()] + [self.width] * self.depth
        layers: list[nn.Module] = []
        if self.activation == "sine" and isinstance(self.input, MeshGrid):
            layers.append(Centre())
        for index, cin in enumerate(widths):
            cout = self.width if index < self.depth else channels
            match self.activation:
                case "relu":
                    layers += [linear(cin, cout), nn.ReLU(inplace=True)]
                case "sine":
                    bound = math.sqrt(6 / cin) / self.omega if index else 1 / cin
                    layers += [undrawn(SineLinear(cin, cout, bound=bound, device=BARE)), Sine(self.omega)]
        layers.pop()  # the last layer has no activation of its own
        return nn.Sequential(*layers, nn.Sigmoid()) if self.sigmoid else nn.Sequential(*layers)


class Centre(nn.Module):
    """[0, 1] to [-1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x - 1


class Sine(nn.Module):
    """sin(omega x)."""

    def __init__(self, omega: float) -> None:
        super().__init__()
        self.omega = omega

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self.omega * x)


class SineLinear(nn.Conv2d):
    """A convolution of one pixel whose weights are drawn from U(-bound, bound), biases from U(+-1/sqrt(cin))."""

    def __init__(self, cin: int, cout: int, *, bound: float, device: torch.device) -> None:
        super().__init__(cin, cout, 1, device=device)
        self.bound = bound

    def draw(self, generator: torch.Generator) -> None:
        assert self.bias is not None
        with torch.no_grad():
            self.weight.uniform_(-self.bound, self.bound, generator=generator)
            self.bias.uniform_(-1 / math.sqrt(self.in_channels), 1 / math.sqrt(self.in_channels), generator=generator)
