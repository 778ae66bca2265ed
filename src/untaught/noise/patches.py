"""Small patches of an image, and the noise that lives in all of their dimensions."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def patch_vectors(image: Tensor, size: int, most: int) -> Tensor:
    """Patches of `[1, C, H, W]` as `[rows, columns, C, size * size]`, about `most` at most, evenly spread."""
    patches = image[0].unfold(1, size, 1).unfold(2, size, 1)  # [C, rows, columns, size, size]
    step = max(1, round((patches.shape[1] * patches.shape[2] / most) ** 0.5))
    return patches[:, ::step, ::step].permute(1, 2, 0, 3, 4).flatten(3)


def noise_variance(vectors: Tensor, null: int = 0) -> float:
    """Variance of the white noise in `[N, D]`, of which `null` dimensions are known to hold none.

    The covariance of all patches has few large eigenvalues (the image lives in few dimensions) and many equal ones
    (the noise lives in all): they are cut from the top until mean and median of the rest agree.
    Source: Chen, Zhu and Heng 2015 (ICCV), "An Efficient Statistical Method for Image Noise Level Estimation".
    """
    centred = vectors - vectors.mean(0)
    covariance = (centred.T @ centred).double() / max(len(vectors) - 1, 1)
    eigenvalues = torch.linalg.eigvalsh(covariance).numpy()
    return max(noise_eigenvalue(eigenvalues[null:]), 0.0)


def noise_eigenvalue(ascending: NDArray[np.float64]) -> float:
    """The mean of the lowest eigenvalues, as many as have their mean at their median."""
    for count in range(len(ascending), 0, -1):
        lowest = ascending[:count]
        mean = lowest.mean()
        if (lowest > mean).sum() >= (lowest < mean).sum():
            return float(mean)
    return float(ascending[0])


def from_differences(image: Tensor) -> float:
    """Standard deviation from the median absolute difference of neighbours, for images of a few pixels."""
    differences = torch.cat([torch.diff(image, dim=axis).flatten() for axis in (-1, -2)])
    if not len(differences):
        return 0.0
    return float(differences.abs().median()) / 0.6745 / math.sqrt(2)
