"""`benchmarks/fuse.py`: frames that are what it says, methods that run, a table of what was measured."""

import argparse
import importlib
import json

import numpy as np
import torch

from test_benchmarks import ROOT, lines_of, script
from test_cli_fuse import quick_row
from test_fusing import quick, scene
from untaught import images
from untaught.operators import Frames

__all__ = ["quick", "quick_row", "script"]  # fixtures: few rounds, a row that takes no time, a benchmark as a module


def test_it_runs_and_goes_on(tmp_path, script, capsys):
    (tmp_path / "set9_clean").mkdir()
    images.write(tmp_path / "set9_clean" / "cat.png", (255 * scene(80)).astype(np.uint8))
    results = tmp_path / "fuse.jsonl"
    words = ["--data", tmp_path, "--results", results, "--images", "cat,dog", "--factor", "2", "--side", "48"]
    for _ in range(2):
        script("fuse", *words, "--count", "3", "--methods", "normal,bicubic,add,add+", "--pictures", tmp_path / "out")
    assert "skipped dog" in capsys.readouterr().out
    by = {row["method"]: row for row in lines_of(results)}
    assert len(by) == 4 == len(lines_of(results)) and all(15 < row["psnr"] < 60 for row in by.values())
    assert by["normal"]["shift_off"] < 0.2 and len(by["normal"]["weights"]) == 3
    assert by["normal"]["psnr"] > by["bicubic"]["psnr"] + 1
    assert {path.stem for path in (tmp_path / "out" / "cat").iterdir()} >= {"truth", "frame", "normal", "add"}


def test_the_frames_are_those_of_the_operator_and_strangers_are_not(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    fuse = importlib.import_module("fuse")
    asked = argparse.Namespace(side=32, factor=2, count=4, sigma=0.0, seed=1, strangers=1)
    frames, truth, motions = fuse.made((255 * scene(100)).astype(np.uint8), asked)
    x = torch.from_numpy(truth / 255).movedim(-1, 0)[None]
    operator = Frames(2 * torch.from_numpy(motions), (16, 16), 2)
    off = (operator(x) - operator.pack(torch.from_numpy(frames / 255).movedim(-1, 1))).abs().amax((0, 2))
    assert off[:3, 3:-3, 3:-3].max() < 0.06 and off[3].max() > 0.2


def test_the_table_leaves_out_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    fused = importlib.import_module("fused")
    monkeypatch.setattr(fused, "RESULTS", tmp_path)
    assert fused.usual() == fused.NOTHING
    common = {"factor": 4, "count": 16, "sigma": 5.0, "side": 256, "strangers": 0, "cpu_seconds": 50.0}
    lines = [
        common | {"image": "a", "method": "add", "psnr": 21.0},
        common | {"image": "b", "method": "add", "psnr": 23.0},
        common | {"image": "b", "method": "normal", "psnr": 26.0, "shift_off": 0.02, "degrees_off": 0.1},
        common | {"image": "b", "method": "normal", "psnr": 99.0, "strangers": 1},
    ]
    (tmp_path / "fuse.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert fused.usual().splitlines()[2:] == [
        "| shift-and-add, our registration | 21.00 | 23.00 | 22.00 |  |  | 50 |",
        "| untaught, `normal` |  | 26.00 |  | 0.02 | 0.10 | 50 |",
    ]
    assert fused.strangers() == fused.NOTHING
