"""`untaught inpaint`: which pixels are missing, what is written, what is refused before the fit."""

import json
import re
import shlex
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from test_cli import leftovers, tiff, write
from test_tasks import TINY, disc, noisy
from untaught import cli, images, presets
from untaught.cli import running
from untaught.fitting import Fitting
from untaught.presets import PRESETS
from untaught.stoppers import budget

ROW = replace(TINY, consistent=True, fit=replace(TINY.fit, steps=8), stopper=budget.Budget())
HOLES = np.random.default_rng(0).random((32, 32)) < 0.3


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A row that takes no time, in place of ours."""
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("inpaint", "normal"): ROW})


@pytest.fixture
def mask(picture):
    return write(picture.with_name("mask.png"), HOLES.astype(np.uint8) * 255)


def pixels_of(path):
    return images.read(path).pixels


def test_inpaint_writes_the_image_and_its_record_and_is_silent_on_stdout(program, picture, mask):
    output, before = picture.with_name("out.png"), (picture.read_bytes(), mask.read_bytes())
    code, out, err = program("inpaint", picture, "-o", output, "--mask", mask, "--steps", 3, "--seed", 5)
    assert (code, out) == (0, "")
    said = r": 2\d\.\d % of the pixels were missing, 3 steps, \d+ s; stopped because it had taken all its 3 steps\n"
    assert re.fullmatch(re.escape(str(output)) + said, err), err
    result, given = pixels_of(output), pixels_of(picture)
    assert np.array_equal(result[~HOLES], given[~HOLES]) and not np.array_equal(result[HOLES], given[HOLES])
    record = json.loads(output.with_name("out.png.json").read_text())
    assert (record["task"], record["seed"], record["steps"]) == ("inpaint", 5, 3)
    assert record["missing"]["pixels"] == HOLES.sum()
    assert record["mask"] == {"path": str(mask), "sha256": images.read(mask).sha256}
    assert record["input"] == {"path": str(picture), "sha256": images.read(picture).sha256}
    assert record["command"] == shlex.join(["untaught", *sys.argv[1:]])
    assert (picture.read_bytes(), mask.read_bytes()) == before
    assert leftovers(picture.parent) == ["in.png", "mask.png", "out.png", "out.png.json"]


@pytest.mark.parametrize("kind", ["grey", "one channel of rgb", "16 bit", "1 bit", "faint"])
def test_any_mask_that_is_not_zero_means_missing(program, picture, kind):
    path, output = picture.with_name("m.png"), picture.with_name("out.png")
    if kind == "1 bit":
        Image.fromarray(HOLES).save(path)
    elif kind == "one channel of rgb":
        write(path, np.dstack([HOLES * 0, HOLES * 200, HOLES * 0]).astype(np.uint8))
    else:
        write(
            path,
            HOLES.astype(np.uint16) * 9 if kind == "16 bit" else HOLES.astype(np.uint8) * (1 + 99 * (kind != "faint")),
        )
    assert program("inpaint", picture, "-o", output, "--mask", path, "--steps", 2)[0] == 0
    assert json.loads(output.with_name("out.png.json").read_text())["missing"]["pixels"] == HOLES.sum()


def test_a_jpeg_as_a_mask_is_remarked_upon(program, picture):
    path = picture.with_name("m.jpg")
    square = np.zeros((32, 32), np.uint8)
    square[5:20, 7:18] = 255
    write(path, square)
    code, _, err = program("inpaint", picture, "-o", picture.with_name("out.png"), "--mask", path, "--steps", 2)
    assert code == 0 and "m.jpg is a JPEG: lossy masks have stray values" in err


def test_a_jpeg_as_output_is_remarked_upon(program, picture, mask):
    code, _, err = program("inpaint", picture, "-o", picture.with_name("out.jpg"), "--mask", mask, "--steps", 2)
    assert code == 0 and "out.jpg is a JPEG, which is lossy" in err


@pytest.mark.parametrize("what", ["alpha", "Alpha"])
def test_transparent_pixels_are_filled_and_opaque(program, tmp_path, what):
    path, output = tmp_path / "in.png", tmp_path / "out.png"
    alpha = np.where(HOLES, 0, np.random.default_rng(1).integers(1, 256, (32, 32))).astype(np.uint8)
    rgba = np.dstack([noisy(disc(32)), alpha])
    Image.fromarray(rgba).save(path)
    assert program("inpaint", path, "-o", output, "--missing", what, "--steps", 2)[0] == 0
    result = images.read(output)
    assert np.array_equal(result.alpha, np.where(HOLES, 255, alpha))
    assert np.array_equal(result.pixels[~HOLES], rgba[~HOLES, :3])
    assert json.loads(output.with_name("out.png.json").read_text())["mask"] == {"marked": "alpha"}


def test_with_a_mask_alpha_is_left_as_it_is(program, tmp_path, mask):
    path, output = tmp_path / "rgba.png", tmp_path / "out.png"
    alpha = np.arange(32 * 32).reshape(32, 32).astype(np.uint8)
    Image.fromarray(np.dstack([noisy(disc(32)), alpha])).save(path)
    assert program("inpaint", path, "-o", output, "--mask", mask, "--steps", 2)[0] == 0
    assert np.array_equal(images.read(output).alpha, alpha)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_a_number_is_filled(program, tmp_path, dtype):
    values = (np.random.default_rng(0).random((32, 32)) * 700 + 1 / 3).astype(dtype)
    path, output = tiff(tmp_path / "in.tif", np.where(HOLES, np.nan, values).astype(dtype)), tmp_path / "out.tif"
    assert program("inpaint", path, "-o", output, "--missing", "nan", "--steps", 2)[0] == 0
    result = pixels_of(output)
    assert result.dtype == dtype and np.array_equal(result[~HOLES], values[~HOLES])


def test_what_is_not_a_number_may_lie_under_a_mask(program, tmp_path, mask):
    values = np.random.default_rng(0).random((32, 32)).astype(np.float32)
    path, output = tiff(tmp_path / "in.tif", np.where(HOLES, np.nan, values)), tmp_path / "out.tif"
    assert program("inpaint", path, "-o", output, "--mask", mask, "--steps", 2)[0] == 0
    assert np.array_equal(pixels_of(output)[~HOLES], values[~HOLES])


@pytest.mark.parametrize(
    ("value", "dtype"),
    [("0", np.uint8), ("65535", np.uint16), ("-9999.1", np.float32), ("-9999.1", np.float64), ("inf", np.float32)],
)
def test_a_value_marks_what_is_missing(program, tmp_path, value, dtype):
    clean = (noisy(disc(32)).astype(float) + 1).clip(1, 250).astype(dtype)
    clean[3, 3, 0] = dtype(float(value))  # one channel alone does not make a pixel missing
    if value == "inf":
        clean[3, 3, 0] = 1
    suffix = ".png" if np.issubdtype(dtype, np.integer) else ".tif"
    path, output = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    write(path, np.where(HOLES[..., None], dtype(float(value)), clean))
    code, _, err = program("inpaint", path, "-o", output, "--missing", value, "--steps", 2)
    assert code == 0, err
    assert json.loads(output.with_name(output.name + ".json").read_text())["missing"]["pixels"] == HOLES.sum()
    assert np.array_equal(pixels_of(output)[~HOLES], clean[~HOLES])


def test_dry_run_says_what_is_missing_and_does_nothing(program, picture, mask):
    words = ("inpaint", picture, "-o", picture.with_name("out.png"), "--mask", mask, "--dry-run")
    code, out, _ = program(*words)
    assert code == 0 and re.match(r"2\d\.\d % of the pixels were missing; what this quality takes was never", out)
    known = json.loads(program(*words, "--json")[1])
    assert known["missing"]["pixels"] == HOLES.sum() and known["seconds"] is None
    assert leftovers(picture.parent) == ["in.png", "mask.png"]


def test_json_goes_to_stdout(program, picture, mask):
    output = picture.with_name("out.png")
    code, out, _ = program("inpaint", picture, "-o", output, "--mask", mask, "--steps", 2, "--json")
    assert code == 0 and json.loads(out) == json.loads(output.with_name("out.png.json").read_text())


@pytest.fixture
def interrupt(monkeypatch):
    """Ctrl-C during a step."""

    def at(number):
        take = Fitting._take

        def pressed(self, step):
            if step.index + 1 == number:
                signal.raise_signal(signal.SIGINT)
            take(self, step)

        monkeypatch.setattr(Fitting, "_take", pressed)

    return at


def test_ctrl_c_keeps_the_best_so_far_and_the_line_it_prints_goes_on_exactly(
    program, picture, mask, interrupt, monkeypatch
):
    straight, output = picture.with_name("straight.png"), picture.with_name("out put.png")
    assert program("inpaint", picture, "-o", straight, "--mask", mask)[0] == 0
    with monkeypatch.context() as patch:
        patch.setattr(presets, "PRESETS", {**PRESETS, ("inpaint", "normal"): ROW})
        interrupt(3)
        code, _, err = program("inpaint", picture, "-o", output, "--mask", mask)
    assert code == 130 and "interrupted after 3 steps" in err
    assert np.array_equal(pixels_of(output)[~HOLES], pixels_of(picture)[~HOLES])
    monkeypatch.undo()
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("inpaint", "normal"): ROW})
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    words = shlex.split(err.splitlines()[-1])
    assert words[:2] == ["untaught", "inpaint"] and "--mask" in words
    elsewhere = mask.rename(mask.with_name("moved.png"))  # the same mask wherever it lies
    monkeypatch.setattr(sys, "argv", [str(elsewhere) if word == str(mask) else word for word in words])
    cli.app(standalone_mode=False)
    assert np.array_equal(pixels_of(output), pixels_of(straight))
    assert not output.with_name("out put.png.checkpoint").exists()


def test_a_checkpoint_with_another_mask_is_refused(program, picture, mask, interrupt):
    output, other = picture.with_name("out.png"), write(picture.with_name("other.png"), HOLES.T.astype(np.uint8))
    interrupt(2)
    assert program("inpaint", picture, "-o", output, "--mask", mask)[0] == 130
    words = ("inpaint", picture, "-o", output, "--overwrite", "--resume", picture.with_name("out.png.checkpoint"))
    code, _, err = program(*words, "--mask", other)
    assert code == 2 and "belongs to another fit: its missing.sha256 is" in err


def test_no_input_is_ever_written_over(program, picture, mask):
    before = picture.read_bytes(), mask.read_bytes()
    for output in (picture, mask):
        code, _, err = program("inpaint", picture, "-o", output, "--mask", mask, "--overwrite")
        assert code == 2 and "is an input" in err
    assert before == (picture.read_bytes(), mask.read_bytes())


def holes(folder, shape=(32, 32), value=255):
    return write(folder / "m.png", np.full(shape, value, np.uint8))


def text(path):
    path.write_bytes(b"dear diary" * 50)
    return path


def stained(folder):
    values = np.random.default_rng(0).random((32, 32)).astype(np.float32)
    values[4, 5], values[7:9, 6] = np.inf, np.nan
    return tiff(folder / "in.tif", values)


def clear(folder):
    path = folder / "m.png"
    Image.fromarray(np.dstack([disc(32) * 0, HOLES * np.uint8(255)])).save(path)
    return path


def lossless(folder):
    return write(folder / "in.png", noisy(disc(32)))


BAD = {
    "another size": (lossless, lambda d: ("--mask", holes(d, (30, 32))), 4, r"mask is 30x32 but image is 32x32 \(h"),
    "all missing": (lossless, lambda d: ("--mask", holes(d)), 4, "every pixel is missing; wanted some"),
    "none missing": (lossless, lambda d: ("--mask", holes(d, value=0)), 4, "m.png is 0 everywhere; wanted a mask"),
    "in its alpha": (lossless, lambda d: ("--mask", clear(d)), 4, r"is 0 everywhere \(its alpha is not looked at\)"),
    "no mask": (lossless, lambda d: ("--mask", d / "nowhere.png"), 4, "nowhere.png does not exist"),
    "no image": (lossless, lambda d: ("--mask", text(d / "m.png")), 4, "m.png is not an image known here"),
    "both": (lossless, lambda d: ("--mask", holes(d), "--missing", "0"), 2, "--mask or --missing, .*; got both"),
    "neither": (lossless, lambda d: (), 2, "--mask or --missing, .*; got neither"),
    "no alpha": (lossless, lambda d: ("--missing", "alpha"), 4, "in.png has no alpha"),
    "no floats": (lossless, lambda d: ("--missing", "nan"), 4, "holds uint8 values, none of which can be NaN"),
    "no such value": (lossless, lambda d: ("--missing", "300"), 4, "no pixel of .*in.png has the value 300"),
    "no value": (lossless, lambda d: ("--missing", "black"), 2, "--missing is black; wanted alpha, nan or a number"),
    "infinity": (stained, lambda d: ("--missing", "nan"), 4, "1 NaN or infinite values in .* at row 4, column 5"),
    "NaN": (stained, lambda d: ("--missing", "inf"), 4, "2 NaN or infinite values in .* at row 7, column 6"),
    "quality": (lossless, lambda d: ("--mask", holes(d), "--quality", "superb"), 2, "quality is 'superb'"),
    "time": (lossless, lambda d: ("--mask", holes(d), "--time-budget", "soon"), 2, "--time-budget is soon"),
    "a denoiser's": (lossless, lambda d: ("--mask", holes(d), "--sigma", "5"), 2, "sigma"),
}


@pytest.mark.parametrize(("make", "words", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(
    program, tmp_path, monkeypatch, make, words, code, says
):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    results.mkdir()
    ended, out, err = program("inpaint", make(folder), "-o", results / "out.tif", *words(folder))
    assert (ended, out) == (code, "") and re.search(says, err), err
    assert "Traceback" not in err and (says == "sigma" or err.count("\n") == 1)
    assert leftovers(results) == []


def test_an_output_that_cannot_hold_it_is_refused_before_the_fit(program, tmp_path, monkeypatch):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    path = tmp_path / "in.png"
    Image.fromarray(np.dstack([disc(32), ~HOLES * np.uint8(255)])).save(path)
    code, _, err = program("inpaint", path, "-o", tmp_path / "out.jpg", "--missing", "alpha")
    assert code == 2 and "JPEG cannot hold alpha" in err
