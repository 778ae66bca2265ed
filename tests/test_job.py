"""A job: first estimates, then the network on them, under one clock."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

import untaught
from classical.pictures import noise, picture
from test_tasks import disc, error, noisy
from untaught import job as jobs
from untaught.cli.foretelling import level_of
from untaught.errors import UntaughtError, UsageError
from untaught.noise import Noise
from untaught.presets import PRESETS, preset
from untaught.presets.denoising import corrected
from untaught.presets.row import Pilot, Preset, Price
from untaught.tasks import denoising
from untaught.tasks import noisy as noisy_images

DRAFT = replace(PRESETS["denoise", "draft"], fit=replace(PRESETS["denoise", "draft"].fit, steps=7))
ROUNDS = replace(DRAFT, pilot=Pilot(rounds=3))
CLEAN = disc(32)[6:, 6:]
NOISY = noisy(CLEAN)


def job_of(image=NOISY, *, sigma=25, quality=DRAFT, **rest):
    return denoising(image, sigma=sigma, quality=quality, **rest)


def run(job):
    moments = list(job)
    return moments, job.result()


@pytest.fixture(scope="module")
def whole():
    """What a job gives that is never stopped."""
    return run(job_of(quality=ROUNDS))[1]


@pytest.fixture
def found(monkeypatch):
    """What the measurement of the noise says."""

    def says(noise):
        monkeypatch.setattr(noisy_images, "measure_noise", lambda x: noise)

    return says


def test_moments_count_up_to_the_total():
    moments, result = run(job_of(quality=ROUNDS))
    assert [moment.done for moment in moments] == list(range(1, 12))
    assert {moment.total for moment in moments} == {4 + 7}
    assert [moment.text for moment in moments] == ["first estimate"] * 4 + ["network"] * 7
    assert [moment.loss is None for moment in moments] == [True] * 4 + [False] * 7
    assert (result.steps_run, result.stopped_by) == (7, "it had taken all its 7 steps")
    assert result.provenance["first_estimate_rounds"] == 3 and len(result.history) == 7
    assert set(result.provenance["seconds"]) == {"all", "fit", "per_step"}
    assert result.provenance["seconds"]["all"] >= result.provenance["seconds"]["fit"] > 0


def test_there_is_no_result_before_the_first_moment():
    with pytest.raises(UntaughtError, match="nothing was done yet"):
        job_of().result()


def test_after_each_moment_there_is_an_image():
    job = job_of(quality=ROUNDS)
    errors = []
    for moment in job:
        result = job.result()
        assert result.image.shape == NOISY.shape and result.image.dtype == NOISY.dtype
        assert result.steps_run == max(0, moment.done - 4)
        errors.append(error(result.image, CLEAN))
    assert max(errors) < 0.5 * error(NOISY, CLEAN)
    assert job.finished and list(job) == [], "a finished job stays finished"


@pytest.mark.parametrize("left_after", [1, 2, 4, 6])
def test_left_and_iterated_again_it_goes_on(left_after, whole):
    broken, seen = job_of(quality=ROUNDS), []
    for moment in broken:
        seen.append(moment.done)
        if moment.done == left_after:
            break
    assert broken.result().stopped_by == "it was stopped by hand"
    seen += [moment.done for moment in broken]
    assert seen == list(range(1, 12))
    assert np.array_equal(broken.result().image, whole.image)
    assert broken.result().history == whole.history


@pytest.mark.parametrize("left_after", [2, 5, 8])
def test_a_resumed_job_gives_the_same_as_one_never_stopped(left_after, whole):
    """Left in the first estimate, right after it, and among the network's steps."""
    first, second = job_of(quality=ROUNDS), job_of(quality=ROUNDS)
    for moment in first:
        if moment.done == left_after:
            break
    second.resume(first.state())
    moments, result = run(second)
    assert len(moments) == 11 - max(0, left_after - 4)
    assert np.array_equal(result.image, whole.image) and np.array_equal(result.iterate, whole.iterate)
    assert (result.history, result.step, result.stopped_by) == (whole.history, whole.step, whole.stopped_by)


def test_a_state_survives_a_job_that_was_left_before_it_was_used():
    first, second, third = (job_of() for _ in range(3))
    for moment in first:
        if moment.done == 5:
            break
    second.resume(first.state())
    next(iter(second))
    third.resume(second.state())
    _, result = run(third)
    assert np.array_equal(result.image, run(job_of())[1].image)


def test_a_finished_job_resumed_does_nothing_more_than_its_first_estimate():
    job, again = job_of(), job_of()
    _, whole = run(job)
    again.resume(job.state())
    moments, result = run(again)
    assert [moment.text for moment in moments] == ["first estimate"] * 2
    assert result.stopped_by == whole.stopped_by and np.array_equal(result.image, whole.image)


class Clock:
    """Time that passes when it is looked at: a second each."""

    now = 0.0

    def monotonic(self):
        self.now += 1.0
        return self.now


@pytest.mark.parametrize("quality", [DRAFT, ROUNDS])
@pytest.mark.parametrize("budget", [1e-6, 3, 5, 8])
def test_a_time_budget_ends_it_and_a_first_estimate_is_always_made(monkeypatch, quality, budget):
    monkeypatch.setattr(jobs, "time", Clock())
    job = job_of(quality=quality, time_budget=budget)
    job.before = 0.0
    moments, result = run(job)
    assert len(moments) == max(1, int(budget)), "each takes a second of this clock"
    assert result.stopped_by == f"its budget of {budget:g} s would not have lasted for more"
    assert job.finished and job.spent <= max(budget, 1)
    assert error(result.image, CLEAN) < 0.5 * error(NOISY, CLEAN)
    assert list(job) == []


def test_the_measuring_of_the_noise_is_within_the_budget(monkeypatch):
    def slow(x):
        time.sleep(0.05)
        return Noise(sigma=25 / 255)

    monkeypatch.setattr(noisy_images, "measure_noise", slow)
    for tile in (None, 128):
        assert 0.05 <= job_of(tile=tile).before < 5
    job = job_of(time_budget=8)
    monkeypatch.setattr(jobs, "time", Clock())
    job.before = 5.0
    assert len(run(job)[0]) == 3, "each takes a second of this clock"
    tiled = job_of(time_budget=8, tile=128)
    tiled.before = 5.0
    assert tiled.piece(0).budget == 3


def test_a_long_budget_ends_nothing(monkeypatch):
    monkeypatch.setattr(jobs, "time", Clock())
    assert run(job_of(time_budget=1000))[1].stopped_by == "it had taken all its 7 steps"


def test_a_network_alone_takes_one_step_at_least(monkeypatch):
    monkeypatch.setattr(jobs, "time", Clock())
    moments, result = run(job_of(quality="draft", method="network", time_budget=1e-6, steps=5))
    assert [(moment.done, moment.total, moment.text) for moment in moments] == [(1, 5, "network")]
    assert result.steps_run == 1 and "budget of 1e-06 s" in result.stopped_by


@pytest.mark.parametrize("budget", [0, -1.0, float("nan"), True, "5m"])
def test_a_time_budget_that_cannot_be_meant(budget):
    with pytest.raises(UsageError, match=r"time_budget is .*; wanted a positive number of seconds"):
        untaught.denoise(NOISY, quality=DRAFT, time_budget=budget)


def test_noise_with_a_grain_gets_no_network(found):
    found(Noise(sigma=25 / 255, correlation=0.8, grain=True))
    moments, result = run(job_of(sigma="auto", quality=ROUNDS))
    assert [(moment.done, moment.total) for moment in moments] == [(1, 1)]
    assert result.stopped_by.startswith("the noise has a grain") and result.steps_run == 0
    assert error(result.image, CLEAN) < 0.5 * error(NOISY, CLEAN)


def test_noise_that_grows_with_the_light_gets_no_network(found):
    clean = picture(40, 44)
    gain = 0.02
    y = gain * torch.poisson(clean / gain, generator=torch.Generator().manual_seed(1))
    found(Noise(sigma=0.0, gain=gain))
    scale = y.amax() / 1.0
    found(Noise(sigma=0.0, gain=float(gain / scale)))
    moments, result = run(job_of(y, sigma="auto", quality=ROUNDS))
    assert [(moment.done, moment.total) for moment in moments] == [(1, 1)]
    assert result.stopped_by.startswith("the noise grows with the light") and result.steps_run == 0
    assert (result.image - clean).square().mean() < 0.2 * (y - clean).square().mean()


def test_noise_that_may_grow_with_the_light_gets_the_first_estimate_alone(found):
    dark = np.full((40, 44), 4, np.uint8)
    dark[:, 20:] = 60
    found(Noise(sigma=25 / 255, unsure=True))
    job = job_of(noisy(dark), sigma="auto", quality=ROUNDS)
    moments, result = run(job)
    assert [(moment.done, moment.total) for moment in moments] == [(1, 1)]
    assert result.stopped_by.startswith("the noise may grow with the light") and result.steps_run == 0
    assert result.provenance["noise"]["unsure"] and not job.clipped, "clipping is undone for one sigma only"


def test_the_papers_way_knows_no_such_noise_and_the_record_does(found):
    found(Noise(sigma=0.0, gain=0.02))
    job = job_of(sigma="auto", quality="paper", steps=1)
    about = job.provenance["noise"]
    assert torch.equal(job.noise.forward(job.problem.y), job.problem.y), "it is fitted to the image as it is"
    assert about["gain"] == pytest.approx(0.02 * 255) and about["white_sigma"] > 0.01
    assert level_of(about).startswith("noise that grows with the light (gain 5.1, sigma 0")


@pytest.mark.parametrize(("size", "networks"), [((23, 40), 0), ((40, 23), 0), ((24, 24), 7), ((1, 9), 0), ((2, 2), 0)])
def test_a_small_image_gets_no_network(size, networks):
    clean = picture(*size)[0].permute(1, 2, 0).numpy()
    y = (clean + np.random.default_rng(0).normal(0, 0.1, clean.shape)).astype(np.float32)
    moments, result = run(job_of(y, sigma=0.1))
    assert result.steps_run == networks and np.isfinite(result.image).all() and result.image.shape == y.shape
    assert networks or "under 24 pixels wide or high" in result.stopped_by
    assert moments[-1].done == moments[-1].total, "what will not be done is not counted"


def test_classical_is_the_first_estimate_alone():
    job = job_of(quality=ROUNDS)
    for moment in job:
        if moment.done == 4:
            break
    estimate = job.result().image
    # a quality by its name: the method is taken from the table's row
    moments, result = run(job_of(quality="draft", method="classical"))
    assert [moment.text for moment in moments] == ["first estimate"] * 2 and moments[-1].done == moments[-1].total
    assert result.stopped_by == "the first estimate was all that was asked for" and result.steps_run == 0
    alone = run(job_of(quality=ROUNDS, method="classical"))[1]
    assert np.array_equal(alone.image, estimate)
    assert result.provenance["settings"]["fitted"] is False


def test_the_method_network_has_no_first_estimate():
    for quality in ("draft", "normal", "best"):
        job = job_of(quality=quality, method="network")
        row = preset("denoise, network", quality)
        assert job.row == replace(row, fit=job.row.fit, method=job.row.method, network=job.row.network)
        assert job.row.method == replace(row.method, sigma=job.sigma, last=row.fit.steps - 1) and job.row.pilot is None
        assert job.fitting is not None


def test_an_unknown_method_names_those_there_are():
    with pytest.raises(UsageError, match="method is 'magic'; wanted one of auto, network, classical"):
        untaught.denoise(NOISY, method="magic")


def test_there_is_no_classical_way_to_do_what_the_paper_did():
    with pytest.raises(UsageError, match="no first estimate"):
        denoising(NOISY, quality="paper", method="classical")


def test_a_batch_is_so_many_images():
    batch = torch.stack([picture(26, 28)[0], picture(52, 28)[0, :, 26:]])
    batch = batch + noise(batch, 0.1)
    out = untaught.denoise(batch, sigma=0.1, quality=DRAFT)
    assert out.shape == batch.shape and out.dtype is batch.dtype
    assert torch.equal(out[1:], untaught.denoise(batch[1:], sigma=0.1, quality=DRAFT))
    assert torch.equal(out[0], untaught.denoise(batch[0], sigma=0.1, quality=DRAFT))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_number_of_channels(channels):
    clean = picture(25, 30, channels)
    y = clean + noise(clean, 0.1)
    out = untaught.denoise(y, sigma=0.1, quality=DRAFT)
    assert (out - clean).square().mean() < 0.5 * (y - clean).square().mean()


def test_the_seed_decides_and_global_random_state_is_left_alone():
    before = torch.random.get_rng_state()
    image = NOISY.astype(np.float32) / 255
    a, b, c = (untaught.denoise(image, sigma=0.1, quality=DRAFT, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    assert error(a, c) < 0.03
    d, e = (untaught.denoise(image, sigma=0.1, quality=DRAFT, method="classical", seed=seed) for seed in (3, 4))
    assert not np.array_equal(d, e), "the recorruption's noise is the seed's too"
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_was_cut_off_at_black_is_made_good(monkeypatch):
    calls, cut_off = 0, jobs.cut_off

    def counted(y):
        nonlocal calls
        calls += 1
        return cut_off(y)

    monkeypatch.setattr(jobs, "cut_off", counted)
    dark = np.full((40, 44), 4, np.uint8)
    dark[:, 20:] = 60
    y = noisy(dark)
    job = job_of(y)
    assert job.clipped
    for _ in job:  # after an estimate and after steps alike
        assert abs(float(job.result().image[:, :16].mean()) - 4) < 3, f"the noisy mean is {y[:, :16].mean()}"
    assert calls == 1, "an image's values are counted once"
    grey = np.full((40, 44), 120, np.uint8)
    grey[:, 20:] = 140
    assert not job_of(noisy(grey)).clipped


def test_a_pilot_wants_the_method_that_improves_on_it():
    with pytest.raises(ValueError, match="by the method Recorrupted, told sigma"):
        replace(DRAFT, knows_sigma=False)
    with pytest.raises(ValueError, match="by the method Recorrupted, told sigma"):
        replace(DRAFT, method=PRESETS["denoise", "paper"].method)
    with pytest.raises(ValueError, match="nothing would be done"):
        replace(PRESETS["denoise", "paper"], fitted=False)


def test_a_row_of_ours():
    row = corrected(Pilot(rounds=2, pairs=3), DRAFT.network, 9, Price(1, 1, 1, 1))
    assert isinstance(row, Preset) and row.knows_sigma and row.fitted and row.fit.steps == 9
    assert row.pilot.recipe().pairs == 3 and row.pilot.recipe().later == Pilot(rounds=2).recipe().later
    job = job_of(quality=row)
    next(iter(job))
    next(iter(job))
    assert len(job.estimate.views) == 7
