"""The loop. One of it. Every task, front end, study and benchmark runs this one."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from untaught.allocator import keep_freed_memory
from untaught.core import Method, Network, Optimiser, Prior, Problem, Run, State, Step
from untaught.initialise import initialise


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How to optimise.

    `average_decay` and `average_power` set the weight of the newest iterate in the running average,
    `max(1 - decay, (1 + power) / (k + 1 + power))` after k steps: a mean whose window grows with the steps (power 0 is
    the plain mean) until it is 1 / (1 - decay) steps long. Departs from the 2018 code, whose average starts from its
    first iterate and keeps 0.99^k of it.
    """

    optimiser: Optimiser
    steps: int  # at most; the schedule is stretched over them
    schedule: Literal["constant", "cosine"] = "constant"
    average_decay: float = 0.99
    average_power: float = 0.0
    prior: Prior | None = None
    prior_weight: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.schedule not in ("constant", "cosine") or self.steps < 1:
            raise ValueError(
                f"{self.steps} steps, schedule {self.schedule!r}; wanted 1 or more, 'constant' or 'cosine'"
            )

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
    """
    parts = Parts.start(problem, network, method, fit)
    first, average = (0, None) if resume is None else parts.restore(resume)
    for index in range(first, fit.steps):
        proposal = parts.run.propose(parts.network)
        x, asked = parts.crop(proposal.x, proposal.problem), proposal.problem
        loss = asked.likelihood.nll(asked.operator(x), asked.y) + proposal.penalty
        if fit.prior is not None:
            loss = loss + fit.prior_weight * fit.prior(x)
        parts.descend(loss, fit.rate(index))
        x = (x if proposal.shown is None else parts.crop(proposal.shown, parts.problem)).detach()
        parts.run.accept(x)
        average = x if average is None else torch.lerp(average, x, fit.newest(index))
        snapshot, operator = Snapshot(parts, index, average), parts.problem.operator
        yield Step(index=index, x=x, average=average, loss=loss.detach(), operator=operator, snapshot=snapshot)


@dataclass
class Parts:
    """All that changes while a problem is fitted."""

    problem: Problem  # the caller's, with a copy of the operator where that is a module
    network: nn.Module
    run: Run
    optimisers: list[torch.optim.Optimizer]
    rates: list[float]
    generator: torch.Generator

    @classmethod
    def start(cls, problem: Problem, network: Network, method: Method, fit: Fit) -> "Parts":
        """Build and draw everything that the seed decides. The caller's network and operator stay as they are."""
        device = problem.y.device
        keep_freed_memory()
        seeded = torch.Generator().manual_seed(fit.seed)
        channels, height, width = problem.shape
        z = network.input.make(*network.input_size(height, width), seeded).to(device)
        module = network.build(channels, height, width)
        initialise(module, seeded)
        module.to(device).train()
        unknowns: list[Tensor] = []
        if isinstance(problem.operator, nn.Module):
            operator = copy.deepcopy(problem.operator).to(device)
            problem, unknowns = replace(problem, operator=operator), list(operator.parameters())
        of_noise = int(torch.randint(2**62, (), generator=seeded))  # or the jitter would repeat z
        generator = torch.Generator(device).manual_seed(of_noise)
        run = method.start(problem, z, generator)
        optimisers = fit.optimiser.start(list(module.parameters()), run.learned + unknowns)
        rates = [group["lr"] for optimiser in optimisers for group in optimiser.param_groups]
        return cls(problem, module, run, optimisers, rates, generator)

    @staticmethod
    def crop(x: Tensor, problem: Problem) -> Tensor:
        """The middle of x: what the network made beyond the image is nobody's."""
        _, height, width = problem.shape
        top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
        return x[..., top : top + height, left : left + width]

    def descend(self, loss: Tensor, rate: float) -> None:
        """One step down, at a share of the optimisers' own rates."""
        groups = [group for optimiser in self.optimisers for group in optimiser.param_groups]
        for group, own in zip(groups, self.rates, strict=True):
            group["lr"] = own * rate
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        for optimiser in self.optimisers:
            optimiser.step()

    def modules(self) -> dict[str, nn.Module]:
        """What has a state_dict."""
        operator = self.problem.operator
        return {"network": self.network} | ({"operator": operator} if isinstance(operator, nn.Module) else {})

    def restore(self, state: State) -> tuple[int, Tensor]:
        """Take over a state; the next step's index and the average so far."""
        for name, module in self.modules().items():
            module.load_state_dict({key: state[f"{name}.{key}"] for key in module.state_dict()})
        self.run.restore(under("run", state))
        self.generator.set_state(state["generator"].cpu())
        for number, optimiser in enumerate(self.optimisers):
            saved: dict[int, dict[str, Tensor]] = {}
            for key, value in under(f"optimiser{number}", state).items():
                which, name = key.split(".")
                saved.setdefault(int(which), {})[name] = value.clone()
            optimiser.load_state_dict({"state": saved, "param_groups": optimiser.state_dict()["param_groups"]})
        return int(state["index"]) + 1, state["average"].to(self.problem.y.device, copy=True)


@dataclass(frozen=True)
class Snapshot:
    """Called, copies the loop's state. A class and not a closure, so that a Step prints and pickles like a value."""

    parts: Parts
    index: int
    average: Tensor

    def __call__(self) -> State:
        state = {"index": torch.tensor(self.index), "average": self.average}
        state["generator"] = self.parts.generator.get_state()
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
