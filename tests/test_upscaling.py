"""Super-resolution in Python: what comes in is what the result is when made smaller; what can't be meant is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import untaught
from test_tasks import TINY, disc
from untaught import checkpoint, presets
from untaught.arrays import as_bchw
from untaught.errors import InputError, UsageError
from untaught.methods import Shrunk
from untaught.networks import SubPixel
from untaught.operators import Downsample
from untaught.presets import PRESETS
from untaught.tasks import arguments, upscaling

QUICK = replace(
    TINY,
    method=Shrunk(learner=SubPixel(width=4, depth=2), tile=8, tiles=1, every=2),
    fit=replace(TINY.fit, average_decay=0.0),
    consistent=True,
)
IMAGE = disc(24)[:16]


def upscale(image=IMAGE, factor=2, **more):
    return untaught.upscale(image, factor, **({"quality": QUICK} | more))


def smaller(image, factor, kernel="bicubic"):
    return Downsample(factor, kernel)(as_bchw(image, ""))[0]


@pytest.mark.parametrize(
    ("factor", "kernel"), [(2, "box"), (3, "bicubic"), (4, "lanczos3"), (8, "lanczos2"), (np.int64(2), None)]
)
def test_made_smaller_the_result_is_what_came_in(factor, kernel):
    image = IMAGE / 255
    out = upscale(image, factor, kernel=kernel)
    assert out.shape == (16 * factor, 24 * factor, 3) and out.dtype == image.dtype
    assert (smaller(out, int(factor), kernel or "bicubic") - as_bchw(image, "")[0]).abs().max() < 1e-4
    assert np.abs(out - np.repeat(np.repeat(image, factor, 0), factor, 1)).max() > 0.01, "it is no mere repetition"


KINDS = [(kind, "HW3") for kind in (np.uint8, np.uint16, np.int32, np.float16, np.float32, np.float64)]


@pytest.mark.parametrize(("dtype", "axes"), [*KINDS, (np.uint8, "HW"), (np.uint8, "HW1"), (np.uint8, "HW4")])
def test_array_in_array_out(dtype, axes):
    shape = (9, 11) if axes == "HW" else (9, 11, int(axes[2]))
    values = 0.4 + 0.2 * np.random.default_rng(1).random(shape)  # room for what overshoots
    top = 1 if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).max
    image = (values * top).astype(dtype)
    before = image.copy()
    out = upscale(image)
    assert out.dtype == image.dtype and out.shape == (18, 22, *shape[2:]) and np.array_equal(image, before)
    half = 0.75 if dtype is np.uint8 else 1e-3 * top
    assert np.abs(smaller(out, 2).movedim(0, -1).numpy().reshape(shape) - image.astype(float)).max() < half


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [(torch.uint8, (9, 11)), (torch.int16, (3, 9, 11)), (torch.float16, (3, 9, 11)), (torch.float64, (1, 3, 9, 11))],
)
def test_tensor_in_tensor_out(dtype, shape):
    image = (torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 200).to(dtype)
    out = upscale(image)
    assert out.dtype is dtype and out.shape == (*shape[:-2], 18, 22)


def test_a_batch_is_so_many_independent_fits():
    batch = torch.from_numpy(np.stack([IMAGE, IMAGE[::-1]])).movedim(-1, 1)
    out = upscale(batch)
    assert out.shape == (2, 3, 32, 48)
    for one, alone in zip(out, batch, strict=True):
        assert torch.equal(one, upscale(alone))


def test_a_grey_picture_in_rgb_is_fitted_once():
    grey = np.repeat(IMAGE[..., :1], 3, axis=2)
    job = upscaling(grey, 2, quality=QUICK)
    assert job.problem.shape == (1, 32, 48)
    list(job)
    out = job.result().image
    assert out.shape == (32, 48, 3) and (out == out[..., :1]).all()


def test_the_seed_decides():
    one, two = upscale(seed=3), upscale(seed=3)
    assert np.array_equal(one, two) and not np.array_equal(one, upscale(seed=4))


def test_stopped_and_taken_up_again_it_is_the_same():
    straight = upscaling(IMAGE, 4, quality=QUICK)
    list(straight)
    first, second = (upscaling(IMAGE, 4, quality=QUICK) for _ in range(2))
    next(iter(first))
    second.resume(first.state())
    list(second)
    assert np.array_equal(second.result().image, straight.result().image)


def test_the_account_says_what_was_asked():
    about = upscale(factor=4, full_output=True).provenance
    assert about["task"] == "upscale" and about["upscale"] == {"factor": 4, "kernel": "bicubic"}
    for other in ({"factor": 4, "kernel": "box"}, {"factor": 2}):
        theirs = checkpoint.identity(upscale(full_output=True, **other).provenance)
        assert "upscale" in checkpoint.difference(checkpoint.identity(about), theirs)


def test_a_time_budget_ends_it():
    job = upscaling(IMAGE, 2, quality=QUICK, time_budget=1e-6)
    assert len(list(job)) == 1 and job.out_of_time
    assert job.result().image.shape == (32, 48, 3)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
def test_the_row_is_told_the_image_and_its_stages(factor):
    method = upscaling(IMAGE, factor, quality=QUICK).row.method
    each, count = {2: (2, 1), 3: (3, 1), 4: (2, 2), 8: (2, 3)}[factor]
    assert method.image.shape == (1, 3, 16, 24) and method.last == QUICK.fit.steps - 1
    assert method.learner.factor == method.stages.factor == each and method.learner.input.channels() == 3
    assert [one.factor for one in method.stages.so_far] == [each ** (number + 1) for number in range(count)]
    assert method.stages.once == Downsample(each, limits=(0.0, 1.0))


def test_what_integers_hold_is_what_the_image_can_be():
    least, span = int(IMAGE.min()), int(IMAGE.max()) - int(IMAGE.min())
    signed = torch.from_numpy(IMAGE.astype(np.int16)).movedim(-1, 0)
    kinds = {65535: (0, IMAGE.astype(np.uint16)), 32767: (-32768, signed)}
    for top, (bottom, image) in kinds.items():
        limits = upscaling(image, 2, quality=QUICK).problem.operator.limits
        assert limits == pytest.approx(((bottom - least) / span, (top - least) / span))
    assert upscaling(IMAGE / 255, 2, quality=QUICK).problem.operator.limits is None


def test_black_and_white_agree_too():
    y, x = np.mgrid[:16, :24]
    image = (255 * ((y - 8) ** 2 + (x - 11) ** 2 < 40)).astype(np.uint8)
    small = np.asarray(Image.fromarray(image.repeat(4, 0).repeat(4, 1)).resize((48, 32), Image.Resampling.BICUBIC))
    out = upscale(small)
    assert np.abs(smaller(out, 2)[0].numpy() - small).max() < 1


def test_paper_is_the_published_experiment(monkeypatch):
    jobs = {factor: upscaling(IMAGE, factor, quality="paper") for factor in (2, 3, 4, 8)}
    for factor, job in jobs.items():
        assert job.problem.operator == Downsample(factor, "lanczos2", limits=(0.0, 1.0))
        assert job.row == PRESETS[f"upscale {8 if factor == 8 else 4}", "paper"]
    assert upscaling(IMAGE, 4, quality="paper", kernel="box").problem.operator.kernel == "box"
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("upscale 4", "normal"): QUICK})
    assert untaught.upscale(IMAGE, 2, full_output=True).provenance["settings"]["source"] == "a test"


def test_every_row_of_ours_agrees_with_what_was_given():
    for factor in ("upscale 4", "upscale 8"):
        rows = {level: row for (task, level), row in PRESETS.items() if task == factor}
        assert set(rows) == {"draft", "normal", "best", "paper"}
        assert all(row.consistent != (level == "paper") for level, row in rows.items()), "the paper's was not"


def test_settings_that_know_sigma_are_told_one_that_hardly_is():
    row = replace(QUICK, knows_sigma=True)
    assert upscaling(IMAGE, 2, quality=row).problem.likelihood.sigma == arguments.LEAST_SIGMA


@pytest.mark.parametrize("factor", [0, 1, 2.5, -4, 5, 16, 4.0, "four", None, True, float("nan")])
def test_another_factor_is_refused(factor):
    with pytest.raises(UsageError, match=rf"^factor is {factor}; wanted 2, 3, 4 or 8$"):
        upscaling(IMAGE, factor, quality=QUICK)


BAD = {
    "low": (IMAGE[:7], {}, InputError, r"the image is 7x24 \(height x width\); wanted 8 pixels a side"),
    "a line": (IMAGE[:, :1], {}, InputError, "the image is 16x1 "),
    "constant": (np.full((16, 16), 7, np.uint8), {}, InputError, "constant"),
    "NaN": (np.where(IMAGE > 100, np.nan, IMAGE), {}, InputError, "NaN or infinite"),
    "no image": ("a.png", {}, InputError, "the image is a str"),
    "kernel": (IMAGE, {"kernel": "nearest"}, UsageError, "kernel is 'nearest'; wanted one of box, bicubic, lanczos2,"),
    "quality": (IMAGE, {"quality": "superb"}, UsageError, "quality is 'superb'; wanted one of draft, normal, best"),
    "denoising": (IMAGE, {"quality": PRESETS["denoise", "draft"]}, UsageError, "for denoising; wanted some for upsc"),
    "time": (IMAGE, {"time_budget": -1}, UsageError, "time_budget is -1"),
    "device": (IMAGE, {"device": "x"}, UsageError, "'x' is not"),
}


@pytest.mark.parametrize(("image", "more", "error", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused(image, more, error, says, recwarn):
    with pytest.raises(error, match=says):
        upscaling(image, 2, **({"quality": QUICK} | more))
    assert not recwarn.list


def test_the_kernel_that_is_taken_for_bicubic_is_pillows():
    image = Image.fromarray(disc(48))
    small = np.asarray(image.resize((24, 24), Image.Resampling.BICUBIC))
    assert (smaller(disc(48), 2).movedim(0, -1).numpy() - small).__abs__().max() < 1.01  # two roundings and a clip
