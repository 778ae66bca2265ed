"""The benchmark of measuring runs, and its tables say what it found."""

import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"


@pytest.fixture
def found(tmp_path, monkeypatch):
    """The lines of a small run, and where they are."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    measuring = importlib.import_module("measuring")
    monkeypatch.setattr(measuring, "WIDTHS", (4.0,))
    monkeypatch.setattr(measuring, "NARROWED", (8.0,))
    monkeypatch.setattr(measuring, "SPREADS", (1.0,))
    results = tmp_path / "measuring.jsonl"
    monkeypatch.setattr(sys, "argv", ["measuring.py", "--draws", "3", "--results", str(results)])
    measuring.main()
    gauged = importlib.import_module("gauged")
    monkeypatch.setattr(gauged, "RESULTS", results)
    return [json.loads(line) for line in results.read_text().splitlines()], gauged


def test_the_benchmark_runs_and_its_tables_are_its_lines(found):
    (straight, *narrowed), gauged = found
    assert (straight["width"], straight["draws"], straight["marked"]) == (4.0, 3, 0)
    assert abs(straight["bias"]) < 0.2 and straight["sample_rms"] < 0.3
    assert [(row["depth"], round(row["mean"], -1)) for row in narrowed] == [(30, 30), (50, 50), (70, 70)]
    head, _, line = gauged.straight().splitlines()
    assert head.startswith("| width |") and line.startswith(f"| 4 | {straight['bias']:+.3f} |")
    assert line.endswith("| 0 of 3 |")
    lines = gauged.narrowed().splitlines()[2:]
    assert lines[0].startswith(f"| 8 | 30 | {narrowed[0]['mean']:.0f} ± ") and len(lines) == 3
