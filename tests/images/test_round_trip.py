"""What is written comes back: by values, for every format, dtype and mode."""

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tests.images.samples import noise, picture
from untaught.errors import UsageError
from untaught.images import read, write
from untaught.images.formats import FORMATS

LOSSLESS = [("png", "uint8"), ("png", "uint16"), ("webp", "uint8")] + [
    (suffix, dtype) for suffix in ("tif", "tiff") for dtype in ("uint8", "uint16", "float32", "float64")
]


@pytest.mark.parametrize(("suffix", "dtype"), LOSSLESS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_value_comes_back(tmp_path: Path, suffix: str, dtype: str, channels: int):
    samples = noise(dtype, channels)
    pixels, alpha = samples, None
    if channels in (2, 4):
        pixels, alpha = (samples[..., 0] if channels == 2 else samples[..., :3]), samples[..., -1]
    path = tmp_path / f"out.{suffix}"
    write(path, pixels, like=picture(pixels, alpha))
    back = read(path)
    expected = np.stack([pixels] * 3, axis=2) if suffix == "webp" and channels < 3 else pixels  # WebP knows no grey
    assert back.pixels.dtype == dtype
    np.testing.assert_array_equal(back.pixels, expected)
    if alpha is None:
        assert back.alpha is None
    else:
        assert back.alpha is not None and back.alpha.dtype == dtype
        np.testing.assert_array_equal(back.alpha, alpha)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_colour_keeps_16_real_bits(tmp_path: Path, suffix: str):
    pixels = noise("uint16", 3, 64, 64)
    path = tmp_path / f"out.{suffix}"
    write(path, pixels)
    independent = imagecodecs.png_decode(path.read_bytes()) if suffix == "png" else tifffile.imread(path)
    np.testing.assert_array_equal(independent, pixels)
    back = read(path).pixels
    np.testing.assert_array_equal(back, pixels)
    assert len(np.unique(back)) > 2**13  # 8-bit values stretched to 16 are at most 256
    assert len(np.unique(back & 0xFF)) == 256 and len(np.unique(back.astype(int) % 257)) == 257


@pytest.mark.parametrize(("suffix", "mode"), [("png", "RGB"), ("png", "L"), ("tif", "RGB"), ("webp", "RGB")])
def test_other_programs_read_the_same_values(tmp_path: Path, suffix: str, mode: str):
    pixels = noise("uint8", 3 if mode == "RGB" else 1)
    path = tmp_path / f"out.{suffix}"
    write(path, pixels)
    with Image.open(path) as image:
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "JPG"])
def test_jpeg_is_close_and_keeps_colour_at_full_resolution(tmp_path: Path, suffix: str, channels: int):
    pixels = noise("uint8", channels, 32, 32)
    path = tmp_path / f"out.{suffix}"
    write(path, pixels)
    back = read(path)
    assert back.format == "JPEG" and back.pixels.shape == pixels.shape and back.pixels.dtype == np.uint8
    error = np.abs(back.pixels.astype(int) - pixels).mean()
    assert 0 < error < 4  # noise in colour at half resolution would be off by 30


@given(hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5).map(lambda shape: (*shape, 3))))
@settings(max_examples=30, deadline=None)
def test_any_16_bit_colour_png(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray):
    path = tmp_path_factory.mktemp("any") / "out.png"
    write(path, pixels)
    np.testing.assert_array_equal(read(path).pixels, pixels)


@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=30, deadline=None)
def test_any_float_tiff(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, dtype: str):
    finite = hnp.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)
    pixels = data.draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=5), elements=finite))
    path = tmp_path_factory.mktemp("any") / "out.tif"
    write(path, pixels)
    np.testing.assert_array_equal(read(path).pixels, pixels)


def test_pixels_that_are_views_are_written_as_they_look(tmp_path: Path):
    pixels = noise("uint16", 3)
    for suffix in ("png", "tif"):
        path = tmp_path / f"out.{suffix}"
        write(path, pixels[::-1, ::2])
        np.testing.assert_array_equal(read(path).pixels, pixels[::-1, ::2])
    write(path, pixels.astype(">u2"), overwrite=True)
    np.testing.assert_array_equal(read(path).pixels, pixels)


def test_what_read_gives_can_be_worked_on(tmp_path: Path):
    for suffix, dtype in LOSSLESS:
        path = tmp_path / f"out.{suffix}"
        pixels = noise(dtype, 3)
        write(path, pixels, like=picture(pixels, pixels[..., 0]), overwrite=True)
        back = read(path)
        assert back.alpha is not None
        for array in (back.pixels, back.alpha):
            assert array.flags.writeable and array.flags.c_contiguous and array.dtype.isnative


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_alpha_follows_the_size_of_the_pixels(tmp_path: Path, dtype: str):
    top = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    alpha = np.zeros((8, 6), dtype)
    alpha[:, 3:] = top
    like = picture(noise(dtype, 3, 8, 6), alpha)
    path = tmp_path / "out.tif"
    write(path, noise(dtype, 3, 32, 24), like=like)
    back = read(path).alpha
    assert back is not None and back.shape == (32, 24) and back.dtype == dtype
    assert back.min() == 0 and back.max() == top
    assert (back[:, :8] == 0).all() and (back[:, 16:] == top).all() and (np.diff(back.astype(float)) >= 0).all()


@pytest.mark.parametrize(("before", "after", "half"), [("uint8", "uint16", 32896), ("uint16", "uint8", 128)])
def test_alpha_follows_the_dtype_of_the_pixels(tmp_path: Path, before: str, after: str, half: int):
    alpha = np.array([[0, (np.iinfo(before).max + 1) // 2, np.iinfo(before).max]], before)
    write(tmp_path / "out.png", noise(after, 3, 1, 3), like=picture(noise(before, 3, 1, 3), alpha))
    back = read(tmp_path / "out.png").alpha
    assert back is not None
    np.testing.assert_array_equal(back, [[0, half, np.iinfo(after).max]])


def test_alpha_beyond_opaque_is_opaque_in_integers(tmp_path: Path):
    like = picture(noise("float32", 3, 1, 3), np.array([[-0.5, 0.5, 1.5]], np.float32))
    write(tmp_path / "out.png", noise("uint8", 3, 1, 3), like=like)
    np.testing.assert_array_equal(read(tmp_path / "out.png").alpha, [[0, 128, 255]])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64", "int32", "bool", "float16"])
@pytest.mark.parametrize("alpha", [False, True])
def test_what_a_format_cannot_hold_is_refused_and_nothing_is_left(tmp_path: Path, dtype: str, alpha: bool):
    pixels = np.zeros((4, 5, 3), dtype)
    for each in FORMATS:
        path = tmp_path / f"out{each.suffixes[0]}"
        like = picture(pixels, pixels[..., 0] if alpha else None)
        if dtype in each.dtypes and (each.alpha or not alpha):
            write(path, pixels, like=like)
            path.unlink()
        else:
            with pytest.raises(UsageError, match=rf"{each.name} cannot hold ({dtype} pixels|alpha); .* can$"):
                write(path, pixels, like=like)
        assert not list(tmp_path.iterdir())
