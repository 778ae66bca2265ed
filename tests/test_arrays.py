import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from untaught.arrays import take
from untaught.errors import InputError

DTYPES = [np.uint8, np.uint16, np.int16, np.int32, np.float16, np.float32, np.float64]


@st.composite
def images(draw):
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    shape += draw(st.sampled_from([(), (1,), (2,), (3,), (4,)]))
    values = st.floats(-100, 100, width=16) if np.issubdtype(dtype, np.floating) else None
    return draw(hnp.arrays(dtype, shape, elements=values))


@settings(max_examples=150, deadline=None)
@given(images())
def test_an_array_comes_back_as_it_was(image):
    if (image == image.flat[0]).all():
        with pytest.raises(InputError, match="constant"):
            take(image)
        return
    x, frame = take(image)
    assert x.shape[0] == 1 and x.dtype is torch.float32 and x.min() >= 0 and x.max() <= 1
    back = frame.back(x)
    assert back.dtype == image.dtype and back.shape == image.shape
    span = float(image.max()) - float(image.min())
    step = 0.5 if np.issubdtype(image.dtype, np.integer) else 1e-3 * max(span, 1)  # float16 has eleven bits
    np.testing.assert_allclose(back.astype(float), image.astype(float), rtol=0, atol=step + 2e-7 * span)


@pytest.mark.parametrize("shape", [(5, 7), (3, 5, 7), (1, 3, 5, 7)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32, torch.float64, torch.float16])
def test_a_tensor_comes_back_as_it_was(shape, dtype):
    image = (torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 200).to(dtype)
    x, frame = take(image)
    back = frame.back(x)
    assert isinstance(back, torch.Tensor) and back.dtype is dtype and back.shape == image.shape
    assert torch.allclose(back.double(), image.double(), atol=0.1)


def test_a_grey_picture_stored_as_rgb_is_one_channel_and_comes_back_as_three():
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5)
    x, frame = take(np.dstack([grey] * 3))
    assert x.shape == (1, 1, 4, 5)
    assert np.array_equal(frame.back(x), np.dstack([grey] * 3))


def test_twelve_bits_in_sixteen_are_stretched_and_eight_bits_are_not():
    faint = np.array([[0.0003, 0.0005], [0.0004, 0.0004]], np.float32)
    assert float(take(faint)[0].max()) == 1.0
    dark = np.array([[0, 4095], [17, 2000]], np.uint16)
    assert float(take(dark)[0].max()) == 1.0
    assert float(take(np.array([[0, 51]], np.uint8))[0].max()) == pytest.approx(0.2)
    assert float(take(np.array([[0, 0.3]], np.float32))[0].max()) == pytest.approx(0.3)


def test_results_beyond_the_range_are_clipped_and_rounded_not_wrapped():
    _, frame = take(np.array([[0, 255]], np.uint8))
    out = frame.back(torch.tensor([[[[-0.1, 1.2], [0.502, 0.5]]]]))
    assert out.tolist() == [[0, 255], [128, 128]]


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ("cat.png", "is a str; wanted a numpy array"),
        (np.zeros((4, 4), bool), "holds bool values"),
        (np.zeros((4, 4), complex), "holds complex128 values"),
        (torch.zeros(4, 4, dtype=torch.bool), "holds torch.bool values"),
        (np.zeros((4, 4, 5)), r"has 5 channels .*wanted 1 to 4"),
        (np.zeros((4, 4, 0)), r"has 0 channels"),
        (np.zeros((0, 4, 3)), r"empty: 0x4 pixels"),
        (torch.zeros(5, 4, 4), r"has 5 channels .*channels x height x width"),
        (torch.zeros(2, 3, 4, 4), "wanted one image"),
        (np.zeros((2, 4, 4, 3)), "wanted one image"),
        (np.zeros(4), "wanted one image"),
        (np.full((4, 4), 7.0), r"constant \(every value is 7\)"),
        (np.ones((1, 1, 3), np.uint8), "constant"),
        (np.array([[0.0, 1.0], [np.nan, np.inf]]), "2 NaN or infinite values, the first at row 1, column 0"),
    ],
)
def test_what_is_no_image_is_refused_in_a_sentence(image, sentence):
    with pytest.raises(InputError, match=sentence):
        take(image)
