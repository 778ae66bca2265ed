"""`untaught vessels train`, `segment`, `evaluate`, `annotate-next`: what is written and what is refused."""

import io
import json
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from rich.progress import Progress

from tests.images.dicoms import JPEG_LS, compressed, described, saved, streams
from untaught import cost, images
from untaught.cli import running
from untaught.cli.vessels import train
from untaught.fitting import Fitting
from untaught.vessels import recipe
from untaught.vessels.model import Model
from untaught.vessels.saved import load
from untaught.vessels.training import Training
from untaught.vessels.views import Views
from vessels.angiograms import SMALL, angiogram

USE = "Research use, not for diagnosis."


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Small settings in place of ours."""
    monkeypatch.setattr(recipe, "Recipe", lambda: SMALL)
    monkeypatch.setattr(recipe, "STEPS", {1: 6, 2: 6})


def written(folder, numbers, *, bright=False):
    """Images and labels in two folders."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        image, label = angiogram(number)
        grey = np.rint(255 * (1 - image if bright else image)).astype(np.uint8)
        Image.fromarray(grey).save(folder / "images" / f"a{number}.png")
        Image.fromarray(label.astype(np.uint8) * 255).save(folder / "labels" / f"a{number}.png")
    return folder / "images", folder / "labels"


@pytest.fixture
def data(tmp_path):
    return written(tmp_path / "data", (0, 1))


@pytest.fixture
def model(program, data, tmp_path):
    code, _, err = program("vessels", "train", "--images", data[0], "--labels", data[1], "-o", tmp_path / "model")
    assert code == 0, err
    return tmp_path / "model"


def test_training_writes_a_model_and_says_how_it_went(program, data, tmp_path):
    out = tmp_path / "model"
    code, said, err = program(
        "vessels", "train", "--images", data[0], "--labels", data[1], "-o", out, "--steps", 5, "--seed", 3
    )
    assert (code, said) == (0, "") and "2 labelled images, 5 steps" in err and err.count("\n") == 1, err
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "card.json", "model.safetensors"]
    card = load(out).card
    assert (card["seed"], card["steps_run"]) == (3, 5)
    assert [one["name"] for one in card["images"]] == ["a0", "a1"]
    assert card["images"][0]["image"] == images.read(data[0] / "a0.png").sha256
    assert 0 < card["training_scores"]["dice"] <= 1


def test_the_bar_says_what_is_being_done(program, data, tmp_path, monkeypatch):
    """With one that draws where there is no terminal."""
    bars, shown = [], []

    def bar():
        bars.append(Progress(console=Console(file=io.StringIO(), force_terminal=True), auto_refresh=False))
        return bars[-1]

    monkeypatch.setattr(running, "bar", bar)

    def noticed(owner, name):
        does = getattr(owner, name)

        def doing(*given):
            shown.append((name, bars[-1].tasks[0].description))
            return does(*given)

        monkeypatch.setattr(owner, name, doing)

    noticed(Views, "make")
    noticed(Training, "model")
    ask = ["vessels", "train", "--images", data[0], "--labels", data[1], "-o", tmp_path / "model", "--steps", 3]
    code, _, err = program(*ask)
    assert code == 0, err
    assert shown[0] == ("make", "making copies of the images")
    assert shown[-1] == ("model", "trying it on the labelled images")
    network = bars[1].tasks[0]
    assert (network.description, network.total, network.completed) == ("network", 3, 3)
    assert float(network.fields["loss"].removeprefix("loss ")) > 0


def test_bright_vessels_are_noticed(program, tmp_path):
    dark, bright = (written(tmp_path / kind, (0,), bright=kind == "bright") for kind in ("dark", "bright"))
    for folders, name in ((dark, "d"), (bright, "b")):
        program("vessels", "train", "--images", folders[0], "--labels", folders[1], "-o", tmp_path / name)
    both = [load(tmp_path / name) for name in "db"]
    assert [one.bright for one in both] == [False, True]
    image, _ = angiogram(5)
    assert np.allclose(both[0].probability(image), both[1].probability(1 - image), atol=0.05)


def test_interrupted_it_writes_what_it_has_and_goes_on(program, data, tmp_path, monkeypatch):
    ask = ["vessels", "train", "--images", data[0], "--labels", data[1], "--steps", 6, "--threads", 1]
    code, _, err = program(*ask, "-o", tmp_path / "whole")
    assert code == 0, err
    taken = Fitting._take

    def interrupt(self, step):
        taken(self, step)
        if step.index == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Fitting, "_take", interrupt)
    out = tmp_path / "model"
    code, _, err = program(*ask, "-o", out)
    assert code == 130 and "interrupted after 3 steps" in err, err
    assert load(out).card["steps_run"] == 3
    monkeypatch.setattr(Fitting, "_take", taken)
    code, _, err = program(*ask, "-o", out)
    assert code == 2 and "training.checkpoint is left from an interrupted run: --resume" in err
    code, _, err = program(*ask, "-o", out, "--resume", out / "training.checkpoint")
    assert code == 0, err
    assert not (out / "training.checkpoint").exists()
    image, _ = angiogram(5)
    assert np.array_equal(load(out).probability(image), load(tmp_path / "whole").probability(image))


def test_a_checkpoint_of_other_images_is_refused(program, data, tmp_path, monkeypatch):
    other = written(tmp_path / "other", (4,))
    taken = Fitting._take

    def interrupt(self, step):
        taken(self, step)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Fitting, "_take", interrupt)
    program("vessels", "train", "--images", data[0], "--labels", data[1], "-o", tmp_path / "m")
    monkeypatch.setattr(Fitting, "_take", taken)
    resume = tmp_path / "m" / "training.checkpoint"
    code, _, err = program(
        "vessels", "train", "--images", other[0], "--labels", other[1], "-o", tmp_path / "n", "--resume", resume
    )
    assert code == 2 and "belongs to another fit: its image is" in err


def test_a_checkpoint_of_other_labels_is_refused(program, data, tmp_path, monkeypatch):
    ask = ["vessels", "train", "--images", data[0], "--labels", data[1], "-o", tmp_path / "m"]
    taken = Fitting._take

    def interrupt(self, step):
        taken(self, step)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Fitting, "_take", interrupt)
    program(*ask)
    monkeypatch.setattr(Fitting, "_take", taken)
    label = images.read(data[1] / "a0.png").pixels
    Image.fromarray(np.roll(label, 1, axis=0)).save(data[1] / "a0.png")
    code, _, err = program(*ask, "--resume", tmp_path / "m" / "training.checkpoint")
    assert code == 2 and "belongs to another fit" in err, err


def test_inputs_are_never_overwritten(program, model, data, tmp_path):
    before = {path: path.read_bytes() for folder in data for path in folder.iterdir()}
    code, _, err = program("vessels", "segment", model, data[0], "-o", data[0], "--overwrite")
    assert code == 2 and "is an input, which is never overwritten" in err
    ask = ["vessels", "evaluate", model, "--images", data[0], "--labels", data[1], "--overwrite"]
    for folder in data:
        code, _, err = program(*ask, "--overlays", folder)
        assert code == 2 and "is an input, which is never overwritten" in err
    assert before == {path: path.read_bytes() for path in before}
    code, _, err = program(*ask, "--overlays", data[0] / "a0.png")
    assert code == 2 and "wanted a folder for the overlays" in err


def test_nothing_is_segmented_before_it_is_sure_that_all_can_be_written(program, model, data, tmp_path):
    (tmp_path / "out.png.json").write_text("{}")
    code, _, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", tmp_path / "out.png")
    assert code == 2 and "out.png.json exists" in err and not (tmp_path / "out.png").exists()
    code, _, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", tmp_path / "out.jpg")
    assert code == 2 and "out.jpg can hold no mask" in err and not (tmp_path / "out.jpg").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(program, model, data, tmp_path):
    (tmp_path / "file").write_text("")
    within, pairs = tmp_path / "file" / "here", ["--images", data[0], "--labels", data[1]]
    for ask in (
        ["train", *pairs, "-o", within],
        ["segment", model, data[0], "-o", within],
        ["evaluate", model, *pairs, "--overlays", within],
    ):
        code, _, err = program("vessels", *ask)
        assert (code, err.splitlines()[-1]) == (2, f"untaught: the folder {within} cannot be made: Not a directory")


def test_images_without_labels_take_part(program, data, tmp_path):
    others = written(tmp_path / "others", (7, 8))[0]
    ask = ["vessels", "train", "--images", data[0], "--labels", data[1], "--unlabelled", others]
    code, _, err = program(*ask, "-o", tmp_path / "m")
    assert code == 0, err
    made = load(tmp_path / "m")
    assert made.recipe.lessons.heads == ("vesselness",) and len(made.card["unlabelled"]) == 2
    assert made.segment(angiogram(5)[0]).shape == (56, 64)


def test_of_many_images_without_labels_some_take_part(program, data, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "MOST_UNLABELLED", 2)
    others = written(tmp_path / "others", (5, 6, 7, 8))[0]
    ask = ["vessels", "train", "--images", data[0], "--labels", data[1], "--unlabelled", others, "--steps", 1]
    code, _, err = program(*ask, "-o", tmp_path / "m")
    assert code == 0 and "note: took 2 of 4 unlabelled frames, spread evenly" in err, err
    taken = sorted(one["name"] for one in load(tmp_path / "m").card["unlabelled"])
    assert taken[0] in ("a5", "a6") and taken[1] in ("a7", "a8") and len(taken) == 2


def test_a_mask_and_its_record(program, model, data, tmp_path):
    out = tmp_path / "out.png"
    code, said, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", out)
    assert (code, said) == (0, "") and USE in err
    mask = images.read(out).pixels
    trained = load(model)
    assert np.array_equal(mask > 0, trained.mask(trained.probability(images.read(data[0] / "a0.png").pixels / 255)))
    assert set(np.unique(mask)) == {0, 255}
    record = json.loads((tmp_path / "out.png.json").read_text())
    assert record["caveat"] == USE and record["outputs"][0]["frames"] == 1
    code, _, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", out)
    assert code == 2 and "exists" in err
    code, _, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", data[0] / "a0.png", "--overwrite")
    assert code == 2 and "is an input" in err
    code, said, _ = program(
        "vessels", "segment", model, data[0] / "a0.png", "-o", out, "--overwrite", "--probability", "--json"
    )
    likely = images.read(out).pixels
    assert code == 0 and likely.dtype == np.uint16 and json.loads(said)["caveat"] == USE
    assert np.array_equal(likely > 32767, (trained.probability(images.read(data[0] / "a0.png").pixels / 255) > 0.5))


def test_a_folder_and_a_cine(program, model, data, tmp_path):
    code, _, err = program("vessels", "segment", model, data[0], "-o", tmp_path / "masks")
    assert code == 0 and sorted(one.name for one in (tmp_path / "masks").iterdir()) == [
        "a0.png",
        "a1.png",
        "segmented.json",
    ], err
    pages = [images.read(data[0] / f"a{number}.png").pixels for number in (0, 1, 0)]
    images.write_pages(tmp_path / "cine.tif", pages)
    code, _, err = program("vessels", "segment", model, tmp_path / "cine.tif", "-o", tmp_path / "masks.tif")
    assert code == 0 and "3 segmented" in err, err
    found = [page.pixels for page in images.read_pages(tmp_path / "masks.tif")]
    assert np.array_equal(found[1], images.read(tmp_path / "masks" / "a1.png").pixels)
    assert np.array_equal(found[0], found[2])
    code, _, err = program("vessels", "segment", model, tmp_path / "cine.tif", "-o", tmp_path / "one.png")
    assert code == 2 and "several frames; wanted a .tif or a folder" in err
    code, _, err = program("vessels", "segment", model, data[0], "-o", tmp_path / "one.png")
    assert code == 2 and "2 images cannot go to one file" in err


def test_a_dicom_cine_frame_by_frame(program, model, tmp_path):
    greys = np.stack([np.rint(4095 * angiogram(number)[0]) for number in (5, 6)]).astype(np.uint16)
    (tmp_path / "run.dcm").write_bytes(saved(described(greys, 12, ImagerPixelSpacing=[0.2, 0.2])))
    code, _, err = program("vessels", "segment", model, tmp_path / "run.dcm", "-o", tmp_path / "masks.tif")
    assert code == 0 and "2 segmented" in err, err
    trained = load(model)
    for page, frame in zip(images.read_pages(tmp_path / "masks.tif"), greys, strict=True):
        assert np.array_equal(page.pixels > 0, trained.segment((frame / 4095).astype(np.float32)))
    record = json.loads((tmp_path / "masks.tif.json").read_text())["outputs"][0]
    assert (record["frames"], record["spacing"], record["plane"]) == (2, [0.2, 0.2], "detector")
    (tmp_path / "bad.dcm").write_bytes(saved(described(greys, 12))[:700])
    code, _, err = program("vessels", "segment", model, tmp_path / "bad.dcm", "-o", tmp_path / "bad.tif")
    assert code == 4 and err.count("\n") == 1 and not (tmp_path / "bad.tif").exists()


def test_interrupted_it_says_what_is_there(program, model, data, tmp_path, monkeypatch):
    """Ctrl-C after the first image of two."""
    probability, seen = Model.probability, []

    def once(self, image, fov=None):
        seen.append(image)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)
        return probability(self, image, fov)

    monkeypatch.setattr(Model, "probability", once)
    code, _, err = program("vessels", "segment", model, data[0], "-o", tmp_path / "masks")
    assert code == 130 and "1 segmented; interrupted, 1 of 2 files were come to" in err and "nothing" not in err
    record = json.loads((tmp_path / "masks" / "segmented.json").read_text())
    assert record["interrupted"] and len(record["outputs"]) == 1 and (tmp_path / "masks" / "a0.png").exists()
    assert not (tmp_path / "masks" / "a1.png").exists()
    seen.clear()
    ask = ["vessels", "evaluate", model, "--images", data[0], "--labels", data[1], "--overlays", tmp_path / "drawn"]
    code, _, err = program(*ask)
    assert code == 130 and "interrupted; overlays of 1 of 2 images were written, scores were not" in err
    seen.clear()
    code, _, err = program("vessels", "evaluate", model, "--images", data[0], "--labels", data[1])
    assert code == 130 and "interrupted; nothing was written" in err


def test_of_a_folder_what_is_damaged_is_named_and_the_rest_is_done(program, model, data, tmp_path):
    greys = np.stack([np.rint(4095 * angiogram(number)[0]) for number in (5, 6)]).astype(np.uint16)
    frames = streams(greys, 12, JPEG_LS)
    (data[0] / "a2.dcm").write_bytes(saved(compressed(described(greys, 12), [frames[0], frames[1][:200]], JPEG_LS)))
    whole = (data[0] / "a0.png").read_bytes()
    (data[0] / "a0.png").write_bytes(whole[:300])
    ask = ["vessels", "segment", model, data[0], "-o", tmp_path / "masks"]
    code, said, err = program(*ask, "--json")
    *named, last = err.splitlines()
    assert code == 3 and last == f"{tmp_path / 'masks'}: 1 segmented, 2 of 3 files not. {USE}", err
    assert len(named) == 2 and "a0.png" in named[0] and f"frame 2 of {data[0] / 'a2.dcm'} is cut short" in named[1]
    assert sorted(one.name for one in (tmp_path / "masks").iterdir()) == ["a1.png", "segmented.json"]
    record = json.loads(said)
    assert [one["input"] for one in record["failed"]] == [str(data[0] / name) for name in ("a0.png", "a2.dcm")]
    assert [one["input"] for one in record["outputs"]] == [str(data[0] / "a1.png")]
    (data[0] / "a0.png").write_bytes(b"no image at all")
    code, _, err = program(*ask, "--overwrite")
    assert code == 3 and "a0.png is " in err.splitlines()[0], err
    code, _, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", tmp_path / "one")
    assert code == 4 and err.count("\n") == 1, err


def test_of_a_folder_an_image_that_the_field_of_view_does_not_fit_is_named(program, model, data, tmp_path):
    Image.fromarray(np.full((40, 40), 128, np.uint8)).save(data[0] / "a2.png")
    Image.fromarray(np.full((56, 64), 255, np.uint8)).save(tmp_path / "fov.png")
    ask = ["vessels", "segment", model, data[0], "--fov", tmp_path / "fov.png"]
    code, _, err = program(*ask, "-o", tmp_path / "masks")
    assert code == 3 and "the field of view is 56x64 but a2 is 40x40" in err and "2 segmented, 1 of 3 files not" in err


def test_what_does_not_fit_into_memory_is_told_before_it_is_begun(program, model, data, tmp_path, monkeypatch):
    """And of several files the others are done."""
    Image.fromarray(np.full((600, 800), 128, np.uint8)).save(tmp_path / "large.png")
    written(tmp_path / "one", (5,))
    pairs = ["--images", tmp_path / "one" / "images", "--labels", tmp_path / "one" / "labels"]
    monkeypatch.setattr(cost, "free_memory", lambda: 20e6)
    code, _, err = program("vessels", "segment", model, tmp_path / "large.png", data[0], "-o", tmp_path / "masks")
    assert code == 3 and "large would take about 0.6 GB of memory and 0.0 GB are free" in err
    assert "2 segmented, 1 of 3 files not" in err
    assert program("vessels", "segment", model, tmp_path / "large.png", "-o", tmp_path / "m.png")[0] == 5
    monkeypatch.setattr(cost, "free_memory", lambda: 2e6)
    for ask in (
        ["train", *pairs, "-o", tmp_path / "other"],
        ["evaluate", model, *pairs],
        ["annotate-next", model, "--images", tmp_path / "one" / "images"],
    ):
        code, _, err = program("vessels", *ask)
        assert code == 5 and "GB are free; wanted a smaller image, or a part of it" in err
    assert not (tmp_path / "other" / "model.safetensors").exists()


def test_scores(program, model, tmp_path):
    test = written(tmp_path / "test", (5, 6))
    ask = ["vessels", "evaluate", model, "--images", test[0], "--labels", test[1]]
    code, said, err = program(*ask, "-o", tmp_path / "scores.json")
    assert code == 0 and USE in err and "trained on" not in err
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == ["image", "a5", "a6", "mean", "sd"]
    record = json.loads((tmp_path / "scores.json").read_text())
    dices = [row["dice"] for row in record["images"]]
    assert record["summary"]["dice"]["mean"] == pytest.approx(np.mean(dices))
    assert float(lines[3].split()[1]) == pytest.approx(np.mean(dices), abs=5e-4)
    assert record["caveat"] == USE


def test_overlays_show_what_was_found_and_what_was_not(program, model, tmp_path):
    test = written(tmp_path / "test", (5,))
    ask = ["vessels", "evaluate", model, "--images", test[0], "--labels", test[1], "--overlays", tmp_path / "drawn"]
    code, said, err = program(*ask, "--json")
    assert code == 0, err
    drawn = images.read(tmp_path / "drawn" / "a5.png").pixels.astype(int)
    trained = load(model)
    image, label = images.read(test[0] / "a5.png").pixels / 255, images.read(test[1] / "a5.png").pixels > 0
    mask = trained.mask(trained.probability(image))
    assert (drawn[~mask & ~label].std(axis=1) == 0).all()
    found, false, missed = (drawn[kind] for kind in (mask & label, mask & ~label, ~mask & label))
    assert (found.argmax(1) == 1).all() and (false.argmin(1) == 2).all() and (missed.argmin(1) == 1).all()
    assert len(found) and 2 * len(found) / (mask.sum() + label.sum()) == pytest.approx(
        json.loads(said)["images"][0]["dice"]
    )
    code, _, err = program(*ask)
    assert code == 2 and "a5.png exists" in err


def test_scores_of_images_that_it_was_trained_on_are_called_so(program, model, data):
    code, said, err = program("vessels", "evaluate", model, "--images", data[0], "--labels", data[1], "--json")
    assert code == 0 and "the model was trained on 2 of these 2 images (a0, a1)" in err
    assert json.loads(said)["seen_in_training"] == ["a0", "a1"]


def test_what_to_label_next(program, model, data, tmp_path):
    others = written(tmp_path / "others", (0, 5, 6))[0]
    code, said, err = program("vessels", "annotate-next", model, "--images", others, "--count", 9)
    names = [line.split("\t")[0] for line in said.splitlines()]
    assert code == 0 and sorted(names) == ["a5", "a6"], err
    code, said, _ = program("vessels", "annotate-next", model, "--images", others, "--count", 1, "--json")
    assert [one["name"] for one in json.loads(said)] == names[:1]
    code, _, err = program("vessels", "annotate-next", model, "--images", data[0])
    assert code == 4 and "trained on all 2 images" in err


def test_what_to_label_first(program, model, tmp_path):
    """Before there is a model; an empty frame is out of the ordinary."""
    pool, _ = written(tmp_path / "pool", (5, 6, 7))
    Image.fromarray(np.full((56, 64), 20, np.uint8)).save(pool / "a1.png")
    code, said, err = program("vessels", "annotate-next", "--images", pool, "--json")
    chosen = json.loads(said)
    assert code == 0 and "4 of 4 images" in err and {one["expected_dice"] for one in chosen} == {None}
    assert max(chosen, key=lambda one: one["distance"])["name"] == "a1" != chosen[0]["name"]
    code, said, _ = program("vessels", "annotate-next", "--images", pool, "--count", 1)
    assert said.splitlines() == [f"{chosen[0]['name']}\tdistance {chosen[0]['distance']:.2f}"]
    assert "\texpected Dice " in program("vessels", "annotate-next", model, "--images", pool)[1]


def test_of_a_pool_what_is_damaged_is_named_and_the_rest_is_looked_at(program, model, tmp_path):
    pool, _ = written(tmp_path / "pool", (5, 6))
    (pool / "a4.png").write_bytes((pool / "a5.png").read_bytes()[:400])
    code, said, err = program("vessels", "annotate-next", model, "--images", pool)
    assert code == 3 and [line.split()[0] for line in sorted(said.splitlines())] == ["a5", "a6"]
    assert "a4.png is cut short" in err and "1 of 3 files could not be looked at" in err
    (pool / "a5.png").write_text("no image")
    (pool / "a6.png").write_text("no image")
    code, _, err = program("vessels", "annotate-next", model, "--images", pool)
    assert code == 4 and "of 3 files in" in err and "none is left to choose from" in err
    code, _, err = program("vessels", "annotate-next", model, "--images", pool / "a6.png")
    assert code == 4 and err.count("\n") == 1 and "is not an image known here" in err


def test_a_field_of_view_leaves_the_rest_dark(program, model, data, tmp_path):
    fov = np.zeros((56, 64), np.uint8)
    fov[:, :30] = 255
    Image.fromarray(fov).save(tmp_path / "fov.png")
    out = tmp_path / "out.png"
    code, _, err = program("vessels", "segment", model, data[0] / "a0.png", "-o", out, "--fov", tmp_path / "fov.png")
    assert code == 0, err
    assert not images.read(out).pixels[:, 30:].any() and images.read(out).pixels.any()
    Image.fromarray(fov[:20]).save(tmp_path / "small.png")
    code, _, err = program(
        "vessels", "segment", model, data[0] / "a0.png", "-o", tmp_path / "b.png", "--fov", tmp_path / "small.png"
    )
    assert code == 4 and "the field of view is 20x64 but a0 is 56x64" in err


@pytest.mark.parametrize("verb", ["train", "segment", "evaluate", "annotate-next"])
def test_help_is_quick(verb):
    code = f"""
import sys
sys.argv = ["untaught", "vessels", "{verb}", "--help"]
import untaught.cli
try:
    untaught.cli.main()
except SystemExit:
    print("LOADED", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "numpy", "PIL", "scipy", "skimage"} & set(out.split("LOADED")[1].split())


def test_what_needs_no_lines_needs_no_scikit_image(program, model, data, tmp_path, monkeypatch):
    """It is an extra; what needs it says what to install."""
    for name in [name for name in sys.modules if name.startswith(("skimage", "untaught.vessels"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "skimage", None)
    pairs = ["--images", data[0], "--labels", data[1]]
    assert program("vessels", "segment", model, data[0], "-o", tmp_path / "masks")[0] == 0
    assert program("vessels", "annotate-next", model, "--images", written(tmp_path / "more", (7,))[0])[0] == 0
    assert program("vessels", "enhance", data[0] / "a0.png", "-o", tmp_path / "enhanced.png")[0] == 0
    for ask in (["train", *pairs, "-o", tmp_path / "other"], ["evaluate", model, *pairs]):
        code, _, err = program("vessels", *ask)
        assert code == 2 and err.endswith("pip install 'untaught[vessels]'\n"), err


def test_it_is_the_same_model_in_python(model):
    assert isinstance(load(model), Model)
