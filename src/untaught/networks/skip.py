"""The hourglass with skip connections of the 2018 paper, with all that its experiments vary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.fast import BatchNorm2d, channels_last, on_cpu
from untaught.networks.inputs import Uniform
from untaught.networks.layers import (
    Activation,
    Downsampling,
    Padding,
    Upsample,
    Upsampling,
    activation,
    conv,
    halving,
    linear,
    up_to_multiple,
)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Skip(Network):
    """z `[1, cin, H, W]` to an image of the same size, in (0, 1) with `sigmoid`. Defaults: the paper's denoiser.

    A value that may differ between scales is one value or a tuple, finest scale first.
    Source: Ulyanov et al. 2018, supplementary material, figure 21 and tables; the authors' `models/skip.py`.
    Departs: `normalise_joined=False` leaves out the batch norm on the joined features (a speed choice, not theirs).
    """

    input: Input = Uniform(32)
    down: tuple[int, ...] = (128,) * 5
    up: tuple[int, ...] = (128,) * 5
    skip: tuple[int, ...] = (4,) * 5  # 0: no connection at that scale
    kernel_down: int | tuple[int, ...] = 3
    kernel_up: int | tuple[int, ...] = 3
    kernel_skip: int = 1
    downsampling: Downsampling | tuple[Downsampling, ...] = "stride"
    upsampling: Upsampling | tuple[Upsampling, ...] = "bilinear"
    padding: Padding = "reflect"
    activation: Activation = "leaky"
    one_by_one: bool = True  # a 1x1 convolution after the one that follows the up-sampling
    normalise_joined: bool = True
    bias: bool = True
    sigmoid: bool = True

    def __post_init__(self) -> None:
        if not len(self.down) == len(self.up) == len(self.skip) > 0:
            lengths = f"{len(self.down)}, {len(self.up)} and {len(self.skip)}"
            raise ValueError(f"down, up and skip must name as many scales each, at least one; got {lengths}")
        scales = len(self.down)
        per_scale(self.downsampling, scales), per_scale(self.upsampling, scales)
        kernels = (*per_scale(self.kernel_down, scales), *per_scale(self.kernel_up, scales), self.kernel_skip)
        if any(size % 2 == 0 for size in kernels):
            raise ValueError(f"kernels must be odd, or the image would change its size; got {kernels}")

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        multiple, least = 2 ** len(self.down), self.least()
        return up_to_multiple(height, multiple, least), up_to_multiple(width, multiple, least)

    def least(self) -> int:
        """Pixels needed along a side at the deepest scale: two for batch norm, and more than a reflection reaches."""
        least, scales = 2, len(self.down)
        if self.padding != "reflect":
            return least
        sizes = zip(per_scale(self.kernel_down, scales), per_scale(self.kernel_up, scales), self.skip, strict=True)
        for level, (down, up, narrow) in enumerate(sizes):
            ratio = 2 ** (scales - 1 - level)  # how many pixels a deepest pixel has along a side here, halved already
            wide = max(up, self.kernel_skip if narrow else 1)  # these see twice as many
            least = max(least, down // 2 // ratio + 1, wide // 2 // (2 * ratio) + 1)
        return least

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del height, width
        body: Scale | None = None
        for level in reversed(range(len(self.down))):
            cin = self.input.channels() if level == 0 else self.down[level - 1]
            body = Scale(self, level, cin, body)
        assert body is not None
        head: list[nn.Module] = [body, linear(self.up[0], channels)]
        return nn.Sequential(*head, nn.Sigmoid()) if self.sigmoid else nn.Sequential(*head)


class Scale(nn.Module):
    """Halve, convolve, go deeper if there is a deeper, double, join the skip, convolve."""

    def __init__(self, spec: Skip, level: int, cin: int, inner: "Scale | None") -> None:
        super().__init__()
        scales = len(spec.down)
        width, out, narrow = spec.down[level], spec.up[level], spec.skip[level]
        size_down, size_up = per_scale(spec.kernel_down, scales)[level], per_scale(spec.kernel_up, scales)[level]
        pad, bias = spec.padding, spec.bias

        def block(layer: nn.Module, c: int) -> nn.Sequential:
            return nn.Sequential(layer, BatchNorm2d(c), activation(spec.activation))

        self.skip = block(conv(cin, narrow, spec.kernel_skip, bias=bias, padding=pad), narrow) if narrow else None
        halvings: Sequence[Downsampling] = per_scale(spec.downsampling, scales)
        doublings: Sequence[Upsampling] = per_scale(spec.upsampling, scales)
        halved = halving(cin, width, size_down, halvings[level], bias=bias, padding=pad)
        self.deeper = nn.Sequential(
            block(halved, width),
            block(conv(width, width, size_down, bias=bias, padding=pad), width),
            *([] if inner is None else [inner]),
            Upsample(doublings[level]),
        )
        joined = narrow + (width if inner is None else spec.up[level + 1])
        self.join = BatchNorm2d(joined) if spec.normalise_joined else nn.Identity()
        self.after = block(conv(joined, out, size_up, bias=bias, padding=pad), out)
        if spec.one_by_one:
            self.after.extend(block(conv(out, out, 1, bias=bias), out))

    def forward(self, x: Tensor) -> Tensor:
        x = channels_last(x) if on_cpu(x) else x  # once for both branches
        deep: Tensor = self.deeper(x)
        if self.skip is not None:
            deep = torch.cat([self.skip(x), deep], dim=1)
        out: Tensor = self.after(self.join(deep))
        return out


def per_scale(value: T | tuple[T, ...], scales: int) -> Sequence[T]:
    """One value for every scale, or the tuple as it is."""
    if not isinstance(value, tuple):
        return (value,) * scales
    if len(value) != scales:
        raise ValueError(f"{value} names {len(value)} scales, the network has {scales}")
    return value
