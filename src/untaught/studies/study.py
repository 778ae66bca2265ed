"""What a study is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from untaught.studies.figure import Panel

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
    """

    size: Literal["tiny", "default", "full"] = "default"
    seed: int = 0
    images: Path | None = None
    labels: Path | None = None
    image: Path | None = None
    say: Callable[[str], None] = silent
    keep: Callable[[str, bytes], None] = dropped


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
