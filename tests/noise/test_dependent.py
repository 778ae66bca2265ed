import pytest
import torch

from noise.pictures import camera, cat, draw, stored
from untaught.noise import estimate_law


def dependent(clean, gain, sigma, seed=3):
    return clean + (gain * clean + sigma**2).sqrt() * draw(clean, seed)


@pytest.mark.parametrize("make", [cat, camera], ids=["cat", "camera"])
def test_the_law_is_found(make):
    law = estimate_law(dependent(make(), 0.02, 0.02))
    assert law.is_sure()
    assert law.gain == pytest.approx(0.02, rel=0.2)
    assert abs(law.constant) < 0.002


@pytest.mark.parametrize("sigma", [5 / 255, 15 / 255, 25 / 255, 50 / 255])
@pytest.mark.parametrize("make", [cat, camera], ids=["cat", "camera"])
@pytest.mark.parametrize("clip", [False, True])
def test_white_noise_is_not_taken_for_it(make, sigma, clip):
    clean = make()
    noisy = clean + sigma * draw(clean)
    law = estimate_law(stored(noisy) if clip else noisy)
    assert law is None or not (law.is_sure() or law.is_suggested())


def test_black_may_have_a_value():
    """The variance is 0 where the image is: gain * (x - 0.1)."""
    clean = cat()
    noisy = clean + (0.03 * (clean - 0.1).clamp(min=0)).sqrt() * draw(clean)
    law = estimate_law(noisy)
    assert law.is_sure()
    assert -law.constant / law.gain == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 60), (7, 7), (20, 20)])
def test_small_images_have_no_law(height, width):
    assert estimate_law(torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))) is None
