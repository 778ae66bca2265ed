"""`untaught fuse`: what is written, and what is refused before the fit."""

import json
import re
import shlex
import signal
import sys

import numpy as np
import pytest

from test_cli import leftovers, write
from test_fusing import FRAMES, QUICK, quick
from untaught import cli, images, presets
from untaught.cli import running
from untaught.fitting import Fitting
from untaught.presets import PRESETS

__all__ = ["quick"]  # the fixture: fewer rounds than ours
STRANGER = FRAMES[1][::-1].transpose(1, 0, 2).copy()


@pytest.fixture(autouse=True)
def quick_row(monkeypatch):
    """A row that takes no time, in place of ours."""
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("fuse", "normal"): QUICK})


def written(folder, frames=FRAMES[:4]):
    folder.mkdir(exist_ok=True)
    return [write(folder / f"f{number}.png", frame) for number, frame in enumerate(frames)]


def test_fuse_writes_the_image_and_its_record_and_says_which_frame_does_not_fit(program, tmp_path):
    paths, output = written(tmp_path / "in", [*FRAMES[:4], STRANGER]), tmp_path / "out.png"
    code, out, err = program("fuse", *paths, "-o", output, "--factor", 2, "--steps", 2, "--seed", 5)
    assert (code, out) == (0, ""), err
    said = r": 5 frames fused, 2 times as large: 48x48 \(height x width\); "
    said += re.escape(f"frame {paths[4]} does not fit: weight 0.0") + r"\d, 2 steps, \d+ s; stopped because"
    assert re.match(re.escape(str(output)) + said, err) and err.count("\n") == 1, err
    result = images.read(output).pixels
    assert result.shape == (48, 48, 3) and result.dtype == np.uint8
    record = json.loads(output.with_name("out.png.json").read_text())
    assert (record["task"], record["seed"], record["steps"]) == ("fuse", 5, 2)
    assert record["fuse"]["factor"] == 2 and record["fuse"]["kernel"] == "box" and record["fuse"]["frames"] == 5
    assert record["fuse"]["sha256"] == [images.read(path).sha256 for path in paths]
    assert [one["path"] for one in record["frames"]] == [str(path) for path in paths]
    assert [one["weight"] > 0.5 for one in record["frames"]] == [True] * 4 + [False]
    assert record["frames"][0]["shift"] == [0, 0] and abs(record["frames"][1]["shift"][0] - 1.4) < 0.1
    assert leftovers(tmp_path) == ["in", "out.png", "out.png.json"]


def test_a_series_is_a_folder_of_an_image_for_each_frame(program, tmp_path):
    paths, output = written(tmp_path / "in"), tmp_path / "out"
    words = ("fuse", *paths, "-o", output, "--factor", 2, "--series")
    code, _, err = program(*words)
    assert code == 0, err
    assert leftovers(output) == ["f0.png", "f1.png", "f2.png", "f3.png"]
    assert leftovers(tmp_path) == ["in", "out", "out.json"]
    made = [images.read(output / path.name).pixels for path in paths]
    assert all(one.shape == (48, 48, 3) for one in made) and not np.array_equal(made[0], made[1])
    code, _, err = program(*words)
    assert code == 2 and "exists" in err
    assert program(*words, "--overwrite")[0] == 0


def test_a_series_is_never_written_over_its_frames(program, tmp_path):
    paths = written(tmp_path / "in")
    code, _, err = program("fuse", *paths, "-o", tmp_path / "in", "--factor", 2, "--series", "--overwrite")
    assert code == 2 and "the folder of the frames" in err and leftovers(tmp_path) == ["in"]
    twins = [paths[0], *written(tmp_path / "two")[:1]]
    code, _, err = program("fuse", *twins, "-o", tmp_path / "out", "--factor", 2, "--series")
    assert code == 2 and "two frames are called f0.png" in err
    code, _, err = program("fuse", *paths, "-o", paths[2], "--factor", 2, "--overwrite")
    assert code == 2 and "is an input" in err


def test_dry_run_says_what_it_would_be_and_does_nothing(program, tmp_path):
    words = ("fuse", *written(tmp_path / "in"), "-o", tmp_path / "out.png", "--factor", 3, "--dry-run")
    code, out, _ = program(*words)
    assert code == 0 and out.startswith("4 frames fused, 3 times as large: 72x72 (height x width); ")
    known = json.loads(program(*words, "--json")[1])
    assert known["fuse"]["factor"] == 3 and len(known["frames"]) == 4
    assert leftovers(tmp_path) == ["in"]


def test_ctrl_c_keeps_the_best_so_far_and_the_line_it_prints_goes_on_exactly(program, tmp_path, monkeypatch):
    paths, straight, output = written(tmp_path / "in"), tmp_path / "straight.png", tmp_path / "out put.png"
    assert program("fuse", *paths, "--factor", 2, "-o", straight)[0] == 0
    take = Fitting._take

    def pressed(self, step):
        if step.index + 1 == 2:
            signal.raise_signal(signal.SIGINT)
        take(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(Fitting, "_take", pressed)
        code, _, err = program("fuse", *paths, "--factor", 2, "-o", output)
    assert code == 130 and "interrupted after 2 steps" in err
    assert images.read(output).pixels.shape == (48, 48, 3)
    resume = shlex.split(err.splitlines()[-1])
    code, _, err = program(*[str(paths[1]) if word == str(paths[2]) else word for word in resume[1:]])
    assert code == 2 and "belongs to another fit: its fuse.sha256" in err
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(sys, "argv", resume)
    cli.app(standalone_mode=False)
    assert np.array_equal(images.read(output).pixels, images.read(straight).pixels)
    assert not output.with_name("out put.png.checkpoint").exists()


BAD = {
    **{
        word: (FRAMES[:3], ("--factor", word), 2, f"factor is {re.escape(word)}; wanted 2, 3 or 4$")
        for word in ("0", "1", "2.5", "-4", "5", "8", "four", "")
    },
    "one": (FRAMES[:1], ("--factor", "2"), 2, "there is 1 frame; wanted 2 to 64"),
    "size": ([FRAMES[0], FRAMES[1][:20]], ("--factor", "2"), 4, r"f1.png is 20x24 but \S*f0.png is 24x24"),
    "channels": ([FRAMES[0], FRAMES[1][..., 0]], ("--factor", "2"), 4, r"f1.png has 1 channels but \S*f0.png has 3"),
    "dtype": ([FRAMES[0], FRAMES[1].astype(np.uint16)], ("--factor", "2"), 4, "f1.png holds uint16 values but"),
    "constant": ([FRAMES[0], np.full_like(FRAMES[0], 7)], ("--factor", "2"), 4, "f1.png: the image is constant"),
    "kernel": (FRAMES[:2], ("--factor", "2", "--kernel", "nearest"), 2, "kernel is 'nearest'"),
    "quality": (FRAMES[:2], ("--factor", "2", "--quality", "paper"), 2, "quality is 'paper'; wanted one of draft, "),
}


@pytest.mark.parametrize(("frames", "words", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(
    program, tmp_path, monkeypatch, frames, words, code, says
):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    results = tmp_path / "out"
    results.mkdir()
    ended, out, err = program("fuse", *written(tmp_path / "in", frames), "-o", results / "out.png", *words)
    assert (ended, out) == (code, "") and re.search(says, err.strip()), err
    assert "Traceback" not in err and err.count("\n") == 1 and leftovers(results) == []
