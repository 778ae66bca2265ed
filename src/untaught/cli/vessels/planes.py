"""Three frames in one array, which a TIFF cannot tell from a colour image: a remark, no more."""

from collections.abc import Iterable
from pathlib import Path

from untaught.cli.outputs import note
from untaught.errors import InputError, ResourceError


def remark_on_planes(files: Iterable[Path]) -> None:
    """A line for each that may be meant otherwise than it is read. What is damaged is told of where it is read."""
    from untaught import images

    for file in sorted(set(files)):
        try:
            doubtful = images.in_planes(file)
        except (InputError, ResourceError, OSError):
            continue
        if doubtful:
            note(
                f"note: {file} is read as one colour image, its second plane the one that is looked at; if it holds "
                "three frames, save them as three pages"
            )
