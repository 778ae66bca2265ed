"""`untaught vessels enhance`: what it writes, in which scale, and what it refuses."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from untaught import images
from untaught.vessels.enhancing import FILTERS, SIGMAS, enhance
from untaught.vessels.field_of_view import field_of_view
from vessels.test_field_of_view import SHAPES, shuttered
from vessels.tubes import line, noise

IMAGE = (255 * (line(2.0, angle=0.2, side=48) + 0.02 * noise(1, 1, 48, 48)))[0, 0, 4:44].round().byte().numpy()


@pytest.fixture
def angiogram(tmp_path):
    path = tmp_path / "in.png"
    images.write(path, IMAGE)
    return path


def record_of(output):
    return json.loads(output.with_name(output.name + ".json").read_text())


def pixels_of(output):
    return images.read(output).pixels


def response_to(**words):
    return enhance((IMAGE / 255).astype(np.float32), **words)


def test_it_writes_the_response_and_its_record_and_is_silent_on_stdout(program, angiogram):
    output, before = angiogram.with_name("out.png"), angiogram.read_bytes()
    code, out, err = program("vessels", "enhance", angiogram, "-o", output)
    assert (code, out) == (0, "")
    assert err == f"{output}: top-hat at 1.5, 2.2, 3.2, 4.6 pixels. Research use, not for diagnosis.\n"
    response, record, pixels = response_to(), record_of(output), pixels_of(output)
    assert pixels.dtype == np.uint16 and record["white"] == pytest.approx(np.percentile(response, 99.9))
    wanted = (response / record["white"]).clip(0, 1) * 65535
    np.testing.assert_allclose(pixels, wanted, atol=1)
    assert pixels.max() == 65535 and angiogram.read_bytes() == before
    assert record["filter"] == "top-hat" and record["sigmas"] == list(SIGMAS) and record["bright"] is False
    assert record["input"]["path"] == str(angiogram) and record["caveat"] == "Research use, not for diagnosis."
    assert record["field_of_view"] == {"from": None, "share": 1.0}
    assert sorted(path.name for path in angiogram.parent.iterdir()) == ["in.png", "out.png", "out.png.json"]


@pytest.mark.parametrize("which", FILTERS)
def test_a_tiff_holds_the_response_itself(program, angiogram, which):
    output = angiogram.with_name("out.tif")
    code, out, _ = program("vessels", "enhance", angiogram, "-o", output, "--filter", which, "--sigma", "2,3", "--json")
    assert code == 0 and json.loads(out) == record_of(output) and record_of(output)["white"] is None
    assert pixels_of(output).dtype == np.float32
    np.testing.assert_allclose(pixels_of(output), response_to(filter=which, sigmas=(2, 3)), atol=1e-5)


def test_three_planes_that_may_be_three_frames_are_remarked_upon(program, tmp_path):
    stack = np.random.default_rng(0).integers(0, 255, (3, 40, 50), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "planes.tif", stack, photometric="rgb", planarconfig="separate")
    tifffile.imwrite(tmp_path / "colours.tif", np.moveaxis(stack, 0, 2), photometric="rgb")
    code, out, err = program("vessels", "enhance", tmp_path / "planes.tif", "-o", tmp_path / "out.png")
    assert (code, out) == (0, "") and err.startswith(f"note: {tmp_path / 'planes.tif'} is read as one colour image")
    code, _, err = program("vessels", "enhance", tmp_path / "colours.tif", "-o", tmp_path / "other.png")
    assert code == 0 and "note:" not in err


def test_white_is_1_for_frangi(program, angiogram):
    output = angiogram.with_name("out.png")
    assert program("vessels", "enhance", angiogram, "-o", output, "--filter", "frangi", "--sigma", "2")[0] == 0
    wanted = response_to(filter="frangi", sigmas=(2,)) * 65535
    np.testing.assert_allclose(pixels_of(output), wanted, atol=2)
    assert record_of(output)["white"] == 1 and record_of(output)["sigmas"] == [2]


def test_bright_vessels(program, angiogram):
    output, negative = angiogram.with_name("out.tif"), angiogram.with_name("negative.png")
    images.write(negative, 255 - IMAGE)
    assert program("vessels", "enhance", negative, "-o", output, "--bright")[0] == 0
    np.testing.assert_allclose(pixels_of(output), response_to(), atol=1e-5)


def test_outside_the_field_of_view_it_is_black(program, angiogram):
    output, fov = angiogram.with_name("out.png"), angiogram.with_name("fov.png")
    inside = np.zeros(IMAGE.shape, dtype=bool)
    inside[:, 10:40] = True
    images.write(fov, inside.astype(np.uint8) * 255)
    code, _, err = program("vessels", "enhance", angiogram, "-o", output, "--fov", fov)
    assert code == 0 and "pixels, 62% of the image in view." in err
    assert (pixels_of(output)[~inside] == 0).all() and pixels_of(output)[inside].max() == 65535
    assert record_of(output)["field_of_view"] == {"from": str(fov), "share": 0.625}


def test_a_shutter_is_found(program, tmp_path):
    path, output = tmp_path / "in.png", tmp_path / "out.png"
    images.write(path, np.rint(shuttered(SHAPES["round"]) * 255).astype(np.uint8))
    assert program("vessels", "enhance", path, "-o", output)[0] == 0
    inside = field_of_view((pixels_of(path) / 255).astype(np.float32))
    assert 0.8 < record_of(output)["field_of_view"]["share"] == inside.mean() < 1
    assert (pixels_of(output)[~inside] == 0).all()


def test_an_image_that_shows_nothing_is_black(program, tmp_path):
    path, output = tmp_path / "in.png", tmp_path / "out.png"
    images.write(path, np.full((20, 30), 128, np.uint8))
    assert program("vessels", "enhance", path, "-o", output)[0] == 0
    assert (pixels_of(output) == 0).all() and record_of(output)["white"] == 1


def test_nothing_is_replaced_unless_told(program, angiogram):
    for name in ("out.png", "out.png.json"):
        output = angiogram.with_name("out.png")
        angiogram.with_name(name).write_bytes(b"mine")
        code, _, err = program("vessels", "enhance", angiogram, "-o", output)
        assert code == 2 and "exists" in err and angiogram.with_name(name).read_bytes() == b"mine"
        angiogram.with_name(name).unlink()
    output.write_bytes(b"mine")
    assert program("vessels", "enhance", angiogram, "-o", output, "--overwrite")[0] == 0
    assert pixels_of(output).shape == IMAGE.shape


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["-o", "out.jpg"], 2, "out.jpg says not what to write; wanted a name that ends in .png or .tif"),
        (["-o", "out.png", "--sigma", "wide"], 2, "--sigma is wide; wanted pixels, as 2 or 1,2,3"),
        (["-o", "out.png", "--sigma", "1,0"], 2, "the sigmas are 1, 0; wanted numbers from 0.5 to 16 pixels"),
        (["-o", "out.png", "--filter", "hough"], 2, "there is no filter called 'hough'; wanted one of top-hat, bar"),
        (["-o", "in.png", "--overwrite"], 2, "in.png is an input, which is never overwritten"),
        (["-o", "none/out.png"], 2, "none"),
        (["-o", "out.png", "--fov", "small.png"], 4, "the field of view is 4x4, the image 40x48 (height x width)"),
        (["-o", "out.png", "--fov", "gone.png"], 4, "gone.png does not exist"),
    ],
)
def test_what_it_refuses(program, angiogram, monkeypatch, words, code, sentence):
    monkeypatch.chdir(angiogram.parent)
    images.write("small.png", np.full((4, 4), 255, np.uint8))
    found, out, err = program("vessels", "enhance", "in.png", *words)
    assert found == code and out == "" and err.count("\n") == 1 and err.startswith("untaught: ") and sentence in err
    assert sorted(path.name for path in angiogram.parent.iterdir()) == ["in.png", "small.png"]


def test_one_image_and_no_cine(program, tmp_path):
    path = tmp_path / "in.tif"
    tifffile.imwrite(path, np.stack([IMAGE, IMAGE]), photometric="minisblack")
    code, _, err = program("vessels", "enhance", path, "-o", tmp_path / "out.png")
    assert code == 4 and err == f"untaught: {path} has 2 frames; wanted one image\n"


def test_help_is_quick():
    code = """
import sys
sys.argv = ["untaught", "vessels", "enhance", "--help"]
import untaught.cli
try:
    untaught.cli.main()
except SystemExit:
    print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = out.split("LOADED")[1].split()
    assert "--filter" in out and not {"torch", "numpy", "PIL", "scipy", "skimage"} & set(loaded)


def test_what_help_says_of_scales_and_filters_is_so(program):
    _, out, _ = program("vessels", "enhance", "--help")
    text = " ".join(out.split())
    assert ",".join(f"{sigma:g}" for sigma in SIGMAS) in text
    assert all(name.split("-")[0] in text for name in FILTERS)
