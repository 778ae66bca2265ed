"""Recording a step, with a stand-in for the GPU's graph: all but the recording itself."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from untaught import graphs
from untaught.core import Problem
from untaught.fit import Parts, recordable, steps
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.operators import Identity, Mask
from untaught.optimisers import Adam, Muon
from untaught.optimisers.muon import Orthogonalised
from untaught.priors import TotalVariation


class StandIn:
    """As a GPU's graph: recording does nothing yet, every replay fills the same tensors."""

    def __init__(self, *, able=True):
        self.able, self.calls = able, []

    def warm(self, work):
        self.calls.append("warm")
        self.newest = work()
        return self.newest

    def record(self, work):
        self.calls.append("record")
        if not self.able:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        self.work = work
        self.outputs = tuple(torch.full_like(output, torch.nan) for output in self.newest)
        return self.outputs

    def replay(self):
        self.calls.append("replay")
        for output, new in zip(self.outputs, self.work(), strict=True):
            output.copy_(new)


@pytest.fixture
def stand_in(monkeypatch):
    recorder = StandIn()
    monkeypatch.setattr(graphs, "recorder", lambda device, generators: recorder)
    return recorder


def close(a, b):
    """Up to the rounding of a rate that lies on the device in float32."""
    return all(torch.allclose(getattr(a, n), getattr(b, n), atol=1e-4) for n in ("x", "average", "loss"))


@pytest.mark.parametrize("optimiser", [Adam(), Muon()], ids=lambda o: type(o).__name__)
def test_a_recorded_fit_gives_the_numbers_of_one_that_is_not(stand_in, problem, small_network, quick, optimiser):
    how = replace(quick, optimiser=optimiser)
    plain = list(steps(problem, small_network, Plain(), replace(how, record=False)))
    assert not stand_in.calls
    recorded = list(steps(problem, small_network, Plain(), how))  # kept: a replay must not overwrite them
    assert stand_in.calls == ["warm"] * graphs.WARM_UP + ["record"] + ["replay"] * (how.steps - graphs.WARM_UP)
    assert all(close(a, b) for a, b in zip(plain, recorded, strict=True))
    constant = list(steps(problem, small_network, Plain(), replace(how, schedule="constant")))
    assert not close(recorded[-1], constant[-1]), "the schedule must reach the replays"


def test_a_recorded_fit_resumes_as_if_it_had_never_stopped(stand_in, problem, small_network, quick):
    straight = list(steps(problem, small_network, Plain(), quick))
    state = next(s.snapshot() for s in steps(problem, small_network, Plain(), quick) if s.index == 3)
    resumed = list(steps(problem, small_network, Plain(), quick, resume=state))
    assert all(torch.equal(a.x, b.x) for a, b in zip(straight[4:], resumed, strict=True))


def test_what_cannot_be_recorded_runs_on_and_says_so(stand_in, problem, small_network, quick):
    stand_in.able = False
    with pytest.warns(UserWarning, match=r"goes on without \(operation not permitted when stream is capturing\)"):
        got = list(steps(problem, small_network, Plain(), quick))
    assert stand_in.calls == ["warm"] * graphs.WARM_UP + ["record"], "it is tried once"
    wanted = list(steps(problem, small_network, Plain(), replace(quick, record=False)))
    assert all(close(a, b) for a, b in zip(got, wanted, strict=True))


@pytest.mark.parametrize("optimiser", [Adam(), Muon()], ids=lambda o: type(o).__name__)
def test_nothing_that_a_recording_reads_moves_in_memory(stand_in, problem, small_network, quick, optimiser):
    """A graph knows addresses: weights, z, rates, what the optimiser remembers must stay where they were recorded."""
    parts = Parts.start(problem, small_network, Plain(learn_z=True), replace(quick, optimiser=optimiser))
    state = next(s.snapshot() for s in steps(problem, small_network, Plain(learn_z=True), parts.fit))
    parts.restore(state)

    def addresses():
        tensors = [*parts.network.state_dict().values(), parts.run.z]
        for one in parts.optimisers:
            tensors += [value for values in one.state.values() for value in values.values()]
            tensors += [group["lr"] for group in one.param_groups]
        return [tensor.data_ptr() for tensor in tensors]

    seen = []
    for index in range(3):
        parts.set_rate(quick.rate(index))
        x, _ = parts.descend()
        parts.run.accept(x)
        seen.append(addresses())
    assert seen[0] == seen[1] == seen[2]


class Deaf(TorchDispatchMode):
    """No number may be read off a tensor: on a GPU that waits, and in a recording it fails."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func.name() not in ("aten::_local_scalar_dense", "aten::nonzero", "aten::is_nonzero"), func.name()
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("operator", [Identity(), Mask(torch.arange(26) % 3 > torch.zeros(21, 1))], ids=["all", "some"])
def test_a_step_reads_no_number_off_the_device(stand_in, problem, small_network, quick, operator, members):
    """But for torch's own Adam, which does on a CPU and with `capturable` on a GPU does not."""
    task = Problem(y=operator(problem.y), operator=operator, likelihood=Gaussian(), shape=problem.shape)
    how = replace(quick, prior=TotalVariation(), prior_weight=1e-4, seed=tuple(range(members)))
    parts = Parts.start(task, small_network, Plain(), how)
    parts.descend()
    parts.optimisers = [one for one in parts.optimisers if isinstance(one, Orthogonalised)]
    assert parts.optimisers
    with Deaf():
        parts.descend()


def test_on_the_device_the_rates_are_tensors():
    weights = [torch.nn.Parameter(torch.ones(8, 8)), torch.nn.Parameter(torch.ones(8))]
    for device in ("cpu", "meta"):
        optimisers = Muon().start(weights, [])
        graphs.on_device(optimisers, torch.device(device))
        assert [one.param_groups[0]["lr"].device.type for one in optimisers] == [device] * 2
    graphs.on_device(optimisers := Muon().start(weights, []), torch.device("cpu"))
    assert [float(one.param_groups[0]["lr"]) for one in optimisers] == pytest.approx([0.02, 0.01])


class Cuda:
    """Writes down what `CudaRecorder` asks of `torch.cuda`, of a generator and of a graph."""

    def __init__(self, monkeypatch, *, able=True):
        self.able, self.log = able, []
        for name in ("Stream", "CUDAGraph", "current_stream", "set_stream", "stream", "device", "graph"):
            monkeypatch.setattr(torch.cuda, name, getattr(self, name))

    def Stream(self, device):  # noqa: N802
        return FakeStream("side", self.log)

    def CUDAGraph(self):  # noqa: N802
        return self

    def current_stream(self, device):
        return FakeStream("main", self.log)

    def set_stream(self, stream):
        self.log.append(f"back to {stream.name}")

    @contextmanager
    def stream(self, stream):
        self.log.append(f"on {stream.name}")
        yield

    @contextmanager
    def device(self, device):
        yield

    @contextmanager
    def graph(self, graph, stream):
        self.log.append(f"capture on {stream.name}")
        yield
        if not self.able:
            raise RuntimeError("capture invalidated")

    def register_generator_state(self, generator):
        self.log.append("register")

    def clone_state(self):
        return "state"

    def graphsafe_set_state(self, state):
        self.log.append(f"set {state}")

    def replay(self):
        self.log.append("replay")


@dataclass
class FakeStream:
    name: str
    log: list

    def wait_stream(self, other):
        self.log.append(f"{self.name} waits for {other.name}")


def test_the_recipe(monkeypatch):
    """The order of torch's documentation. What CUDA makes of it is not known here."""
    cuda = Cuda(monkeypatch)

    def work():
        warnings.warn("constructed with capturable=True but ...", stacklevel=1)
        cuda.log.append("work")
        return torch.zeros(1), torch.zeros(())

    recorder = graphs.CudaRecorder(torch.device("cuda"), [cuda])
    recorder.warm(work)
    assert cuda.log == ["side waits for main", "on side", "work", "main waits for side"]
    cuda.log.clear()
    with pytest.warns(UserWarning, match="capturable"):  # torch itself is silent in a recording
        recorder.record(work)
    recorder.replay()
    assert cuda.log == ["register", "capture on side", "work", "replay"]


def test_a_recording_that_breaks_off_leaves_stream_and_generators_as_they_were(monkeypatch):
    cuda = Cuda(monkeypatch, able=False)
    recorder = graphs.CudaRecorder(torch.device("cuda"), [cuda])
    with pytest.raises(RuntimeError, match="invalidated"):
        recorder.record(lambda: (torch.zeros(1), torch.zeros(())))
    assert cuda.log[-2:] == ["back to main", "set state"]


@dataclass(frozen=True)
class Unmarked:
    """An operator that says nothing of itself."""

    def __call__(self, x):
        return x


def test_it_is_the_default_only_where_every_part_is_known_to_allow_it(problem, quick):
    assert recordable(problem, Plain(), quick)
    assert recordable(problem, Plain(), replace(quick, prior=TotalVariation(), optimiser=Adam()))
    assert not recordable(replace(problem, operator=Unmarked()), Plain(), quick)
    assert not recordable(problem, Plain(), replace(quick, prior=lambda x: x.sum()))
    assert recordable(replace(problem, operator=Unmarked()), Plain(), replace(quick, record=True))
    assert not recordable(problem, Plain(), replace(quick, record=False))


def test_a_cpu_records_nothing():
    assert graphs.recorder(torch.device("cpu"), []) is None
