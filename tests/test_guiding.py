"""Guided restoration in Python: what comes out, and what is refused before the fit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import untaught
from classical.pictures import noise, picture
from test_tasks import TINY
from untaught import presets
from untaught.errors import InputError, UsageError
from untaught.fitting import Fitting
from untaught.methods import R2R
from untaught.networks import Given, Several, SmallUNet
from untaught.noise import Noise
from untaught.presets import PRESETS
from untaught.presets.row import Pilot
from untaught.stoppers import HeldOut
from untaught.tasks import denoising, guiding
from untaught.tasks import guided as guided_images

DRAFT = PRESETS["guide", "draft"]
QUICK = replace(DRAFT, fit=replace(DRAFT.fit, steps=3))
FIRST = replace(DRAFT, pilot=Pilot(rounds=0), fitted=False)


def bytes_of(x):
    return (255 * x[0].movedim(0, -1).numpy()).round().clip(0, 255).astype(np.uint8)


FLASH = bytes_of(picture(28, 32))
CLEAN = bytes_of(0.1 + 0.6 * picture(28, 32)[:, [1, 2, 0]])
NOISY = bytes_of(torch.from_numpy(CLEAN / 255).movedim(-1, 0)[None] + noise(torch.zeros(1, 3, 28, 32), 40 / 255))


def off(a, b):
    return float(np.square(a.astype(float) - b).mean())


def guide(image=NOISY, flash=FLASH, **more):
    return untaught.guide(image, flash, **({"quality": QUICK, "sigma": 40} | more))


@pytest.fixture(scope="module")
def usual():
    return guide(full_output=True)


@pytest.fixture(scope="module")
def alone():
    """How far off it is without a guide."""
    return off(untaught.denoise(NOISY, sigma=40, quality=QUICK), CLEAN)


def test_it_is_nearer_than_without_a_guide(usual, alone):
    assert off(usual.image, CLEAN) < 0.6 * alone


def test_a_guide_that_says_nothing_does_little_harm(alone):
    other = np.random.default_rng(0).integers(0, 256, FLASH.shape, dtype=np.uint8)
    assert off(guide(flash=other), CLEAN) < 1.05 * alone


@pytest.mark.parametrize("kind", ["HW", "float32", "uint16", "tensor", "equal"])
def test_it_comes_back_as_it_came(kind):
    image = {
        "HW": NOISY[..., 0],
        "float32": (NOISY / 255).astype(np.float32),
        "uint16": NOISY.astype(np.uint16) * 257,
        "tensor": torch.from_numpy(NOISY.copy()).movedim(-1, 0),
        "equal": np.repeat(NOISY[..., :1], 3, axis=2),
    }[kind]
    out = guide(image, sigma="auto", quality=FIRST)
    assert type(out) is type(image) and out.dtype == image.dtype and out.shape == image.shape
    assert not bool((out == image).all())


def test_the_guides_kind_and_scale_are_its_own():
    usual = guide(quality=FIRST)
    for flash in (FLASH / 255, torch.from_numpy(FLASH.copy()).movedim(-1, 0)):
        assert np.abs(guide(flash=flash, quality=FIRST).astype(int) - usual).max() <= 1
    dim = guide(flash=FLASH // 4, quality=FIRST)
    assert np.abs(dim.astype(int) - usual).mean() < 3
    grey = guide(flash=FLASH[..., 1].astype(np.uint16) * 200, quality=FIRST)
    assert grey.shape == NOISY.shape and off(grey, usual) < 150


def test_the_record_says_so_and_images_of_a_batch_share_a_guide(usual):
    assert usual.provenance["task"] == "guide" and usual.steps_run == 3
    assert usual.provenance["guide"] == {"shape": [28, 32, 3], "dtype": "uint8"}
    assert "guide" not in usual.provenance["settings"]["pilot"]
    batch = torch.from_numpy(np.stack([NOISY, NOISY[::-1]])).movedim(-1, 1)
    assert torch.equal(guide(batch, quality=FIRST)[1:], guide(batch[1:], quality=FIRST))


def test_tiles_have_their_part_of_the_guide():
    wide = [np.concatenate([one] * 5, axis=1)[:20] for one in (NOISY, FLASH, CLEAN)]
    job = guiding(wide[0], wide[1], sigma=40, quality=FIRST, tile=128)
    for _ in job:
        pass
    assert len(job.boxes) == 2
    assert torch.equal(job.row_of(1).pilot.guide, job.boxes[1].of(job.row.pilot.guide))
    assert off(job.result().image, wide[2]) < 0.1 * off(wide[0], wide[2])


def test_noise_that_may_grow_with_the_light_is_measured_beside_the_guide(monkeypatch):
    seen = []

    def says(x):
        seen.append(x)
        return Noise(sigma=0.1, unsure=len(seen) == 1, gain=0.0 if len(seen) == 1 else 0.03)

    monkeypatch.setattr(guided_images, "measure_noise", says)
    job = guiding(NOISY, FLASH, quality=QUICK)
    assert len(seen) == 2 and job.noise.gain == 0.03 and job.provenance["noise"]["estimated"]
    assert seen[1].diff(dim=3).std() < seen[0].diff(dim=3).std()
    for _ in job:
        pass
    assert job.result().steps_run == 0 and "grows with the light" in job.result().stopped_by
    seen[:] = [None] * 5
    assert guiding(NOISY, FLASH, quality=QUICK, sigma=30).provenance["noise"]["white_sigma"] == pytest.approx(30 / 255)


def test_paper_sees_the_guide_alone(monkeypatch):
    job = guiding(NOISY, FLASH, quality="paper", steps=2)
    assert isinstance(job.row.network.input, Given) and job.row.fit.steps == 2
    seen = (FLASH.astype(np.float32) - FLASH.min()) / (FLASH.max() - FLASH.min())  # from 0 to 1
    torch.testing.assert_close(job.row.network.input.image[0].movedim(0, -1), torch.from_numpy(seen))
    assert PRESETS["guide", "paper"].fit.steps == 601 and not job.row.knows_sigma
    monkeypatch.setattr(presets, "PRESETS", {**PRESETS, ("guide", "paper"): TINY})
    assert guide(quality="paper").shape == NOISY.shape
    inside = guiding(NOISY, FLASH, quality=replace(TINY, network=Several(network=TINY.network, count=2)))
    assert isinstance(inside.row.network.input, Given)


def test_denoising_knows_of_no_guide():
    assert denoising(NOISY, quality="draft").row.pilot.guide is None
    assert PRESETS["guide", "normal"].pilot.guide is None


LEARNS = replace(TINY, method=R2R(), network=SmallUNet(), stopper=HeldOut(), knows_sigma=True)
BAD = {
    "size": ({"flash": FLASH[:20]}, InputError, "the guide is 20x32 but the image is 28x32 .height x width."),
    "constant": ({"flash": np.full_like(FLASH, 9)}, InputError, "the guide can't be used: it is constant"),
    "nan in guide": ({"flash": np.where(FLASH > 9, np.nan, 1.0)}, InputError, "the guide can't be used: .*NaN"),
    "nan in image": ({"image": np.where(NOISY > 9, np.nan, 1.0)}, InputError, "^the image has .* NaN"),
    "no image": ({"flash": "flash.png"}, InputError, "the guide can't be used: .* is a str"),
    "two": ({"flash": np.stack([FLASH, FLASH])}, InputError, "the guide can't be used: .*wanted one image"),
    "itself": ({"flash": NOISY}, UsageError, "the guide is the image itself; wanted another picture"),
    "sigma": ({"sigma": -1}, UsageError, "sigma is -1"),
    "time": ({"time_budget": 0}, UsageError, "time_budget is 0"),
    "quality": ({"quality": "superb"}, UsageError, "quality is 'superb'; wanted one of draft, normal, best, paper"),
    "learns": ({"quality": LEARNS}, UsageError, "no place for a guide"),
}


@pytest.mark.parametrize(("more", "kind", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused_before_the_fit(monkeypatch, more, kind, says):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    with pytest.raises(kind, match=says):
        guide(**more)
