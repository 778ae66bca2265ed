import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from benchmarks import gpu

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
    small = ["--device", "cpu", "--size", "32", "--steps", "1", "--presets", "normal", "--batches", "2"]
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
