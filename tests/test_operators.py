import pytest
import torch

from contracts import check_operator
from untaught.operators import Identity, Mask

OBSERVED = torch.rand(12, 10, generator=torch.Generator().manual_seed(0)) < 0.5


@pytest.mark.parametrize("operator", [Identity(), Mask(OBSERVED)], ids=lambda o: type(o).__name__)
def test_contract(operator):
    check_operator(operator, height=12, width=10)


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
