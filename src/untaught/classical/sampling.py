"""Images looked at between their pixels, and from somewhere else: motions and cubic interpolation."""

import torch
import torch.nn.functional as F
from torch import Tensor


def looked_at(motions: Tensor, height: int, width: int, factor: int = 1) -> Tensor:
    """Where each pixel of K frames looks in an image: `[K, height, width, 2]`, row and column in the image's pixels.

    motions: `[K, 3]` (down, right, turn) or `[K, 6]` (down, right, and the four entries of a matrix less the identity),
        all in pixels of the image, which is `factor` times as high and wide as a frame. A turn and the entries are how
        far a pixel moves that lies half of the image's longer side from its centre, so that all are of one size.
    A pixel p looks at `M (p - c) + c + shift`, c being the centre: M is the identity and the entries, or for three
    numbers the rotation by `turn / (longer side / 2)` radians, rows turning towards columns.
    """
    rows, columns = (factor * (torch.arange(side).to(motions) + 0.5) - 0.5 for side in (height, width))
    away = torch.stack(torch.meshgrid(rows - middle_of(rows), columns - middle_of(columns), indexing="ij"), dim=-1)
    centre = torch.stack([middle_of(rows), middle_of(columns)])
    turned: Tensor = torch.einsum("kij,hwj->khwi", matrices(motions, reach(height, width, factor)), away)
    return turned + (centre + motions[:, :2])[:, None, None]


def middle_of(places: Tensor) -> Tensor:
    """Of evenly spaced ones."""
    return (places[0] + places[-1]) / 2


def reach(height: int, width: int, factor: int = 1) -> float:
    """Half of the longer side, in pixels of an image `factor` times as large."""
    return factor * max(height, width) / 2


def matrices(motions: Tensor, reach: float) -> Tensor:
    """`[K, 2, 2]`: the linear part of each motion."""
    if motions.shape[1] == 6:
        linear: Tensor = torch.eye(2).to(motions) + motions[:, 2:].unflatten(1, (2, 2)) / reach
        return linear
    angle = motions[:, 2] / reach
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([torch.stack([cos, -sin], dim=-1), torch.stack([sin, cos], dim=-1)], dim=-2)


def undone(motions: Tensor, height: int, width: int) -> Tensor:
    """`[K, 3]` to the motions that lead back, of an image height x width: `looked_at` of one after the other is p."""
    back = torch.cat([torch.zeros_like(motions[:, :2]), -motions[:, 2:]], dim=1)
    shift = -torch.einsum("kij,kj->ki", matrices(back, reach(height, width)), motions[:, :2])
    return torch.cat([shift, -motions[:, 2:]], dim=1)


def sampled(x: Tensor, places: Tensor) -> Tensor:
    """`[B, C, H, W]` at `[K, h, w, 2]` (row, column) -> `[B, K, C, h, w]`. Differentiable in both, twice in x.

    Cubic interpolation of 4x4 pixels, with Keys' a = -1/2: exact for quadratic images, and for any image at its pixels.
    Beyond the border are its nearest pixels. `F.grid_sample` has neither: its bicubic (a = -3/4) moves even a ramp by
    up to 0.05 pixels, its bilinear blurs, and both round places to parts of [-1, 1].
    Source: Keys 1981, "Cubic convolution interpolation for digital image processing".
    """
    batch, channels, height, width = x.shape
    first = places.detach().floor()
    parts = cubic(places - first)  # [K, h, w, 2, 4]
    around = torch.arange(-1, 3, device=x.device)
    rows, columns = (
        (first[..., axis, None].long() + around).clamp(0, side - 1) for axis, side in ((0, height), (1, width))
    )
    index = (rows[..., :, None] * width + columns[..., None, :]).flatten()
    weights = (parts[..., 0, :, None] * parts[..., 1, None, :]).reshape(-1, 1, 16)
    table = x.reshape(batch * channels, height * width).T
    values = weights @ table.index_select(0, index).view(-1, 16, batch * channels)
    return values.view(*places.shape[:3], batch, channels).permute(3, 0, 4, 1, 2)


def cubic(t: Tensor) -> Tensor:
    """The weights of the pixels at -1, 0, 1 and 2 for a place at t in [0, 1): `[...] -> [..., 4]`."""
    before, here = ((1 - t / 2) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1
    after, beyond = ((2 - 1.5 * t) * t + 0.5) * t, (t - 1) / 2 * t * t
    return torch.stack([before, here, after, beyond], dim=-1)


def smoothed(x: Tensor, taps: Tensor) -> Tensor:
    """Each pixel's neighbourhood weighted by taps `[n]`, down and across; beyond the border are the nearest pixels.

    `[B, C, H, W]` to the same size for odd n, else to `[B, C, H + 1, W + 1]`, which lies half a pixel up and left.
    """
    half, channels = len(taps) // 2, x.shape[1]
    x = F.pad(x, (half,) * 4, mode="replicate")
    kernel = taps.to(x).expand(channels, 1, -1)
    x = F.conv2d(x, kernel[..., None], groups=channels)
    return F.conv2d(x, kernel[..., None, :], groups=channels)


def gaussian(sigma: float) -> Tensor:
    """Taps of a Gaussian to three of its sigmas, float64."""
    side = max(1, round(3 * sigma))
    taps = torch.exp(-(torch.arange(-side, side + 1, dtype=torch.float64) ** 2) / (2 * sigma**2))
    return taps / taps.sum()
