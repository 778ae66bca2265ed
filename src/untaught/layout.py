"""How a tensor's numbers lie in memory, and which of them are the image's; what they are does not change."""

import torch
from torch import Tensor


def channels_last(x: Tensor) -> Tensor:
    """`[..., C, H, W]`, the same numbers, with a pixel's channels side by side in memory; other shapes as they are."""
    return x.movedim(-3, -1).contiguous().movedim(-1, -3) if x.ndim >= 4 else x


def like(weights: Tensor, values: Tensor) -> Tensor:
    """The same numbers in the layout of `weights`."""
    return torch.empty_like(weights).copy_(values)


def middle(x: Tensor, height: int, width: int) -> Tensor:
    """The middle of `[..., H, W]`: what a network made beyond the image is nobody's."""
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]
