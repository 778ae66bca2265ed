"""What every verb that fits does while it fits: threads, the bar, Ctrl-C."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from untaught.allocator import keep_freed_memory
from untaught.errors import InterruptedFitError
from untaught.job import Moment

WATCHED = 0.3  # seconds in which to see how busy the processors are
REDRAW = 0.2  # seconds between two looks at the loss, which on a GPU waits for it


class Work(Protocol):
    """What a bar follows: a job, or a training."""

    @property
    def finished(self) -> bool:
        """Is there nothing left to do?"""

    def __iter__(self) -> Iterator[Moment]: ...


def use_threads(wanted: int | None) -> None:
    """As many threads as are asked for, else as there are processors with nothing to do.

    Two threads beside another busy process wait for each other, and have been seen 5 to 40 times slower than one.
    """
    torch.set_num_threads(wanted or max(1, idle_processors()))
    keep_freed_memory()


def idle_processors() -> int:
    """How many processors have nothing to do just now; where the system does not say, all but one."""
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    try:
        before = processor_ticks()
        time.sleep(WATCHED)
        after = processor_ticks()
    except (OSError, ValueError):
        return max(1, allowed - 1)
    idle, total = (late - early for early, late in zip(before, after, strict=True))
    return min(allowed, round((os.cpu_count() or 1) * idle / max(total, 1)))


def processor_ticks() -> tuple[int, int]:
    """Idle and all ticks of all processors since the start, from Linux."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def run(job: Work, first: str = "network") -> bool:
    """Run to the end, with a bar on stderr if that is a terminal. True if Ctrl-C ended it, after a whole step.

    `first` is what is done until the first moment. Only while the job works can a second Ctrl-C drop it: called where
    Ctrl-C waits (`undisturbed`), it waits again from the moment that there is something to save, before the bar is
    taken down.
    """
    with bar() as progress, interruptible() as interrupt:
        task = progress.add_task(first, total=None, loss="")
        drawn = 0.0
        for moment in job:
            if interrupt and not job.finished:
                return True
            if not progress.disable and (time.monotonic() - drawn > REDRAW or moment.done == moment.total):
                drawn = time.monotonic()
                draw(progress, task, moment)
    return False


def draw(progress: Progress, task: TaskID, moment: Moment) -> None:
    """Bring the bar up to date.

    A first estimate's rounds, each longer than the one before, foretell nothing: the bar only moves while they last,
    and begins with the network's steps or with the first tile.
    """
    if moment.text == "first estimate":
        progress.update(task, description=f"first estimate, round {moment.done} done")
        return
    loss = "" if moment.loss is None else f"loss {float(moment.loss):#.4g}"
    if progress.tasks[0].total is None:
        before = 0 if moment.loss is None else moment.done - 1
        progress.reset(task, total=moment.total - before, description=moment.text, loss=loss, before=before)
    done = moment.done - progress.tasks[0].fields["before"]
    progress.update(task, completed=done, description=moment.text, loss=loss)


class HowFar(ProgressColumn):
    """Per cent, and the time left as soon as it is known; nothing while nobody knows."""

    def render(self, task: Task) -> Text:
        """As `12 %, 1:05 left`."""
        if task.total is None:
            return Text("")
        if task.time_remaining is None:
            return Text(f"{task.percentage:.0f} %")
        minutes, seconds = divmod(round(task.time_remaining), 60)
        clock = f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        return Text(f"{task.percentage:.0f} %, {clock} left")


def bar() -> Progress:
    """What is being done, how far it has come, time left; gone when done, absent where nobody looks."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        HowFar(table_column=Column(no_wrap=True)),  # in a narrow window the bar gives way
        TextColumn("{task.fields[loss]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """The bar while something is done that nobody knows the length of: it says what, and moves."""
    with bar() as progress:
        progress.add_task(what, total=None, loss="")
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C does nothing here, but where `interruptible` listens for it: what was made is written in any case."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """The first Ctrl-C is noted in the list that this yields; the second one stops at once."""
    seen: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        seen.append(number)
        sys.stderr.write("\nuntaught: finishing this step, then writing the best so far; Ctrl-C again drops it\n")
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield seen
    except KeyboardInterrupt as error:
        raise InterruptedFitError("stopped at once; nothing was written") from error
    finally:
        signal.signal(signal.SIGINT, before)
