"""The image seen from a little elsewhere: shifted, turned, sheared."""

import math

import torch
from torch import Tensor, nn

from untaught.classical.sampling import looked_at, sampled

Matrix = tuple[tuple[float, float], tuple[float, float]]


class Warp(nn.Module):
    """`[B, C, H, W] -> [B, C, H, W]`: pixel p shows what x has at `M (p - c) + c + shift`, c being the image's centre.

    M is the rotation by `degrees`, rows turning towards columns, or any matrix `affine`. `motion`, a parameter of 3
    numbers (6 if affine), is fitted with the network's weights, from the motion given: down, right, and how far the
    turn (or each entry of M less the identity) moves a pixel half the longer side from the centre; all in pixels.

    Between pixels by cubic interpolation (`classical.sampling.sampled`); beyond the border are its nearest pixels. With
    no motion the image comes back exactly.
    Raises: ValueError for degrees and a matrix both.
    """

    def __init__(
        self,
        height: int,
        width: int,
        *,
        shift: tuple[float, float] = (0.0, 0.0),
        degrees: float = 0.0,
        affine: Matrix | None = None,
    ) -> None:
        super().__init__()
        if affine is not None and degrees:
            raise ValueError("degrees and a matrix were given; wanted one of them")
        half = max(height, width) / 2
        rest = [half * math.radians(degrees)]
        if affine is not None:
            (a, b), (c, d) = affine
            rest = [half * (a - 1), half * b, half * c, half * (d - 1)]
        self.size = (height, width)
        self.motion = nn.Parameter(torch.tensor([*shift, *rest]))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2:] != self.size:
            (height, width), wanted = x.shape[-2:], "x".join(map(str, self.size))
            raise ValueError(f"image is {height}x{width} (height x width); wanted {wanted}")
        return sampled(x, looked_at(self.motion.to(x.dtype)[None], *self.size))[:, 0]

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, C, H, W]` to an image of that shape, for the motion as it stands."""
        return transposed(self, y, y.shape)


def transposed(operator: nn.Module, y: Tensor, shape: tuple[int, ...]) -> Tensor:
    """What a linear operator's gradient says its adjoint is: y to an image of this shape. Differentiable in y."""
    with torch.enable_grad():
        x = y.new_zeros(shape, requires_grad=True)
        (image,) = torch.autograd.grad(operator(x), x, y, create_graph=y.requires_grad)
    return image
