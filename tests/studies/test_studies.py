"""Each study at a tiny size: four files, and words that are those of the numbers, whatever these say."""

import copy
import importlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from studies.changed import decided, moved, reals, sentences
from untaught import images
from untaught.errors import UsageError
from untaught.studies import STUDIES, study
from untaught.studies.figure import drawn
from untaught.studies.vessels_scale import SCALES
from untaught.studies.vessels_thin import ends
from untaught.studies.writing import check_folder

VESSELS = [name for name in STUDIES if name.startswith("vessels-")]
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "studies"


@pytest.mark.parametrize("name", VESSELS)
def test_a_study_writes_four_files_from_its_numbers_alone(found, name):
    numbers, folder, lines = found(name)
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.{kind}" for kind in ("json", "md", "png", "svg")]
    one = study(name)
    assert one.name == name
    assert one.paragraph(numbers) in (folder / f"{name}.md").read_text()
    assert drawn(one.panels(numbers))["svg"] == (folder / f"{name}.svg").read_bytes()
    assert numbers["size"]["draws"] == 2 and numbers["images"] == "phantoms"
    assert "2 draws" in one.paragraph(numbers)
    assert len(lines) > 2


@pytest.mark.parametrize("name", VESSELS)
def test_the_numbers_of_a_paragraph_are_those_of_its_json(found, name):
    numbers, _, _ = found(name)
    said = study(name).paragraph(numbers)
    known = {f"{abs(value):.{digits}f}" for value in reals(numbers) for digits in (2, 3)} | {"1.5"}
    decimals = re.findall(r"\d+\.\d+", said)
    assert len(decimals) > 5
    assert not set(decimals) - known - {f"{scale:g}" for scale in SCALES}


@pytest.mark.parametrize("name", VESSELS)
def test_other_numbers_give_other_words(found, name):
    numbers, _, _ = found(name)
    asked = study(name)
    assert re.findall(r"\d\.\d+", asked.paragraph(moved(numbers))) != re.findall(r"\d\.\d+", asked.paragraph(numbers))


def test_guidance_says_what_the_comparisons_decide(found):
    numbers = copy.deepcopy(found("vessels-guidance")[0])
    what = "descriptors against the image alone"
    asked = study("vessels-guidance")
    for more, words in ((3, "better in all 3 cases"), (0, "here the claim fails"), (1, "1 of 3 cases: not shown")):
        numbers["against"] = {what: decided(0.123 if more else -0.123, more)}
        said = asked.paragraph(numbers)
        line = next(one for one in sentences(said) if "Descriptors against the image alone" in one)
        assert f"{'+' if more else '-'}0.123 ± 0.010 of Dice" in line and words in line
    numbers["sooner"] = decided(9.0, 3)
    assert "sooner in every case" in asked.paragraph(numbers)
    numbers["sooner"] = decided(-9.0, 0)
    assert "sooner in no case" in asked.paragraph(numbers)


def test_guidance_means_are_those_of_its_runs(found):
    numbers = found("vessels-guidance")[0]
    finals = [run["final"] for run in numbers["runs"] if run["kind"] == "U-Net"]
    assert numbers["dice"]["1"]["U-Net"]["mean"] == pytest.approx(sum(finals) / len(finals), abs=1e-5)
    assert {run["steps"][-1] for run in numbers["runs"]} == {8}


def test_coupling_says_whether_the_interval_leaves_zero_out(found):
    numbers = copy.deepcopy(found("vessels-coupling")[0])
    asked = study("vessels-coupling")
    for low, high, words in (
        (0.2, 0.9, "the claim holds here"),
        (-0.9, -0.2, "here the claim fails"),
        (-0.1, 0.8, "0"),
    ):
        numbers["correlation"]["joint"] = {"rho": (low + high) / 2, "low": low, "high": high}
        said = asked.paragraph(numbers)
        line = next(one for one in sentences(said) if one.startswith("Likeness by"))
        assert f"{(low + high) / 2:+.2f}" in line and words in line


def test_coupling_has_nine_heads_and_noise_and_noise_is_unlike(found):
    heads = found("vessels-coupling")[0]["heads"]
    assert len(heads) >= 10 and "noise" in heads
    assert heads["noise"]["joint"] == min(one["joint"] for one in heads.values()) < 0.05
    assert heads["distance"]["explained"] > 0.9
    assert all(-1 <= one["cosine"]["mean"] <= 1 for one in heads.values())


def test_thin_says_whether_thin_vessels_are_missed_and_what_equal_area_leaves(found):
    numbers = copy.deepcopy(found("vessels-thin")[0])
    asked = study("vessels-thin")
    for thin, words in ((0.2, "it does miss thin vessels more"), (0.9, "here the claim fails")):
        numbers["plain"] = {"thin": thin, "wide": 0.8}
        said = asked.paragraph(numbers)
        assert f"finds {thin:.2f}, of those over 3 pixels 0.80: " in said and words in sentences(said)[0]
    kind = "U-Net, skeleton recall"
    for more, words in ((3, "it finds more of them even so"), (0, "none that a lower threshold would not")):
        numbers["equal_area"]["against"][kind]["gain"] = decided(0.3, more)
        line = next(one for one in sentences(asked.paragraph(numbers)) if one.startswith(kind))
        assert words in line and "+0.300" in line


def test_scale_says_whether_one_scale_serves_all(found):
    numbers = copy.deepcopy(found("vessels-scale")[0])
    asked = study("vessels-scale")
    rows = numbers["filters"]
    count = len(rows["1"])
    for name in rows:
        rows[name] = [{"mean": 0.5, "sd": 0, "n": 2}] * count
    rows["1"] = [{"mean": 0.6 - 0.1 * k, "sd": 0, "n": 2} for k in range(count)]
    rows["5"] = [{"mean": 0.3 + 0.1 * k, "sd": 0, "n": 2} for k in range(count)]
    assert "no one scale serves both: the best for the thinnest vessels is 1 pixels" in asked.paragraph(numbers)
    rows["1"] = [{"mean": 0.7, "sd": 0, "n": 2}] * count
    assert "one scale, 1 pixels, is the best for the thinnest and the widest" in asked.paragraph(numbers)
    for more, words in ((3, "better in every draw"), (0, "here the claim fails"), (2, "better in 2 of 3 draws")):
        numbers["against"]["one scale"] = decided(0.05, more)
        line = next(one for one in sentences(asked.paragraph(numbers)) if one.startswith("Gated against one scale"))
        assert words in line.split(";")[0]


def test_kernel_says_what_was_foretold_and_what_came(found):
    numbers = copy.deepcopy(found("vessels-kernel")[0])
    asked = study("vessels-kernel")
    for low, high, words in ((0.3, 1, "foretold rightly"), (-1, -0.3, "the contrary"), (-0.2, 1, "too few kinds")):
        numbers["correlation"]["Muon"] = {"rho": (low + high) / 2, "low": low, "high": high}
        line = next(one for one in sentences(asked.paragraph(numbers)) if one.startswith("By Muon"))
        assert words in line
    for more, words in ((3, "more in all 3 draws"), (0, "here the claim fails")):
        numbers["aligned"] = decided(0.1, more)
        assert words in sentences(asked.paragraph(numbers))[0]
    for kernel in (run["kernels"] for run in numbers["runs"] if run["kernels"]):
        assert all(0 <= value <= 1 for one in kernel.values() for value in one.values())


def test_reconstruction_says_which_of_the_two_gains(found):
    numbers = copy.deepcopy(found("vessels-reconstruction")[0])
    asked = study("vessels-reconstruction")
    for more, words in ((3, "the claim holds here"), (0, "here the claim fails"), (1, "not shown here")):
        numbers["vesselness_over_image"] = decided(0.077, more)
        line = next(one for one in sentences(asked.paragraph(numbers)) if one.startswith("Vesselness gains"))
        assert words in line and "+0.077" in line


def test_an_unknown_study_is_answered_with_the_names():
    with pytest.raises(UsageError, match="vessels-guidance, vessels-thin"):
        study("vessels-nothing")


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        check_folder(tmp_path, overwrite=False)
    check_folder(tmp_path, overwrite=True)
    check_folder(tmp_path / "new", overwrite=False)
    with pytest.raises(UsageError, match="is a file"):
        check_folder(tmp_path / "kept.txt", overwrite=True)


def test_a_folder_that_cannot_be_made_is_told_of_before_the_work_and_none_is_left(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    for folder in (tmp_path / "kept.txt" / "new", Path("/proc/untaught/new")):
        with pytest.raises(UsageError, match=rf"the folder {folder} cannot be written to: \w"):
            check_folder(folder, overwrite=True)
    check_folder(tmp_path / "one" / "other", overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_recall_of_the_ends_weighs_every_centreline_pixel():
    radii = [[0, 1], [1, 1.5], [1.5, 3], [3, 5], [5, None]]
    numbers = {"radii": radii, "centreline_pixels": [30, 10, 99, 10, 0]}
    bins = [{"mean": 0.2}, {"mean": 0.6}, {"mean": 0.7}, {"mean": 0.9}, {"mean": None}]
    assert ends(numbers, bins) == pytest.approx((0.3, 0.9))


def test_make_studies_makes_all_that_the_page_shows():
    """Some by their names, those of vessels by a prefix."""
    text = (ROOT / "Makefile").read_text()
    lists = re.findall(r"^(?:RESTORATION|VESSELS) := (?:\$\(addprefix (\S+),)?([\w ]+)\)?$", text, re.MULTILINE)
    assert [prefix + name for prefix, names in lists for name in names.split()] == list(STUDIES)
    recipe = text[text.index("\nstudies:") :].split("\n\n")[0]
    assert "untaught study $$name -o docs/studies/$$name --overwrite" in recipe and "benchmarks/phantoms.py" in recipe


def test_the_phantoms_of_the_page_are_those_that_are_drawn(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    shown, drawn = images.read(DOCS / "phantoms.png").pixels, importlib.import_module("phantoms").drawn()
    assert np.abs(np.squeeze(shown).astype(int) - drawn).mean() < 0.5


@pytest.mark.parametrize("folder", sorted((DOCS / "dca1").iterdir()), ids=str)
def test_the_pages_of_angiograms_say_what_their_numbers_say_and_have_none_of_their_pixels(folder):
    """A figure is of curves; no file is there that a study of vessels does not write."""
    name, page = folder.name, DOCS.with_suffix(".md").read_text()
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.{kind}" for kind in ("json", "md", "png", "svg")]
    numbers = json.loads((folder / f"{name}.json").read_text())
    assert numbers["images"] == "DCA1-training" and numbers["size"]["draws"] > 1
    assert study(name).paragraph(numbers) in (folder / f"{name}.md").read_text()
    assert f"(studies/dca1/{name}/{name}.md)" in page


@pytest.mark.parametrize("name", STUDIES)
def test_the_pages_of_the_docs_say_what_their_numbers_say(name):
    """A study that was not run at its size yet has a place for it in the page, and no numbers."""
    folder, page = DOCS / name, DOCS.with_suffix(".md").read_text()
    if f"<!-- not yet run: {name} -->" in page:
        assert not folder.exists()
        return
    numbers = json.loads((folder / f"{name}.json").read_text())
    assert numbers["seconds"] < 600 or name in VESSELS, "ten minutes by default"
    assert study(name).paragraph(numbers) in (folder / f"{name}.md").read_text()
    assert f"studies/{name}/{name}.png" in page
