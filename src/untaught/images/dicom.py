"""DICOM: single images and cines, through pydicom (the extra `[dicom]`).

Only the elements named in `TAGS` are read: who the patient is never gets into memory, and so into no message or record.
"""

import hashlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError, ResourceError, UntaughtError
from untaught.images.dicom_frames import PLAIN, Layout, codes
from untaught.images.dicom_greys import greys
from untaught.images.dicom_header import Plane, check_pixels, layout_of, number, spacing_of
from untaught.images.reading import bytes_of

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = [
    *("SOPClassUID", "Modality", "NumberOfFrames", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation"),
    *("PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData"),
    *("FloatPixelData", "DoubleFloatPixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    *("ModalityLUTSequence", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    *("VOILUTSequence", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *("PixelSpacing", "PixelSpacingCalibrationType", "ImagerPixelSpacing"),
]

logging.getLogger("pydicom").addHandler(logging.NullHandler())  # or its remarks end up on the error output


@dataclass(frozen=True, eq=False)
class Cine:
    """One DICOM file. Its frames are decoded one at a time, when they are asked for.

    frames   How many; 1 for a single image.
    size     (height, width).
    spacing  Millimetres from pixel to pixel, (row, column): down, across. None where the file does not say.
    plane    Where a pixel is as large as that: at the "detector", where things are larger than they are (by a third or
             so in the heart), or in the "patient": calibrated, or measured there. None without spacing.
    sha256   Of the file's bytes, in hexadecimal.
    """

    path: Path
    sha256: str
    frames: int
    size: tuple[int, int]
    spacing: tuple[float, float] | None
    plane: Plane | None
    _layout: Layout = field(repr=False)
    _pieces: tuple[bytes, ...] = field(repr=False)  # one a frame if compressed, else one for all
    _greys: NDArray[np.float32] = field(repr=False)

    def frame(self, number: int) -> NDArray[np.float32]:
        """Frame `number`, counted from 1: `[H, W]` in [0, 1], all frames of the file on one scale (`greys`).

        Raises: InputError for a frame that is damaged, cut short or in colour; IndexError for one that is not there.
        """
        if not 1 <= number <= self.frames:
            raise IndexError(f"frame {number} of {self.path}, which has {self.frames}")
        name = str(self.path) if self.frames == 1 else f"frame {number} of {self.path}"
        if self._layout.syntax in PLAIN:
            start = (number - 1) * self._layout.size
            data = self._pieces[0][start : start + self._layout.size]
        else:
            data = self._pieces[number - 1]
        try:
            return self._greys[codes(data, self._layout, name)]
        except UntaughtError:
            raise
        except MemoryError as error:
            raise ResourceError(f"not enough memory to read {name}") from error
        except Exception as error:  # a damaged frame can make a decoder raise anything
            raise InputError(f"{name} is damaged, or of a rare kind") from error

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return (self.frame(number) for number in range(1, self.frames + 1))

    def stack(self) -> NDArray[np.float32]:
        """All frames, `[F, H, W]`.

        Raises: as `frame`; ResourceError where memory is too small for them.
        """
        try:
            out = np.empty((self.frames, *self.size), np.float32)
        except MemoryError as error:
            raise ResourceError(f"not enough memory for the {self.frames} frames of {self.path}") from error
        for place, frame in zip(out, self, strict=True):
            place[...] = frame
        return out


def recognises(data: bytes) -> bool:
    """Whether the file begins as a DICOM file does."""
    return data[128:132] == b"DICM"


def read_cine(path: Path) -> Cine:
    """A DICOM file's header, and its frames, not yet decoded. Overlays, padding values and shutters are not heeded.

    Raises: InputError, one sentence, for what is missing, unreadable, cut short or damaged, has no pixels, pixels that
    are no grey of at most 16 bits, or a compression that is not read, and where pydicom is not installed;
    ResourceError where memory runs out.
    """
    try:
        import pydicom
    except ImportError as error:
        raise InputError(
            f"{path} is a DICOM file, for which pydicom is wanted: pip install 'untaught[dicom]'"
        ) from error
    data = bytes_of(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote the values of elements
            dataset = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=TAGS)
            return _cine(path, hashlib.sha256(data).hexdigest(), dataset)
    except UntaughtError:
        raise
    except MemoryError as error:
        raise ResourceError(f"not enough memory to read {path}") from error
    except Exception:
        raise InputError(f"{path} is damaged, or a DICOM file of a rare kind") from None  # it may quote, too


def _cine(path: Path, digest: str, dataset: "Dataset") -> Cine:
    check_pixels(dataset, path)
    layout = layout_of(dataset, path)
    frames = int(number(dataset, "NumberOfFrames") or 1)
    if frames < 1:
        raise InputError(f"{path} says that it has {frames} frames; wanted at least 1")
    spacing, plane = spacing_of(dataset)
    table = greys(dataset, layout.stored)
    if not np.isfinite(table).all() or table.min() == table.max():
        raise InputError(f"{path} is damaged: its window or lookup table shows every pixel as one grey")
    pieces = _pieces(dataset, layout, frames, path)
    return Cine(path, digest, frames, (layout.height, layout.width), spacing, plane, layout, pieces, table)


def _pieces(dataset: "Dataset", layout: Layout, frames: int, path: Path) -> tuple[bytes, ...]:
    """The bytes of all frames, checked for length; not decoded."""
    from pydicom.encaps import generate_frames

    data: bytes = dataset.PixelData
    if layout.syntax in PLAIN:
        if len(data) < frames * layout.size:
            raise InputError(
                f"{path} is cut short: it has {len(data)} of the {frames * layout.size} bytes of its "
                f"{'pixels' if frames == 1 else f'{frames} frames'}"
            )
        return (data,)
    table = None
    if dataset.get("ExtendedOffsetTable") and dataset.get("ExtendedOffsetTableLengths"):
        table = dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths
    try:
        pieces = tuple(generate_frames(data, number_of_frames=frames, extended_offsets=table))
    except ValueError:
        pieces = ()
    if len(pieces) < frames:
        raise InputError(f"{path} is cut short: it has {len(pieces)} of its {frames} frames")
    return pieces
