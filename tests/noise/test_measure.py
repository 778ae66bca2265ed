import io

import numpy as np
import pytest
import torch
from PIL import Image

from noise.pictures import blurred, camera, cat, draw, stored
from untaught.noise import Noise, estimate_law, estimate_sigma, measure_noise


def through_jpeg(image, quality):
    pixels = (image[0].movedim(0, -1).numpy() * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).movedim(-1, 0)[None].float() / 255


def test_white_noise_is_white():
    clean = cat()
    noisy = stored(clean + 25 / 255 * draw(clean))
    noise = measure_noise(noisy)
    assert noise.gain == 0 and not noise.grain
    assert noise.white_sigma == noise.sigma == estimate_sigma(noisy)
    assert noise.forward(noisy) is noisy and noise.backward(noisy) is noisy


def test_photons_are_counted():
    clean = cat()
    generator = torch.Generator().manual_seed(2)
    noise = measure_noise(0.04 * torch.poisson(clean / 0.04, generator=generator))
    assert noise.gain == pytest.approx(0.04, rel=0.25)
    stabilised = noise.forward(0.04 * torch.poisson(torch.full((1, 1, 200, 200), 10.0), generator=generator))
    assert float(stabilised.std()) == pytest.approx(noise.white_sigma, rel=0.15)
    assert float(noise.deviation(torch.tensor(0.4))) == pytest.approx((0.04 * 0.4) ** 0.5, rel=0.15)


def test_a_law_that_is_suggested_and_not_sure_is_said_to_be():
    clean = camera()[..., 64:192, 128:256]
    counted = clean + (0.02 * clean).sqrt() * draw(clean)
    law, noise = estimate_law(counted), measure_noise(counted)
    assert law.is_suggested() and not law.is_sure()
    assert noise.unsure and noise.gain == 0 and noise.sigma == estimate_sigma(counted)
    assert not noise.is_white and noise.kind == "noise that may grow with the light"
    white = measure_noise(clean + 25 / 255 * draw(clean))
    assert not white.unsure and white.is_white and white.kind == "white"


def test_blotches_are_noise_that_eigenvalues_miss():
    smooth = torch.linspace(0.2, 0.8, 160).expand(1, 3, 128, 160)
    noisy = through_jpeg(stored(smooth + 4 / 255 * blurred(draw(smooth))), 90)
    assert 255 * estimate_sigma(noisy) < 1
    noise = measure_noise(noisy)
    assert noise.grain and noise.correlation > 0.5
    assert 4 < 255 * noise.sigma <= 12


def test_a_jpeg_hides_white_noise_from_the_eigenvalues_only():
    noisy = through_jpeg(stored(cat() + 20 / 255 * draw(cat())), 85)
    assert 255 * estimate_sigma(noisy) < 3
    noise = measure_noise(noisy)
    assert not noise.grain
    assert 10 < 255 * noise.sigma < 22


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 1, 7), (1, 4, 5, 5), (1, 1, 9, 30)])
def test_any_image_has_an_answer(shape):
    assert 0 <= measure_noise(torch.rand(shape, generator=torch.Generator().manual_seed(1))).white_sigma < 1


def test_what_is_no_noise_is_refused():
    with pytest.raises(ValueError, match="wanted a sigma and a gain"):
        Noise(sigma=-0.1)
