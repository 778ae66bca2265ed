"""The convolutional decoder: from a few pixels to any size, a little larger with every layer."""

import math
from dataclasses import dataclass

from torch import nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform
from untaught.networks.layers import Upsampling, conv, linear


@dataclass(frozen=True, kw_only=True)
class ConvDecoder(Network):
    """z `[1, cin, *start]` to the image asked for, or one as large as `start`; in (0, 1) with `sigmoid`.

    `layers` - 1 times: resize, convolve 3 x 3 (zero padding, no bias), ReLU, batch norm; sizes grow geometrically.
    Then one such layer without resizing and a 1 x 1 convolution without bias.
    Source: Zalbagi Darestani and Heckel, "Accelerated MRI with un-trained neural networks", IEEE TCI 2021 (arXiv
    2007.02471); the authors' `include/decoder_conv.py` and `include/fit.py` (z from U(0, 0.1)), width and depth of
    their `ConvDecoder_vs_Unet_multicoil.ipynb`.
    Departs: z is 8 x 8 (theirs: 8 x 4 for 640 x 368); a sigmoid, as photographs lie in [0, 1] (their MRI has none); no
    connections from inner layers to the last (`skips`, off in their experiments); z may have other than `width`
    channels.
    """

    input: Input = Uniform(160)
    width: int = 160
    layers: int = 7
    start: tuple[int, int] = (8, 8)  # height and width of z
    upsampling: Upsampling = "nearest"
    sigmoid: bool = True

    def __post_init__(self) -> None:
        if self.layers < 2 or min(self.start) < 2:
            raise ValueError(f"needs at least 2 layers and a start of 2x2; got {self.layers} and {self.start}")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        del height, width
        return self.start

    def sizes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Height and width after every resizing."""
        rows, columns = (growth(a, b, self.layers - 1) for a, b in zip(self.start, (height, width), strict=True))
        return list(zip(rows, columns, strict=True))

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        layers: list[nn.Module] = []
        cin = self.input.channels()
        for size in [*self.sizes(height, width), None]:
            if size is not None:
                layers.append(nn.Upsample(size=size, mode=self.upsampling))
            layers += [conv(cin, self.width, bias=False), nn.ReLU(inplace=True), nn.BatchNorm2d(self.width)]
            cin = self.width
        layers.append(linear(cin, channels, bias=False))
        return nn.Sequential(*layers, nn.Sigmoid()) if self.sigmoid else nn.Sequential(*layers)


def growth(start: int, end: int, count: int) -> list[int]:
    """`count` sizes from above `start` to `end` in equal ratios, rounded up. Never shrinks."""
    end = max(start, end)
    ratio = (end / start) ** (1 / count)
    return [math.ceil(start * ratio**n) for n in range(1, count)] + [end]
