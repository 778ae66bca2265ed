"""Segmentation is not restoration: are unlabelled images to teach themselves beside the mask, or their vesselness?"""

from dataclasses import replace
from typing import Any

from untaught.studies.few_labels import MORE, SIZES, Cases, about, basis, learn
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, paired, points, spread
from untaught.studies.study import Asked, Numbers, Study
from untaught.studies.vessels_coupling import WEIGHT, constant, recipe, targets
from untaught.vessels.lessons import Lessons

ALONE = "no further head"
TAUGHT = {
    "vesselness": "vesselness", "top-hat": "top_hat", "the image": "reconstruction", "noise": "noise",
}  # fmt: skip
VESSELNESS, TOP_HAT, IMAGE, NOISE = TAUGHT
LABELLED = ", no unlabelled images"
KINDS = (ALONE, *TAUGHT, VESSELNESS + LABELLED, IMAGE + LABELLED)
UNLABELLED = 6  # images


def numbers(asked: Asked) -> Numbers:
    """Every kind from the same labels and the same unlabelled images."""
    size = SIZES[asked.size]
    size = replace(size, labels=size.labels[:1], draws=MORE if asked.size == "default" else size.draws)
    cases = Cases.of(asked, size)
    alone = recipe(size)
    costs = {name: constant(targets(cases, target)) for name, target in TAUGHT.items()}

    def trained(case: Numbers) -> Numbers:
        kind, draw = case["kind"], case["draw"]
        chosen, others = cases.draw(size.labels[0], draw)
        name = kind.removesuffix(LABELLED)
        taught, rest = alone, []
        if name != ALONE:
            taught = replace(alone, lessons=Lessons((TAUGHT[name],)), heads=WEIGHT / costs[name])
            rest = [] if kind.endswith(LABELLED) else others[:UNLABELLED]
        learnt = learn(cases, chosen, taught, every=size.every, seed=asked.seed + draw, unlabelled=rest)
        asked.say(f"draw {draw + 1} of {size.draws}: {kind}: Dice {learnt.dice[-1]:.3f}")
        return learnt.record()

    facts = about(asked, size, cases)
    runs = asked.each(facts, [{"kind": kind, "draw": draw} for draw in range(size.draws) for kind in KINDS], trained)
    unlabelled = min(UNLABELLED, len(cases.pool) - size.labels[0])
    return facts | summary(runs) | {"unlabelled": unlabelled, "runs": runs}


def summary(runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws, and the comparisons that decide."""
    final = {kind: [run["final"] for run in runs if run["kind"] == kind] for kind in KINDS}
    return {
        "dice": {kind: spread(final[kind]) for kind in KINDS},
        "gain": {kind: paired(final[kind], final[ALONE]) for kind in KINDS[1:]},
        "vesselness_over_image": paired(final[VESSELNESS], final[IMAGE]),
        "image_over_noise": paired(final[IMAGE], final[NOISE]),
    }


def panels(found: Numbers) -> list[Panel]:
    """What each gains."""
    rows = list(found["gain"].values())
    series = Series(
        name="", x=list(range(len(rows))), y=[one["mean"] for one in rows], spread=[one["sd"] or 0 for one in rows]
    )
    title = f"A further head, taught on {found['unlabelled']} unlabelled images too"
    up, places = "gain in Dice over no further head", list(found["gain"])
    return [Panel(title=title, across="taught", up=up, series=[series], kind="bars", places=places, level=0)]


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    dice, gain, ahead = found["dice"], found["gain"], found["vesselness_over_image"]
    verdict = {
        "yes": f"more in all {ahead['of']} draws: the claim holds here",
        "no": f"more in none of {ahead['of']} draws: here the claim fails",
    }.get(ahead["decides"], f"more in {ahead['more']} of {ahead['of']} draws: the claim is not shown here")
    over = found["image_over_noise"]
    said = [
        f"A U-Net on the image alone has a Dice of {in_words(dice[ALONE])}. A further head on "
        f"{found['unlabelled']} unlabelled images changes that by {in_words(gain[VESSELNESS], 3, sign=True)} if it is "
        f"taught vesselness, by {in_words(gain[TOP_HAT], 3, sign=True)} if a top-hat, by "
        f"{in_words(gain[IMAGE], 3, sign=True)} if the image itself, and by {in_words(gain[NOISE], 3, sign=True)} if "
        f"noise.",
        f"Vesselness gains {in_words(ahead, 3, sign=True)} over the image, {verdict}.",
        f"The image gains {in_words(over, 3, sign=True)} over noise, more in {over['more']} of {over['of']} draws.",
    ]
    for name in (VESSELNESS, IMAGE):
        few = gain[name + LABELLED]
        said.append(f"Without unlabelled images a head for {name} changes the Dice by {in_words(few, 3, sign=True)}.")
    count = found["size"]["labels"][0]
    return points(said, f"{count} labelled image{'' if count == 1 else 's'}.", basis(found))


STUDY = Study(
    name="vessels-reconstruction",
    title="Segmentation is not restoration: what unlabelled images should teach",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
