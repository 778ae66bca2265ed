"""JPEG artefacts in Python: what comes out, and what is refused before the fit."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import untaught
from classical.pictures import picture
from test_tasks import TINY
from untaught import presets
from untaught.arrays import as_bchw
from untaught.errors import InputError, UsageError
from untaught.fitting import Fitting
from untaught.methods import Recompressed
from untaught.networks import Convolutions
from untaught.operators.jpeg import Jpeg, tables
from untaught.stoppers import Budget
from untaught.tasks import dejpegging

QUICK = replace(
    TINY,
    network=Convolutions(width=4, depth=2),
    method=Recompressed(pool=2, side=16, tile=8, tiles=1, every=2),
    fit=replace(TINY.fit, steps=6, average_decay=0.0),
    stopper=Budget(),
    consistent=True,
    knows_sigma=False,
)
SHARP = (255 * picture(40, 56)[0].movedim(0, -1).numpy()).round().astype(np.uint8)


def stored(pixels, quality=10, subsampling=2):
    """By Pillow: what comes out, and the tables."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    image = Image.open(file)
    return np.array(image), list(image.quantization.values())


GIVEN, HELD = stored(SHARP)


def dejpeg(image=GIVEN, **more):
    return untaught.dejpeg(image, **({"quality": QUICK, "jpeg_quality": 10} | more))


def off(a, b):
    return float(np.square(a.astype(float) - b).mean())


def test_it_is_nearer_and_in_the_cells():
    grey = SHARP[..., 0]
    given, _ = stored(grey)
    out = dejpeg(given / 255)
    assert off(255 * out, grey) < 0.92 * off(given, grey)
    jpeg = Jpeg(steps=tables(10))
    y = as_bchw(given / 255, "")
    torch.testing.assert_close(jpeg(as_bchw(out, "")), jpeg(y), atol=1e-5, rtol=0)
    assert off(dejpeg(), SHARP) < 0.92 * off(GIVEN, SHARP)


def test_tables_say_what_a_quality_says():
    wanted = dejpeg()
    for told in (HELD, tables(10), np.array(HELD), [np.reshape(one, (8, 8)) for one in HELD]):
        assert np.array_equal(dejpeg(jpeg_quality=None, tables=told), wanted)
    assert not np.array_equal(dejpeg(jpeg_quality=40), wanted)
    assert not np.array_equal(dejpeg(subsampling="4:4:4"), wanted)


@pytest.mark.parametrize("kind", ["HW", "HW3", "float32", "equal", "tensor", "odd"])
def test_it_comes_back_as_it_came(kind):
    image = {
        "HW": GIVEN[..., 0],
        "HW3": GIVEN,
        "float32": (GIVEN / 255).astype(np.float32),
        "equal": np.repeat(GIVEN[..., :1], 3, axis=2),
        "tensor": torch.from_numpy(GIVEN.copy()).movedim(-1, 0),
        "odd": GIVEN[:33, :29],
    }[kind]
    before = image.clone() if kind == "tensor" else image.copy()
    out = dejpeg(image)
    assert type(out) is type(image) and out.dtype == image.dtype and out.shape == image.shape
    assert bool((image == before).all()) and not bool((out == image).all())


def test_faint_floats_are_on_the_jpegs_scale():
    faint = (0.2 * (GIVEN / 255) + 0.4).astype(np.float64)
    job = dejpegging(faint, jpeg_quality=10, quality=QUICK)
    torch.testing.assert_close(job.problem.y, as_bchw(faint, "").float())


def test_a_batch_is_each_alone_and_the_seed_decides():
    batch = torch.from_numpy(np.stack([GIVEN, GIVEN[::-1]])).movedim(-1, 1) / 255
    out = dejpeg(batch)
    assert torch.equal(out[1:], dejpeg(batch[1:]))
    assert not torch.equal(dejpeg(batch[:1], seed=1), out[:1])


def test_the_record_says_how_it_was_compressed():
    result = dejpeg(full_output=True)
    assert result.provenance["jpeg"]["subsampling"] == "4:2:0"
    assert np.array_equal(np.reshape(result.provenance["jpeg"]["tables"], (2, 64)), HELD)
    assert result.provenance["task"] == "dejpeg" and result.steps_run == 6


def test_paper_is_a_deep_image_prior_of_the_pixels(monkeypatch):
    row = replace(TINY, knows_sigma=False, stopper=Budget())
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, ("dejpeg", "paper"): row})
    job = dejpegging(GIVEN, jpeg_quality=10, quality="paper")
    x = torch.rand(1, 3, 40, 56)
    assert torch.equal(job.problem.operator(x), x)
    assert dejpeg(quality="paper").shape == GIVEN.shape


BAD = {
    "nothing told": ({"jpeg_quality": None}, "wanted either the JPEG's quality or its quantisation tables.*neither"),
    "both told": ({"tables": HELD}, "got both"),
    **{
        str(wrong): ({"jpeg_quality": wrong}, rf"the JPEG's quality is {wrong}; wanted a whole number from 1 to 100")
        for wrong in (0, 101, -3, 10.5, True, "ten")
    },
    "100": ({"jpeg_quality": 100}, "quality 100.*nothing to undo"),
    "ones": ({"jpeg_quality": None, "tables": [[1] * 64]}, "nothing to undo"),
    "63": ({"jpeg_quality": None, "tables": [[2] * 63]}, "quantisation tables are none"),
    "three": ({"jpeg_quality": None, "tables": [[2] * 64] * 3}, "quantisation tables are 3"),
    "zero": ({"jpeg_quality": None, "tables": [[0] * 64]}, "of such numbers"),
    "nan": ({"jpeg_quality": None, "tables": [[float("nan")] * 64]}, "of such numbers"),
    "words": ({"jpeg_quality": None, "tables": "coarse"}, "quantisation tables are none"),
    "subsampling": ({"subsampling": "4:1:1"}, "subsampling is '4:1:1'; wanted '4:2:0' or '4:4:4'"),
    "quality": ({"quality": "superb"}, "quality is 'superb'; wanted one of draft, normal, best, paper"),
    "time": ({"time_budget": -1}, "time_budget is -1"),
}


@pytest.mark.parametrize(("more", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused_before_the_fit(monkeypatch, more, says):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    with pytest.raises(UsageError, match=says):
        dejpeg(**more)


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (GIVEN.astype(np.uint16) * 200, "holds uint16 values from .*; wanted what comes out of a JPEG"),
        (GIVEN.astype(np.float32), "holds float32 values from .* floats from 0 to 1"),
        (GIVEN[:15], "the image is 15x56 .* 16 pixels a side"),
        (np.dstack([GIVEN, GIVEN[..., 0]]), "the image has 4 channels; a JPEG has 1"),
        (np.full((32, 32), 7, np.uint8), "constant"),
        (np.where(GIVEN > 100, np.nan, GIVEN / 255), "NaN"),
    ],
)
def test_images_that_no_jpeg_gives(image, says):
    with pytest.raises(InputError, match=says):
        dejpeg(image)
