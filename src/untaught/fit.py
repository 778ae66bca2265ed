"""The loop. One of it. Every task, front end, study and benchmark runs this one."""

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from untaught import graphs
from untaught.core import Method, Network, Optimiser, Prior, Problem, Recordable, Run, State, Step
from untaught.layout import channels_last, like, middle
from untaught.members import Members, batched, draw
from untaught.precision import PRECISIONS, Precision, in_precision

Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How to optimise.

    `average_decay` and `average_power` set the weight of the newest iterate in the running average,
    `max(1 - decay, (1 + power) / (k + 1 + power))` after k steps: a mean whose window grows with the steps (power 0 is
    the plain mean) until it is 1 / (1 - decay) steps long. Departs from the 2018 code, whose average starts from its
    first iterate and keeps 0.99^k of it.

    Several seeds are a batch: as many independent fits at once, each the same as alone with its seed up to rounding.
    `precision`, `channels_last` and `record` are for GPUs (docs/gpu.md) and change the numbers by rounding only.
    """

    optimiser: Optimiser
    steps: int  # at most; the schedule is stretched over them
    schedule: Schedule = "constant"
    average_decay: float = 0.99
    average_power: float = 0.0
    prior: Prior | None = None
    prior_weight: float = 0.0
    seed: int | tuple[int, ...] = 0
    precision: Precision = "float32"  # of the convolutions
    channels_last: bool | None = None  # z and the weights laid out with a pixel's channels side by side; None: on CUDA
    record: bool | None = None  # a step as one launch, on CUDA; None: where every part is `Recordable`

    def __post_init__(self) -> None:
        if not self.seeds():
            raise ValueError("there are no seeds; wanted one, or one for each member of a batch")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is {self.precision!r}; wanted one of {', '.join(PRECISIONS)}")
        if self.schedule not in ("constant", "cosine") or self.steps < 1:
            raise ValueError(
                f"{self.steps} steps, schedule {self.schedule!r}; wanted 1 or more, 'constant' or 'cosine'"
            )

    def seeds(self) -> tuple[int, ...]:
        """One seed a member."""
        return (self.seed,) if isinstance(self.seed, int) else self.seed

    def rate(self, index: int) -> float:
        """The share of the optimiser's rate used at a step, in (0, 1]."""
        if self.schedule == "constant":
            return 1.0
        return 0.01 + 0.99 * (1 + math.cos(math.pi * index / self.steps)) / 2

    def newest(self, index: int) -> float:
        """The weight of the iterate of this step in the running average."""
        return max(1 - self.average_decay, (1 + self.average_power) / (index + 1 + self.average_power))


def steps(
    problem: Problem, network: Network, method: Method, fit: Fit, *, resume: State | None = None
) -> Iterator[Step]:
    """Yield the iterates of `argmin_theta E(A g_theta(z); y) + R(g_theta(z))`, at most `fit.steps` of them.

    Runs on the device of `problem.y`. With `resume`, the state that an earlier step's `snapshot` gave, goes on after
    that step and yields the same numbers as if it had never stopped (exactly, on a CPU with as many threads).

    Raises: UsageError for several seeds, with a method or an operator that can't serve several.
    """
    parts = Parts.start(problem, network, method, fit)
    first, average = (0, None) if resume is None else parts.restore(resume)
    descend = parts.descend if parts.recorder is None else graphs.Recorded(parts.descend, parts.recorder)
    for index in range(first, fit.steps):
        parts.set_rate(fit.rate(index))
        x, loss = descend()
        parts.run.accept(x)
        newest = fit.newest(index)
        average = x if average is None or newest == 1 else torch.lerp(average, x, newest)
        snapshot, operator = Snapshot(parts, index, average), parts.problem.operator
        held_out = parts.run.held_out
        yield Step(
            index=index, x=x, average=average, loss=loss, operator=operator, held_out=held_out, snapshot=snapshot
        )


@dataclass
class Parts:
    """All that changes while a problem is fitted."""

    problem: Problem  # the caller's, with a copy of the operator where that is a module
    fit: Fit
    network: nn.Module
    run: Run
    optimisers: list[torch.optim.Optimizer]
    rates: list[float]
    generators: list[torch.Generator]  # one a member
    recorder: graphs.Recorder | None

    @classmethod
    def start(cls, problem: Problem, network: Network, method: Method, fit: Fit) -> "Parts":
        """Build and draw everything that the seeds decide. The caller's network and operator stay as they are."""
        device, members = problem.y.device, len(fit.seeds())
        drawn = [draw(problem, network, seed) for seed in fit.seeds()]
        z = torch.cat([one.z for one in drawn]).to(device)
        modules = [in_precision(one.module, fit.precision) for one in drawn]
        together = device.type == "cuda" and fit.precision == "float32"  # elsewhere no faster, or not in that precision
        module = (modules[0] if members == 1 else Members(modules, together=together)).to(device).train()
        if device.type == "cuda" if fit.channels_last is None else fit.channels_last:
            z = channels_last(z)
            for weights in module.parameters():
                weights.data = channels_last(weights.data)
        unknowns: list[Tensor] = []
        if isinstance(problem.operator, nn.Module):
            operator = copy.deepcopy(problem.operator).to(device)
            problem, unknowns = replace(problem, operator=operator), list(operator.parameters())
        generators = [torch.Generator(device).manual_seed(one.of_noise) for one in drawn]
        if members == 1:
            run = method.start(problem, z, generators[0])
        else:
            run = batched(problem, method, members).start_batch(problem, z, generators)
        optimisers = fit.optimiser.start(list(module.parameters()), run.learned + unknowns, stacked=members > 1)
        rates = [group["lr"] for optimiser in optimisers for group in optimiser.param_groups]
        recorder = graphs.recorder(device, generators) if recordable(problem, method, fit) else None
        if recorder is not None:
            graphs.on_device(optimisers, device)
        return cls(problem, fit, module, run, optimisers, rates, generators, recorder)

    @staticmethod
    def crop(x: Tensor, problem: Problem) -> Tensor:
        """What of x is the problem's image."""
        return middle(x, *problem.shape[1:])

    def set_rate(self, share: float) -> None:
        """The next step is taken at a share of the optimisers' own rates."""
        groups = [group for optimiser in self.optimisers for group in optimiser.param_groups]
        for group, own in zip(groups, self.rates, strict=True):
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(own * share)
            else:
                group["lr"] = own * share

    def descend(self) -> tuple[Tensor, Tensor]:
        """One step down; the image and the loss that it started from. This is what a GPU records.

        Down the members' sum, whose gradient is for each member what it is alone (a mean's would be smaller beside
        Adam's eps); the loss given is their mean.
        """
        x, loss = self.look()
        for optimiser in self.optimisers:
            optimiser.step(Again(loss, self.look))
        return x, loss / len(self.generators)

    def look(self) -> tuple[Tensor, Tensor]:
        """The image of the weights as they are, and its loss, the members' sum, with the gradient where it belongs."""
        proposal, members = self.run.propose(self.network), len(self.generators)
        x, asked = self.crop(proposal.x, proposal.problem), proposal.problem
        loss = members * asked.likelihood.nll(asked.operator(x), asked.y) + proposal.penalty
        if self.fit.prior is not None:
            loss = loss + self.fit.prior_weight * self.fit.prior(x)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        x = x if proposal.shown is None else self.crop(proposal.shown, self.problem)
        return x.detach(), loss.detach()

    def modules(self) -> dict[str, nn.Module]:
        """What has a state_dict."""
        operator = self.problem.operator
        return {"network": self.network} | ({"operator": operator} if isinstance(operator, nn.Module) else {})

    def restore(self, state: State) -> tuple[int, Tensor]:
        """Take over a state; the next step's index and the average so far."""
        for name, module in self.modules().items():
            module.load_state_dict({key: state[f"{name}.{key}"] for key in module.state_dict()})
        self.run.restore(under("run", state))
        for generator, saved_state in zip(self.generators, state["generator"].cpu(), strict=True):
            generator.set_state(saved_state.clone())  # torch 2.13 reads beyond a row of a larger tensor
        for number, optimiser in enumerate(self.optimisers):
            saved: dict[int, dict[str, Tensor]] = {}
            for key, value in under(f"optimiser{number}", state).items():
                which, name = key.split(".")
                on_cpu = value.cpu() if value.ndim == 0 else value  # a count; torch puts it where it wants it
                saved.setdefault(int(which), {})[name] = on_cpu.clone()
            optimiser.load_state_dict({"state": saved, "param_groups": optimiser.state_dict()["param_groups"]})
            for weights, values in optimiser.state.items():  # laid out in memory as the weights are
                values.update({k: like(weights, v) for k, v in values.items() if isinstance(v, Tensor) and v.ndim >= 4})
        return int(state["index"]) + 1, state["average"].to(self.problem.y.device, copy=True)


class Again:
    """The loss, for an optimiser that looks at it in a step, and perhaps more than once: the first time it is known."""

    def __init__(self, loss: Tensor, look: Callable[[], tuple[Tensor, Tensor]]) -> None:
        self.loss: Tensor | None = loss
        self.look = look

    def __call__(self) -> Any:
        loss, self.loss = self.loss, None
        return self.look()[1] if loss is None else loss


@dataclass(frozen=True)
class Snapshot:
    """Called, copies the loop's state. A class and not a closure, so that a Step prints and pickles like a value."""

    parts: Parts
    index: int
    average: Tensor

    def __call__(self) -> State:
        state = {"index": torch.tensor(self.index), "average": self.average}
        state["generator"] = torch.stack([generator.get_state() for generator in self.parts.generators])
        state |= {f"run.{key}": value for key, value in self.parts.run.state().items()}
        for name, module in self.parts.modules().items():
            state |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
        for number, optimiser in enumerate(self.parts.optimisers):
            for which, values in optimiser.state_dict()["state"].items():
                state |= {f"optimiser{number}.{which}.{key}": value for key, value in values.items()}
        return {key: value.detach().clone() for key, value in state.items()}


def under(prefix: str, state: Mapping[str, Tensor]) -> State:
    """The part of a state whose keys begin with `prefix.`, without that."""
    return {key[len(prefix) + 1 :]: value for key, value in state.items() if key.startswith(f"{prefix}.")}


def recordable(problem: Problem, method: Method, fit: Fit) -> bool:
    """Is a step to be recorded where the device can? As the fit says, or if every part is known to allow it."""
    parts = [problem.operator, problem.likelihood, method, fit.optimiser, *([] if fit.prior is None else [fit.prior])]
    return all(isinstance(part, Recordable) for part in parts) if fit.record is None else fit.record
