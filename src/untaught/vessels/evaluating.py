"""A model held against labels that it has not seen: scores of each image, and their means."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.vessels.examples import Example
from untaught.vessels.field_of_view import field_of_view
from untaught.vessels.model import Model
from untaught.vessels.scores import scores
from untaught.vessels.teaching import dark

SHOWN = "dice", "cl_dice", "auc", "sensitivity", "precision", "thin_recall", "e_b0", "e_b1"


def evaluate(model: Model, examples: Sequence[Example]) -> Iterator[dict[str, Any]]:
    """For each example its name and its scores. Pixels that the label or the field of view leave out do not count."""
    for one in examples:
        fov = field_of_view(dark(one.image.pixels, model.bright)) if one.fov is None else one.fov
        likely = model.probability(one.image.pixels, fov)
        known = counted(one)
        found = scores(model.mask(likely), one.label, known=known, probability=likely)
        yield {"name": one.image.name} | found.record()


def counted(one: Example) -> NDArray[np.bool_]:
    """Where a score is taken: what is known, in the field of view if one was given. One that was found is not asked."""
    return one.known if one.fov is None else one.known & one.fov


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation over the images of each score; an image for which one means nothing is left out."""
    found = {}
    for name in SHOWN:
        values = np.array([row[name] for row in rows if row[name] is not None], dtype=float)
        if len(values):
            spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
            found[name] = {"mean": float(values.mean()), "sd": spread, "images": len(values)}
    return found


def seen_before(model: Model, examples: Sequence[Example]) -> list[str]:
    """Which of the examples the model was trained on: their scores say nothing of other images."""
    trained = {one["image"] for one in model.card.get("images", [])}
    return [one.image.name for one in examples if one.image.sha256 in trained]
