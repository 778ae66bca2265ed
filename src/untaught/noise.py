"""What noise is in this image?"""

import numpy as np
import torch
from torch import Tensor

PATCH = 7  # pixels a side, as in the source
MOST_PATCHES = 2**17  # more add time and no accuracy


def estimate_sigma(image: Tensor) -> float:
    """Standard deviation of the white noise in `[1, C, H, W]`, in the image's units, one number for all channels.

    The covariance of all small patches has few large eigenvalues (the image lives in few dimensions) and many equal
    ones (the noise lives in all): the eigenvalues are cut from the top until mean and median of the rest agree.
    Source: Chen, Zhu and Heng 2015 (ICCV), "An Efficient Statistical Method for Image Noise Level Estimation".
    Departs: patches are smaller in an image too small for 7 x 7; without room for any, the spread of differences of
    neighbours is taken. White noise only: noise with a grain, or clipped at black and white, comes out too small.
    """
    _, channels, height, width = image.shape
    size = next((p for p in range(PATCH, 1, -1) if enough(channels, height, width, p)), None)
    if size is None:
        return from_differences(image)
    patches = image[0].unfold(1, size, 1).unfold(2, size, 1)  # [C, rows, columns, size, size]
    step = max(1, round((patches.shape[1] * patches.shape[2] / MOST_PATCHES) ** 0.5))
    vectors = patches[:, ::step, ::step].permute(1, 2, 0, 3, 4).reshape(-1, channels * size * size).double()
    eigenvalues = torch.linalg.eigvalsh(torch.cov(vectors.T)).cpu().numpy()
    return float(np.sqrt(max(noise_eigenvalue(eigenvalues), 0.0)))


def enough(channels: int, height: int, width: int, size: int) -> bool:
    """Are there several patches of this size for each of their dimensions?"""
    return height >= size and width >= size and (height - size + 1) * (width - size + 1) >= 3 * channels * size**2


def noise_eigenvalue(ascending: np.ndarray) -> float:
    """The mean of the lowest eigenvalues, as many as have their mean at their median."""
    for count in range(len(ascending), 0, -1):
        lowest = ascending[:count]
        mean = lowest.mean()
        if (lowest > mean).sum() >= (lowest < mean).sum():
            return float(mean)
    return float(ascending[0])


def from_differences(image: Tensor) -> float:
    """From the median absolute difference of neighbours, for images of a few pixels."""
    differences = torch.cat([torch.diff(image, dim=axis).flatten() for axis in (-1, -2)])
    if not len(differences):
        return 0.0
    return float(differences.abs().median()) / 0.6745 / 2**0.5
