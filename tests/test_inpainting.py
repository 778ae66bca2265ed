"""Inpainting in Python: what is observed comes back, what is missing has no say, what can't be meant is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import untaught
from test_tasks import SMALL, TINY, disc, error
from untaught import checkpoint, presets
from untaught.arrays import take
from untaught.errors import InputError, UsageError
from untaught.methods import Dropped
from untaught.presets import PRESETS, preset
from untaught.stoppers import Budget
from untaught.tasks import arguments, inpainting
from untaught.tasks import missing as missing_pixels

QUICK = replace(TINY, consistent=True)
IMAGE = disc(32)
MASK = np.random.default_rng(0).random((32, 32)) < 0.4


def inpaint(image=IMAGE, mask=MASK, **more):
    return untaught.inpaint(image, mask, **({"quality": QUICK} | more))


def test_holes_are_filled_in():
    truth = disc()
    mask = np.random.default_rng(0).random((48, 48)) < 0.4
    damaged = np.where(mask[..., None], 0, truth).astype(np.uint8)
    row = replace(SMALL, stopper=Budget(), knows_sigma=False, consistent=True)
    out = untaught.inpaint(damaged, mask, quality=row)
    assert error(out[mask], truth[mask]) < 0.2 * error(damaged[mask], truth[mask])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float16, np.float32, np.float64])
@pytest.mark.parametrize("axes", ["HW", "HW1", "HW3", "HW4"])
def test_observed_pixels_of_an_array_come_back_exactly(dtype, axes):
    shape = (20, 23) if axes == "HW" else (20, 23, int(axes[2]))
    values = np.random.default_rng(1).random(shape) * 1000 + 1 / 3  # no scale keeps these through float32
    image = (values * 2**20 if dtype is np.int32 else values / 5 if dtype is np.uint8 else values).astype(dtype)
    mask = np.random.default_rng(2).random((20, 23)) < 0.5
    before = image.copy()
    out = inpaint(image, mask)
    assert out.dtype == image.dtype and out.shape == image.shape and out is not image
    assert np.array_equal(out[~mask], image[~mask]) and not np.array_equal(out[mask], image[mask])
    assert np.array_equal(image, before)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.int16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(20, 23), (3, 20, 23), (1, 3, 20, 23)])
def test_observed_pixels_of_a_tensor_come_back_exactly(dtype, shape):
    image = (torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 200).to(dtype)
    mask = torch.rand(20, 23, generator=torch.Generator().manual_seed(1)) < 0.5
    out = inpaint(image, mask)
    assert out.dtype is dtype and out.shape == image.shape
    assert np.array_equal(out.numpy()[..., ~mask], image.numpy()[..., ~mask])


def test_a_batch_is_so_many_independent_fits():
    batch = torch.from_numpy(np.stack([IMAGE, IMAGE[::-1]])).movedim(-1, 1)
    out = inpaint(batch, MASK)
    assert out.shape == batch.shape
    for one, alone in zip(out, batch, strict=True):
        assert torch.equal(one, inpaint(alone, MASK))
    with pytest.raises(UsageError, match="full_output wants one image, got a batch of 2"):
        inpaint(batch, MASK, full_output=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_what_lies_under_the_mask_has_no_say(dtype):
    image = (IMAGE / 255 if dtype is np.float32 else IMAGE).astype(dtype)
    other = image.copy()
    other[MASK] = [np.nan, 5, -np.inf] if dtype is np.float32 else [255, 0, 3]
    with np.errstate(all="raise"):
        one, two = inpaint(image, full_output=True), inpaint(other, full_output=True)
    assert np.array_equal(one.image, two.image) and np.isfinite(two.image.astype(float)).all()
    assert checkpoint.identity(one.provenance) == checkpoint.identity(two.provenance)


def test_a_grey_picture_in_rgb_is_fitted_once_whatever_lies_in_its_holes():
    grey = np.repeat(disc(32)[..., :1], 3, axis=2)
    grey[MASK] = [255, 0, 9]
    job = inpainting(grey, MASK, quality=QUICK)
    assert job.problem.shape == (1, 32, 32)
    list(job)
    out = job.result().image
    assert out.shape == (32, 32, 3) and (out == out[..., :1]).all()


def test_the_scale_is_that_of_what_was_observed():
    values = np.linspace(10, 20, 64).reshape(8, 8)
    mask = np.zeros((8, 8), bool)
    mask[0, 0], values[0, 0] = True, -1e9
    x, frame = take(values, torch.from_numpy(~mask))
    assert frame.scale.low == values[0, 1] and frame.scale.low + frame.scale.span == 20
    assert x[0, 0, 0, 0] == 0 and x[0, 0, 0, 1] == 0 and x.max() == 1


@pytest.mark.parametrize(
    "kind",
    [np.bool_, np.uint8, np.int16, np.float32, torch.bool, torch.uint8, torch.int64, torch.float32, torch.bfloat16],
)
def test_any_nonzero_number_means_missing(kind):
    mask = torch.from_numpy(MASK).to(kind) if isinstance(kind, torch.dtype) else MASK.astype(kind)
    if kind not in (np.bool_, torch.bool):
        mask = mask * 7
    assert torch.equal(inpainting(IMAGE, mask, quality=QUICK).problem.operator.observed, torch.from_numpy(~MASK))


def test_what_is_changed_meanwhile_is_not_what_was_observed():
    image, mask = IMAGE.copy(), MASK.copy()
    job = inpainting(image, mask, quality=QUICK)
    image[:], mask[:] = 0, False
    list(job)
    assert np.array_equal(job.result().image[~MASK], IMAGE[~MASK])


def test_both_images_of_a_result_agree_with_what_was_observed():
    result = inpaint(full_output=True)
    for image in (result.image, result.iterate):
        assert np.array_equal(image[~MASK], IMAGE[~MASK])
    assert result.steps_run == 3


def test_the_loops_image_agrees_too_but_only_if_the_row_says_so():
    job = inpainting(IMAGE, MASK, quality=QUICK)
    list(job)
    x = job.made().image
    assert torch.equal(job.problem.operator(x), job.problem.y)
    job = inpainting(IMAGE, MASK, quality=TINY)
    list(job)
    assert not np.array_equal(job.result().image[~MASK], IMAGE[~MASK])


def test_the_seed_decides():
    one, two = inpaint(seed=3), inpaint(seed=3)
    assert np.array_equal(one, two) and not np.array_equal(one, inpaint(seed=4))


def test_stopped_and_taken_up_again_it_is_the_same():
    straight = inpainting(IMAGE, MASK, quality=QUICK)
    list(straight)
    first, second = (inpainting(IMAGE, MASK, quality=QUICK) for _ in range(2))
    next(iter(first))
    second.resume(first.state())
    list(second)
    assert np.array_equal(second.result().image, straight.result().image)


def test_the_account_says_what_was_missing():
    about = inpaint(full_output=True).provenance
    assert about["task"] == "inpaint" and about["settings"]["consistent"] is True
    assert about["missing"]["pixels"] == MASK.sum() and about["missing"]["share"] == pytest.approx(MASK.mean())
    other = inpaint(mask=np.roll(MASK, 1), full_output=True).provenance
    assert about["missing"]["sha256"] != other["missing"]["sha256"]
    assert "missing" in checkpoint.difference(checkpoint.identity(about), checkpoint.identity(other))


def test_a_time_budget_ends_it():
    job = inpainting(IMAGE, MASK, quality=QUICK, time_budget=1e-6)
    assert len(list(job)) == 1 and job.out_of_time
    assert np.array_equal(job.result().image[~MASK], IMAGE[~MASK])


def test_the_row_is_told_the_image(monkeypatch):
    told = []
    monkeypatch.setattr(missing_pixels, "with_observed", lambda row, *what: told.append(what) or row)
    list(inpainting(IMAGE, MASK, quality=QUICK))
    ((image, observed),) = told
    assert image.shape == (1, 3, 32, 32) and observed.shape == (1, 1, 32, 32) and observed.dtype is torch.bool
    assert not image[..., torch.from_numpy(MASK)].any() and torch.equal(observed[0, 0], torch.from_numpy(~MASK))


def test_settings_that_know_sigma_are_told_one_that_hardly_is():
    """Without noise the discrepancy rule has nothing to stop at."""
    row = preset("deep image prior", "draft")
    job = inpainting(IMAGE, MASK, quality=row, steps=11)
    assert job.problem.likelihood.sigma == arguments.LEAST_SIGMA
    list(job)
    assert job.result().steps_run == 11


def test_the_qualitys_row_is_taken(monkeypatch):
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("inpaint", "normal"): QUICK})
    assert untaught.inpaint(IMAGE, MASK, full_output=True).provenance["settings"]["source"] == "a test"
    with pytest.raises(UsageError, match=r"quality is 'superb'; wanted one of .*normal"):
        untaught.inpaint(IMAGE, MASK, quality="superb")


def test_every_row_of_ours_keeps_what_was_observed():
    rows = {level: row for (task, level), row in PRESETS.items() if task == "inpaint"}
    assert set(rows) == {"draft", "normal", "best", "paper"}
    assert all(row.consistent != (quality == "paper") for quality, row in rows.items()), "the paper's was not"


def hole(image, at, value):
    changed = image.astype(np.float32)
    changed[at] = value
    return changed


SEEN = tuple(np.argwhere(~MASK)[5])
BAD = {
    "another size": (IMAGE[:24], MASK, InputError, r"mask is 32x32 but image is 24x32 \(height x width\)"),
    "another size, all missing": (IMAGE, np.ones((9, 9)), InputError, "mask is 9x9 but image is 32x32"),
    "all missing": (IMAGE, np.ones((32, 32)), InputError, "every pixel is missing"),
    "none missing": (IMAGE, np.zeros((32, 32)), InputError, "no pixel is missing"),
    "three axes": (IMAGE, np.ones((32, 32, 3)), InputError, r"mask's shape is \[32, 32, 3\]; wanted height x width"),
    "a list": (IMAGE, MASK.tolist(), InputError, "the mask is a list; wanted"),
    "complex": (IMAGE, MASK.astype(complex), InputError, "the mask holds complex128 values"),
    "complex tensor": (IMAGE, torch.zeros(32, 32) * 1j, InputError, "the mask holds torch.complex64 values"),
    "text": (IMAGE, MASK.astype(str), InputError, "the mask holds <U5 values"),
    "NaN in the mask": (IMAGE, np.where(MASK, np.nan, 0), InputError, "the mask has NaN values"),
    "no image": ("a.png", MASK, InputError, "the image is a str"),
    "NaN observed": (
        hole(IMAGE, SEEN, np.nan),
        MASK,
        InputError,
        f"3 NaN or infinite values in observed pixels, the first at row {SEEN[0]}, column {SEEN[1]}",
    ),
    "infinity observed": (hole(IMAGE, SEEN, np.inf), MASK, InputError, "infinite values in observed pixels"),
    "constant": (hole(np.full((32, 32), 7), MASK, 9), MASK, InputError, "constant .every observed value is 7."),
}


@pytest.mark.parametrize(("image", "mask", "error", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused(image, mask, error, says, recwarn):
    with pytest.raises(error, match=says):
        inpainting(image, mask, quality=QUICK)
    assert not recwarn.list


def test_settings_for_denoising_are_refused():
    for row in (PRESETS["denoise", "draft"], PRESETS["denoise, network", "draft"]):
        with pytest.raises(UsageError, match="for denoising; wanted some for inpainting"):
            inpainting(IMAGE, MASK, quality=row)


@pytest.mark.parametrize(
    ("more", "says"), [({"time_budget": -1}, "time_budget is -1"), ({"device": "x"}, "'x' is not")]
)
def test_an_argument_that_cannot_be_meant(more, says):
    with pytest.raises(UsageError, match=says):
        inpaint(**more)


def test_large_holes_get_another_network_than_scattered_pixels():
    image = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    scattered, hole = np.zeros((2, 64, 64), bool)
    scattered[::2, ::2] = True
    hole[10:40, 10:40] = True
    rows = [inpainting(image, mask, quality="draft").row for mask in (scattered, hole, scattered | hole)]
    assert [isinstance(row.method, Dropped) for row in rows] == [True, False, False]
    assert rows[1].network == PRESETS["inpaint hole", "draft"].network and rows[1].consistent
    thin = np.zeros((64, 64), bool)
    thin[:, 20:44] = True  # twelve pixels to the nearest known one, in its middle
    assert isinstance(inpainting(image, thin, quality="draft").row.method, Dropped)
