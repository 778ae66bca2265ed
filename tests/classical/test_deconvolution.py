"""Deconvolution by total variation: minimises what it says, makes no borders up, and takes a blur back."""

import pytest
import torch

from untaught.classical import deconvolve
from untaught.classical.deconvolution import EDGE
from untaught.operators import Blur

BLUR = Blur.motion(5, 20)


@pytest.fixture
def sharp():
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(40.0), indexing="ij")
    disc = ((y - 20).square() + (x - 22).square() < 120).float()
    return torch.stack([0.2 + 0.6 * disc, 0.8 - 0.5 * disc + 0.002 * x])[None]


def energy(x, y, sigma):
    down, right = x.diff(dim=-2)[..., :-1], x.diff(dim=-1)[..., :-1, :]
    length = (down.square() + right.square()).sqrt().sum()
    return float((BLUR(x) - y).square().sum() / (2 * sigma**2) + length / EDGE)


def test_it_takes_a_blur_back_up_to_the_borders(sharp):
    y = BLUR(sharp)
    x = deconvolve(y, BLUR.kernel, 0.005)
    assert x.shape == sharp.shape and x.dtype is torch.float32
    off = (BLUR.asked(x) - BLUR.asked(sharp)).square().mean().sqrt()
    blurred = (y - BLUR.asked(sharp)).square().mean().sqrt()
    assert off < 0.35 * blurred
    edge = (BLUR.asked(x) - BLUR.asked(sharp))[..., :3].abs().mean()
    assert edge < 0.02, "nothing rings at the border"


def test_more_rounds_come_nearer_to_what_it_minimises(sharp):
    sigma = 0.02
    y = BLUR(sharp) + sigma * torch.randn(BLUR(sharp).shape, generator=torch.Generator().manual_seed(0))
    few, usual, many = (energy(deconvolve(y, BLUR.kernel, sigma, rounds=n), y, sigma) for n in (5, 200, 600))
    assert usual < few and usual < 1.05 * many
    assert usual < energy(sharp, y, sigma)


def test_more_noise_makes_it_smoother(sharp):
    y = BLUR(sharp) + 0.02 * torch.randn(BLUR(sharp).shape, generator=torch.Generator().manual_seed(0))
    rough, smooth = (deconvolve(y, BLUR.kernel, sigma).diff(dim=-1).abs().mean() for sigma in (0.005, 0.04))
    assert smooth < 0.6 * rough


def test_channels_are_alone(sharp):
    y = BLUR(sharp)
    alone = deconvolve(y[:, :1], BLUR.kernel, 0.01, rounds=20)
    torch.testing.assert_close(deconvolve(y, BLUR.kernel, 0.01, rounds=20)[:, :1], alone)
