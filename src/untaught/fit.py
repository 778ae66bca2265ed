"""The loop. One of it. Every task, front end, study and benchmark runs this one."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from untaught.core import Method, Network, Optimiser, Prior, Problem, Result, Run, State, Step, Stopper, Verdict
from untaught.errors import UntaughtError
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
        x = x.detach()
        parts.run.accept(x)
        average = x if average is None else torch.lerp(average, x, fit.newest(index))
        yield Step(index=index, x=x, average=average, loss=loss.detach(), snapshot=parts.snapshot(index, average))


@dataclass
class Parts:
    """All that changes while a problem is fitted."""

    network: nn.Module
    operator: nn.Module | None  # the operator, where it has parameters of its own
    run: Run
    optimisers: list[torch.optim.Optimizer]
    rates: list[float]
    generator: torch.Generator

    @classmethod
    def start(cls, problem: Problem, network: Network, method: Method, fit: Fit) -> "Parts":
        """Build and draw everything that the seed decides. The caller's network and operator stay as they are."""
        device = problem.y.device
        seeded = torch.Generator().manual_seed(fit.seed)
        channels, height, width = problem.shape
        z = network.input.make(*network.input_size(height, width), seeded).to(device)
        module = network.build(channels, height, width)
        initialise(module, seeded)
        module.to(device).train()
        operator = None
        if isinstance(problem.operator, nn.Module) and any(True for _ in problem.operator.parameters()):
            operator = copy.deepcopy(problem.operator).to(device)
            problem = replace(problem, operator=operator)
        generator = torch.Generator(device).manual_seed(fit.seed)
        run = method.start(problem, z, generator)
        others = [run.z.requires_grad_(True)] if run.learns_z else []
        if operator is not None:
            others += list(operator.parameters())
        optimisers = fit.optimiser.start(list(module.parameters()), others)
        rates = [group["lr"] for optimiser in optimisers for group in optimiser.param_groups]
        return cls(module, operator, run, optimisers, rates, generator)

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
        return {"network": self.network} | ({} if self.operator is None else {"operator": self.operator})

    def snapshot(self, index: int, average: Tensor) -> "Snapshot":
        """How to copy the state after this step."""
        return Snapshot(self, index, average)

    def restore(self, state: State) -> tuple[int, Tensor]:
        """Take over a state; the next step's index and the average so far."""
        for name, module in self.modules().items():
            module.load_state_dict({key: state[f"{name}.{key}"] for key in module.state_dict()})
        with torch.no_grad():
            self.run.z.copy_(state["z"])
        self.generator.set_state(state["generator"])
        for number, optimiser in enumerate(self.optimisers):
            saved: dict[int, dict[str, Tensor]] = {}
            for key, value in state.items():
                head, *rest = key.split(".")
                if head == f"optimiser{number}":
                    saved.setdefault(int(rest[0]), {})[rest[1]] = value.clone()
            optimiser.load_state_dict({"state": saved, "param_groups": optimiser.state_dict()["param_groups"]})
        return int(state["index"]) + 1, state["average"].clone()


@dataclass(frozen=True)
class Snapshot:
    """Called, copies the loop's state. A class and not a closure, so that a Step prints and pickles like a value."""

    parts: Parts
    index: int
    average: Tensor

    def __call__(self) -> State:
        state = {"index": torch.tensor(self.index), "average": self.average, "z": self.parts.run.z}
        state["generator"] = self.parts.generator.get_state()
        for name, module in self.parts.modules().items():
            state |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
        for number, optimiser in enumerate(self.parts.optimisers):
            for which, values in optimiser.state_dict()["state"].items():
                state |= {f"optimiser{number}.{which}.{key}": value for key, value in values.items()}
        return {key: value.detach().clone() for key, value in state.items()}


class Fitting:
    """The loop under a stopping rule: iterate over it, leave whenever you like, ask for the result or the state.

    The losses are looked at every `every` steps only, so that a GPU is not made to wait at each.
    """

    every = 10

    def __init__(self, problem: Problem, network: Network, method: Method, fit: Fit, stopper: Stopper) -> None:
        self.fit = fit
        self._asked = (problem, network, method, fit)
        self._from: State | None = None
        self._watch = stopper.watch(problem)
        self._losses: list[Tensor] = []
        self._why = "no step was taken"
        self._last: Step | None = None
        self._kept: Kept | None = None  # what the rule says
        self._sound: Kept | None = None  # the same, when the losses up to it were last seen to be finite

    def __iter__(self) -> Iterator[Step]:
        for step in steps(*self._asked, resume=self._from):
            self._last = step
            self._losses.append(step.loss)
            self._why = "it was stopped by hand"
            verdict = self._watch.see(step)
            if verdict in (Verdict.BEST, Verdict.LAST) or self._kept is None:
                self._kept = Kept(step.index, step.x, step.average)
            if len(self._losses) % self.every == 0 and not self._look():
                return
            if verdict in (Verdict.LAST, Verdict.STOP):
                self._why = self._watch.why()
                yield step
                return
            yield step
        self._why = f"all {len(self._losses)} steps were taken"

    def _look(self) -> bool:
        """Are the newest losses finite? Only then is what was kept sound."""
        newest = torch.stack(self._losses[-self.every :])
        if bool(newest.isfinite().all()):
            self._sound = self._kept
            return True
        self._why = f"the loss became {float(newest[~newest.isfinite()][0])}; the result is the best from before"
        return False

    def result(self) -> Result:
        """The image kept so far, at any time after the first step.

        Raises: UntaughtError if no step was taken, or the loss was never finite.
        """
        if self._losses:
            self._look()
        if self._sound is None:
            raise UntaughtError(f"there is no image to return: {self._why}")
        return Result(
            image=self._sound.average,
            iterate=self._sound.x,
            step=self._sound.index + 1,
            steps_run=len(self._losses),
            stopped_by=self._why,
            history=[float(loss) for loss in torch.stack(self._losses).cpu().numpy()],
            provenance={},
        )

    def state(self) -> State:
        """All that is needed to go on with this fitting later, in another process."""
        if self._last is None or self._kept is None:
            raise UntaughtError("there is nothing to save: no step was taken")
        kept = {"index": torch.tensor(self._kept.index), "x": self._kept.x, "average": self._kept.average}
        state = self._last.snapshot() | {"losses": torch.stack(self._losses).cpu()}
        state |= {f"kept.{key}": value.clone() for key, value in kept.items()}
        return state | {f"watch.{key}": value.clone() for key, value in self._watch.state().items()}

    def resume(self, state: State) -> None:
        """Before the first step: go on where `state` was taken."""
        self._from = state
        self._losses = list(state["losses"].unbind())
        self._kept = Kept(int(state["kept.index"]), state["kept.x"], state["kept.average"])
        self._sound = self._kept
        self._why = "it was stopped by hand"
        prefix = "watch."
        self._watch.restore({key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)})


@dataclass(frozen=True)
class Kept:
    """The step that the rule says to return."""

    index: int
    x: Tensor
    average: Tensor
