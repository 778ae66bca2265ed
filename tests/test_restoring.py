"""`restore`: any operator, any shape of y, and one sentence for what can't be meant, before the fit."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

import untaught
from test_tasks import SMALL, TINY, disc
from untaught.errors import InputError, UsageError
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.networks import Several, Skip, Uniform
from untaught.operators import Composed, Identity, Mask, Pansharpening, Stripes, SubsampledFourier
from untaught.presets import PRESETS, preset
from untaught.priors import TotalVariation
from untaught.stoppers import Budget, Discrepancy, WindowedVariance
from untaught.tasks import restoring
from untaught.tasks.anything import Own, restoring_row

SHAPE = (3, 12, 10)
ENOUGH = replace(
    SMALL,
    method=Plain(jitter=0.01),
    fit=replace(SMALL.fit, steps=80),
    stopper=Budget(),
    knows_sigma=False,
)
SEVERAL = replace(TINY, network=Several(network=TINY.network, count=2))


def restore(y, operator=None, shape=SHAPE, **more):
    return untaught.restore(y, operator or Identity(), shape, **({"quality": TINY} | more))


def image(shape=SHAPE, seed=0):
    return torch.rand(1, *shape, generator=torch.Generator().manual_seed(seed))


def picture(size=32):
    return torch.from_numpy(disc()).movedim(-1, 0)[None, :, 8 : 8 + size, 14 : 14 + size] / 255


def test_two_observations_of_one_image():
    truth = picture()
    operator = Pansharpening((0.3, 0.4, 0.3), 2, height=32, width=32)
    out = untaught.restore(operator(truth), operator, (3, 32, 32), quality=ENOUGH)
    _, bands = operator.unpack(operator(truth))
    coarse = nn.functional.interpolate(bands, (32, 32), mode="bicubic")
    assert (out - truth).square().mean() < 0.9 * (coarse - truth).square().mean()


def test_an_estimate_is_improved_on():
    truth = picture()
    operator = Pansharpening((0.3, 0.4, 0.3), 4, height=32, width=32)
    start = operator.injected(operator(truth))
    row = restoring_row("draft", Gaussian(), Own(), from_estimate=True)
    quick = replace(row, fit=replace(row.fit, steps=40))
    out = untaught.restore(operator(truth), operator, (3, 32, 32), start=start, quality=quick)
    assert (out - truth).square().mean() < 0.95 * (start - truth).square().mean()
    as_array = start[0].permute(1, 2, 0).numpy()
    assert torch.equal(out, restore(operator(truth), operator, (3, 32, 32), start=as_array, quality=quick))
    units = {"quality": replace(quick, fit=replace(quick.fit, steps=1)), "value_range": (0, 255)}
    other = restore(255 * operator(truth), operator, (3, 32, 32), start=255 * start, **units)
    torch.testing.assert_close(other, 255 * start, atol=2.0, rtol=0)


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (torch.rand(1, 3, 10, 12), r"start is \[1, 3, 10, 12\]; wanted an image of the shape"),
        (np.zeros((3, 12, 10)), r"start is \[3, 12, 10\]; wanted an image of the shape, .* \[12, 10, 3\]"),
        (np.full((12, 10, 3), np.nan), "start has 360 NaN"),
        ("FBP", "start is a str"),
    ],
)
def test_an_estimate_that_cannot_be_meant(start, says):
    with pytest.raises(InputError, match=says):
        restore(image(), start=start, quality="draft")


def test_an_estimate_wants_a_network_that_adds():
    with pytest.raises(UsageError, match="an estimate is improved on by a SmallUNet; got a Skip"):
        restore(image(), start=image())


def test_unknowns_are_fitted_and_the_callers_stay_as_they_are():
    truth, made, alive = picture(), Stripes(32), torch.ones(32, 32, dtype=torch.bool)
    alive[:, 7] = False
    for steps in made.parameters():
        nn.init.normal_(steps, generator=torch.Generator().manual_seed(1))
    y = Composed(made, Mask(alive))(truth).detach()
    unknown = Composed(Stripes(32), Mask(alive))
    out = untaught.restore(y, unknown, (3, 32, 32), quality=ENOUGH)
    assert all(not steps.any() for steps in unknown.parameters())
    known = untaught.restore(y, Mask(alive), (3, 32, 32), quality=ENOUGH)
    assert (out - truth).square().mean() < 0.8 * (known - truth).square().mean()


@pytest.mark.parametrize("row", [TINY, SEVERAL], ids=["one image", "several"])
@pytest.mark.parametrize(
    ("operator", "y"),
    [
        (lambda x: x.mean(1), (1, 12, 10)),
        (lambda x: x.mean(1), (12, 10)),
        (lambda x: x.mean(), ()),
        (lambda x: x[0, 0, 0], (10,)),
        (lambda x: x.reshape(18, 20), (18, 20)),
        (lambda x: x.flatten(1)[:, ::7, None], (52, 1)),
    ],
)
def test_y_of_any_shape(operator, y, row):
    """With the batch's axis or without, of an operator that takes batches or that does not."""
    out = restore(np.full(y, 0.4), operator, quality=row)
    assert isinstance(out, np.ndarray) and out.shape == (12, 10, 3) and out.dtype == np.float64
    out = restore(torch.full(y, 0.4), operator, quality=row)
    assert isinstance(out, torch.Tensor) and out.shape == (1, 3, 12, 10) and out.dtype is torch.float32


def test_an_operator_that_takes_one_image_is_asked_for_each():
    """What a fit of several makes does not hang on whether the operator takes batches."""
    y = image().mean((2, 3))
    batch = restore(y, lambda x: x.mean((2, 3)), quality=SEVERAL)
    alone = restore(y, lambda x: x[:1].mean((2, 3)), quality=SEVERAL)
    torch.testing.assert_close(batch, alone)


@pytest.mark.parametrize(("channels", "axes"), [(1, (12, 10)), (2, (12, 10, 2)), (4, (12, 10, 4))])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, np.uint8, bool])
def test_an_array_comes_back_as_an_image(channels, axes, dtype):
    y = np.ones((channels, 12, 10), dtype)
    out = restore(y, shape=(channels, 12, 10))
    assert out.shape == axes and out.dtype == (dtype if dtype is np.float16 else np.float32)


def test_other_units_are_told():
    y, shape = 255 * picture(16), (3, 16, 16)
    out = restore(y, shape=shape, value_range=(0, 255), quality=ENOUGH)
    assert (out - y).abs().mean() < 12
    with pytest.raises(InputError, match=r"y reaches \d+ but the operator gives at most 1 .* value_range, such as"):
        restore(y, shape=shape)


def test_no_low_frequencies_are_not_other_units():
    """A smooth image gives a large coefficient where noise gives small ones."""
    measured = torch.zeros(64, 64, dtype=torch.bool)
    measured[0, 1] = measured[30, 30] = True
    column = torch.arange(64.0)
    smooth = (0.5 + 0.5 * torch.cos(2 * torch.pi * column / 64)).expand(1, 1, 64, 64)
    operator = SubsampledFourier(measured)
    assert restore(operator(smooth), operator, (1, 64, 64)).shape == (1, 1, 64, 64)


def test_rows_and_rules():
    for level in ("draft", "normal", "best"):
        assert isinstance(restoring_row(level, Gaussian(), Own()).stopper, WindowedVariance)
        told = restoring_row(level, Gaussian(sigma=0.1), Own())
        assert isinstance(told.stopper, Discrepancy) and told.knows_sigma
    assert isinstance(restoring_row("paper", Gaussian(sigma=0.1), Own()).stopper, Budget)
    network, stopper, prior = Skip(input=Uniform(2)), Budget(steps=4), TotalVariation()
    own = Own(network=network, stopper=stopper, prior=prior, prior_weight=0.5)
    row = restoring_row("draft", Gaussian(), own, seed=3)
    assert (row.network, row.stopper, row.fit.prior, row.fit.prior_weight) == (network, stopper, prior, 0.5)
    assert row.fit.seeds() == (3,)


def test_what_it_stops_by_is_said():
    y, told = image(), {"quality": SMALL, "sigma": 0.3, "full_output": True}
    assert "the misfit had come down to that of the noise" in restore(y, **told).stopped_by
    rule = WindowedVariance(window=5, warm_up=5, patience=10, every=5)
    row = replace(SMALL, stopper=rule, knows_sigma=False)
    result = restore(y, quality=row, full_output=True)
    assert "the variance of 5 iterates was least at step" in result.stopped_by
    made = result.provenance
    assert made["task"] == "restore" and made["operator"] == "Identity" and made["measurements"] == [1, 3, 12, 10]


def test_a_likelihood_of_ones_own():
    @dataclass(frozen=True)
    class Absolute:
        def nll(self, mean, y):
            return (mean - y).abs().mean()

        def sample(self, mean, generator):
            del generator
            return mean

    result = restore(image(), likelihood=Absolute(), full_output=True)
    assert result.provenance["likelihood"]["is"] == "Absolute" and 0 < result.history[0] < 1


def test_the_seed_and_the_time_budget_are_heard():
    y = image()
    assert torch.equal(restore(y, seed=1), restore(y, seed=1)) and not torch.equal(restore(y, seed=1), restore(y))
    row = replace(TINY, fit=replace(TINY.fit, steps=10**6), stopper=Budget())
    assert "its budget of 0.2 s" in restore(y, quality=row, time_budget=0.2, full_output=True).stopped_by


def grows():
    calls = []

    def operator(x):
        calls.append(1)
        return x[..., : 1 + len(calls)]

    return operator


def only_once(x):
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(context, values):
            return values.clone()

        @staticmethod
        def backward(context, slope):
            raise RuntimeError("no way back")

    return Once.apply(x)


@pytest.mark.parametrize(
    ("operator", "says"),
    [
        (3, "the operator is a int; wanted a callable"),
        (lambda x: x / 0 * 0, "the operator gives 360 NaN or infinite values of 360"),
        (grows(), r"\[1, 3, 12, 2\] for one image and \[1, 3, 12, 3\] for another of the same shape"),
        (lambda x: x.detach(), "not differentiable: what it gives is detached"),
        (lambda x: torch.from_numpy(x.detach().numpy()), "not differentiable: what it gives is detached"),
        (lambda x: x.numpy(), "the operator fails on an image .* RuntimeError: Can't call numpy"),
        (only_once, "not differentiable: RuntimeError: no way back"),
        (torch.round, "not differentiable: its gradient is 0 for every pixel"),
        (lambda x: (x - x).sqrt() + x, "not differentiable: its gradient has NaN or infinite values"),
        (lambda x: x + torch.randn_like(x), "other values for the same image when asked again"),
        (lambda x: [x], "the operator gives a list; wanted a tensor"),
        (lambda x: torch.fft.fft2(x), "the operator gives complex values"),
        (lambda x: x[..., :0], "0 NaN or infinite values of 0"),
        (lambda x: x @ torch.eye(3), r"the operator fails on an image \[1, 3, 12, 10\]: RuntimeError"),
    ],
)
def test_an_operator_that_cannot_be_meant(operator, says):
    with pytest.raises(UsageError, match=says) as error:
        untaught.restore(image(), operator, SHAPE, quality=TINY)
    assert "\n" not in str(error.value)


def test_y_of_another_shape():
    with pytest.raises(InputError, match=r"y is \[12, 10, 3\] but the operator gives \[1, 3, 12, 10\] for .* 3x12x10"):
        restore(np.zeros((12, 10, 3)))


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (torch.tensor([float("nan"), 1.0, float("inf")]), "y has 2 NaN or infinite values"),
        (np.array([1j]), "y holds complex128 values; wanted real ones"),
        (torch.tensor([1j]), "y holds torch.complex64 values; wanted real ones"),
        (np.array(["a"]), "y holds <U1 values"),
        ([1.0], "y is a list; wanted a numpy array or a torch tensor"),
        (np.zeros((0, 3)), r"y is empty: its shape is \[0, 3\]"),
    ],
)
def test_measurements_that_cannot_be_meant(y, says):
    with pytest.raises(InputError, match=says):
        restore(y)


@pytest.mark.parametrize("shape", [(12, 10), (3, 0, 10), (3, 12, 10.0), (3, -1, 10), "abc", None, (True, 12, 10)])
def test_a_shape_that_cannot_be_meant(shape):
    with pytest.raises(UsageError, match="wanted three positive whole numbers: channels, height, width"):
        restore(image(), shape=shape)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"sigma": 0.0}, "sigma is 0.0; wanted a positive number"),
        ({"sigma": float("nan")}, "sigma is nan"),
        ({"sigma": 0.1, "likelihood": Gaussian()}, "both a likelihood and sigma"),
        ({"value_range": (1, 1)}, r"value_range is \(1, 1\)"),
        ({"value_range": (0, float("inf"))}, "value_range is"),
        ({"prior": TotalVariation()}, "wanted both"),
        ({"prior_weight": 1.0}, "wanted both"),
        ({"prior": TotalVariation(), "prior_weight": -1.0}, "wanted both, the weight positive"),
        ({"quality": SMALL}, "go by the noise's sigma"),
        ({"stopper": Discrepancy()}, "go by the noise's sigma"),
        ({"quality": "good"}, "wanted one of draft, normal, best, paper"),
        ({"quality": preset("denoise", "normal")}, "wanted some for any operator"),
        ({"quality": preset("inpaint", "normal")}, "wanted some for any operator"),
        ({"time_budget": 0}, "time_budget is 0"),
        ({"device": "gpu"}, "device 'gpu' is not there"),
    ],
)
def test_settings_that_cannot_be_meant(settings, says):
    with pytest.raises(UsageError, match=says):
        restore(image(), **settings)


def test_nothing_is_fitted_before_all_is_checked(monkeypatch):
    from untaught import fit

    monkeypatch.setattr(fit, "steps", lambda *_, **__: pytest.fail("it fits"))
    with pytest.raises(UsageError):
        restore(image(), lambda x: x.detach())


def test_a_row_for_every_level():
    levels = {level for task, level in PRESETS if task == "restore"}
    assert (
        levels
        == {level for task, level in PRESETS if task == "restore, sigma told"}
        == {"draft", "normal", "best", "paper"}
    )
    job = restoring(image(), Identity(), SHAPE, Gaussian(), restoring_row("draft", Gaussian(), Own()))
    assert next(iter(job)).done == 1
