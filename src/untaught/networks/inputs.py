"""The network's input z: six ways to make it. All are `[1, channels, H, W]` and depend on the arguments alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Uniform:
    """Uniform noise in [0, scale]. Source: Ulyanov et al. 2018, supplementary: 32 channels, U(0, 0.1)."""

    count: int = 32
    scale: float = 0.1

    def channels(self) -> int:
        return self.count

    def make(self, height: int, width: int, generator: torch.Generator) -> Tensor:
        return self.scale * torch.rand(1, self.count, height, width, generator=generator)


@dataclass(frozen=True)
class Normal:
    """Gaussian noise of standard deviation `scale`."""

    count: int = 32
    scale: float = 0.1

    def channels(self) -> int:
        return self.count

    def make(self, height: int, width: int, generator: torch.Generator) -> Tensor:
        return self.scale * torch.randn(1, self.count, height, width, generator=generator)


@dataclass(frozen=True)
class MeshGrid:
    """The pixel's place: x and y, each from 0 to 1. Source: Ulyanov et al. 2018, large-hole inpainting."""

    def channels(self) -> int:
        return 2

    def make(self, height: int, width: int, generator: torch.Generator) -> Tensor:
        del generator
        y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
        return torch.stack([x, y])[None]


@dataclass(frozen=True)
class Fourier:
    """Sines and cosines of the pixel's place at `bands` octaves, from one period per image upwards.

    Source: Tancik et al. 2020 (positional encoding); Shabtay et al. 2022 (PIP) as input of a deep image prior.
    """

    bands: int = 8
    scale: float = 1.0

    def channels(self) -> int:
        return 4 * self.bands

    def make(self, height: int, width: int, generator: torch.Generator) -> Tensor:
        del generator
        place = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
        angles = [math.pi * 2**band * axis for axis in place for band in range(self.bands)]
        return self.scale * torch.stack([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)])[None]


@dataclass(frozen=True, eq=False)
class Given:
    """An image as input: the damaged one, a flash photograph. Edges are repeated where the network needs more room."""

    image: Tensor = field(repr=False)  # [1, C, H, W]

    def __post_init__(self) -> None:
        if self.image.ndim != 4 or self.image.shape[0] != 1:
            raise ValueError(f"the input image must be [1, C, H, W], got {list(self.image.shape)}")

    def channels(self) -> int:
        return self.image.shape[1]

    def make(self, height: int, width: int, generator: torch.Generator) -> Tensor:
        del generator
        h, w = self.image.shape[-2:]
        top, left = (height - h) // 2, (width - w) // 2
        if top < 0 or left < 0:
            raise ValueError(f"the input image is {h}x{w}, larger than the {height}x{width} wanted (height x width)")
        pad = (left, width - w - left, top, height - h - top)
        return F.pad(self.image.detach().cpu().float(), pad, mode="replicate")


@dataclass(frozen=True, eq=False)
class Beside:
    """Images that are only made when they are wanted, and noise beside them. Edges as with `Given`."""

    images: Callable[[], Tensor] = field(repr=False)  # gives [1, count, H, W]
    count: int
    noise: Uniform

    def channels(self) -> int:
        return self.count + self.noise.channels()

    def make(self, height: int, width: int, generator: torch.Generator) -> Tensor:
        given = Given(self.images()).make(height, width, generator)
        return torch.cat([given, self.noise.make(height, width, generator)], dim=1)
