"""From examples as they are read to a model with its card."""

import hashlib
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from untaught.record import describe
from untaught.version import __version__
from untaught.vessels.choosing import kind_of
from untaught.vessels.examples import Example
from untaught.vessels.field_of_view import field_of_view
from untaught.vessels.frames import Angiogram
from untaught.vessels.memory import refuse_what_does_not_fit
from untaught.vessels.model import Model
from untaught.vessels.pieces import overlap
from untaught.vessels.recipe import Recipe
from untaught.vessels.remarks import contrast
from untaught.vessels.training import Training
from untaught.vessels.views import Labelled, first_numbers


class Teaching:
    """A training, and what is to be said of it. `seed` decides everything.

    Raises: ResourceError where it wants more memory than is free; and as `Training`.
    """

    def __init__(
        self, examples: Sequence[Example], recipe: Recipe, *, seed: int = 0, unlabelled: Sequence[Angiogram] = ()
    ) -> None:
        began = time.monotonic()
        refuse_too_many(recipe, examples, len(unlabelled))
        self.examples, self.unlabelled = examples, unlabelled
        self.bright = are_bright(examples)
        self.training = Training(
            [ready(one, bright=self.bright) for one in examples],
            recipe,
            seed=seed,
            unlabelled=[unready(one, bright=self.bright) for one in unlabelled],
        )
        self.before = time.monotonic() - began  # the logistic model, and what `make_copies` takes
        self.about: dict[str, Any] = {
            "untaught": __version__,
            "task": "vessels train",
            "seed": seed,
            "settings": describe(recipe),
            "image": [listed(one) for one in examples] + [{"image": one.sha256} for one in unlabelled],
            "torch": torch.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def make_copies(self) -> None:
        """Now and not at the first step, so that it can be said what is being done."""
        began = time.monotonic()
        self.training.make_copies()
        self.before += time.monotonic() - began

    def model(self) -> Model:
        """What was learnt so far, with its card."""
        model = replace(self.training.model(), bright=self.bright)
        result = self.training.fitting.result()
        card = {key: self.about[key] for key in ("untaught", "torch", "python", "threads", "seed", "started")}
        card |= {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "steps_run": result.steps_run,
            "stopped_by": result.stopped_by,
            "seconds": round(self.before + self.training.fitting.seconds, 1),
            "unlabelled": [{"name": one.name, "image": one.sha256} for one in self.unlabelled],
            "images": [],
        }
        dice = []
        for one, said in zip(self.examples, self.about["image"], strict=False):
            seen = model.seen(one.image.pixels, one.fov)
            kind = [round(float(value), 5) for value in kind_of(one.image, bright=self.bright)]  # for `choosing`
            mask = model.mask(model.from_descriptors(seen.descriptors) * seen.fov)
            dice.append(overlap(mask[one.counted], one.label[one.counted]))
            card["images"].append(said | {"moments": kind})
        return replace(model, card=card | {"training_scores": {"dice": float(np.mean(dice))}})


def refuse_too_many(recipe: Recipe, examples: Sequence[Example], unlabelled: int) -> None:
    """Raises: ResourceError where the copies that are learnt from at a time want more memory than is free."""
    if not examples:
        return
    kept = len(first_numbers(len(examples), recipe.copies))
    kept += len(first_numbers(unlabelled, recipe.copies // 2)) if unlabelled else 0
    pixels = sum(one.image.pixels.size for one in examples) // len(examples)
    name, descriptors = f"learning from {kept} images of that size at a time", len(recipe.bank.names())
    refuse_what_does_not_fit(pixels, name, copies=kept, descriptors=descriptors)


def vessel_pixels(examples: Sequence[Example]) -> int:
    """How many the labels have in all: what there is to learn from."""
    return sum(int((one.label & one.known).sum()) for one in examples)


def are_bright(examples: Sequence[Example]) -> bool:
    """Are vessels brighter than what is beside them, in most of the images?"""
    return bool(np.median([contrast(one) for one in examples]) < 0)


def dark(pixels: NDArray[np.float32], bright: bool) -> NDArray[np.float32]:
    """The image with dark vessels."""
    return 1 - pixels if bright else pixels


def ready(example: Example, *, bright: bool) -> Labelled:
    """An example as it is learnt from."""
    pixels = example.image.pixels
    fov = field_of_view(pixels) if example.fov is None else example.fov
    return Labelled.of(dark(pixels, bright), example.label, example.known, fov)


def unready(image: Angiogram, *, bright: bool) -> Labelled:
    """An image without a label, as it is learnt from."""
    return Labelled.of(dark(image.pixels, bright), None, None, field_of_view(image.pixels))


def listed(example: Example) -> dict[str, str]:
    """A labelled image in the card: its name, its file's hash, and that of what its label and field of view say."""
    fov = np.ones_like(example.known) if example.fov is None else example.fov
    says = np.packbits(np.stack([example.label, example.known, fov])).tobytes()
    label = hashlib.sha256(says).hexdigest()
    return {"name": example.image.name, "image": example.image.sha256, "label": label}
