"""Correlated noise: an image denoised at full and then at half resolution."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

COARSE = 0.5  # of sigma, for the half-sized image: what the first pass left is smooth there no longer
LEAST_SIDE = 16  # pixels; a smaller image is not halved


def at_two_scales(denoise: Callable[[Tensor, float], Tensor], y: Tensor, sigma: float) -> Tensor:
    """`denoise(y, sigma)`, and of that the half-sized image once more: blotches are small there. `[B, C, H, W]`.

    Only what the second pass changes is enlarged and added, so nothing is blurred. `sigma` is that of white noise as
    strong as this is at low frequencies.
    """
    x = denoise(y, sigma)
    if min(x.shape[-2:]) < LEAST_SIDE:
        return x
    half = F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
    change = denoise(half, COARSE * sigma) - half
    larger = F.interpolate(change, scale_factor=2, mode="bicubic", align_corners=False)
    return x + larger[..., : x.shape[-2], : x.shape[-1]]
