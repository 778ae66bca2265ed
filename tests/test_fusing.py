"""Fusing in Python: what comes out of frames, which of them count, and what can't be meant."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

import untaught
from test_tasks import TINY
from untaught import checkpoint
from untaught.arrays import as_bchw
from untaught.classical import registration
from untaught.classical.sampling import looked_at, sampled
from untaught.errors import InputError, UsageError
from untaught.methods import Plain
from untaught.networks import SmallUNet
from untaught.operators import Downsample
from untaught.optimisers import Muon
from untaught.presets import PRESETS
from untaught.tasks import frames, fusing, registered

QUICK = replace(
    TINY, network=SmallUNet(widths=(4, 8)), method=Plain(jitter=0.01), fit=replace(TINY.fit, optimiser=Muon(lr=0.003))
)
MOTIONS = ((0.0, 0.0, 0.0), (1.4, -0.8, 1.0), (-0.6, 0.3, -2.0), (0.7, 1.7, 2.0), (-1.2, -0.9, 0.5))  # pixels, degrees


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Fewer rounds than ours."""
    monkeypatch.setattr(registered, "TURNS", 1)
    monkeypatch.setattr(registered, "GRADIENTS", 6)
    monkeypatch.setattr(frames, "ROUNDS", {"normal": 2})
    monkeypatch.setattr(registration, "TURNS", range(-3, 4, 3))


def scene(side=48):
    rough = np.random.default_rng(1).normal(size=(side, side, 3)) + np.random.default_rng(2).normal(
        size=(side, side, 1)
    )
    smooth = gaussian_filter(rough, (1.5, 1.5, 0), mode="reflect")
    return (0.5 + 0.16 * smooth / smooth.std()).clip(0, 1)


def series(factor=2, motions=MOTIONS, sigma=2, side=48):
    """8-bit frames `[K, h, w, 3]` of the scene, with noise."""
    x = as_bchw(scene(side), "")
    moved = torch.tensor([[a * factor, b * factor, math.radians(c) * side / 2] for a, b, c in motions]).double()
    there = sampled(x, looked_at(moved, side, side))[0]
    frames = 255 * Downsample(factor, "box")(there).movedim(1, -1).numpy()
    return (frames + np.random.default_rng(0).normal(0, sigma, frames.shape)).round().clip(0, 255).astype(np.uint8)


FRAMES = series()


def fuse(frames=FRAMES, factor=2, **more):
    return untaught.fuse(list(frames), factor, **({"quality": QUICK} | more))


def error(a, b):
    return float(np.mean((np.asarray(a, float) - np.asarray(b, float))[3:-3, 3:-3] ** 2)) ** 0.5


def test_frames_say_more_than_one_of_them_and_lie_as_they_do():
    result = fuse(full_output=True)
    assert result.image.shape == (48, 48, 3) and result.image.dtype == np.uint8
    enlarged = np.repeat(np.repeat(FRAMES[0], 2, 0), 2, 1)
    assert error(result.image, 255 * scene()) < 0.5 * error(enlarged, 255 * scene())
    for about, (down, right, degrees) in zip(result.provenance["frames"], MOTIONS, strict=True):
        assert about["weight"] > 0.9 and about["off"] < 5
        assert np.abs(np.subtract(about["shift"], (down, right))).max() < 0.05
        assert abs(about["degrees"] - degrees) < 0.3


def test_a_frame_of_something_else_has_no_weight_and_is_reported():
    frames = [*FRAMES, FRAMES[1][::-1].transpose(1, 0, 2).copy()]
    job = fusing(frames, 2, quality=QUICK)
    (misfit,) = job.misfits()
    assert misfit[0] == 5 and misfit[1] < 0.1
    without = fuse(FRAMES)
    assert error(fuse(frames), without) < 2


def test_a_series_is_an_image_for_each_frame():
    images = fuse(series=True)
    assert len(images) == len(FRAMES) and all(one.shape == (48, 48, 3) for one in images)
    for image, frame in zip(images, FRAMES, strict=True):
        smaller = Downsample(2, "box")(as_bchw(image, ""))[0].movedim(0, -1)
        assert error(smaller, frame) < 5
    assert error(images[0], fuse()) == 0


def test_motions_are_fitted_with_the_weights():
    job = fusing(list(FRAMES), 2, quality=QUICK)
    before = job.problem.operator.motions.detach().clone()
    for _ in job:
        pass
    after = job.fitted_operator().motions
    assert (after - before)[1:].abs().max() > 1e-4 and torch.equal(job.problem.operator.motions, before)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("grey", [True, False])
def test_array_in_array_out(dtype, grey):
    frames = FRAMES[..., 0] if grey else FRAMES
    frames = [(one / 255 * (60000 if dtype is np.uint16 else 1)).astype(dtype) for one in frames[:3]]
    out = fuse(frames)
    assert out.dtype == dtype and out.shape == (48, 48, *frames[0].shape[2:])
    assert out.max() <= 1.3 * max(one.max() for one in frames) and out.max() > 0.5 * frames[0].max()


@pytest.mark.parametrize("axes", ["CHW", "1CHW"])
def test_tensors_in_tensor_out(axes):
    frames = torch.from_numpy(FRAMES[:3]).movedim(-1, 1)
    out = fuse([one if axes == "CHW" else one[None] for one in frames])
    assert out.dtype is torch.uint8 and out.shape == (*(1,) * (axes == "1CHW"), 3, 48, 48)


def test_resumed_it_comes_to_the_same(tmp_path):
    def begun():
        return fusing(list(FRAMES[:3]), 2, quality=replace(QUICK, stopper=replace(QUICK.stopper, steps=4)), steps=4)

    straight, job = begun(), begun()
    for _ in straight:
        pass
    for moment in job:
        if moment.done == 2:
            break
    checkpoint.write(tmp_path / "state", job.state(), job.provenance)
    again = begun()
    again.resume(checkpoint.read(tmp_path / "state", again.provenance))
    assert torch.equal(again.fitted_operator().motions, job.fitted_operator().motions), "before another step"
    for _ in again:
        pass
    assert np.array_equal(again.result().image, straight.result().image)
    assert again.result().provenance["frames"] == straight.result().provenance["frames"]


def test_every_level_has_a_row():
    assert {quality for task, quality in PRESETS if task == "fuse"} == {"draft", "normal", "best"}


BAD = {
    "one": (FRAMES[:1], 2, "there is 1 frame; wanted 2 to 64"),
    "65": ([FRAMES[0]] * 65, 2, "there are 65 frames; wanted 2 to 64"),
    "size": ([FRAMES[0], FRAMES[1][:20]], 2, r"frames\[1\] is 20x24 but frames\[0\] is 24x24 \(height x width\)"),
    "channels": ([FRAMES[0], FRAMES[1][..., :2]], 2, r"frames\[1\] has 2 channels but frames\[0\] has 3"),
    "axes": ([FRAMES[0][..., :1], FRAMES[1][..., 0]], 2, r"frames\[1\] is of shape \[24, 24\]"),
    "dtype": (
        [FRAMES[0], FRAMES[1].astype(np.float32)],
        2,
        r"frames\[1\] holds float32 values but frames\[0\] .* uint8",
    ),
    "kind": ([FRAMES[0], torch.from_numpy(FRAMES[1])], 2, r"frames\[1\] is a Tensor but frames\[0\] is a ndarray"),
    "constant": ([FRAMES[0], np.full_like(FRAMES[0], 9)], 2, r"frames\[1\]: the image is constant"),
    "nan": ([FRAMES[0] / 255, FRAMES[1] * np.nan], 2, r"frames\[1\]: the image has 1728 NaN"),
    "no image": (["a", "b"], 2, r"frames\[0\]: the image is a str"),
    "small": ([one[:15] for one in FRAMES], 2, "the frames are 15x24 .* wanted 16 pixels a side"),
    **{str(factor): (FRAMES, factor, f"factor is {factor}; wanted 2, 3 or 4") for factor in (0, 1, 2.5, -4, 5, True)},
}


@pytest.mark.parametrize(("frames", "factor", "says"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_refused_in_a_sentence(frames, factor, says):
    with pytest.raises((InputError, UsageError), match=says):
        fuse(frames, factor)


def test_settings_that_cannot_be_meant():
    with pytest.raises(UsageError, match="the frames are a str; wanted a list"):
        untaught.fuse("frames", 2)
    with pytest.raises(UsageError, match="quality is 'paper'; wanted one of draft, normal, best"):
        fuse(quality="paper")
    with pytest.raises(UsageError, match="kernel is 'nearest'"):
        fuse(kernel="nearest")
    with pytest.raises(UsageError, match="for denoising one image"):
        fuse(quality=PRESETS["denoise", "normal"])
    with pytest.raises(UsageError, match="improved on by a SmallUNet"):
        fuse(quality=TINY)
