"""One image being restored: a first estimate without a network, then the loop on it, under one clock."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from untaught.abilities import Bordered, Learned, Projecting
from untaught.arrays import Frame
from untaught.classical import Estimate, unclip
from untaught.core import Operator, Problem, Result, State
from untaught.errors import UntaughtError
from untaught.fitting import Fitting
from untaught.likelihoods import Gaussian
from untaught.methods import Recorrupted
from untaught.methods.recorrupted import features
from untaught.networks import Convolutions, Given
from untaught.noise import Noise, cut_off
from untaught.pilots import estimates, hindrance
from untaught.presets.row import Preset

TOO_LATE = "its budget of {:g} s would not have lasted for more"


@dataclass(frozen=True)
class Moment:
    """How far a job has come."""

    done: int
    total: int  # as far as is known; a rule may stop earlier
    text: str  # what is being done
    loss: Tensor | None = None  # of the network's step; on its device, so who prints it waits for it


class Job:
    """Iterate over it, leave whenever you like, ask for the result or the state; iterated again it goes on.

    `seconds` is all the time it may take, with what was spent `before` it began (on reading the image and measuring its
    noise): what would end later is not begun, but a first estimate is always made.
    """

    def __init__(
        self,
        problem: Problem,
        row: Preset,
        frame: Frame,
        noise: Noise,
        provenance: dict[str, Any],
        seconds: float | None = None,
    ) -> None:
        self.problem, self.row, self.frame, self.noise = problem, row, frame, noise
        self.provenance, self.budget = provenance, seconds
        self.estimate: Estimate | None = None
        self.out_of_time = False  # did the budget end it?
        self.before = 0.0  # seconds of its budget that were spent before it began
        self.spent = 0.0  # seconds of work, not those between moments
        self._steps = 0
        self._saved: State = {}
        self.fitting: Fitting | None = None if row.pilot else self.fit(row)
        self._why: str | None = None
        self._pilot: Iterator[Estimate] = iter(())
        if row.pilot is not None:
            seed = row.fit.seeds()[0]
            self._pilot = estimates(problem.y, self.sigma, noise, row.pilot, seed=seed, clipped=self.clipped)

    @property
    def at_once(self) -> tuple[int, int, int]:
        """`[C, H, W]` of what is held in memory: all."""
        return self.problem.shape

    @property
    def finished(self) -> bool:
        """Is there nothing left to do?"""
        return self._why is not None or (self.fitting is not None and self.fitting.finished)

    def __iter__(self) -> Iterator[Moment]:
        white = self.noise.is_white
        rounds = 1 + white * self.row.pilot.rounds if self.row.pilot else 0
        total = rounds + (self.row.fit.steps if self.hindrance() is None else 0)
        took = 0.0
        while self.fitting is None and not self.finished:
            if self.late(took):
                return
            began = time.monotonic()
            with torch.no_grad():
                found = next(self._pilot, None)
            self.estimate = found or self.estimate
            if found is None or found.round + 1 >= rounds:
                self.settle()
            took = time.monotonic() - began
            self.spent += took
            if found is not None and found.round == 0 and self.row.pilot is not None:
                took *= 2 * self.row.pilot.pairs  # the next one makes as much of every recorrupted image
            if found is not None:
                yield Moment(found.round + 1, total, "first estimate")
        if self.fitting is None:
            return
        steps, took = iter(self.fitting), 0.0
        while not self.finished and not self.late(took):
            began = time.monotonic()
            step = next(steps, None)
            now = time.monotonic() - began
            took = min(now, took or now)  # not that of a step which looks at the whole image too
            self.spent += now
            if step is not None:
                self._steps = step.index + 1
                yield Moment(rounds + step.index + 1, total, "network", step.loss)

    def late(self, next_one: float) -> bool:
        """Would one more piece of work, as long as the last one, end too late?"""
        begun = self.estimate is not None or self._steps > 0
        if self.budget is None or not begun or self.before + self.spent + next_one <= self.budget:
            return False
        self._why, self.out_of_time = TOO_LATE.format(self.budget), True
        return True

    @property
    def sigma(self) -> float:
        """Of the noise in the problem's y."""
        assert isinstance(self.problem.likelihood, Gaussian)
        return self.problem.likelihood.sigma

    @cached_property
    def clipped(self) -> bool:
        """Was the noise cut off at black or white?"""
        return self.noise.is_white and any(map(math.isfinite, cut_off(self.problem.y)))

    def settle(self) -> None:
        """The first estimate is as good as it gets: on to the network, if there is work for it."""
        assert self.estimate is not None
        self._why = self.hindrance()
        if self._why is None:
            seen = self.estimate.views[0]
            z = features(seen, self.estimate.mixed[0], list(seen.estimates))
            assert isinstance(self.row.method, Recorrupted) and isinstance(self.row.network, Convolutions)
            network = replace(self.row.network, input=Given(z))
            method = replace(self.row.method, estimate=self.estimate)
            self.fitting = self.fit(replace(self.row, network=network, method=method))

    def hindrance(self) -> str | None:
        """Why a network will not improve on the first estimate, if it will not."""
        return hindrance(self.row, self.noise, self.problem.shape)

    def fit(self, row: Preset) -> Fitting:
        """The loop, from its beginning or from where a saved state left it."""
        fitting = Fitting(self.problem, row.network, row.method, row.fit, row.stopper)
        if self._saved:
            fitting.resume(self._saved)
        return fitting

    def state(self) -> State:
        """All that is needed to go on later. A first estimate is not kept: it is made again, to the same numbers."""
        return self.fitting.state() if self.fitting is not None and self._steps else self._saved

    def resume(self, state: State) -> None:
        """Before anything was done: go on where `state` was taken."""
        if state and self.row.pilot is None and self.fitting is not None:
            self.fitting.resume(state)
        self._saved = state

    def result(self) -> Result:
        """The best so far, in the caller's type, with how it was made.

        Raises: UntaughtError if nothing was made yet.
        """
        result = self.made()
        made = self.provenance | {"steps": result.steps_run, "kept_step": result.step, "stopped_by": result.stopped_by}
        seconds = {"all": round(self.spent, 3)}
        if result.steps_run and self.fitting is not None:
            seconds |= {"fit": round(self.fitting.seconds, 3)}
            seconds |= {"per_step": round(self.fitting.seconds / result.steps_run, 5)}
        if self.estimate is not None:
            made["first_estimate_rounds"] = self.estimate.round
        if isinstance(self.operator, Learned):
            made |= self.operator.found()
        image, iterate = self.frame.back(result.image), self.frame.back(result.iterate)
        return replace(result, image=image, iterate=iterate, provenance=made | {"seconds": seconds})

    def made(self) -> Result:
        """The same, on the scale of the loop's images."""
        fitting = self.fit(self.row) if self.fitting is None and self._saved else self.fitting
        why = self._why
        if fitting is not None and (self._steps or self._saved or self.estimate is None):
            try:
                result = fitting.result()
            except UntaughtError as error:  # a loss that was never finite
                if self.estimate is None:
                    raise
                why = f"{error}; this is the first estimate"
            else:
                x, iterate, why = self.plain(result.image), self.plain(result.iterate), why or result.stopped_by
                return replace(result, image=x, iterate=iterate, stopped_by=why)
        if self.estimate is None:
            raise UntaughtError("there is no image to return: nothing was done yet")
        image, why = self.noise.backward(self.estimate.image), why or "it was stopped by hand"
        return Result(image=image, iterate=image, step=0, steps_run=0, stopped_by=why, history=[], provenance={})

    def plain(self, x: Tensor) -> Tensor:
        """A fitted image on the scale of the caller's: what clipping and the stabilisation did is undone.

        If the row is `consistent` it is made to agree with the measurements, as far as the operator can do that.
        """
        undone, operator = unclip(x, self.sigma) if self.row.recorrupts and self.clipped else x, self.operator
        if self.row.consistent and isinstance(operator, Projecting):
            undone = operator.project(undone, self.problem.y)
        if isinstance(operator, Bordered):
            undone = operator.asked(undone)
        return self.noise.backward(undone)

    @property
    def operator(self) -> Operator:
        """A of the image that `result` gives."""
        return self.problem.operator if self.fitting is None else self.fitting.operator
