"""A file to a `Picture`, or one sentence."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError, ResourceError, UntaughtError
from untaught.images import exif, tiff
from untaught.images.formats import FORMATS, Format, by_content, listed
from untaught.images.picture import MAX_BYTES, Metadata, Picture, Samples

WANTED = f"wanted a {listed([each.name for each in FORMATS], 'or')} image"
OTHERS = {
    b"GIF8": "a GIF image",
    b"BM": "a BMP image",
    b"%PDF": "a PDF document",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image",
    b"\0\0\0\x0cJXL ": "a JPEG XL image",
    b"\xff\x0a": "a JPEG XL image",
    b"SIMPLE  =": "a FITS image",
}
"""First bytes of files that people may well try."""


def read(path: str | os.PathLike[str], *, finite: bool = True) -> Picture:
    """One PNG, JPEG, TIFF or WebP image, told by its content, with its pixels upright and its alpha apart.

    finite: refuse pixels that are not? Alpha that is not finite is refused in any case.

    Raises: InputError, one sentence, for what is missing, unreadable, cut short or damaged, of another kind than
    `Picture` describes, or not finite; ResourceError where memory runs out.
    """
    path = Path(path)
    data = bytes_of(path)
    found = _format(data, path)
    with _in_words(path, found.name):
        samples, metadata = found.decode(data, str(path))
    digest = hashlib.sha256(data).hexdigest()
    return _picture(samples, metadata, path, found.name, digest, finite=finite)


def read_pages(path: str | os.PathLike[str]) -> list[Picture]:
    """The pages of a TIFF, each as `read` gives it; another format is one page.

    Raises: as `read`.
    """
    path = Path(path)
    data = bytes_of(path)
    found = _format(data, path)
    with _in_words(path, found.name):
        each = tiff.decode_pages if found.decode is tiff.decode else _one_page(found)
        pages = list(each(data, str(path)))
    digest = hashlib.sha256(data).hexdigest()
    return [_picture(*page, path, found.name, digest, finite=True) for page in pages]


def count_pages(path: str | os.PathLike[str]) -> int:
    """How many pages `read_pages` would give. None is decoded, so damage in them is not noticed.

    Raises: InputError for what is no image or has no page; ResourceError.
    """
    path = Path(path)
    data = bytes_of(path)
    found = _format(data, path)
    if found.decode is not tiff.decode:
        return 1
    with _in_words(path, found.name):
        return tiff.count_pages(data, str(path))


def in_planes(path: str | os.PathLike[str]) -> bool:
    """Is it a TIFF whose only page has three colours one after another, as three frames saved as one array have?

    Raises: InputError for a TIFF that is damaged; ResourceError.
    """
    path = Path(path)
    with path.open("rb") as file:
        if not tiff.recognises(file.read(4)):
            return False
    with _in_words(path, "TIFF"):
        return tiff.in_planes(bytes_of(path), str(path))


def _format(data: bytes, path: Path) -> Format:
    found = by_content(data)
    if found is None:
        raise InputError(f"{path} is {_guess(data)}; {WANTED}")
    return found


def _one_page(found: Format) -> Callable[[bytes, str], Iterator[tuple[Samples, Metadata]]]:
    return lambda data, name: iter([found.decode(data, name)])


@contextlib.contextmanager
def _in_words(path: Path, kind: str) -> Iterator[None]:
    """A damaged file can make a decoder raise anything; out of here comes one sentence."""
    try:
        yield
    except UntaughtError:
        raise
    except MemoryError as error:
        raise ResourceError(f"not enough memory to read {path}") from error
    except Exception as error:
        in_words = isinstance(error, (OSError, ValueError, RuntimeError, SyntaxError))
        reason = f": {' '.join(str(error).split())}" if in_words else ""
        raise InputError(f"{path} is damaged, or a {kind} of a rare kind{reason}") from error


def _picture(samples: Samples, metadata: Metadata, path: Path, kind: str, digest: str, *, finite: bool) -> Picture:
    samples, metadata = _upright(samples, metadata)
    pixels, alpha = _without_alpha(samples)
    if finite:
        _check_finite(samples, path)
    elif alpha is not None:
        _check_finite(alpha[..., np.newaxis], path)
    return Picture(pixels, alpha, metadata, digest, path, kind)


def bytes_of(path: Path) -> bytes:
    """The whole of a file that may be an image.

    Raises: InputError, one sentence, for what is missing, unreadable, empty, too large or no file; ResourceError.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; wanted an image file")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a regular file; {WANTED}")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size} bytes; wanted at most {MAX_BYTES}")
        if size == 0:
            raise InputError(f"{path} is empty; {WANTED}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read: permission denied") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise ResourceError(f"not enough memory to read {path}") from error


def _guess(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"heic", b"heix", b"mif1"):
        return "an AVIF image" if data[8:12] == b"avif" else "a HEIC image"
    if data[128:132] == b"DICM":
        return "a DICOM file, which is read as an angiogram only"
    for start, name in OTHERS.items():
        if data.startswith(start):
            return name
    return f"not an image known here (it begins with {data[:8]!r})"


def _upright(samples: Samples, metadata: Metadata) -> tuple[Samples, Metadata]:
    """Samples turned as EXIF says, and metadata that no longer asks for it."""
    turn = exif.orientation(metadata.exif)
    samples = exif.turned(samples, turn)
    dpi = metadata.dpi or exif.dpi(exif.parse(metadata.exif) if metadata.exif else None)
    if turn == 1:
        return samples, replace(metadata, dpi=dpi)
    xmp = metadata.xmp
    for before, after in ((b'tiff:Orientation="%d"', b'tiff:Orientation="1"'), (b"Orientation>%d<", b"Orientation>1<")):
        xmp = xmp.replace(before % turn, after) if xmp else None
    block = exif.upright(metadata.exif) if metadata.exif else None
    return samples, replace(metadata, exif=block, xmp=xmp, dpi=dpi[::-1] if dpi and turn >= 5 else dpi)


def _check_finite(samples: Samples, path: Path) -> None:
    if samples.dtype.kind != "f":
        return
    bad = ~np.isfinite(samples).all(axis=2)
    count = int(bad.sum())
    if count:
        row, column = np.unravel_index(int(bad.argmax()), bad.shape)
        some = "1 pixel that is" if count == 1 else f"{count} pixels that are"
        raise InputError(
            f"{path} has {some} NaN or infinite, the first at row {row}, column {column}; wanted finite values"
        )


def _without_alpha(samples: Samples) -> tuple[NDArray[Any], NDArray[Any] | None]:
    channels = samples.shape[2]
    alpha = np.ascontiguousarray(samples[..., -1]) if channels in (2, 4) else None
    return np.ascontiguousarray(samples[..., :3] if channels > 2 else samples[..., 0]), alpha
