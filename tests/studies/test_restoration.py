"""Studies of restoration, each at a tiny size: words and figure are those of the numbers, whatever these say."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from studies.changed import moved, reals
from untaught import images
from untaught.cli import app
from untaught.errors import InputError, UsageError
from untaught.studies import STUDIES, Asked, spaces, study
from untaught.studies.figure import drawn
from untaught.studies.impedance import LEVELS

HERE = [name for name in STUDIES if not name.startswith("vessels-")]


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
    known = {"1.5", *LEVELS}  # said in words, not counted
    known |= {f"{abs(value):.{digits}f}" for value in reals(numbers) for digits in (1, 2, 3, 4)}
    known |= {f"{abs(value):.3g}" for value in reals(numbers)}
    decimals = re.findall(r"(?<![\d.])\d+\.\d+", study(name).paragraph(numbers))
    assert len(decimals) > 5
    assert not set(decimals) - known


@pytest.mark.parametrize("name", HERE)
def test_other_numbers_give_other_words(found, name):
    numbers, _, _ = found(name)
    asked = study(name)
    assert re.findall(r"\d\.\d+", asked.paragraph(moved(numbers))) != re.findall(r"\d\.\d+", asked.paragraph(numbers))


@pytest.mark.parametrize("name", HERE)
def test_the_command_answers_bad_pictures_in_a_sentence(tmp_path, name):
    (tmp_path / "no.png").write_text("no picture")
    images.write(tmp_path / "small.png", np.zeros((20, 300), dtype=np.uint8))
    for arguments, kind, words in (
        (["--image", str(tmp_path / "no.png")], InputError, "no.png"),
        (["--image", str(tmp_path / "small.png")], InputError, "small.png is 20x300"),
        (["--image", str(tmp_path)], InputError, "is a folder"),
        (["--images", str(tmp_path)], UsageError, "wants --image, or nothing"),
    ):
        result = CliRunner().invoke(app, ["study", name, "-o", str(tmp_path / "out"), *arguments])
        assert isinstance(result.exception, kind) and words in str(result.exception)


def test_studies_of_vessels_want_no_photograph(tmp_path):
    with pytest.raises(UsageError, match=r"got --image .*photograph\.png; a study of vessels"):
        study("vessels-thin").numbers(Asked(size="tiny", image=tmp_path / "photograph.png"))


def test_the_command_keeps_films_beside_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setitem(spaces.SIZES, "default", replace(spaces.SIZES["tiny"], draws=1, steps=4))
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["study", "spaces", "-o", str(out), "--threads", "1"])
    assert result.exception is None, result.output
    assert {"spaces.json", "spaces-denoising.gif", "spaces-ends.png"} <= {path.name for path in out.iterdir()}
    assert json.loads((out / "spaces.json").read_text())["images"] == ["astronaut"]
