"""`untaught guide`: what is written, and what is refused before the fit."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import untaught
from test_cli import leftovers, write
from test_guiding import FIRST, FLASH, NOISY
from untaught import checkpoint, images, presets
from untaught.job import Job
from untaught.presets import PRESETS


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A row that takes little time, in place of ours."""
    monkeypatch.setattr(
        presets, "PRESETS", {**PRESETS, ("guide", "normal"): replace(FIRST, price=PRESETS["guide", "normal"].price)}
    )


@pytest.fixture
def pair(tmp_path):
    """A noisy image that says whose it is, and its guide."""
    about = Image.Exif()
    about[315] = "somebody"
    Image.fromarray(NOISY).save(tmp_path / "in.png", exif=about)
    return tmp_path / "in.png", write(tmp_path / "flash.png", FLASH)


def test_it_writes_the_image_and_its_record(program, tmp_path, pair):
    path, flash = pair
    output = tmp_path / "out.png"
    code, out, err = program("guide", path, "--guide", flash, "-o", output, "--sigma", 40, "--seed", 5)
    assert (code, out) == (0, ""), err
    said = r": noise sigma 40 \(told\), with a guide, 0 steps, \d+ s; stopped because "
    assert re.match(re.escape(str(output)) + said, err) and err.count("\n") == 1, err
    made = images.read(output)
    assert np.array_equal(made.pixels, untaught.guide(NOISY, FLASH, sigma=40, quality=FIRST, seed=5))
    assert b"somebody" in made.metadata.exif
    record = json.loads(output.with_name("out.png.json").read_text())
    assert (record["task"], record["seed"]) == ("guide", 5)
    assert record["guide"] == {
        "shape": [28, 32, 3],
        "dtype": "uint8",
        "path": str(flash),
        "sha256": images.read(flash).sha256,
    }
    assert leftovers(tmp_path) == ["flash.png", "in.png", "out.png", "out.png.json"]
    moved = record | {"guide": record["guide"] | {"path": "elsewhere"}}
    other = record | {"guide": record["guide"] | {"sha256": "0"}}
    assert not checkpoint.difference(checkpoint.identity(record), checkpoint.identity(moved))
    assert "guide" in checkpoint.difference(checkpoint.identity(record), checkpoint.identity(other))


def test_dry_run_has_a_price_and_writes_nothing(program, tmp_path, pair):
    path, flash = pair
    for quality in ("draft", "normal", "best"):
        code, out, _ = program(
            "guide", path, "--guide", flash, "-o", tmp_path / "o.png", "--quality", quality, "--dry-run"
        )
        assert code == 0 and re.search(r"with a guide; about \d+ s on this machine, ", out), out
    code, out, _ = program("guide", path, "--guide", flash, "-o", tmp_path / "o.png", "--dry-run", "--json")
    assert code == 0 and json.loads(out)["seconds"] > 0
    assert leftovers(tmp_path) == ["flash.png", "in.png"]


BAD = {
    "itself": ({"--guide": "in.png"}, 2, r"--guide is .*in.png, the image itself"),
    "a copy": ({"--guide": "copy.png"}, 2, "the guide is the image itself"),
    "size": ({"--guide": "small.png"}, 4, "the guide is 20x32 but the image is 28x32"),
    "constant": ({"--guide": "flat.png"}, 4, "the guide can't be used: it is constant"),
    "nowhere": ({"--guide": "no.png"}, 4, "no.png does not exist"),
    "sigma": ({"--sigma": "0"}, 2, "--sigma is 0"),
    "over the guide": ({"-o": "flash.png"}, 2, "flash.png is an input"),
    "level": ({"--quality": "superb"}, 2, "quality is 'superb'"),
}


@pytest.mark.parametrize(("more", "code", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_ends_in_one_sentence_before_the_fit(
    program, tmp_path, monkeypatch, pair, more, code, says
):
    monkeypatch.setattr(Job, "__iter__", lambda self: pytest.fail("the work began"))
    for name, pixels in (("copy", NOISY), ("small", FLASH[:20]), ("flat", np.full_like(FLASH, 7))):
        write(tmp_path / f"{name}.png", pixels)
    before = leftovers(tmp_path)
    words = {"--guide": "flash.png", "-o": "out.png"} | more
    words = {key: tmp_path / word if word.endswith(".png") else word for key, word in words.items()}
    ended, out, err = program("guide", pair[0], *(word for both in words.items() for word in both))
    assert (ended, out) == (code, "") and re.search(says, err.strip()), err
    assert "Traceback" not in err and err.count("\n") == 1 and leftovers(tmp_path) == before


def test_a_guide_is_needed(program, tmp_path, pair):
    code, _, err = program("guide", pair[0], "-o", tmp_path / "out.png")
    assert code == 2 and "--guide" in err
