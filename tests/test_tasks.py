from dataclasses import replace

import numpy as np
import pytest
import torch

import untaught
from untaught.core import Problem
from untaught.errors import InputError, UsageError
from untaught.fit import Fit
from untaught.likelihoods import Gaussian
from untaught.methods import R2R, Plain
from untaught.networks import Skip, Uniform
from untaught.operators import Identity
from untaught.optimisers import Muon
from untaught.presets import PRESETS, preset
from untaught.presets.row import Preset
from untaught.stoppers import Budget, Discrepancy
from untaught.tasks import deblurring, dejpegging, denoising, inpainting, segmenting, upscaling

TINY = Preset(
    network=Skip(input=Uniform(4), down=(8, 8), up=(8, 8), skip=(2, 2)),
    method=Plain(),
    fit=Fit(optimiser=Muon(), steps=3),
    stopper=Budget(steps=3),
    source="a test",
)
# enough steps on a small picture to see it get better
SMALL = replace(
    TINY,
    network=Skip(input=Uniform(16), down=(16, 32), up=(16, 32), skip=(4, 4)),
    fit=Fit(optimiser=Muon(), steps=150, average_decay=0.95),
    stopper=Discrepancy(),
    knows_sigma=True,
)


def disc(size=48):
    y, x = np.mgrid[:size, :size]
    inside = (y - 20) ** 2 + (x - 26) ** 2 < 150
    return (np.stack([60 + 120 * inside, 150 - 90 * inside, 40 + 2 * x], axis=-1)).clip(0, 255).astype(np.uint8)


def noisy(image, sigma=25, seed=0, white=255):
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return (image + noise).round().clip(0, white).astype(image.dtype)


def error(a, b):
    return float(np.mean((np.asarray(a, float) - b) ** 2)) ** 0.5


def test_denoise_takes_noise_away():
    clean = disc()
    y = noisy(clean)
    out = untaught.denoise(y, quality=SMALL)
    assert out.dtype == y.dtype and out.shape == y.shape
    assert error(out, clean) < 0.5 * error(y, clean)


@pytest.mark.parametrize("shape", [(9, 14), (9, 14, 1), (9, 14, 3), (1, 40, 3), (2, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_array_in_array_out(shape, dtype):
    values = np.random.default_rng(0).random(shape)
    image = values.astype(dtype) if np.issubdtype(dtype, np.floating) else (values * np.iinfo(dtype).max).astype(dtype)
    before = image.copy()
    out = untaught.denoise(image, quality=TINY)
    assert isinstance(out, np.ndarray) and out.dtype == dtype and out.shape == shape
    assert np.array_equal(image, before), "the caller's array is not touched"


def test_a_batch_of_tensors_is_so_many_independent_fits():
    batch = torch.rand(2, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    out = untaught.denoise(batch, quality=TINY)
    assert out.shape == batch.shape and out.dtype is batch.dtype
    assert torch.equal(out[1:], untaught.denoise(batch[1:], quality=TINY))


def test_a_batch_has_no_one_result():
    with pytest.raises(UsageError, match="wants one image, got a batch of 2"):
        untaught.denoise(torch.rand(2, 3, 12, 10), quality=TINY, full_output=True)


def test_full_output_says_how_it_was_made():
    result = untaught.denoise(noisy(disc()), sigma=25, quality=TINY, seed=3, full_output=True)
    made = result.provenance
    assert result.image.shape == result.iterate.shape == (48, 48, 3)
    assert made["seed"] == 3 and made["untaught"] == untaught.__version__
    assert made["noise"]["sigma"] == 25.0 and not made["noise"]["estimated"] and 10 < made["noise"]["estimate"] < 40
    assert made["settings"]["network"]["is"] == "Skip" and made["settings"]["fit"]["optimiser"]["is"] == "Muon"
    assert (made["steps"], made["kept_step"], result.steps_run) == (3, 3, 3)
    assert result.stopped_by == "its budget of 3 steps was spent" and len(result.history) == 3


def test_sigma_is_estimated_in_the_images_own_units():
    clean = np.kron(disc(), np.ones((3, 3, 1), np.uint8))
    made = untaught.denoise(noisy(clean, 20), quality=TINY, full_output=True).provenance["noise"]
    assert made["estimated"] and made["sigma"] == pytest.approx(20, rel=0.1)


def test_sigma_is_told_to_a_likelihood_that_wants_it():
    image = noisy(disc())
    told = untaught.denoise(image, sigma=51, quality=SMALL, full_output=True)
    assert told.provenance["likelihood"]["sigma"] == pytest.approx(0.2)
    sixteen = untaught.denoise(image.astype(np.uint16) * 257, sigma=51 * 257, quality=SMALL, full_output=True)
    span = sixteen.provenance["image"]["scale"]["span"]
    assert sixteen.provenance["likelihood"]["sigma"] == pytest.approx(51 * 257 / span)


@pytest.mark.parametrize("sigma", [0, -3, float("nan"), float("inf"), "much", True])
def test_a_sigma_that_cannot_be_meant(sigma):
    with pytest.raises(UsageError, match=r"sigma is .*; wanted a positive number"):
        untaught.denoise(noisy(disc()), sigma=sigma)


def test_a_device_that_is_not_there():
    with pytest.raises(UsageError, match=r"device 'cuda:7' is not there; this machine has cpu"):
        untaught.denoise(noisy(disc()), device="cuda:7")
    for name in ("gpu", "meta", "hpu"):
        with pytest.raises(UsageError, match=f"device '{name}' is not there"):
            untaught.denoise(noisy(disc()), device=name)


def test_the_discrepancy_rule_wants_sigma():
    with pytest.raises(ValueError, match="wants knows_sigma=True"):
        replace(TINY, stopper=Discrepancy())


def test_the_paper_has_other_settings_for_strong_noise():
    made = [denoising(noisy(disc()), sigma=sigma, quality="paper").provenance for sigma in (25, 50)]
    assert [one["settings"]["method"]["jitter"] for one in made] == [1 / 30, 1 / 20]


def test_steps_take_the_place_of_the_presets_own():
    job = denoising(noisy(disc(32)), sigma=25, quality=replace(TINY, stopper=Budget()), steps=7)
    assert len(list(job.fitting)) == 7 and job.result().stopped_by == "it had taken all its 7 steps"


def test_fewer_steps_of_a_network_alone_are_looked_at_as_often():
    job = denoising(noisy(disc(48)), sigma=25, quality="draft", method="network", steps=40)
    assert (job.row.method.every, job.row.method.last, job.row.fit.steps) == (8, 39, 40)
    for _ in job:
        pass
    assert job.result().step == 40 and error(job.result().image, disc(48)) < 0.95 * error(noisy(disc(48)), disc(48))


def test_noise_that_is_not_white_gets_a_deep_image_prior():
    """A network that learns from recorrupted images wants white noise."""
    generator = np.random.default_rng(0)
    light = np.linspace(5, 60, 96)[None, :] * np.ones((96, 1))
    counts = generator.poisson(light).astype(np.uint16)
    job = denoising(counts, quality="draft", method="network")
    assert not job.noise.is_white and job.row.method == preset("deep image prior", "draft").method
    with pytest.raises(UsageError, match="R2R wants white noise and 24 pixels a side; here is noise that grows"):
        denoising(counts, quality=preset("denoise, network", "draft"))
    assert denoising(noisy(disc(20)), sigma=25, quality="draft", method="network").row.method == job.row.method
    white = denoising(noisy(disc(96)), quality="draft", method="network")
    assert isinstance(white.row.method, R2R) and white.row.method.sigma == pytest.approx(25 / 255, rel=0.3)


def test_golden():
    """The numbers of a deep image prior on a small picture, as they were when this was written.

    Three steps: the deepest scale has four pixels here, so that at the sixth the order of sums alone (one thread or
    two, with or without oneDNN) moves the loss by a tenth.
    """
    result = denoising(noisy(disc()), sigma=25, quality=preset("deep image prior", "best"), steps=3)
    for _ in result.fitting:
        pass
    made = result.result()
    assert made.history[-1] == pytest.approx(GOLDEN_LOSS, rel=5e-3)
    assert made.image.mean() == pytest.approx(GOLDEN_MEAN, abs=0.3)


GOLDEN_LOSS = 3.3268
GOLDEN_MEAN = 111.59


def test_an_unknown_quality_names_those_there_are():
    for method in ("auto", "network"):
        with pytest.raises(UsageError, match=r"quality is 'superb'; wanted one of draft, normal, best, paper$"):
            untaught.denoise(noisy(disc()), quality="superb", method=method)


@pytest.mark.parametrize("image", [np.full((8, 8), 3), np.zeros((1, 1), np.uint8)])
def test_there_is_nothing_to_do_in_a_constant_image(image):
    with pytest.raises(InputError, match="constant"):
        untaught.denoise(image)


def test_steps_is_the_loop_itself():
    y = torch.rand(1, 3, 10, 12)
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(), shape=(3, 10, 12))
    seen = list(untaught.steps(problem, quality=TINY))
    assert [step.index for step in seen] == [0, 1, 2]
    assert [step.index for step in untaught.steps(problem, quality=TINY, fit=Fit(optimiser=Muon(), steps=2))] == [0, 1]


MASK = np.random.default_rng(0).random((32, 32)) < 0.4
STROKES = np.full((32, 32), 128, np.uint8)
STROKES[20, 23:30], STROKES[2, 3:20] = 255, 0  # in the disc and beside it
JOBS = {  # rows of ours whose method learns from the image in a way that its task must prepare, at three steps
    "deblur": lambda y, row: deblurring(y, gaussian=1.0, sigma=25, quality=row, steps=3),
    "deblur blind": lambda y, row: deblurring(y, blind=True, kernel_size=5, sigma=25, quality=row, steps=3),
    "dejpeg": lambda y, row: dejpegging(y, jpeg_quality=20, quality=row, steps=3),
    "denoise, network": lambda y, row: denoising(y, sigma=25, quality=row, steps=3),
    "inpaint": lambda y, row: inpainting(y, MASK, quality=row, steps=3),
    "segment": lambda y, row: segmenting(y, STROKES, quality=row, steps=3),
    "upscale 4": lambda y, row: upscaling(y, 4, quality=row, steps=3),
    "upscale 8": lambda y, row: upscaling(y, 8, quality=row, steps=3),
}


@pytest.mark.parametrize(("task", "quality"), sorted(PRESETS))
def test_every_preset_runs(task, quality):
    row = preset(task, quality)
    if row.pilot is not None:
        result = untaught.denoise(noisy(disc(32)), sigma=25, quality=replace(row, fit=replace(row.fit, steps=6)))
        assert error(result, disc(32)) < 0.6 * error(noisy(disc(32)), disc(32)) and row.source
        return
    if task in JOBS and quality != "paper":
        job = JOBS[task](noisy(disc(32)), row)
        assert sum(moment.loss is not None for moment in job) == 3
        assert np.isfinite(job.result().image).all() and row.source
        return
    y = torch.rand(1, 3, 40, 33, generator=torch.Generator().manual_seed(0))
    problem = Problem(y=y, operator=Identity(), likelihood=Gaussian(), shape=(3, 40, 33))
    first, second = (step for step, _ in zip(untaught.steps(problem, quality=row), range(2), strict=False))
    assert first.x.shape == second.x.shape == y.shape and second.x.isfinite().all()
    assert not torch.equal(first.x, second.x)
    assert row.source


def test_the_paper_is_as_published():
    """The published tables: learning rate, steps, jitter and nothing else, task by task."""
    table = {
        "denoise": (0.01, 1800, 1 / 30),
        "denoise, network": (0.01, 1800, 1 / 30),
        "restore": (0.01, 1800, 1 / 30),
        "restore, sigma told": (0.01, 1800, 1 / 30),
        "deep image prior": (0.01, 1800, 1 / 30),
        "denoise, sigma 50": (0.01, 1800, 1 / 20),
        "dejpeg": (0.01, 2400, 1 / 30),
        "upscale 4": (0.01, 2000, 0.03),
        "upscale 8": (0.01, 4000, 0.05),
        "upscale 4, no prior": (0.01, 2000, 0.0),
        "upscale 4, total variation": (0.01, 2000, 0.0),
        "inpaint": (0.001, 11000, 0.03),
        "inpaint hole": (0.01, 5001, 0.03),
        "inpaint text": (0.01, 6001, 0.03),
        "inpaint hole, vase": (0.01, 5001, 0.03),
        "inpaint hole, library": (0.01, 3001, 0.0),
        "inpaint 50 %": (0.001, 11000, 0.03),
        "inpaint 98 %": (0.01, 1000, 0.0),
        "guide": (0.1, 601, 0.0),
        "invert features": (0.001, 3100, 0.0),
        "maximise activation": (0.001, 3100, 0.03),
    }
    rows = {task: row for (task, quality), row in PRESETS.items() if quality == "paper"}
    found = {task: (row.fit.optimiser.lr, row.fit.steps, row.method.jitter) for task, row in rows.items()}
    assert found == table
    assert all(row.fit.schedule == "constant" and row.stopper == Budget() for row in rows.values())
    averaged = {task for task, row in rows.items() if row.fit.average_decay == 0.99}
    of_2018 = {"denoise", "denoise, network", "deep image prior", "restore", "restore, sigma told"}
    assert averaged == of_2018 | {"denoise, sigma 50", "dejpeg"}
