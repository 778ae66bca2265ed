"""Missing pixels filled from their neighbours, near ones where there are any, far ones else."""

import torch
import torch.nn.functional as F
from torch import Tensor

FAR = 0.3  # the weight of the coarser scale beside one observed neighbour at a distance of one


def fill(y: Tensor, observed: Tensor) -> Tensor:
    """`y` `[B, C, H, W]` with its missing pixels filled; `observed` `[B, 1, H, W]` is 1 where a pixel is known, else 0.

    Halved with the observed pixels' weights until everything is known, then doubled again, mixed at each scale with the
    observed pixels among the eight neighbours. Observed pixels stay as they are; missing ones of y have no say.
    Source: Gortler et al. 1996, "The Lumigraph", section 3.4 (push-pull). Departs: the mixing with the neighbours.
    """
    y = y * observed
    height, width = y.shape[-2:]
    if min(height, width) < 4:
        known = observed.sum((2, 3), keepdim=True).clamp(min=1)
        return y + (1 - observed) * (y.sum((2, 3), keepdim=True) / known)
    even = (0, width % 2, 0, height % 2)
    y, observed = F.pad(y, even), F.pad(observed, even)  # beyond the edge nothing is known
    coarse = doubled(fill(*halved(y, observed)))
    near, known = around(y), around(observed)
    filled = (near + FAR * coarse) / (known + FAR)
    return (y + (1 - observed) * filled)[..., :height, :width]


def halved(y: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
    """At half the size, the means of what is observed around, and where there is anything."""
    row = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=y.dtype, device=y.device)
    kernel = (row[:, None] * row / 64).expand(y.shape[1], 1, 4, 4)
    total = F.conv2d(F.pad(y, (1,) * 4), kernel, stride=2, groups=y.shape[1])
    weight = F.conv2d(F.pad(observed, (1,) * 4), kernel[:1], stride=2)
    there = (weight > 0).to(y)
    return torch.where(weight > 0, total / weight.clamp(min=1e-6), 0.0), there


def doubled(y: Tensor) -> Tensor:
    """Twice the size."""
    return F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)


def around(y: Tensor) -> Tensor:
    """Sums over the eight neighbours, those at the corners half."""
    kernel = torch.tensor([[0.5, 1, 0.5], [1, 1, 1], [0.5, 1, 0.5]], dtype=y.dtype, device=y.device)
    return F.conv2d(F.pad(y, (1,) * 4), kernel.expand(y.shape[1], 1, 3, 3), groups=y.shape[1])
