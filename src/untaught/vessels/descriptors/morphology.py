"""What a disk does not fit into."""

import torch.nn.functional as F
from torch import Tensor


def top_hat(image: Tensor, radius: int) -> Tensor:
    """The black top-hat: how far dark things narrower than `2 radius` pixels lie below what is around them.

    `[B, C, H, W]` to the same, in its units, at least 0. The disk is an octagon: a square dilated by small crosses.
    Source: Meyer 1979; Serra 1982.
    """
    square = max(1, round(0.6 * radius))
    grown = cross(boxed(image, square), radius - square)
    closed = -boxed(cross(-grown, radius - square), square)
    return closed - image


def coarse_top_hat(image: Tensor, radius: int) -> Tensor:
    """The same on every second point, from means of four: for disks wide enough not to notice."""
    small = F.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)
    found = top_hat(small, radius // 2)
    return F.interpolate(found, scale_factor=2, mode="bilinear")[..., : image.shape[-2], : image.shape[-1]]


def boxed(image: Tensor, radius: int) -> Tensor:
    """The largest value in a square of `2 radius + 1` pixels."""
    rows = F.max_pool2d(image, (2 * radius + 1, 1), 1, (radius, 0))
    return F.max_pool2d(rows, (1, 2 * radius + 1), 1, (0, radius))


def cross(image: Tensor, times: int) -> Tensor:
    """`times` over: the largest of a pixel and its four neighbours, which makes a diamond."""
    for _ in range(times):
        image = F.max_pool2d(image, (3, 1), 1, (1, 0)).maximum(F.max_pool2d(image, (1, 3), 1, (0, 1)))
    return image
