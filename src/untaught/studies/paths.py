"""Where a fit goes: its iterates as points, how bent their path is, and the plane that shows most of it."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Path:
    """Where a fit went."""

    steps: list[int]  # of those kept, counted from 0, which is the start
    images: Tensor  # [kept, C * H * W]
    weights: Tensor | None  # [kept, weights], of the network
    psnr: list[float]  # at every step
    misfit: float  # of the last iterate

    def image(self, number: int, shape: tuple[int, int, int]) -> Tensor:
        """One of those kept, `[1, C, H, W]`."""
        return self.images[number].view(1, *shape)


def rms(x: Tensor) -> Tensor:
    """Over the last axis."""
    return x.square().mean(-1).sqrt()


def bent(points: Tensor) -> float:
    """A path's length, of the distance between its ends: 1 if it is straight."""
    return float((points[1:] - points[:-1]).norm(dim=1).sum() / (points[-1] - points[0]).norm().clamp(min=1e-12))


@dataclass(frozen=True, eq=False)
class Plane:
    """The two principal directions of some points."""

    middle: Tensor  # [n]
    directions: Tensor  # [2, n], orthonormal
    share: float  # of the points' variance

    @classmethod
    def of(cls, points: Tensor) -> "Plane":
        """By singular values. `[count, n]`."""
        middle = points.mean(0)
        _, values, directions = torch.linalg.svd(points - middle, full_matrices=False)
        powers = values.double().square()
        return cls(middle, directions[:2], float(powers[:2].sum() / powers.sum()))

    def places(self, points: Tensor) -> list[list[float]]:
        """Where points lie in it, `[count, 2]`: root mean square over components, so that sizes do not count."""
        found: list[list[float]] = ((points - self.middle) @ self.directions.T / len(self.middle) ** 0.5).tolist()
        return found
