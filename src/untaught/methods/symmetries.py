"""The eight symmetries of the square."""

from collections.abc import Callable

import torch
from torch import Tensor

WAYS = 8


def turned(x: Tensor, way: int) -> Tensor:
    """One of the eight symmetries of the square."""
    return (x.flip(-1) if way % 2 else x).rot90(way // 2, (-2, -1))


def over_ways(made: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The mean of what is made of `x` in each of its eight symmetries, each turned back."""
    return torch.stack([turned_back(made(turned(x, way)), way) for way in range(WAYS)]).mean(0)


def turned_back(x: Tensor, way: int) -> Tensor:
    """What was `turned`, as it was."""
    x = x.rot90(-(way // 2), (-2, -1))
    return x.flip(-1) if way % 2 else x
