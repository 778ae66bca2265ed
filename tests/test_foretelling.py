"""What a job will take, said before it begins; and what the program does about time, memory and Ctrl-C before a fit."""

import json
import re
import shlex
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.progress import Task

from test_cli import leftovers
from test_tasks import disc, noisy
from untaught import cli, cost, images, pilots
from untaught import job as jobs
from untaught.cli import foretelling, running
from untaught.cli.foretelling import seconds_of
from untaught.cli.running import HowFar
from untaught.cost import REFERENCE, Cost, predict
from untaught.errors import UsageError
from untaught.fitting import Fitting
from untaught.job import Moment
from untaught.presets import PRESETS
from untaught.presets.row import Price

PRICED = replace(PRESETS["denoise", "draft"], price=Price(2.0, 5.0, 3.0, 2000.0))


@pytest.fixture
def slow(monkeypatch):
    """Half as quick as the machine that the prices are of."""
    monkeypatch.setattr(cost, "rate", lambda: REFERENCE / 2)


@pytest.fixture
def prices(monkeypatch):
    """Every job costs so much; None: nobody knows."""

    def are(needed):
        monkeypatch.setattr(cost, "predict", lambda row, shape, at_once, white: needed)

    return are


def test_a_cost_grows_with_the_pixels(slow):
    one = predict(PRICED, (3, 1000, 1000))
    assert one == Cost(20.0, 2000e6)
    twice = predict(PRICED, (3, 500, 4000))
    assert (twice.seconds, twice.bytes) == (2 * one.seconds, 2 * one.bytes)
    grey = predict(PRICED, (1, 1000, 1000))
    assert predict(PRICED, (3, 1000, 1000), white=False).seconds == 4.0
    assert predict(replace(PRICED, fitted=False), (3, 1000, 1000)).seconds == 14.0
    assert predict(PRICED, (3, 1000, 1000), (3, 500, 500)) == Cost(20.0, 500e6)
    assert one.seconds / 3 < grey.seconds < one.seconds and one.bytes / 3 < grey.bytes < one.bytes


def test_steps_that_cost_the_same_at_any_size(slow):
    row = replace(PRICED, price=Price(0.0, 0.0, 0.0, 1.0, a_step=0.5))
    small, large = (predict(row, (3, side, side)) for side in (10, 1000))
    assert small.seconds == large.seconds == pytest.approx(2 * 0.5 * row.fit.steps)


def test_without_a_price_there_is_no_cost(slow):
    assert predict(replace(PRICED, price=None), (3, 100, 100)) is None


def test_the_speed_of_this_machine():
    assert 1e8 < cost.rate() < 1e15


def test_the_memory_of_this_machine(monkeypatch, tmp_path):
    there = cost.free_memory()
    assert there is None or 2**20 < there < 2**50
    info = tmp_path / "meminfo"
    info.write_text("MemTotal: 4000 kB\nMemAvailable:    123 kB\n")
    monkeypatch.setattr(cost, "Path", lambda name: info)
    assert cost.free_memory() == 123 * 1024
    info.write_text("nothing of the kind\n")
    assert cost.free_memory() is None or cost.free_memory() > 2**20, "all there is, where nobody says what is free"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("0.5h", 1800), ("1.5", 1.5)]
)
def test_times(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "0", "-5", "-1m", "5 minutes", "1h30m", "5d", "inf", "infs", "nan", "nans"])
def test_what_is_no_time_is_refused_in_one_sentence(text):
    with pytest.raises(UsageError) as refused:
        seconds_of(text)
    assert str(refused.value) == f"--time-budget is {text}; wanted a positive time such as 90s, 5m or 1h"


def test_a_time_that_cannot_be_meant_ends_in_code_2(program, picture):
    code, out, err = program("denoise", picture, "-o", picture.with_name("out.png"), "--time-budget", "soon")
    assert (code, out) == (2, "") and err.count("\n") == 1 and "--time-budget is soon" in err
    assert leftovers(picture.parent) == ["in.png"]


@pytest.mark.parametrize("needed", [Cost(42.4, 2.5e9), None])
def test_a_dry_run_says_one_line_and_does_nothing(program, picture, prices, monkeypatch, needed):
    prices(needed)
    monkeypatch.setattr(jobs.Job, "__iter__", lambda self: pytest.fail("the job began"))
    code, out, err = program("denoise", picture, "-o", picture.with_name("out.png"), "--dry-run")
    wanted = (
        r"about 42 s on this machine, 2\.9 GB of memory" if needed else "what this quality takes was never measured"
    )
    assert (code, err) == (0, "") and re.fullmatch(rf"noise sigma \S+ \(estimated\); {wanted}\n", out)
    code, out, err = program(
        "denoise", picture, "-o", picture.with_name("out.png"), "--dry-run", "--json", "--sigma", 7
    )
    about = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1) and about["noise"]["sigma"] == 7
    assert (about["seconds"], about["megabytes"]) == ((42.4, 2900) if needed else (None, None))
    assert leftovers(picture.parent) == ["in.png"]


@pytest.mark.parametrize(("size", "most"), [(128, 447), (256, 513), (512, 691)])
def test_the_programs_own_memory_is_counted(size, most):
    """`most` 10^6 bytes were held by drafts in colour: benchmarks/results/scaling.jsonl."""
    needed = predict(PRESETS["denoise", "draft"], (3, size, size))
    assert needed.whole / 1e6 == pytest.approx(most, rel=0.1)


def test_a_dry_run_of_every_quality(program, picture):
    for quality in ("draft", "normal", "best", "paper"):
        code, out, _ = program(
            "denoise", picture, "-o", picture.with_name("out.png"), "--dry-run", "--quality", quality
        )
        assert code == 0 and out.startswith("noise sigma ") and out.count("\n") == 1
    assert leftovers(picture.parent) == ["in.png"]


def test_a_dry_run_sees_what_would_be_refused(program, picture):
    code, out, err = program("denoise", picture, "-o", picture, "--dry-run")
    assert (code, out) == (2, "") and "is an input" in err
    there = picture.with_name("there.png")
    there.write_bytes(b"kept")
    code, out, _ = program("denoise", picture, "-o", there, "--dry-run")
    assert code == 0 and out and there.read_bytes() == b"kept"


def test_too_little_memory_ends_in_code_5_before_the_fit(program, picture, prices, monkeypatch):
    prices(Cost(1.0, 3e9))
    monkeypatch.setattr(cost, "free_memory", lambda: 1e9)
    with monkeypatch.context() as patch:
        patch.setattr(jobs.Job, "__iter__", lambda self: pytest.fail("the job began"))
        code, out, err = program("denoise", picture, "-o", picture.with_name("out.png"))
    assert (code, out) == (5, "") and err.count("\n") == 1
    assert "would take about 3.0 GB of memory and 1.0 GB are free" in err
    assert leftovers(picture.parent) == ["in.png"]


@pytest.mark.parametrize(("needed", "free"), [(Cost(1.0, 1e9), 1e9), (None, 1.0), (Cost(1.0, 1e9), None)])
def test_what_fits_or_nobody_knows_is_tried(program, picture, prices, monkeypatch, needed, free):
    prices(needed)
    monkeypatch.setattr(cost, "free_memory", lambda: free)
    assert program("denoise", picture, "-o", picture.with_name("out.png"), "--steps", 1, "--quality", "draft")[0] == 0


@pytest.mark.parametrize(
    ("noise", "says"),
    [
        ({"sigma": 12.345}, "noise sigma 12.3 (estimated)"),
        ({"sigma": 5.0, "grain": True}, "noise sigma 5 (estimated, with a grain)"),
        ({"sigma": 5.0, "unsure": True}, "noise sigma 5 (estimated, may grow with the light)"),
        ({"gain": 0.5, "sigma": 2.0, "estimated": False}, "noise that grows with the light (gain 0.5, sigma 2, told)"),
    ],
)
def test_noise_in_words(noise, says):
    white = {"gain": 0.0, "grain": False, "unsure": False, "estimated": True}
    assert foretelling.level_of(white | noise) == says


def test_a_time_budget_on_the_command_line(program, picture):
    output = picture.with_name("out.png")
    code, _, err = program("denoise", picture, "-o", output, "--time-budget", "0.001s")
    assert code == 0
    assert err.endswith("0 steps, 0 s; stopped because its budget of 0.001 s would not have lasted for more\n")
    assert json.loads(output.with_name("out.png.json").read_text())["first_estimate_rounds"] == 0
    assert leftovers(picture.parent) == ["in.png", "out.png", "out.png.json"]


def test_the_reading_is_within_the_budget(program, picture, monkeypatch):
    read = images.read

    def slow(path):
        time.sleep(0.2)
        return read(path)

    monkeypatch.setattr(images, "read", slow)
    before, run = [], running.run
    monkeypatch.setattr(running, "run", lambda job, first: before.append(job.before) or run(job, first))
    program("denoise", picture, "-o", picture.with_name("out.png"), "--steps", 1)
    assert 0.2 <= before[0] < 20


def test_the_methods_of_the_command_line(program, picture):
    output = picture.with_name("out.png")
    words = ("denoise", picture, "-o", output, "--quality", "draft", "--steps", 2, "--overwrite", "--method")
    networks = {}
    for method in ("auto", "classical", "network"):
        assert program(*words, method)[0] == 0
        record = json.loads(output.with_name("out.png.json").read_text())
        networks[method] = record["steps"], record.get("first_estimate_rounds")
    assert networks == {"auto": (2, 1), "classical": (0, 1), "network": (2, None)}
    code, _, err = program(*words, "magic")
    assert code == 2 and "method is 'magic'; wanted one of auto, network, classical" in err


def test_the_bar_foretells_only_what_it_can():
    progress = running.bar()
    task = progress.add_task("first estimate", total=None, loss="")

    def drawn(moment):
        running.draw(progress, task, moment)
        one = progress.tasks[0]
        return f"{one.description} [{HowFar().render(one)}] {one.fields['loss']}"

    assert drawn(Moment(2, 42, "first estimate")) == "first estimate, round 2 done [] ", "not 0/None, nor 3 hours left"
    assert drawn(Moment(3, 42, "network", torch.tensor(2.37))) == "network [2 %] loss 2.370"
    assert drawn(Moment(22, 42, "network", torch.tensor(2.3))).startswith("network [50 %")
    tiles = running.bar()
    running.draw(tiles, tiles.add_task("first estimate", total=None, loss=""), Moment(50, 200, "tile 1 of 2"))
    assert tiles.tasks[0].percentage == 25 and tiles.tasks[0].description == "tile 1 of 2"


@pytest.mark.parametrize(("seconds", "says"), [(5, "0:05"), (125, "2:05"), (3725, "1:02:05")])
def test_time_left_in_figures(monkeypatch, seconds, says):
    monkeypatch.setattr(Task, "time_remaining", seconds)
    progress = running.bar()
    progress.add_task("network", total=4, completed=1)
    assert str(HowFar().render(progress.tasks[0])) == f"25 %, {says} left"


@pytest.fixture
def pressed(monkeypatch):
    """Ctrl-C while so many rounds of the first estimate have been made."""

    def at(number, times=1):
        estimate = pilots.estimate

        def interrupted(y, sigma, *, generator, clipped, recipe):
            for one in estimate(y, sigma, generator=generator, clipped=clipped, recipe=recipe):
                if one.round == number:
                    for _ in range(times):
                        signal.raise_signal(signal.SIGINT)
                yield one

        monkeypatch.setattr(pilots, "estimate", interrupted)

    return at


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_ctrl_c_in_the_first_estimate_keeps_the_best_so_far(program, picture, pressed, monkeypatch, rounds):
    """The last of three rounds is the one that the network would go on from."""
    straight, output = picture.with_name("straight.png"), picture.with_name("out.png")
    assert program("denoise", picture, "-o", straight, "--steps", 4)[0] == 0
    with monkeypatch.context():
        pressed(rounds)
        code, out, err = program("denoise", picture, "-o", output, "--steps", 4)
    monkeypatch.undo()
    assert (code, out) == (130, "") and "interrupted after 0 steps; this is the best so far" in err
    record = json.loads(output.with_name("out.png.json").read_text())
    assert record["first_estimate_rounds"] == rounds and record["stopped_by"] == "it was stopped by hand"
    clean = disc(32)
    assert np.mean((images.read(output).pixels - clean.astype(float)) ** 2) < 0.3 * np.mean(
        (noisy(clean) - clean.astype(float)) ** 2
    )
    words = shlex.split(err.splitlines()[-1])
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(sys, "argv", words)
    cli.app(standalone_mode=False)
    assert np.array_equal(images.read(output).pixels, images.read(straight).pixels)
    assert leftovers(picture.parent) == ["in.png", "out.png", "out.png.json", "straight.png", "straight.png.json"]


def test_ctrl_c_twice_in_the_first_estimate_stops_at_once(program, picture, pressed):
    pressed(1, times=2)
    code, _, err = program("denoise", picture, "-o", picture.with_name("out.png"))
    assert code == 130 and err.endswith("untaught: stopped at once; nothing was written\n")
    assert "finishing this step" in err
    assert leftovers(picture.parent) == ["in.png"]


def test_ctrl_c_in_an_estimate_that_is_all_there_is_to_do_ends_as_if_nothing_had_happened(
    program,
    picture,
    pressed,
):
    pressed(1)
    words = ("denoise", picture, "-o", picture.with_name("out.png"), "--quality", "draft", "--method", "classical")
    assert program(*words)[0] == 0


def test_a_resumed_image_of_tiles_whose_time_is_up_keeps_its_checkpoint(program, tmp_path, monkeypatch):
    path, output, estimate = tmp_path / "in.png", tmp_path / "out.png", pilots.estimate
    images.write(path, np.random.default_rng(0).normal(120, 20, (128, 200)).round().astype(np.uint8))
    checkpoint = output.with_name("out.png.checkpoint")
    words = ("denoise", path, "-o", output, "--method", "classical", "--quality", "draft", "--tile", 128, "--sigma", 20)
    calls = []

    def pressed_in_the_second(y, sigma, *, generator, clipped, recipe):
        calls.append(y)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return estimate(y, sigma, generator=generator, clipped=clipped, recipe=recipe)

    monkeypatch.setattr(pilots, "estimate", pressed_in_the_second)
    assert program(*words)[0] == 130
    before = checkpoint.read_bytes()
    resumed = (*words, "--overwrite", "--resume", checkpoint)
    code, _, err = program(*resumed, "--time-budget", "0.001s")
    assert code == 0 and "cut short by the time budget" in err and f"{checkpoint} is kept" in err
    assert checkpoint.read_bytes() == before
    assert program(*resumed)[0] == 0 and not checkpoint.exists()


def test_an_interrupted_run_interrupted_again_loses_no_step(program, picture, pressed, monkeypatch):
    """First among the network's steps, then in the first estimate, which is made again."""
    straight, output = picture.with_name("straight.png"), picture.with_name("out.png")
    assert program("denoise", picture, "-o", straight, "--steps", 6)[0] == 0
    with monkeypatch.context() as patch:
        take = Fitting._take

        def third(self, step):
            take(self, step)
            if step.index == 2:
                signal.raise_signal(signal.SIGINT)

        patch.setattr(Fitting, "_take", third)
        code, _, err = program("denoise", picture, "-o", output, "--steps", 6)
    assert code == 130 and "interrupted after 3 steps" in err
    checkpoint = output.with_name("out.png.checkpoint")
    before = checkpoint.read_bytes()
    better = images.read(output).pixels
    line = shlex.split(err.splitlines()[-1])[1:]
    with monkeypatch.context():
        pressed(1)
        code, _, err = program(*line)
    assert code == 130 and torch.get_num_threads() == 1
    assert len(checkpoint.read_bytes()) == len(before)
    assert "interrupted after 3 steps" in err and np.array_equal(images.read(output).pixels, better)
    monkeypatch.undo()
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(sys, "argv", shlex.split(err.splitlines()[-1]))
    cli.app(standalone_mode=False)
    assert np.array_equal(images.read(output).pixels, images.read(straight).pixels)
    assert json.loads(output.with_name("out.png.json").read_text())["steps"] == 6
