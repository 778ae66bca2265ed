"""Motions: what a motion says, and that those of noisy frames are found."""

import math

import numpy as np
import torch
from scipy import ndimage

from untaught.classical.fusion import fitted, frame_weights, roughness, shift_and_add
from untaught.classical.registration import refined, register
from untaught.classical.sampling import gaussian, looked_at, matrices, reach, sampled, smoothed, undone

SIDE = 64
SCENE = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(120, 120)), 2.0)
SCENE = (SCENE - SCENE.min()) / np.ptp(SCENE)
MOTIONS = torch.tensor([[0.0, 0.0, 0.0], [3.3, -4.6, 0.4], [-8.75, 0.25, -3.0], [0.4, 0.1, 5.5]], dtype=torch.float64)


def seen(motion, side=SIDE, margin=28):
    """What a frame so moved shows of the scene's middle, by another interpolation than ours."""
    places = looked_at(motion[None], side, side)[0].movedim(-1, 0).numpy() + margin
    return ndimage.map_coordinates(SCENE, places, order=5)


def frames_of(motions, sigma=5 / 255):
    exact = torch.from_numpy(np.stack([seen(motion) for motion in motions]))[:, None]
    return exact + sigma * torch.randn(exact.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_no_motion_gives_the_image_back_exactly():
    x = torch.rand(2, 3, 7, 9)
    assert torch.equal(sampled(x, looked_at(torch.zeros(1, 3), 7, 9))[:, 0], x)
    assert torch.equal(sampled(x, looked_at(torch.zeros(1, 6), 7, 9))[:, 0], x)


def test_a_quadratic_is_exact_between_pixels():
    def f(rows, columns):
        return 0.3 * rows**2 - 0.2 * rows * columns + columns

    grid = torch.stack(torch.meshgrid(torch.arange(9.0), torch.arange(8.0), indexing="ij"), dim=-1).double()
    places = grid[2:-3, 2:-3] + torch.tensor([0.37, 0.81])
    out = sampled(f(*grid.unbind(-1))[None, None], places[None])[0, 0, 0]
    torch.testing.assert_close(out, f(*places.unbind(-1)))


def test_what_a_motion_says():
    places = looked_at(torch.tensor([[1.0, -2.0, 3 * math.pi / 2]]), 5, 6)[0]  # a quarter turn: half the side is 3
    torch.testing.assert_close(places[2, 5], torch.tensor([2.0 + 1 - 2.5, 2.5 - 2 + 0.0]))
    finer = looked_at(torch.zeros(1, 3), 2, 2, factor=4)[0]
    assert finer[0, 0].tolist() == [1.5, 1.5] and finer[1, 1].tolist() == [5.5, 5.5]


def test_undone_leads_back():
    motions = torch.tensor([[1.3, -0.7, 0.9], [0.2, 0.4, -2.0]], dtype=torch.float64)
    back, centre = undone(motions, 9, 7), torch.tensor([4.0, 3.0]).double()
    there = looked_at(motions, 9, 7)
    turned = torch.einsum("kij,khwj->khwi", matrices(back, reach(9, 7)), there - centre)
    again = turned + centre + back[:, None, None, :2]
    torch.testing.assert_close(again, looked_at(0 * motions, 9, 7))


def test_registration_finds_shifts_and_turns_in_noise():
    off = register(frames_of(MOTIONS)) - MOTIONS
    assert off[:, :2].abs().max() < 0.05  # pixels
    assert off[:, 2].abs().max() / (SIDE / 2) * 180 / math.pi < 0.1  # degrees


def test_a_part_that_only_one_frame_shows_has_no_say():
    frames = frames_of(MOTIONS)
    frames[1, :, 10:26, 20:44] = 1.0
    assert (register(frames) - MOTIONS)[1].abs().max() < 0.08


def test_refined_finds_motions_against_a_larger_scene():
    large = torch.from_numpy(SCENE[20:100, 20:100])[None, None]
    motions = torch.tensor([[0.0, 0, 0], [2.2, -1.3, 1.5]], dtype=torch.float64)
    soft = smoothed(large, gaussian(1.0))
    frames = sampled(soft, looked_at(motions, 20, 20, 4))[0]
    found = refined(frames, soft, 0 * motions, factor=4)
    assert (found - motions).abs().max() < 0.02


def test_shift_and_add_lies_as_the_first_frame():
    frames = frames_of(MOTIONS, sigma=0.0)
    exact = shift_and_add(frames, MOTIONS, 1)[0, 0]
    assert (exact - frames[0, 0])[8:-8, 8:-8].abs().max() < 0.02
    alone = shift_and_add(frames, MOTIONS, 2, torch.tensor([0.0, 1, 1, 1], dtype=torch.float64))
    whole = torch.from_numpy(seen(MOTIONS[0]))[None, None]
    large = sampled(whole, (looked_at(MOTIONS[:1], 2 * SIDE, 2 * SIDE) + 0.5) / 2 - 0.5)[:, 0]
    assert (alone - large)[..., 16:-16, 16:-16].abs().max() < 0.05, "what the first frame shows others show too"


def test_conjugate_gradients_come_to_the_least_squares():
    class Half:
        def __call__(self, x):
            return x[..., ::2]

        def adjoint(self, y):
            return torch.stack([y, torch.zeros_like(y)], dim=-1).flatten(-2)

    y = torch.rand(1, 1, 4, 3, dtype=torch.float64)
    x = fitted(Half(), y, torch.zeros(1, 1, 4, 6, dtype=torch.float64), smooth=0.3, rounds=30)
    x.requires_grad_(True)
    rough = x.diff(dim=-1).square().sum() + x.diff(dim=-2).square().sum()
    (slope,) = torch.autograd.grad((Half()(x) - y).square().sum() + 0.3 * rough, x)
    assert slope.abs().max() < 1e-8
    (twice,) = torch.autograd.grad(x.diff(dim=-1).square().sum() + x.diff(dim=-2).square().sum(), x)
    torch.testing.assert_close(twice, 2 * roughness(x.detach()))


def test_the_frame_that_is_off_loses_its_weight():
    weights = frame_weights(torch.tensor([5.0, 5.2, 4.9, 30.0, 5.1, 2.0]))
    assert weights[3] == 0 and weights[[0, 1, 2, 4, 5]].min() > 0.95
    assert (frame_weights(torch.tensor([5.0, 5.0])) == 1).all()
    few = frame_weights(torch.tensor([0.35, 0.36, 0.37, 0.70]))  # four frames without noise: all fit
    assert few[:3].min() > 0.9 and few[3] > 0.2
    assert frame_weights(torch.tensor([5.0, 5.2, 5.1, 20.0]))[3] == 0
    assert frame_weights(torch.tensor([5.0, 5.0, torch.inf]))[2] == 0
