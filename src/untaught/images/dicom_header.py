"""What the header of a DICOM file says: how the pixels lie in the file, and how large they are.

Source: DICOM PS3.3 (2024), C.7.6.3, C.7.6.16 and 10.7.1.3; PS3.5, 8 and 10.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from untaught.errors import InputError
from untaught.images.dicom_frames import DECODERS, PLAIN, READ, RLE, Layout
from untaught.images.picture import check_size

if TYPE_CHECKING:
    from pydicom import Dataset

Plane = Literal["detector", "patient"]
DICOMDIR = "1.2.840.10008.1.3.10"
PROJECTIONS = ("XA", "RF", "CR", "DX", "MG", "PX", "IO")
WANTED = "wanted MONOCHROME1, MONOCHROME2, or RGB that is grey"


def check_pixels(dataset: "Dataset", path: Path) -> None:
    """Whether there are pixels at all.

    Raises: InputError for a DICOMDIR, for what is no image or no DICOM, and for a file cut short before its pixels.
    """
    meta = dataset.file_meta if "file_meta" in vars(dataset) else None
    kind = dataset.get("SOPClassUID") or (meta.get("MediaStorageSOPClassUID") if meta else None)
    if kind == DICOMDIR:
        raise InputError(f"{path} is a DICOMDIR, a list of files; wanted one of the image files that it lists")
    if "PixelData" in dataset and dataset.PixelData:
        return
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        raise InputError(f"{path} has pixels that are floating-point numbers; wanted integers of at most 16 bits")
    if "Rows" in dataset and "Columns" in dataset:
        size = "x".join(f"{number(dataset, side) or 0:.0f}" for side in ("Rows", "Columns"))
        raise InputError(f"{path} is cut short: the {size} pixels (height x width) of its header are not in the file")
    if kind is None:
        raise InputError(f"{path} is not a DICOM file, or is cut short: it has neither a kind nor pixels")
    named = kind.name if kind.name != kind else "of an unknown kind"
    raise InputError(f"{path} has no pixels ({named}), or is cut short before them; wanted a DICOM image")


def layout_of(dataset: "Dataset", path: Path) -> Layout:
    """How a frame lies in its bytes.

    Raises: InputError for a header that does not say so, or says what cannot be or is not read here.
    """
    said = {name: number(dataset, name) for name in ("Rows", "Columns", "BitsAllocated")}
    missing = [name for name, value in said.items() if value is None]
    if missing:
        raise InputError(f"{path} is damaged: its header does not say {', '.join(missing)}")
    height, width, allocated = (int(value or 0) for value in said.values())
    check_size(height, width, str(path))
    stored = int(number(dataset, "BitsStored") or allocated)
    high = number(dataset, "HighBit")
    top = stored - 1 if high is None else int(high)
    if allocated not in (8, 16):
        what = "1 bit (a segmentation?)" if allocated == 1 else f"{allocated} bits"
        raise InputError(f"{path} has pixels of {what}; wanted 8 or 16")
    if not 1 < stored <= allocated or not stored - 1 <= top < allocated:
        raise InputError(f"{path} is damaged: it uses {stored} bits up to number {top} of {allocated}")
    kind = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    channels = int(number(dataset, "SamplesPerPixel") or 1)
    colours = channels == 3 and kind in ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420")
    syntax = _syntax(dataset, path)
    if not (channels == 1 and kind in ("MONOCHROME1", "MONOCHROME2")) and not colours:
        named = "in a palette of colours" if kind == "PALETTE COLOR" else f"of {channels} channels in an unknown colour"
        raise InputError(f"{path} has pixels {named}; {WANTED}")
    if colours and kind.startswith("YBR") and kind != "YBR_FULL" and syntax in PLAIN:
        raise InputError(f"{path} has pixels in {kind}, uncompressed; {WANTED}")
    return Layout(
        height=height,
        width=width,
        channels=channels,
        planar=number(dataset, "PlanarConfiguration") == 1,
        luma=kind.startswith("YBR"),
        allocated=allocated,
        stored=stored,
        high=top,
        syntax=syntax,
    )


def _syntax(dataset: "Dataset", path: Path) -> str:
    """The transfer syntax: how the values lie in the file. One without it is taken as pydicom found it to be."""
    from pydicom.uid import UID

    meta = dataset.file_meta if "file_meta" in vars(dataset) else None
    said = str(meta.get("TransferSyntaxUID") or "") if meta else ""
    if not said:
        _, little = dataset.original_encoding
        said = "1.2.840.10008.1.2.1" if little else "1.2.840.10008.1.2.2"
    if said not in PLAIN and said != RLE and said not in DECODERS:
        name = UID(said).name
        called = name if name != said else "an unknown way"
        raise InputError(f"{path} is compressed as {called}, which is not read here; wanted {READ}")
    return said


def spacing_of(dataset: "Dataset") -> tuple[tuple[float, float] | None, Plane | None]:
    """Calibrated spacing before that of the detector.

    Source: DICOM PS3.3, 10.7.1.3: PixelSpacing that is called calibrated, or that is not the detector's own, is in the
    patient; PixelSpacing alone says nothing of its plane in a projection, and is taken to be the detector's.
    """
    pixel, imager = numbers(dataset, "PixelSpacing"), numbers(dataset, "ImagerPixelSpacing")
    of_pixel = (pixel[0], pixel[1]) if len(pixel) == 2 and min(pixel) > 0 else None
    of_imager = (imager[0], imager[1]) if len(imager) == 2 and min(imager) > 0 else None
    if of_pixel is None:
        return of_imager, None if of_imager is None else "detector"
    calibrated = bool(found(dataset, "PixelSpacingCalibrationType"))
    other = of_imager is not None and not np.allclose(of_pixel, of_imager, rtol=1e-3)
    projected = dataset.get("Modality") in PROJECTIONS or of_imager is not None
    return of_pixel, "patient" if calibrated or other or not projected else "detector"


def number(dataset: "Dataset", keyword: str) -> float | None:
    """The first finite number of an element, or None."""
    some = numbers(dataset, keyword)
    return some[0] if some else None


def numbers(dataset: "Dataset", keyword: str) -> tuple[float, ...]:
    """The finite numbers of an element; none where it is missing, empty or no list of numbers."""
    value = found(dataset, keyword)
    if value is None:
        return ()
    try:
        alone = isinstance(value, str) or not np.iterable(value)
        some = tuple(float(each) for each in ([value] if alone else value))
    except (TypeError, ValueError):
        return ()
    return some if np.isfinite(some).all() else ()


def found(dataset: "Dataset", keyword: str) -> Any:
    """An element's value, at the root or, in an enhanced file, in the functional groups: shared, else of frame 1."""
    for place in (dataset, *_groups(dataset)):
        value = place.get(keyword)
        if value is not None and value != "":
            return value
    return None


def _groups(dataset: "Dataset") -> list["Dataset"]:
    sequences = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
    items = [item for name in sequences for item in (dataset.get(name) or [])[:1]]
    return [group for item in items for element in item if element.VR == "SQ" for group in element.value[:1]]
