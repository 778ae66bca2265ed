"""What a stored value of a DICOM file looks like: one table for all frames of a file.

Source: DICOM PS3.3 (2024), C.7.6.3 and C.11.1-2; PS3.4, N.2.5; PS3.17, FFF.2.3.1.3.4.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from untaught.images.dicom_header import found, number

if TYPE_CHECKING:
    from pydicom import Dataset

XRAY = ("XA", "RF")
"""Modalities whose modality LUT leads back to the intensity at the detector and is no part of what is displayed."""


def greys(dataset: "Dataset", stored: int) -> NDArray[np.float32]:
    """`[2 ** stored]` greys in [0, 1], one for each code that a pixel may have: as a viewer first shows the file.

    Modality LUT or rescale (not in X-ray angiography), then the first window or VOI LUT; where the file has none that
    can be meant, all that the bits can hold. MONOCHROME1 is turned over.

    Not the range of the pixels themselves: all frames of a cine, and the cines of a scanner, keep one scale; nor the
    bits alone where there is a window: of 12 bits often a quarter is used, and the window is what whoever drew the
    labels saw and what exported pictures were made with.
    """
    codes = np.arange(2**stored, dtype=np.int32)
    signed = int(number(dataset, "PixelRepresentation") or 0) == 1
    values = np.where(codes >= 2 ** (stored - 1), codes - 2**stored, codes) if signed else codes
    measured = _measured(dataset, values)
    shown = _shown(dataset, measured)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        shown = 1 - shown
    return shown.astype(np.float32)


def _measured(dataset: "Dataset", values: NDArray[Any]) -> NDArray[Any]:
    """Through the modality LUT or the rescale slope and intercept."""
    from pydicom.pixels.processing import apply_modality_lut

    if dataset.get("Modality") in XRAY:
        return values
    if dataset.get("ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(values, dataset))
    slope, intercept = number(dataset, "RescaleSlope"), number(dataset, "RescaleIntercept")
    return values if slope is None else values * slope + (intercept or 0.0)


def _shown(dataset: "Dataset", values: NDArray[Any]) -> NDArray[Any]:
    """On [0, 1]: through the window, else the VOI LUT, else from the least to the greatest that there can be."""
    from pydicom.pixels.processing import apply_voi

    low, high = float(values.min()), float(values.max())
    centre, width = number(dataset, "WindowCenter"), number(dataset, "WindowWidth")
    if (
        centre is not None
        and width is not None
        and width > 1
        and low < centre + width / 2
        and high > centre - width / 2
    ):
        return _window(values, centre, width, str(found(dataset, "VOILUTFunction") or "LINEAR"))
    if dataset.get("VOILUTSequence") and values.dtype.kind in "iu":
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return (np.asarray(apply_voi(values, dataset)) / (2.0**bits - 1)).clip(0, 1)
    return (values - low) / max(high - low, 1e-12)


def _window(values: NDArray[Any], centre: float, width: float, function: str) -> NDArray[Any]:
    """C.11.2.1.2-3: LINEAR (black and white are the window's first and last value), LINEAR_EXACT, SIGMOID."""
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - centre) / width, -60, 60))))
    if function == "LINEAR_EXACT":
        return np.asarray(((values - centre) / width + 0.5).clip(0, 1))
    return np.asarray(((values - (centre - 0.5)) / (width - 1) + 0.5).clip(0, 1))
