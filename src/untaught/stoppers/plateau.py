"""Stop when the loss no longer falls: for an objective that can't overfit."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Problem, State, Step, Verdict


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """Return the first step at which `window` steps brought less than `least` of all that the loss has come down by.

    The loss is smoothed: the mean of a window against that of the one before. What it has come down by is counted from
    the first window, so that neither the loss's units nor a constant in it matter. For objectives whose best is the
    wanted image: pixels with a prior, measurements without noise. A network that may fit the noise goes on falling, and
    is stopped too late or not at all. Looks once a window, so that a GPU need not wait at each step.
    Source: the usual test of relative decrease (Gill, Murray and Wright 1981, section 8.2.3). Departs: of means, as the
    losses of a fit with jitter are noisy; relative to the fall so far and not to the value.
    Raises: ValueError for a window of no steps or a share not in (0, 1).
    """

    window: int = 100
    least: float = 0.01

    def __post_init__(self) -> None:
        if not (self.window >= 1 and 0 < self.least < 1):
            raise ValueError(f"{self}: wanted a window of 1 step or more, and a share between 0 and 1")

    def watch(self, problem: Problem) -> "PlateauWatch":
        del problem
        return PlateauWatch(self)


class PlateauWatch:
    """`Plateau` at work."""

    def __init__(self, rule: Plateau) -> None:
        self.rule = rule
        self.sum: Tensor | None = None  # of the losses of the window that is being filled
        self.first, self.last = math.nan, math.nan  # means of the first full window, and of the newest
        self.fell = math.nan  # from the one before the newest

    def see(self, step: Step) -> Verdict:
        loss = step.loss.detach()
        self.sum = loss if self.sum is None else self.sum + loss
        if (step.index + 1) % self.rule.window:
            return Verdict.BEST
        mean, self.sum = float(self.sum) / self.rule.window, None
        if math.isnan(self.first):
            self.first = self.last = mean
            return Verdict.BEST
        self.fell, self.last = self.last - mean, mean
        return Verdict.BEST if self.fell > self.rule.least * (self.first - mean) else Verdict.LAST

    def why(self) -> str:
        share = max(self.fell, 0.0) / (self.first - self.last) if self.first > self.last else 0.0
        return (
            f"the loss had come down to {self.last:.3g} and its last {self.rule.window} steps brought "
            f"{100 * share:.2g} % of that, less than {100 * self.rule.least:g} %"
        )

    def state(self) -> State:
        numbers = {"first": self.first, "last": self.last, "fell": self.fell}
        state = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
        return state | ({} if self.sum is None else {"sum": self.sum})

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.first, self.last, self.fell = (float(state[name]) for name in ("first", "last", "fell"))
        self.sum = state["sum"].clone() if "sum" in state else None
