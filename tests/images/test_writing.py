"""All of the file or nothing of it, and every refusal in a sentence."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.images.samples import noise, picture
from untaught.errors import ResourceError, UsageError
from untaught.images import check_writable, read, write, write_atomically

PIXELS = noise("uint8", 3)


def refused(path: Path, sentence: str, **options: Any) -> None:
    """`check_writable` and, with pixels, `write` say the same."""
    options = {"overwrite": False, **options}
    with pytest.raises(UsageError) as caught:
        check_writable(path, **options)
    assert sentence in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2
    if not options.keys() - {"overwrite"}:
        with pytest.raises(UsageError) as written:
            write(path, PIXELS, overwrite=options["overwrite"])
        assert str(written.value) == str(caught.value)


def test_extensions(tmp_path: Path):
    for name in ("a.png", "a.JPG", "a.jpeg", "a.tif", "a.TIFF", "a.webp"):
        check_writable(tmp_path / name, overwrite=False)
    refused(tmp_path / "a.gif", "has the extension .gif; wanted .png, .jpg, .jpeg, .tif, .tiff or .webp")
    refused(tmp_path / "png", "has no extension; wanted .png, .jpg")
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_kept(tmp_path: Path):
    path = tmp_path / "a.png"
    write(path, PIXELS)
    before = hashlib.sha256(path.read_bytes()).digest()
    refused(path, "exists; it is replaced only if asked to (--overwrite)")
    with pytest.raises(UsageError, match="exists"):
        write_atomically(path, b"x", overwrite=False)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    write(path, 255 - PIXELS, overwrite=True)
    np.testing.assert_array_equal(read(path).pixels, 255 - PIXELS)
    assert list(tmp_path.iterdir()) == [path]


def test_places_where_no_file_can_be(tmp_path: Path):
    (tmp_path / "dir.png").mkdir()
    (tmp_path / "file").write_bytes(b"")
    refused(tmp_path / "dir.png", "is a folder; wanted the name of a file", overwrite=True)
    refused(tmp_path / "none" / "a.png", "none does not exist; cannot write")
    refused(tmp_path / "file" / "a.png", "file is a file; cannot write")
    refused(tmp_path / ("x" * 300 + ".png"), "cannot be written: File name too long")


def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[Path] = []

    def no(path: Path, mode: int) -> bool:
        asked.append(path)
        return not mode & os.W_OK

    monkeypatch.setattr(os, "access", no)
    with pytest.raises(UsageError, match=f"^the folder {tmp_path} may not be written: permission denied$"):
        check_writable(tmp_path / "a.png", overwrite=False)
    assert asked == [tmp_path]


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("a.jpg", {"dtype": "uint16"}, "a.jpg: JPEG cannot hold uint16 pixels; PNG (.png) and TIFF (.tif, .tiff) can"),
        ("a.webp", {"dtype": np.uint16}, "WebP cannot hold uint16 pixels; PNG (.png) and TIFF (.tif, .tiff) can"),
        ("a.png", {"dtype": np.dtype("f4")}, "PNG cannot hold float32 pixels; TIFF (.tif, .tiff) can"),
        ("a.tif", {"dtype": np.int64}, "TIFF cannot hold int64 pixels; no format can"),
        ("a.jpg", {"alpha": True}, "JPEG cannot hold alpha; PNG (.png), TIFF (.tif, .tiff) and WebP (.webp) can"),
        ("a.jpg", {"alpha": True, "dtype": "uint16"}, "uint16 pixels; PNG (.png) and TIFF (.tif, .tiff) can"),
        ("a.webp", {"size": (5, 16_384)}, "5x16384 pixels (height x width; at most 16383 a side); PNG (.png), JPEG"),
        ("a.jpg", {"size": (65_501, 5)}, "at most 65500 a side); PNG (.png) and TIFF (.tif, .tiff) can"),
    ],
)
def test_what_a_format_cannot_hold(tmp_path: Path, name: str, options: dict[str, Any], sentence: str):
    refused(tmp_path / name, sentence, **options)


@pytest.mark.parametrize("shape", [(4,), (4, 5, 1), (4, 5, 2), (4, 5, 4), (1, 4, 5, 3), (0, 5), ()])
def test_shapes_that_are_no_picture(tmp_path: Path, shape: tuple[int, ...]):
    with pytest.raises(UsageError, match="wanted height x width, or height x width x 3"):
        write(tmp_path / "a.png", np.zeros(shape, np.uint8))
    assert not list(tmp_path.iterdir())


def fail_with(number: int):
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("where", ["replace", "fsync"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_full_disk_leaves_nothing_and_spoils_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, where: str, existing: bool
):
    path = tmp_path / f"a.{suffix}"
    if existing:
        path.write_bytes(b"what was there")
    monkeypatch.setattr(os, where, fail_with(errno.ENOSPC))
    with pytest.raises(ResourceError, match=rf"^the disk is full: no room for the \d+ bytes of {path}$") as caught:
        write(path, PIXELS, overwrite=True)
    assert caught.value.exit_code == 5
    assert list(tmp_path.iterdir()) == ([path] if existing else [])
    assert not existing or path.read_bytes() == b"what was there"


def test_other_failures_are_sentences_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "replace", fail_with(errno.EROFS))
    with pytest.raises(UsageError, match=r"a\.png cannot be written: Read-only file system$"):
        write(tmp_path / "a.png", PIXELS)
    assert not list(tmp_path.iterdir())


def test_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(tifffile, "imwrite", full)
    with pytest.raises(ResourceError, match=r"^not enough memory to write .*a\.tif$"):
        write(tmp_path / "a.tif", PIXELS)
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(number: int) -> None:
        assert [path.name.startswith(".untaught-") for path in tmp_path.iterdir()] == [True]
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.png", PIXELS)
    assert not list(tmp_path.iterdir())


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.json"
    monkeypatch.setattr(os, "fsync", lambda number: path.write_bytes(b"someone else's"))
    with pytest.raises(UsageError, match="exists"):
        write_atomically(path, b"ours", overwrite=False)
    assert path.read_bytes() == b"someone else's" and list(tmp_path.iterdir()) == [path]


def test_any_bytes_under_any_name(tmp_path: Path):
    write_atomically(tmp_path / "a.json", b"{}", overwrite=False)
    write_atomically(str(tmp_path / "a.json"), b"[]", overwrite=True)
    assert (tmp_path / "a.json").read_bytes() == b"[]"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o666 & ~mask  # as any new file, not 0600
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_is_followed(tmp_path: Path):
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to("real.png")
    write(tmp_path / "link.png", PIXELS, overwrite=True)
    assert (tmp_path / "link.png").is_symlink()
    np.testing.assert_array_equal(read(tmp_path / "real.png").pixels, PIXELS)


def test_a_relative_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    check_writable("a.png", overwrite=False)
    write("a.png", PIXELS)
    np.testing.assert_array_equal(read("a.png").pixels, PIXELS)


def test_pictures_need_no_torch() -> None:
    code = "import sys, untaught.images; print('torch' in sys.modules, 'PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_writing_over_the_input(tmp_path: Path):
    path = tmp_path / "a.png"
    write(path, PIXELS, like=picture(PIXELS, dpi=(300.0, 300.0)))
    found = read(path)
    write(path, 255 - found.pixels, like=found, overwrite=True)
    np.testing.assert_array_equal(read(path).pixels, 255 - PIXELS)
