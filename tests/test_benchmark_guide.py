"""`benchmarks/guide.py`: pairs that are what it says, methods that run, tables of what was measured."""

import importlib
import json

import numpy as np

from classical.pictures import picture
from test_benchmarks import ROOT, lines_of, script
from test_guiding import FIRST, bytes_of
from untaught import images, presets
from untaught.presets import PRESETS

__all__ = ["script"]  # a fixture: a benchmark as a module


def test_it_runs_and_goes_on(tmp_path, script, capsys, monkeypatch):
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("guide", "draft"): FIRST, ("denoise", "draft"): FIRST})
    folder = tmp_path / "kodak24_256_p2p"
    folder.mkdir()
    images.write(folder / "cat.png", bytes_of(picture(40, 44)))
    images.write(folder / "dog.png", bytes_of(1 - picture(40, 44).flip(3)))
    results, pictures = tmp_path / "guide.jsonl", tmp_path / "out"
    words = ["--data", tmp_path, "--results", results, "--images", "cat,cow", "--pictures", pictures, "--noise", "25"]
    for _ in range(2):
        script("guide", *words, "--methods", "noisy,filter,bilateral,denoise-draft,draft")
    assert "skipped cow" in capsys.readouterr().out
    by = {row["method"]: row for row in lines_of(results)}
    assert len(by) == 5 == len(lines_of(results))
    assert by["draft"]["psnr"] > by["denoise-draft"]["psnr"] + 1 > by["noisy"]["psnr"] + 5
    assert {path.stem for path in (pictures / "cat-25-same").iterdir()} == set(by)
    script("guide", *words, "--methods", "filter", "--guide", "other")
    assert lines_of(results)[-1]["psnr"] < by["filter"]["psnr"] - 1


def test_pairs_are_of_other_light_and_each_has_its_shadow(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    guide = importlib.import_module("guide")
    flat = np.full((64, 64, 3), 200, np.uint8)
    truth, noisy, flash = guide.pair(flat, flat, "25", 0)
    assert truth[45, 19].mean() < 0.7 * truth[45, 60].mean() and truth[22, 43].mean() > 0.95 * truth[5, 5].mean()
    assert flash[22, 43].mean() < 0.6 * flash[45, 19].mean()
    assert abs((noisy.astype(float) - truth)[:20].std() - 25) < 2
    counts = guide.pair(flat, flat, "poisson", 0)[1][:20, :, 0] / 255
    light = truth[0, 0, 0] / 255
    assert abs(counts.var() / (light / 30) - 1) < 0.2


def test_tables_have_the_newest_and_no_means_of_a_part(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    lit = importlib.import_module("lit")
    scores = {"psnr": 30.0, "ssim": 0.9, "own_psnr": 29.0, "flash_psnr": 28.0, "cpu_seconds": 2.0}
    rows = [
        {"image": "a", "noise": "25", "guide": "same", "method": "filter"} | scores,
        {"image": "b", "noise": "25", "guide": "same", "method": "filter"} | scores | {"psnr": 20.0},
        {"image": "b", "noise": "25", "guide": "same", "method": "filter"} | scores | {"psnr": 32.0},
        {"image": "a", "noise": "25", "guide": "same", "method": "normal", "steps": 40} | scores,
        {"image": "a", "noise": "25", "guide": "other", "method": "normal", "steps": 7} | scores,
    ]
    (tmp_path / "guide.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(lit, "RESULTS", tmp_path)
    assert "| guided filter | 30.00 | 32.00 | 31.00 | 0.900 | 29.00 | 28.00 | 2.0 |  |" in lit.weak()
    assert "| untaught `guide`, `normal` | 30.00 |  |  |  |  |  | 2.0 | 40 |" in lit.weak()
    assert "| 7 |" in lit.wrong() and lit.poisson() == lit.NOTHING
