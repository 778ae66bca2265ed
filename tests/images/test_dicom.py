"""DICOM: the same greys however they are stored, spacing with its plane, and one sentence for what cannot be read."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from tests.images.dicoms import (
    JPEG,
    JPEG_2000,
    JPEG_LS,
    LOSSLESS_JPEG,
    PATIENT,
    cine,
    compressed,
    described,
    header,
    saved,
    streams,
)
from untaught.errors import InputError
from untaught.images import dicom, dicom_frames

VALUES = cine()
FULL = VALUES / np.float32(4095)


def read(put, dataset: Dataset) -> dicom.Cine:
    return dicom.read_cine(put(saved(dataset), "in.dcm"))


def test_twelve_bits_as_they_are(put):
    found = read(put, described(VALUES, 12))
    assert (found.frames, found.size, found.spacing, found.plane) == (3, (20, 24), None, None)
    assert found.stack().dtype == np.float32
    np.testing.assert_allclose(found.stack(), FULL, atol=1e-6)
    np.testing.assert_array_equal(found.frame(2), found.stack()[1])
    assert len(list(found)) == 3
    for number in (0, 4):
        with pytest.raises(IndexError):
            found.frame(number)


@pytest.mark.parametrize("syntax", [LOSSLESS_JPEG, JPEG_LS, JPEG_2000, str(RLELossless)])
@pytest.mark.parametrize("bits", [8, 12])
def test_compressed_without_loss(put, syntax: str, bits: int):
    values = cine(bits=bits)
    dataset = compressed(described(values, bits), streams(values, bits, syntax), syntax)
    np.testing.assert_allclose(read(put, dataset).stack(), values / np.float32(2**bits - 1), atol=1e-6)


def test_jpeg(put):
    import imagecodecs

    values = np.repeat(np.linspace(0, 255, 24).astype(np.uint8)[None, None], 20, 1)
    dataset = compressed(described(values, 8), [bytes(imagecodecs.jpeg8_encode(values[0], level=95))], JPEG)
    assert np.abs(read(put, dataset).frame(1) - values[0] / 255).max() < 0.02


def test_deflated_and_big_endian(put):
    dataset = described(VALUES, 12)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    np.testing.assert_allclose(read(put, dataset).stack(), FULL, atol=1e-6)
    layout = {"channels": 1, "planar": False, "luma": False, "allocated": 16, "stored": 12, "high": 11}
    big = dicom_frames.Layout(height=20, width=24, syntax=dicom_frames.BIG_ENDIAN, **layout)
    np.testing.assert_array_equal(dicom_frames.codes(VALUES[0].astype(">u2").tobytes(), big, "it"), VALUES[0])


def test_bits_above_and_below_the_value_are_left_out(put):
    """An old file's overlay stands in the bits above."""
    np.testing.assert_allclose(read(put, described(VALUES | 0x8000, 12)).stack(), FULL, atol=1e-6)
    np.testing.assert_allclose(read(put, described(VALUES << 4 | 7, 12, HighBit=15)).stack(), FULL, atol=1e-6)


def test_signed_values(put):
    values = VALUES.astype(np.int16) - 2048
    np.testing.assert_allclose(read(put, described(values, 12)).stack(), FULL, atol=1e-6)


def test_monochrome1_is_turned_over(put):
    dataset = described(VALUES, 12, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_allclose(read(put, dataset).stack(), 1 - FULL, atol=1e-6)


def test_the_window_is_what_is_shown(put):
    """LINEAR: of centre 1000 and width 400 the value 800 is black and 1199 white (C.11.2.1.2.1)."""
    values = np.array([[[0, 800, 900, 1000, 1199, 4095]]], np.uint16)
    dataset = described(values, 12, WindowCenter=[1000, 5], WindowWidth=[400, 9])
    wanted = [0, 0, 100 / 399, 200 / 399, 1, 1]
    np.testing.assert_allclose(read(put, dataset).frame(1)[0], wanted, atol=1e-6)
    dataset.VOILUTFunction = "LINEAR_EXACT"
    np.testing.assert_allclose(read(put, dataset).frame(1)[0], [0, 0, 0.25, 0.5, 0.9975, 1], atol=1e-6)
    dataset.VOILUTFunction = "SIGMOID"
    assert read(put, dataset).frame(1)[0, 3] == pytest.approx(0.5)
    dataset.PhotometricInterpretation, dataset.VOILUTFunction = "MONOCHROME1", "LINEAR"
    np.testing.assert_allclose(read(put, dataset).frame(1)[0], 1 - np.array(wanted), atol=1e-6)


@pytest.mark.parametrize(("centre", "width"), [(2000, 0), (2000, 1), (9000, 100), (-500, 100)])
def test_a_window_that_cannot_be_meant_is_passed_over(put, centre: int, width: int):
    dataset = described(VALUES, 12, WindowCenter=centre, WindowWidth=width)
    np.testing.assert_allclose(read(put, dataset).stack(), FULL, atol=1e-6)


def table(entries: list[int], bits: int = 16) -> Dataset:
    out = Dataset()
    out.add_new("LUTDescriptor", "US", [len(entries), 0, bits])
    out.add_new("LUTData", "US", entries)
    return out


def test_a_modality_lut_is_left_out_in_angiography_and_used_elsewhere(put):
    squares = [value**2 for value in range(256)]
    dataset = described(cine(bits=8), 8, ModalityLUTSequence=[table(squares)], PixelIntensityRelationship="LOG")
    full = cine(bits=8) / np.float32(255)
    np.testing.assert_allclose(read(put, dataset).stack(), full, atol=1e-6)
    dataset.Modality = "CR"
    np.testing.assert_allclose(read(put, dataset).stack(), full**2, atol=1e-6)


def test_rescaled_before_the_window(put):
    values = np.array([[[0, 500, 1000]]], np.uint16)
    elements = {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 0, "WindowWidth": 1001}
    dataset = described(values, 12, Modality="CT", **elements)
    np.testing.assert_allclose(read(put, dataset).frame(1)[0], [0, 0.5005, 1], atol=1e-6)


def test_a_voi_lut(put):
    dataset = described(cine(bits=8), 8, VOILUTSequence=[table(list(range(255, -1, -1)), 8)])
    np.testing.assert_allclose(read(put, dataset).stack(), 1 - cine(bits=8) / np.float32(255), atol=1e-6)


def test_a_modality_lut_and_then_a_voi_lut(put):
    halves, turned = table([value // 2 for value in range(256)]), table(list(range(255, -1, -1)), 8)
    dataset = described(cine(bits=8), 8, Modality="CR", ModalityLUTSequence=[halves], VOILUTSequence=[turned])
    np.testing.assert_allclose(read(put, dataset).stack(), (255 - cine(bits=8) // 2) / np.float32(255), atol=1e-6)


def test_an_enhanced_file_says_it_in_its_functional_groups(put):
    window, pixels, shared, dataset = Dataset(), Dataset(), Dataset(), described(VALUES, 12)
    window.WindowCenter, window.WindowWidth, pixels.ImagerPixelSpacing = 1000, 400, [0.2, 0.3]
    shared.FrameVOILUTSequence, shared.FramePixelDataPropertiesSequence = [window], [pixels]
    dataset.SharedFunctionalGroupsSequence = [shared]
    found = read(put, dataset)
    assert (found.spacing, found.plane) == ((0.2, 0.3), "detector")
    assert found.frame(1).max() == 1 and (found.frame(1) == 0).mean() > 0.1


@pytest.mark.parametrize(
    ("elements", "spacing", "plane"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.25]}, (0.2, 0.25), "detector"),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.2, 0.2]}, (0.2, 0.2), "detector"),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.15]}, (0.15, 0.15), "patient"),
        ({"PixelSpacing": [0.15, 0.15]}, (0.15, 0.15), "detector"),
        ({"PixelSpacing": [0.1, 0.2], "PixelSpacingCalibrationType": "GEOMETRY"}, (0.1, 0.2), "patient"),
        ({"PixelSpacing": [0.5, 0.5], "Modality": "CT"}, (0.5, 0.5), "patient"),
        ({"PixelSpacing": [0, 0]}, None, None),
        ({}, None, None),
    ],
)
def test_spacing_and_its_plane(put, elements: dict, spacing: tuple | None, plane: str | None):
    found = read(put, described(VALUES, 12, **elements))
    assert (found.spacing, found.plane) == (spacing, plane)


def test_grey_in_three_channels(put):
    values = cine(bits=8)
    three = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    pixels = np.repeat(values[..., None], 3, 3)
    full = values / np.float32(255)
    dataset = described(values, 8, **three, PixelData=pixels.tobytes())
    np.testing.assert_allclose(read(put, dataset).stack(), full, atol=1e-6)
    dataset.PlanarConfiguration, dataset.PixelData = 1, np.moveaxis(pixels, 3, 1).tobytes()
    np.testing.assert_allclose(read(put, dataset).stack(), full, atol=1e-6)
    pixels[..., 1:] = 128
    dataset.PlanarConfiguration, dataset.PixelData = 0, pixels.tobytes()
    dataset.PhotometricInterpretation = "YBR_FULL"
    np.testing.assert_allclose(read(put, dataset).stack(), full, atol=1e-6)
    pixels[1, 4, 5, 2] = 200
    dataset.PixelData = pixels.tobytes()
    found = read(put, dataset)
    assert found.frame(1).shape == (20, 24)
    with pytest.raises(InputError, match=r"^frame 2 of .*in\.dcm is in colour; wanted grey$"):
        found.frame(2)


def refused(put, data: bytes, sentence: str) -> None:
    path = put(data, "in.dcm")
    with pytest.raises(InputError) as caught:
        dicom.read_cine(path).stack()
    said = str(caught.value)
    assert sentence in said and str(path) in said and "\n" not in said, said
    assert PATIENT.split("^")[0] not in said


@pytest.mark.parametrize(
    ("elements", "sentence"),
    [
        ({"Rows": 40_000, "Columns": 30_000}, "is 40000x30000 (height x width), 1200 million pixels; wanted at most"),
        ({"Rows": 0}, "is 0x24; wanted at least 1x1"),
        ({"Rows": 21}, "is cut short: it has 2880 of the 3024 bytes of its 3 frames"),
        ({"NumberOfFrames": 2**31 - 1}, "is cut short: it has 2880 of the"),
        ({"NumberOfFrames": -2}, "says that it has -2 frames"),
        ({"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31}, "has pixels of 32 bits; wanted 8 or 16"),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "has pixels of 1 bit (a segmentation?); wanted 8 or 16"),
        ({"BitsStored": 17, "HighBit": 16}, "it uses 17 bits up to number 16 of 16"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "has pixels in a palette of colours; wanted MONOCHROME1"),
        ({"PhotometricInterpretation": "CMYK", "SamplesPerPixel": 4}, "has pixels of 4 channels"),
        ({"PhotometricInterpretation": "YBR_FULL_422", "SamplesPerPixel": 3}, "in YBR_FULL_422, uncompressed"),
        ({"VOILUTSequence": [table([7, 7], 8)]}, "its window or lookup table shows every pixel as one grey"),
    ],
)
def test_headers_that_are_not_meant(put, elements: dict, sentence: str):
    refused(put, saved(described(VALUES, 12, **elements)), sentence)


def test_no_pixels(put):
    refused(put, saved(header(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")), "has no pixels (Basic Text SR Storage)")
    refused(put, saved(header(SOPClassUID="1.2.840.10008.1.3.10")), "is a DICOMDIR, a list of files; wanted one of")
    refused(put, saved(header(FloatPixelData=b"\0" * 8)), "has pixels that are floating-point numbers")
    refused(put, saved(header(Rows=3, Columns=4)), "is cut short: the 3x4 pixels (height x width) of its header")
    refused(put, b"hello, I am a text", "is not a DICOM file, or is cut short")
    refused(put, b"", "is empty")
    with pytest.raises(InputError, match="does not exist"):
        dicom.read_cine(Path("nowhere.dcm"))
    without = described(VALUES, 12)
    del without.BitsAllocated
    refused(put, saved(without), "is damaged: its header does not say BitsAllocated")


@pytest.mark.parametrize("syntax", ["", LOSSLESS_JPEG, JPEG_LS, JPEG_2000, str(RLELossless)])
def test_cut_short_anywhere(put, syntax: str):
    dataset = described(VALUES, 12)
    data = saved(compressed(dataset, streams(VALUES, 12, syntax), syntax) if syntax else dataset)
    for end in [*range(1, len(data) - 10, 239), len(data) - 12]:
        refused(put, data[:end], "")


def test_streams_that_are_damaged(put):
    good = streams(VALUES, 12, JPEG_2000)
    for bad, sentence in (
        (good[:2], "is cut short: it has 2 of its 3 frames"),
        ([good[0], good[1][:-40], good[2]], "frame 2 of"),
        ([good[0], good[1][:-40], good[2]], "is cut short: its JPEG 2000 stream has no end"),
        ([good[0], streams(cine(height=21), 12, JPEG_2000)[0], good[2]], "stream says 21x24, its header 20x24"),
    ):
        refused(put, saved(compressed(described(VALUES, 12), bad, JPEG_2000)), sentence)
    huge = good[0].replace(b"\0\0\0\x18\0\0\0\x14", b"\0\x0f\0\0\0\x0f\0\0", 1)
    assert huge != good[0] and dicom_frames.size_in(huge) == (0xF0000, 0xF0000)
    refused(put, saved(compressed(described(VALUES, 12), [huge] * 3, JPEG_2000)), "stream says 983040x983040")
    short = streams(VALUES[:, :15], 12, RLELossless)
    refused(put, saved(compressed(described(VALUES, 12), short, RLELossless)), "of its 960 bytes come out of its RLE")


def test_codecs_that_are_not_here(put, monkeypatch: pytest.MonkeyPatch):
    video = compressed(described(VALUES, 12), [b"x" * 8] * 3, "1.2.840.10008.1.2.4.102")
    refused(
        put, saved(video), "is compressed as MPEG-4 AVC/H.264 High Profile / Level 4.1, which is not read here; wanted"
    )

    def missing(data: bytes) -> None:
        raise ImportError

    monkeypatch.setitem(dicom_frames.DECODERS, JPEG_2000, ("JPEG 2000", missing))
    dataset = compressed(described(VALUES, 12), streams(VALUES, 12, JPEG_2000), JPEG_2000)
    refused(put, saved(dataset), "JPEG 2000, which imagecodecs cannot read here; pip install --upgrade imagecodecs")


def test_without_pydicom(put, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    refused(put, b"\0" * 128 + b"DICM", "for which pydicom is wanted: pip install 'untaught[dicom]'")


def test_nobody_is_named(put, monkeypatch: pytest.MonkeyPatch):
    """Not in what is kept, nor in a message, though pydicom's own warnings quote what they warn of."""
    data = saved(described(VALUES, 12, SpecificCharacterSet="ISO_IR 999"))
    path = put(data.replace(b"ISO_IR 999", b"Surname999").replace(b"MONOCHROME2", b"Surname2345"), "in.dcm")
    code = f"""
import sys
from pathlib import Path
from untaught.images import dicom
try:
    dicom.read_cine(Path({str(path)!r}))
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "unknown colour" in done.stdout and "Surname" not in done.stdout + done.stderr and not done.stderr
    kept: list[Dataset] = []
    before = pydicom.dcmread
    monkeypatch.setattr(pydicom, "dcmread", lambda *some, **more: kept.append(before(*some, **more)) or kept[-1])
    found = read(put, described(VALUES, 12))
    assert "Rows" in kept[0] and "PatientName" not in kept[0] and "Surname" not in repr(vars(found))
