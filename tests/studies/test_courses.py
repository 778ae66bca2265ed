"""What studies of restoration share: photographs, a fit that is watched, spectra, curves."""

import math

import numpy as np
import pytest
import torch

from untaught import images, metrics
from untaught.errors import InputError, UsageError
from untaught.fit import Fit, steps
from untaught.networks import Pixels
from untaught.optimisers import LBFGS, Adam
from untaught.stoppers import Discrepancy
from untaught.studies import Asked
from untaught.studies.courses import STILL, Course, watch
from untaught.studies.curves import curve, spots
from untaught.studies.fits import denoising, quick_hourglass
from untaught.studies.photographs import COLOURS, as_array, cut, draws, photographs, shipped
from untaught.studies.spectra import BANDS, Spectrum, bands
from untaught.studies.statistics import median_interval, middle_of, reached


def test_a_picture_takes_the_place_of_the_photographs(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (50, 70, 3), dtype=np.uint8)
    images.write(tmp_path / "mine.png", pixels)
    (one,) = photographs(Asked(image=tmp_path / "mine.png"), ("coffee", "rocket"), 24)
    assert one.name == "mine.png" and one.shape == (3, 24, 24)
    square = pixels[1:49, 11:59].astype(float).reshape(24, 2, 24, 2, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(one.x[0].permute(1, 2, 0), square, atol=1e-6)
    assert [each.name for each in photographs(Asked(), ("coffee", "rocket"), 24)] == ["coffee", "rocket"]
    with pytest.raises(InputError, match=r"mine.png is 50x70 .* wanted at least 64x64 for this study"):
        photographs(Asked(image=tmp_path / "mine.png"), ("coffee",), 64)


def test_psnr_of_a_photograph_cuts_off_and_knows_what_is_no_number():
    one = cut(np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1)), "ramp", 32)
    assert one.psnr(one.x + 0.1) > 20 and one.psnr(one.x - 2) < 10
    assert math.isnan(one.psnr(one.x * float("nan")))


def test_draws_are_photographs_in_turn_each_with_noise_of_its_own(tmp_path):
    cases = draws(Asked(), COLOURS, 5, 32)
    assert [case.photograph.name for case in cases] == ["chelsea", "astronaut", "coffee", "rocket", "chelsea"]
    assert all(case.photograph.shape == (3, 32, 32) and case.photograph.x.min() >= 0 for case in cases)
    assert torch.equal(cases[0].noisy(), cases[0].noisy()) and not torch.equal(cases[0].noisy(), cases[4].noisy())
    path = tmp_path / "mine.png"
    images.write(path, np.random.default_rng(0).integers(0, 255, (40, 50), dtype=np.uint8))
    one, other = draws(Asked(image=path), COLOURS, 2, 20)
    assert one.photograph.name == "mine.png" and one.photograph.shape == (1, 20, 20)
    assert one.photograph is other.photograph and not torch.equal(one.noisy(), other.noisy())
    with pytest.raises(InputError, match=r"40x50 .* wanted at least 64x64"):
        draws(Asked(image=path), COLOURS, 1, 64)
    with pytest.raises(InputError, match="does not exist"):
        draws(Asked(image=tmp_path / "none.png"), COLOURS, 1, 64)
    with pytest.raises(UsageError, match="a study of photographs wants --image"):
        draws(Asked(images=tmp_path, labels=tmp_path), COLOURS, 1, 64)


def test_a_fit_is_watched_and_not_touched_and_goes_on_after_the_rule_has_stopped():
    case = draws(Asked(), COLOURS, 1, 32)[0]
    y, spectrum = case.noisy(), Spectrum(case.noisy())
    problem, fit = denoising(y, 0.1), Fit(optimiser=Adam(lr=0.01), steps=80, average_decay=0.5)
    parts = problem, Pixels(start="half"), STILL, fit
    course = watch(*parts, case.photograph, rule=Discrepancy(target=0.5), look=spectrum)
    alone = list(steps(*parts))
    assert course.losses == [float(step.loss) for step in alone]
    assert course.averaged[-1] == metrics.psnr(as_array(alone[-1].average), as_array(case.photograph.x))
    assert course.psnr[-1] == case.photograph.psnr(alone[-1].x) != course.averaged[-1]
    assert torch.equal(course.shown, alone[course.stop - 1].average)
    assert course.stopped and 10 <= course.stop < 80 and course.stop % 10 == 0
    scores = course.scores()
    assert scores["at_peak"] == max(course.averaged) >= scores["at_stop"] == course.averaged[course.stop - 1]
    assert np.shape(spectrum.missing) == np.shape(spectrum.power) == (80, len(BANDS))
    assert np.nanmax(spectrum.missing[-1]) < 1e-2 and all(half > 1 for half in spectrum.halves())
    np.testing.assert_allclose(spectrum.over(y)[-1], 1, rtol=0.1)
    never = watch(*parts, case.photograph)
    assert not never.stopped and never.stop == 80 and never.losses == course.losses


def test_every_optimiser_gets_as_many_gradients_and_a_search_pays_for_its_own():
    photograph = shipped("coffee", 16)
    problem, network = denoising(photograph.x + 0.1), quick_hourglass((4, 4))
    plain, search = (
        watch(problem, network, STILL, Fit(optimiser=one, steps=12), photograph) for one in (Adam(), LBFGS())
    )
    assert plain.gradients == list(range(12))
    assert search.gradients[0] == 0 and max(search.gradients) < 12 and min(np.diff(search.gradients)) >= 2
    assert plain.psnr[0] == search.psnr[0], "the same network of the same noise"
    assert plain.seconds == sorted(plain.seconds) and plain.seconds[-1] > 0


def test_a_course_says_when_what_was_there():
    course = Course(gradients=[0, 1, 5, 9], seconds=[0.0, 0.1, 0.2, 0.3], psnr=[10.0, 20.0, float("nan"), 15.0])
    assert course.peak() == 20 and course.peak_at() == 1
    assert course.to(15, "gradients") == 1 and course.to(15, "seconds") == 0.1 and course.to(21, "seconds") == math.inf
    assert course.at(0.5, "gradients") == 10 and course.at(4, "gradients") == 20 and course.at(99, "seconds") == 15
    assert course.best_so_far() == [10, 20, 20, 20]
    assert course.score() == pytest.approx((1 * 10 + 4 * 20 + 4 * 20 + 1 * 20) / 10)


def test_bands_hold_all_power_but_that_of_the_mean_and_noise_has_as_much_in_each():
    x = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    constant = torch.full_like(x, 0.5)
    np.testing.assert_allclose(bands(constant), 0, atol=1e-20)
    noise = torch.empty(1, 3, 256, 256).normal_(generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(bands(noise), 1, rtol=0.2)
    rows = torch.arange(64)[:, None].expand(64, 64)
    fast = torch.cos(math.pi * (rows + 0.5) * 40 / 64)[None, None]  # 40 / 128 cycles per pixel
    slow = torch.cos(math.pi * (rows + 0.5) * 2 / 64)[None, None]
    assert bands(fast).argmax() == len(BANDS) - 1 and bands(slow).argmax() == 0
    assert bands(fast)[:-1].sum() < 1e-8 and bands(slow)[1:].sum() < 1e-8


def test_medians_and_first_steps_know_what_was_never_reached():
    assert reached([3, 2, 1], 2) == 2 and reached([3, 2], 1) is None
    assert middle_of([1, None, 3]) == 3 and middle_of([None, None, 3]) is None
    assert spots(1000, 14)[0] == 1 and spots(1000, 14)[-1] == 1000 and spots(3, 14) == [1, 2, 3]
    drawn = curve("a", spots(1000, 60), [0.0, *(None for _ in spots(1000, 60)[2:]), 2.0])
    assert drawn.x[0] == 1 and drawn.x[-1] == 1000 and drawn.y[0] is None and drawn.y[-1] == 2 and len(drawn.x) == 14


def test_a_median_has_an_interval_over_groups_and_may_be_out_of_reach():
    one = median_interval([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], 0)
    assert one["median"] == 2 and one["low"] == 1 and one["high"] == 3
    assert median_interval([[2.0, 4.0]], 0) == {"median": 3.0, "low": None, "high": None}
    never = median_interval([[1.0], [math.inf], [math.inf]], 0)
    assert never["median"] == math.inf and never["low"] == 1 and never["high"] == math.inf
