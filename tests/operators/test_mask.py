import pytest
import torch

from contracts import check_adjoint, check_operator
from untaught.abilities import Projecting
from untaught.operators import Identity, Mask

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
