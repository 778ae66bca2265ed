import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from untaught.abilities import Projecting
from untaught.operators.jpeg import Jpeg, cubic, straight_through, tables

ORDER = {"4:4:4": 0, "4:2:0": 2}  # Pillow's numbers


def picture(height, width, channels):
    """Smooth shapes, edges and texture, 8 bit, HW or HWC."""
    noise = np.random.default_rng(0).normal(size=(80, 80, channels))
    noise = 0.8 * noise[..., :1] + 0.2 * noise
    smooth = gaussian_filter(noise, (6, 6, 0))
    values = 128 + 50 * smooth / smooth.std() + 8 * gaussian_filter(noise, (1, 1, 0)) / 0.28
    values[20:, 5:40] *= 0.6
    values = values[:height, :width].clip(0, 255).round().astype(np.uint8)
    return values[..., 0] if channels == 1 else values


def as_tensor(image):
    values = torch.from_numpy(image.astype(np.float64)) / 255
    return values[None, None] if image.ndim == 2 else values.movedim(-1, 0)[None]


def stored(image, quality, subsampling):
    """By Pillow: the file, opened."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=ORDER[subsampling])
    return Image.open(file)


@pytest.mark.parametrize("size", [(64, 80), (53, 67), (9, 3)])
@pytest.mark.parametrize(("channels", "subsampling"), [(1, "4:4:4"), (3, "4:4:4"), (3, "4:2:0")])
@pytest.mark.parametrize("quality", [10, 50, 90])
def test_it_is_what_pillow_does(quality, channels, subsampling, size):
    image = picture(*size, channels)
    file = stored(image, quality, subsampling)
    wanted = np.asarray(file).astype(float)
    operator = Jpeg(steps=tables(quality), subsampling=subsampling, rounding=torch.round)
    made = 255 * operator(as_tensor(image))[0].movedim(0, -1).numpy().reshape(wanted.shape)
    rms = np.sqrt(np.mean((made - wanted) ** 2))
    assert rms < 1.5
    if quality < 90 and size != (9, 3):
        assert rms < 0.3 * np.sqrt(np.mean((image - wanted) ** 2)), "the codec's error is reproduced, not just small"


@pytest.mark.parametrize("width", [4, 6])
def test_narrow_chroma_is_repeated_as_libjpeg_does(width):
    image = np.zeros((16, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = (200, 60, 60), (60, 90, 200)
    made = 255 * Jpeg(steps=tables(95), rounding=torch.round)(as_tensor(image))[0].movedim(0, -1).numpy()
    assert np.sqrt(np.mean((made - np.asarray(stored(image, 95, "4:2:0"))) ** 2)) < 2.5


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 100])
def test_the_tables_are_libjpegs(quality):
    held = stored(picture(16, 16, 3), quality, "4:4:4").quantization
    for made, wanted in zip(tables(quality), (held[0], held[1]), strict=True):
        assert [step for row in made for step in row] == list(wanted)


@pytest.mark.parametrize("rounding", [cubic, torch.sin, straight_through])
def test_its_gradient(rounding):
    """Of `straight_through` that of no rounding: by definition not what differences say."""
    x = 0.3 + 0.4 * torch.rand(1, 3, 9, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x.requires_grad_(True)
    for subsampling in ("4:4:4", "4:2:0"):
        operator = Jpeg(steps=tables(60), subsampling=subsampling, rounding=rounding)
        if rounding is straight_through:
            smooth = Jpeg(steps=tables(60), subsampling=subsampling, rounding=lambda values: values)
            slopes = [torch.autograd.grad((one(x) - 0.5).sum(), x)[0] for one in (operator, smooth)]
            torch.testing.assert_close(*slopes)
        else:
            assert torch.autograd.gradcheck(operator, x, fast_mode=True)


def test_the_surrogates_are_near_what_they_stand_for():
    x = torch.linspace(-2, 2, 41, dtype=torch.float64)
    assert torch.equal(straight_through(x), x.round())
    assert (cubic(x) - x.round()).abs().max() <= 0.125


@pytest.mark.parametrize(("channels", "subsampling"), [(1, "4:2:0"), (3, "4:4:4")])
@pytest.mark.parametrize("quality", [10, 50])
def test_projection_gives_an_image_with_the_same_jpeg(quality, channels, subsampling):
    operator = Jpeg(steps=tables(quality), subsampling=subsampling)
    image = 0.5 + 0.6 * (as_tensor(picture(40, 48, channels)) - 0.5)  # nothing is clipped
    y, x = operator(image), torch.rand(1, channels, 40, 48, dtype=torch.float64) * 0.2 + 0.4
    near = operator.project(x, y)
    unclipped = near.clamp(0, 1)
    assert torch.equal(unclipped, near), "or the comparison is none"
    off, before = ((operator(one) - y).square().mean().sqrt() for one in (near, x))
    assert off < 1e-9 if channels == 1 else off < 0.01 * before
    torch.testing.assert_close(operator.project(near, y), near)
    if channels == 1:
        torch.testing.assert_close(operator.project(image, y), image, atol=0.002, rtol=0)
    assert isinstance(operator, Projecting)


def test_with_halved_chroma_it_projects_luma_alone():
    operator = Jpeg(steps=tables(20))
    image = 0.5 + 0.5 * (as_tensor(picture(40, 48, 3)) - 0.5)
    x = image + 0.05 * torch.randn(image.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    near = operator.project(x, operator(image))
    change = near - x
    torch.testing.assert_close(change, change[:, :1].expand_as(change))
    assert (near - image).square().mean() < (x - image).square().mean()


def test_a_batch_is_each_alone():
    operator, x = Jpeg(steps=tables(30)), torch.rand(2, 3, 12, 20)
    torch.testing.assert_close(operator(x), torch.cat([operator(one) for one in x.split(1)]))


def test_what_it_refuses():
    with pytest.raises(ValueError, match="quality is 0; wanted 1 to 100"):
        tables(0)
    with pytest.raises(ValueError, match="subsampling is '4:1:1'"):
        Jpeg(steps=tables(50), subsampling="4:1:1")
    with pytest.raises(ValueError, match="8x8 of positive numbers"):
        Jpeg(steps=(tables(50)[0], ((0,) * 8,) * 8))
    with pytest.raises(ValueError, match="the image has 4 channels; a JPEG has 1 or 3"):
        Jpeg(steps=tables(50))(torch.rand(1, 4, 8, 8))
