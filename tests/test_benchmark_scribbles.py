"""`benchmarks/scribbles.py`: strokes that are what it says, methods that run."""

import argparse
import importlib
import json

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, distance_transform_edt
from skimage.morphology import skeletonize

import untaught
from test_benchmarks import ROOT, lines_of, script
from test_segmenting import IMAGE, LABEL, QUICK
from untaught import images, presets
from untaught.presets import PRESETS

__all__ = ["script"]  # fixture: a benchmark as a module
GREY, DRAWN = (255 * IMAGE).clip(0, 255).astype(np.uint8), LABEL.astype(np.uint8) * 255


def test_it_runs_and_goes_on(tmp_path, script, capsys, monkeypatch):
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("segment", "draft"): QUICK})
    for kind, pixels in (("images", GREY), ("labels", DRAWN)):
        (tmp_path / "vessels" / "dca1" / kind).mkdir(parents=True)
        images.write(tmp_path / "vessels" / "dca1" / kind / "a.png", pixels)
    results = tmp_path / "scribbles.jsonl"
    words = ["--data", tmp_path, "--results", results, "--images", "a,b", "--vessel", "2", "--background", "3"]
    for _ in range(2):
        script(
            "scribbles", *words, "--methods", "filter,walker,unshifted,logistic,draft", "--pictures", tmp_path / "out"
        )
    assert "skipped b" in capsys.readouterr().out
    by = {row["method"]: row for row in lines_of(results)}
    assert len(by) == 5 == len(lines_of(results)) and by["draft"]["steps"] == 3
    assert all(0 < row["dice"] < 1 and 0 < row["share"] < 0.1 for row in by.values())
    assert all(row["smallest"] >= 0 and 0 < row["whole_dice"] < 1 for row in by.values())
    assert by["draft"]["dice"] > 0.7 and by["logistic"]["dice"] > 0.7
    kept = {path.stem for path in (tmp_path / "out" / "a").iterdir()}
    assert kept == {*by, "image", "scribbles", "label"}
    assert np.array_equal(images.read(tmp_path / "out" / "a" / "label.png").pixels, DRAWN)
    mask, strokes = (images.read(tmp_path / "out" / "a" / f"{name}.png").pixels for name in ("draft", "scribbles"))
    assert np.array_equal(mask > 0, untaught.segment(GREY, strokes, quality="draft"))


@pytest.mark.parametrize("width", [1, 3])
def test_strokes_lie_on_vessels_and_beside_them(monkeypatch, width):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    scribbles = importlib.import_module("scribbles")
    asked = argparse.Namespace(vessel=2, background=3, width=width)
    case, again = (scribbles.drawn("a", GREY, DRAWN, asked) for _ in range(2))
    assert np.array_equal(case.scribbles, again.scribbles) and not np.array_equal(
        case.scribbles, scribbles.drawn("c", GREY, DRAWN, asked).scribbles
    )
    brush = np.ones((width, width))
    assert (binary_dilation(skeletonize(LABEL), brush)[case.object]).all()
    beside = case.known & ~case.object
    near = binary_dilation(distance_transform_edt(~LABEL) > scribbles.APART, brush)
    assert near[beside].all() and beside.sum() >= 3 * 25 * width
    assert 2 * 0.7 * 25 <= case.object.sum() <= 2 * 30 * width * width
    assert set(np.unique(case.scribbles)) == {0, 128, 255}


def test_the_table_leaves_out_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    pointed = importlib.import_module("pointed")
    monkeypatch.setattr(pointed, "RESULTS", tmp_path)
    assert pointed.table() == pointed.NOTHING
    common = pointed.USUAL | {"seconds": 9.0, "cpu_seconds": 4.0}
    common |= {"smallest": 25, "whole_dice": 0.1}
    lines = [
        common | {"image": "a", "method": "walker", "dice": 0.2},
        common | {"image": "b", "method": "walker", "dice": 0.3},
        common | {"image": "b", "method": "normal", "dice": 0.7, "steps": 150},
        common | {"image": "b", "method": "normal", "dice": 0.9, "steps": 150, "width": 1},
        pointed.USUAL | {"image": "c", "method": "normal", "dice": 0.9, "steps": 150},
    ]
    (tmp_path / "scribbles.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert pointed.table().splitlines()[2:] == [
        "| random walker (scikit-image) | 0.200 | 0.300 | 0.250 | 0.100 | 9.0 | 4.0 |  |",
        "| untaught, `normal` |  | 0.700 |  |  | 9.0 | 4.0 | 150 |",
    ]
