"""Tubes of known width, depth and direction; shown to descriptors, and looked at in the middle."""

import numpy as np
import torch

SIDE = 97
MIDDLE = SIDE // 2


def distance(angle=0.0, side=SIDE):
    """From the line through the middle that goes `angle` down from the right, `[side, side]`."""
    rows, columns = np.mgrid[:side, :side] - side // 2
    return columns * np.sin(angle) - rows * np.cos(angle)


def as_image(values, dtype=torch.float64):
    return torch.from_numpy(np.ascontiguousarray(values)).to(dtype)[None, None]


def line(width, *, angle=0.0, depth=0.4, level=0.8, side=SIDE, dtype=torch.float64):
    """Dark, its profile a Gaussian of that width."""
    return as_image(level - depth * np.exp(-(distance(angle, side) ** 2) / (2 * width**2)), dtype)


def band(half_width, *, angle=0.0, depth=0.4, level=0.8, side=SIDE, dtype=torch.float64):
    """Dark, flat; pixels on its edges are covered in part."""
    covered = (half_width - np.abs(distance(angle, side)) + 0.5).clip(0, 1)
    return as_image(level - depth * covered, dtype)


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape)).to(dtype)


def middle(response):
    """`[..., H, W]` at the middle pixel."""
    return response[..., response.shape[-2] // 2, response.shape[-1] // 2]
