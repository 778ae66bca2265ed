"""Fewer bits, and another layout in memory: the same picture."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from untaught.checkpoint import read, write
from untaught.fit import Parts, steps
from untaught.layout import channels_last
from untaught.methods import Plain
from untaught.optimisers import Adam, Muon
from untaught.precision import in_precision


def last(problem, network, how):
    return list(steps(problem, network, Plain(), how))[-1]


def test_bfloat16_gives_the_same_picture(problem, small_network, quick):
    """Nearer to that of float32 than another seed's is, and as near to the measurements."""
    how = replace(quick, steps=60)
    full, half = (last(problem, small_network, replace(how, precision=p)) for p in ("float32", "bfloat16"))
    other = last(problem, small_network, replace(how, seed=1))
    off, chance = ((one.average - full.average).square().mean().sqrt() for one in (half, other))
    assert 0 < off < chance / 4
    assert float(half.loss) == pytest.approx(float(full.loss), rel=0.03)


def test_only_convolutions_are_lowered(problem, small_network, quick):
    how = replace(quick, precision="bfloat16", steps=2)
    parts = Parts.start(problem, small_network, Plain(), how)
    made = {}
    for name, layer in parts.network.named_modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda layer, given, out, name=name: made.update({name: out.dtype}))
    x, loss = parts.descend()
    heads = [name for name, kind in made.items() if kind == torch.float32]
    assert len(heads) == 1 and heads[0].startswith("head"), "the last convolution, and none else, is in float32"
    assert len(made) > 1 and x.dtype == loss.dtype == torch.float32
    state = next(steps(problem, small_network, Plain(), how)).snapshot()
    kinds = {key: value.dtype for key, value in state.items() if value.is_floating_point()}
    assert set(kinds.values()) == {torch.float32}, "weights, statistics, momentum, average"


@pytest.mark.parametrize("optimiser", [Adam(), Muon()], ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("change", [{"precision": "bfloat16"}, {"channels_last": True}], ids=str)
def test_it_resumes_to_the_same_numbers(problem, small_network, quick, tmp_path, optimiser, change):
    how = replace(quick, optimiser=optimiser, **change)
    straight = list(steps(problem, small_network, Plain(), how))
    state = next(step.snapshot() for step in steps(problem, small_network, Plain(), how) if step.index == 3)
    write(tmp_path / "state", state, {})
    resumed = list(steps(problem, small_network, Plain(), how, resume=read(tmp_path / "state", {})))
    assert all(torch.equal(a.x, b.x) for a, b in zip(straight[4:], resumed, strict=True))


@pytest.mark.parametrize("optimiser", [Adam(), Muon()], ids=lambda o: type(o).__name__)
def test_channels_last_gives_the_same_picture(problem, small_network, quick, optimiser):
    how = replace(quick, optimiser=optimiser)
    plain, laid = (last(problem, small_network, replace(how, channels_last=c)) for c in (False, True))
    assert torch.allclose(plain.x, laid.x, atol=2e-3)


@pytest.mark.parametrize("seed", [0, (0, 1)])
def test_channels_last_is_what_z_weights_and_momentum_are_in(problem, small_network, quick, seed):
    how = replace(quick, channels_last=True, seed=seed)
    parts = Parts.start(problem, small_network, Plain(), how)
    state = next(steps(problem, small_network, Plain(), how)).snapshot()
    parts.restore({key: value.contiguous() for key, value in state.items()})  # as from a file
    momenta = [values["momentum"] for values in parts.optimisers[0].state.values()]
    weights = [weight for weight in parts.network.parameters() if weight.ndim >= 4]
    assert momenta and all(tensor.stride(-3) == 1 for tensor in [parts.run.z, *weights, *momenta])
    assert Parts.start(problem, small_network, Plain(), quick).run.z.is_contiguous(), "not the default on a CPU"


def test_a_precision_that_is_not_offered(quick):
    with pytest.raises(ValueError, match="precision is 'float16'; wanted one of float32, bfloat16"):
        replace(quick, precision="float16")


def test_a_head_is_looked_for_only_where_layers_follow_one_another():
    class Residual(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    network = Residual(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1))
    x = torch.rand(1, 3, 8, 8)
    assert torch.allclose(in_precision(network, "bfloat16")(x), network(x), atol=0.05)


def test_channels_last_is_torchs_layout():
    x = torch.rand(2, 3, 4, 5)
    assert channels_last(x).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(channels_last(x), x)
    assert channels_last(x[0, 0]).is_contiguous()
