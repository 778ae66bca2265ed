"""Orthonormal transforms as matrices: `T @ T.T = I`, so white noise stays white and keeps its sigma."""

import math

import torch
from torch import Tensor


def cosine(size: int) -> Tensor:
    """The discrete cosine transform (DCT-II), `[size, size]`, one frequency a row.

    Over three channels it is the opponent colours: brightness, red against blue, green against both.
    """
    frequency, place = torch.arange(size)[:, None], torch.arange(size)[None]
    matrix = torch.cos(math.pi * (2 * place + 1) * frequency / (2 * size)) * math.sqrt(2 / size)
    matrix[0] /= math.sqrt(2)
    return matrix


def haar(size: int) -> Tensor:
    """The Haar wavelet transform, `[size, size]`, the mean in the first row. `size` is a power of two."""
    if size < 1 or size & (size - 1):
        raise ValueError(f"the Haar transform wants a power of two, got {size}")
    matrix = torch.ones(1, 1)
    while len(matrix) < size:
        sums = torch.kron(matrix, torch.tensor([[1.0, 1.0]]))
        differences = torch.kron(torch.eye(len(matrix)), torch.tensor([[1.0, -1.0]]))
        matrix = torch.cat([sums, differences]) / math.sqrt(2)
    return matrix


def decorrelate(image: Tensor) -> Tensor:
    """`[..., C, H, W]` to as many channels of which the first is the brightness: opponent colours for RGB."""
    return torch.einsum("dc,...chw->...dhw", cosine(image.shape[-3]).to(image), image)


def recorrelate(image: Tensor) -> Tensor:
    """Undo `decorrelate`."""
    return torch.einsum("dc,...dhw->...chw", cosine(image.shape[-3]).to(image), image)
