"""Warps of one image, and several frames of it."""

import math

import pytest
import torch

from contracts import check_adjoint, check_operator
from untaught.classical.sampling import sampled
from untaught.operators import Downsample, Frames, Warp

MOTIONS = torch.tensor([[0.0, 0, 0], [1.2, -0.7, 0.5], [-2.4, 0.3, -0.8]], dtype=torch.float64)
MATRIX = ((1.02, 0.05), (-0.03, 0.97))


@pytest.mark.parametrize("how", [{}, {"shift": (0.3, -1.7)}, {"shift": (0.2, 0.1), "degrees": 8.0}, {"affine": MATRIX}])
def test_a_warp_is_linear_with_an_adjoint(how):
    warp = Warp(5, 6, **how).double()
    check_operator(warp, height=5, width=6)
    check_adjoint(warp, height=5, width=6)


@pytest.mark.parametrize("how", [{"shift": (0.3, -0.7), "degrees": 3.0}, {"shift": (0.3, -0.7), "affine": MATRIX}])
def test_a_warps_motion_can_be_fitted(how):
    warp, x = Warp(6, 5, **how).double(), torch.rand(1, 2, 6, 5, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda motion: torch.func.functional_call(warp, {"motion": motion}, (x,)), warp.motion
    )


def test_where_a_warp_looks():
    x = torch.rand(1, 1, 6, 6)
    assert torch.equal(Warp(6, 6)(x), x)
    assert torch.equal(Warp(6, 6, shift=(1, 2))(x)[..., :5, :4], x[..., 1:, 2:])
    quarter = Warp(6, 6, degrees=90)(x)
    torch.testing.assert_close(quarter, torch.rot90(x, -1, (-2, -1)), atol=1e-5, rtol=0)
    turned = ((math.cos(0.3), -math.sin(0.3)), (math.sin(0.3), math.cos(0.3)))
    torch.testing.assert_close(Warp(6, 6, affine=turned)(x), Warp(6, 6, degrees=math.degrees(0.3))(x))


def test_a_warp_that_is_told_too_much_or_too_little():
    with pytest.raises(ValueError, match="wanted one of them"):
        Warp(6, 6, degrees=1.0, affine=MATRIX)
    with pytest.raises(ValueError, match=r"image is 5x6 \(height x width\); wanted 6x6"):
        Warp(6, 6)(torch.rand(1, 1, 5, 6))


@pytest.mark.parametrize(("factor", "kernel"), [(2, "box"), (3, "bicubic"), (4, "box")])
def test_frames_are_linear_with_an_adjoint(factor, kernel):
    weights = torch.tensor([1.0, 0.5, 0.2], dtype=torch.float64)
    operator = Frames(MOTIONS, (3, 4), factor, kernel, weights)
    check_operator(operator, height=3 * factor, width=4 * factor, batches=((1, 1), (2, 3)))
    check_adjoint(operator, height=3 * factor, width=4 * factor, batches=((1, 1), (2, 3)))


def test_the_motions_of_all_frames_but_the_first_can_be_fitted():
    operator, x = Frames(MOTIONS, (4, 3), 2), torch.rand(1, 2, 8, 6, dtype=torch.float64)
    assert [p.shape for p in operator.parameters()] == [(2, 3)]
    assert torch.autograd.gradcheck(
        lambda rest: torch.func.functional_call(operator, {"rest": rest}, (x,)), operator.rest
    )


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("kernel", ["box", "bicubic", "lanczos3"])
def test_the_first_frame_is_the_image_made_smaller(factor, kernel):
    operator, x = Frames(MOTIONS, (16, 14), factor, kernel), torch.rand(2, 3, 16 * factor, 14 * factor).double()
    near = 0 if kernel == "box" else 3
    inner = (..., slice(near, 16 - near), slice(near, 14 - near))
    torch.testing.assert_close(operator(x)[:, 0][inner], Downsample(factor, kernel)(x)[inner])
    torch.testing.assert_close(operator(torch.ones_like(x))[:, 0], torch.ones(2, 3, 16, 14).double())


def test_a_shifted_frame_is_the_shifted_image_made_smaller():
    x = torch.rand(1, 1, 32, 32)
    moved = torch.tensor([[0.0, 0, 0], [4, 8, 0]])
    torch.testing.assert_close(Frames(moved, (8, 8), 4)(x)[:, 1, :, :7, :6], Downsample(4, "box")(x)[..., 1:, 2:])
    assert not Frames(moved, (8, 8), 4)(x)[:, 1, :, 7:].any(), "beyond the scene nothing is measured"


def test_frames_count_by_their_weights():
    weights, y = torch.tensor([1.0, 0.25, 0.0]), torch.rand(3, 1, 4, 4)
    operator = Frames(torch.zeros(3, 3), (4, 4), 2, "box", weights)
    torch.testing.assert_close(operator.pack(y)[0], weights.sqrt()[:, None, None, None] * y)
    x = torch.rand(1, 1, 8, 8)
    torch.testing.assert_close(operator(x), operator.pack(operator.unweighted(x)[0]))


def test_frames_that_cannot_be_meant():
    with pytest.raises(ValueError, match="the first all 0"):
        Frames(MOTIONS[1:], (4, 4), 2)
    with pytest.raises(ValueError, match="a weight for each of 3 frames"):
        Frames(MOTIONS, (4, 4), 2, "box", torch.ones(2))
    with pytest.raises(ValueError, match=r"image is 8x9 \(height x width\); wanted 8x8"):
        Frames(MOTIONS, (4, 4), 2)(torch.rand(1, 1, 8, 9))


def test_sampling_has_a_gradient_in_places():
    x = torch.rand(1, 2, 5, 6, dtype=torch.float64)
    places = (3 * torch.rand(2, 3, 3, 2, dtype=torch.float64) + 0.5).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda where: sampled(x, where), places)
