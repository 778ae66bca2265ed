"""`untaught deblur`: which blur is meant, what is written, what is refused before the fit."""

import json
import re
import shlex
import signal
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from test_cli import leftovers, tiff, write
from test_tasks import TINY, disc, noisy
from untaught import cli, images, presets
from untaught.classical import deconvolve
from untaught.cli import running
from untaught.fitting import Fitting
from untaught.methods import BackProjected, Plain
from untaught.presets import PRESETS
from untaught.stoppers import Budget
from untaught.tasks import blurred

KERNEL = np.array([[0, 10, 0], [0, 20, 50], [10, 10, 0]], np.uint8)
ROW = replace(TINY, method=BackProjected(), knows_sigma=True, fit=replace(TINY.fit, steps=8), stopper=Budget())
BLIND = replace(ROW, method=Plain(), knows_sigma=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Rows that take no time, in place of ours."""
    rows = {("deblur", "normal"): ROW, ("deblur blind", "normal"): BLIND}
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, **rows})
    monkeypatch.setattr(blurred, "deconvolve", partial(deconvolve, rounds=2))


@pytest.fixture
def kernel(picture):
    return write(picture.with_name("k.png"), KERNEL)


def pixels_of(path):
    return images.read(path).pixels


def record_of(output):
    return json.loads(output.with_name(output.name + ".json").read_text())


def test_deblur_writes_the_image_and_its_record_and_is_silent_on_stdout(program, picture, kernel):
    output, before = picture.with_name("out.png"), (picture.read_bytes(), kernel.read_bytes())
    code, out, err = program("deblur", picture, "-o", output, "--kernel", kernel, "--steps", 3, "--seed", 5)
    assert (code, out) == (0, "")
    said = r": a kernel of 3x3 pixels, 3 steps, \d+ s; stopped because it had taken all its 3 steps\n"
    assert re.fullmatch(re.escape(str(output)) + said, err), err
    assert pixels_of(output).shape == pixels_of(picture).shape
    record = record_of(output)
    assert (record["task"], record["seed"], record["steps"]) == ("deblur", 5, 3)
    assert np.allclose(record["blur"]["values"], KERNEL / 100) and "kernel" not in record
    assert record["kernel_file"] == {"path": str(kernel), "sha256": images.read(kernel).sha256}
    assert (picture.read_bytes(), kernel.read_bytes()) == before
    assert leftovers(picture.parent) == ["in.png", "k.png", "out.png", "out.png.json"]


def test_a_kernel_is_the_same_from_any_kind_of_file(program, picture, kernel):
    folder, outputs = picture.parent, []
    Image.fromarray(np.repeat(KERNEL[..., None], 3, axis=2)).save(folder / "rgb.png")
    tiff(folder / "float.tif", (KERNEL / 100).astype(np.float32))
    write(folder / "wide.png", KERNEL.astype(np.uint16) * 600)
    for name in ("k.png", "rgb.png", "float.tif", "wide.png"):
        outputs.append(folder / f"out-{name}.png")
        assert program("deblur", picture, "-o", outputs[-1], "--kernel", folder / name, "--steps", 2)[0] == 0
    first, *others = (pixels_of(output) for output in outputs)
    assert all(np.abs(first.astype(int) - other).max() <= 1 for other in others)


def test_a_gaussian_and_a_sigma(program, picture):
    output = picture.with_name("out.png")
    code, out, err = program("deblur", picture, "-o", output, "--gaussian", 1.5, "--sigma", 5.1, "--steps", 2, "--json")
    assert code == 0 and "a Gaussian blur of sigma 1.5, 2 steps" in err
    record = json.loads(out)
    assert record["blur"] == {"told": "gaussian", "sigma": 1.5, "size": [11, 11]}
    assert record["noise"] == {"sigma": pytest.approx(5.1), "estimated": False}
    assert record["likelihood"]["sigma"] == pytest.approx(0.02)


def test_blind_it_writes_the_kernel_too_which_may_be_given_again(program, picture):
    output, found = picture.with_name("out.png"), picture.with_name("out.png.kernel.png")
    words = ("--blind", "--kernel-size", 5)
    code, _, err = program("deblur", picture, "-o", output, *words, "--steps", 4)
    assert code == 0 and "an unknown blur of up to 5x5 pixels" in err
    values, told = pixels_of(found), np.array(record_of(output)["kernel"])
    assert values.dtype == np.uint16 and values.max() == 65535 and told.shape == (5, 5)
    assert np.allclose(values / values.sum(), told, atol=1e-4)
    assert leftovers(picture.parent) == ["in.png", "out.png", "out.png.json", "out.png.kernel.png"]
    code, _, err = program("deblur", picture, "-o", picture.with_name("out2.png"), "--kernel", found, "--steps", 2)
    assert code == 0
    before = found.read_bytes()
    output.unlink()
    output.with_name("out.png.json").unlink()
    code, _, err = program("deblur", picture, "-o", output, *words)
    assert code == 2 and "out.png.kernel.png exists" in err and found.read_bytes() == before


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_dry_run_says_what_it_would_take_and_writes_nothing(program, picture, kernel, monkeypatch, more):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    monkeypatch.setattr(blurred, "deconvolve", lambda *a: pytest.fail("the estimate was made"))
    code, out, _ = program("deblur", picture, "-o", picture.with_name("o.png"), "--kernel", kernel, "--dry-run", *more)
    assert code == 0 and leftovers(picture.parent) == ["in.png", "k.png"]
    if more:
        assert json.loads(out)["blur"]["size"] == [3, 3]
    else:
        assert out.startswith("a kernel of 3x3 pixels; ")


@pytest.mark.parametrize("blind", [False, True])
def test_ctrl_c_keeps_the_best_so_far_and_the_line_it_prints_goes_on_exactly(
    program, picture, kernel, monkeypatch, blind
):
    told = ("--blind", "--kernel-size", 5) if blind else ("--kernel", kernel)
    straight, output = picture.with_name("straight.png"), picture.with_name("out put.png")
    assert program("deblur", picture, "-o", straight, *told)[0] == 0
    take = Fitting._take

    def pressed(self, step):
        if step.index + 1 == 3:
            signal.raise_signal(signal.SIGINT)
        take(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Fitting, "_take", pressed)
        code, _, err = program("deblur", picture, "-o", output, *told)
    assert code == 130 and "interrupted after 3 steps" in err
    assert output.with_name("out put.png.kernel.png").exists() == blind
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(sys, "argv", shlex.split(err.splitlines()[-1]))
    cli.app(standalone_mode=False)
    assert np.array_equal(pixels_of(output), pixels_of(straight))
    if blind:
        ends = ".kernel.png"
        assert np.array_equal(pixels_of(f"{output}{ends}"), pixels_of(f"{straight}{ends}"))


def test_a_checkpoint_with_another_kernel_is_refused(program, picture, kernel, monkeypatch):
    output, other = picture.with_name("out.png"), write(picture.with_name("other.png"), KERNEL.T.copy())
    take = Fitting._take
    with monkeypatch.context() as patch:
        patch.setattr(Fitting, "_take", lambda s, step: (signal.raise_signal(signal.SIGINT), take(s, step)))
        assert program("deblur", picture, "-o", output, "--kernel", kernel)[0] == 130
    words = ("deblur", picture, "-o", output, "--overwrite", "--resume", picture.with_name("out.png.checkpoint"))
    code, _, err = program(*words, "--kernel", other)
    assert code == 2 and "belongs to another fit: its blur.values is" in err


def test_no_input_is_ever_written_over(program, picture, kernel):
    before = picture.read_bytes(), kernel.read_bytes()
    for output in (picture, kernel):
        code, _, err = program("deblur", picture, "-o", output, "--kernel", kernel, "--overwrite")
        assert code == 2 and "is an input" in err
    named = picture.rename(picture.with_name("a.png.kernel.png"))
    code, _, err = program("deblur", named, "-o", named.with_name("a.png"), "--blind", "--overwrite")
    assert code == 2 and "is an input" in err
    assert before == (named.read_bytes(), kernel.read_bytes())


def made(folder, values, name="k.png"):
    return tiff(folder / "k.tif", values) if values.dtype.kind == "f" else write(folder / name, values)


def coloured(folder):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (3, 3, 3), np.uint8)).save(folder / "k.png")
    return folder / "k.png"


FLOATS = (KERNEL / 100).astype(np.float32)
BAD = {
    "sum": (lambda d: ("--kernel", made(d, FLOATS * 2)), 4, "the kernel sums to 2; wanted 1"),
    "even": (lambda d: ("--kernel", made(d, KERNEL[:2])), 4, r"the kernel is 2x3 \(height x width\); wanted odd"),
    "large": (lambda d: ("--kernel", made(d, np.ones((33, 3), np.uint8))), 4, "is 33x3 but the image 32x32"),
    "negative": (lambda d: ("--kernel", made(d, -FLOATS)), 4, "the kernel has negative values"),
    "NaN": (lambda d: ("--kernel", made(d, FLOATS * np.float32("nan"))), 4, "NaN"),
    "zero": (lambda d: ("--kernel", made(d, KERNEL * 0)), 4, "the kernel is 0 everywhere"),
    "colour": (lambda d: ("--kernel", coloured(d)), 4, "k.png is in colour; wanted a grey image"),
    "no kernel": (lambda d: ("--kernel", d / "nowhere.png"), 4, "nowhere.png does not exist"),
    "none": (lambda d: (), 2, "one of --kernel, --gaussian and --blind, .*; got none of them"),
    "two": (lambda d: ("--gaussian", "1", "--blind"), 2, "got --gaussian and --blind"),
    "no width": (lambda d: ("--gaussian", "0"), 2, "--gaussian is 0; wanted a standard deviation"),
    "negative width": (lambda d: ("--gaussian", "-2"), 2, "--gaussian is -2"),
    "wide": (lambda d: ("--gaussian", "9"), 4, "the kernel is 55x55 but the image 32x32"),
    "even size": (lambda d: ("--blind", "--kernel-size", "8"), 2, "--kernel-size is 8; wanted an odd number"),
    "size told": (lambda d: ("--gaussian", "1", "--kernel-size", "9"), 2, "--kernel-size 9 is for --blind alone"),
    "sigma": (lambda d: ("--gaussian", "1", "--sigma", "-5"), 2, "--sigma is -5"),
    "quality": (lambda d: ("--gaussian", "1", "--quality", "paper"), 2, "quality is 'paper'; wanted one of draft"),
    "time": (lambda d: ("--gaussian", "1", "--time-budget", "soon"), 2, "--time-budget is soon"),
}


@pytest.mark.parametrize(("words", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(program, tmp_path, monkeypatch, words, code, says):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    results.mkdir()
    image = write(folder / "in.png", noisy(disc(32)))
    ended, out, err = program("deblur", image, "-o", results / "out.tif", *words(folder))
    assert (ended, out) == (code, "") and re.search(says, err), err
    assert "Traceback" not in err and err.count("\n") == 1
    assert leftovers(results) == []
