"""A blur: SciPy's convolution, valid parts only; its adjoint; kernels of known shape; one that is fitted."""

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d

from contracts import check_adjoint, check_operator
from untaught.abilities import Bordered, Learned
from untaught.core import Recordable
from untaught.methods.back_projected import Balanced
from untaught.operators import Blur, UnknownBlur


def lopsided(rows, columns):
    kernel = torch.rand(rows, columns, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return kernel / kernel.sum()


KERNELS = [(1, 1), (3, 3), (1, 5), (7, 3), (9, 9)]  # by sums and by Fourier transforms


@pytest.mark.parametrize("size", KERNELS)
def test_contract(size):
    check_operator(Blur(lopsided(*size)), height=12, width=10)
    check_adjoint(Blur(lopsided(*size)), height=12, width=10)


@pytest.mark.parametrize("size", KERNELS)
@pytest.mark.parametrize("image", [(9, 9), (12, 31)])
def test_it_is_the_true_convolution_where_all_of_it_was_seen(size, image):
    kernel, x = lopsided(*size), torch.rand(2, 3, *image, dtype=torch.float64)
    y = Blur(kernel)(x)
    for got, given in zip(y.flatten(0, 1), x.flatten(0, 1), strict=True):
        assert np.allclose(got, convolve2d(given, kernel, mode="valid"), rtol=0, atol=1e-14)
    assert torch.equal(Blur(kernel).asked(x)[0, 0], x[0, 0, size[0] // 2 :, size[1] // 2 :][: y.shape[2], : y.shape[3]])


def test_it_holds_no_copy_that_another_precision_would_get():
    blur = Blur(lopsided(3, 5))
    for dtype in (torch.float32, torch.float64, torch.float32):
        assert blur(torch.rand(1, 1, 8, 8, dtype=dtype)).dtype is dtype


@pytest.mark.parametrize("size", [(2, 3), (3, 4)])
def test_even_sides_are_refused(size):
    with pytest.raises(ValueError, match=rf"the kernel is \[{size[0]}, {size[1]}\]; wanted two odd sides"):
        Blur(torch.ones(*size))


@pytest.mark.parametrize("operator", [Blur(lopsided(5, 5)), UnknownBlur(5)])
def test_an_image_smaller_than_the_kernel_is_refused(operator):
    with pytest.raises(ValueError, match=r"the kernel is 5x5 but the image 4x9 \(height x width\)"):
        operator(torch.rand(1, 1, 4, 9))


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.7])
def test_a_gaussian_has_its_width_and_mass_one(sigma):
    kernel = Blur.gaussian(sigma).kernel
    place = torch.arange(len(kernel), dtype=torch.float64) - len(kernel) // 2
    assert kernel.sum() == pytest.approx(1) and torch.equal(kernel, kernel.T) and torch.equal(kernel, kernel.flip(0))
    if sigma >= 1:
        assert float((kernel.sum(1) * place.square()).sum()) ** 0.5 == pytest.approx(sigma, rel=0.02)


@pytest.mark.parametrize(("length", "angle"), [(9, 0), (9, 90), (12, 30), (7.5, -45)])
def test_a_motion_has_its_length_and_direction(length, angle):
    kernel = Blur.motion(length, angle).kernel
    place = torch.arange(len(kernel), dtype=torch.float64) - len(kernel) // 2
    assert kernel.sum() == pytest.approx(1) and torch.allclose(kernel, kernel.flip(0, 1), atol=1e-12)
    down, right = (kernel * place[:, None] ** 2).sum(), (kernel * place**2).sum()
    both = (kernel * place[:, None] * place).sum()
    turn = np.radians(angle)
    assert float(down + right) == pytest.approx(length**2 / 12, rel=0.1)
    across = np.sin(turn) ** 2 * right + np.cos(turn) ** 2 * down + 2 * np.sin(turn) * np.cos(turn) * both
    assert float(across) < 0.3, "no wider than the pixels that it is shared out among"


@pytest.mark.parametrize("make", [lambda: Blur.gaussian(0), lambda: Blur.gaussian(float("nan"))])
def test_no_gaussian(make):
    with pytest.raises(ValueError, match="wanted a positive number of pixels"):
        make()


@pytest.mark.parametrize("words", [(0, 0), (-1, 0), (3, float("inf"))])
def test_no_motion(words):
    with pytest.raises(ValueError, match="wanted a positive length and a finite angle"):
        Blur.motion(*words)


def test_balanced_it_asks_for_the_same_image_and_noise_keeps_its_size():
    blur, generator = Blur(lopsided(5, 5)), torch.Generator().manual_seed(0)
    x = torch.rand(1, 2, 44, 36, generator=generator, dtype=torch.float64)
    operator, y = blur.balanced(blur(x), 1e-2)
    torch.testing.assert_close(operator(x), y)
    noise = torch.randn(1, 1, 40, 32, generator=generator, dtype=torch.float64)
    assert float(operator.through(noise).std()) == pytest.approx(1, rel=0.1)


def test_balanced_what_the_blur_made_small_weighs_nearly_as_much():
    blur = Blur.gaussian(1.5)
    operator, _ = blur.balanced(torch.zeros(1, 1, 64, 64), 1e-3)
    across = torch.arange(64 + len(blur.kernel) - 1)
    slow, fast = (torch.cos(2 * torch.pi * across * f / 64).expand(1, 1, len(across), -1) for f in (2, 12))
    plain = [float(blur(x).std() / x.std()) for x in (slow, fast)]
    balanced = [float(operator(x).std() / x.std()) for x in (slow, fast)]
    assert plain[0] / plain[1] > 4 and balanced[0] / balanced[1] < 2


def test_what_it_can_do():
    known, unknown = Blur(lopsided(3, 3)), UnknownBlur(3)
    assert all(isinstance(known, what) for what in (Bordered, Balanced, Recordable))
    assert isinstance(unknown, Bordered) and isinstance(unknown, Learned) and not isinstance(unknown, Recordable)


def test_an_unknown_blur_has_mass_one_and_begins_in_the_middle():
    blur = UnknownBlur(9)
    assert (
        blur.kernel.shape == (9, 9) and float(blur.kernel.detach().sum()) == pytest.approx(1) and blur.off() == (0, 0)
    )
    assert torch.allclose(blur.kernel, blur.kernel.T) and blur.kernel.min() > 0
    x = torch.rand(1, 2, 20, 17)
    torch.testing.assert_close(blur(x), Blur(blur.kernel.detach())(x))


def test_the_speed_does_not_change_where_it_begins_but_how_far_it_moves():
    slow, fast = UnknownBlur(5), UnknownBlur(5, speed=10.0)
    assert torch.allclose(slow.kernel, fast.kernel)
    push = torch.rand(5, 5, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = slow.kernel
        for blur in (slow, fast):
            blur.logits += 0.1 * push
        assert (fast.kernel - before).abs().sum() > 3 * (slow.kernel - before).abs().sum()


def moved(down, right):
    """An unknown blur that has become a single off-centre point, and nearly nothing else."""
    blur = UnknownBlur(7)
    with torch.no_grad():
        blur.logits.fill_(-30.0)
        blur.logits[3 + down, 3 + right] = 0.0
    return blur


@pytest.mark.parametrize("off", [(0, 0), (2, -1), (-3, 3)])
def test_a_kernel_off_its_middle_moves_the_image_back(off):
    """What it blurs to, and what is told, agree: the image that is asked for, seen through the centred kernel."""
    blur, x = moved(*off), torch.rand(1, 1, 16, 18)
    assert blur.off() == off
    torch.testing.assert_close(blur(x), blur.asked(x), atol=1e-5, rtol=0)
    kernel = np.array(blur.found()["kernel"])
    assert kernel.shape == (7, 7) and kernel[3, 3] == pytest.approx(1) and kernel.sum() == pytest.approx(1)


@pytest.mark.parametrize("size", [0, 4, -3])
def test_no_unknown_blur(size):
    with pytest.raises(ValueError, match=f"the kernel's size is {size}; wanted an odd number of pixels"):
        UnknownBlur(size)


def test_an_unknown_blur_may_begin_anywhere_and_what_is_zero_may_come_back():
    begin = torch.zeros(5, 5)
    begin[1, 3] = 1.0
    kernel = UnknownBlur(5, speed=7.0, begin=begin).kernel.detach()
    assert float((kernel - begin).abs().max()) < 0.02 and kernel.min() > 0
    with pytest.raises(ValueError, match=r"the kernel to begin with is \[3, 3\]; wanted \[5, 5\]"):
        UnknownBlur(5, begin=torch.ones(3, 3))


def test_balanced_an_unknown_blur_still_moves_the_kernel():
    blur, x = UnknownBlur(5), torch.rand(1, 1, 20, 20)
    operator, y = blur.balanced(blur(x).detach(), 1e-2)
    torch.testing.assert_close(operator(x), y)
    (slope,) = torch.autograd.grad((operator(x) ** 2).sum(), [blur.logits])
    assert slope.abs().max() > 0 and not y.requires_grad
