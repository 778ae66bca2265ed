"""Photographs and noise for the estimators of noise."""

from pathlib import Path

import torch
from skimage import data

from untaught.images import read

CHELSEA = Path(__file__).parents[2] / "examples" / "data" / "chelsea.png"


def cat():
    """`[1, 3, H, W]` on [0, 1]; much fur."""
    return torch.from_numpy(read(CHELSEA).pixels[..., :3].copy()).movedim(-1, 0)[None].float() / 255


def camera():
    """The cameraman, grey, 256 x 256: much grass, a sky, a black coat."""
    return torch.from_numpy(data.camera()[::2, ::2].copy())[None, None].float() / 255


def draw(like, seed=3):
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(seed))


def stored(image):
    """As an 8-bit file keeps it."""
    return (image.clamp(0, 1) * 255).round() / 255


def blurred(noise):
    """Of the same variance, with neighbours alike."""
    kernel = torch.tensor([1.0, 2.0, 3.0, 2.0, 1.0])
    kernel = (kernel[:, None] * kernel[None])[None, None].repeat(noise.shape[1], 1, 1, 1)
    return torch.nn.functional.conv2d(noise, kernel / kernel[0].norm(), padding=2, groups=noise.shape[1])
