import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from untaught.errors import InputError, UsageError
from untaught.record import describe, rebuilt
from untaught.vessels.recipe import Recipe
from untaught.vessels.saved import CLASSES, FORMAT, load, save
from untaught.vessels.training import Training
from vessels.angiograms import SMALL, angiogram, labelled


@pytest.fixture(scope="module")
def model():
    training = Training([labelled(0)], SMALL)
    for _ in training:
        pass
    return replace(training.model(), smallest=12, bright=True, card={"untaught": "0.1"})


def test_what_is_loaded_is_what_was_saved(model, tmp_path):
    save(replace(model, card={"images": [{"name": "a", "image": "ab", "label": "cd"}]}), tmp_path / "model")
    again = load(tmp_path / "model")
    image, _ = angiogram(3)
    assert np.array_equal(again.probability(image), model.probability(image))
    assert (again.recipe, again.smallest, again.bright, again.threshold) == (SMALL, 12, True, 0.5)
    assert again.card["images"][0]["label"] == "cd"
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["caveat"] == "Research use, not for diagnosis." and card["recipe"] == describe(SMALL)
    assert "Research use, not for diagnosis." in (tmp_path / "model" / "README.md").read_text()


def test_descriptions_become_plain_and_come_back():
    for recipe in (SMALL, Recipe(), replace(Recipe(), tubes=None, seen=(0, 1))):
        assert rebuilt(json.loads(json.dumps(describe(recipe))), CLASSES) == recipe


def test_a_model_is_not_overwritten_unasked(model, tmp_path):
    save(model, tmp_path)
    with pytest.raises(UsageError, match=r"model.safetensors exists; --overwrite replaces the model there"):
        save(model, tmp_path)
    save(model, tmp_path, overwrite=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file; a model is a folder"):
        save(model, tmp_path / "file")


def changed(folder, change):
    """The folder's weights with another account of them."""
    path = folder / "model.safetensors"
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["about"])
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    change(about, weights)
    save_file(weights, path, metadata={"about": json.dumps(about)})
    return folder


def test_models_that_cannot_be_read(model, tmp_path):
    with pytest.raises(InputError, match=r"holds no model: there is no model.safetensors in it"):
        load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not this")
    with pytest.raises(InputError, match=r"is not a model of untaught, or is damaged"):
        load(tmp_path)

    def later(about, weights):
        about["format"] = FORMAT + 1
        about["card"]["untaught"] = "9.9"

    save(model, tmp_path, overwrite=True)
    with pytest.raises(
        InputError, match=f"made by untaught 9.9 in format {FORMAT + 1}; this version reads format {FORMAT}"
    ):
        load(changed(tmp_path, later))
    for change in (
        lambda about, weights: about["recipe"].update(novelty=1),
        lambda about, weights: about["recipe"]["bank"].update({"is": "Bench"}),
        lambda about, weights: about["recipe"].update(widths=[8, 16]),
        lambda about, weights: weights.pop("networks.0.head.bias"),
        lambda about, weights: weights.update(mean=torch.zeros(3, 1, 1)),
        lambda about, weights: weights.update(mean=torch.zeros(14, 1, 1)),
        lambda about, weights: about.pop("smallest"),
        lambda about, weights: about.update(threshold="0.5"),
        lambda about, weights: about.update(smallest=None),
        lambda about, weights: about["card"].update(images=[{"picture": "a"}]),
        lambda about, weights: about["card"].update(images=[{"name": "a", "image": "ab", "moments": [1.0, 2.0]}]),
    ):
        save(model, tmp_path, overwrite=True)
        with pytest.raises(InputError, match=r"made by untaught 0.1, whose models this version cannot read"):
            load(changed(tmp_path, change))


@pytest.mark.parametrize("about", ["[1]", '"a"', '{"card": []}', "{"])
def test_an_account_of_another_shape(model, tmp_path, about):
    save(model, tmp_path)
    path = tmp_path / "model.safetensors"
    save_file(dict(model.module.state_dict()), path, metadata={"about": about})
    with pytest.raises(InputError, match="is not a model of untaught, or is damaged"):
        load(tmp_path)


def test_weights_that_are_no_numbers_find_nothing_and_are_refused(model, tmp_path):
    save(model, tmp_path)
    with pytest.raises(InputError, match="has weights that are NaN or infinite"):
        load(changed(tmp_path, lambda about, weights: weights["mean"].fill_(float("nan"))))


def test_a_folder_that_cannot_be_made(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file/model cannot be made: Not a directory"):
        save(model, tmp_path / "file" / "model")
