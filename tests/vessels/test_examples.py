"""Examples from folders and files, and one sentence for all that can be wrong with them."""

import io
from pathlib import Path

import numpy as np
import pytest

from tests.images.dicoms import cine, described, saved
from tests.vessels.drawn import folders, vessel
from untaught import images
from untaught.errors import InputError
from untaught.vessels import examples as module
from untaught.vessels.examples import read_examples

IMAGE, LABEL = vessel()


def test_folders(tmp_path: Path):
    where = folders(tmp_path, {"b.png": IMAGE, "a.png": IMAGE // 2}, {"a_mask.png": LABEL, "b.png": LABEL // 255})
    first, second = read_examples(*where)
    assert (first.image.name, second.image.name) == ("a", "b")
    np.testing.assert_allclose(first.image.pixels, (IMAGE // 2) / 255, atol=1e-7)
    for each in (first, second):
        assert each.label.dtype == each.known.dtype == bool and each.known.all() and each.fov is None
        np.testing.assert_array_equal(each.label, LABEL == 255)


def test_two_files(tmp_path: Path):
    pictures, labels = folders(tmp_path, {"a.png": IMAGE}, {"drawn.png": LABEL})
    for one, other in (
        (pictures / "a.png", labels / "drawn.png"),
        (pictures, labels / "drawn.png"),
        (pictures, labels),
    ):
        (example,) = read_examples(one, other)
        assert example.image.name == "a" and example.label.any()


def test_scribbles(tmp_path: Path):
    partly = np.full_like(LABEL, 128)
    partly[:, 10:20] = LABEL[:, 10:20]
    (example,) = read_examples(*folders(tmp_path, {"a.png": IMAGE}, {"a.png": partly}))
    assert example.known.sum() == 400 and not (example.label & ~example.known).any()
    np.testing.assert_array_equal(example.label[:, 10:20], LABEL[:, 10:20] == 255)


def test_fields_of_view(tmp_path: Path):
    where = folders(
        tmp_path, {"1_test.png": IMAGE, "2_test.png": IMAGE}, {"1_manual1.png": LABEL, "2_manual1.png": LABEL}
    )
    (tmp_path / "fov").mkdir()
    inside = np.full_like(LABEL, 255)
    inside[:, :9] = 0
    for name in ("1_test_mask.png", "2_test_mask.png"):
        images.write(tmp_path / "fov" / name, inside)
    for fov in (tmp_path / "fov", tmp_path / "fov" / "1_test_mask.png"):
        for each in read_examples(*where, fov):
            assert each.fov is not None and each.fov.sum() == 40 * 39
    (tmp_path / "fov" / "2_test_mask.png").unlink()
    (tmp_path / "fov" / "3_test_mask.png").write_bytes((tmp_path / "fov" / "1_test_mask.png").read_bytes())
    with pytest.raises(InputError, match=r"1 of 2 images without one of the fields of view \(2_test\.png\) and 1 of 2"):
        read_examples(*where, tmp_path / "fov")


def run(tmp_path: Path, *labels: str) -> tuple[Path, Path]:
    """A cine of three frames and those labels."""
    where = folders(
        tmp_path, {}, {name: np.repeat([[0, 255]], 20, 0).repeat(12, 1).astype(np.uint8) for name in labels}
    )
    (where[0] / "run.dcm").write_bytes(saved(described(cine(), 12, ImagerPixelSpacing=[0.2, 0.3])))
    return where


def test_some_frames_of_a_cine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    where = run(tmp_path, "run#3.png", "run#01.png")
    asked: list[int] = []
    before = images.Cine.frame
    monkeypatch.setattr(images.Cine, "frame", lambda self, number: asked.append(number) or before(self, number))
    first, third = read_examples(*where)
    assert asked == [1, 3], "frames without a label are not decoded"
    assert (first.image.name, third.image.name) == ("run#1", "run#3")
    assert first.image.spacing == (0.2, 0.3) and first.image.plane == "detector"
    np.testing.assert_allclose(third.image.pixels, cine()[2] / 4095, atol=1e-6)


def test_a_page_for_each_frame(tmp_path: Path):
    where = run(tmp_path)
    page = np.repeat([[0, 255]], 20, 0).repeat(12, 1).astype(np.uint8)
    images.write_pages(where[1] / "run.tif", [page, page * 0 + 128, page])
    assert [each.image.name for each in read_examples(*where)] == ["run#1", "run#3"]
    images.write_pages(where[1] / "run.tif", [page, page], overwrite=True)
    with pytest.raises(InputError, match=r"run\.tif has 2 pages, but .*run\.dcm has 3 frames; wanted one for each$"):
        read_examples(*where)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["run.png"], r"run\.png is one label, but .*run\.dcm has 3 frames; wanted .* as in run#1\.png, or a page for"),
        (["run#4.png", "run#1.png"], r"run#4\.png is for frame 4, but .*run\.dcm has 3$"),
        (["run#0.png", "run#1.png"], r"run#0\.png is for frame 0, but .*run\.dcm has 3$"),
    ],
)
def test_frames_that_are_not_there(tmp_path: Path, labels: list[str], sentence: str):
    with pytest.raises(InputError, match=sentence):
        read_examples(*run(tmp_path, *labels))


def test_one_numbered_label_of_one_cine(tmp_path: Path):
    """Two files are a pair whatever they are called; the number still says the frame."""
    pictures, labels = run(tmp_path, "run#2.png")
    (example,) = read_examples(pictures / "run.dcm", labels / "run#2.png")
    assert example.image.name == "run#2"


def test_sizes_that_differ(tmp_path: Path):
    with pytest.raises(InputError, match=r"labels/a\.png is 40x47 but .*images/a\.png is 40x48 \(height x width\)$"):
        read_examples(*folders(tmp_path, {"a.png": IMAGE}, {"a.png": LABEL[:, 1:]}))
    where = folders(tmp_path / "..", {}, {})[0], tmp_path / "labels"
    images.write(tmp_path / "fov.png", LABEL[1:])
    images.write(tmp_path / "labels" / "a.png", LABEL, overwrite=True)
    with pytest.raises(InputError, match=r"fov\.png is 39x48 but .*a\.png is 40x48"):
        read_examples(tmp_path / "images", where[1], tmp_path / "fov.png")


def test_nothing_inside_the_field_of_view(tmp_path: Path):
    where = folders(tmp_path, {"a.png": IMAGE}, {"a.png": LABEL})
    for what, fov in (("vessel", 255 - LABEL), ("background", LABEL)):
        images.write(tmp_path / "fov.png", fov, overwrite=True)
        with pytest.raises(InputError, match=rf"labels/a\.png marks no {what} inside the field of view .*fov\.png$"):
            read_examples(*where, tmp_path / "fov.png")


def test_bad_files_are_named(tmp_path: Path):
    where = folders(tmp_path, {"a.png": IMAGE, "b.png": IMAGE}, {"a.png": LABEL, "b.png": LABEL})
    (where[1] / "b.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"labels/b\.png is not an image known here"):
        read_examples(*where)
    images.write(where[1] / "b.png", LABEL * 0, overwrite=True)
    with pytest.raises(InputError, match=r"labels/b\.png marks no vessel"):
        read_examples(*where)
    (where[1] / "b.png").unlink()
    with pytest.raises(InputError, match=r"^1 of 2 images without one of the labels \(b\.png\); wanted pairs"):
        read_examples(*where)
    with pytest.raises(InputError, match=r"is given for the images and for the labels; wanted two"):
        read_examples(where[0], where[0])
    with pytest.raises(InputError, match=r"the labels .*none do not exist"):
        read_examples(where[0], tmp_path / "none")


def test_examples_are_not_printed_whole(tmp_path: Path):
    (example,) = read_examples(*folders(tmp_path, {"a.png": IMAGE}, {"a.png": LABEL}))
    assert len(repr(example)) < 500 and isinstance(example, module.Example) and io.StringIO().write(repr(example))
