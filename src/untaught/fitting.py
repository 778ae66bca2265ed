"""The loop under a stopping rule, with a result and a state to save at any time."""

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.core import Method, Network, Operator, Problem, Result, State, Step, Stopper, Verdict
from untaught.errors import UntaughtError
from untaught.fit import Fit, steps, under


class Fitting:
    """The loop under a stopping rule: iterate over it, leave whenever you like, ask for the result or the state.

    Iterated again it goes on. The losses are looked at every `every` steps only, so that a GPU need not wait at each.
    """

    every = 10

    def __init__(self, problem: Problem, network: Network, method: Method, fit: Fit, stopper: Stopper) -> None:
        self.fit = fit
        self.finished = False  # did the rule, the last step or a loss that is not finite end it?
        self.seconds = 0.0  # spent stepping, in all sessions
        self._asked = (problem, network, method, fit)
        self._steps: Iterator[Step] | None = None
        self._resumed: State = {}  # what it goes on from
        self._watch = stopper.watch(problem)
        self._losses: list[Tensor] = []
        self._why = "no step was taken"
        self._last: Step | None = None
        self._kept: Kept | None = None  # what the rule says
        self._sound: Kept | None = None  # the same, when the losses up to it were last seen to be finite

    def __iter__(self) -> Iterator[Step]:
        if self._steps is None:
            self._steps = steps(*self._asked)
        while not self.finished:
            began = time.monotonic()
            step = next(self._steps, None)
            if step is None:
                self._end(f"it had taken all its {len(self._losses)} steps")
                return
            self._take(step)
            self.seconds += time.monotonic() - began
            yield step

    def _take(self, step: Step) -> None:
        """Note a step and what the rule says of it."""
        self._last = step
        self._losses.append(step.loss)
        self._why = "it was stopped by hand"
        verdict = self._watch.see(step)
        if verdict in (Verdict.BEST, Verdict.LAST) or self._kept is None:
            self._kept = Kept(step.index, step.x, step.average)
        if len(self._losses) % self.every == 0:
            self._look()
        if verdict in (Verdict.LAST, Verdict.STOP) and not self.finished:
            self._end(self._watch.why())

    def _end(self, why: str) -> None:
        self.finished, self._why = True, why

    def _look(self) -> None:
        """Are the newest losses finite? Only then is what was kept sound."""
        newest = torch.stack(self._losses[-self.every :])
        if bool(newest.isfinite().all()):
            self._sound = self._kept
        else:
            bad = float(newest[~newest.isfinite()][0])
            self._end(f"the loss became {bad}; the result is the best from before")

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

    @property
    def operator(self) -> Operator:
        """A as it stood after the newest step, with its fitted parameters, where it has any."""
        if self._last is not None:
            return self._last.operator
        asked = self._asked[0].operator
        if not isinstance(asked, nn.Module) or not self._resumed:
            return asked
        operator = copy.deepcopy(asked)
        operator.load_state_dict(under("operator", self._resumed))
        return operator

    def state(self) -> State:
        """All that is needed to go on with this fitting later, in another process."""
        if self._last is None:
            raise UntaughtError("there is nothing to save: no step was taken")
        self._look()
        if self._sound is None:
            raise UntaughtError(f"there is nothing worth saving: {self._why}")
        state = self._last.snapshot() | {"losses": torch.stack(self._losses).cpu()}
        state |= {"seconds": torch.tensor(self.seconds), "finished": torch.tensor(self.finished)}
        state["why"] = torch.tensor(list(self._why.encode()), dtype=torch.uint8)
        kept = {"index": torch.tensor(self._sound.index), "x": self._sound.x, "average": self._sound.average}
        state |= {f"kept.{key}": value.clone() for key, value in kept.items()}
        return state | {f"watch.{key}": value.clone() for key, value in self._watch.state().items()}

    def resume(self, state: State) -> None:
        """Before the first step: go on where `state` was taken, on whatever device this problem lies."""
        device = self._asked[0].y.device
        self._steps, self._resumed = steps(*self._asked, resume=state), state
        self._losses = list(state["losses"].to(device).unbind())
        self._kept = Kept(int(state["kept.index"]), state["kept.x"].to(device), state["kept.average"].to(device))
        self._sound = self._kept
        self.seconds, self.finished = float(state["seconds"]), bool(state["finished"])
        self._why = bytes(state["why"].tolist()).decode()
        self._watch.restore({key: value.to(device) for key, value in under("watch", state).items()})


@dataclass(frozen=True)
class Kept:
    """The step that the rule says to return."""

    index: int
    x: Tensor
    average: Tensor
