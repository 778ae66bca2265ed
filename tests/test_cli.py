import errno
import json
import re
import shlex
import shutil
import signal
import sys
from collections import namedtuple
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from test_tasks import disc, noisy
from untaught import __version__, cli, images
from untaught.cli import running
from untaught.fitting import Fitting
from untaught.stoppers import held_out


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_version(program):
    code, out, err = program("--version")
    assert code == 0 and out.startswith(f"untaught {__version__} (torch 2.") and not err


def test_denoise_writes_the_image_and_its_record_and_is_silent_on_stdout(program, picture):
    output = picture.with_name("out.png")
    before = picture.read_bytes()
    code, out, err = program("denoise", picture, "-o", output, "--steps", 3, "--seed", 5)
    assert (code, out) == (0, "")
    said = r": noise sigma [\d.]+ \(estimated\), 3 steps, \d+ s; stopped because it had taken all its 3 steps\n"
    assert re.fullmatch(re.escape(str(output)) + said, err), "one line, and no bar where there is no terminal"
    result = images.read(output)
    assert result.pixels.shape == (32, 32, 3) and result.pixels.dtype == np.uint8
    record = json.loads(output.with_name("out.png.json").read_text())
    assert record["seed"] == 5 and record["steps"] == 3 and record["stopped_by"] == "it had taken all its 3 steps"
    assert record["input"] == {"path": str(picture), "sha256": images.read(picture).sha256}
    assert record["seconds"]["fit"] > 0 and record["settings"]["network"]["is"] == "Convolutions"
    assert record["command"] == shlex.join(["untaught", *sys.argv[1:]])
    assert picture.read_bytes() == before
    assert leftovers(picture.parent) == ["in.png", "out.png", "out.png.json"]


def test_a_sigma_in_other_units_is_remarked_upon(program, picture):
    code, _, err = program("denoise", picture, "-o", picture.with_name("out.png"), "--steps", 2, "--sigma", "0.1")
    assert code == 0 and "--sigma 0.1 is far from the 2" in err


def test_json_goes_to_stdout(program, picture):
    output = picture.with_name("out.png")
    code, out, _ = program("denoise", picture, "-o", output, "--steps", 2, "--json")
    assert code == 0 and json.loads(out) == json.loads(output.with_name("out.png.json").read_text())


def test_sixteen_bits_in_sixteen_bits_out(program, tmp_path):
    path, output = tmp_path / "in.png", tmp_path / "out.png"
    images.write(path, noisy(disc(32).astype(np.uint16) * 257, 6000, white=65535))
    assert program("denoise", path, "-o", output, "--steps", 4)[0] == 0
    pixels = images.read(output).pixels
    assert pixels.dtype == np.uint16 and len(np.unique(pixels % 256)) > 100


def test_alpha_is_kept(program, tmp_path):
    path, output = tmp_path / "in.png", tmp_path / "out.png"
    rgba = np.dstack([noisy(disc(32)), np.arange(32 * 32).reshape(32, 32).astype(np.uint8)])
    from PIL import Image

    Image.fromarray(rgba).save(path)
    assert program("denoise", path, "-o", output, "--steps", 2)[0] == 0
    assert np.array_equal(images.read(output).alpha, rgba[..., 3])


@pytest.fixture
def interrupt(monkeypatch):
    """Ctrl-C during a step."""

    def at(number):
        see = held_out.HeldOutWatch.see

        def pressed(self, step):
            if step.index + 1 == number:
                signal.raise_signal(signal.SIGINT)
            return see(self, step)

        monkeypatch.setattr(held_out.HeldOutWatch, "see", pressed)

    yield at


def test_ctrl_c_keeps_the_best_so_far_and_the_line_it_prints_goes_on_exactly(program, picture, interrupt, monkeypatch):
    straight, output = picture.with_name("straight.png"), picture.with_name("out put.png")
    assert program("denoise", picture, "-o", straight, "--steps", 8)[0] == 0
    with monkeypatch.context():
        interrupt(3)
        code, _, err = program("denoise", picture, "-o", output, "--steps", 8)
    monkeypatch.undo()
    assert code == 130 and "interrupted after 3 steps" in err
    assert images.read(output).pixels.shape == (32, 32, 3)
    assert json.loads(output.with_name("out put.png.json").read_text())["steps"] == 3
    assert output.with_name("out put.png.checkpoint").exists()
    line = err.splitlines()[-1].strip()
    words = shlex.split(line)
    assert words[0] == "untaught" and words[words.index("--threads") + 1] == str(torch.get_num_threads())
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(sys, "argv", words)
    cli.app(standalone_mode=False)
    assert np.array_equal(images.read(output).pixels, images.read(straight).pixels)
    assert not output.with_name("out put.png.checkpoint").exists(), "it has served"
    again = json.loads(output.with_name("out put.png.json").read_text())
    assert again["steps"] == 8 and again["resumed"].endswith("out put.png.checkpoint")


def test_a_second_ctrl_c_while_the_result_is_saved_changes_nothing(program, picture, interrupt, monkeypatch):
    output, write, bar = picture.with_name("out.png"), images.write, running.bar

    @contextmanager
    def pressed_when_taken_down():
        with bar() as progress:
            yield progress
            signal.raise_signal(signal.SIGINT)

    def pressed_when_written(*where, like, overwrite):
        signal.raise_signal(signal.SIGINT)
        write(*where, like=like, overwrite=overwrite)

    interrupt(3)
    monkeypatch.setattr(running, "bar", pressed_when_taken_down)
    monkeypatch.setattr(images, "write", pressed_when_written)
    code, _, err = program("denoise", picture, "-o", output, "--steps", 8)
    assert code == 130 and "interrupted after 3 steps" in err
    assert leftovers(picture.parent) == ["in.png", "out.png", "out.png.checkpoint", "out.png.json"]


def test_an_interrupted_run_is_not_forgotten_by_the_next(program, picture, interrupt, monkeypatch):
    output, checkpoint = picture.with_name("out.png"), picture.with_name("out.png.checkpoint")
    with monkeypatch.context():
        interrupt(2)
        assert program("denoise", picture, "-o", output, "--steps", 4)[0] == 130
    monkeypatch.undo()
    output.unlink()
    output.with_name("out.png.json").unlink()
    before = checkpoint.read_bytes()
    code, _, err = program("denoise", picture, "-o", output, "--steps", 4, "--threads", 1)
    assert code == 2 and "left from an interrupted run" in err and not output.exists()
    assert program("denoise", picture, "-o", output, "--steps", 4, "--threads", 1, "--overwrite")[0] == 0
    assert checkpoint.read_bytes() == before, "another run's checkpoint is not this one's to delete"


def test_a_checkpoint_of_another_fit_is_refused(program, picture, interrupt, monkeypatch):
    output = picture.with_name("out.png")
    interrupt(2)
    assert program("denoise", picture, "-o", output, "--steps", 8)[0] == 130
    checkpoint = picture.with_name("out.png.checkpoint")
    before = output.read_bytes()
    words = ("denoise", picture, "-o", output, "--overwrite", "--resume", checkpoint, "--steps", 8)
    code, _, err = program(*words, "--seed", 1)
    assert code == 2 and "belongs to another fit: its seed is 0, this one's 1" in err
    assert output.read_bytes() == before
    checkpoint.write_bytes(b"nonsense")
    code, _, err = program(*words)
    assert code == 4 and "is not a checkpoint" in err
    code, _, err = program(*words[:-3], "nowhere", "--steps", 8)
    assert code == 4 and "no such checkpoint" in err


def test_ctrl_c_within_a_step_leaves_nothing(program, picture, monkeypatch):
    def pressed(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Fitting, "__iter__", pressed)
    code, _, err = program("denoise", picture, "-o", picture.with_name("out.png"))
    assert code == 130 and "stopped at once; nothing was written" in err
    assert leftovers(picture.parent) == ["in.png"]


def test_ctrl_c_before_the_fit_says_so(program, picture, monkeypatch):
    monkeypatch.setattr(images, "read", lambda path: signal.raise_signal(signal.SIGINT))
    handler = signal.getsignal(signal.SIGINT)
    code, _, err = program("denoise", picture, "-o", picture.with_name("out.png"))
    assert (code, err) == (130, "untaught: interrupted; nothing was written\n")
    assert leftovers(picture.parent) == ["in.png"] and signal.getsignal(signal.SIGINT) is handler


def test_a_page_is_called_html(program, picture):
    code, _, err = program("compare", picture, picture, "-o", picture.with_name("page.txt"))
    assert code == 2 and "ends in .html" in err


def write(path, pixels):
    images.write(path, pixels)
    return path


BAD = {
    "missing": (lambda d: d / "nowhere.png", 4, "nowhere.png"),
    "folder": (lambda d: d, 4, "folder|directory"),
    "empty": (lambda d: put(d / "a.png", b""), 4, "empty"),
    "no image": (lambda d: put(d / "a.png", b"dear diary" * 50), 4, "a.png"),
    "truncated": (lambda d: cut(write(d / "a.png", noisy(disc(64)))), 4, "a.png"),
    "one pixel": (lambda d: write(d / "a.png", np.full((1, 1, 3), 7, np.uint8)), 4, "constant"),
    "constant": (lambda d: write(d / "a.png", np.full((9, 8), 7, np.uint8)), 4, "constant"),
    "five channels": (lambda d: tiff(d / "a.tif", np.zeros((8, 9, 5), np.uint8)), 4, "5 channels"),
    "nan": (lambda d: tiff(d / "a.tif", np.array([[0, np.nan], [1, 2]], np.float32)), 4, "NaN|infinite"),
    "infinite": (lambda d: tiff(d / "a.tif", np.array([[0, np.inf], [1, 2]], np.float32)), 4, "NaN|infinite"),
}


def put(path, data):
    path.write_bytes(data)
    return path


def cut(path):
    return put(path, path.read_bytes()[:700])


def tiff(path, pixels):
    import tifffile

    tifffile.imwrite(path, pixels, photometric="minisblack", planarconfig="contig" if pixels.ndim == 3 else None)
    return path


@pytest.mark.parametrize(("make", "code", "says"), BAD.values(), ids=BAD)
def test_a_bad_image_ends_in_one_sentence(program, tmp_path, make, code, says):
    folder, results = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    results.mkdir()
    path = make(folder)
    before = path.read_bytes() if path.is_file() else None
    ended, out, err = program("denoise", path, "-o", results / "out.tif", "--steps", 2)
    assert ended == code, err
    assert out == "" and err.startswith("untaught: ") and err.count("\n") == 1 and "Traceback" not in err
    assert re.search(says, err)
    assert leftovers(results) == []
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--sigma", "0"), 2, "--sigma is 0; wanted a positive number"),
        (("--sigma", "-3"), 2, "--sigma is -3; wanted a positive number"),
        (("--sigma", "nan"), 2, "--sigma is nan"),
        (("--device", "cuda:9"), 2, "device 'cuda:9' is not there"),
        (("--quality", "superb"), 2, "quality is 'superb'"),
        (("--method", "network", "--tile", "256"), 2, "tile is 256; a network alone (method network, quality"),
        (("--quality", "paper", "--tile", "256"), 2, "tile is 256; a network alone (method network, quality"),
        (("--seed", str(2**70)), 2, "--seed"),
    ],
)
def test_an_argument_that_cannot_be_meant(program, picture, words, code, says):
    ended, out, err = program("denoise", picture, "-o", picture.with_name("out.png"), "--steps", 2, *words)
    assert (ended, out) == (code, "") and says in err and "Traceback" not in err
    assert leftovers(picture.parent) == ["in.png"]


@pytest.mark.parametrize(
    ("name", "says"),
    [("in.png", "is an input"), ("old.png", "exist"), ("nowhere/out.png", "nowhere"), ("out.xyz", "xyz")],
)
def test_a_bad_output_is_refused_before_the_fit(program, picture, name, says, monkeypatch):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    old = write(picture.with_name("old.png"), disc(8)).read_bytes()
    before = picture.read_bytes()
    code, out, err = program("denoise", picture, "-o", picture.parent / name)
    assert code == 2 and out == "" and says in err and err.count("\n") == 1
    assert picture.read_bytes() == before and picture.with_name("old.png").read_bytes() == old
    assert leftovers(picture.parent) == ["in.png", "old.png"]


def test_overwrite_never_means_the_input(program, picture):
    record = write(picture.with_name("q.png"), disc(32)).rename(picture.with_name("q.png.json"))
    before = picture.read_bytes(), record.read_bytes()
    for words in (
        ("denoise", picture, "-o", picture),
        ("denoise", record, "-o", picture.with_name("q.png")),
        ("compare", picture, record, "-o", picture),
        ("compare", record, picture, "-o", picture),
    ):
        code, _, err = program(*words, "--overwrite")
        assert code == 2 and "is an input" in err, words
    assert before == (picture.read_bytes(), record.read_bytes())


def test_a_full_disk_ends_in_code_5_and_loses_nothing(program, picture, monkeypatch):
    from untaught.images import atomic

    straight, output = picture.with_name("straight.png"), picture.with_name("out.png")
    assert program("denoise", picture, "-o", straight, "--steps", 3)[0] == 0
    really = atomic._write_new

    def full(path, data):
        if picture.parent == path.parent:
            raise OSError(errno.ENOSPC, "No space left on device")
        really(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "_write_new", full)
        code, _, err = program("denoise", picture, "-o", output, "--steps", 3)
    assert code == 5 and err.count("\n") == 1 and "out.png" in err and "the fit is saved" in err
    assert not output.exists()
    line = shlex.split(err[err.index("untaught denoise") :])
    assert program(*line[1:])[0] == 0
    assert np.array_equal(images.read(output).pixels, images.read(straight).pixels)


def test_a_name_too_long_is_refused_before_the_fit(program, picture, monkeypatch):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    for length in (300, 250):
        code, _, err = program("denoise", picture, "-o", picture.with_name("x" * (length - 4) + ".png"))
        assert code == 2 and err.count("\n") == 1 and "Traceback" not in err


def test_a_disk_with_no_room_is_noticed_before_the_fit(program, picture, monkeypatch):
    monkeypatch.setattr(Fitting, "__iter__", lambda self: pytest.fail("the fit began"))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9 - 99, 99))
    code, _, err = program("denoise", picture, "-o", picture.with_name("out.png"))
    assert code == 5 and "99 bytes free; the result may need 3072" in err


def test_running_out_of_memory_ends_in_code_5(program, picture, monkeypatch):
    def much(self):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(Fitting, "__iter__", much)
    code, _, err = program("denoise", picture, "-o", picture.with_name("out.png"))
    assert code == 5 and "memory ran out" in err


def test_compare_prints_the_scores_and_writes_a_page(program, picture):
    other = write(picture.with_name("other.png"), disc(32))
    page = picture.with_name("page.html")
    code, out, err = program("compare", picture, other, "-o", page)
    assert code == 0 and re.fullmatch(r"PSNR \d\d\.\d\d dB\nSSIM 0\.\d{4}\n", out) and str(page) in err
    text = page.read_text()
    assert "in.png" in text and out.split()[1] in text
    before = page.read_bytes()
    code, _, err = program("compare", other, picture, "-o", page)
    assert code == 2 and "exist" in err and page.read_bytes() == before
    code, out, _ = program("compare", picture, picture, "-o", page, "--overwrite", "--json")
    assert code == 0 and json.loads(out)["psnr"] is None and json.loads(out)["ssim"] == 1.0


def test_compare_names_its_page_itself(program, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = write(picture.with_name("other.png"), disc(32))
    assert program("compare", picture, other)[0] == 0
    assert (tmp_path / "in_vs_other.html").exists()


def test_compare_refuses_two_sizes(program, picture):
    other = write(picture.with_name("other.png"), disc(30))
    code, _, err = program("compare", picture, other, "-o", picture.with_name("p.html"))
    assert code == 4 and "is 32x32x3 and" in err and "30x30x3 (height x width x channels)" in err


def test_compare_takes_eight_and_sixteen_bits(program, picture):
    other = write(picture.with_name("other.png"), images.read(picture).pixels.astype(np.uint16) * 257)
    code, out, _ = program("compare", picture, other, "-o", picture.with_name("p.html"))
    assert code == 0 and "inf" in out


def test_compare_of_floats_says_which_range_it_took(program, tmp_path):
    a, b = (
        tiff(tmp_path / name, np.linspace(0, 50, 400).reshape(20, 20).astype(np.float32)) for name in ("a.tif", "b.tif")
    )
    tiff(a, images.read(b).pixels + 1)
    page = tmp_path / "p.html"
    code, out, err = program("compare", a, b, "-o", page)
    assert code == 0 and "PSNR 33.98 dB" in out and "data range 50" in err
    code, out, err = program("compare", a, b, "-o", page, "--overwrite", "--data-range", 100)
    assert code == 0 and "PSNR 40.00 dB" in out


def test_doctor(program):
    code, out, _ = program("doctor")
    assert code == 0 and "torch 2." in out and out.endswith("all is well\n")


def test_an_unknown_verb_or_flag_is_a_usage_error(program):
    assert program("denoize")[0] == 2
    assert program("denoise", "--speed", "9")[0] == 2
