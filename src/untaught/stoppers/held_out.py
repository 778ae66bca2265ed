"""Stop when measurements that the fit does not see are met no better."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Problem, State, Step, Verdict


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Return the step with the least risk on held-out measurements; stop `patience` steps after it.

    For methods that hold some out (`Step.held_out`); without, the last step is returned.
    Source: early stopping on a validation set (Prechelt 1998), within the one image.
    """

    patience: int = 30

    def watch(self, problem: Problem) -> "HeldOutWatch":
        del problem
        return HeldOutWatch(self)


class HeldOutWatch:
    """`HeldOut` at work."""

    def __init__(self, rule: HeldOut) -> None:
        self.rule = rule
        self.least, self.best = float("inf"), -1
        self.seen: Tensor | None = None  # the risk is the same tensor until it is measured anew
        self.last = float("nan")  # its value

    def see(self, step: Step) -> Verdict:
        if step.held_out is None:
            return Verdict.BEST
        if step.held_out is self.seen:
            return Verdict.GO
        risk = float(step.held_out)
        copied = self.seen is None and risk == self.last  # the first after a restore, measured before it
        self.seen, self.last = step.held_out, risk
        if copied:
            return Verdict.GO
        if risk < self.least:
            self.least, self.best = risk, step.index
            return Verdict.BEST
        return Verdict.STOP if step.index - self.best >= self.rule.patience else Verdict.GO

    def why(self) -> str:
        if self.best == 0:
            return f"the network found nothing to add in {self.rule.patience} steps"
        return (
            f"the parts of the image kept from it were met best after {self.best} steps "
            f"and no better for {self.rule.patience} more"
        )

    def state(self) -> State:
        risks = {"least": torch.tensor(self.least, dtype=torch.float64)}
        risks["last"] = torch.tensor(self.last, dtype=torch.float64)
        return risks | {"best": torch.tensor(self.best)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.least, self.last, self.best = float(state["least"]), float(state["last"]), int(state["best"])
