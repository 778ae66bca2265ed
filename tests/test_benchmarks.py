import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import gpu

from untaught import images

ROOT = Path(__file__).parent.parent


def test_the_tables_in_the_docs_are_made_from_the_results():
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "tables.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "<!-- table: faithful -->" in (ROOT / "README.md").read_text()


def test_the_gpu_benchmark_runs(tmp_path, monkeypatch):
    """On the CPU, few and small: what it would measure is not looked at."""
    results = tmp_path / "gpu.jsonl"
    small = ["--device", "cpu", "--size", "32", "--steps", "1", "--presets", "best", "--batches", "2"]
    monkeypatch.setattr(sys, "argv", ["gpu.py", *small, "--results", str(results)])
    gpu.main()
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    assert [row["way"] for row in rows if row["question"] == "loop"] == ["eager", "recorded", "recorded, bfloat16"]
    assert [row["images"] for row in rows if row["question"] == "batch"] == [2, 2]
    assert all(row["steps"] == 1 and 5 < row["psnr"] < 40 and row["seconds"] > 0 for row in rows)
    assert all(abs(row["psnr_off"]) < 1 for row in rows if "psnr_off" in row)
    assert all(row["images_per_minute"] > 0 for row in rows if row["question"] == "batch")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_the_gpu_benchmark_says_that_it_skips(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    gpu.main()
    assert capsys.readouterr().out == "skipped: no CUDA device\n"


@pytest.fixture
def script(monkeypatch):
    """A benchmark as a module, run with words in place of the command line's."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")

    def run(name, *words):
        module = importlib.import_module(name)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, words)])
        module.main()

    return run


@pytest.fixture
def data(tmp_path):
    """A clean image and a noisy pair, where the benchmarks look for them."""
    clean = images.read(ROOT / "examples" / "data" / "chelsea.png").pixels[100:132, 100:140]
    noisy = clean + np.random.default_rng(0).normal(0, 25, clean.shape)
    for folder, name, pixels in (
        ("kodak24_256_p2p", "kodim01.png", clean),
        ("fmd/gt", "fish.tif", clean[..., 0]),
        ("fmd/noisy", "fish.tif", noisy[..., 0]),
    ):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        images.write(tmp_path / folder / name, pixels.round().clip(0, 255).astype(np.uint8))
    return tmp_path


def test_the_denoising_benchmark_runs_and_goes_on(data, script, capsys):
    results = data / "levels.jsonl"
    words = ["--data", data, "--results", results, "--methods", "classical-draft,nlm"]
    script("denoise", *words, "--noise", "clipped,unclipped,poisson")
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    said = capsys.readouterr().out
    assert "skipped set9: no images" in said and "skipped polyu: no images" in said
    assert [row["noise"]["kind"] for row in rows] == [
        kind for kind in ("clipped", "unclipped", "poisson", "real") for _ in range(2)
    ]
    assert all(row["psnr"] > row["noisy_psnr"] + 1 for row in rows)
    assert all(15 < row["estimated_sigma"] < 40 and row["seconds"] > 0 for row in rows)
    clipped, unclipped = rows[0], rows[2]
    assert clipped["noisy_psnr"] == pytest.approx(unclipped["noisy_psnr"], abs=0.05)  # the same noise
    script("denoise", *words)
    assert len(results.read_text().splitlines()) == len(rows)
    script("denoise", *words, "--told")
    told = [json.loads(line) for line in results.read_text().splitlines()][len(rows) :]
    assert [(row["set"], row["sigma"]) for row in told] == [("kodak256", "true")] * 2
    assert "skipped fmd fish, --told" in capsys.readouterr().out


def test_the_tables_of_levels_leave_out_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    levels = importlib.import_module("levels")
    monkeypatch.setattr(levels, "RESULTS", tmp_path)
    tables = (levels.set9, levels.kodak, levels.real, levels.ablation, levels.cost)
    assert all(table() == levels.NOTHING for table in tables)
    common = {"set": "set9", "noise": {"kind": "clipped", "sigma": 25}, "told": False, "threads": 1}
    common |= {"shape": [512, 512, 3], "noisy_psnr": 20.0, "seconds": 18.0, "cpu_seconds": 17.0}
    scores = {("F16", "draft"): 31, ("house", "draft"): 32, ("F16", "best"): 33}
    lines = [common | {"image": image, "method": method, "psnr": psnr} for (image, method), psnr in scores.items()]
    lines[0] |= {"first_psnr": 30.5}
    (tmp_path / "levels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    step = {"kind": "step", "threads": 1, "size": 512, "method": "paper", "step_seconds": 1.0}
    (tmp_path / "scaling.jsonl").write_text(json.dumps(step) + "\n")
    table = levels.set9().splitlines()
    assert table[0].startswith("| method | sigma | F16 | house\\* | mean |")
    assert table[3] == "| untaught, `draft` | estimated | 31.00 | 32.00 | 31.50 | 32.00 | 18.0 | 17.0 | 1/100 |"
    assert table[4] == "| untaught, `best` | estimated | 33.00 |  |  |  | 18.0 | 17.0 | 1/100 |"
    assert len(table) == 5 and len({line.count(" | ") for line in table if "---" not in line}) == 1
    assert levels.ablation().splitlines()[2] == "| Set9 | draft | estimated | 30.50 | 31.00 | +0.500 | 1 of 1 |"
    assert levels.kodak() == levels.NOTHING


def test_the_scaling_benchmark_measures_a_point_and_draws(tmp_path, monkeypatch):
    """In processes of its own; not the paper's step, which takes a minute."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    scaling = importlib.import_module("scaling")
    key = {"benchmark": "scaling", "seed": 0, "kind": "point", "method": "draft", "size": 32, "threads": 1}
    found = scaling.measure(key)
    assert found["seconds"] > 0 and found["peak_mb"] > 0 and found["base_mb"] > 50
    pytest.importorskip("matplotlib")
    lines = [key | found | {"size": size, "seconds": size**2} for size in (32, 64)]
    scaling.draw(lines, tmp_path)
    assert (tmp_path / "scaling.png").stat().st_size > 1000
    first = (tmp_path / "scaling.svg").read_bytes()
    scaling.draw(lines, tmp_path)
    assert (tmp_path / "scaling.svg").read_bytes() == first
