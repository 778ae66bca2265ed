"""Small pictures for the classical denoisers."""

import torch


def picture(height, width, channels=3):
    """Smooth, with edges and stripes that repeat."""
    y, x = torch.meshgrid(torch.arange(float(height)), torch.arange(float(width)), indexing="ij")
    stripes = 0.15 * torch.sign(torch.sin(0.9 * x + 0.4 * y)) * (y > height / 2)
    planes = [
        0.5 + 0.2 * torch.sin(0.05 * x + k) * torch.cos(0.08 * y) + stripes * (1 - 0.2 * k) for k in range(channels)
    ]
    return torch.stack(planes)[None]


def noise(like, sigma, seed=0):
    return sigma * torch.randn(like.shape, generator=torch.Generator().manual_seed(seed))


def psnr(x, truth):
    return -10 * float(torch.log10((x - truth).square().mean()))
