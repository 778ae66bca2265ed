"""Networks are blind to thin tubes, it is said: how many are found, by their radius, and by what more of them."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.studies.few_labels import SIZES, Cases, about, basis, label_of, learn
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, mean_of, paired, points, spread
from untaught.studies.study import Asked, Numbers, Study
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.filters import Tubes
from untaught.vessels.lessons import Lessons
from untaught.vessels.recipe import Recipe
from untaught.vessels.scores import RADII, THIN, cl_dice, dice, precision, recall_by_radius, thin_recall

PLAIN, RECALL, HEADS, BOTH = "U-Net", "U-Net, skeleton recall", "U-Net, direction and centreline heads", "U-Net, both"
LFNET, LFNET_BOTH = "LFNet", "LFNet, both"
KINDS = PLAIN, RECALL, HEADS, BOTH, LFNET, LFNET_BOTH
THICK = 3.0  # pixels: from this radius on nobody calls a vessel thin
SCORES = {"dice": dice, "cl_dice": cl_dice, "precision": precision, "thin_recall": thin_recall}


def recipes(plain: Recipe) -> dict[str, Recipe]:
    """With and without the loss on skeletons and heads that know of lines; on the image, and on descriptors."""
    image = replace(plain, bank=ImageAlone(), tubes=None, residual=False)
    lfnet = replace(plain, bank=Bank(), tubes=Tubes(), residual=True)
    lines = Lessons(("orientation", "centreline"))
    return {
        PLAIN: image,
        RECALL: replace(image, recall=1.0),
        HEADS: replace(image, lessons=lines),
        BOTH: replace(image, lessons=lines, recall=1.0),
        LFNET: lfnet,
        LFNET_BOTH: replace(lfnet, lessons=lines, recall=1.0),
    }


def numbers(asked: Asked) -> Numbers:
    """All kinds, from the greatest number of labels."""
    size = SIZES[asked.size]
    size = replace(size, labels=size.labels[-1:])
    cases = Cases.of(asked, size)
    kinds = recipes(size.recipe())

    def trained(case: Numbers) -> Numbers:
        kind, draw = case["kind"], case["draw"]
        chosen, _ = cases.draw(size.labels[0], draw)
        model = learn(cases, chosen, kinds[kind], every=size.steps, seed=asked.seed + draw).model
        maps = cases.maps(model)
        half = [one > model.threshold for one in maps]
        area = int(sum(one.sum() for one in half))
        plain = area if kind == PLAIN else asked.runs.once({"kind": PLAIN, "draw": draw}, trained)["area"]
        at_half, as_many = scored(cases, half), scored(cases, as_large(maps, plain))
        asked.say(f"draw {draw + 1} of {size.draws}: {kind}: thin recall {at_half['thin_recall']:.3f}")
        return {"half": at_half, "equal_area": as_many, "area": area}

    facts = about(asked, size, cases)
    plan: list[Numbers] = [{"kind": kind, "draw": draw} for draw in range(size.draws) for kind in kinds]
    runs = asked.each(facts, plan, trained)
    return facts | summary(cases, runs) | {"runs": runs}


def as_large(maps: list[NDArray[np.float32]], area: int) -> list[NDArray[np.bool_]]:
    """Masks by one threshold, that of so many pixels in all."""
    values = np.concatenate([one.ravel() for one in maps])
    at = np.sort(values)[max(len(values) - area - 1, 0)]
    return [one > at for one in maps]


def scored(cases: Cases, masks: list[NDArray[np.bool_]]) -> dict[str, Any]:
    """The mean of each score over the held-out images; the recall of each radius over all their centrelines."""
    found: dict[str, Any] = {name: mean_of(cases.scored(masks, by)) for name, by in SCORES.items()}
    bins = cases.scored(masks, recall_by_radius)
    sought = np.array([[one.pixels for one in image] for image in bins])
    hit = np.array([[one.pixels * one.recall if one.pixels else 0.0 for one in image] for image in bins])
    with np.errstate(invalid="ignore", divide="ignore"):
        return found | {"by_radius": (hit.sum(0) / sought.sum(0)).tolist()}


def summary(cases: Cases, runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws, and what has more than what."""
    found: Numbers = {"radii": [[low, high if np.isfinite(high) else None] for low, high in pairs()]}
    sought = [recall_by_radius(label_of(one), label_of(one), known=one.known) for one in cases.held]
    found["centreline_pixels"] = [sum(image[k].pixels for image in sought) for k in range(len(found["radii"]))]
    for way in ("half", "equal_area"):
        values = {k: {s: [run[way][s] for run in runs if run["kind"] == k] for s in SCORES} for k in KINDS}
        found[way] = {k: {s: spread(v) for s, v in rows.items()} for k, rows in values.items()}
        for kind in KINDS:
            bins = np.array([run[way]["by_radius"] for run in runs if run["kind"] == kind], dtype=float)
            found[way][kind]["by_radius"] = [spread(list(one)) for one in bins.T]
        against = ((RECALL, PLAIN), (HEADS, PLAIN), (BOTH, PLAIN), (LFNET, PLAIN), (LFNET_BOTH, LFNET))
        found[way]["against"] = {
            one: {
                "other": other,
                "gain": paired(values[one]["thin_recall"], values[other]["thin_recall"]),
                "dice": paired(values[one]["dice"], values[other]["dice"]),
            }
            for one, other in against
        }
    thin, wide = ends(found, found["half"][PLAIN]["by_radius"])
    return found | {"plain": {"thin": thin, "wide": wide}}


def pairs() -> list[tuple[float, float]]:
    """The radii from which to which."""
    return list(pairwise(RADII))


def places(found: Numbers) -> list[str]:
    """The radii in words, where there is something to find."""
    return [f"{low:g}+" if high is None else f"{low:g}-{high:g}" for low, high in found["radii"]]


def panels(found: Numbers) -> list[Panel]:
    """Recall against radius, at one half and at equal area."""
    shown = []
    for way, title in (("half", "Threshold one half"), ("equal_area", "As many pixels as the U-Net finds")):
        series = [
            Series(
                name=kind,
                x=[k + 0.06 * (number - 2.5) for k in range(len(found["radii"]))],
                y=[one["mean"] for one in found[way][kind]["by_radius"]],
                spread=[one["sd"] or 0 for one in found[way][kind]["by_radius"]],
            )
            for number, kind in enumerate(KINDS)
        ]
        shown.append(
            Panel(
                title=title,
                across="radius, pixels",
                up="share of centreline found",
                series=series,
                places=places(found),
            )
        )
    return shown


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    thin, thick = found["plain"]["thin"], found["plain"]["wide"]
    blind = (
        "it does miss thin vessels more" if thin < thick - 0.05
        else "it misses thin vessels no more: here the claim fails"
    )  # fmt: skip
    said = [
        f"Of the centreline of vessels of at most {THIN:g} pixels of radius the U-Net finds {thin:.2f}, of those over "
        f"{THICK:g} pixels {thick:.2f}: {blind}."
    ]
    for kind, one in found["half"]["against"].items():
        said.append(compared(found, kind, one["other"]))
    return points(said, f"{found['size']['labels'][0]} labelled images.", basis(found))


def ends(found: Numbers, bins: list[dict[str, Any]]) -> tuple[float, float]:
    """The recall of thin and of wide vessels, of all centreline pixels in their bins."""
    ways = []
    for inside in (
        [high is not None and high <= THIN for _, high in found["radii"]],
        [low >= THICK for low, _ in found["radii"]],
    ):
        rows = zip(inside, bins, found["centreline_pixels"], strict=True)
        some = [(one["mean"], pixels) for is_in, one, pixels in rows if is_in and pixels]
        ways.append(sum(mean * pixels for mean, pixels in some) / max(sum(pixels for _, pixels in some), 1))
    return ways[0], ways[1]


def compared(found: Numbers, kind: str, other: str) -> str:
    """One kind against another: at one half, and when both may find as many pixels."""
    half, equal = (found[way]["against"][kind]["gain"] for way in ("half", "equal_area"))
    overlap = found["half"]["against"][kind]["dice"]
    verdict = {
        "yes": "it finds more of them even so, in every draw",
        "no": "so it finds none that a lower threshold would not: here the claim fails",
    }.get(equal["decides"], f"more in {equal['more']} of {equal['of']} draws: not shown")
    return (
        f"{kind} against {other}: recall of thin vessels {in_words(half, 3, sign=True)}, Dice "
        f"{in_words(overlap, 3, sign=True)}; with as many pixels as the U-Net {in_words(equal, 3, sign=True)}: "
        f"{verdict}."
    )


STUDY = Study(
    name="vessels-thin",
    title="Thin tubes: what is found, by radius",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
