"""The benchmark of deblurring: scores after the one shift, goes on where it was left, shows the truth to nobody."""

import importlib
import json
import sys

import numpy as np
import pytest
from scipy.ndimage import shift
from scipy.signal import convolve2d

from test_benchmarks import ROOT
from untaught import images, tasks

KERNEL = np.array([[0, 0, 0], [0, 1, 3], [0, 0, 1]], np.uint8)


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("deblur")


@pytest.fixture
def shaken(tmp_path):
    """A photograph by each of two kernels, one of them stored turned round, where the benchmark looks for it."""
    truth = images.read(ROOT / "examples" / "data" / "chelsea.png").pixels[60:132, 60:140, 1]
    (tmp_path / "levin" / "gt").mkdir(parents=True)
    images.write(tmp_path / "levin/gt/im1.png", truth)
    for name, stored in (("4", KERNEL), ("1", KERNEL[::-1, ::-1])):
        given = convolve2d(truth, KERNEL / KERNEL.sum(), mode="same", boundary="symm")
        images.write(tmp_path / f"levin/im1_kernel{name}_img.png", given.round().astype(np.uint8))
        images.write(tmp_path / f"levin/gt/kernel{name}.png", stored.copy())
    return tmp_path


def run(bench, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["deblur.py", *map(str, words)])
    bench.main()


def test_it_runs_and_goes_on(bench, shaken, monkeypatch, capsys):
    results, pictures = shaken / "deblur.jsonl", shaken / "pictures"
    words = ["--data", shaken, "--results", results, "--kernels", "1,4,9", "--images", "im1", "--pictures", pictures]
    classics = ["--methods", "photograph,wiener,richardson-lucy,tv"]
    run(bench, monkeypatch, *words, *classics)
    assert "skipped im1 9: " in capsys.readouterr().out
    rows = {(row["kernel"], row["method"]): row for row in map(json.loads, results.read_text().splitlines())}
    assert len(rows) == 8
    for method in ("tv", "photograph", "richardson-lucy"):
        assert rows["1", method]["psnr"] == pytest.approx(rows["4", method]["psnr"], abs=0.05), "turned back"
    assert rows["4", "tv"]["psnr"] > rows["4", "photograph"]["psnr"] + 3
    assert (pictures / "levin-im1-4_strip.png").exists() and (pictures / "levin-im1-4" / "tv.png").exists()
    run(bench, monkeypatch, *words, *classics)
    assert len(results.read_text().splitlines()) == 8 and "already in deblur.jsonl" in capsys.readouterr().out


def test_ours_is_asked_with_the_kernel_or_without(bench, shaken, monkeypatch):
    asked = []

    class Job:
        def __init__(self, image, psf, blind):
            asked.append((psf, blind))
            self.image = image

        def __iter__(self):
            return iter(())

        def result(self):
            about = {"kernel": [[0.0, 0.5, 0.5]] * 3}
            return type("R", (), {"image": self.image, "steps_run": 2, "stopped_by": "x", "provenance": about})

    def deblurring(image, psf, *, blind, quality, seed, device):
        assert quality == "draft" and device == "cpu" and seed == 0
        return Job(image, psf, blind)

    monkeypatch.setattr(tasks, "deblurring", deblurring)
    words = ["--data", shaken, "--results", shaken / "d.jsonl", "--kernels", "4", "--pictures", shaken / "p"]
    run(bench, monkeypatch, *words, "--images", "im1", "--methods", "draft,blind-draft")
    (psf, blind), (none, blindly) = asked
    assert np.allclose(psf, KERNEL / KERNEL.sum()) and not blind and none is None and blindly
    assert (shaken / "p" / "levin-im1-4_blind-draft_kernel.png").exists()


@pytest.mark.parametrize("off", [(0, 0), (-3, 2), (1.5, -0.25), (6, -7)])
def test_a_result_is_scored_where_it_lies(bench, off):
    smooth = images.read(ROOT / "examples" / "data" / "chelsea.png").pixels[60:160, 60:160, 1].astype(float)
    smooth = convolve2d(smooth, np.ones((5, 5)) / 25, mode="valid")
    truth = smooth.round().astype(np.uint8)
    moved = shift(smooth, [-side for side in off], mode="nearest").round().clip(0, 255).astype(np.uint8)
    found = bench.scores(moved, truth)
    assert found["shift"] == list(off) and found["psnr"] > 45 and found["ssim"] > 0.99


def test_the_tables_leave_out_what_is_missing(bench, tmp_path, monkeypatch):
    sharpened = importlib.import_module("sharpened")
    monkeypatch.setattr(sharpened, "RESULTS", tmp_path)
    assert sharpened.known() == sharpened.blind() == "Not measured yet."
    rows = [
        {"image": "im1", "kernel": k, "method": m, "psnr": p, "ssim": p / 50, "seconds": 2.0, "cpu_seconds": 1.0}
        for k, m, p in (("4", "photograph", 20.0), ("5", "photograph", 22.0), ("4", "tv", 30.0), ("4", "normal", 31.0))
    ]
    rows[-1]["steps"] = 120
    rows += [{**rows[0], "method": "normal", "kernel": "5", "psnr": 26.0, "steps": 120}]
    (tmp_path / "deblur.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in sharpened.known().splitlines()]
    head, _, photograph, tv, normal = lines
    assert head[:5] == ["method", "im1 4\\*", "im1 5", "mean", "mean without \\*"]
    assert photograph[1:6] == ["20.00", "22.00", "21.00", "22.00", ""]
    assert tv[1:6] == ["30.00", "", "", "", "10.00"] and tv[6:] == ["2.0", "1.0", ""]
    assert normal[1:6] == ["31.00", "26.00", "28.50", "26.00", "4.00"] and normal[8] == "120"
    assert sharpened.blind() == "Not measured yet."
