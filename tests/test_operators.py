import pytest
import torch

from contracts import check_adjoint, check_operator
from untaught.core import Problem, Projecting
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian, SaltAndPepper
from untaught.methods import Plain
from untaught.operators import Identity, Mask, WithOutliers
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
