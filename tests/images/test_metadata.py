"""What is said about the pixels is kept."""

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps, PngImagePlugin

from tests.images.samples import exif_block, noise, picture, said, saved, srgb
from untaught.images import Picture, exif, read, write

KINDS = [("png", "uint8"), ("png", "uint16"), ("jpg", "uint8"), ("tif", "uint8"), ("tif", "uint16"), ("webp", "uint8")]
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize(("suffix", "dtype"), KINDS)
def test_exif_icc_dpi_and_xmp_come_back(tmp_path: Path, suffix: str, dtype: str):
    pixels = noise(dtype, 3)
    like = picture(pixels, exif=exif_block(), icc=srgb(), dpi=(300.0, 150.0), xmp=XMP)
    path = tmp_path / f"out.{suffix}"
    write(path, pixels, like=like)
    back = read(path).metadata
    assert back.icc == srgb()
    assert back.dpi == pytest.approx((300, 150), rel=1e-4)
    assert back.xmp == XMP
    assert back.exif is not None
    assert said(back.exif) == said(exif_block())
    assert said(back.exif)["latitude"] == (51.0, 30.0, 26.5) and said(back.exif)["interoperability"] == "R98"


@pytest.mark.parametrize(("suffix", "dtype"), [kind for kind in KINDS if kind != ("tif", "uint16")])
def test_other_programs_find_it(tmp_path: Path, suffix: str, dtype: str):
    pixels = noise(dtype, 3)
    path = tmp_path / f"out.{suffix}"
    write(path, pixels, like=picture(pixels, exif=exif_block(1), icc=srgb(), dpi=(300.0, 300.0), xmp=XMP))
    with Image.open(path) as image:
        exif_found = image.getexif()
        assert exif_found[0x010F] == "Maker" and exif_found.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert exif_found.get_ifd(0x8825)[2] == (51.0, 30.0, 26.5)
        assert image.info["icc_profile"] == srgb()
        assert image.info["xmp"] == XMP
        dpi = image.info.get("dpi") or (exif_found[0x011A], exif_found[0x011B])
        assert tuple(map(float, dpi)) == pytest.approx((300, 300), rel=1e-4)
    with tifffile.TiffFile(path) if suffix == "tif" else io.BytesIO() as file:
        assert suffix != "tif" or file.pages[0].tags["Copyright"].value == "Copyright of someone"


@pytest.mark.parametrize("first", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("second", ["png", "jpg", "tif", "webp"])
def test_from_any_format_to_any_other(tmp_path: Path, first: str, second: str):
    pixels = noise("uint8", 3)
    like = picture(pixels, exif=exif_block(), icc=srgb(), dpi=(72.0, 300.0), xmp=XMP)
    write(tmp_path / f"a.{first}", pixels, like=like)
    source = read(tmp_path / f"a.{first}")
    write(tmp_path / f"b.{second}", source.pixels, like=source)
    back = read(tmp_path / f"b.{second}").metadata
    assert back.icc == srgb() and back.xmp == XMP and back.exif is not None
    assert said(back.exif) == said(exif_block())
    assert back.dpi == pytest.approx((72, 300), rel=1e-3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_turned_upright(tmp_path: Path, kind: str, orientation: int):
    image = Image.fromarray(noise("uint8", 3, 16, 24))
    options = {"lossless": True} if kind == "WEBP" else {}
    exif_bytes = b"Exif\0\0" + exif_block(orientation)
    (tmp_path / "in").write_bytes(saved(image, kind, exif=exif_bytes, dpi=(100, 200), **options))
    with Image.open(tmp_path / "in") as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    found = read(tmp_path / "in")
    np.testing.assert_array_equal(found.pixels, expected)
    kept = {**said(exif_block(1)), **({"interoperability": None} if kind == "TIFF" else {})}  # Pillow's TIFFs lose it
    assert found.metadata.exif is not None and said(found.metadata.exif) == kept
    if kind != "WEBP":
        assert found.metadata.dpi == pytest.approx((200, 100) if orientation > 4 else (100, 200), rel=1e-3)
    for suffix in ("png", "tif", "jpg", "webp"):
        write(tmp_path / f"out.{suffix}", found.pixels, like=found)
        again = read(tmp_path / f"out.{suffix}")
        assert again.pixels.shape == expected.shape
        if suffix != "jpg":
            np.testing.assert_array_equal(again.pixels, expected)


@pytest.mark.parametrize("orientation", [3, 6])
def test_alpha_is_turned_too_and_xmp_no_longer_asks_for_it(tmp_path: Path, orientation: int):
    samples = noise("uint8", 4)
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode().replace("6", str(orientation)), zip=True)
    block = b"Exif\0\0" + exif_block(orientation)
    (tmp_path / "in.png").write_bytes(saved(Image.fromarray(samples), "PNG", exif=block, pnginfo=text))
    found = read(tmp_path / "in.png")
    np.testing.assert_array_equal(found.alpha, np.rot90(samples[..., 3], 2 if orientation == 3 else -1))
    assert found.metadata.xmp == XMP.replace(b"6", b"1")


def test_big_endian_exif_and_orientation_of_the_wrong_kind(tmp_path: Path):
    block = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 274, 3, 1, 6, 0, 0)
    image = Image.fromarray(noise("uint8", 3))
    (tmp_path / "in.jpg").write_bytes(saved(image, "JPEG", exif=b"Exif\0\0" + block))
    assert read(tmp_path / "in.jpg").pixels.shape == (image.width, image.height, 3)
    for wrong in (0, 9, 65535):
        odd = block.replace(b"\0\6", struct.pack(">H", wrong))
        (tmp_path / "in.jpg").write_bytes(saved(image, "JPEG", exif=b"Exif\0\0" + odd))
        assert read(tmp_path / "in.jpg").pixels.shape == (image.height, image.width, 3)


def test_a_damaged_exif_block_does_not_lose_the_image(tmp_path: Path):
    image = Image.fromarray(noise("uint8", 3))
    for block in (b"II*\0\xff\xff\xff\x7f", b"nonsense", b"II*\0\x08\0\0\0\xff\xff", exif_block(6)[:-40]):
        (tmp_path / "in.jpg").write_bytes(saved(image, "JPEG", exif=b"Exif\0\0" + block))
        found = read(tmp_path / "in.jpg")
        for suffix in ("jpg", "png", "tif", "webp"):
            write(tmp_path / f"out.{suffix}", found.pixels, like=found, overwrite=True)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_the_thumbnail_of_the_old_pixels_is_gone(tmp_path: Path, suffix: str):
    small = saved(Image.fromarray(noise("uint8", 3)), "JPEG")
    first = exif.Directory("<", values={271: exif.Value(2, 6, b"Maker\0")})
    block = exif.block_of(first)
    at = len(block)  # Pillow drops the second directory, so it is put there by hand
    numbers = {513: at + 30, 514: len(small)}
    second = exif.Directory("<", values={tag: exif.Value(4, 1, struct.pack("<I", n)) for tag, n in numbers.items()})
    block = block.replace(b"\0\0\0\0Maker", struct.pack("<I", at) + b"Maker") + exif.serialise(second, at)
    (tmp_path / "in.jpg").write_bytes(
        saved(Image.fromarray(noise("uint8", 3)), "JPEG", exif=b"Exif\0\0" + block + small)
    )
    found = read(tmp_path / "in.jpg")
    assert found.metadata.exif is not None and small in found.metadata.exif
    write(tmp_path / f"out.{suffix}", found.pixels, like=found)
    data = (tmp_path / f"out.{suffix}").read_bytes()
    assert b"Maker\0" in data and small not in data and small[-50:-10] not in data
    block = read(tmp_path / f"out.{suffix}").metadata.exif
    directory = exif.parse(block or b"")
    assert block and directory and block[directory.next_at : directory.next_at + 4] == bytes(4)


def test_blocks_of_the_own_format_are_kept_there_only(tmp_path: Path):
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "A title")
    text.add_itxt("Comment", "ünïcode", zip=True)
    text.add(b"gAMA", struct.pack(">I", 45455))
    (tmp_path / "in.png").write_bytes(saved(Image.fromarray(noise("uint8", 3)), "PNG", pnginfo=text))
    (tmp_path / "in.jpg").write_bytes(saved(Image.fromarray(noise("uint8", 3)), "JPEG", comment=b"A remark"))
    for source, kept in (("png", {"Title": "A title", "Comment": "ünïcode"}), ("jpg", {"comment": b"A remark"})):
        found = read(tmp_path / f"in.{source}")
        for target in ("png", "jpg", "tif"):
            write(tmp_path / f"out.{target}", found.pixels, like=found, overwrite=True)
            with Image.open(tmp_path / f"out.{target}") as image:
                assert {key: image.info.get(key) for key in kept} == (kept if source == target else dict.fromkeys(kept))
                assert source != "png" or target != "png" or image.info["gamma"] == 0.45455


def test_long_profiles_span_several_jpeg_segments(tmp_path: Path):
    icc = srgb()[:128] + np.random.default_rng(0).bytes(200_000)
    pixels = noise("uint8", 3)
    for suffix in ("jpg", "png", "tif", "webp"):
        write(tmp_path / f"out.{suffix}", pixels, like=picture(pixels, icc=icc))
        assert read(tmp_path / f"out.{suffix}").metadata.icc == icc
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.info["icc_profile"] == icc


def test_a_profile_for_colour_is_not_put_on_grey(tmp_path: Path):
    for suffix in ("jpg", "png", "tif", "webp"):
        write(tmp_path / f"out.{suffix}", noise("uint8", 1), like=picture(noise("uint8", 3), icc=srgb()))
        assert read(tmp_path / f"out.{suffix}").metadata.icc is None
    grey = srgb()[:16] + b"GRAY" + srgb()[20:]
    for suffix, expected in (("jpg", grey), ("png", grey), ("tif", grey), ("webp", None)):
        write(tmp_path / f"out.{suffix}", noise("uint8", 1), like=picture(noise("uint8", 1), icc=grey), overwrite=True)
        assert read(tmp_path / f"out.{suffix}").metadata.icc == expected


def test_exif_too_long_for_a_jpeg_is_left_out_with_a_warning(tmp_path: Path):
    pixels = noise("uint8", 3)
    note = exif.Directory("<", values={270: exif.Value(2, 70_000, b"x" * 70_000)})
    like = picture(pixels, exif=exif.block_of(note), dpi=(72.0, 72.0))
    with pytest.warns(UserWarning, match=r"^EXIF of \d+ bytes left out: a JPEG holds 65527$"):
        write(tmp_path / "out.jpg", pixels, like=like)
    assert read(tmp_path / "out.jpg").metadata.exif is None
    write(tmp_path / "out.png", pixels, like=like)
    assert read(tmp_path / "out.png").metadata.exif == like.metadata.exif
    like = picture(pixels, icc=srgb()[:128] + bytes(255 * 65519))
    with pytest.warns(UserWarning, match=r"^ICC profile of \d+ bytes left out: a JPEG holds 16707345$"):
        write(tmp_path / "out.jpg", pixels, like=like, overwrite=True)
    assert read(tmp_path / "out.jpg").metadata.icc is None


@pytest.mark.parametrize("dpi", [(2.54e7, 2.54e7), (1e-3, 1e-3), (1e10, 1.0), (96.5, 72.25)])
def test_resolutions_of_microscopes_and_maps_do_not_stop_the_writing(tmp_path: Path, dpi: tuple[float, float]):
    pixels = noise("uint8", 3)
    for suffix in ("jpg", "png", "tif", "webp"):
        write(tmp_path / f"out.{suffix}", pixels, like=picture(pixels, dpi=dpi))
        read(tmp_path / f"out.{suffix}")
    assert (read(tmp_path / "out.jpg").metadata.dpi is None) == (dpi != (96.5, 72.25))
    if max(dpi) < 2**32:
        assert read(tmp_path / "out.tif").metadata.dpi == pytest.approx(dpi)


def test_resolution_per_centimetre(tmp_path: Path):
    tifffile.imwrite(tmp_path / "in.tif", noise("uint8", 1), resolution=(100, 50), resolutionunit="CENTIMETER")
    assert read(tmp_path / "in.tif").metadata.dpi == pytest.approx((254, 127))
    tifffile.imwrite(tmp_path / "in.tif", noise("uint8", 1), resolution=(1, 1), resolutionunit="NONE")
    assert read(tmp_path / "in.tif").metadata.dpi is None
    jfif = saved(Image.fromarray(noise("uint8", 1)), "JPEG", dpi=(100, 50))
    assert jfif[13] == 1
    (tmp_path / "in.jpg").write_bytes(jfif[:13] + b"\2" + jfif[14:])
    assert read(tmp_path / "in.jpg").metadata.dpi == pytest.approx((254, 127))
    (tmp_path / "in.jpg").write_bytes(jfif[:13] + b"\0" + jfif[14:])
    assert read(tmp_path / "in.jpg").metadata.dpi is None


def test_plain_files_have_nothing_said_about_them(tmp_path: Path):
    for suffix in ("png", "jpg", "tif", "webp"):
        write(tmp_path / f"out.{suffix}", noise("uint8", 3))
        about = read(tmp_path / f"out.{suffix}").metadata
        assert (about.exif, about.icc, about.dpi, about.xmp, about.blocks) == (None, None, None, None, ())


def test_the_chunks_of_a_written_png_are_sound(tmp_path: Path):
    pixels = noise("uint16", 3)
    write(
        tmp_path / "out.png", pixels, like=picture(pixels, exif=exif_block(), icc=srgb(), dpi=(300.0, 300.0), xmp=XMP)
    )
    data, at, kinds = (tmp_path / "out.png").read_bytes(), 8, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        kinds.append(data[at + 4 : at + 8].decode())
        assert zlib.crc32(data[at + 4 : at + 8 + length]) == int.from_bytes(data[at + 8 + length : at + 12 + length])
        at += 12 + length
    assert kinds[0] == "IHDR" and kinds[-1] == "IEND" and data[24] == 16
    assert {"iCCP", "pHYs", "eXIf", "iTXt"} == set(kinds[1 : kinds.index("IDAT")])


def test_a_tiff_written_again_keeps_its_words_but_not_notes_on_its_layout(tmp_path: Path):
    tifffile.imwrite(tmp_path / "in.tif", noise("uint16", 3), photometric="rgb", description="A cell", software="Scope")
    found = read(tmp_path / "in.tif")
    write(tmp_path / "out.tif", np.zeros((2, 3), np.float32), like=found)
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.pages[0].description == "A cell" and file.pages[0].software == "Scope"
    tifffile.imwrite(tmp_path / "in.tif", noise("uint16", 1), metadata={"axes": "YX"})
    assert b'"shape"' in (tmp_path / "in.tif").read_bytes()
    write(tmp_path / "out.tif", np.zeros((2, 3), np.float32), like=read(tmp_path / "in.tif"), overwrite=True)
    assert b'"shape"' not in (tmp_path / "out.tif").read_bytes()
    assert tifffile.imread(tmp_path / "out.tif").shape == (2, 3)


def test_bigtiff_says_what_a_tiff_says(tmp_path: Path):
    pixels = noise("uint16", 3)
    tags = [(274, 3, 1, 6, True), (271, 2, 6, b"Maker\0", True)]
    about = {"extratags": tags, "iccprofile": srgb(), "resolution": (300, 150), "resolutionunit": "INCH"}
    for order in ("<", ">"):
        path = tmp_path / "in.tif"
        tifffile.imwrite(path, pixels, photometric="rgb", bigtiff=True, byteorder=order, **about)
        found = read(path)
        np.testing.assert_array_equal(found.pixels, np.rot90(pixels, -1))
        assert found.metadata.icc == srgb() and found.metadata.dpi == (150, 300)
        assert found.metadata.exif is not None and said(found.metadata.exif)["maker"] == "Maker"
        write(tmp_path / "out.jpg", found.pixels.astype(np.uint8), like=found, overwrite=True)
        with Image.open(tmp_path / "out.jpg") as image:
            assert image.getexif()[271] == "Maker" and image.getexif()[274] == 1


def test_directories_change_their_layout_with_all_that_is_in_them() -> None:
    first = exif.parse(exif_block(3))
    assert first is not None
    header = struct.pack(first.order + "2sHHHQ", b"II" if first.order == "<" else b"MM", 43, 8, 0, 16)
    wide = header + exif.serialise(replace(first, layout=exif.BIG), 16)
    big = exif.parse(wide)
    assert big is not None and big.layout == big.children[0x8769].children[0xA005].layout == exif.BIG
    assert said(exif.block_of(big)) == said(exif_block(3))


def test_directories_survive_being_written_and_read() -> None:
    first = exif.parse(exif_block(3))
    assert first is not None and set(first.children) == {0x8769, 0x8825} and 0xA005 in first.children[0x8769].children
    again = exif.parse(exif.block_of(first))
    assert again is not None

    def plain(directory: exif.Directory) -> object:
        values = {tag: (value.type, value.count, value.data) for tag, value in directory.values.items()}
        return values, {tag: plain(child) for tag, child in directory.children.items()}

    assert plain(again) == plain(first)
    assert exif.orientation(exif.block_of(first)) == 3 and exif.orientation(exif.upright(exif_block(3))) == 1
    assert sum(a != b for a, b in zip(exif_block(3), exif.upright(exif_block(3)), strict=True)) == 1  # in place


def test_values_that_overlap_are_not_all_believed() -> None:
    """Each of 500 tags claims the whole block: taken at their word they would need 500 times its size."""
    size = 500 * 12 + 14
    entries = b"".join(struct.pack("<HHII", 1000 + index, 1, size, 0) for index in range(500))
    directory = exif.parse(b"II*\0\x08\0\0\0" + struct.pack("<H", 500) + entries + bytes(4))
    assert directory is not None and len(directory.values) == 1 and len(directory.lost) == 499


def test_pieces_of_a_profile_in_another_order_and_a_png_without_a_unit(tmp_path: Path):
    icc = srgb()[:128] + np.random.default_rng(0).bytes(100_000)
    data = saved(Image.fromarray(noise("uint8", 3)), "JPEG", icc_profile=icc)
    first = data.index(b"\xff\xe2")
    second = data.index(b"\xff\xe2", first + 65_000)
    end = second + 2 + int.from_bytes(data[second + 2 : second + 4])
    (tmp_path / "in.jpg").write_bytes(data[:first] + data[second:end] + data[first:second] + data[end:])
    assert read(tmp_path / "in.jpg").metadata.icc == icc
    pixels = noise("uint8", 3)
    write(tmp_path / "in.png", pixels, like=picture(pixels, dpi=(300.0, 300.0)))
    data = (tmp_path / "in.png").read_bytes()
    at = data.index(b"pHYs")
    aspect = data[at : at + 12] + b"\0"
    (tmp_path / "in.png").write_bytes(data[:at] + aspect + zlib.crc32(aspect).to_bytes(4) + data[at + 17 :])
    assert read(tmp_path / "in.png").metadata.dpi is None


def test_a_picture_compares_by_identity() -> None:
    one = picture(noise("uint8", 1))
    assert one == one and one != picture(noise("uint8", 1)) and isinstance(hash(one), int)
    assert isinstance(one, Picture)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [exif.SHORT, exif.LONG])
def test_a_block_says_the_new_size_and_is_as_large_on_paper(order: str, kind: int):
    size = {
        tag: exif.Value(kind, 1, struct.pack(order + ("H" if kind == exif.SHORT else "I"), 9))
        for tag in (0xA002, 0xA003)
    }
    details = exif.Directory(
        order, values={**size, 0x829A: exif.Value(exif.RATIONAL, 1, struct.pack(order + "2I", 1, 50))}
    )
    before = exif.with_dpi(exif.Directory(order, children={exif.DETAILS: details}), (72.0, 300.0))
    block = exif.block_of(before)
    after = exif.parse(exif.resized(block, 40, 60, (2.0, 3.0)))
    assert after is not None and exif.dpi(after) == (144, 900)
    assert [after.children[exif.DETAILS].integer(tag) for tag in (0xA002, 0xA003)] == [60, 40]
    assert after.children[exif.DETAILS].values[0x829A].data == details.values[0x829A].data
    assert len(exif.resized(block, 40, 60, (2.0, 3.0))) == len(block)
    huge = exif.parse(exif.resized(block, 40, 70_000, (1.0, 1.0)))
    assert huge is not None and huge.children[exif.DETAILS].integer(0xA002) == (9 if kind == exif.SHORT else 70_000)


@pytest.mark.parametrize("block", [b"", b"nonsense", b"II*\0\xff\xff\xff\x7f", exif_block()])
def test_a_block_that_says_no_size_is_left_alone(block: bytes):
    assert exif.resized(block, 40, 60, (2.0, 3.0)) == block


@pytest.mark.parametrize(("suffix", "dtype"), KINDS)
def test_pixels_of_another_size_have_another_resolution(tmp_path: Path, suffix: str, dtype: str):
    like = picture(noise(dtype, 3, 16, 24), exif=exif_block(), dpi=(300.0, 150.0))
    path = tmp_path / f"out.{suffix}"
    write(path, noise(dtype, 3, 32, 72), like=like)
    back = read(path).metadata
    assert back.dpi == pytest.approx((900, 300), rel=1e-4) and back.exif is not None
    assert said(back.exif) == said(exif_block())
