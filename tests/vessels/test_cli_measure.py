"""`untaught vessels measure`: what it writes, what it refuses, and that a page needs nothing but itself."""

import base64
import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from test_report import Parts
from tests.images.dicoms import described, saved
from untaught import images
from untaught.vessels.measured_page import measured_page
from untaught.vessels.measuring import measure
from untaught.vessels.overlay import Scale
from untaught.vessels.tree import PLANE
from vessels.shapes import bar

USE = "Research use, not for diagnosis."


def narrowed():
    """A vessel with one narrowing, to a half, and a side branch."""
    mask = bar(lambda along: 8 - 4 * np.exp(-((along - 30) ** 2) / 50), 0, length=140, size=180)
    mask[30:88, 60:65] = True
    return mask


@pytest.fixture
def mask(tmp_path):
    path = tmp_path / "mask.png"
    images.write(path, narrowed().astype(np.uint8) * 255)
    return path


def test_millimetres_where_the_file_says_them(program, mask, tmp_path):
    """From the angiogram's DICOM, or from the account that `segment` wrote beside the mask."""
    greys = np.arange(2 * 180 * 180, dtype=np.uint16).reshape(2, 180, 180) % 4000
    (tmp_path / "run.dcm").write_bytes(saved(described(greys, 12, ImagerPixelSpacing=[0.5, 0.5])))
    pages = np.stack([narrowed() * 0, narrowed()]).astype(np.uint8) * 255
    images.write_pages(tmp_path / "masks.tif", list(pages))

    def length(*words):
        code, out, err = program("vessels", "measure", *words, "-o", tmp_path / "out.json", "--overwrite", "--json")
        assert code == 0, err
        record = json.loads(out)
        return record["unit"], record["length"]

    in_pixels = length(mask)
    assert in_pixels[0] == "px"
    dicom = ["--image", tmp_path / "run.dcm", "--frame", 2]
    assert length(mask, *dicom) == ("mm", pytest.approx(in_pixels[1] / 2, rel=1e-4))
    assert length(tmp_path / "masks.tif", *dicom) == ("mm", pytest.approx(in_pixels[1] / 2, rel=1e-4))
    assert length(mask, *dicom, "--spacing", 2) == ("mm", pytest.approx(in_pixels[1] * 2, rel=1e-4))
    account = {"outputs": [{"output": str(mask), "spacing": [0.1, 0.1]}]}
    mask.with_name(mask.name + ".json").write_text(json.dumps(account))
    assert length(mask) == ("mm", pytest.approx(in_pixels[1] / 10, rel=1e-4))
    code, _, err = program("vessels", "measure", tmp_path / "masks.tif", "-o", tmp_path / "two.json")
    assert code == 4 and "masks.tif has 2 frames and there is no --frame" in err


def test_json_holds_all_that_was_measured(program, mask):
    output = mask.with_name("out.json")
    code, out, err = program("vessels", "measure", mask, "-o", output)
    assert (code, out) == (0, "")
    said = (
        r": 3 branches, \d+(\.\d)? px of centreline, 1 narrowing of 30 % or more\. Research use, not for diagnosis\.\n"
    )
    assert re.fullmatch(re.escape(str(output)) + said, err)
    record = json.loads(output.read_text())
    assert record["mask"] == {"path": str(mask), "sha256": images.read(mask).sha256}
    assert {name: value for name, value in record.items() if name != "mask"} == measure(narrowed()).record()
    assert record["use"] == USE


def test_csv_has_a_row_a_branch_and_the_unit_in_its_heads(program, mask):
    output = mask.with_name("out.csv")
    code, _, err = program("vessels", "measure", mask, "-o", output, "--spacing", "0.2")
    assert code == 0 and "in the plane of the detector" in err
    rows = list(csv.DictReader(io.StringIO(output.read_text())))
    tree = measure(narrowed(), spacing=0.2)
    assert [int(row["branch"]) for row in rows] == [1, 2, 3]
    for row, branch in zip(rows, tree.branches, strict=True):
        assert float(row["length_mm"]) == pytest.approx(branch.length, abs=1e-3)
        assert float(row["median_diameter_mm"]) == pytest.approx(branch.median_diameter, abs=1e-3)
        assert (row["start"], row["end"], row["use"]) == (branch.start, branch.end, f"{USE} {PLANE}")
        assert int(row["marked_narrowings"]) == len(branch.narrowings)
    assert sum(float(row["narrowing_percent"] or 0) > 45 for row in rows) == 1


def test_spacing_is_one_number_or_two(program, mask):
    output = mask.with_name("out.json")
    assert program("vessels", "measure", mask, "-o", output, "--spacing", "0.2,0.3")[0] == 0
    assert json.loads(output.read_text())["spacing"] == [0.2, 0.3]


def test_json_goes_to_stdout_beside_the_page(program, mask):
    code, out, _ = program("vessels", "measure", mask, "-o", mask.with_name("out.html"), "--json")
    assert code == 0 and json.loads(out)["branches"][0]["number"] == 1


def test_the_page_needs_nothing_from_outside_and_says_all(program, mask):
    output = mask.with_name("out.html")
    assert program("vessels", "measure", mask, "-o", output)[0] == 0
    page = output.read_text()
    parts = Parts(page)
    addresses = [attributes[name] for _, attributes in parts.elements for name in ("src", "href") if name in attributes]
    assert len(addresses) == 2 and all(address.startswith("data:") for address in addresses)
    assert not [tag for tag, _ in parts.elements if tag == "script"]
    assert USE in page and "pixels of the image; no spacing was given" in page
    classes = [attributes.get("class") for _, attributes in parts.elements]
    assert (classes.count("end"), classes.count("fork"), classes.count("branch")) == (3, 1, 3)
    assert (classes.count("narrowing"), classes.count("ring"), classes.count("disc")) == (1, 1, 1)
    tree = measure(narrowed())
    ((branch, one),) = tree.narrowings
    assert f"<td>{one.diameter:.2f}</td><td>{one.reference:.2f}</td><td>{one.percent:.0f}</td>" in page
    assert page.count("<tr>") == 2 + 1 + 3 and f"<td>b{branch.number}</td>" in page


def picture_in(page):
    (payload,) = re.findall(r'<image href="data:image/png;base64,([^"]+)"', page)
    with Image.open(io.BytesIO(base64.b64decode(payload))) as picture:
        return np.asarray(picture)


def test_the_page_shows_the_mask_or_the_angiogram_from_black_to_white(program, mask):
    output = mask.with_name("out.html")
    assert program("vessels", "measure", mask, "-o", output)[0] == 0
    seen = picture_in(output.read_text())
    assert set(np.unique(seen)) == {40, 128} and ((seen == 128) == narrowed()).all()
    twelve_bits = np.linspace(100, 4000, narrowed().size).reshape(narrowed().shape).astype(np.uint16)
    angiogram = mask.with_name("angiogram.png")
    images.write(angiogram, twelve_bits)
    assert program("vessels", "measure", mask, "-o", output, "--image", angiogram, "--overwrite")[0] == 0
    seen = picture_in(output.read_text())
    assert (seen.min(), seen.max()) == (0, 255) and np.abs(seen - (twelve_bits - 100.0) / 3900 * 255).max() <= 0.51


def test_names_in_the_page_are_text_and_never_markup():
    evil = "<script>alert(1)</script>"
    page = measured_page(measure(narrowed()), narrowed(), title=evil)
    assert Parts(page).heading == evil and "<script" not in page


def test_a_mask_without_vessels_is_measured_as_such(program, mask):
    images.write(mask, np.zeros((30, 40), np.uint8), overwrite=True)
    for name in ("out.json", "out.csv", "out.html"):
        code, _, err = program("vessels", "measure", mask, "-o", mask.with_name(name))
        assert code == 0 and "0 branches, 0 px of centreline, 0 narrowings" in err
    assert json.loads(mask.with_name("out.json").read_text())["branches"] == []
    assert len(mask.with_name("out.csv").read_text().splitlines()) == 1
    assert "No diameter is measured" in mask.with_name("out.html").read_text()


def test_any_two_values_of_which_one_is_0_and_any_kind_of_file_are_a_mask(program, tmp_path):
    for name, pixels in (
        ("one.png", narrowed().astype(np.uint8)),
        ("wide.tif", narrowed().astype(np.uint16) * 700),
        ("float.tif", narrowed().astype(np.float32)),
        ("colour.png", np.repeat(narrowed().astype(np.uint8)[..., None] * 255, 3, axis=2)),
    ):
        images.write(tmp_path / name, pixels)
        code, _, err = program("vessels", "measure", tmp_path / name, "-o", tmp_path / f"{name}.json")
        assert code == 0 and "3 branches" in err, name


GREY = np.arange(60, dtype=np.uint8).reshape(6, 10)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (GREY, "has 60 grey levels; wanted a mask of two, 0 and the vessels'"),
        (np.where(GREY > 30, 9, 4).astype(np.uint8), "has the values 4 and 9; wanted a mask of two"),
        (np.dstack([GREY, GREY, 0 * GREY]), "is in colour; wanted a mask of two greys"),
        (np.full((6, 10), 255, np.uint8), "vessel everywhere; wanted some background"),
    ],
)
def test_a_picture_that_is_no_mask_ends_in_one_sentence(program, tmp_path, pixels, says):
    path, output = tmp_path / "in.png", tmp_path / "out.json"
    images.write(path, pixels)
    code, out, err = program("vessels", "measure", path, "-o", output)
    assert (code, out) == (4, "") and says in err and err.count("\n") == 1
    assert not output.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["-o", "out.txt"], 2, "out.txt says not what to write; wanted a name that ends in .json, .csv or .html"),
        (["-o", "out.json", "--spacing", "0"], 2, "--spacing is 0; wanted millimetres a pixel above 0"),
        (["-o", "out.json", "--spacing", "0.2mm"], 2, "--spacing is 0.2mm; wanted"),
        (["-o", "out.json", "--spacing", "1,2,3"], 2, "--spacing is 1,2,3; wanted"),
        (["-o", "out.csv", "--image", "run.dcm"], 4, "run.dcm has 2 frames and there is no --frame; wanted one from 1"),
        (["-o", "out.csv", "--image", "run.dcm", "--frame", "3"], 4, "run.dcm has 2 frames and there is --frame 3"),
        (["-o", "there.json"], 2, "there.json exists; it is replaced only if asked to (--overwrite)"),
        (["-o", "out.html", "--image", "other.png"], 4, "other.png is 6x10 but mask.png is 180x180 (height x width)"),
        (["-o", "out.json", "--image", "other.png"], 4, "other.png is 6x10 but mask.png is 180x180 (height x width)"),
        (["-o", "out.html", "--image", "none.png"], 4, "none.png does not exist"),
        (["-o", "none/out.json"], 2, "the folder none does not exist"),
    ],
)
def test_an_argument_that_cannot_be_meant(program, mask, monkeypatch, words, code, says):
    monkeypatch.chdir(mask.parent)
    images.write("other.png", GREY)
    Path("run.dcm").write_bytes(saved(described(np.zeros((2, 180, 180), np.uint16), 12)))
    mask.with_name("there.json").write_text("{}")
    before = sorted(path.name for path in mask.parent.iterdir())
    found, out, err = program("vessels", "measure", "mask.png", *words)
    assert (found, out) == (code, "") and says in err and err.count("\n") == 1
    assert sorted(path.name for path in mask.parent.iterdir()) == before


def test_overwrite_never_means_an_input(program, mask):
    page = mask.with_name("angiogram.html")
    page.write_bytes(mask.read_bytes())  # a picture, whatever it is called
    before = page.read_bytes()
    code, _, err = program("vessels", "measure", mask, "-o", page, "--image", page, "--overwrite")
    assert code == 2 and "is an input, which is never overwritten" in err and page.read_bytes() == before


def test_without_scikit_image_it_says_what_to_install(program, mask, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    code, _, err = program("vessels", "measure", mask, "-o", mask.with_name("out.json"))
    assert code == 2 and "scikit-image is not installed" in err and "untaught[vessels]" in err


def test_greater_diameters_are_lighter_and_colours_end_at_the_ends():
    scale = Scale(low=2.0, high=8.0)
    assert (scale.colour(0.0), scale.colour(1.0)) == ("#3e4989", "#fde725")
    assert scale.middle == 4.0
    np.testing.assert_allclose(scale.shares(np.array([2.0, 4.0, 8.0])), [0, 0.5, 1])
    grey = [
        [int(scale.colour(n / 20)[i : i + 2], 16) for i in (1, 3, 5)] @ np.array([0.2, 0.7, 0.1]) for n in range(21)
    ]
    assert (np.diff(grey) > 0).all(), "the order can be told in grey"


def test_help_is_quick():
    code = """
import sys
sys.argv = ["untaught", "vessels", "measure", "--help"]
import untaught.cli
try:
    untaught.cli.main()
except SystemExit:
    print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = out.split("LOADED")[1].split()
    assert "MASK" in out and not {"torch", "numpy", "PIL", "scipy", "skimage"} & set(loaded)
