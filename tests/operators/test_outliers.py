import pytest
import torch

from untaught.core import Problem
from untaught.fit import Fit, steps
from untaught.likelihoods import Gaussian, SaltAndPepper
from untaught.methods import Plain
from untaught.operators import Identity, Mask, WithOutliers
from untaught.optimisers import Apart, GradientDescent, Muon

OBSERVED = torch.rand(12, 10, generator=torch.Generator().manual_seed(0)) < 0.5


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
