"""What a disk does not fit into. The disk is an octagon: a square moved over a diamond."""

import torch
import torch.nn.functional as F
from torch import Tensor

SQUARE = 0.6  # of the radius


def top_hat(image: Tensor, radius: int) -> Tensor:
    """The black top-hat: how far dark things narrower than the disk lie below what is around them.

    `[B, C, H, W]` to the same, in its units, at least 0. The disk is `2 radius + 1` pixels wide along rows and columns,
    and up to a fifth wider between: on a line narrower than that the response is its whole depth, on one half as wide
    again 0. Beyond the image there is nothing.
    Source: Meyer 1979; Serra 1982.
    """
    closed = -largest(-largest(image, radius), radius)
    return closed - image


def coarse_top_hat(image: Tensor, radius: int) -> Tensor:
    """The same on means of four pixels: noise is halved, and so is what is a pixel wide."""
    small = F.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)
    found = top_hat(small, radius // 2)
    return F.interpolate(found, scale_factor=2, mode="bilinear")[..., : image.shape[-2], : image.shape[-1]]


def largest(image: Tensor, radius: int) -> Tensor:
    """The largest value in the disk about each pixel."""
    square = max(1, round(SQUARE * radius))
    diamond = radius - square
    room = F.pad(image, (radius,) * 4, value=-torch.inf)
    found = ahead(ahead(room, 1, 0, 2 * square + 1), 0, 1, 2 * square + 1)
    if diamond == 0:
        return found
    every_second = ahead(ahead(found, 1, 1, diamond), 1, -1, diamond)  # point of a diamond: a cross fills it in
    rows = ahead(every_second[..., :, 1:-1], 1, 0, 3)
    return rows.maximum(ahead(every_second[..., 1:-1, :], 0, 1, 3))


def ahead(image: Tensor, down: int, right: int, count: int) -> Tensor:
    """The largest of `count` values from each place on, in steps of `down` (0 or 1) and `right` (-1, 0 or 1) pixels.

    Only of places that have as many: `[B, C, H - (count - 1) down, W - (count - 1) |right|]`.
    """
    counted = 1
    while counted < count:
        more = min(counted, count - counted)  # the largest of so many, beside that of as many further on
        height, width = image.shape[-2] - more * down, image.shape[-1] - more * abs(right)
        here, there = (0, more * right) if right >= 0 else (-more * right, 0)
        image = image[..., :height, here : here + width].maximum(image[..., more * down :, there : there + width])
        counted += more
    return image
