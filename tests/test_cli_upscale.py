"""`untaught upscale`: what is written, and what is refused before the fit."""

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
from test_upscaling import smaller
from untaught import cli, images, presets
from untaught.cli import running
from untaught.fitting import Fitting
from untaught.methods import Shrunk
from untaught.networks import SubPixel
from untaught.presets import PRESETS
from untaught.stoppers import budget

ROW = replace(
    TINY,
    method=Shrunk(learner=SubPixel(width=4, depth=2), tile=8, tiles=1, every=4),
    fit=replace(TINY.fit, steps=6, average_decay=0.0),
    stopper=budget.Budget(),
    consistent=True,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Rows that take no time, in place of ours."""
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("upscale 4", "normal"): ROW, ("upscale 8", "normal"): ROW})


@pytest.fixture
def small(tmp_path):
    return write(tmp_path / "in.png", disc(24)[4:20])


@pytest.mark.parametrize(("words", "times", "kernel"), [((), 4, "bicubic"), (("--kernel", "box"), 2, "box")])
def test_upscale_writes_the_image_and_its_record_and_is_silent_on_stdout(program, small, words, times, kernel):
    output, before = small.with_name("out.png"), small.read_bytes()
    code, out, err = program("upscale", small, "-o", output, "--factor", times, "--steps", 3, "--seed", 5, *words)
    assert (code, out) == (0, ""), err
    size = f"{16 * times}x{24 * times}"
    said = rf": enlarged {times} times to {size} \(height x width\), 3 steps, \d+ s; stopped because it had taken all"
    assert re.match(re.escape(str(output)) + said, err) and err.count("\n") == 1, err
    result = images.read(output).pixels
    assert result.shape == (16 * times, 24 * times, 3) and result.dtype == np.uint8
    assert np.abs(smaller(result, times, kernel).movedim(0, -1).numpy() - images.read(small).pixels).max() < 1
    record = json.loads(output.with_name("out.png.json").read_text())
    assert (record["task"], record["seed"], record["steps"]) == ("upscale", 5, 3)
    assert record["upscale"] == {"factor": times, "kernel": kernel}
    assert record["input"] == {"path": str(small), "sha256": images.read(small).sha256}
    assert record["command"] == shlex.join(["untaught", *sys.argv[1:]]) and small.read_bytes() == before
    assert leftovers(small.parent) == ["in.png", "out.png", "out.png.json"]


@pytest.mark.parametrize("kind", ["16 bit", "float", "grey", "alpha"])
def test_what_a_file_holds_it_holds_enlarged(program, tmp_path, kind):
    rgb, alpha = disc(24)[4:20], np.add.outer(np.arange(16), np.arange(24)).astype(np.uint8) * 6
    path, output = tmp_path / "in.png", tmp_path / "out.png"
    if kind == "float":
        path, output = tiff(tmp_path / "in.tif", rgb.astype(np.float32) * 3), tmp_path / "out.tif"
    elif kind == "alpha":
        Image.fromarray(np.dstack([rgb, alpha])).save(path)
    else:
        write(path, rgb.astype(np.uint16) * 257 if kind == "16 bit" else rgb[..., 0])
    assert program("upscale", path, "-o", output, "--factor", 2, "--steps", 2)[0] == 0
    before, after = images.read(path), images.read(output)
    assert after.pixels.dtype == before.pixels.dtype
    assert after.pixels.shape == (32, 48, *before.pixels.shape[2:])
    if kind == "alpha":
        assert after.alpha.shape == (32, 48) and after.alpha.dtype == np.uint8
        assert np.abs(after.alpha.reshape(16, 2, 24, 2).mean((1, 3)) - alpha).max() < 2


def test_the_file_says_how_large_it_is_now_and_is_as_large_on_paper(program, tmp_path):
    path, output = tmp_path / "in.jpg", tmp_path / "out.jpg"
    about = Image.Exif()
    about.get_ifd(0x8769).update({0xA002: 24, 0xA003: 16})
    about[282], about[283], about[296] = 96.0, 96.0, 2
    Image.fromarray(disc(24)[4:20]).save(path, exif=about, dpi=(96, 96))
    assert program("upscale", path, "-o", output, "--factor", 3, "--steps", 2)[0] == 0
    with Image.open(output) as image:
        exif = image.getexif()
        assert image.info["dpi"] == (288, 288) and (exif[282], exif[283]) == (288, 288)
        assert dict(exif.get_ifd(0x8769)) == {0xA002: 72, 0xA003: 48}


def test_dry_run_says_what_it_would_be_and_does_nothing(program, small):
    words = ("upscale", small, "-o", small.with_name("out.png"), "--factor", 8, "--dry-run")
    code, out, _ = program(*words)
    assert code == 0 and out.startswith("enlarged 8 times to 128x192 (height x width); ")
    assert json.loads(program(*words, "--json")[1])["upscale"] == {"factor": 8, "kernel": "bicubic"}
    assert leftovers(small.parent) == ["in.png"]


def test_json_goes_to_stdout(program, small):
    output = small.with_name("out.png")
    code, out, _ = program("upscale", small, "-o", output, "--factor", 2, "--steps", 2, "--json")
    assert code == 0 and json.loads(out) == json.loads(output.with_name("out.png.json").read_text())


def test_ctrl_c_keeps_the_best_so_far_and_the_line_it_prints_goes_on_exactly(program, small, monkeypatch):
    straight, output = small.with_name("straight.png"), small.with_name("out put.png")
    words = ("upscale", small, "--factor", 4)
    assert program(*words, "-o", straight)[0] == 0
    take = Fitting._take

    def pressed(self, step):
        if step.index + 1 == 3:
            signal.raise_signal(signal.SIGINT)
        take(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Fitting, "_take", pressed)
        code, _, err = program(*words, "-o", output)
    assert code == 130 and "interrupted after 3 steps" in err
    assert images.read(output).pixels.shape == (64, 96, 3)
    resume = shlex.split(err.splitlines()[-1])
    assert resume[:2] == ["untaught", "upscale"] and "--factor" in resume
    other = [word if word != "4" else "2" for word in resume[1:]]
    code, _, err = program(*other)
    assert code == 2 and "belongs to another fit: its upscale.factor is 4, this one's 2" in err
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(sys, "argv", resume)
    cli.app(standalone_mode=False)
    assert np.array_equal(images.read(output).pixels, images.read(straight).pixels)
    assert not output.with_name("out put.png.checkpoint").exists()


def test_the_input_is_never_written_over(program, small):
    before = small.read_bytes()
    code, _, err = program("upscale", small, "-o", small, "--factor", 2, "--overwrite")
    assert code == 2 and "is an input" in err and before == small.read_bytes()


def good(folder):
    return write(folder / "in.png", disc(24)[4:20])


def flat(folder):
    return write(folder / "in.png", np.full((16, 16), 9, np.uint8))


def text(folder):
    path = folder / "in.png"
    path.write_bytes(b"dear diary" * 50)
    return path


BAD = {
    **{
        word: (good, ("--factor", word), 2, f"factor is {re.escape(word)}; wanted 2, 3, 4 or 8$")
        for word in ("0", "1", "2.5", "-4", "5", "1000000", "four", "nan", "")
    },
    "kernel": (good, ("--factor", "2", "--kernel", "nearest"), 2, "kernel is 'nearest'; wanted one of box, bicubic"),
    "quality": (good, ("--factor", "2", "--quality", "superb"), 2, "quality is 'superb'; wanted one of draft, normal"),
    "time": (good, ("--factor", "2", "--time-budget", "soon"), 2, "--time-budget is soon"),
    "nowhere": (lambda folder: folder / "no.png", ("--factor", "2"), 4, "no.png does not exist"),
    "no image": (text, ("--factor", "2"), 4, "in.png is not an image known here"),
    "small": (
        lambda d: write(d / "in.png", disc(24)[:7]),
        ("--factor", "2"),
        4,
        "the image is 7x24 .* 8 pixels a side",
    ),
    "constant": (flat, ("--factor", "2"), 4, "constant"),
}


@pytest.mark.parametrize(("make", "words", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(
    program, tmp_path, monkeypatch, make, words, code, says
):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    results.mkdir()
    ended, out, err = program("upscale", make(folder), "-o", results / "out.tif", *words)
    assert (ended, out) == (code, "") and re.search(says, err.strip()), err
    assert "Traceback" not in err and err.count("\n") == 1 and leftovers(results) == []


def test_an_output_that_cannot_hold_it_is_refused_before_the_fit(program, tmp_path, monkeypatch):
    """A WebP is at most 16383 pixels a side: the input is under that, what it becomes is not."""
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    path = write(tmp_path / "in.png", noisy(np.full((8, 5000), 128, np.uint8)))
    code, _, err = program("upscale", path, "-o", tmp_path / "out.webp", "--factor", 4)
    assert code == 2 and "WebP cannot hold 32x20000 pixels" in err


def test_an_image_that_would_not_fit_into_memory_is_refused_before_the_fit(program, small, monkeypatch):
    from untaught import cost

    monkeypatch.setattr(presets, "PRESETS", PRESETS)
    monkeypatch.setattr(cost, "free_memory", lambda: 1e6)
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    code, _, err = program("upscale", small, "-o", small.with_name("out.png"), "--factor", 8)
    assert code == 5 and "GB of memory" in err
