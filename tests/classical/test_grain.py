import pytest
import torch
import torch.nn.functional as F

from classical.pictures import noise, picture, psnr
from untaught.classical import at_two_scales


def smooth(y, sigma):
    """A denoiser of short reach, that smooths more where it is told more."""
    blurred = F.avg_pool2d(y, 3, 1, padding=1, count_include_pad=False)
    return y + min(1.0, 10 * sigma) * (blurred - y)


def test_blotches_go_at_half_size():
    clean = picture(64, 64)[..., :32, :]
    blotches = F.avg_pool2d(noise(clean, 0.4, seed=2), 5, 1, padding=2)
    one = smooth(clean + blotches, 0.2)
    assert psnr(at_two_scales(smooth, clean + blotches, 0.2), clean) > psnr(one, clean) + 0.5


@pytest.mark.parametrize(("height", "width"), [(1, 1), (15, 40), (16, 16), (17, 31)])
def test_any_size_comes_back(height, width):
    y = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    assert at_two_scales(smooth, y, 0.1).shape == y.shape


def test_a_denoiser_that_changes_nothing_changes_nothing():
    y = picture(20, 30)
    assert torch.equal(at_two_scales(lambda image, sigma: image, y, 0.1), y)
