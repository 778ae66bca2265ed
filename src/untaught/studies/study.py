"""What a study is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from untaught.studies.figure import Panel
from untaught.studies.runs import Runs

Numbers = dict[str, Any]
"""Plain data, as JSON gives it back: dictionaries by strings, lists, numbers, strings, None."""


def silent(line: str) -> None:
    """Nobody listens."""
    del line


def dropped(name: str, data: bytes) -> None:
    """Nobody keeps it."""
    del name, data


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What may be chosen of a study. `size`: some minutes, or as large as is worth quoting; tiny is for tests.

    images, labels: folders of real images and their labels, in place of phantoms; for studies of vessels.
    image: a photograph, in place of those that come with scikit-image; for the others.
    say: told a line now and then.
    keep: given files that belong beside the numbers (a film), by their names.
    runs: asked for each run, so that one which is there already is not made again.
    """

    size: Literal["tiny", "default", "full"] = "default"
    seed: int = 0
    images: Path | None = None
    labels: Path | None = None
    image: Path | None = None
    say: Callable[[str], None] = silent
    keep: Callable[[str, bytes], None] = dropped
    runs: Runs = field(default_factory=Runs, repr=False)

    def each(self, of: Numbers, plan: Sequence[Numbers], make: Callable[[Numbers], Numbers]) -> list[Numbers]:
        """Every case of the plan with what is found of it; those that are there are not made again.

        of: what determines them all. make: of a case, plain data and arrays, by names.
        """
        self.runs.begin(of, len(plan), self.say)
        return [self.runs.once(case, make) for case in plan]


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question, how numbers are found that answer it, and what is shown and said of them: of nothing else.

    paragraph: Markdown, a list of what is seen and a paragraph on what it rests on.
    """

    name: str
    title: str
    numbers: Callable[[Asked], Numbers]
    panels: Callable[[Numbers], list[Panel]]
    paragraph: Callable[[Numbers], str]
