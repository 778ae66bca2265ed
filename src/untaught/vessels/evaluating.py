"""A model held against labels that it has not seen: scores of each image, and their means."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.vessels.examples import Example
from untaught.vessels.field_of_view import field_of_view
from untaught.vessels.frames import frame_of
from untaught.vessels.model import Model
from untaught.vessels.scores import scores

Mask = NDArray[np.bool_]
COLOURS = {"found": (0, 158, 115), "false": (230, 159, 0), "missed": (204, 60, 167)}
OPAQUE = 0.7
SHOWN = "dice", "cl_dice", "auc", "sensitivity", "precision", "thin_recall", "e_b0", "e_b1"


@dataclass(frozen=True, eq=False)
class Held:
    """One example held against its label."""

    example: Example
    mask: Mask = field(repr=False)
    scores: dict[str, Any]  # its name, and what it scored


def evaluate(model: Model, examples: Sequence[Example]) -> Iterator[Held]:
    """Each example in turn. Pixels that the label or a field of view that was given leave out do not count."""
    for one in examples:
        fov = field_of_view(one.image.pixels) if one.fov is None else one.fov
        likely = model.probability(one.image.pixels, fov)
        mask = model.mask(likely)
        found = scores(mask, one.label, known=one.counted, probability=likely)
        yield Held(one, mask, {"name": one.image.name} | found.record())


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation over the images of each score; an image for which one means nothing is left out."""
    found = {}
    for name in SHOWN:
        values = np.array([row[name] for row in rows if row[name] is not None], dtype=float)
        if len(values):
            spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
            found[name] = {"mean": float(values.mean()), "sd": spread, "images": len(values)}
    return found


def overlay(held: Held) -> NDArray[np.uint8]:
    """The image `[H, W, 3]` in grey, with `COLOURS` over it: what was found rightly, wrongly, and not at all.

    Pixels that do not count are left grey. Colours of Okabe and Ito (2008), told apart by nearly all eyes.
    """
    example, known = held.example, held.example.counted
    kinds = (held.mask & example.label, held.mask & ~example.label, ~held.mask & example.label)
    drawn = np.repeat(255 * example.image.pixels.clip(0, 1)[..., None], 3, axis=2)
    for kind, colour in zip(kinds, COLOURS.values(), strict=True):
        drawn[kind & known] = (1 - OPAQUE) * drawn[kind & known] + OPAQUE * np.array(colour)
    found: NDArray[np.uint8] = np.rint(drawn).astype(np.uint8)
    return found


def seen_before(model: Model, examples: Sequence[Example]) -> list[str]:
    """Which of the examples the model was trained on: their scores say nothing of other images."""
    trained = {(one["image"], frame_of(one["name"])) for one in model.card.get("images", [])}
    return [one.image.name for one in examples if (one.image.sha256, frame_of(one.image.name)) in trained]
