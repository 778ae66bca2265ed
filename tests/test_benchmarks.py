import importlib
import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import gpu
from PIL import Image

from test_tasks import disc
from untaught import __version__, images, tasks

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
    made = {"untaught": __version__, "torch": torch.__version__, "python": platform.python_version()}
    assert all(row.items() >= (made | {"machine": platform.machine()}).items() for row in rows)
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


@pytest.fixture
def holed(tmp_path):
    """Grey and colour images and their masks, where the benchmark of inpainting looks for them."""
    clean = images.read(ROOT / "examples" / "data" / "chelsea.png").pixels[100:132, 100:140]
    grey, visible = clean[..., 1], np.random.default_rng(0).random(clean.shape[:2]) < 0.5
    text = np.full(grey.shape, 255, np.uint8)
    text[10:14, 5:30] = 0
    for name, pixels in (
        ("inpaint11_gray/cat_GT", grey),
        ("inpaint11_gray/cat_masked", grey * visible),
        ("inpaint11_gray/cat_deep_prior", np.where(visible, grey, grey - 1)),
        ("set9_clean/cat", clean),
        ("dip_examples/kate", clean),
        ("dip_examples/kate_mask", text),
        ("dip_examples/vase", clean),
        ("dip_examples/vase_mask", text),
        ("dip_examples/library", clean),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        images.write(tmp_path / f"{name}.png", pixels)
    return tmp_path


def lines_of(results):
    return [json.loads(line) for line in results.read_text().splitlines()]


def test_the_inpainting_benchmark_runs_and_goes_on(holed, script, capsys):
    results = holed / "inpaint.jsonl"
    words = ["--data", holed, "--results", results, "--methods", "biharmonic,linear,nearest,published"]
    script("inpaint", *words, "--pictures", holed / "pictures")
    assert "skipped holes library" in capsys.readouterr().out
    rows = lines_of(results)
    assert [(row["set"], row["missing"]) for row in rows if row["method"] == "nearest"] == [
        ("gray50", 50), ("gray50seen", 50), ("gray", 10), ("gray", 90), ("gray", 98), ("colour", 50), ("colour", 90),
        ("text", 7.8), ("holes", 7.8),
    ]  # fmt: skip
    assert [row["set"] for row in rows if row["method"] == "published"] == ["gray50", "gray50seen"]
    assert all(row["known_off"] == 0 and ("seconds" in row) == (row["method"] != "published") for row in rows)
    scored = [row for row in rows if row["set"] != "holes"]
    assert all(10 < row["hidden_psnr"] < row["psnr"] < 60 for row in scored) and "psnr" not in rows[-1]
    published = next(row for row in rows if row["method"] == "published")
    assert published["hidden_psnr"] == pytest.approx(20 * np.log10(255), abs=1e-3)  # each is off by one
    seen = next(row for row in rows if row["set"] == "gray50seen" and row["method"] == "nearest")
    assert seen["hidden"] <= published["hidden"], "never more than where the file has 0"
    assert published["hidden"] == (images.read(holed / "inpaint11_gray" / "cat_masked.png").pixels == 0).sum()
    strips = sorted((holed / "pictures").glob("*_strip.png"))
    assert len(strips) == 9 and images.read(strips[0]).pixels.shape[0] > 2 * 32
    for strip in strips:
        strip.unlink()
    script("inpaint", *words, "--pictures", holed / "pictures")
    assert lines_of(results) == rows and len(list((holed / "pictures").glob("*_strip.png"))) == 9
    (holed / "pictures" / "gray50-cat-50" / "nearest.png").unlink()
    script("inpaint", *words, "--pictures", holed / "pictures")
    assert lines_of(results) == rows and (holed / "pictures" / "gray50-cat-50" / "nearest.png").exists()


class FakeJob:
    """Fills with grey, in three steps."""

    def __init__(self, image, mask):
        self.image, self.steps_run, self.stopped_by = image.copy(), 0, "steps"
        self.image[mask != 0] = 128

    def __iter__(self):
        for _ in range(3):
            self.steps_run += 1
            yield self

    def result(self):
        return self


def test_the_inpainting_benchmark_asks_ours_with_the_mask_and_without_the_truth(holed, script, capsys, monkeypatch):
    asked = []

    def inpainting(image, mask, *, quality, seed, device):
        asked.append((image, mask, quality, seed, device))
        return FakeJob(image, mask)

    results = holed / "inpaint.jsonl"
    words = ["--data", holed, "--results", results, "--sets", "gray50,text,holes", "--seed", "3"]
    monkeypatch.delattr(tasks, "inpainting", raising=False)
    script("inpaint", *words, "--methods", "paper")
    assert "skipped paper: untaught.tasks has no inpainting yet" in capsys.readouterr().out and not results.exists()
    monkeypatch.setattr(tasks, "inpainting", inpainting, raising=False)
    script("inpaint", *words, "--methods", "draft,paper")
    assert [(row["image"], row["method"], row["steps"], row["stopped_by"]) for row in lines_of(results)] == [
        (image, method, 3, "steps") for image in ("cat", "kate", "vase") for method in ("draft", "paper")
    ]
    for image, mask, _, seed, device in asked[1:]:  # the first warms up
        assert mask.shape == image.shape[:2] and set(np.unique(mask)) == {0, 255}
        assert not image[mask != 0].any() and image[mask == 0].all() and (seed, device) == (3, "cpu")
    assert [quality for _, _, quality, _, _ in asked] == ["draft", *["draft", "paper"] * 3]


def test_the_tables_of_inpainting_leave_out_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    filledin = importlib.import_module("filledin")
    monkeypatch.setattr(filledin, "RESULTS", tmp_path)
    assert filledin.gray50() == filledin.shares() == filledin.text() == filledin.NOTHING
    common = {"set": "gray50", "missing": 50, "shape": [256, 256], "seconds": 2.0, "cpu_seconds": 1.0}
    lines = [
        common | {"image": "house", "method": "linear", "psnr": 33.0, "hidden_psnr": 30.0},
        common | {"image": "boat", "method": "linear", "psnr": 31.0, "hidden_psnr": 28.0},
        common | {"image": "boat", "method": "draft", "psnr": 34.0, "hidden_psnr": 31.0, "steps": 500},
        common | {"image": "vase", "method": "draft", "set": "holes", "missing": 2.7, "steps": 70},
    ]
    (tmp_path / "inpaint.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert filledin.gray50().splitlines()[2:] == [
        "| linear on triangles (SciPy) | 31.00 | 33.00 | 32.00 | 29.00 | 32.00 | 29.00 | 2.0 | 1.0 |  |",
        "| untaught, `draft` | 34.00 |  |  |  |  |  | 2.0 | 1.0 | 500 |",
    ]
    assert filledin.text().splitlines()[2] == "| vase | 2.7 % | untaught, `draft` |  |  | 2.0 | 1.0 | 70 |"


def test_the_likelihoods_benchmark_runs_and_goes_on(data, script, capsys, monkeypatch):
    results, pictures = data / "likelihoods.jsonl", data / "pictures"
    words = ["--data", data, "--results", results, "--images", "kodim01,kodim02", "--steps", 20]
    script("likelihoods", *words, "--methods", "matched,median,median-intact,tv", "--pictures", pictures)
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    assert [(row["noise"], row["method"]) for row in rows] == [
        *(("impulse", method) for method in ("matched", "median", "median-intact")),
        *(("poisson", method) for method in ("matched", "tv")),
    ]
    assert "skipped impulse kodim02" in capsys.readouterr().out
    of = {(row["noise"], row["method"]): row for row in rows}
    assert of["impulse", "median-intact"]["psnr"] > of["impulse", "median"]["psnr"] > rows[0]["noisy_psnr"] + 5
    assert of["impulse", "matched"]["curve"][0]["step"] == 20 == of["impulse", "matched"]["steps"]
    assert of["impulse", "matched"]["stopped_by"] == "it had taken all its 20 steps"
    assert {path.name for path in pictures.glob("*.png")} == {"impulse-kodim01_strip.png", "poisson-kodim01_strip.png"}
    script("likelihoods", *words, "--methods", "matched,median", "--noises", "impulse")
    assert len(results.read_text().splitlines()) == len(rows), "what is there is skipped"
    laws = importlib.import_module("laws")
    monkeypatch.setattr(laws, "RESULTS", data)
    table = laws.table().splitlines()
    assert len(table) == 2 + 4 + 3 and len({line.count("|") for line in table}) == 1
    assert table[2].startswith("| impulse | the noisy image | ") and table[2].endswith(" |  |  |  |")
    assert table[3].startswith("| impulse | deep image prior, the noise's own likelihood | ")


class FakeEnlarging:
    """Repeats pixels, in four steps."""

    def __init__(self, image, factor):
        self.image, self.steps_run, self.stopped_by = image.repeat(factor, 0).repeat(factor, 1), 0, "steps"

    def __iter__(self):
        for _ in range(4):
            self.steps_run += 1
            yield self

    def result(self):
        return self


def test_the_upscaling_benchmark_makes_images_smaller_and_scores_what_comes_of_them(
    tmp_path, script, capsys, monkeypatch
):
    asked = []

    def upscaling(image, factor, *, quality, kernel=None, seed=0, device):
        asked.append((image, factor, quality, kernel, seed, device))
        return FakeEnlarging(image, factor)

    monkeypatch.setattr(tasks, "upscaling", upscaling)
    (tmp_path / "set5").mkdir()
    truth = disc(80)[:70]  # its middle of 64x64 is scored
    images.write(tmp_path / "set5" / "cat.png", truth)
    results = tmp_path / "upscale.jsonl"
    words = ["--data", tmp_path, "--results", results, "--pictures", tmp_path / "pictures"]
    for _ in range(2):  # what is there is skipped
        script("upscale", *words, "--factors", "4,8", "--methods", "draft,bicubic,bicubic+,lanczos+", "--seed", "3")
    rows = lines_of(results)
    assert [(row["factor"], row["method"]) for row in rows] == [
        (factor, method) for factor in (4, 8) for method in ("draft", "bicubic", "bicubic+", "lanczos+")
    ]
    assert all(row["shape"] == [64, 64, 3] and 10 < row["psnr"] < 60 and row["cpu_seconds"] >= 0 for row in rows)
    assert all(("paper_step" in row) == (row["method"] == "draft") for row in rows)
    scored = {row["method"]: row for row in rows if row["factor"] == 4}
    assert scored["bicubic+"]["given_off"][0] < 0.3 < scored["bicubic"]["given_off"][0]
    assert scored["bicubic+"]["psnr"] > scored["bicubic"]["psnr"]
    middle = truth[3:67, 8:72]
    assert np.array_equal(images.read(tmp_path / "pictures" / "cat-x4" / "truth.png").pixels, middle)
    small = np.asarray(Image.fromarray(middle).resize((16, 16), Image.Resampling.LANCZOS))
    assert [(factor, *more) for _, factor, *more in asked] == [
        (factor, *more) for factor in (4, 8) for more in (("paper", None, 0, "cpu"), ("draft", "lanczos3", 3, "cpu"))
    ]
    assert np.array_equal(asked[0][0], small)
    script("upscale", "--data", tmp_path / "nowhere", "--results", results)
    assert "skipped: no images in" in capsys.readouterr().out


def test_the_scores_of_upscaling_are_those_of_the_field(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    upscale = importlib.import_module("upscale")
    truth = np.full((64, 64, 3), 100, np.uint8)
    out = truth.copy()
    out[4:-4, 4:-4] = 110  # grey: 10 of 255 are 10 * 219 / 255 of luma's
    assert upscale.scores(out, truth, 4)["psnr"] == pytest.approx(20 * np.log10(255 / (10 * 219 / 255)), abs=2e-3)
    out[8:-8, 8:-8] = 100
    assert upscale.scores(out, truth, 8)["psnr"] == np.inf and upscale.scores(out, truth, 4)["psnr"] < 50


def test_the_tables_of_upscaling_leave_out_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    upscaled = importlib.import_module("upscaled")
    monkeypatch.setattr(upscaled, "RESULTS", tmp_path)
    assert upscaled.x2() == upscaled.x8() == upscaled.NOTHING
    common = {"factor": 4, "shape": [256, 256, 3], "cpu_seconds": 50.0, "given_off": [0.25, 1.0], "rgb_psnr": 20.0}
    lines = [
        common | {"image": "bird", "method": "bicubic", "psnr": 30.0, "given_off": [2.5, 9.0]},
        common | {"image": "head", "method": "bicubic", "psnr": 31.0},
        common | {"image": "head", "method": "draft", "psnr": 32.0, "paper_step": 0.5, "steps": 70},
    ]
    (tmp_path / "upscale.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert upscaled.x4().splitlines()[2:] == [
        "| bicubic (Pillow) | 30.00 | 31.00 | 30.50 | 20.00 | 2.50 | 50.0 |  |  |",
        "| untaught, `draft` |  | 32.00 |  |  | 0.25 | 50.0 | 1/20 | 70 |",
    ]
    assert upscaled.x2() == upscaled.NOTHING


def test_the_observations_benchmark_runs_and_goes_on(tmp_path, script, capsys):
    folder = tmp_path / "kodak24_256_p2p"
    folder.mkdir()
    row, column = np.mgrid[:40, :44]
    picture = np.stack([4 * row, 3 * column + 40, 80 + 2 * row + 60 * (row > column)], axis=-1).astype(np.uint8)
    images.write(folder / "kodim05.png", picture)
    results = tmp_path / "observations.jsonl"
    words = ["--data", tmp_path, "--results", results, "--size", "16", "--images", "kodim05,kodim99"]
    script("observations", *words, "--methods", "classics")
    assert "skipped kodim99" in capsys.readouterr().out
    rows = lines_of(results)
    by = {(row["case"], row["method"]): row["psnr"] for row in rows}
    assert len(by) == len(rows) == 10 and all(12 < psnr < 60 for psnr in by.values())
    assert by["pan", "injection"] > by["pan", "bicubic"] and by["stripes", "moments"] > 20
    script("observations", *words, "--methods", "classics,draft", "--cases", "stripes", "--pictures", tmp_path / "out")
    again = lines_of(results)
    assert again[:10] == rows and [row["method"] for row in again[10:]] == ["draft"] and again[10]["steps"] == 100
    assert {path.stem for path in (tmp_path / "out" / "stripes-kodim05").iterdir()} >= {"dead", "draft", "truth"}


def test_the_jpeg_benchmark_runs_goes_on_and_makes_tables(tmp_path, script, capsys, monkeypatch):
    for name in ("kodak24_256_p2p", "dip_examples"):
        (tmp_path / name).mkdir()
    truth = disc(48)
    truth[20:30] //= 2
    images.write(tmp_path / "kodak24_256_p2p" / "cat.png", truth)
    Image.fromarray(truth).save(tmp_path / "dip_examples" / "snail.jpg", quality=15)
    asked = []

    def dejpegging(given, *, quality, seed, device, tables, subsampling):
        asked.append((given, quality, seed, [table[0] for table in tables], subsampling))
        return FakeEnlarging(given, 1)

    monkeypatch.setattr(tasks, "dejpegging", dejpegging)
    results = tmp_path / "dejpeg.jsonl"
    words = ["--data", tmp_path, "--results", results, "--pictures", tmp_path / "pictures", "--seed", "3"]
    for _ in range(2):  # what is there is skipped
        script("dejpeg", *words, "--qualities", "10", "--methods", "jpeg,reapplied,tv,tvcells,normal")
    rows = lines_of(results)
    assert len(rows) == 10 and [one[1:] for one in asked] == [
        ("normal", 3, [80, 85], "4:2:0"),
        ("normal", 3, [53, 57], "4:2:0"),
    ]
    by = {row["method"]: row for row in rows if row["image"] == "cat"}
    assert by["reapplied"]["psnr"] > by["jpeg"]["psnr"] + 0.2 and by["tv"]["psnr"] > by["jpeg"]["psnr"]
    assert by["reapplied"]["blocks"] < by["jpeg"]["blocks"]
    assert all("psnr" not in row and row["jpeg_quality"] is None for row in rows if row["image"] == "snail")
    assert np.array_equal(images.read(tmp_path / "pictures" / "cat-q10" / "truth.png").pixels, truth)
    script("dejpeg", "--data", tmp_path / "nowhere", "--results", results)
    assert "skipped: no images in" in capsys.readouterr().out
    unpacked = importlib.import_module("unpacked")
    monkeypatch.setattr(unpacked, "RESULTS", tmp_path)
    assert unpacked.q20() == unpacked.NOTHING
    assert [line.split("|")[1].strip() for line in unpacked.q10().splitlines()[2:]] == [
        label for method, label in unpacked.LABELS.items() if method in by
    ]
    assert f"| the JPEG | {by['jpeg']['psnr']:.2f} | {by['jpeg']['psnr']:.2f} |" in unpacked.q10()
    assert len(unpacked.snail().splitlines()) == 7
