import pytest
import torch

from untaught.core import Recordable
from untaught.operators import PointedOut


def test_it_is_bayes_rule():
    """Of 1000 pixels 50 are of the object; 30 of those are labelled, and 60 of the others."""
    odds = (30 / 50) / (60 / 950)
    x = torch.full((1, 1, 2, 3), 50 / 1000, dtype=torch.float64)
    assert torch.allclose(PointedOut(odds)(x), torch.full_like(x, 30 / 90))


def test_it_adds_to_the_logit_and_has_a_slope_at_both_ends():
    logit = torch.linspace(-12, 12, 9, dtype=torch.float64)
    assert torch.allclose(torch.logit(PointedOut(7.0)(torch.sigmoid(logit))), logit + torch.tensor(7.0).log())
    assert torch.allclose(PointedOut(1.0)(torch.sigmoid(logit)), torch.sigmoid(logit))
    ends = torch.tensor([0.0, 1.0], requires_grad=True)
    PointedOut(20.0)(ends).sum().backward()
    assert torch.allclose(ends.grad, torch.tensor([20.0, 1 / 20]))
    assert isinstance(PointedOut(2.0), Recordable)


@pytest.mark.parametrize("odds", [0.0, -1.0, float("inf"), float("nan")])
def test_odds_are_positive(odds):
    with pytest.raises(ValueError, match="wanted a positive number"):
        PointedOut(odds)
