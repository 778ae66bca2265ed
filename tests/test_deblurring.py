"""Deblurring in Python: sharper than it came, in the shape it came; what can't be meant is refused."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d

import untaught
from test_tasks import TINY, disc, error
from untaught import checkpoint, presets
from untaught.classical import deconvolve
from untaught.errors import InputError, UsageError
from untaught.fit import Fit
from untaught.methods import BackProjected, Plain
from untaught.networks import Beside, Pixels, Several, Skip, Uniform
from untaught.operators import Blur
from untaught.optimisers import Adam
from untaught.presets import PRESETS, preset
from untaught.stoppers import Budget
from untaught.tasks import blurred as blurred_task
from untaught.tasks import deblurring
from untaught.tasks.blurred import LEAST_SIGMA, SHARES
from untaught.tasks.kernels import kernel_of

QUICK = replace(TINY, method=BackProjected(), knows_sigma=True)
BLIND = replace(TINY, method=Plain(jitter=0.0))
LONG = replace(QUICK, method=BackProjected(every=2), fit=replace(QUICK.fit, steps=5), stopper=Budget())
KERNEL = np.array([[0.0, 0.1, 0.0], [0.0, 0.2, 0.5], [0.1, 0.1, 0.0]])
IMAGE = disc(32)


def blurred(image, kernel):
    """What is seen of a larger image, and of it the part that is asked for."""
    axes = [convolve2d(image[..., c], kernel, mode="valid") for c in range(image.shape[2])]
    rows, columns = (side // 2 for side in kernel.shape)
    seen = np.stack(axes, axis=-1).round().clip(0, 255).astype(np.uint8)
    return seen, image[rows : rows + seen.shape[0], columns : columns + seen.shape[1]]


@pytest.fixture(autouse=True)
def hasty(monkeypatch, request):
    """Total variation takes most of the time of a fit of three steps."""
    if "known_blur" not in request.node.name:
        monkeypatch.setattr(blurred_task, "deconvolve", partial(deconvolve, rounds=2))


def deblur(image=IMAGE, psf=KERNEL, **more):
    return untaught.deblur(image, psf, **({"quality": QUICK} | more))


@pytest.fixture(scope="module")
def large():
    return disc(48)


@pytest.mark.parametrize("way", ["psf", "gaussian"])
def test_a_known_blur_is_taken_back(large, way):
    kernel = Blur.motion(7, 30).kernel.numpy() if way == "psf" else Blur.gaussian(1.5).kernel.numpy()
    y, sharp = blurred(large, kernel)
    network = Skip(input=Uniform(8), down=(16, 32), up=(16, 32), skip=(4, 4))
    row = replace(PRESETS["deblur", "draft"], network=network)
    told = {"psf": kernel} if way == "psf" else {"gaussian": 1.5}
    job = deblurring(y, **told, quality=row, steps=60)
    list(job)
    assert error(job.result().image, sharp) < 0.75 * error(y, sharp)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("axes", ["HW", "HW1", "HW3", "HW4"])
def test_an_array_comes_back_as_it_came(dtype, axes):
    shape = (20, 23) if axes == "HW" else (20, 23, int(axes[2]))
    image = (np.random.default_rng(1).random(shape) * 100).astype(dtype)
    before = image.copy()
    out = deblur(image)
    assert out.dtype == image.dtype and out.shape == image.shape and np.isfinite(out.astype(float)).all()
    assert np.array_equal(image, before)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.float64])
@pytest.mark.parametrize("shape", [(20, 23), (3, 20, 23), (2, 3, 20, 23)])
def test_a_tensor_comes_back_as_it_came(dtype, shape):
    image = (torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 200).to(dtype)
    out = deblur(image, torch.from_numpy(KERNEL))
    assert out.dtype is dtype and out.shape == image.shape


def test_the_range_that_came_in_is_the_range_that_goes_out():
    row = replace(QUICK, network=Skip(input=Uniform(8), down=(16, 32), up=(16, 32), skip=(4, 4)))
    row = replace(row, fit=replace(row.fit, steps=60), stopper=Budget())
    out = deblur(IMAGE.astype(np.float64) * 20 + 1000, quality=row)
    assert 1000 < out.min() < 2500 and 4000 < out.max() < 6500


def test_the_image_looked_for_is_larger_by_the_kernels_half_widths():
    job = deblurring(IMAGE, np.full((3, 7), 1 / 21), quality=QUICK)
    assert job.problem.shape == (3, 34, 38) and job.problem.y.shape == (1, 3, 32, 32)
    list(job)
    assert job.made().image.shape == (1, 3, 32, 32)


def test_integers_are_in_proportion_and_floats_must_sum_to_one():
    whole = (KERNEL * 10).round().astype(np.uint8)
    assert torch.equal(kernel_of(whole), kernel_of(torch.from_numpy(whole.astype(np.int64))))
    torch.testing.assert_close(kernel_of(whole), torch.from_numpy(KERNEL))
    assert float(kernel_of(KERNEL.astype(np.float32) * 1.0005).sum()) == pytest.approx(1, abs=1e-12)


def test_a_grey_picture_in_rgb_is_fitted_once():
    job = deblurring(np.repeat(IMAGE[..., :1], 3, axis=2), KERNEL, quality=QUICK)
    assert job.problem.shape[0] == 1
    list(job)
    out = job.result().image
    assert out.shape == (32, 32, 3) and (out == out[..., :1]).all()


def test_the_row_is_told_the_noise_and_shown_what_total_variation_makes():
    job = deblurring(IMAGE, KERNEL, sigma=5.1, quality=QUICK)
    method, network = job.row.method, job.row.network
    assert job.problem.likelihood.sigma == pytest.approx(0.02) and method.epsilon == pytest.approx((0.02 / 0.09) ** 2)
    assert isinstance(network.input, Beside) and network.input.channels() == 4 + 3 * len(SHARES)
    z = network.input.make(40, 48, torch.Generator().manual_seed(0))
    assert z.shape == (1, 4 + 9, 40, 48)
    estimate = method.estimate(job.problem.operator)
    assert estimate.shape == (1, 3, 34, 34) and torch.equal(z[:, :3, 3:37, 7:41], estimate)
    many = deblurring(IMAGE, KERNEL, quality=replace(QUICK, network=Several(network=QUICK.network, count=2)))
    assert isinstance(many.row.network.network.input, Beside)
    pixels = deblurring(IMAGE, KERNEL, quality=replace(QUICK, network=Pixels()))
    list(pixels)
    assert pixels.result().image.shape == IMAGE.shape


def test_a_faint_noise_is_taken_for_what_no_kernel_is_known_better_than():
    assert deblurring(IMAGE, KERNEL, sigma=0.01, quality=QUICK).problem.likelihood.sigma == LEAST_SIGMA
    plain = deblurring(IMAGE, KERNEL, sigma=0.01, quality=BLIND)
    assert plain.problem.likelihood.sigma == pytest.approx(math.sqrt(0.5))


def test_the_seed_decides():
    one, two = deblur(seed=3), deblur(seed=3)
    assert np.array_equal(one, two) and not np.array_equal(one, deblur(seed=4))


@pytest.mark.parametrize("blind", [False, True])
def test_stopped_and_taken_up_again_it_is_the_same(blind):
    told = {"blind": True, "kernel_size": 5, "quality": LONG} if blind else {"psf": KERNEL, "quality": QUICK}
    straight, first, second, third = (deblurring(IMAGE, **told) for _ in range(4))
    list(straight)
    stopped = iter(first)
    next(stopped), next(stopped), blind and next(stopped)
    second.resume(first.state())
    list(second)
    third.resume(straight.state())  # taken up when all was done
    list(third)
    for job in (second, third):
        assert np.array_equal(job.result().image, straight.result().image)
        assert job.result().provenance.get("kernel") == straight.result().provenance.get("kernel")


def test_the_account_says_what_the_blur_was():
    about = deblur(full_output=True).provenance
    assert about["task"] == "deblur" and about["blur"]["told"] == "kernel" and about["noise"]["estimated"] is True
    assert np.allclose(about["blur"]["values"], KERNEL) and "kernel" not in about
    other = deblur(psf=KERNEL[::-1], full_output=True).provenance
    assert "blur" in checkpoint.difference(checkpoint.identity(about), checkpoint.identity(other))
    gaussian = deblur(psf=None, gaussian=0.5, full_output=True).provenance["blur"]
    assert gaussian == {"told": "gaussian", "sigma": 0.5, "size": [5, 5]}


def test_a_time_budget_ends_it():
    job = deblurring(IMAGE, KERNEL, quality=QUICK, time_budget=1e-6)
    assert len(list(job)) == 1 and job.out_of_time and job.result().image.shape == IMAGE.shape


def test_the_kernel_is_found_with_the_image(large):
    """Where the image's pixels are free too, every step down must lessen the misfit; the kernel moves, and is told."""
    y, _ = blurred(large, KERNEL)
    fit = Fit(optimiser=Adam(lr=0.02), steps=30, average_decay=0.0)
    row = replace(BLIND, network=Pixels(start="half"), fit=fit, stopper=Budget())
    job = deblurring(y, blind=True, kernel_size=5, quality=row)
    before = job.problem.operator.kernel.detach().clone()
    list(job)
    result = job.result()
    kernel = np.array(result.provenance["kernel"])
    assert result.history[-1] < 0.2 * result.history[0]
    assert kernel.shape == (5, 5) and kernel.sum() == pytest.approx(1) and kernel.min() >= 0
    assert not np.allclose(kernel, before, atol=1e-3), "it moved"
    assert torch.equal(job.problem.operator.kernel, before), "the caller's stays as it was"
    assert result.image.shape == y.shape and result.provenance["blur"] == {"told": "nothing", "size": [5, 5]}


def test_the_kernel_told_belongs_to_the_step_kept():
    job = deblurring(IMAGE, blind=True, kernel_size=5, quality=BLIND, steps=3)
    kernels = [job.fitting.operator.kernel.detach().clone() for _ in job]
    found = torch.tensor(job.result().provenance["kernel"])
    assert not torch.equal(kernels[0], kernels[1])
    assert torch.allclose(found, kernels[-1], atol=1e-6), "its middle is where it was"


def test_every_quality_has_its_row():
    for task in ("deblur", "deblur blind"):
        assert {level for name, level in PRESETS if name == task} == {"draft", "normal", "best"}
    with pytest.raises(UsageError, match="quality is 'paper'; wanted one of draft, normal, best"):
        deblurring(IMAGE, KERNEL, quality="paper")


def test_the_qualitys_row_is_taken(monkeypatch):
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("deblur", "normal"): QUICK, ("deblur blind", "normal"): BLIND})
    assert untaught.deblur(IMAGE, KERNEL, full_output=True).provenance["settings"]["source"] == "a test"
    assert untaught.deblur(IMAGE, blind=True, full_output=True).provenance["blur"]["size"] == [31, 31]


def changed(at, value):
    kernel = KERNEL.copy()
    kernel[at] = value
    return kernel


BAD = {
    "sum": (KERNEL * 1.01, InputError, r"the kernel sums to 1\.01; wanted 1 .or integers, which are divided by their"),
    "even": (np.full((2, 3), 1 / 6), InputError, r"the kernel is 2x3 \(height x width\); wanted odd sides"),
    "none": (np.zeros((0, 3)), InputError, r"the kernel is 0x3 \(height x width\); wanted odd sides"),
    "large": (np.full((3, 33), 1 / 99), InputError, r"the kernel is 3x33 but the image 32x32 .*wanted a smaller"),
    "negative": (changed((0, 0), -0.1), InputError, r"the kernel has negative values, the least -0\.1; wanted none"),
    "NaN": (changed((0, 0), np.nan), InputError, "the kernel has NaN or infinite values"),
    "infinity": (changed((0, 0), np.inf), InputError, "the kernel has NaN or infinite values"),
    "zero": (np.zeros((3, 3), np.uint8), InputError, "the kernel is 0 everywhere"),
    "colour": (
        np.full((3, 3, 3), 1 / 27),
        InputError,
        r"the kernel's shape is \[3, 3, 3\]; wanted height x width, one",
    ),
    "a list": (KERNEL.tolist(), InputError, "the kernel is a list; wanted"),
    "complex": (KERNEL * 1j, InputError, "the kernel holds complex128 values; wanted integers or floats"),
    "bool": (KERNEL > 0, InputError, "the kernel holds bool values; wanted integers or floats"),
    "a tensor's": (torch.ones(3, 3), InputError, "the kernel sums to 9; wanted 1"),
}


@pytest.mark.parametrize(("psf", "error", "says"), BAD.values(), ids=BAD)
def test_a_kernel_that_is_none_is_refused(psf, error, says, recwarn):
    with pytest.raises(error, match=says):
        deblurring(IMAGE, psf, quality=QUICK)
    assert not recwarn.list


MEANT = {
    "none": ({}, "psf .the kernel., gaussian and blind, to say what the blur is; got none of them"),
    "two": ({"psf": KERNEL, "gaussian": 1.0}, "got psf and gaussian"),
    "all": ({"psf": KERNEL, "gaussian": 1.0, "blind": True}, "got psf and gaussian and blind"),
    "no width": ({"gaussian": 0}, "gaussian is 0; wanted a standard deviation, a positive number of pixels"),
    "negative": ({"gaussian": -1.5}, r"gaussian is -1\.5"),
    "NaN": ({"gaussian": math.nan}, "gaussian is nan"),
    "words": ({"gaussian": "wide"}, "gaussian is wide"),
    "even size": ({"blind": True, "kernel_size": 12}, "kernel_size is 12; wanted an odd number of pixels, 3 or more"),
    "small size": ({"blind": True, "kernel_size": 1}, "kernel_size is 1"),
    "half size": ({"blind": True, "kernel_size": 7.5}, r"kernel_size is 7\.5"),
    "sigma": ({"psf": KERNEL, "sigma": -1}, "sigma is -1"),
    "time": ({"psf": KERNEL, "time_budget": 0}, "time_budget is 0"),
    "device": ({"psf": KERNEL, "device": "x"}, "'x' is not"),
}


@pytest.mark.parametrize(("told", "says"), MEANT.values(), ids=MEANT)
def test_an_argument_that_cannot_be_meant(told, says):
    with pytest.raises(UsageError, match=says):
        deblurring(IMAGE, quality=BLIND if told.get("blind") else QUICK, **told)


def test_a_gaussian_and_an_unknown_kernel_must_fit_into_the_image():
    for told in ({"gaussian": 6.0}, {"blind": True, "kernel_size": 35}):
        with pytest.raises(InputError, match="but the image 32x32"):
            deblurring(IMAGE, quality=BLIND, **told)


def test_settings_for_another_task_are_refused():
    for row in (PRESETS["denoise", "draft"], PRESETS["denoise, network", "draft"], preset("inpaint", "draft")):
        with pytest.raises(UsageError, match="for denoising or filling in; wanted some for deblurring"):
            deblurring(IMAGE, KERNEL, quality=row)
