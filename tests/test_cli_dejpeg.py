"""`untaught dejpeg`: what is read from the file, what is written, and what is refused before the fit."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image

import untaught
from test_cli import leftovers, write
from test_dejpegging import HELD, QUICK, SHARP
from untaught import images, presets
from untaught.fitting import Fitting
from untaught.images import as_stored, compression, turned
from untaught.presets import PRESETS


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A row that takes no time, in place of ours."""
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("dejpeg", "normal"): QUICK})


def jpeg(path, pixels=SHARP, orientation=1, **more):
    about = Image.Exif()
    about[274], about[315] = orientation, "somebody"
    Image.fromarray(pixels).save(path, "JPEG", **({"quality": 10, "subsampling": 2, "exif": about} | more))
    return path


def test_it_reads_the_tables_from_the_file_and_writes_the_image_and_its_record(program, tmp_path):
    path, output = jpeg(tmp_path / "in.jpg"), tmp_path / "out.png"
    before = path.read_bytes()
    code, out, err = program("dejpeg", path, "-o", output, "--seed", 5)
    assert (code, out) == (0, ""), err
    said = r": a JPEG with steps of 80 to 255 in luma, 6 steps, \d+ s; stopped because it had taken all"
    assert re.match(re.escape(str(output)) + said, err) and err.count("\n") == 1, err
    given = images.read(path)
    wanted = untaught.dejpeg(given.pixels, tables=HELD, quality=QUICK, seed=5)
    made = images.read(output)
    assert np.array_equal(made.pixels, wanted) and b"somebody" in made.metadata.exif
    record = json.loads(output.with_name("out.png.json").read_text())
    assert (record["task"], record["seed"], record["jpeg"]["subsampling"]) == ("dejpeg", 5, "4:2:0")
    assert np.array_equal(np.reshape(record["jpeg"]["tables"], (2, 64)), HELD)
    assert path.read_bytes() == before and leftovers(tmp_path) == ["in.jpg", "out.png", "out.png.json"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_blocks_lie_as_they_are_stored_and_the_result_is_upright(program, tmp_path, orientation):
    sides = SHARP[:37, :45]  # no multiples of 8: from the other end the blocks would begin elsewhere
    path = jpeg(tmp_path / "in.jpg", sides, orientation)
    assert program("dejpeg", path, "-o", tmp_path / "out.png", "--steps", 3)[0] == 0
    stored = np.array(Image.open(path))
    upright = images.read(path)
    assert np.array_equal(as_stored(upright.pixels, orientation), stored)
    job = untaught.tasks.dejpegging(stored, tables=HELD, quality=QUICK, steps=3)
    for _ in job:
        pass
    made = images.read(tmp_path / "out.png")
    assert made.pixels.shape == upright.pixels.shape
    assert np.array_equal(made.pixels, turned(job.result().image, orientation))


@pytest.mark.parametrize(("subsampling", "name"), [(0, "4:4:4"), (2, "4:2:0")])
def test_what_a_file_says_of_its_compression(tmp_path, subsampling, name):
    path = jpeg(tmp_path / "in.jpg", quality=30, subsampling=subsampling, orientation=6)
    found = compression(path)
    with Image.open(path) as image:
        assert [list(table) for table in found.tables] == [list(image.quantization[one]) for one in (0, 1)]
    assert (found.subsampling, found.turn) == (name, 6)
    assert len(compression(jpeg(tmp_path / "grey.jpg", SHARP[..., 0])).tables) == 1
    assert compression(jpeg(tmp_path / "late.jpg", quality=30, progressive=True)).tables == found.tables


def test_an_image_that_was_a_jpeg_once_is_told_how(program, tmp_path):
    file = io.BytesIO()
    Image.fromarray(SHARP).save(file, "JPEG", quality=10, subsampling=0)
    given = np.array(Image.open(file))
    path, output = write(tmp_path / "in.png", given), tmp_path / "out.tif"
    words = ("--jpeg-quality", 10, "--subsampling", "4:4:4")
    assert program("dejpeg", path, "-o", output, *words)[0] == 0
    wanted = untaught.dejpeg(given, jpeg_quality=10, subsampling="4:4:4", quality=QUICK)
    assert np.array_equal(images.read(output).pixels, wanted)
    again = jpeg(tmp_path / "again.jpg", given, quality=95)
    assert program("dejpeg", again, "-o", output, *words, "--overwrite")[0] == 0
    assert json.loads(output.with_name("out.tif.json").read_text())["jpeg"]["tables"][0][0][0] == 80


def test_a_jpeg_again_says_that_it_is_one_and_dry_run_does_nothing(program, tmp_path):
    path = jpeg(tmp_path / "in.jpg")
    code, out, _ = program("dejpeg", path, "-o", tmp_path / "out.png", "--dry-run")
    assert code == 0 and out.startswith("a JPEG with steps of 80 to 255 in luma; ")
    assert leftovers(tmp_path) == ["in.jpg"]
    code, _, err = program("dejpeg", path, "-o", tmp_path / "out.jpg")
    assert code == 0 and "is a JPEG again, of quality 95; a PNG keeps what was made" in err


def rgb(folder):
    path = folder / "in.jpg"
    Image.fromarray(SHARP).save(path, "JPEG", quality=10, keep_rgb=True)
    return path


def with_alpha(folder):
    path = folder / "in.png"
    Image.fromarray(np.dstack([SHARP, SHARP[..., 0]])).save(path)
    return path


BAD = {
    "no jpeg": (lambda d: write(d / "in.png", SHARP), (), 2, "in.png is a PNG, which does not say how it was comp"),
    "alpha": (
        with_alpha,
        ("--jpeg-quality", "10"),
        4,
        "has alpha, which no JPEG has",
    ),
    "4:2:2": (lambda d: jpeg(d / "in.jpg", subsampling=1), (), 4, "colours subsampled 4:2:2; wanted 4:4:4 or 4:2:0"),
    "rgb": (rgb, (), 4, "a JPEG of red, green and blue as they are; wanted one in YCbCr"),
    "cut": (
        lambda d: (d / "in.jpg").write_bytes(jpeg(d / "in.jpg").read_bytes()[:-300]) and d / "in.jpg",
        (),
        4,
        "is cut short",
    ),
    "best": (lambda d: jpeg(d / "in.jpg", quality=100), (), 2, "nothing to undo"),
    "quality": (lambda d: jpeg(d / "in.jpg"), ("--jpeg-quality", "0"), 2, "the JPEG's quality is 0; wanted a whole"),
    "subsampling": (
        lambda d: write(d / "in.png", SHARP),
        ("--jpeg-quality", "10", "--subsampling", "4:1:1"),
        2,
        "subsampling is '4:1:1'",
    ),
    "level": (lambda d: jpeg(d / "in.jpg"), ("--quality", "superb"), 2, "quality is 'superb'; wanted one of draft"),
    "small": (lambda d: jpeg(d / "in.jpg", SHARP[:9]), (), 4, "the image is 9x56 .* 16 pixels a side"),
    "nowhere": (lambda d: d / "no.jpg", (), 4, "no.jpg does not exist"),
}


@pytest.mark.parametrize(("make", "words", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(
    program, tmp_path, monkeypatch, make, words, code, says
):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    results.mkdir()
    ended, out, err = program("dejpeg", make(folder), "-o", results / "out.tif", *words)
    assert (ended, out) == (code, "") and re.search(says, err.strip()), err
    assert "Traceback" not in err and err.count("\n") == 1 and leftovers(results) == []
