import numpy as np
import pytest
import torch
from PIL import Image
from PIL.Image import Resampling

from contracts import check_adjoint, check_operator
from untaught.abilities import Projecting
from untaught.core import Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian, SaltAndPepper
from untaught.methods import Plain
from untaught.networks.layers import Lanczos
from untaught.operators import Downsample, Identity, Mask, WithOutliers
from untaught.operators.downsample import KERNELS
from untaught.optimisers import Apart, GradientDescent, Muon

OBSERVED = torch.rand(12, 10, generator=torch.Generator().manual_seed(0)) < 0.5


@pytest.mark.parametrize("operator", [Identity(), Mask(OBSERVED)], ids=lambda o: type(o).__name__)
def test_contract(operator):
    check_operator(operator, height=12, width=10)


def test_the_masks_adjoint():
    check_adjoint(Mask(OBSERVED), height=12, width=10)


def test_a_mask_projects_on_the_images_that_agree_with_what_was_observed():
    operator, generator = Mask(OBSERVED), torch.Generator().manual_seed(1)
    x, truth = torch.rand(2, 2, 3, 12, 10, generator=generator, dtype=torch.float64)
    for y in (operator(truth), operator(truth[:1])):  # one for each of a batch, or one for all
        near = operator.project(x, y)
        assert near.shape == x.shape and torch.equal(operator(near), y.expand(2, -1, -1))
        assert torch.equal(near[..., ~OBSERVED], x[..., ~OBSERVED])
        assert torch.equal(operator.project(near, y), near)
    small = x[:1, :1].clone().requires_grad_(True)
    assert torch.autograd.gradcheck(operator.project, (small, operator(truth[:1, :1]).clone().requires_grad_(True)))
    assert isinstance(operator, Projecting) and not isinstance(Identity(), Projecting)


@pytest.mark.parametrize("size", [(10, 12), (12, 11)])
def test_a_mask_projects_no_image_of_another_size(size):
    with pytest.raises(ValueError, match="mask is 12x10 but image is"):
        Mask(OBSERVED).project(torch.rand(1, 1, *size), torch.rand(1, 1, int(OBSERVED.sum())))


def test_identity_takes_any_size():
    x = torch.rand(2, 5, 1, 3)
    assert torch.equal(Identity()(x), x)


def test_mask_lists_the_observed_pixels_only():
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    observed = torch.zeros(3, 4, dtype=torch.bool)
    observed[0, 1] = observed[2, 3] = True
    assert Mask(observed)(x).tolist() == [[[1.0, 11.0], [13.0, 23.0]]]


def test_mask_refuses_another_size():
    with pytest.raises(ValueError, match=r"mask is 12x10 but image is 10x12 \(height x width\)"):
        Mask(OBSERVED)(torch.rand(1, 3, 10, 12))


def test_mask_refuses_to_observe_nothing():
    with pytest.raises(ValueError, match="with an observed pixel"):
        Mask(torch.zeros(3, 3, dtype=torch.bool))


def test_outliers_are_added_and_start_at_nothing():
    x = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    operator = WithOutliers(Mask(OBSERVED), (1, 3, int(OBSERVED.sum())))
    assert torch.equal(operator(x), Mask(OBSERVED)(x))
    with torch.no_grad():
        operator.g[0, 1, 5], operator.h[0, 2, 6] = 0.5, 0.3
    off = (operator(x) - Mask(OBSERVED)(x)).detach()
    assert float(off[0, 1, 5]) == pytest.approx(0.25, abs=1e-5) and float(off[0, 2, 6]) == pytest.approx(
        -0.09, abs=1e-5
    )
    assert int((off.abs() > 1e-5).sum()) == 2
    with pytest.raises(ValueError, match="start is 0"):
        WithOutliers(Identity(), (1, 1, 2, 2), start=0)


def test_outliers_fitted_beside_the_image_are_those_that_there_are(problem, small_network):
    """Impulses, held against a Gaussian: with g and h the image is nearer, and they are what the impulses changed."""
    flat = torch.full_like(problem.y, 0.3)
    flat[..., 6:14, 8:18] = 0.7
    y = SaltAndPepper(share=0.2, sigma=0.01).sample(flat, torch.Generator().manual_seed(1))
    how = Fit(optimiser=Apart(weights=Muon(lr=0.02), others=GradientDescent(lr=200.0)), steps=90)
    ends = []
    for operator in (Identity(), WithOutliers(Identity(), y.shape, start=1e-2)):
        task = Problem(y=y, operator=operator, likelihood=Gaussian(), shape=(3, 21, 26))
        ends.append(list(steps(task, small_network, Plain(jitter=0), how))[-1])
    before, after = (float((end.x - flat).square().mean()) for end in ends)
    assert after < before / 3
    found = ends[1].operator.outliers().detach()
    assert float(torch.corrcoef(torch.stack([found.flatten(), (y - flat).flatten()]))[0, 1]) > 0.9
    state = ends[1].snapshot()
    assert torch.equal(state["operator.g"].square() - state["operator.h"].square(), found)


DOWN = [(factor, kernel) for kernel in KERNELS for factor in (1, 2, 3, 4, 8)]


@pytest.mark.parametrize(("factor", "kernel"), DOWN)
def test_downsampling(factor, kernel):
    operator = Downsample(factor, kernel)
    check_operator(operator, height=2 * factor, width=factor)
    check_adjoint(operator, height=3 * factor, width=2 * factor)


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
@pytest.mark.parametrize("kernel", ["box", "bicubic", "lanczos3"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 4), (20, 31)])
def test_downsampling_is_that_of_pillow(factor, kernel, size):
    names = {"box": Resampling.BOX, "bicubic": Resampling.BICUBIC, "lanczos3": Resampling.LANCZOS}
    height, width = size
    x = torch.rand(height * factor, width * factor, generator=torch.Generator().manual_seed(0))
    theirs = np.asarray(Image.fromarray(x.numpy()).resize((width, height), names[kernel]))
    ours = Downsample(factor, kernel)(x[None, None].double())[0, 0]
    assert np.abs(ours.numpy() - theirs).max() < 1e-5


@pytest.mark.parametrize(("factor", "kernel"), DOWN)
@pytest.mark.parametrize("size", [(1, 1), (5, 3), (24, 17)])
def test_downsampling_projects_on_the_nearest_image_that_is_measured_so(factor, kernel, size):
    operator, generator = Downsample(factor, kernel), torch.Generator().manual_seed(1)
    x = torch.rand(2, 3, size[0] * factor, size[1] * factor, generator=generator)
    y = torch.rand(1, 3, *size, generator=generator)
    near = operator.project(x, y)
    assert isinstance(operator, Projecting) and near.shape == x.shape and near.dtype is torch.float32
    assert (operator(near) - y).abs().max() < 1e-5
    x, y = x.double(), y.double()
    near = operator.project(x, y)
    assert (operator(near) - y).abs().max() < 1e-12
    # the nearest: what leads to any other such image is at right angles to the way that was gone
    along = torch.rand(2, 3, size[0] * factor, size[1] * factor, generator=generator, dtype=torch.float64)
    along = along - operator.inverse(operator(along))
    assert ((near - x) * along).sum().abs() < 1e-10 * x.numel()
    assert torch.allclose(operator.project(near, y), near, rtol=0, atol=1e-12)


def test_downsampling_keeps_the_brightness_and_the_middle():
    x = torch.full((1, 1, 24, 24), 0.7, dtype=torch.float64)
    ramp = torch.arange(24.0, dtype=torch.float64).expand(1, 1, 24, 24)
    for factor, kernel in DOWN:
        operator = Downsample(factor, kernel)
        small = operator(x)
        assert torch.allclose(small, torch.full_like(small, 0.7))
        inner = operator(ramp)[0, 0, 0, 1:-1] if 24 // factor > 8 else None
        expected = (torch.arange(24 // factor, dtype=torch.float64)[1:-1] + 0.5) * factor - 0.5
        reach = 3
        assert inner is None or torch.allclose(inner[reach:-reach], expected[reach:-reach])


def test_lanczos2_is_the_lanczos_that_the_networks_halve_with():
    x = torch.rand(1, 2, 32, 32, generator=torch.Generator().manual_seed(0))
    ours, theirs = Downsample(2, "lanczos2")(x), Lanczos(2)(x)
    assert torch.allclose(ours[..., 2:-2, 2:-2], theirs[..., 2:-2, 2:-2], atol=1e-6)


def test_downsampling_refuses_sides_that_are_no_multiples():
    for size in ((8, 9), (9, 8), (0, 8)):
        with pytest.raises(
            ValueError, match=rf"image is {size[0]}x{size[1]} \(height x width\); wanted multiples of 4"
        ):
            Downsample(4)(torch.rand(1, 1, *size))
    for factor, kernel in ((0, "box"), (-4, "box"), (2, "nearest")):
        with pytest.raises(ValueError, match="wanted 1 or more, and one of box, bicubic, lanczos2, lanczos3"):
            Downsample(factor, kernel)


@pytest.mark.parametrize(("factor", "kernel"), [(2, "lanczos3"), (4, "bicubic"), (8, "lanczos2")])
def test_downsampling_within_limits_agrees_with_what_can_be_had(factor, kernel):
    """Black and white with sharp edges: what is nearest without limits is blacker than black along them."""
    x = torch.zeros(1, 1, 16 * factor, 16 * factor, dtype=torch.float64)
    x[..., 5 * factor + 1 : 11 * factor - 1, 3 * factor : -2] = 1.0
    y = Downsample(factor, kernel)(x)
    smooth = torch.nn.functional.interpolate(y, scale_factor=factor, mode="bicubic")
    free = Downsample(factor, kernel).project(smooth, y)
    operator = Downsample(factor, kernel, limits=(0.0, 1.0))
    near = operator.project(smooth, y)
    assert (operator(near) - y).abs().max() < 1e-12, "it ends with what agrees"
    beyond = [(one - one.clamp(0, 1)).abs().max() for one in (free, near)]
    assert beyond[1] < 0.3 * beyond[0]
    off = [(operator(one.clamp(0, 1)) - y).abs().max() for one in (free, near)]
    assert off[1] < 0.3 * off[0]
