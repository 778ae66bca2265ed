"""Bytes to a file, all of them or none."""

import contextlib
import errno
import os
import secrets
from pathlib import Path

from untaught.errors import ResourceError, UsageError


def check_place(path: Path, *, overwrite: bool) -> None:
    """Whether a file could be made at `path`.

    Raises: UsageError for a folder in its place, no folder to put it in, one that may not be written, or a file that
    is there already and `overwrite` is not set.
    """
    folder = path.parent
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    if path.is_dir():
        raise UsageError(f"{path} is a folder; wanted the name of a file")
    if not folder.is_dir():
        raise UsageError(
            f"the folder {folder} {'is a file' if folder.exists() else 'does not exist'}; cannot write {path}"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"the folder {folder} may not be written: permission denied")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; it is replaced only if asked to (--overwrite)")


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it is in; one that is there is left as it is.

    Raises: UsageError where it cannot be made: a file in its place or on the way to it, no permission.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be made: {error.strerror or error}") from error


def write_atomically(path: str | os.PathLike[str], data: bytes, *, overwrite: bool) -> None:
    """Write to a temporary name in the same folder, then rename: nobody ever sees half a file, and none is left behind.

    A link is followed: what it points to is replaced.

    Raises: UsageError where it cannot be written; ResourceError where the disk is full.
    """
    path = Path(path)
    check_place(path, overwrite=overwrite)
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".untaught-{secrets.token_hex(8)}.tmp")
    try:
        _write_new(temporary, data)
        check_place(path, overwrite=overwrite)
        temporary.replace(target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(f"the disk is full: no room for the {len(data)} bytes of {path}") from error
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # a full disk may show only here
