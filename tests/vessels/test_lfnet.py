from dataclasses import replace

import numpy as np
import pytest
import torch

from untaught.initialise import initialise
from untaught.vessels.lfnet import LFNet, descriptors_of
from untaught.vessels.logistic import Logistic, fit_logistic
from untaught.vessels.recipe import Recipe
from untaught.vessels.training import Training
from vessels.angiograms import SMALL, labelled


def built(spec):
    module = spec.build(1, 32, 32)
    initialise(module, torch.Generator().manual_seed(3))
    return module


@pytest.fixture(scope="module")
def training():
    return Training([labelled(0)], SMALL)


def test_before_the_first_step_it_is_the_logistic_model(training):
    view = training.views.copies[0]
    descriptors = view.descriptors.float()
    told = built(training.network)(descriptors)[0, 0].detach()
    described = training.network.describe(descriptors)[0].permute(1, 2, 0).numpy()
    assert np.allclose(told, training.network.prior.logit(described), atol=1e-3)


def test_the_logistic_model_is_what_the_labels_ask_for(training):
    """No other weights give the labelled pixels a greater likelihood, but for the shrinking."""
    view = training.views.copies[0]
    features = training.network.describe(view.descriptors.float())[0].permute(1, 2, 0).flatten(0, 1).numpy()
    vessel = view.label[0, 0].reshape(-1).numpy()
    fitted = fit_logistic(features, vessel, shrink=1e-3)

    scaled = np.clip((features - fitted.mean) / fitted.spread, -6, 6)

    def objective(weights, bias):
        margin = np.where(vessel, 1, -1) * (scaled @ weights + bias)
        return np.logaddexp(0, -margin).mean() + 1e-3 / 2 * weights @ weights

    best = objective(fitted.weights, fitted.bias)
    draw = np.random.default_rng(0)
    for _ in range(10):
        assert objective(fitted.weights + draw.normal(0, 0.05, len(fitted.weights)), fitted.bias) > best
    assert objective(fitted.weights, fitted.bias + 0.1) > best


def test_what_the_network_adds_may_be_believed_in_part(training):
    half = built(replace(training.network, trust=0.5))
    torch.nn.init.normal_(half.networks[0].head.weight, generator=torch.Generator().manual_seed(0))
    descriptors = training.views.copies[0].descriptors.float()
    whole = half(descriptors)
    half.eval()
    known = half.known(((half.described(descriptors) - half.mean) / half.spread).clamp(-6, 6))
    assert torch.allclose(half(descriptors), (whole + known) / 2, atol=1e-5)
    assert not torch.allclose(whole, known, atol=1e-2)


def test_without_the_residual_it_begins_at_nothing():
    spec = LFNet(input=descriptors_of(12), prior=Logistic.blank(17), residual=False, heads=2, widths=(8, 8))
    made = built(spec)(torch.randn(1, 9, 30, 33))
    assert made.shape == (1, 3, 30, 33) and not made.any()


def test_it_is_small():
    count = len(Recipe().bank.names()) + Recipe().tubes.channels()
    module = Recipe().network(Logistic.blank(count)).build(1, 64, 64)
    assert sum(one.numel() for one in module.parameters()) < 500_000


def test_every_part_learns(training):
    """The logistic model too, if it is let."""
    module = built(replace(training.network, settled=False))
    for weights in module.networks[0].head.parameters():
        torch.nn.init.normal_(weights, generator=torch.Generator().manual_seed(0))
    made = module(training.views.copies[0].descriptors.float())
    named = dict(module.named_parameters())
    slopes = torch.autograd.grad(made.square().mean(), list(named.values()))
    still = [name for name, slope in zip(named, slopes, strict=True) if not slope.any()]
    assert not still


def test_an_image_of_any_size(training):
    module = built(training.network)
    descriptors = torch.randn(2, len(SMALL.bank.names()), 31, 45)
    both = module(descriptors)
    assert both.shape == (2, 1, 31, 45)
    assert torch.allclose(both[1:], module(descriptors[1:]), atol=1e-5)


def test_members_are_taught_apart_and_asked_together(training):
    """In training an image goes to one U-Net alone; afterwards the mean of their logits counts."""
    module = built(replace(training.network, members=2))
    for number, network in enumerate(module.networks):
        torch.nn.init.normal_(network.head.weight, generator=torch.Generator().manual_seed(number))
    alone = [built(training.network) for _ in module.networks]
    for one, network in zip(alone, module.networks, strict=True):
        one.networks[0].load_state_dict(network.state_dict())
    four = training.views.copies[0].descriptors.float()[..., :32, :32] * torch.tensor([1.0, 0.5, 0.2, 0.1]).view(
        4, 1, 1, 1
    )
    made, each = module(four), [one(four) for one in alone]
    for number in range(4):
        assert torch.allclose(made[number], each[number % 2][number], atol=1e-4)
        assert not torch.allclose(made[number], each[1 - number % 2][number], atol=1e-2)
    module.eval()
    assert torch.allclose(module(four), (each[0] + each[1]) / 2, atol=1e-4)


def test_members_learn_apart_also_where_pixels_are_held_back():
    """Each has as many crops as one alone; what is held back is asked of all, on one whole image."""
    recipe = replace(SMALL, members=2, hold=0.2)
    assert recipe.method(None, None).crops == 2 * SMALL.crops
    training = Training([labelled(0)], recipe)
    next(iter(training))
    state = training.state()
    first, second = (state[f"network.networks.{k}.head.weight"] for k in (0, 1))
    assert first.any() and second.any() and not torch.equal(first, second)
    assert torch.isfinite(state["run.least"])
