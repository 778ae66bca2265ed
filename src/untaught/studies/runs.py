"""Runs of a study, each kept as soon as it is done: a study that was interrupted goes on from them.

A run is one fit or one training and what was measured of it; of `spaces`, whose paths are too large to be kept, all
three ways of a draw. The file has a line of JSON for each: the case that it is of (a draw, a kind), what was found, and
the seconds that it took. Its first line says what determines all of them.
"""

import base64
import errno
import hashlib
import io
import json
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untaught.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from untaught.studies.study import Numbers

OF, CASE, FOUND, SECONDS, ARRAY = "of", "case", "found", "seconds", "npy"


class Runs:
    """Those of one study.

    path: their file, which is made when the first one is done; without one nothing is kept.
    overwrite: runs of other settings that are there give way to the first new one.
    """

    def __init__(self, path: Path | None = None, *, overwrite: bool = False) -> None:
        self.path, self.overwrite = path, overwrite
        self.seconds = 0.0  # that runs took which were there before
        self._of: Numbers = {}
        self._found: dict[str, Numbers] = {}
        self._goes_on = False  # with the file that is there
        self.give_way = False  # runs of other settings are there still, which the first new one replaces

    def __len__(self) -> int:
        """How many are kept."""
        return 0 if self.path is None else len(self._found)

    def begin(self, of: "Numbers", count: int, say: Callable[[str], None]) -> None:
        """Take what is there, of a study that has so many runs and is determined by `of`.

        Raises: UsageError where runs of other settings are there and are not to be replaced.
        """
        self._of = read_back(of)
        if self.path is None or not self.path.exists():
            return
        there = whole_lines(self.path.read_text(encoding="ascii", errors="replace"))
        if not there:
            return
        other = differing(there[0].get(OF, {}), self._of)
        if other is not None:
            if self.overwrite:
                self.give_way = True
                return
            raise UsageError(
                f"{self.path} has runs of {other} is asked for; wanted the same settings, another folder, or "
                "--overwrite, which drops them"
            )
        self._goes_on = True
        self._found = {key(one[CASE]): one[FOUND] for one in there[1:]}
        self.seconds = sum(one[SECONDS] for one in there[1:])
        say(f"going on: {len(self._found)} of {count} runs are there")

    def once(self, case: "Numbers", make: Callable[["Numbers"], "Numbers"]) -> "Numbers":
        """The case and what is found of it, as JSON gives it back: from the file, or made and kept.

        make: plain data and arrays, by names.
        Raises: ResourceError where the disk is full; UsageError where the file cannot be written.
        """
        if key(case) not in self._found:
            began = time.monotonic()
            found = make(case)
            self._keep({CASE: case, FOUND: found, SECONDS: round(time.monotonic() - began, 3)})
            self._found[key(case)] = read_back(found)
        return read_back(case) | self._found[key(case)]

    def _keep(self, run: "Numbers") -> None:
        """One more line. It brings its own line break, so that what a kill has left of one before harms that alone."""
        if self.path is None:
            return
        text = f"\n{as_text(run)}" if self._goes_on else f"{as_text({OF: self._of})}\n{as_text(run)}"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a" if self._goes_on else "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())  # a full disk may show only here
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ResourceError(f"the disk is full: no room for {len(text)} bytes in {self.path}") from error
            raise UsageError(f"{self.path} cannot be written: {error.strerror or error}") from error
        self._goes_on, self.give_way = True, False

    def drop(self) -> None:
        """The study is written: its numbers have all that was kept here."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def fingerprint(arrays: "Iterable[NDArray[Any]]") -> str:
    """Of pixels: which images a study was made of."""
    import numpy as np

    told = hashlib.sha256()
    for one in arrays:
        told.update(f"{one.dtype} {one.shape}".encode())
        told.update(np.ascontiguousarray(one).tobytes())
    return told.hexdigest()[:16]


def key(case: "Numbers") -> str:
    """What tells one case from another."""
    return json.dumps(case, sort_keys=True)


def as_text(thing: Any) -> str:
    """One line of JSON; an array is a .npy file in base64."""
    import numpy as np

    def packed(one: Any) -> dict[str, str]:
        if not isinstance(one, np.ndarray):
            raise TypeError(f"got {type(one).__name__} of a run; wanted plain data and arrays")
        held = io.BytesIO()
        np.save(held, one, allow_pickle=False)
        return {ARRAY: base64.b64encode(held.getvalue()).decode()}

    return json.dumps(thing, default=packed)


def from_text(line: str) -> Any:
    """What `as_text` was given, to the last bit."""
    import numpy as np

    def unpacked(one: dict[str, Any]) -> Any:
        if list(one) != [ARRAY]:
            return one
        return np.load(io.BytesIO(base64.b64decode(one[ARRAY])), allow_pickle=False)

    return json.loads(line, object_hook=unpacked)


def read_back(thing: "Numbers") -> "Numbers":
    """As it comes out of the file: the same whether it was ever there or not."""
    found: Numbers = from_text(as_text(thing))
    return found


def whole_lines(text: str) -> list["Numbers"]:
    """All but what a kill has left of a line: that is no JSON."""
    found = []
    for line in text.splitlines():
        with suppress(ValueError):
            found.append(from_text(line))
    return [one for one in found if isinstance(one, dict)]


def differing(there: "Numbers", wanted: "Numbers") -> str | None:
    """The first setting that is another, as `seed 0, and seed 1`; None if there is none."""
    for name in there | wanted:
        one, other = there.get(name), wanted.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            inner = differing(one, other)
            if inner is not None:
                return inner
        elif one != other:
            return f"{name} {one}, and {name} {other}"
    return None
