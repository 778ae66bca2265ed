import pytest
import torch

from untaught.noise import estimate_sigma


def picture(height, width, channels=3):
    """Smooth, with edges and a little texture."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    planes = [0.5 + 0.3 * torch.sin(9 * x + k) * torch.cos(7 * y) + 0.1 * (x > y).float() for k in range(channels)]
    return torch.stack(planes)[None]


@pytest.mark.parametrize("sigma", [2 / 255, 10 / 255, 25 / 255, 50 / 255])
@pytest.mark.parametrize("channels", [1, 3])
def test_white_noise_is_measured(sigma, channels):
    clean = picture(128, 160, channels)
    noise = sigma * torch.randn(clean.shape, generator=torch.Generator().manual_seed(3))
    assert estimate_sigma(clean + noise) == pytest.approx(sigma, rel=0.06)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (2, 1), (3, 3), (5, 40), (16, 16)])
def test_small_images_have_an_answer(height, width):
    image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    assert 0 <= estimate_sigma(image) < 1


def test_a_small_image_of_noise_is_measured_roughly():
    noise = 0.1 * torch.randn(1, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    assert estimate_sigma(noise) == pytest.approx(0.1, rel=0.4)


def test_the_estimate_scales_with_the_image():
    noisy = picture(64, 64) + 0.1 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert estimate_sigma(200 * noisy) == pytest.approx(200 * estimate_sigma(noisy), rel=1e-3)
