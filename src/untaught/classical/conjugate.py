"""Conjugate gradients."""

from collections.abc import Callable

from torch import Tensor

LEAST = 1e-30  # a denominator: what is left may be as small as can be told, but not divide by 0


def conjugate_gradients(normal: Callable[[Tensor], Tensor], x: Tensor, residual: Tensor, steps: int) -> Tensor:
    """x `[B, C, H, W]` moved so many steps towards `normal(x) = b`, each member for itself.

    residual: `b - normal(x)`. normal: linear, symmetric and nowhere negative.
    Source: Hestenes and Stiefel 1952.
    """
    direction, size = residual, squared(residual)
    for _ in range(steps):
        ahead = normal(direction)
        length = size / (direction * ahead).sum((1, 2, 3), keepdim=True).clamp(min=LEAST)
        x, residual = x + length * direction, residual - length * ahead
        before, size = size, squared(residual)
        direction = residual + size / before.clamp(min=LEAST) * direction
    return x


def squared(x: Tensor) -> Tensor:
    """The squared length of each member, `[B, 1, 1, 1]`."""
    return x.square().sum((1, 2, 3), keepdim=True)
