"""`benchmarks/gallery.py`: scenes that are what they say, figures pixel by pixel, captions of what was measured."""

import importlib
import inspect
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import untaught
from test_benchmarks import ROOT, lines_of, script
from untaught import images
from untaught.core import Result

__all__ = ["script"]  # fixture: a benchmark as a module
VERBS = ("denoise", "inpaint", "upscale", "deblur", "fuse", "dejpeg", "guide", "restore", "segment")


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module


@pytest.fixture
def asked(monkeypatch, module):
    """What the scenes ask of untaught, of which each verb gives back an image of its input's kind."""
    calls = []

    def verb(name):
        real = inspect.signature(getattr(untaught, name))

        def stand_in(*words, **named):
            bound = real.bind(*words, **named).arguments
            calls.append(bound)
            given = next(iter(bound.values()))
            out = given[0] if name == "fuse" else bound.get("start", given) if name == "restore" else given
            about = {"found": {"smallest": 0}}
            return Result(image=out, iterate=out, step=1, steps_run=1, stopped_by="", history=[], provenance=about)

        return stand_in

    verbs = {name: verb(name) for name in VERBS}
    monkeypatch.setattr(module("scenes"), "untaught", SimpleNamespace(**verbs))
    return calls


def test_the_scenes_are_damaged_and_restored_without_their_truth(module, asked):
    scenes, gallery, pieces = module("scenes"), module("gallery"), module("pieces")
    assert list(scenes.SCENES) == list(module("hung").TASKS)
    for task, scene in scenes.SCENES.items():
        made, again = scene(), scene()
        assert np.array_equal(made.given, again.given) and np.array_equal(made.truth, again.truth), task
        assert made.given.dtype == made.truth.dtype == np.uint8 and 128 <= min(made.truth.shape[:2]) <= 272
        before, classic = gallery.score(gallery.as_large(made), made), made.by_classic()
        assert classic.shape == made.truth.shape and classic.dtype == np.uint8
        assert before < gallery.score(classic, made) < 45, task
        shown = made.seen(made.ours("draft").image)
        assert shown.dtype == np.uint8 and shown.shape in (made.truth.shape, made.given.shape)
        call = asked[-1]
        assert call["quality"] == "draft" and call["device"] == "cpu" and call["full_output"] is True
        for value in call.values():
            for one in value if isinstance(value, list) else [value]:
                seen = pieces.array(one) if isinstance(one, torch.Tensor) and one.ndim == 4 else one
                assert not np.array_equal(seen, made.truth), task


def test_the_kernel_of_the_shaken_camera_lies_in_its_middle(module):
    kernel = module("pieces").shake().numpy()
    down, right = np.mgrid[-8:9, -8:9]
    assert kernel.shape == (17, 17) and kernel.min() >= 0
    assert np.allclose([kernel.sum(), (kernel * down).sum(), (kernel * right).sum()], [1, 0, 0], atol=1e-9)


def test_it_hangs_pixel_by_pixel_and_goes_on(tmp_path, monkeypatch, module, script):
    gallery, hung, pieces = module("gallery"), module("hung"), module("pieces")
    truth = np.random.default_rng(0).integers(60, 200, (160, 192)).astype(np.uint8)
    runs = []

    def ours(quality):
        runs.append(quality)
        return SimpleNamespace(image=truth + 10, steps_run=7, stopped_by="steps")

    scene = pieces.Scene("cat", "made small", truth, truth[::4, ::4], "none", lambda: truth - 20, ours)
    monkeypatch.setattr(gallery, "SCENES", {"upscale": lambda: scene})
    results, figures = tmp_path / "gallery.jsonl", tmp_path / "figures"
    words = ["--results", results, "--figures", figures, "--tasks", "upscale"]
    script("gallery", *words)
    script("gallery", *words)
    (row,) = lines_of(results)
    assert runs == ["normal"], "what is there is skipped"
    assert row["psnr"] == pytest.approx(20 * np.log10(255 / 10), abs=0.01)
    assert row["classic_psnr"] == pytest.approx(20 * np.log10(255 / 20), abs=0.01) and row["input_psnr"] < 20
    assert row["steps"] == 7 and row["cpu_seconds"] >= 0 and row["untaught"] == untaught.__version__
    sheet = images.read(figures / "upscale.png").pixels
    at = gallery.piece(np.ones(truth.shape, bool), truth, gallery.SIDE)
    panels = [sheet[16 : 16 + 128, 6 + 156 * n :][:, :128] for n in range(5)]
    for panel, wanted in zip(
        panels,
        [scene.given.repeat(4, 0).repeat(4, 1)[at], truth[at] - 20, truth[at] + 10, truth[at], 40],
        strict=True,
    ):
        assert np.array_equal(panel, np.broadcast_to(wanted, (128, 128)))
    (figures / "upscale.png").unlink()
    script("gallery", *words, "--pictures", tmp_path / "whole")
    assert runs == ["normal"] * 2 and (figures / "upscale.png").exists() and len(lines_of(results)) == 2
    assert np.array_equal(images.read(tmp_path / "whole" / "upscale" / "truth.png").pixels, truth)
    monkeypatch.setattr(hung, "RESULTS", tmp_path)
    assert hung.table().splitlines()[2].startswith("| four times as large | cat | 160x192 grey | ")
    caption = hung.caption("upscale")
    assert "(figures/gallery/upscale.png)" in caption and "ours 28.13 (`normal`, 7 steps" in caption
    assert hung.caption("fuse") == hung.NOTHING


def test_every_task_hangs_in_the_page(module):
    page = (ROOT / "docs" / "gallery.md").read_text()
    figures = {path.stem: path.stat().st_size for path in (ROOT / "docs" / "figures" / "gallery").glob("*.png")}
    assert set(figures) == set(module("hung").TASKS) == {row["task"] for row in lines_of(module("gallery").RESULTS)}
    assert all(f"<!-- table: gallery_{task} -->" in page for task in figures)
    assert sum(figures.values()) < 2.5e6
