"""What a clean picture of the same scene says of a noisy one: in a small window one is nearly a line of the other."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class GuidedFilter:
    """In every window of `2 radius + 1` pixels a side, `x = a^T g + b`, by ridge regression of y on the guide g.

    A pixel's value is the mean over the windows that it is in. All channels of the guide explain each channel of y.
    Source: He, Sun and Tang 2013 (IEEE TPAMI 35:6), "Guided Image Filtering": its equations for colour guides.
    Departs: a window at the edge has the pixels that are in the image.
    """

    guide: Tensor = field(repr=False)  # [1, G, H, W] on [0, 1]
    radius: int = 8  # pixels
    epsilon: float = 1e-4  # variance of the guide, on [0, 1], under which it counts as flat

    def __call__(self, y: Tensor) -> Tensor:
        """`y` and what comes out: `[1, C, H, W]`."""
        guide = self.guide.to(y)
        of_guide, of_y = means(guide, self.radius), means(y, self.radius)
        within = self.products(guide, guide, of_guide, of_guide)  # [1, H, W, G, G]
        across = self.products(guide, y, of_guide, of_y)  # [1, H, W, G, C]
        within = within + self.epsilon * torch.eye(guide.shape[1], device=y.device)
        slopes = torch.linalg.solve(within, across).permute(0, 3, 4, 1, 2)  # [1, G, C, H, W]
        offsets = means(of_y - weighted(slopes, of_guide), self.radius)
        slopes = means(slopes.flatten(1, 2), self.radius).unflatten(1, slopes.shape[1:3])
        return weighted(slopes, guide) + offsets

    def products(self, one: Tensor, other: Tensor, of_one: Tensor, of_other: Tensor) -> Tensor:
        """Covariances in the windows around each pixel, `[1, H, W, A, B]`, of `[1, A, H, W]` and `[1, B, H, W]`."""
        both = (one[:, :, None] * other[:, None]).flatten(1, 2)
        covariance = means(both, self.radius).unflatten(1, (one.shape[1], -1)) - of_one[:, :, None] * of_other[:, None]
        pixels_first: Tensor = covariance.permute(0, 3, 4, 1, 2)
        return pixels_first


OTHERS = 2, 4, 16  # radii of what one guide says, beside the usual one, whose remainder is denoised


def filters(guide: Tensor) -> tuple[GuidedFilter, ...]:
    """What estimates are made with a guide `[1, G, H, W]` on [0, 1]; the usual filter last."""
    return *(GuidedFilter(guide=guide, radius=radius) for radius in OTHERS), GuidedFilter(guide=guide)


def without_detail(y: Tensor, guide: Tensor) -> Tensor:
    """`y` `[1, C, H, W]` without the detail that the guide explains: what is left is smooth, or noise."""
    usual = GuidedFilter(guide=guide)
    return y - usual(y) + means(y, usual.radius)


def weighted(slopes: Tensor, guide: Tensor) -> Tensor:
    """`[1, G, C, H, W]` and `[1, G, H, W]` to `[1, C, H, W]`."""
    total: Tensor = (slopes * guide[:, :, None]).sum(dim=1)
    return total


def means(x: Tensor, radius: int) -> Tensor:
    """Over the pixels of each window that are in the image; `[B, C, H, W]` in and out."""
    for size, padding in (((1, 2 * radius + 1), (0, radius)), ((2 * radius + 1, 1), (radius, 0))):
        x = F.avg_pool2d(x, size, stride=1, padding=padding, count_include_pad=False)
    return x
