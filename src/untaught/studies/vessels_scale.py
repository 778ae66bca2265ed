"""Vessels are of so many scales that no uniform enhancement serves them all: one scale, the largest, a gate."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, zoom
from torch import Tensor

from untaught.studies.few_labels import SIZES, Cases, about, basis, label_of, learn
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, mean_of, paired, points, spread
from untaught.studies.study import Asked, Numbers, Study
from untaught.vessels.descriptors import Bank, Spectrum, eigenvalues, frangi, local_contrast
from untaught.vessels.descriptors.bank import standardised
from untaught.vessels.filters import Tubes
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe
from untaught.vessels.scores import dice
from untaught.vessels.targets import WIDEST, radius
from untaught.vessels.threshold import threshold_from
from untaught.vessels.views import Labelled, as_image

ONE, MAX, GATED, APART = "one scale", "largest over scales", "gated scales", "scales apart"
KINDS = ONE, MAX, GATED, APART
SCALES = 1.0, 1.7, 2.9, 5.0
MIDDLE = 1.7  # pixels: the scale of the one
EDGES = 0.0, 1.5, 2.5, 4.0, np.inf  # pixels of radius
FACTORS = 0.5, 0.71, 1.0, 1.41, 2.0  # of the test images' size

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Contrast(Bank):
    """Local contrast, which learnable filters are given, and the image."""

    def names(self) -> tuple[str, ...]:
        return "contrast", "grey"

    def describe(self, image: Tensor, fov: Tensor | None = None) -> Tensor:
        return torch.cat([local_contrast(image), standardised(image, fov)], dim=1)


def recipes(plain: Recipe) -> dict[str, Recipe]:
    """The same U-Net, shown the image and one enhanced image, or one for each scale."""
    base = replace(plain, bank=Contrast(), residual=False)
    several, gated = Tubes(sigmas=SCALES, bars=()), 2 + len(SCALES)
    return {
        ONE: replace(base, tubes=Tubes(sigmas=(MIDDLE,), bars=()), seen=(1, 3)),
        MAX: replace(base, tubes=replace(several, gate="max"), seen=(1, gated)),
        GATED: replace(base, tubes=several, seen=(1, gated)),
        APART: replace(base, tubes=several, seen=(1, *range(2, gated))),
    }


def numbers(asked: Asked) -> Numbers:
    """Filters alone at each scale, then networks on them; by radius, and on images made smaller and larger."""
    size = SIZES[asked.size]
    size = replace(size, labels=size.labels[-1:])
    cases = Cases.of(asked, size)
    resized = {factor: [scaled(one, factor) for one in cases.held] for factor in FACTORS}
    kinds, chosen = recipes(size.recipe()), [cases.draw(size.labels[0], draw)[0] for draw in range(size.draws)]
    filters = [
        {name: by_radius(cases.held, masks) for name, masks in unlearned(some, cases.held).items()} for some in chosen
    ]

    def trained(case: Numbers) -> Numbers:
        kind, draw = case["kind"], case["draw"]
        model = learn(cases, chosen[draw], kinds[kind], every=size.steps, seed=asked.seed + draw).model
        at = {factor: dice_on(model, images) for factor, images in resized.items()}
        own = by_radius(cases.held, [one > model.threshold for one in cases.maps(model)])
        asked.say(f"draw {draw + 1} of {size.draws}: {kind}: Dice {at[1.0]:.3f}")
        return {"by_radius": own, "by_size": list(at.values()), "dice": at[1.0]}

    facts = about(asked, size, cases)
    runs = asked.each(facts, [{"kind": kind, "draw": draw} for draw in range(size.draws) for kind in kinds], trained)
    return facts | summary(filters, runs) | {"runs": runs, "filters_by_draw": filters}


def unlearned(chosen: list[Labelled], held: list[Labelled]) -> dict[str, list[Mask]]:
    """Frangi's vesselness at each scale and the largest, with the threshold of the best Dice on the labelled images."""
    known, shown = ([vesselness(one) for one in some] for some in (chosen, held))
    found = {}
    for name, which in [*((f"{s:g}", slice(k, k + 1)) for k, s in enumerate(SCALES)), ("largest", slice(None))]:
        best = [one[which].max(0) for one in known]
        at = threshold_from(best, [label_of(one) for one in chosen], [one.known for one in chosen])
        found[name] = [one[which].max(0) > at for one in shown]
    return found


def vesselness(one: Labelled) -> Grey:
    """`[scales, H, W]`."""
    with torch.no_grad():
        spectrum = Spectrum.of(local_contrast(as_image(one.image)))
        larger, smaller = (spectrum.cut(x) for x in eigenvalues(spectrum, torch.tensor(SCALES)))
        found: Grey = frangi(larger, smaller)[0].numpy()
    return found


def by_radius(images: list[Labelled], masks: list[Mask]) -> list[float]:
    """The Dice of each class of radius, over all images: every pixel belongs to the vessel that is nearest."""
    both, either = np.zeros(len(EDGES) - 1), np.zeros(len(EDGES) - 1)
    for one, mask in zip(images, masks, strict=True):
        label = label_of(one)
        if not label.any():
            continue
        nearest = distance_transform_edt(~label, return_distances=False, return_indices=True)
        kind = np.digitize((radius(label)[0] * WIDEST)[tuple(nearest)], EDGES[1:-1], right=True)
        for k in range(len(both)):
            here = (kind == k) & one.known
            both[k] += 2 * (label & mask & here).sum()
            either[k] += (label & here).sum() + (mask & here).sum()
    with np.errstate(invalid="ignore"):
        found: list[float] = (both / either).tolist()
    return found


def scaled(one: Labelled, factor: float) -> Labelled:
    """An image made larger or smaller, its label with it."""
    if factor == 1:
        return one
    image = one.image if factor > 1 else smoothed(one.image, factor)
    masks = [zoom(x.astype(np.float32), factor, order=1) > 0.5 for x in (label_of(one), one.known, one.fov)]
    return Labelled(zoom(image, factor, order=1).astype(np.float32), *masks)


def smoothed(image: Grey, factor: float) -> Grey:
    """So that fewer pixels can tell it."""
    found: Grey = gaussian_filter(image, 0.5 * np.sqrt(1 / factor**2 - 1))
    return found


def dice_on(model: Model, images: list[Labelled]) -> float:
    """The mean over images."""
    found = []
    for one in images:
        mask = model.probability(one.image, one.fov) > model.threshold
        found.append(dice(mask, label_of(one), known=one.known))
    return mean_of(found)


def summary(filters: list[dict[str, list[float]]], runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws, and the comparisons that decide."""
    of = {kind: [run for run in runs if run["kind"] == kind] for kind in KINDS}
    dices = {kind: [run["dice"] for run in of[kind]] for kind in KINDS}
    away = {kind: [np.mean([run["by_size"][0], run["by_size"][-1]]) for run in of[kind]] for kind in KINDS}
    return {
        "filters": {name: columns([one[name] for one in filters]) for name in filters[0]},
        "dice": {kind: spread(dices[kind]) for kind in KINDS},
        "by_radius": {kind: columns([run["by_radius"] for run in of[kind]]) for kind in KINDS},
        "by_size": {kind: columns([run["by_size"] for run in of[kind]]) for kind in KINDS},
        "against": {kind: paired(dices[GATED], dices[kind]) for kind in (ONE, MAX, APART)},
        "against_resized": {kind: paired(away[GATED], away[kind]) for kind in (ONE, MAX, APART)},
    }


def columns(rows: list[list[float]]) -> list[dict[str, Any]]:
    """The spread of each."""
    return [spread(list(column)) for column in zip(*rows, strict=True)]


def panels(found: Numbers) -> list[Panel]:
    """Filters by radius, networks by radius, networks by the size of the image."""
    names = [f"{low:g}-{high:g}" if np.isfinite(high) else f"{low:g}+" for low, high in pairwise(EDGES)]
    alone = [
        series(f"filter alone, {name if name == 'largest' else f'sigma {name}'}", range(len(names)), rows)
        for name, rows in found["filters"].items()
    ]
    nets = [series(f"U-Net, {kind}", range(len(names)), found["by_radius"][kind]) for kind in KINDS]
    sizes = [series(f"U-Net, {kind}", range(len(FACTORS)), found["by_size"][kind]) for kind in KINDS]
    dice_here = "Dice of this radius"
    return [
        Panel(title="Filters alone", across="radius, pixels", up=dice_here, series=alone, places=names),
        Panel(title="Networks on them", across="radius, pixels", up=dice_here, series=nets, places=names),
        Panel(
            title="Test images resized",
            across="times their size",
            up="Dice",
            series=sizes,
            places=[f"{f:g}" for f in FACTORS],
        ),
    ]


def series(name: str, x: Any, rows: list[dict[str, Any]]) -> Series:
    """A line of spreads."""
    return Series(name=name, x=list(x), y=[one["mean"] for one in rows], spread=[one["sd"] or 0 for one in rows])


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    rows = {name: [one["mean"] for one in some] for name, some in found["filters"].items() if name != "largest"}
    last = max(k for k in range(len(EDGES) - 1) if all(one[k] is not None for one in rows.values()))
    thin, wide = (max(rows, key=lambda name: rows[name][k]) for k in (0, last))
    uniform = (
        f"no one scale serves both: the best for the thinnest vessels is {thin} pixels (Dice {rows[thin][0]:.2f}, and "
        f"{rows[thin][last]:.2f} on the widest), for the widest {wide} ({rows[wide][0]:.2f} and {rows[wide][last]:.2f})"
        if thin != wide
        else f"one scale, {thin} pixels, is the best for the thinnest and the widest vessels: here the claim fails"
    )
    nets = "; ".join(f"{kind} {in_words(found['dice'][kind])}" for kind in KINDS)
    said = [
        f"Of Frangi's filters alone {uniform}.",
        f"Dice of the U-Net on the image and what filters make of it: {nets}.",
    ]
    for kind in (ONE, MAX, APART):
        here, away = found["against"][kind], found["against_resized"][kind]
        said.append(
            f"Gated against {kind}: {in_words(here, 3, sign=True)} ({verdict(here)}); on images half and twice as "
            f"large {in_words(away, 3, sign=True)} ({verdict(away)})."
        )
    return points(said, f"{found['size']['labels'][0]} labelled images.", basis(found))


def verdict(one: dict[str, Any]) -> str:
    """What a comparison decides."""
    return {
        "yes": "better in every draw",
        "no": "better in no draw: here the claim fails",
    }.get(one["decides"], f"better in {one['more']} of {one['of']} draws: not shown")


STUDY = Study(
    name="vessels-scale",
    title="Scale: one, the largest, or a gate over all",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
