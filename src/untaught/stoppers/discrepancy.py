"""Stop when what is left over is no larger than the noise."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Problem, State, Step, Verdict


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """Stop at the first average whose nll is at most `target`: with Gaussian noise of known sigma the truth has 0.5.

    Needs a likelihood with the true scale of the noise. Looks every `every` steps, so that a GPU need not wait at each.
    Source: Morozov 1966. Departs: it judges the averaged iterate, which is what is returned.
    """

    target: float = 0.5
    every: int = 10

    def watch(self, problem: Problem) -> "DiscrepancyWatch":
        return DiscrepancyWatch(self, problem)


class DiscrepancyWatch:
    """`Discrepancy` at work."""

    def __init__(self, rule: Discrepancy, problem: Problem) -> None:
        self.rule, self.problem = rule, problem
        self.nll = float("inf")

    def see(self, step: Step) -> Verdict:
        if (step.index + 1) % self.rule.every:
            return Verdict.BEST
        with torch.no_grad():
            self.nll = float(self.problem.likelihood.nll(step.operator(step.average), self.problem.y))
        return Verdict.BEST if self.nll > self.rule.target else Verdict.LAST

    def why(self) -> str:
        return f"the misfit had come down to that of the noise (nll {self.nll:.3g}, target {self.rule.target:g})"

    def state(self) -> State:
        return {"nll": torch.tensor(self.nll, dtype=torch.float64)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.nll = float(state["nll"])
