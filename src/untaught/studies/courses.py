"""A fit by the one loop, watched from outside: what its image is worth, and where a rule would have stopped it.

The photograph scores, and that is all: nothing here is seen by the fit.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from untaught.core import Likelihood, Method, Network, Problem, Step, Stopper, Verdict
from untaught.fit import Fit, steps
from untaught.methods import Plain
from untaught.stoppers import Budget
from untaught.studies.curves import evenly
from untaught.studies.photographs import Photograph
from untaught.studies.study import Numbers

KEPT = 40  # points of a course that are written down
STILL = Plain(jitter=0.0)


class Counted:
    """A likelihood that knows how often it was asked: once for each gradient."""

    def __init__(self, inner: Likelihood) -> None:
        self.inner, self.asked = inner, 0

    def nll(self, mean: Tensor, y: Tensor) -> Tensor:
        """The inner one's."""
        self.asked += 1
        return self.inner.nll(mean, y)

    def sample(self, mean: Tensor, generator: torch.Generator) -> Tensor:
        """The inner one's."""
        return self.inner.sample(mean, generator)


@dataclass(eq=False)
class Course:
    """One value for every iterate. `gradients` and `seconds`: taken before it was there.

    stop: the step that the rule kept, counted from 1; the last one if it stopped at none. shown: the average there.
    """

    gradients: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    psnr: list[float] = field(default_factory=list)  # of the iterate, in dB; NaN where it is not finite
    averaged: list[float] = field(default_factory=list)  # of the running average
    stop: int = 1
    stopped: bool = False
    shown: Tensor | None = field(default=None, repr=False)

    @classmethod
    def of(cls, kept: Numbers) -> "Course":
        """One that was kept."""
        return cls(**kept)

    def kept(self) -> Numbers:
        """All but the picture, as plain data."""
        return asdict(replace(self, shown=None))

    def scores(self) -> Numbers:
        """PSNR of the running average where the rule stopped, at its highest, and at the last step."""
        peak = int(np.nanargmax(self.averaged))
        return {
            "stop": self.stop, "stopped": self.stopped, "at_stop": self.averaged[self.stop - 1], "peak": peak + 1,
            "at_peak": self.averaged[peak], "at_last": self.averaged[-1],
        }  # fmt: skip

    def best_so_far(self) -> list[float]:
        """PSNR at every iterate."""
        return [float(psnr) for psnr in np.fmax.accumulate(self.psnr)]

    def peak(self) -> float:
        """The highest PSNR of an iterate."""
        return float(np.nanmax(self.psnr))

    def peak_at(self) -> float:
        """The gradients that it took."""
        return self.gradients[int(np.nanargmax(self.psnr))]

    def to(self, level: float, what: str) -> float:
        """The gradients or seconds to the first iterate as good; infinite if there is none."""
        taken = self.along(what)
        return next((at for at, psnr in zip(taken, self.psnr, strict=True) if psnr >= level), math.inf)

    def at(self, taken: float, what: str) -> float:
        """The PSNR of the newest iterate then."""
        place = int(np.searchsorted(self.along(what), taken, side="right")) - 1
        return self.psnr[max(place, 0)]

    def along(self, what: str) -> list[float]:
        """`gradients` or `seconds`."""
        return {"gradients": self.gradients, "seconds": self.seconds}[what]

    def score(self) -> float:
        """The best PSNR so far, its mean over all gradients: quick and high is better than either."""
        until = np.diff([*self.gradients, self.gradients[-1] + 1])
        return float(np.average(self.best_so_far(), weights=until))

    def record(self) -> Numbers:
        """What is written down of iterates: all they came to, and some of them."""
        points = evenly(list(zip(self.gradients, self.seconds, self.psnr, strict=True)), KEPT)
        return {"peak": self.peak(), "peak_at": self.peak_at(), "last": self.psnr[-1], "course": points}


def watch(
    problem: Problem,
    network: Network,
    method: Method,
    fit: Fit,
    photograph: Photograph,
    *,
    rule: Stopper | None = None,
    look: Callable[[Step], None] | None = None,
) -> Course:
    """Fit until as many gradients are taken as the fit has steps, or a few more where one step takes several.

    rule: where it would have stopped is noted; without one that is the last step. look: shown every step.
    """
    course, counted = Course(), Counted(problem.likelihood)
    watching, verdict = (Budget() if rule is None else rule).watch(problem), Verdict.GO
    gradients, seconds, began = 0, 0.0, time.process_time()
    for step in steps(replace(problem, likelihood=counted), network, method, fit):
        took = time.process_time() - began
        course.gradients.append(gradients)
        course.seconds.append(seconds)
        course.losses.append(float(step.loss))
        course.psnr.append(photograph.psnr(step.x))
        course.averaged.append(photograph.psnr(step.average))
        if not course.stopped:
            verdict = watching.see(step)
            course.stopped = verdict in (Verdict.LAST, Verdict.STOP)
            if verdict in (Verdict.BEST, Verdict.LAST):
                course.stop, course.shown = step.index + 1, step.average
        if look is not None:
            look(step)
        gradients, seconds = counted.asked, seconds + took
        if gradients >= fit.steps:
            break
        began = time.process_time()
    return course
