"""A study's numbers to a folder: NAME.json, and from that alone NAME.png, NAME.svg and NAME.md."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from untaught.errors import UsageError
from untaught.images import make_folder, write_atomically
from untaught.studies.figure import drawn
from untaught.studies.study import Numbers, Study


def check_folder(folder: Path, *, overwrite: bool, beside: Path | None = None) -> None:
    """Before minutes of work: whether files can be made in it. It is left as it was.

    beside: what may be in it, left by a study that was interrupted.
    Raises: UsageError for a file in its place, a folder with anything else in it, and one that can't be made or
    written to.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; wanted a folder for the study")
    if folder.is_dir() and any(one != beside for one in folder.iterdir()) and not overwrite:
        raise UsageError(f"{folder} is not empty; files in it are replaced only if asked to (--overwrite)")
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be written to: {error.strerror or error}") from error
    finally:
        for one in missing:
            with suppress(OSError):
                one.rmdir()


def write(
    study: Study, numbers: Numbers, folder: Path, *, overwrite: bool, beside: Mapping[str, bytes] | None = None
) -> str:
    """All four files, and those `beside` them by their names; what is said."""
    text = json.dumps(plain(numbers), indent=1) + "\n"
    numbers = json.loads(text)
    said, pictures = study.paragraph(numbers), drawn(study.panels(numbers))
    page = f"# {study.title}\n\n![{study.title}]({study.name}.png)\n\n{said}\n"
    files = {"json": text.encode(), **pictures, "md": page.encode()}
    make_folder(folder)
    named = {f"{study.name}.{ending}": data for ending, data in files.items()} | dict(beside or {})
    for name, data in named.items():
        write_atomically(folder / name, data, overwrite=overwrite)
    return said


def plain(thing: Any) -> Any:
    """For JSON: five digits, keys that are words, None for what is no number."""
    if isinstance(thing, dict):
        return {str(key): plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [plain(one) for one in thing]
    if isinstance(thing, bool | str | int) or thing is None:
        return thing
    value = float(thing)
    return float(f"{value:.5g}") if math.isfinite(value) else None
