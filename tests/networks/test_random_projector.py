from dataclasses import replace

import pytest
import torch
from torch import nn

from contracts import check_method
from untaught.fit import Fit, Parts
from untaught.methods import Plain
from untaught.networks import Normal, Pixels, RandomProjector, Skip
from untaught.optimisers import Adam, Muon
from untaught.priors import TotalVariation

NETWORK = RandomProjector(network=Skip(input=Normal(4), down=(12,), up=(12,), skip=(4,)))
LEARN_Z = Plain(learn_z=True, jitter=0.0)
FIT = Fit(optimiser=Adam(lr=0.05), steps=10)


@pytest.mark.parametrize("optimiser", [Adam(lr=0.05), Muon(lr=0.05, adam_lr=0.05)], ids=lambda o: type(o).__name__)
def test_contract(problem, optimiser):
    prior = {"prior": TotalVariation(), "prior_weight": 1e-5}
    check_method(LEARN_Z, problem, NETWORK, replace(FIT, optimiser=optimiser, **prior))


def test_convolutions_stay_as_they_were_drawn_and_all_else_moves(problem):
    parts = Parts.start(problem, NETWORK, LEARN_Z, FIT)
    before = {name: weights.detach().clone() for name, weights in parts.network.named_parameters()}
    z = parts.run.z.detach().clone()
    for _ in range(5):
        parts.descend()
    of_norms = {
        f"{name}.{own}"
        for name, layer in parts.network.named_modules()
        if isinstance(layer, nn.BatchNorm2d)
        for own, _ in layer.named_parameters()
    }
    assert 0 < len(of_norms) < len(before)
    for name, weights in parts.network.named_parameters():
        assert torch.equal(weights, before[name]) == (name not in of_norms), name
    assert (parts.run.z - z).abs().mean() > 0.01


def test_a_network_without_norms_is_refused():
    with pytest.raises(ValueError, match="Pixels has no norms"):
        RandomProjector(network=Pixels()).build(3, 8, 8)
