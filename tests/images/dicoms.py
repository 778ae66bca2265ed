"""Small DICOM files of nobody, made afresh."""

import io
import warnings
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, XRayAngiographicImageStorage, generate_uid

PATIENT = "Surname^Firstname"
LOSSLESS_JPEG, JPEG, JPEG_LS, JPEG_2000 = (f"1.2.840.10008.1.2.4.{number}" for number in (70, 50, 80, 90))


def header(**elements: Any) -> FileDataset:
    """An X-ray angiogram's header without pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = XRayAngiographicImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["untaught"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    out.SOPClassUID, out.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    out.PatientName, out.Modality = PATIENT, "XA"
    for keyword, value in elements.items():
        setattr(out, keyword, value)
    return out


def described(values: NDArray[Any], bits: int, **elements: Any) -> FileDataset:
    """The header of a cine of stored values `[F, H, W]`, with the values uncompressed."""
    out = header(
        SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", PixelRepresentation=int(values.dtype.kind == "i")
    )
    out.NumberOfFrames, out.Rows, out.Columns = values.shape[:3]
    out.BitsAllocated, out.BitsStored, out.HighBit = 8 * values.dtype.itemsize, bits, bits - 1
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    out.add_new("PixelData", "OW" if values.dtype.itemsize == 2 else "OB", data + b"\0" * (len(data) % 2))
    for keyword, value in elements.items():
        setattr(out, keyword, value)
    return out


def compressed(dataset: FileDataset, frames: list[bytes], syntax: str) -> FileDataset:
    """The same with the pixels as those streams."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.add_new("PixelData", "OB", encapsulate(frames))
    dataset["PixelData"].is_undefined_length = True
    return dataset


def streams(values: NDArray[Any], bits: int, syntax: str) -> list[bytes]:
    """Each frame compressed without loss."""
    encoders = {
        LOSSLESS_JPEG: lambda each: imagecodecs.ljpeg_encode(each, bitspersample=bits),
        JPEG_LS: imagecodecs.jpegls_encode,
        JPEG_2000: lambda each: imagecodecs.jpeg2k_encode(each, level=0, codecformat="j2k", bitspersample=bits),
        RLELossless: rle,
    }
    return [bytes(encoders[syntax](np.ascontiguousarray(each))) for each in values]


def rle(values: NDArray[Any]) -> bytes:
    """PS3.5, annex G: planes of bytes, the most significant first, each here of literal runs alone."""
    planes = np.moveaxis(values.astype(values.dtype.newbyteorder(">")).view(np.uint8).reshape(*values.shape, -1), -1, 0)
    segments = []
    for plane in planes:
        rows = [plane.tobytes()[at : at + 128] for at in range(0, plane.size, 128)]
        body = b"".join(bytes([len(row) - 1]) + row for row in rows)
        segments.append(body + b"\0" * (len(body) % 2))
    places = 64 + np.cumsum([0, *(len(each) for each in segments[:-1])])
    head = np.zeros(16, "<u4")
    head[0], head[1 : 1 + len(segments)] = len(segments), places
    return head.tobytes() + b"".join(segments)


def saved(dataset: Dataset) -> bytes:
    """The bytes of the file."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are wrong on purpose
        dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def cine(frames: int = 3, height: int = 20, width: int = 24, bits: int = 12) -> NDArray[Any]:
    """Stored values `[F, H, W]` over all those bits."""
    generator = np.random.default_rng(0)
    dtype = np.uint8 if bits <= 8 else np.uint16
    return generator.integers(0, 2**bits, (frames, height, width)).astype(dtype)
