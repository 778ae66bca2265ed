"""The kernel of an unknown blur, from edges alone."""

import pytest
import torch

from untaught.classical import estimate_kernel
from untaught.classical.kernel import normalised
from untaught.operators import Blur


def scene(seed=0):
    """Random discs and bars, `[1, 3, 90, 96]`: many edges in all directions."""
    draw = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.arange(90.0), torch.arange(96.0), indexing="ij")
    image = torch.full((90, 96), 0.5)
    for _ in range(25):
        a, b, r, level = torch.rand(4, generator=draw)
        image = torch.where((y - 90 * a).square() + (x - 96 * b).square() < (4 + 14 * r) ** 2, level, image)
    return image.expand(1, 3, -1, -1).clone()


def likeness(kernel, other):
    """Cosine at the best shift."""
    size = [n + m for n, m in zip(kernel.shape, other.shape, strict=True)]
    spectra = torch.fft.rfft2(kernel, s=size) * torch.fft.rfft2(other, s=size).conj()
    return float(torch.fft.irfft2(spectra, s=size).max() / kernel.norm() / other.norm())


@pytest.mark.parametrize(("length", "angle"), [(9, 0), (9, 60)])
def test_a_motion_is_found(length, angle):
    blur = Blur.motion(length, angle)
    found = estimate_kernel(blur(scene()), 15)
    true = blur.kernel.float()
    assert found.shape == (15, 15) and float(found.sum()) == pytest.approx(1) and found.min() >= 0
    assert likeness(found, true) > 0.75
    assert likeness(found, true) > likeness(found, true.T if angle else true.rot90()) + 0.1


def test_the_centre_of_mass_comes_to_the_middle_and_specks_go():
    kernel = torch.zeros(9, 9)
    kernel[1:4, 6] = 1.0
    kernel[8, 0], kernel[0, 0] = 0.08, 0.01
    out = normalised(kernel)
    assert float(out.sum()) == pytest.approx(1) and (out > 0).sum() == 3
    assert torch.allclose(out[3:6, 4], torch.full((3,), 1 / 3))


def test_nothing_left_is_any_kernel():
    assert torch.allclose(normalised(-torch.ones(3, 3)), torch.full((3, 3), 1 / 9))
