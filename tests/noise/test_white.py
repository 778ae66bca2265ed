import math

import pytest
import torch

from noise.pictures import camera, cat, draw, stored
from untaught.noise import estimate_sigma
from untaught.noise.patches import noise_variance
from untaught.noise.white import Patches


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


@pytest.mark.parametrize("sigma", [15 / 255, 25 / 255, 50 / 255])
@pytest.mark.parametrize("make", [cat, camera], ids=["cat", "camera"])
def test_clipped_8_bit_files_are_measured(make, sigma):
    clean = make()
    assert estimate_sigma(stored(clean + sigma * draw(clean))) == pytest.approx(sigma, rel=0.06)


def test_a_white_sky_hides_no_noise():
    """Eigenvalues alone say 19 here."""
    clean = picture(128, 160)
    clean[..., :64, :] = 1.0
    noisy = stored(clean + 25 / 255 * draw(clean))
    assert 255 * by_eigenvalues(noisy) < 21
    assert 255 * estimate_sigma(noisy) == pytest.approx(25, rel=0.05)


def by_eigenvalues(image):
    return math.sqrt(noise_variance(Patches.of(image, 7).vectors))


def test_grey_texture_is_not_noise():
    clean = camera()
    noisy = stored(clean + 10 / 255 * draw(clean))
    assert 255 * by_eigenvalues(noisy) > 11.5
    assert 255 * estimate_sigma(noisy) == pytest.approx(10, rel=0.07)


def test_a_black_background_with_the_noise_cut_off():
    clean = torch.zeros(1, 1, 128, 128)
    clean[..., 30:90, 40:100] = 0.4
    noisy = stored(clean + 0.08 * draw(clean))
    assert estimate_sigma(noisy) == pytest.approx(0.08, rel=0.08)


def test_a_painted_border_has_no_noise():
    noisy = 0.3 * torch.ones(1, 3, 128, 128)
    noisy[..., 16:112, 16:112] = 0.5
    noisy[..., 16:112, 16:112] += 0.1 * draw(noisy[..., 16:112, 16:112])
    assert estimate_sigma(noisy) == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("channels", [1, 3])
def test_no_noise_is_no_noise(channels):
    disc = torch.zeros(1, channels, 64, 64)
    disc[..., 20:40, 20:50] = 1.0
    assert estimate_sigma(disc) < 0.2 / 255
    assert estimate_sigma(stored(picture(64, 64, channels))) < 1 / 255
