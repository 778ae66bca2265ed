"""Values by hand, slopes that lead to the label, and unknown pixels that say nothing."""

import builtins
import math

import pytest
import torch

from untaught.errors import UsageError
from untaught.vessels.losses import (
    SMOOTH,
    STEEP,
    cl_dice_loss,
    cross_entropy,
    dice_loss,
    skeleton_recall_loss,
    smooth_l1,
    soft_skeleton,
)

OF_PROBABILITIES = [dice_loss, skeleton_recall_loss, cl_dice_loss]
ALL = [cross_entropy, *OF_PROBABILITIES, smooth_l1]


def vessel(batch=2, height=14, width=20):
    """A bar three pixels wide; the second image has none."""
    y = torch.zeros(batch, 1, height, width)
    y[0, :, 5:8, 3:17] = 1
    return y, torch.ones_like(y, dtype=torch.bool)


def near(y, seed=0):
    """Somewhere between 0 and 1, no two pixels alike, a little more on the vessel."""
    return 0.1 + 0.3 * y + 0.5 * torch.rand(y.shape, generator=torch.Generator().manual_seed(seed))


def pixels(*values):
    return torch.tensor(values).reshape(1, 1, 1, -1)


def test_cross_entropy_by_hand():
    logit, known = pixels(0.0, math.log(3), -50.0), pixels(True, True, False)
    # probabilities 1/2 and 3/4; the first is a vessel, the second is not, the third is not known
    expected = (math.log(2) + math.log(4)) / 2
    assert float(cross_entropy(logit, pixels(1.0, 0.0, 1.0), known)) == pytest.approx(expected, rel=1e-6)


def test_dice_by_hand():
    p, y, known = pixels(0.5, 0.25, 0.5, 1.0), pixels(1.0, 1.0, 0.0, 0.0), pixels(True, True, True, False)
    expected = 1 - (2 * 0.75 + SMOOTH) / (1.25 + 2 + SMOOTH)
    assert float(dice_loss(p, y, known)) == pytest.approx(expected, rel=1e-6)


def test_dice_is_of_the_batch():
    y, known = vessel()
    p = near(y)
    both = dice_loss(p, y, known)
    apart = torch.stack([dice_loss(p[i : i + 1], y[i : i + 1], known[i : i + 1]) for i in range(2)])
    assert float(apart[1]) > 0.95 and float(both) < float(apart.mean()) - 0.02


def test_skeleton_recall_by_hand():
    p, tube, known = pixels(0.5, 0.25, 1.0, 1.0), pixels(1.0, 1.0, 0.0, 1.0), pixels(True, True, True, False)
    assert float(skeleton_recall_loss(p, tube, known)) == pytest.approx(1 - (0.75 + SMOOTH) / (2 + SMOOTH), rel=1e-6)


def test_cl_dice_by_hand():
    y, known = vessel(1)
    wide = torch.zeros_like(y)
    wide[..., 3:10, 1:19] = 1  # two pixels more on each side
    one = torch.zeros_like(y)
    one[..., 6, 4:16] = 1
    assert torch.equal(soft_skeleton(y), one)
    assert torch.equal(soft_skeleton(wide), one)  # the same line, so that too wide costs nothing
    assert float(cl_dice_loss(wide, y, known)) == 0
    half = torch.zeros_like(y)
    half[..., 5:8, 3:10] = 1  # skeleton 5 pixels, all in the vessel; 6 of the vessel's 12 are found
    sensitivity = (6 + SMOOTH) / (12 + SMOOTH)
    assert float(cl_dice_loss(half, y, known)) == pytest.approx(1 - 2 * sensitivity / (1 + sensitivity), rel=1e-6)


def test_smooth_l1_by_hand():
    prediction = torch.tensor([0.02, 0.5, 9.0, 0.0, 0.0, 9.0]).reshape(1, 2, 1, 3)
    value = float(smooth_l1(prediction, torch.zeros_like(prediction), pixels(True, True, False)))
    assert value == pytest.approx((0.02**2 / (2 * STEEP) + (0.5 - STEEP / 2)) / 4, rel=1e-5)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_unknown_pixels_have_no_influence(loss):
    y, known = vessel()
    known[:, :, 6:9, 8:13] = False
    p = near(y)
    value = loss(p, y, known)
    others, moved = y.clone(), p.clone()
    others[~known], moved[~known] = float("nan"), 0.987
    moved.requires_grad_()
    assert torch.equal(loss(moved, others, known), value)
    (slope,) = torch.autograd.grad(loss(moved, others, known), moved)
    assert torch.all(slope[~known] == 0) and torch.all(slope.isfinite()) and torch.any(slope[known] != 0)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_known_pixels_do_have_influence(loss):
    y, known = vessel()
    p = near(y)
    moved = p.clone()
    moved[0, 0, 6, 10] -= 0.1
    assert float(loss(moved, y, known)) > float(loss(p, y, known))


@pytest.mark.parametrize("loss", [*OF_PROBABILITIES, smooth_l1], ids=lambda loss: loss.__name__)
def test_the_label_itself_has_no_loss(loss):
    y, known = vessel()
    known[0, 0, :4] = False
    assert float(loss(y, y, known)) == pytest.approx(0, abs=1e-6)
    for other in (near(y), torch.zeros_like(y), y.roll(3, dims=2)):
        assert float(loss(other, y, known)) > 0.01


def test_the_surest_right_answer_has_the_least_cross_entropy():
    y, known = vessel()
    values = [float(cross_entropy(sure * (2 * y - 1), y, known)) for sure in (-1, 0, 1, 5, 20)]
    assert values == sorted(values, reverse=True) and values[-1] < 1e-6


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_gradcheck(loss):
    y, known = vessel(1, 8, 9)
    y[..., 3:6, 2:8] = 1
    known[..., 0:2, 0:3] = False
    p = near(y).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: loss(p, y.double(), known), p, eps=1e-6)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.95])
def test_cl_dice_leads_to_the_label_from_flat_predictions_too(level):
    y, known = vessel(1)
    p = (level * y).requires_grad_()
    (slope,) = torch.autograd.grad(cl_dice_loss(p, y, known), p)
    assert float((slope * y).sum()) < -0.01


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)
def test_where_nothing_is_known_there_is_no_loss(loss):
    y, known = vessel()
    p = near(y).requires_grad_()
    value = loss(p, y, torch.zeros_like(known))
    (slope,) = torch.autograd.grad(value, p)
    assert value.item() == 0 and not slope.any()


def test_without_monai_one_sentence(monkeypatch):
    load = builtins.__import__

    def without(name, *rest):
        if name.startswith("monai"):
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    y, known = vessel(1)
    with pytest.raises(UsageError, match=r"clDice wants MONAI.*untaught\[vessels\]"):
        cl_dice_loss(y, y, known)
