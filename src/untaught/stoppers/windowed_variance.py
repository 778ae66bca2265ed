"""ES-WMV: stop when the variance of the newest iterates has bottomed out."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Problem, State, Step, Verdict


@dataclass(frozen=True, kw_only=True)
class WindowedVariance:
    """Return the step at which the variance over the last `window` iterates was least; stop `patience` steps after it.

    Iterates that still approach the image, and iterates that have begun to take up the noise, both vary; near the best
    image they vary least. Needs no sigma.
    Source: Wang et al. 2023 (TMLR), "Early Stopping for Deep Image Prior", algorithm 1, window 100 and patience 1000.
    Departs: minima before `warm_up` do not count (there are false ones while the image is blurred); the variance is
    taken over at most `pixels` evenly spaced values and looked at every `every` steps, which costs next to nothing.
    """

    window: int = 100
    patience: int = 1000
    warm_up: int = 200
    pixels: int = 2**14
    every: int = 10

    def __post_init__(self) -> None:
        if not (self.window >= 2 and self.patience >= 1 and self.every >= 1 and self.pixels >= 1):
            raise ValueError(f"{self}: a window needs 2 steps or more, the rest 1 or more")

    def watch(self, problem: Problem) -> "VarianceWatch":
        return VarianceWatch(self, problem)


class VarianceWatch:
    """`WindowedVariance` at work."""

    def __init__(self, rule: WindowedVariance, problem: Problem) -> None:
        self.rule = rule
        channels, height, width = problem.shape
        self.stride = -(-channels * height * width // rule.pixels)
        self.window: Tensor | None = None  # [window, pixels], the oldest overwritten first
        self.least, self.best = float("inf"), -1

    def see(self, step: Step) -> Verdict:
        values = step.x.flatten()[:: self.stride]
        if self.window is None:
            self.window = values.new_zeros(self.rule.window, len(values))
        self.window[step.index % self.rule.window] = values
        taken = step.index + 1
        if taken < max(self.rule.window, self.rule.warm_up):
            return Verdict.BEST  # the newest, should the fit end before there is anything to compare
        if taken % self.rule.every:
            return Verdict.GO
        variance = float(self.window.var(dim=0, correction=0).mean())
        if variance < self.least:
            self.least, self.best = variance, step.index
            return Verdict.BEST
        return Verdict.STOP if step.index - self.best >= self.rule.patience else Verdict.GO

    def why(self) -> str:
        return (
            f"the variance of {self.rule.window} iterates was least at step {self.best + 1} "
            f"and did not fall below that for {self.rule.patience} steps"
        )

    def state(self) -> State:
        numbers = {
            "least": torch.tensor(self.least, dtype=torch.float64),
            "best": torch.tensor(self.best),
        }
        return numbers | ({} if self.window is None else {"window": self.window})

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.least, self.best = float(state["least"]), int(state["best"])
        self.window = state["window"].clone() if "window" in state else None
