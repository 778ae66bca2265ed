"""The plain method, but what a blur made small weighs nearly as much as what it left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from untaught.core import Operator, Problem, Proposal, Recordable, State
from untaught.layout import middle
from untaught.methods.plain import Plain, PlainRun


@runtime_checkable
class Balanced(Protocol):
    """An operator that can state its measurements anew, so that all that it let through weighs more nearly the same."""

    def balanced(self, y: Tensor, epsilon: float, /) -> tuple[Operator, Tensor]:
        """Operator and y, both seen through `(A A^T + epsilon)^(-1/2)`, scaled so that white noise keeps its size."""
        ...


@dataclass(frozen=True, kw_only=True)
class BackProjected(Recordable):
    """`x = g_theta(z + jitter * noise)`, held against y by `|(A A^T + epsilon)^(-1/2) (A x - y)|^2`.

    The plain misfit hardly notices the fine detail that a blur takes away, so a network finds it last. This one's
    gradient in x is `A^T (A A^T + epsilon)^(-1) (A x - y)`, the plain one with the blur nearly undone: the same images
    in a fraction of the steps. It has the same minimisers where A x can equal y. Noise counts for more where A lets
    little through, the less the greater `epsilon` is.
    Where there is an `estimate` by other means, what is shown is the mean of it and the network's image: they err in
    different ways. Where the operator is fitted too, the estimate is made anew with it every `every` steps.
    Source: Zukerman, Tirer and Giryes 2020, "BP-DIP: a backprojection based deep image prior".
    Departs: the mean.
    """

    epsilon: float = 3e-3
    jitter: float = 0.01
    estimate: Callable[[Operator], Tensor] | None = field(default=None, repr=False)  # [1, C, H, W], as the problem's
    every: int = 20

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "BackProjectedRun":
        return self.start_batch(problem, z, [generator])

    def start_batch(self, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> "BackProjectedRun":
        """Raises: TypeError for an operator that does not know how."""
        if not isinstance(problem.operator, Balanced):
            raise TypeError(f"{type(problem.operator).__name__} can't be balanced; wanted an operator such as Blur")
        operator, y = problem.operator.balanced(problem.y, self.epsilon)
        balanced = replace(problem, operator=operator, y=y)
        return BackProjectedRun(self, problem.operator, balanced, z, generators)


class BackProjectedRun(PlainRun):
    """`BackProjected` at work."""

    def __init__(
        self, rule: BackProjected, operator: Operator, balanced: Problem, z: Tensor, generators: list[torch.Generator]
    ) -> None:
        super().__init__(Plain(jitter=rule.jitter), balanced, z, generators)
        self.of, self.operator = rule, operator  # the operator as it is fitted
        self.steps = 0
        self.estimate: Tensor | None = None
        if not isinstance(operator, nn.Module):  # here, and not in a step that may be recorded
            self.make_estimate()

    def make_estimate(self) -> None:
        """With the operator as it stands now."""
        self.estimate = None if self.of.estimate is None else self.of.estimate(self.operator).to(self.z)

    def propose(self, network: nn.Module) -> Proposal:
        proposal = super().propose(network)
        if self.estimate is None:
            self.make_estimate()
        if self.estimate is None:
            return proposal
        made = proposal.x if proposal.shown is None else proposal.shown
        return replace(proposal, shown=(middle(made, *self.estimate.shape[-2:]) + self.estimate) / 2)

    def accept(self, x: Tensor) -> None:
        del x
        self.steps += 1
        if isinstance(self.operator, nn.Module) and self.steps % self.of.every == 0:
            self.estimate = None

    def state(self) -> State:
        state = super().state() | {"steps": torch.tensor(self.steps)}
        return state if self.estimate is None else state | {"estimate": self.estimate}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        super().restore(state)
        self.steps = int(state["steps"])
        self.estimate = state["estimate"].to(self.z, copy=True) if "estimate" in state else None
