"""Images larger than memory: restored tile by tile, the tiles laid over each other with soft edges."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from untaught.arrays import Frame
from untaught.core import Problem, Result, State
from untaught.job import Job, Moment
from untaught.noise import Noise
from untaught.presets.row import Preset

OVERLAP = 64  # pixels that neighbours share: further than an estimate looks for patches alike, and back
MOST_PIXELS = 2**21  # of an image that is restored whole unless a size of tiles is asked for
USUAL = 1024  # pixels a side of a tile otherwise


@dataclass(frozen=True)
class Box:
    """A tile's rows and columns in the image."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, x: Tensor) -> Tensor:
        """That part of `[..., H, W]`."""
        return x[..., self.top : self.bottom, self.left : self.right]


def boxes(height: int, width: int, size: int) -> list[Box]:
    """Tiles of at most `size` pixels a side that cover the image; neighbours share `OVERLAP` pixels or more."""
    rows, columns = spans(height, size), spans(width, size)
    return [Box(*vertical, *across) for vertical in rows for across in columns]


def spans(length: int, size: int) -> list[tuple[int, int]]:
    """As few stretches of `size` as cover `length`, evenly spread."""
    if length <= size:
        return [(0, length)]
    count = -(-(length - OVERLAP) // (size - OVERLAP))
    starts = [round(number * (length - size) / (count - 1)) for number in range(count)]
    return [(start, start + size) for start in starts]


def weights(box: Box, height: int, width: int) -> Tensor:
    """`[h, w]`: 1 inside, falling linearly towards each edge that another tile lies over."""

    def ramp(first: int, end: int, length: int) -> Tensor:
        place = torch.arange(first, end) + 0.5
        before = (place - first) / OVERLAP if first > 0 else torch.ones(end - first)
        after = (end - place) / OVERLAP if end < length else torch.ones(end - first)
        return torch.minimum(before, after).clamp(max=1)

    return ramp(box.top, box.bottom, height)[:, None] * ramp(box.left, box.right, width)


class TiledJob:
    """A `Job` for each tile, one after the other; from outside it looks like one.

    The noise is measured once, on the whole image. Of a tile that was not come to the result has the noise. A
    time budget is shared evenly by the tiles. Only tiles that came to their own end are kept by `state`.
    """

    def __init__(
        self,
        problem: Problem,
        row: Preset,
        frame: Frame,
        noise: Noise,
        provenance: dict[str, Any],
        seconds: float | None,
        size: int,
    ) -> None:
        self.problem, self.row, self.frame, self.noise = problem, row, frame, noise
        self.provenance, self.budget = provenance, seconds
        self.boxes = boxes(*problem.shape[1:], size)
        self.done: dict[int, Tensor] = {}
        self.cut_short: set[int] = set()  # those of them that the budget ended
        self.current: Job | None = None
        self.before = self.spent = 0.0  # as a job's
        self._steps = 0
        self._why = "it was stopped by hand"

    @property
    def out_of_time(self) -> bool:
        """Did the budget end it, or any tile of it?"""
        return bool(self.cut_short)

    @property
    def at_once(self) -> tuple[int, int, int]:
        """`[C, H, W]` of the largest tile."""
        sides = [(box.bottom - box.top, box.right - box.left) for box in self.boxes]
        return self.problem.shape[0], max(side[0] for side in sides), max(side[1] for side in sides)

    @property
    def finished(self) -> bool:
        """Is there nothing left to do?"""
        return len(self.done) == len(self.boxes)

    def __iter__(self) -> Iterator[Moment]:
        count = len(self.boxes)
        while not self.finished:
            number = self.next_one()
            self.current = self.current or self.piece(number)
            before = self.spent
            for moment in self.current:
                self.spent = before + self.current.spent
                share = moment.done / max(moment.total, 1)
                yield Moment(round(100 * (len(self.done) + share)), 100 * count, f"tile {number + 1} of {count}")
            made = self.current.made()
            self.done[number] = made.image
            if self.current.out_of_time:
                self.cut_short.add(number)
            self._steps, self._why = self._steps + made.steps_run, made.stopped_by
            self.current = None

    def next_one(self) -> int:
        """The number of the first tile that is not done."""
        return next(number for number in range(len(self.boxes)) if number not in self.done)

    def piece(self, number: int) -> Job:
        """The job of one tile."""
        y = self.boxes[number].of(self.problem.y)
        problem = replace(self.problem, y=y, shape=(y.shape[1], y.shape[2], y.shape[3]))
        left = None
        if self.budget is not None:
            left = max(self.budget - self.before - self.spent, 0.0) / (len(self.boxes) - len(self.done))
        return Job(problem, self.row_of(number), self.frame, self.noise, self.provenance, left)

    def row_of(self, number: int) -> Preset:
        """The row with the tile's part of the guide, if there is one."""
        pilot = self.row.pilot
        if pilot is None or pilot.guide is None:
            return self.row
        return replace(self.row, pilot=replace(pilot, guide=self.boxes[number].of(pilot.guide)))

    def state(self) -> State:
        """The tiles that are done, but for those that the budget cut short: with more time they become better."""
        return {f"tile{number}": image for number, image in self.done.items() if number not in self.cut_short}

    def resume(self, state: State) -> None:
        """Before anything was done: take over the tiles that were."""
        device = self.problem.y.device
        self.done = {int(name.removeprefix("tile")): image.to(device) for name, image in state.items()}

    def result(self) -> Result:
        """The best so far, in the caller's type, with how it was made."""
        image = self.frame.back(self.image())
        why = "it was stopped by hand"
        if self.finished:
            some = f", {len(self.cut_short)} of them cut short by the time budget" if self.cut_short else ""
            why = f"all {len(self.boxes)} tiles were done{some}; of the last: {self._why}"
        made = self.provenance | {"steps": self._steps, "kept_step": 0, "stopped_by": why}
        made |= {"tiles": len(self.boxes), "seconds": {"all": round(self.spent, 3)}}
        steps = self._steps
        return Result(image=image, iterate=image, step=0, steps_run=steps, stopped_by=why, history=[], provenance=made)

    def image(self) -> Tensor:
        """The tiles laid together, `[1, C, H, W]`."""
        y, (_, height, width) = self.problem.y, self.problem.shape
        total, weight = torch.zeros_like(y), torch.zeros_like(y[:, :1])
        for number, box in enumerate(self.boxes):
            soft = weights(box, height, width).to(y)
            box.of(total).add_(soft * self.tile(number))
            box.of(weight).add_(soft)
        laid: Tensor = total / weight
        return laid

    def tile(self, number: int) -> Tensor:
        """What there is of a tile: restored, in part, or not at all."""
        if number in self.done:
            return self.done[number]
        current = self.current
        if current is not None and current.estimate is not None and number == self.next_one():
            image: Tensor = current.made().image
            return image
        return self.noise.backward(self.boxes[number].of(self.problem.y))


AnyJob = Job | TiledJob
