import pytest
import torch

from noise.pictures import blurred, cat, draw, stored
from untaught.noise import Grain, estimate_grain


def ramp():
    return torch.linspace(0.4, 0.6, 160).expand(1, 3, 128, 160)


def test_white_noise_has_no_correlation():
    grain = estimate_grain(ramp() + 0.02 * draw(ramp()))
    assert abs(grain.correlation) < 0.03
    assert grain.spread < 0.02 <= grain.most_white(3) * 1.03
    assert not grain.is_blotchy(0.02) and not grain.is_hidden(0.02)


def test_blurred_noise_has():
    noise = 3 / 255 * blurred(draw(ramp()))
    grain = estimate_grain(stored(ramp() + noise))
    assert grain.correlation > 0.6
    assert grain.is_blotchy(0.3 / 255)
    assert 6 / 255 < grain.white_sigma() < 25 / 255


def test_the_white_sigma_is_the_spectrum_at_zero():
    """Of an autoregression whose neighbours correlate by 0.6, against the mean of large blocks."""
    noise = draw(torch.zeros(1, 1, 512, 512)).double()
    for axis in (2, 3):
        noise = noise.movedim(axis, 0).contiguous()
        for i in range(1, len(noise)):
            noise[i] = 0.6 * noise[i - 1] + 0.8 * noise[i]
        noise = noise.movedim(0, axis)
    blocks = torch.nn.functional.avg_pool2d(noise, 32)
    assert Grain(1.0, 0.6).white_sigma() == pytest.approx(32 * float(blocks.std()), rel=0.15)


def test_texture_is_not_blotchy_and_hides_no_noise():
    grain = estimate_grain(cat())
    assert not grain.is_hidden(1 / 255)
    strong = estimate_grain((3 * (cat() - 0.5) + 0.5).clamp(0, 1))
    assert not strong.is_blotchy(1 / 255) or strong.spread < 4 / 255


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 40), (8, 8), (12, 30)])
def test_small_images_show_none(height, width):
    assert estimate_grain(torch.rand(1, 1, height, width)) == Grain(0.0, 0.0)
