"""Speed foretold: how the tangent kernel of a network lies to the mask, with descriptors and without."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from untaught.core import Optimiser
from untaught.optimisers import GradientDescent, Muon
from untaught.studies.banks import RandomFilters, Shuffled
from untaught.studies.few_labels import SIZES, Cases, about, learn
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, paired, points, rank_correlation, rank_interval, spread
from untaught.studies.study import Asked, Numbers, Study
from untaught.studies.tangent import alignment, fitted, tangent_kernel
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe
from untaught.vessels.training import Training
from untaught.vessels.views import View

IMAGE, ALL, HESSIAN, TOPS = "image", "image + descriptors", "image + Hessian", "image + top-hats"
SHUFFLED, RANDOM = "image + shuffled descriptors", "image + random filters"
KINDS = IMAGE, ALL, HESSIAN, TOPS, SHUFFLED, RANDOM
WAYS: dict[str, Optimiser] = {"Muon": Muon(lr=0.02), "gradient descent": GradientDescent(lr=0.3)}
PATCHES = 3
SOON = 30.0  # units of time: by then the kernel says what is fitted
SMOOTH = 10  # steps over which a loss is averaged: a single one is that of a few crops
TIMES = "at the start", "early"


def recipes(plain: Recipe) -> dict[str, Recipe]:
    """One U-Net, shown more or less."""
    base = replace(plain, tubes=None, residual=False)
    names = Bank().names()

    def only(*kinds: str) -> tuple[int, ...]:
        return tuple(k for k, name in enumerate(names) if name.split()[0] in ("grey", *kinds))

    return {
        IMAGE: replace(base, bank=ImageAlone()),
        ALL: replace(base, bank=Bank()),
        HESSIAN: replace(base, bank=Bank(), seen=only("larger", "smaller", "frangi", "sato", "scale")),
        TOPS: replace(base, bank=Bank(), seen=only("top-hat")),
        SHUFFLED: replace(base, bank=Shuffled()),
        RANDOM: replace(base, bank=RandomFilters()),
    }


def numbers(asked: Asked) -> Numbers:
    """Kernels before the first step and a quarter on; how the loss falls, by the loop's optimiser and by descent."""
    size = SIZES[asked.size]
    size = replace(size, labels=size.labels[:1])
    cases = Cases.of(asked, size)
    kinds = recipes(size.recipe())

    def trained(case: Numbers) -> Numbers:
        kind, way, draw = case["kind"], case["way"], case["draw"]
        chosen, _ = cases.draw(size.labels[0], draw)
        glance = Glance(min(24, size.crop // 4)) if way == next(iter(WAYS)) else None
        learnt = learn(cases, chosen, replace(kinds[kind], optimiser=WAYS[way]), every=max(size.steps // 4, 1),
                       seed=asked.seed + draw, look=None if glance is None else glance.look)  # fmt: skip
        kernels = None if glance is None else {TIMES[0]: glance.of(learnt.start), TIMES[1]: glance.early}
        losses = smoothed(learnt.losses)
        asked.say(f"draw {draw + 1} of {size.draws}, {way}: {kind}: loss {losses[-1]:.3f}")
        return {"kernels": kernels, "final": learnt.dice[-1], "losses": losses}

    facts = about(asked, size, cases)
    plan = [
        {"kind": kind, "way": way, "draw": draw} for draw in range(size.draws) for way in WAYS for kind in kinds
    ]  # fmt: skip
    runs = asked.each(facts, plan, trained)
    for draw in range(size.draws):
        for way in WAYS:
            measure([run for run in runs if run["draw"] == draw and run["way"] == way])
    return facts | summary(runs, asked.seed) | {"runs": runs}


class Glance:
    """The kernel on patches with a vessel of the labelled image."""

    def __init__(self, side: int) -> None:
        self.side, self.patches = side, list[View]()
        self.early: dict[str, float] | None = None

    def look(self, model: Model, training: Training) -> None:
        """At the first time it is asked."""
        if self.early is None:
            self.patches = patches(training.views.copies[0], self.side, training.seed)
            self.early = self.of(model)

    def of(self, model: Model) -> dict[str, float]:
        """Means over patches."""
        found = []
        for one in self.patches:
            kernel = tangent_kernel(model.module, one.descriptors.float())
            mask = one.label[0, 0].flatten().numpy()
            found.append((alignment(kernel, mask), fitted(kernel, mask, SOON)))
        aligned, soon = np.mean(found, axis=0)
        return {"alignment": float(aligned), "fitted": float(soon)}


def patches(view: View, side: int, seed: int) -> list[View]:
    """Squares whose middle is a vessel's pixel, where all is known."""
    drawn, half = np.random.default_rng([seed, 3]), side // 2
    vessel = view.label[0, 0].clone()
    inner = torch.zeros_like(vessel)
    inner[half:-half, half:-half] = True
    rows, columns = torch.nonzero(vessel & inner, as_tuple=True)
    some = drawn.integers(0, len(rows), PATCHES)
    corners = [(int(rows[k]) - half, int(columns[k]) - half) for k in some]
    return [View(*(plane[..., y : y + side, x : x + side] for plane in view)) for y, x in corners]


def smoothed(losses: list[float]) -> list[float]:
    """The mean of the last `SMOOTH`, from the first full one on."""
    width = min(SMOOTH, len(losses))
    return np.convolve(losses, np.ones(width) / width, mode="valid").tolist()


def measure(runs: list[dict[str, Any]]) -> None:
    """Of one draw and optimiser: the steps to a loss that all of them reach."""
    level = max(min(run["losses"]) for run in runs)
    for run in runs:
        run["level"] = level
        run["steps"] = int(np.argmax(np.asarray(run["losses"]) <= level)) + SMOOTH


def summary(runs: list[dict[str, Any]], seed: int) -> Numbers:
    """Means over draws; what is foretold against what came."""

    def of(kind: str, way: str) -> list[dict[str, Any]]:
        return [run for run in runs if run["kind"] == kind and run["way"] == way]

    first = next(iter(WAYS))
    found: Numbers = {
        time: {
            kind: {what: spread([run["kernels"][time][what] for run in of(kind, first)])
                   for what in ("alignment", "fitted")}
            for kind in KINDS
        }
        for time in TIMES
    }  # fmt: skip
    found["steps"] = {way: {kind: spread([run["steps"] for run in of(kind, way)]) for kind in KINDS} for way in WAYS}
    found["losses"] = {kind: np.mean([run["losses"] for run in of(kind, first)], axis=0).tolist() for kind in KINDS}
    foretold = np.array([found[TIMES[0]][kind]["alignment"]["mean"] for kind in KINDS])
    found["correlation"], found["sooner"] = {}, {}
    for way in WAYS:
        speed = -np.array([found["steps"][way][kind]["mean"] for kind in KINDS])
        low, high = rank_interval(foretold, speed, seed)
        found["correlation"][way] = {"rho": rank_correlation(foretold, speed), "low": low, "high": high}
        found["sooner"][way] = paired(
            [-run["steps"] for run in of(ALL, way)], [-run["steps"] for run in of(IMAGE, way)]
        )
    aligned = ([run["kernels"][TIMES[0]]["alignment"] for run in of(kind, first)] for kind in (ALL, IMAGE))
    return found | {"aligned": paired(*aligned)}


def panels(found: Numbers) -> list[Panel]:
    """What is foretold against what came; the losses."""
    foretold, steps = found[TIMES[0]], found["steps"]["Muon"]
    points = [
        Series(name=kind, x=[foretold[kind]["alignment"]["mean"]], y=[steps[kind]["mean"]],
               spread=[steps[kind]["sd"] or 0])
        for kind in KINDS
    ]  # fmt: skip
    curves: list[Series] = []
    for kind in KINDS:
        losses: NDArray[np.float64] = np.asarray(found["losses"][kind])
        at = np.arange(0, len(losses), max(len(losses) // 12, 1))
        curves.append(Series(name=kind, x=(at + SMOOTH).tolist(), y=losses[at].tolist()))
    across = "alignment before the first step"
    return [
        Panel(title="Foretold and measured", across=across, up="steps to a common loss", series=points, kind="points"),
        Panel(title="While learning (Muon)", across="steps", up="loss, mean of 10 steps", series=curves),
    ]


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    start, early = (found[time] for time in TIMES)
    up = found["aligned"]
    verdict = {
        "yes": f"more in all {up['of']} draws", "no": f"more in none of {up['of']} draws: here the claim fails",
    }.get(up["decides"], f"more in {up['more']} of {up['of']} draws: not shown")  # fmt: skip
    said = [
        f"Before the first step the tangent kernel of the U-Net is aligned to the mask by "
        f"{in_words(start[IMAGE]['alignment'])} on the image alone and by {in_words(start[ALL]['alignment'])} with "
        f"descriptors ({verdict}); with shuffled ones by {in_words(start[SHUFFLED]['alignment'])}, with random filters "
        f"by {in_words(start[RANDOM]['alignment'])}. A quarter of the way on it is "
        f"{in_words(early[IMAGE]['alignment'])} and {in_words(early[ALL]['alignment'])}.",
        f"The kernel then foretells that the share of the mask's power fitted by time {SOON:g} is "
        f"{in_words(early[IMAGE]['fitted'])} on the image and {in_words(early[ALL]['fitted'])} with descriptors.",
    ]
    for way, one in found["correlation"].items():
        steps, sooner = found["steps"][way], found["sooner"][way]
        said.append(
            f"By {way} a loss that all inputs reach takes {in_words(steps[IMAGE], 0)} steps on the image and "
            f"{in_words(steps[ALL], 0)} with descriptors (sooner in {sooner['more']} of {sooner['of']} draws); over "
            f"{len(KINDS)} kinds of input alignment and speed have a rank correlation of {one['rho']:+.2f} (95 % "
            f"interval {one['low']:+.2f} to {one['high']:+.2f}): {judged(one)}."
        )
    said.append("The theory is of gradient flow on squared misfit; here the loop's own loss is learnt, on crops.")
    return points(
        said,
        f"{found['size']['labels'][0]} labelled image(s) ({found['images']}), {found['size']['draws']} draws, each "
        f"with a seed of its own; kernels on {PATCHES} patches; ± is the standard deviation over draws.",
    )


def judged(one: dict[str, float]) -> str:
    """What a rank correlation decides."""
    if one["low"] > 0:
        return "foretold rightly"
    return "the contrary of what was foretold" if one["high"] < 0 else "too few kinds to tell, or no relation"


STUDY = Study(
    name="vessels-kernel",
    title="Kernel: speed foretold by alignment to the mask",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
