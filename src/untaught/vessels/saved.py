"""A trained LFNet <-> a folder: the weights in safetensors, and a card that says where they come from."""

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as as_bytes

from untaught.errors import InputError, UsageError
from untaught.images import check_place, make_folder, write_atomically
from untaught.optimisers import Adam, Muon
from untaught.record import describe, rebuilt
from untaught.vessels.augment import Augment, Factor, Range
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.filters import Tubes
from untaught.vessels.lessons import Lessons
from untaught.vessels.logistic import Logistic
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe

FORMAT = 2  # of the folder: another one is another arrangement of the weights
WEIGHTS, CARD, README = "model.safetensors", "card.json", "README.md"
CLASSES = {one.__name__: one for one in (Recipe, Bank, ImageAlone, Tubes, Lessons, Augment, Range, Factor, Adam, Muon)}
CAVEAT = "Research use, not for diagnosis."


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Before a long training: can a model be put there?

    Raises: UsageError if one is there and may not be replaced, or something else is.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; a model is a folder")
    for name in (WEIGHTS, CARD, README):
        if not overwrite and (folder / name).exists():
            raise UsageError(f"{folder / name} exists; --overwrite replaces the model there")
    make_folder(folder)
    check_place(folder / WEIGHTS, overwrite=True)


def save(model: Model, folder: Path, *, overwrite: bool = False) -> None:
    """Write the weights, the card as JSON, and the card to be read. Raises: as `check_folder`, and for want of room."""
    check_folder(folder, overwrite=overwrite)
    about = {
        "format": FORMAT,
        "recipe": describe(model.recipe),
        "threshold": model.threshold,
        "smallest": model.smallest,
        "bright": model.bright,
    }
    weights = {name: value.detach().cpu().contiguous() for name, value in model.module.state_dict().items()}
    packed = as_bytes(weights, metadata={"about": json.dumps(about | {"card": model.card})})
    card = json.dumps({"caveat": CAVEAT} | about | model.card, indent=2) + "\n"
    for name, data in ((WEIGHTS, packed), (CARD, card.encode()), (README, in_words(model).encode())):
        write_atomically(folder / name, data, overwrite=overwrite)


def load(folder: str | os.PathLike[str]) -> Model:
    """The model in a folder.

    Raises: InputError if there is none, if it is damaged, or if another version of untaught made it in another format.
    """
    folder = Path(folder)
    path = folder / WEIGHTS
    if not path.is_file():
        raise InputError(f"{folder} holds no model: there is no {WEIGHTS} in it")
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            made_by = about.get("card", {}).get("untaught", "an unknown version")
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, KeyError, ValueError, OSError, AttributeError) as error:
        raise InputError(f"{path} is not a model of untaught, or is damaged ({error})") from error
    if not all(bool(value.isfinite().all()) for value in weights.values()):
        raise InputError(f"{path} has weights that are NaN or infinite; wanted a model whose training went well")
    if about.get("format") != FORMAT:
        raise InputError(
            f"{path} was made by untaught {made_by} in format {about.get('format')}; this version reads format {FORMAT}"
        )
    try:
        recipe = rebuilt(about["recipe"], CLASSES)
        wanted = len(recipe.bank.names()) + (0 if recipe.tubes is None else recipe.tubes.channels())
        if len(weights["mean"]) != wanted:
            raise ValueError(f"{len(weights['mean'])} descriptors, {wanted} here")
        model = Model.of(recipe, recipe.network(Logistic.blank(wanted)), weights)
        named = {key: about[key] for key in ("threshold", "smallest", "bright", "card")}
        check_meant(**named, descriptors=len(Bank().names()))
    except (KeyError, TypeError, ValueError, RuntimeError, UsageError) as error:
        raise InputError(f"{path} was made by untaught {made_by}, whose models this version cannot read") from error
    return Model(recipe=recipe, module=model.module, **named)


def check_meant(threshold: Any, smallest: Any, bright: Any, card: dict[str, Any], *, descriptors: int) -> None:
    """Of what goes with the weights, as much as is relied on later. Raises: KeyError, TypeError or ValueError."""
    kinds = isinstance(threshold, float), isinstance(smallest, int), isinstance(bright, bool)
    if not all(kinds) or not 0 <= threshold <= 1:
        raise ValueError(f"threshold {threshold!r}, smallest {smallest!r}, bright {bright!r}")
    for one in card.get("images", []):
        if not isinstance(one["name"] + one["image"], str) or len(one.get("moments", ())) not in (0, 2 * descriptors):
            raise ValueError(f"image {one!r}")


def in_words(model: Model) -> str:
    """The card, to be read by people."""
    card: dict[str, Any] = model.card
    images = card.get("images", [])
    lines = [
        "# A vessel segmentation model (LFNet, untaught)",
        "",
        f"**{CAVEAT}**",
        "",
        f"Made by untaught {card.get('untaught')} with torch {card.get('torch')}, {card.get('finished')}.",
        f"Trained from scratch on {len(images)} labelled image{'s' if len(images) != 1 else ''} and "
        f"{len(card.get('unlabelled', []))} without labels; seed {card.get('seed')}, {card.get('steps_run')} steps, "
        f"stopped because {card.get('stopped_by')}.",
        f"Vessels are {'bright' if model.bright else 'dark'}. A pixel is a vessel from a probability of "
        f"{model.threshold:.2f} on; lone pieces under {model.smallest} pixels are dropped.",
        "",
        "## Scores on the images that it was trained on",
        "",
        "These say how well it learnt, not how well it does on other images: `untaught vessels evaluate` tells that.",
        "",
        *(f"- {name}: {value:.3f}" for name, value in card.get("training_scores", {}).items()),
        "",
        "## Data",
        "",
        "| image | sha256 of the image | sha256 of the label |",
        "|---|---|---|",
        *(f"| {one['name']} | {one['image'][:16]}... | {one['label'][:16]}... |" for one in images),
        "",
        "Full hashes and all settings: card.json.",
    ]
    return "\n".join(lines) + "\n"
