"""Studies of restoration, each at a tiny size: words and figure are those of the numbers, whatever these say."""

import copy
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from untaught import images
from untaught.cli import app
from untaught.errors import InputError, UsageError
from untaught.optimisers import LBFGS, Adam
from untaught.studies import STUDIES, Asked, spaces, study
from untaught.studies.courses import Course, damaged, follow, hourglass
from untaught.studies.figure import drawn
from untaught.studies.likelihood import noisy, told, variance
from untaught.studies.likelihood_words import GAUSSIAN, IMPULSE, POISSON, SPECKLE
from untaught.studies.likelihood_words import KINDS as NOISES
from untaught.studies.optimiser import SIZES, grouped, made, times
from untaught.studies.optimiser_words import ADAM, KINDS, MUON, QUASI
from untaught.studies.paths import Plane, bent
from untaught.studies.photographs import cut, photographs, shipped
from untaught.studies.statistics import median_interval
from untaught.studies.writing import write

HERE = [name for name in STUDIES if name in ("optimiser", "likelihood", "spaces")]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Of each study its numbers, as JSON gives them back, the folder, and what was said on the way."""
    kept = {}

    def of(name):
        if name not in kept:
            folder, lines, beside = tmp_path_factory.mktemp("studies") / name, [], {}
            numbers = study(name).numbers(Asked(size="tiny", say=lines.append, keep=beside.__setitem__))
            write(study(name), numbers, folder, overwrite=False, beside=beside)
            kept[name] = json.loads((folder / f"{name}.json").read_text()), folder, lines
        return kept[name]

    return of


@pytest.mark.parametrize("name", HERE)
def test_a_study_writes_its_files_from_its_numbers_alone(found, name):
    numbers, folder, lines = found(name)
    assert {f"{name}.{kind}" for kind in ("json", "md", "png", "svg")} <= {path.name for path in folder.iterdir()}
    one = study(name)
    assert one.name == name
    assert one.paragraph(numbers) in (folder / f"{name}.md").read_text()
    assert drawn(one.panels(numbers))["svg"] == (folder / f"{name}.svg").read_bytes()
    assert len(lines) > 2


@pytest.mark.parametrize("name", HERE)
def test_the_numbers_of_a_paragraph_are_those_of_its_json(found, name):
    numbers, _, _ = found(name)
    known = {f"{abs(value):.{digits}f}" for value in reals(numbers) for digits in (1, 2, 3, 4)}
    known |= {f"{abs(value):.3g}" for value in reals(numbers)}
    decimals = re.findall(r"(?<![\d.])\d+\.\d+", study(name).paragraph(numbers))
    assert len(decimals) > 5
    assert not set(decimals) - known


@pytest.mark.parametrize("name", HERE)
def test_other_numbers_give_other_words(found, name):
    numbers, _, _ = found(name)
    asked = study(name)
    assert re.findall(r"\d\.\d+", asked.paragraph(moved(numbers))) != re.findall(r"\d\.\d+", asked.paragraph(numbers))


def reals(thing):
    """All real numbers in it."""
    if isinstance(thing, dict | list):
        return [one for part in (thing.values() if isinstance(thing, dict) else thing) for one in reals(part)]
    return [thing] if isinstance(thing, float) else []


def moved(thing):
    """All real numbers something else."""
    if isinstance(thing, dict):
        return {key: moved(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [moved(one) for one in thing]
    return thing + 0.111 if isinstance(thing, float) else thing


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


@pytest.mark.parametrize("name", HERE)
def test_the_command_answers_bad_pictures_in_a_sentence(tmp_path, name):
    (tmp_path / "no.png").write_text("no picture")
    for arguments, kind, words in (
        (["--image", str(tmp_path / "no.png")], InputError, "no.png"),
        (["--images", str(tmp_path)], UsageError, f"{name} takes no folder of images"),
    ):
        result = CliRunner().invoke(app, ["study", name, "-o", str(tmp_path / "out"), *arguments])
        assert isinstance(result.exception, kind) and words in str(result.exception)
    result = CliRunner().invoke(app, ["study", "vessels-thin", "--image", "a.png"])
    assert isinstance(result.exception, UsageError) and "vessels-thin takes no --image" in str(result.exception)


def test_the_command_keeps_films_beside_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setitem(spaces.SIZES, "default", replace(spaces.SIZES["tiny"], draws=1, steps=4))
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["study", "spaces", "-o", str(out), "--threads", "1"])
    assert result.exception is None, result.output
    assert {"spaces.json", "spaces-denoising.gif", "spaces-ends.png"} <= {path.name for path in out.iterdir()}
    assert json.loads((out / "spaces.json").read_text())["images"] == ["astronaut"]


def test_a_median_has_an_interval_over_groups_and_may_be_out_of_reach():
    one = median_interval([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], 0)
    assert one["median"] == 2 and one["low"] == 1 and one["high"] == 3
    assert median_interval([[2.0, 4.0]], 0) == {"median": 3.0, "low": None, "high": None}
    never = median_interval([[1.0], [math.inf], [math.inf]], 0)
    assert never["median"] == math.inf and never["low"] == 1 and never["high"] == math.inf
    assert grouped([1, 2, 3, 4], ["a", "b", "a", "b"]) == [[1, 3], [2, 4]]


def test_a_course_says_when_what_was_there():
    course = Course([0, 1, 5, 9], [0.0, 0.1, 0.2, 0.3], [10.0, 20.0, float("nan"), 15.0], [10.0] * 4)
    assert course.peak() == 20 and course.peak_at() == 1
    assert course.to(15, "gradients") == 1 and course.to(15, "seconds") == 0.1 and course.to(21, "seconds") == math.inf
    assert course.at(0.5, "gradients") == 10 and course.at(4, "gradients") == 20 and course.at(99, "seconds") == 15
    assert course.best_so_far() == [10, 20, 20, 20]
    assert course.score() == pytest.approx((1 * 10 + 4 * 20 + 4 * 20 + 1 * 20) / 10)


def test_every_optimiser_gets_as_many_gradients_and_a_search_pays_for_its_own():
    size, picture = SIZES["tiny"], shipped("coffee", 16)
    problem = damaged(picture, "noise", 0)
    plain = follow(problem, picture, hourglass(size.widths), Adam(), 12, 0)
    search = follow(problem, picture, hourglass(size.widths), LBFGS(), 12, 0)
    assert plain.gradients == list(range(12))
    assert search.gradients[0] == 0 and max(search.gradients) < 12 and min(np.diff(search.gradients)) >= 2
    assert plain.psnr[0] == search.psnr[0], "the same network of the same noise"
    assert plain.seconds == sorted(plain.seconds) and plain.seconds[-1] > 0


def test_what_is_missing_is_half_and_has_no_measurement():
    picture = shipped("coffee", 16)
    problem = damaged(picture, "missing", 0)
    assert 0.3 < problem.y.numel() / picture.x.numel() < 0.7
    assert torch.equal(problem.operator(picture.x), problem.y)


def test_rates_are_tuned_alike_on_photographs_apart_from_those_tested_on(found):
    numbers = found("optimiser")[0]
    assert not set(numbers["tuned_on"]) & set(numbers["tested_on"])
    tuning = numbers["damages"]["noise"]["tuning"]
    assert {len(one["trials"]) for one in tuning.values()} == {numbers["size"]["coarse"] + 2}
    for one in tuning.values():
        best = max(one["trials"], key=lambda trial: trial["score"])
        assert one["rate"] == best["rate"]
        assert one["at_the_edge"] == (best in (one["trials"][0], one["trials"][-1]))
    runs = numbers["damages"]["noise"]["runs"]
    assert len(runs) == len(KINDS) * 2 * 2
    assert {run["kind"] for run in runs[::4]} != {ADAM}, "who begins takes turns"
    assert made(MUON, 0.04).adam_lr == 0.02


def test_times_are_of_what_both_reach():
    slow, quick = (Course(list(range(0, 50, k)), [0.1 * i for i in range(0, 50, k)], psnr, psnr) for k, psnr in
                   ((10, [10.0, 20, 24, 25, 26]), (5, [10.0, 24, 25, 24, 23, 22, 21, 20, 20, 20])))  # fmt: skip
    one = times([slow, slow], [quick, quick], ["a", "b"], 0)
    assert one["gradients"]["median"] == pytest.approx(30 / 10)  # 24.5: the third iterate against the fourth
    assert one["gradients"]["more"] == one["gradients"]["of"] == 2


def test_optimisers_are_judged_by_the_interval(found):
    numbers = copy.deepcopy(found("optimiser")[0])
    noise = numbers["damages"]["noise"]
    for low, high, words in ((1.2, 3.4, "Muon is quicker"), (0.2, 0.9, "Muon is slower"), (0.8, 1.3, "no difference")):
        noise["times"][QUASI]["gradients"] |= {"median": (low + high) / 2, "low": low, "high": high}
        line = next(one for one in study("optimiser").paragraph(numbers).split(". ") if f"peaks {QUASI} takes" in one)
        assert words in line.split(";")[0] and f"({low:.2f} to {high:.2f})" in line
    noise["tuning"][ADAM]["at_the_edge"] = True
    assert "it may not be the best there is" in study("optimiser").paragraph(numbers)
    noise["times"][QUASI]["gradients"] |= {"low": None, "high": None}
    assert "not decided" in study("optimiser").paragraph(numbers)


@pytest.mark.parametrize("noise", NOISES)
def test_the_noise_is_as_strong_as_its_law_and_measurements_say(noise):
    picture = shipped("coffee", 64)
    y = noisy(noise, picture, 0)
    assert variance(noise, y) == pytest.approx(float((y - picture.x).square().mean()), rel=0.15)


def test_the_others_are_told_of_noise_as_strong_and_the_matched_one_its_law():
    picture = shipped("coffee", 64)
    y = noisy(SPECKLE, picture, 0)
    v = variance(SPECKLE, y)
    assert told(SPECKLE, SPECKLE, y).looks == 4
    assert told(GAUSSIAN, SPECKLE, y).sigma ** 2 == pytest.approx(v) == told(IMPULSE, SPECKLE, y).sigma ** 2
    assert float(y.mean()) / told(POISSON, SPECKLE, y).peak == pytest.approx(v)
    gaussian = noisy(GAUSSIAN, picture, 0)
    looks = told(SPECKLE, GAUSSIAN, gaussian).looks
    assert float(gaussian.square().mean()) / (looks + 1) == pytest.approx(variance(GAUSSIAN, gaussian))


def test_impulses_leave_the_others_as_they_were():
    picture = shipped("coffee", 32)
    y = noisy(IMPULSE, picture, 0)
    same = (y - picture.x).abs() < 1e-6
    assert 0.6 < float(same.float().mean()) < 0.85 and set(y[~same].unique().tolist()) == {0.0, 1.0}


def test_likelihoods_are_scored_where_the_rule_stops_and_at_the_best_step(found):
    numbers, folder, _ = found("likelihood")
    assert len(numbers["runs"]) == 2 * 4 * 4
    for run in numbers["runs"]:
        assert run["peak"] >= max(run["stop"], run["last"]) and 1 <= run["stop_at"] <= numbers["size"]["steps"]
    ones = [run["stop"] for run in numbers["runs"] if run["noise"] == POISSON and run["likelihood"] == SPECKLE]
    assert numbers["cells"][POISSON][SPECKLE]["stop"]["mean"] == pytest.approx(sum(ones) / 2, rel=1e-4)
    with Image.open(folder / "likelihood-pictures.png") as sheet:
        assert sheet.width > 600


def test_likelihoods_are_judged_by_what_the_draws_decide(found):
    numbers = copy.deepcopy(found("likelihood")[0])
    for more, words in (
        (2, "better in all 2 draws"),
        (0, "in none of 2 draws (here it does not pay)"),
        (1, "not shown"),
    ):
        one = decided(1.23 if more else -1.23, more)
        numbers["against"][IMPULSE][GAUSSIAN] = {"stop": one, "peak": one}
        said = study("likelihood").paragraph(numbers).split("Impulse noise")[1].split("Speckle noise")[0]
        gained = next(part for part in said.split("against ")[1].split("; ") if part.startswith("the Gaussian one"))
        assert words in gained and f"{'+' if more else '-'}1.23 ± 0.01 dB" in gained
    for likelihood in NOISES:
        for noise in NOISES:
            numbers["cells"][noise][likelihood]["stop"]["mean"] = 30.0 if likelihood == noise else 20.0
    said = study("likelihood").paragraph(numbers)
    assert "for 4 of 4 kinds of noise: Gaussian, Poisson, impulse, speckle." in said
    numbers["cells"][POISSON][GAUSSIAN]["stop"]["mean"] = 31.0
    assert "for 3 of 4" in study("likelihood").paragraph(numbers)
    assert "another is for Poisson noise (Gaussian)." in study("likelihood").paragraph(numbers)


def decided(gain, more, of=2):
    """A paired comparison."""
    decides = "yes" if more == of else "no" if more == 0 else "no verdict"
    return {"mean": gain, "sd": 0.01, "n": of, "more": more, "of": of, "decides": decides}


def test_all_paths_begin_at_one_image_and_pixels_go_straight(found):
    numbers, folder, _ = found("spaces")
    for task, one in numbers["tasks"].items():
        starts = [path[0] for path in one["plane"]["paths"].values()]
        assert np.ptp(starts, axis=0).max() < 1e-5, task
        first = [course["psnr"][0] for course in one["course"].values()]
        assert np.ptp(first) < 1e-3
        assert len(one["weights"]["path"]) == len(one["course"]["network"]["steps"])
    denoising, upscaling = numbers["tasks"].values()
    assert denoising["table"]["pixels"]["bent"]["mean"] == pytest.approx(1, abs=1e-3)
    assert upscaling["table"]["pixels"]["unseen"]["mean"] < 1e-4 < upscaling["table"]["network"]["unseen"]["mean"]
    for name in ("denoising", "super-resolution"):
        with Image.open(folder / f"spaces-{name}.gif") as film:
            assert film.n_frames > 5


def test_a_path_is_as_bent_as_it_is_and_a_plane_shows_what_lies_in_it():
    corner = torch.tensor([[0.0, 0, 0], [3, 0, 0], [3, 4, 0]])
    assert bent(corner) == pytest.approx(7 / 5) and bent(corner[:2]) == pytest.approx(1)
    plane = Plane.of(corner)
    assert plane.share == pytest.approx(1)
    places = torch.tensor(plane.places(corner))
    torch.testing.assert_close(torch.cdist(places, places) * 3**0.5, torch.cdist(corner, corner))
    assert Plane.of(torch.eye(4)).share < 0.7


def test_spaces_say_what_the_draws_decide(found):
    numbers = copy.deepcopy(found("spaces")[0])
    task = numbers["tasks"]["denoising"]
    for more, words in (
        (2, "passes nearer in all 2 draws"),
        (0, "none of 2 draws, here the claim fails"),
        (1, "not shown"),
    ):
        task["passes_nearer"]["pixels"] = decided(0.01, more)
        said = study("spaces").paragraph(numbers).split("the pixels at")[1].split("; ")[0]
        assert words in said
    for length, words in ((1.001, "it is straight"), (1.05, "it is nearly straight"), (2.0, "it is not straight")):
        task["table"]["pixels"]["bent"]["mean"] = length
        assert words in study("spaces").paragraph(numbers)
    table = numbers["tasks"]["super-resolution x4"]["table"]
    table["pixels"]["unseen"]["mean"] = 0.0
    assert "only the network fills it in" in study("spaces").paragraph(numbers)
    table["pixels"]["unseen"]["mean"] = table["network"]["unseen"]["mean"]
    assert "pixels move it too, here the claim fails" in study("spaces").paragraph(numbers)
