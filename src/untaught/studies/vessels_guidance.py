"""Descriptors guide a network that has few labels: with what, from how few, and is it not the number of channels?"""

from dataclasses import replace
from typing import Any

import numpy as np

from untaught.studies.banks import RandomFilters, Shuffled
from untaught.studies.few_labels import SHARE, SIZES, Cases, about, basis, learn
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, listed, paired, points, spread
from untaught.studies.study import Asked, Numbers, Study
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.filters import Tubes
from untaught.vessels.lessons import Lessons
from untaught.vessels.recipe import Recipe

PLAIN, INPUTS, START = "U-Net", "+ descriptors", "+ start at the logistic model"
FILTERS, HEADS = "+ learnable filters", "+ label-free heads"
SHUFFLED, RANDOM = "U-Net + shuffled descriptors", "U-Net + random filters"
KINDS = PLAIN, INPUTS, START, FILTERS, HEADS, SHUFFLED, RANDOM
UNLABELLED = 4  # images at most, for the heads that want no label


def recipes(plain: Recipe) -> dict[str, Recipe]:
    """What is compared: each has what the one before has, and the controls are beside `INPUTS`."""
    image = replace(plain, bank=ImageAlone(), tubes=None, residual=False, lessons=Lessons())
    inputs = replace(image, bank=Bank())
    start = replace(inputs, residual=True)
    filters = replace(start, tubes=Tubes())
    heads = replace(filters, lessons=Lessons(("vesselness", "top_hat")))
    others = replace(inputs, bank=Shuffled()), replace(inputs, bank=RandomFilters())
    return dict(zip(KINDS, (image, inputs, start, filters, heads, *others), strict=True))


def numbers(asked: Asked) -> Numbers:
    """All kinds, for each number of labels and each draw."""
    size = SIZES[asked.size]
    if asked.size == "default":
        size = replace(size, draws=3, steps=160, copies=10, renew=10)  # it is the first of the studies
    cases = Cases.of(asked, size)
    kinds = recipes(size.recipe())

    def trained(case: Numbers) -> Numbers:
        labels, draw, kind = case["labels"], case["draw"], case["kind"]
        chosen, others = cases.draw(labels, draw)
        rest = others[:UNLABELLED] if kinds[kind].lessons.heads else []
        learnt = learn(cases, chosen, kinds[kind], every=size.every, seed=asked.seed + draw, unlabelled=rest)
        asked.say(f"{labels} labels, draw {draw + 1} of {size.draws}: {kind}: Dice {learnt.dice[-1]:.3f}")
        return learnt.record()

    plan = [
        {"labels": labels, "draw": draw, "kind": kind}
        for labels in size.labels
        for draw in range(size.draws)
        for kind in kinds
    ]
    facts = about(asked, size, cases)
    runs = asked.each(facts, plan, trained)
    return facts | {"runs": runs} | summary(runs)


def summary(runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws, and the comparisons that decide."""
    table, pace = {}, {}
    for labels in sorted({run["labels"] for run in runs}):
        table[labels] = {k: spread([r["final"] for r in of(runs, k, labels)]) for k in KINDS}
        pace[labels] = {k: spread([r["steps_to_95"] for r in of(runs, k, labels)]) for k in KINDS}
    final = {kind: [run["final"] for run in of(runs, kind)] for kind in KINDS}
    against = {
        "descriptors against the image alone": paired(final[INPUTS], final[PLAIN]),
        "descriptors against shuffled ones": paired(final[INPUTS], final[SHUFFLED]),
        "descriptors against random filters": paired(final[INPUTS], final[RANDOM]),
        "start at the logistic model against the image alone": paired(final[START], final[PLAIN]),
        "that start against descriptors as inputs alone": paired(final[START], final[INPUTS]),
        "learnable filters against none": paired(final[FILTERS], final[START]),
        "label-free heads against none": paired(final[HEADS], final[FILTERS]),
    }
    sooner = paired(*([-float(run["steps_to_95"]) for run in of(runs, kind)] for kind in (INPUTS, PLAIN)))
    reached = [to_plain(with_, alone) for with_, alone in zip(of(runs, INPUTS), of(runs, PLAIN), strict=True)]
    late = {kind: spread([run["late"] for run in of(runs, kind)]) for kind in KINDS}
    return {
        "dice": table,
        "steps_to_95": pace,
        "late": late,
        "against": against,
        "sooner": sooner,
        "to_the_plain_dice": reached,
    }


def of(runs: list[dict[str, Any]], kind: str, labels: int | None = None) -> list[dict[str, Any]]:
    """Those of a kind, in the order of labels and draws."""
    return [run for run in runs if run["kind"] == kind and labels in (None, run["labels"])]


def to_plain(run: dict[str, Any], plain: dict[str, Any]) -> list[int | None]:
    """The steps to 95 % of the plain U-Net's final Dice: with descriptors, and its own."""
    goal = SHARE * plain["final"]
    return [
        next((step for step, dice in zip(one["steps"], one["dice"], strict=True) if dice >= goal), None)
        for one in (run, plain)
    ]


def panels(found: Numbers) -> list[Panel]:
    """Dice against labels, and against steps with the fewest."""
    counts = list(found["dice"])
    final = [
        Series(
            name=kind,
            x=[k + 0.06 * (number - 3) for k in range(len(counts))],
            y=[found["dice"][count][kind]["mean"] for count in counts],
            spread=[found["dice"][count][kind]["sd"] or 0 for count in counts],
        )
        for number, kind in enumerate(KINDS)
    ]
    few = [run for run in found["runs"] if str(run["labels"]) == counts[0]]
    curves = [
        Series(name=kind, x=few[0]["steps"], y=np.mean([r["dice"] for r in of(few, kind)], axis=0).tolist())
        for kind in KINDS
    ]
    one = f"{counts[0]} label{'' if counts[0] == '1' else 's'}"
    return [
        Panel(
            title="After all steps", across="labelled images", up="Dice, held-out images", series=final, places=counts
        ),
        Panel(title=f"While learning from {one}", across="steps", up="Dice, held-out images", series=curves),
    ]


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    few = next(iter(found["dice"]))
    row, pace = found["dice"][few], found["steps_to_95"][few]
    said = [
        f"With {few} labelled image{'' if few == '1' else 's'} the U-Net on the image alone ends at a Dice of "
        f"{in_words(row[PLAIN])}, with descriptors as further inputs at {in_words(row[INPUTS])}, started at their "
        f"logistic model at {in_words(row[START])}, with learnable filters at {in_words(row[FILTERS])}, and with "
        f"label-free heads at {in_words(row[HEADS])}; with shuffled descriptors at {in_words(row[SHUFFLED])} and with "
        f"as many random filters at {in_words(row[RANDOM])}."
    ]
    cases = [comparison(what, one) for what, one in found["against"].items()]
    said.append(listed("Case by case, a case being a draw and a number of labels:", cases))
    sooner = found["sooner"]
    verdict = {"yes": "sooner in every case", "no": "sooner in no case"}.get(
        sooner["decides"], f"sooner in {sooner['more']} of {sooner['of']} cases"
    )
    said.append(
        f"To 95 % of its own final Dice the U-Net takes {in_words(pace[PLAIN], 0)} steps on the image alone and "
        f"{in_words(pace[INPUTS], 0)} with descriptors ({few} label{'' if few == '1' else 's'}); "
        f"with descriptors it is there {verdict}."
    )
    ahead = [one for one in found["to_the_plain_dice"] if one[0] is not None and one[0] < one[1]]
    said.append(
        f"What the plain U-Net reaches, 95 % of its final Dice, it reaches with descriptors in fewer steps in "
        f"{len(ahead)} of {len(found['to_the_plain_dice'])} cases."
    )
    said.append(
        f"In the last quarter of the steps the U-Net still gains {in_words(found['late'][PLAIN], 3, sign=True)}, with "
        f"descriptors {in_words(found['late'][INPUTS], 3, sign=True)}, started at the logistic model "
        f"{in_words(found['late'][START], 3, sign=True)}: what it would come to with many more is not said here."
    )
    return points(said, basis(found))


def comparison(what: str, one: dict[str, Any]) -> str:
    """One that decides, in words; a claim that fails is said to."""
    gain = f"{in_words(one, 3, sign=True)} of Dice"
    verdict = {
        "yes": f"better in all {one['of']} cases",
        "no": f"not better in any of {one['of']} cases: here the claim fails",
    }.get(one["decides"], f"better in {one['more']} of {one['of']} cases: not shown")
    return f"{what[0].upper()}{what[1:]}: {gain}, {verdict}."


STUDY = Study(
    name="vessels-guidance",
    title="Guidance: descriptors for a network that has few labels",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
