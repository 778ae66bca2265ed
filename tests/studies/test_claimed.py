"""benchmarks/claimed.py: what a comparison of a study says beside another's."""

import importlib
import json
from pathlib import Path

import pytest

from studies.changed import decided

ROOT = Path(__file__).parents[2]


@pytest.fixture
def claimed(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("claimed")


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ([0.10, 0.11, 0.12], "+0.110 (+0.085 to +0.135), 3 of 3: **shown**"),
        ([-0.10, -0.11, -0.12], "-0.110 (-0.135 to -0.085), 0 of 3: **contrary**"),
        ([0.01, 0.02, 0.30], "+0.110 (-0.299 to +0.519), 3 of 3: not shown"),
        ([0.10, 0.20], "+0.150 (+0.100, +0.200): both"),
        ([0.10, -0.20], "-0.050 (-0.200, +0.100): one"),
    ],
)
def test_gains_are_told_with_their_interval_and_two_as_they_are(claimed, gains, words):
    assert claimed.told(claimed.compared(gains), 3) == words


def test_a_correlation_has_the_interval_of_its_study(claimed):
    found = {"correlation": {"joint": {"rho": 0.66, "low": -0.06, "high": 0.96}}}
    assert claimed.told(claimed.correlation("joint")(found), 2) == "+0.66 (-0.06 to +0.96): not shown"


def test_wide_over_thin_weighs_every_centreline_pixel(claimed):
    numbers = {"radii": [[0, 1], [1, 1.5], [1.5, 3], [3, 5], [5, None]], "centreline_pixels": [30, 10, 99, 10, 0]}
    runs = [{"kind": "U-Net", "half": {"by_radius": [0.2 + k, 0.6 + k, 9, 0.9, None]}} for k in (0, 0.1)]
    runs.append({"kind": "LFNet", "half": {"by_radius": [1, 1, 1, 1, None]}})
    one = claimed.wide_over_thin(numbers | {"runs": runs})
    assert one["mean"] == pytest.approx(0.55) and one["n"] == 2


def test_the_filter_of_a_scale_is_told_against_the_largest_over_scales(claimed):
    draws = [{"1": [0.1], "3": [0.4], "largest": [0.3]}, {"1": [0.1], "3": [0.5], "largest": [0.2]}]
    means = {name: [{"mean": sum(one[name][0] for one in draws) / 2}] for name in draws[0]}
    one = claimed.own_over_largest({"filters": means, "filters_by_draw": draws})
    assert claimed.told(one, 3) == "+0.200 (+0.100, +0.300): both"
    assert claimed.told(claimed.own_over_largest({"filters": means}), 3) == "+0.200" and claimed.told(None, 3) == ""


def test_the_table_leaves_out_what_was_not_run(claimed, tmp_path, monkeypatch):
    monkeypatch.setattr(claimed, "WHERE", {"phantoms": tmp_path, "angiograms": tmp_path / "dca1"})
    folder = tmp_path / "dca1" / "vessels-reconstruction"
    folder.mkdir(parents=True)
    numbers = {"vesselness_over_image": decided(0.1, 3), "gain": {"the image": decided(-0.1, 0)}}
    (folder / "vessels-reconstruction.json").write_text(json.dumps(numbers))
    lines = claimed.table().splitlines()
    assert lines[0] == "| claim | compared | phantoms | angiograms |" and len(lines) == 25
    assert lines[-2].startswith(
        "| d | a head for vesselness over one for the image, Dice |  | +0.100 (+0.075 to +0.125), 3"
    )
    assert sum("not shown" in line or "**" in line for line in lines) == 2
