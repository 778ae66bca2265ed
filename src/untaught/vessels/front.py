"""The same for arrays: what a notebook calls."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError, UsageError
from untaught.vessels.examples import Example
from untaught.vessels.frames import Angiogram, as_pixels
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe, recipe_for
from untaught.vessels.remarks import remarks
from untaught.vessels.teaching import Teaching, vessel_pixels

Mask = NDArray[np.bool_]


def train(
    images: Sequence[NDArray[Any]],
    labels: Sequence[NDArray[Any]],
    *,
    known: Sequence[NDArray[Any]] | None = None,
    fov: Sequence[NDArray[Any]] | None = None,
    unlabelled: Sequence[NDArray[Any]] = (),
    steps: int | None = None,
    seed: int = 0,
    recipe: Recipe | None = None,
) -> Model:
    """A segmentation model learnt from a handful of labelled images. `model.segment(image)` uses it.

    images      `[H, W]`, or `[H, W, 3]` of which the green channel is taken: uint8, uint16, or floats in [0, 1]
    labels      `[H, W]` each: 0 for background and one other value for vessel
    known       `[H, W]` each, 0 where a label says nothing; without it labels are whole
    fov         `[H, W]` each, 0 outside the field of view; without it a dark border is looked for
    unlabelled  further images, without labels; they teach the heads of `recipe.lessons` that need none
    recipe      settings of one's own: heads, losses, filters (`vessels.recipe`); else they go by the labels

    The seed decides everything. `vessels.saved.save(model, folder)` keeps it. Research use, not for diagnosis.
    Warns of what looks odd and may be meant: labels that look inverted, vessels dark here and bright there, several
    sizes, an image given twice.
    Raises: UsageError for what does not pair up, or unlabelled images that a recipe's heads can learn nothing from;
    InputError for labels of one kind only, or of more than two values; ResourceError where it wants more memory than
    is free.
    """
    if not len(images):
        raise UsageError("there are no images to learn from; wanted one or more, each with a label")
    if len(unlabelled) and recipe is not None and not recipe.lessons.label_free():
        raise UsageError(
            "the recipe has no head that images without labels could teach; wanted one, as "
            'Lessons(("vesselness",)), or no `unlabelled`'
        )
    others = [taken(image, f"unlabelled image {number}") for number, image in enumerate(unlabelled, start=1)]
    examples = [
        example(image, label, each_known, each_fov, f"image {number}")
        for number, (image, label, each_known, each_fov) in enumerate(
            zip(images, *(as_many(one, images, name) for one, name in asked(labels, known, fov)), strict=True), start=1
        )
    ]
    for remark in remarks(examples):
        warnings.warn(remark, stacklevel=2)
    settings = recipe_for(vessel_pixels(examples), steps, unlabelled=bool(others))
    if recipe is not None:
        settings = replace(recipe, steps=steps or recipe.steps)
    teaching = Teaching(examples, settings, seed=seed, unlabelled=others)
    for _ in teaching.training:
        pass
    return teaching.model()


def asked(labels: Any, known: Any, fov: Any) -> list[tuple[Any, str]]:
    """What goes with each image, by name."""
    return [(labels, "label"), (known, "known pixels"), (fov, "field of view")]


def as_many(given: Sequence[Any] | None, images: Sequence[Any], name: str) -> Sequence[Any]:
    """One for each image. Raises: UsageError."""
    if given is None:
        return [None] * len(images)
    if len(given) != len(images):
        raise UsageError(f"got {len(images)} images and {len(given)} for their {name}; wanted one for each")
    return given


def example(image: Any, label: Any, known: Any, fov: Any, name: str) -> Example:
    """An image with what goes with it, each of its size."""
    seen = taken(image, name)
    check_two_values(label, f"the label of {name}")
    masks = [mask(one, seen, f"the {kind} of {name}") for one, kind in asked(label, known, fov)]
    everything = np.ones(seen.pixels.shape, dtype=bool)
    vessel = masks[0] if masks[0] is not None else ~everything
    return Example(seen, vessel, everything if masks[1] is None else masks[1], masks[2])


def check_two_values(label: Any, name: str) -> None:
    """Raises: InputError for grey levels or several classes, which could be meant in more than one way."""
    values = np.unique(np.asarray(label))
    if len(values) > 2 or (len(values) == 2 and values[0] != 0) or np.isnan(values).any():
        shown = ", ".join(f"{float(value):g}" for value in values[:3]) + (" ..." if len(values) > 3 else "")
        raise InputError(
            f"{name} has {len(values)} values ({shown}); wanted 0 for background and one other for vessel, "
            "and what is not known told by `known`"
        )


def mask(given: Any, image: Angiogram, name: str) -> Mask | None:
    """True where it is not 0. Raises: UsageError for another size than the image's."""
    if given is None:
        return None
    found: Mask = np.asarray(given) != 0
    if found.shape != image.pixels.shape:
        got, wanted = ("x".join(map(str, shape)) for shape in (found.shape, image.pixels.shape))
        raise UsageError(f"{name} is {got} but the image is {wanted} (height x width)")
    return found


def taken(image: Any, name: str) -> Angiogram:
    """An array as if it had been read from a file."""
    content = hashlib.sha256(np.asarray(image).tobytes()).hexdigest()
    return Angiogram(as_pixels(image, name), name, Path(name), content)
