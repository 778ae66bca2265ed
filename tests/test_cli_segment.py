"""`untaught segment`: what scribbles may be, what is written, what is refused before the fit."""

import json
import re
import shlex
import signal
import sys

import numpy as np
import pytest
from PIL import Image

from test_cli import leftovers, tiff, write
from test_segmenting import DRAWN, IMAGE, KNOWN, LABEL, QUICK, SCRIBBLES, SPECK, SPECKED
from tests.images.dicoms import described, saved
from untaught import checkpoint, cli, images, presets
from untaught.cli import running
from untaught.fitting import Fitting
from untaught.presets import PRESETS

GREY = (IMAGE * 255).clip(0, 255).round().astype(np.uint8)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A row that takes no time, in place of ours."""
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("segment", "normal"): QUICK})


@pytest.fixture
def picture(tmp_path):
    return write(tmp_path / "in.png", GREY)


@pytest.fixture
def drawn(tmp_path):
    return write(tmp_path / "s.png", SCRIBBLES)


def pixels_of(path):
    return images.read(path).pixels


def record_of(output):
    return json.loads(output.with_name(output.name + ".json").read_text())


def test_segment_writes_a_mask_and_its_record_and_is_silent_on_stdout(program, picture, drawn):
    output, before = picture.with_name("out.png"), (picture.read_bytes(), drawn.read_bytes())
    code, out, err = program("segment", picture, "--scribbles", drawn, "-o", output, "--steps", 2, "--seed", 5)
    assert (code, out) == (0, "")
    said = r": \d\.\d+ % of the pixels were scribbled, 2 steps, \d+ s; stopped because it had taken all its 2 steps\n"
    assert re.fullmatch(re.escape(str(output)) + said, err), err
    mask = pixels_of(output)
    assert mask.dtype == np.uint8 and mask.shape == GREY.shape and set(np.unique(mask)) == {0, 255}
    assert (mask[DRAWN] == 255).mean() > 0.9 and (mask[~LABEL] == 0).mean() > 0.9
    record = record_of(output)
    assert (record["task"], record["seed"], record["steps"]) == ("segment", 5, 2)
    assert record["strokes"] == {"path": str(drawn), "sha256": images.read(drawn).sha256}
    assert record["scribbles"]["object"] == DRAWN.sum()
    assert record["input"] == {"path": str(picture), "sha256": images.read(picture).sha256}
    assert record["command"] == shlex.join(["untaught", *sys.argv[1:]])
    assert (picture.read_bytes(), drawn.read_bytes()) == before
    assert leftovers(picture.parent) == ["in.png", "out.png", "out.png.json", "s.png"]


def test_the_probability_is_written_with_16_bits_or_as_a_float(program, picture, drawn):
    found = {}
    for name in ("mask.tif", "p.png", "p.tif"):
        more = ["--probability"] if name.startswith("p") else []
        assert program("segment", picture, "--scribbles", drawn, "-o", picture.with_name(name), *more)[0] == 0
        found[name] = pixels_of(picture.with_name(name))
    assert [str(one.dtype) for one in found.values()] == ["uint8", "uint16", "float32"]
    assert found["p.tif"].min() > 0 and found["p.tif"].max() < 1
    assert np.abs(found["p.png"] / 65535 - found["p.tif"]).max() < 1e-5
    assert np.array_equal(found["mask.tif"] == 255, found["p.tif"] > 0.5)


def test_a_lone_piece_is_in_the_probability_and_not_in_the_mask(program, tmp_path, drawn):
    picture = write(tmp_path / "in.png", (SPECKED * 255).clip(0, 255).round().astype(np.uint8))
    for name, more in (("mask.png", ()), ("p.tif", ("--probability",))):
        assert program("segment", picture, "--scribbles", drawn, "-o", tmp_path / name, *more)[0] == 0
        assert record_of(tmp_path / name)["found"]["smallest"] == 300
    assert (pixels_of(tmp_path / "p.tif")[SPECK] > 0.5).any() and not pixels_of(tmp_path / "mask.png")[SPECK].any()


@pytest.mark.parametrize("kind", ["alpha", "grey and alpha", "127", "rgb", "ones", "16 bit"])
def test_any_way_to_say_unknown(program, picture, kind):
    path = picture.with_name("s.png")
    alpha, white = KNOWN * np.uint8(255), DRAWN * np.uint8(255)
    if kind in ("alpha", "grey and alpha"):
        Image.fromarray(np.dstack([white] * (3 if kind == "alpha" else 1) + [alpha])).save(path)
    else:
        said = np.where(SCRIBBLES == 128, 127, SCRIBBLES) if kind == "127" else SCRIBBLES
        said = np.where(said == 255, 1, said) if kind == "ones" else said
        said = said.astype(np.uint16) * 257 if kind == "16 bit" else said.astype(np.uint8)
        write(path, np.dstack([said] * 3) if kind == "rgb" else said)
    assert program("segment", picture, "--scribbles", path, "-o", picture.with_name("out.png"), "--steps", 1)[0] == 0
    about = record_of(picture.with_name("out.png"))["scribbles"]
    assert (about["object"], about["background"]) == (DRAWN.sum(), (KNOWN & ~DRAWN).sum())


def test_the_mask_has_the_resolution_but_not_the_alpha_of_the_image(program, tmp_path, drawn):
    path, output = tmp_path / "rgba.png", tmp_path / "out.png"
    Image.fromarray(np.dstack([GREY, GREY, GREY, GREY])).save(path, dpi=(300, 300))
    assert program("segment", path, "--scribbles", drawn, "-o", output)[0] == 0
    result = images.read(output)
    assert result.alpha is None and result.pixels.ndim == 2
    assert result.metadata.dpi == pytest.approx((300, 300), abs=0.1)


def test_one_frame_of_a_dicom_cine(program, tmp_path, drawn):
    """The frame that is asked for, as its greys are shown; which one is recorded, and told apart by a checkpoint."""
    greys = np.stack([np.full_like(GREY, 128), GREY]).astype(np.uint16) * 16
    path, output = tmp_path / "run", tmp_path / "out.png"
    path.write_bytes(saved(described(greys, 12)))
    words = ("segment", path, "--scribbles", drawn, "-o", output)
    assert program(*words, "--frame", 2)[0] == 0
    mask, record = pixels_of(output), record_of(output)
    assert mask.shape == GREY.shape and (mask[DRAWN] == 255).mean() > 0.9 and (mask[~LABEL] == 0).mean() > 0.9
    assert record["frame"] == 2 and record["input"]["path"] == str(path)
    assert checkpoint.identity(record) != checkpoint.identity(record | {"frame": 1})
    code, _, err = program(*words)
    assert code == 4 and f"{path} has 2 frames and there is no --frame; wanted one from 1 to 2" in err
    assert program(*words, "--frame", 3)[0] == 4


def test_a_dicom_of_one_frame_needs_no_number_and_a_picture_has_none(program, picture, drawn):
    path, output = picture.with_name("one.dcm"), picture.with_name("out.tif")
    path.write_bytes(saved(described(GREY[None].astype(np.uint16) * 16, 12)))
    assert program("segment", path, "--scribbles", drawn, "-o", output)[0] == 0 and "frame" not in record_of(output)
    code, _, err = program("segment", picture, "--scribbles", drawn, "-o", output, "--frame", 1, "--overwrite")
    assert code == 2 and f"--frame 1 says which frame of a DICOM cine, and {picture} is none" in err


def test_dry_run_says_what_it_would_take_and_does_nothing(program, picture, drawn):
    words = ("segment", picture, "--scribbles", drawn, "-o", picture.with_name("out.png"), "--dry-run")
    code, out, _ = program(*words)
    assert code == 0 and re.match(r"\d\.\d+ % of the pixels were scribbled; about \d+ s on this machine", out)
    known = json.loads(program(*words, "--json")[1])
    assert known["scribbles"]["object"] == DRAWN.sum() and known["seconds"] > 0
    assert leftovers(picture.parent) == ["in.png", "s.png"]


def test_json_goes_to_stdout(program, picture, drawn):
    output = picture.with_name("out.png")
    code, out, _ = program("segment", picture, "--scribbles", drawn, "-o", output, "--json")
    assert code == 0 and json.loads(out) == record_of(output)


def test_a_time_budget_and_a_seed_are_heeded(program, picture, drawn):
    words = ("segment", picture, "--scribbles", drawn, "-o", picture.with_name("out.png"), "--time-budget", "1ms")
    assert program(*words)[0] == 2
    code, _, err = program(*words[:-1], "0.001s")
    assert code == 0 and "1 steps" in err and "its budget of 0.001 s would not have lasted" in err


def test_ctrl_c_keeps_the_best_so_far_and_the_line_it_prints_goes_on_exactly(program, picture, drawn, monkeypatch):
    straight, output = picture.with_name("straight.tif"), picture.with_name("out put.tif")
    words = ("segment", picture, "--scribbles", drawn, "--probability")
    assert program(*words, "-o", straight)[0] == 0
    take = Fitting._take

    def pressed(self, step):
        if step.index == 1:
            signal.raise_signal(signal.SIGINT)
        take(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Fitting, "_take", pressed)
        code, _, err = program(*words, "-o", output)
    assert code == 130 and "interrupted after 2 steps" in err and pixels_of(output).shape == GREY.shape
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    line = shlex.split(err.splitlines()[-1])
    assert line[:2] == ["untaught", "segment"] and "--scribbles" in line
    elsewhere = drawn.rename(drawn.with_name("moved.png"))  # the same strokes wherever they lie
    monkeypatch.setattr(sys, "argv", [str(elsewhere) if word == str(drawn) else word for word in line])
    cli.app(standalone_mode=False)
    assert np.array_equal(pixels_of(output), pixels_of(straight))
    assert not output.with_name("out put.tif.checkpoint").exists()


def test_no_input_is_ever_written_over(program, picture, drawn):
    before = picture.read_bytes(), drawn.read_bytes()
    for output in (picture, drawn):
        code, _, err = program("segment", picture, "--scribbles", drawn, "-o", output, "--overwrite")
        assert code == 2 and "is an input" in err
    assert before == (picture.read_bytes(), drawn.read_bytes())


def greys(folder):
    return write(folder / "s.png", np.arange(6400).reshape(80, 80).astype(np.uint8))


def painted(values):
    return lambda folder: write(folder / "s.png", values.astype(np.uint8))


def text(folder):
    (folder / "s.png").write_bytes(b"dear diary" * 50)
    return folder / "s.png"


def clear(folder):
    Image.fromarray(np.dstack([GREY, GREY * 0])).save(folder / "s.png")
    return folder / "s.png"


def coloured(folder):
    return write(folder / "s.png", np.dstack([SCRIBBLES, SCRIBBLES, SCRIBBLES * 0]))


NOTHING = SCRIBBLES * 0 + 128
BAD = {
    "another size": (painted(SCRIBBLES[:70]), (), 4, r"the scribbles are 70x80 but the image is 80x80 \(height x w"),
    "nothing": (painted(NOTHING), (), 4, "nothing is scribbled in .*s.png: every pixel is transparent or mid-grey"),
    "transparent": (clear, (), 4, "nothing is scribbled in .*s.png"),
    "object alone": (painted(np.where(DRAWN, 255, NOTHING)), (), 4, "s.png marks no background: every known pixel"),
    "background alone": (painted(np.where(DRAWN, 0, NOTHING)), (), 4, "s.png marks no vessel: every known pixel is 0"),
    "greys": (greys, (), 4, "s.png has 254 grey levels; wanted 0 for background and one larger value"),
    "whole": (painted(LABEL * 255), (), 4, "s.png labels every pixel, so that nothing is left to find; wanted strokes"),
    "colours": (coloured, (), 4, "s.png is in colour"),
    "not there": (lambda folder: folder / "nowhere.png", (), 4, "nowhere.png does not exist"),
    "no image": (text, (), 4, "s.png is not an image known here"),
    "quality": (painted(SCRIBBLES), ("--quality", "paper"), 2, "quality is 'paper'; wanted one of draft, normal, best"),
    "time": (painted(SCRIBBLES), ("--time-budget", "soon"), 2, "--time-budget is soon"),
    "JPEG": (painted(SCRIBBLES), ("-o", "o.jpg"), 2, "o.jpg is a JPEG, which gives masks stray values"),
    "probability": (painted(SCRIBBLES), ("-o", "o.webp", "--probability"), 2, "WebP cannot hold uint16 pixels"),
}


@pytest.mark.parametrize(("make", "more", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(
    program, tmp_path, monkeypatch, make, more, code, says
):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    results.mkdir()
    monkeypatch.chdir(results)
    picture = write(folder / "in.png", GREY)
    output = () if "-o" in more else ("-o", "out.png")
    ended, out, err = program("segment", picture, "--scribbles", make(folder), *output, *more)
    assert (ended, out) == (code, "") and re.search(says, err), err
    assert "Traceback" not in err and err.count("\n") == 1 and leftovers(results) == []


def test_an_image_that_cannot_be_read_is_one_sentence(program, tmp_path, drawn):
    flaw = IMAGE.copy()
    flaw[4, 5] = np.nan
    for image, says in (
        (text(tmp_path).rename(tmp_path / "in.png"), "not an image"),
        (tiff(tmp_path / "a.tif", flaw), "NaN"),
    ):
        drawn = write(tmp_path / "s.png", SCRIBBLES) if not drawn.exists() else drawn
        code, _, err = program("segment", image, "--scribbles", drawn, "-o", tmp_path / "o.png")
        assert code == 4 and says in err and err.count("\n") == 1


def test_scribbles_are_needed(program, picture):
    code, _, err = program("segment", picture, "-o", picture.with_name("out.png"))
    assert code == 2 and "--scribbles" in err
