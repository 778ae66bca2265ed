"""Stop after so many steps or seconds: the rule of the 2018 paper."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Problem, State, Step, Verdict


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Returns the last step taken. With no limit of its own, that is the last of the fit's.

    Seconds are of wall-clock time since the fit was set up; the time while it lay saved does not count.
    """

    steps: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for unit, limit in (("steps", self.steps), ("seconds", self.seconds)):
            if limit is not None and not limit > 0:
                raise ValueError(f"a budget of {limit} {unit} leaves nothing to do; it must be positive")

    def watch(self, problem: Problem) -> "BudgetWatch":
        del problem
        return BudgetWatch(self)


class BudgetWatch:
    """`Budget` at work."""

    def __init__(self, rule: Budget) -> None:
        self.rule = rule
        self.began = time.monotonic()
        self.taken = 0

    def see(self, step: Step) -> Verdict:
        self.taken = step.index + 1
        return Verdict.LAST if self.spent() is not None else Verdict.BEST

    def spent(self) -> str | None:
        """What ran out, if anything did."""
        if self.rule.steps is not None and self.taken >= self.rule.steps:
            return f"{self.rule.steps} steps"
        if self.rule.seconds is not None and time.monotonic() - self.began >= self.rule.seconds:
            return f"{self.rule.seconds:g} s"
        return None

    def why(self) -> str:
        return f"its budget of {self.spent() or 'steps'} was spent"

    def state(self) -> State:
        return {"seconds": torch.tensor(time.monotonic() - self.began, dtype=torch.float64)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.began = time.monotonic() - float(state["seconds"])
