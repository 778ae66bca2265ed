"""The measures against their formulas, against scikit-image and against what they must refuse."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from untaught.errors import UsageError
from untaught.metrics import psnr, ssim

RANGES = {"uint8": 255.0, "uint16": 65535.0, "int16": 65535.0, "uint32": 4294967295.0, "float64": 1.0}
BOTH = pytest.mark.parametrize("measure", [psnr, ssim])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[NDArray[Any], NDArray[Any]]:
    """A truth and a damaged copy: HW or HWC, any size from the window up, smooth or rough, any usual dtype."""
    height, width = draw(st.integers(11, 40)), draw(st.integers(11, 40))
    shape = draw(st.sampled_from([(height, width), (height, width, 1), (height, width, 3), (height, width, 4)]))
    dtype = np.dtype(draw(st.sampled_from(sorted(RANGES))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ramp = np.linspace(0, 1, height).reshape([height] + [1] * (len(shape) - 1))
    truth = np.clip(draw(st.floats(0, 1)) * ramp + draw(st.floats(0, 1)) * rng.random(shape), 0, 1)
    image = np.clip(truth + draw(st.floats(0.001, 0.5)) * rng.standard_normal(shape), 0, 1)
    if dtype.kind == "f":
        return image, truth
    low = {"int16": -32768}.get(str(dtype), 0)
    image, truth = (np.rint(low + x * RANGES[str(dtype)]).astype(dtype) for x in (image, truth))
    return image, truth


@given(pairs())
@settings(deadline=None, max_examples=60)
def test_both_equal_scikit_image(pair: tuple[NDArray[Any], NDArray[Any]]) -> None:
    image, truth = pair
    full = RANGES[str(image.dtype)]
    theirs = structural_similarity(
        truth,
        image,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=-1 if truth.ndim == 3 else None,
        data_range=full,
    )
    assert ssim(image, truth) == pytest.approx(theirs, abs=1e-6)
    wide = truth.astype(np.float64), image.astype(np.float64)
    if (image != truth).any():
        assert psnr(image, truth) == pytest.approx(peak_signal_noise_ratio(*wide, data_range=full), abs=1e-6)


@given(pairs())
@settings(deadline=None, max_examples=30)
def test_symmetric_and_perfect_on_identity_alone(pair: tuple[NDArray[Any], NDArray[Any]]) -> None:
    image, truth = pair
    assert psnr(image, truth) == psnr(truth, image)
    assert ssim(image, truth) == pytest.approx(ssim(truth, image), abs=1e-12)
    assert psnr(truth, truth.copy()) == math.inf
    assert ssim(truth, truth.copy()) == pytest.approx(1.0, abs=1e-9)
    if (image != truth).any():
        assert psnr(image, truth) < math.inf
        assert ssim(image, truth) <= 1.0 + 1e-9


def test_float32_is_measured_in_float64() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((20, 20), dtype=np.float32)
    image = truth + np.float32(1e-4) * rng.standard_normal((20, 20), dtype=np.float32)
    for measure in (psnr, ssim):
        assert measure(image, truth) == measure(image.astype(np.float64), truth.astype(np.float64))


@pytest.mark.parametrize(
    ("dtype", "difference", "decibel"),
    [
        ("uint8", 1, 48.13080360867910),  # 20 log10 255
        ("uint8", 255, 0.0),
        ("uint16", 1, 96.32946607530499),  # 20 log10 65535
        ("int16", 1, 96.32946607530499),
        ("float32", 0.125, 18.06179973983887),  # 20 log10 8
        ("float64", 1 / 255, 48.13080360867910),
        ("bool", 1, 0.0),
    ],
)
def test_psnr_of_a_constant_difference(dtype: str, difference: float, decibel: float) -> None:
    truth = np.zeros((4, 5, 3), dtype)
    image = np.full((4, 5, 3), difference, dtype)
    assert psnr(image, truth) == pytest.approx(decibel, abs=1e-9)
    assert psnr(truth, image) == pytest.approx(decibel, abs=1e-9)


def test_psnr_averages_the_error_not_the_decibels() -> None:
    truth = np.zeros((2, 2, 2))
    image = truth.copy()
    image[..., 1] = 0.1
    assert psnr(image, truth) == pytest.approx(-10 * math.log10(0.005), abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=30)
def test_ssim_of_two_constants_is_the_luminance_term(a: float, b: float) -> None:
    expected = (2 * a * b + 0.01**2) / (a * a + b * b + 0.01**2)
    assert ssim(np.full((11, 11), a), np.full((11, 11), b)) == pytest.approx(expected, abs=1e-9)


def test_ssim_is_the_mean_over_channels_and_leaves_the_border_out() -> None:
    rng = np.random.default_rng(1)
    truth, image = rng.random((2, 30, 24, 3))
    assert ssim(image, truth) == pytest.approx(
        np.mean([ssim(image[..., c], truth[..., c]) for c in range(3)]), abs=1e-12
    )
    flat = np.zeros((31, 31))
    dotted = flat.copy()
    dotted[0, 0] = 1.0  # 5 + 5 pixels from the first window's centre: outside every window but that one
    assert ssim(dotted, flat) > 1 - 1e-5
    dotted[15, 15] = 1.0
    assert ssim(dotted, flat) < 0.9


@BOTH
def test_a_told_range_scales(measure: Any) -> None:
    truth, image = np.random.default_rng(2).random((2, 16, 16))
    assert measure(255 * image, 255 * truth, data_range=255) == pytest.approx(measure(image, truth), abs=1e-9)
    assert measure(image, truth, data_range=2.0) != pytest.approx(measure(image, truth), abs=1e-3)
    twelve_bit = np.rint(4095 * image).astype(np.uint16), np.rint(4095 * truth).astype(np.uint16)
    assert measure(*twelve_bit, data_range=4095) < measure(*twelve_bit)


@BOTH
def test_byte_order_is_no_difference(measure: Any) -> None:
    truth, image = np.random.default_rng(3).integers(0, 65535, (2, 16, 16)).astype(np.uint16)
    assert measure(image.astype(">u2"), truth) == measure(image, truth)


@BOTH
@pytest.mark.parametrize(
    ("image", "truth", "sentence"),
    [
        ((64, 64, 3), (48, 64, 3), "image is 64x64x3 but truth is 48x64x3 (height x width x channels)"),
        ((64, 64), (48, 64), "image is 64x64 but truth is 48x64 (height x width)"),
        ((64, 64), (64, 64, 1), "image is 64x64 but truth is 64x64x1 (height x width x channels)"),
        ((64,), (64,), "image has shape (64,) but must be height x width, or height x width x channels"),
        ((1, 3, 64, 64), (1, 3, 64, 64), "image has shape (1, 3, 64, 64) but must be height x width, or height x"),
        ((0, 64), (0, 64), "image has shape (0, 64) but must be height x width, or height x width x channels"),
    ],
)
def test_shapes_that_cannot_be_compared(
    measure: Any, image: tuple[int, ...], truth: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        measure(np.zeros(image), np.zeros(truth))
    assert str(caught.value).startswith(sentence)


@BOTH
def test_values_that_cannot_be_compared(measure: Any) -> None:
    good = np.zeros((16, 16))
    holed = good.copy()
    holed[3, :2] = np.nan, np.inf
    with pytest.raises(UsageError, match=r"^truth has 2 values that are not finite numbers$"):
        measure(good, holed)
    with pytest.raises(UsageError, match=r"^image is complex128 but must hold real numbers$"):
        measure(good.astype(complex), good)
    with pytest.raises(UsageError, match=r"^image is uint8 but truth is float64: give data_range"):
        measure(good.astype(np.uint8), good)
    assert measure(good.astype(np.uint8), good, data_range=255) in (1.0, math.inf)


@BOTH
@pytest.mark.parametrize("told", [0, -1.0, math.nan, math.inf])
def test_a_range_that_is_no_range(measure: Any, told: float) -> None:
    with pytest.raises(UsageError, match=r"^data_range is .* but must be a number above 0$"):
        measure(np.zeros((16, 16)), np.zeros((16, 16)), data_range=told)


@pytest.mark.parametrize("shape", [(10, 64), (64, 10, 3)])
def test_ssim_refuses_images_smaller_than_its_window(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=rf"^image is {shape[0]}x{shape[1]} but ssim needs 11x11 "):
        ssim(np.zeros(shape), np.zeros(shape))
    assert psnr(np.zeros(shape), np.zeros(shape)) == math.inf
