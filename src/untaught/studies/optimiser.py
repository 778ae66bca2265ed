"""Which step is taken: Adam, descent with momentum, L-BFGS and orthogonalised momentum, each at a rate tuned alike.

Rates are chosen on photographs of their own, whose truths say which is best; those that all is then tested on have no
say in anything. Every fit has as many gradients to spend, whatever its optimiser makes of them. Jitter is off: a search
wants an objective that stands still. Seconds are the processor's, of the loop alone, with the optimisers in turn.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from untaught.core import Optimiser, Problem
from untaught.fit import Fit
from untaught.likelihoods import Gaussian
from untaught.operators import Mask
from untaught.optimisers import LBFGS, Adam, GradientDescent, Muon
from untaught.presets.published import PYRAMID
from untaught.studies.courses import STILL, Course, watch
from untaught.studies.fits import denoising, quick_hourglass
from untaught.studies.optimiser_words import ADAM, DESCENT, KINDS, MUON, QUASI, panels, paragraph
from untaught.studies.photographs import SEVERAL, SIGMA, Photograph, about, photographs, shipped
from untaught.studies.statistics import median_interval, paired, spread
from untaught.studies.study import Asked, Numbers, Study

TUNED_ON = "coffee", "rocket", "gravel"
MISSING = 0.5
DAMAGES = {  # in words, and in fewer
    "noise": ("Gaussian noise of sigma 25 of 255", "noise, sigma 25"),
    "missing": ("half of the pixels missing", "missing pixels"),
}
MIDDLE = {ADAM: 0.01, DESCENT: 0.03, QUASI: 1.0, MUON: 0.02}  # of the rates tried: the habit, where there is one
APART = 3.0  # one rate tried is so many times the next
BELOW = 0.5  # dB below the lower of two peaks: what both reach, and not on the flat top
LEVELS = 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, BELOW  # dB below the lowest of all four peaks: what all reach
LATE = 0.95  # of all gradients: a peak after that may not be the peak
LEAST = {"gradients": 1.0, "seconds": 1e-3}  # what counts as having taken something
AWAY = 1000  # seeds of tuning are so far from those of testing


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is tried."""

    side: int = 96
    widths: tuple[int, ...] = (16, 32, 64, 64)
    gradients: int = 250  # that a fit may take
    coarse: int = 3  # rates tried 9 times apart; then two beside the best
    tuned_on: int = 2  # photographs
    tested_on: int = 6
    seeds: int = 2
    damages: tuple[str, ...] = ("noise",)


SIZES = {
    "tiny": Size(side=16, widths=(4, 4), gradients=12, coarse=1, tuned_on=1, tested_on=2, seeds=2),
    "default": Size(),
    "full": Size(
        side=256, widths=PYRAMID, gradients=1000, coarse=5, tuned_on=3, tested_on=6, seeds=3,
        damages=("noise", "missing"),
    ),
}  # fmt: skip


def made(kind: str, rate: float) -> Optimiser:
    """An optimiser at a rate. Muon's rate for what is no matrix keeps its usual part, half."""
    if kind == ADAM:
        return Adam(lr=rate)
    if kind == DESCENT:
        return GradientDescent(lr=rate, momentum=0.9)
    return LBFGS(lr=rate, iterations=4) if kind == QUASI else Muon(lr=rate, adam_lr=rate / 2)


def numbers(asked: Asked) -> Numbers:
    """Rates tuned, then all fits."""
    size = SIZES[asked.size]
    tuned_on = [shipped(name, size.side) for name in TUNED_ON[: size.tuned_on]]
    tested_on = photographs(asked, SEVERAL[: size.tested_on], size.side)
    found = about(asked, size, tested_on) | {"tuned_on": [one.name for one in tuned_on]}
    each = len(KINDS) * (size.coarse + 2 + len(tested_on) * size.seeds)
    asked.runs.begin(found, len(size.damages) * each, asked.say)
    found["damages"] = {}
    for damage in size.damages:
        rates = {kind: tuned(asked, size, damage, kind, tuned_on) for kind in KINDS}
        runs = tested(asked, size, damage, {kind: one["rate"] for kind, one in rates.items()}, tested_on)
        words, short = DAMAGES[damage]
        named = {"about": words, "in_short": short, "tuning": rates}
        found["damages"][damage] = named | summary(runs, size, asked.seed)
    return found


def damaged(photograph: Photograph, damage: str, seed: int) -> Problem:
    """A problem whose measurements are drawn from the seed."""
    drawn = torch.Generator().manual_seed(seed)
    if damage == "noise":
        return denoising(Gaussian(sigma=SIGMA).sample(photograph.x, drawn), SIGMA)
    seen = Mask(torch.rand(photograph.shape[1:], generator=drawn) > MISSING)
    return Problem(y=seen(photograph.x), operator=seen, likelihood=Gaussian(sigma=SIGMA), shape=photograph.shape)


def followed(problem: Problem, photograph: Photograph, optimiser: Optimiser, size: Size, seed: int) -> Course:
    """One fit."""
    fit = Fit(optimiser=optimiser, steps=size.gradients, seed=seed, average_decay=0.98, average_power=4.0)
    return watch(problem, quick_hourglass(size.widths), STILL, fit, photograph)


def tuned(asked: Asked, size: Size, damage: str, kind: str, pictures: list[Photograph]) -> Numbers:
    """As many trials for each kind. The score of a rate: the best PSNR so far, its mean over all gradients."""
    scores: dict[int, float] = {}

    def try_rate(power: int) -> None:
        case = {"tuning": damage, "kind": kind, "rate": MIDDLE[kind] * APART**power}
        scores[power] = asked.runs.once(case, trial)["score"]

    def trial(case: Numbers) -> Numbers:
        optimiser, each = made(kind, case["rate"]), list[float]()
        for number, one in enumerate(pictures):
            problem = damaged(one, damage, asked.seed + AWAY + number)
            each.append(followed(problem, one, optimiser, size, asked.seed + AWAY).score())
        asked.say(f"{damage}, {kind} at {case['rate']:.3g}: {np.mean(each):.2f} dB while tuning")
        return {"score": float(np.mean(each))}

    for step in range(size.coarse):
        try_rate(2 * step - 2 * (size.coarse // 2))
    middle = max(scores, key=lambda power: scores[power])
    for power in (middle - 1, middle + 1):
        try_rate(power)
    best = max(scores, key=lambda power: scores[power])
    trials = [{"rate": MIDDLE[kind] * APART**power, "score": scores[power]} for power in sorted(scores)]
    edge = best in (min(scores), max(scores))
    return {"trials": trials, "rate": MIDDLE[kind] * APART**best, "at_the_edge": edge}


def tested(
    asked: Asked, size: Size, damage: str, rates: dict[str, float], pictures: list[Photograph]
) -> list[dict[str, Any]]:
    """Every kind on every case: a photograph, its damage and a network, each of a seed. Who begins takes turns."""

    def test(case: Numbers) -> Numbers:
        number, seed, kind = case["number"], case["seed"], case["kind"]
        problem = damaged(pictures[number], damage, 100 * number + seed)
        course = followed(problem, pictures[number], made(kind, rates[kind]), size, seed)
        asked.say(f"{damage}, {pictures[number].name}, seed {seed}: {kind}: at best {course.peak():.2f} dB")
        return {"course": course.kept()}

    runs, turn = [], 0
    for number, one in enumerate(pictures):
        for seed in range(asked.seed, asked.seed + size.seeds):
            for kind in (*KINDS[turn % len(KINDS) :], *KINDS[: turn % len(KINDS)]):
                case = {"tested": damage, "number": number, "seed": seed, "kind": kind}
                course = Course.of(asked.runs.once(case, test)["course"])
                runs.append({"image": one.name, "seed": seed, "kind": kind, "course": course})
            turn += 1
    return runs


def summary(runs: list[dict[str, Any]], size: Size, seed: int) -> Numbers:
    """Peaks, what each level of PSNR took, and how many times more than Muon the others take."""
    by_kind: dict[str, list[Course]] = {kind: [r["course"] for r in runs if r["kind"] == kind] for kind in KINDS}
    images = [run["image"] for run in runs if run["kind"] == MUON]
    found: Numbers = {
        "peak": {kind: spread([one.peak() for one in some]) for kind, some in by_kind.items()},
        "peak_of_average": {kind: spread([max(one.averaged) for one in some]) for kind, some in by_kind.items()},
        "late": {kind: sum(one.peak_at() > LATE * size.gradients for one in some) for kind, some in by_kind.items()},
        "a_gradient": {
            kind: spread([1000 * one.seconds[-1] / one.gradients[-1] for one in some]) for kind, some in by_kind.items()
        },
    }
    found["higher"] = {
        kind: paired(*([one.peak() for one in by_kind[each]] for each in (MUON, kind)))
        for kind in KINDS
        if kind != MUON
    }
    found["times"] = {kind: times(by_kind[kind], by_kind[MUON], images, seed) for kind in KINDS if kind != MUON}
    lowest = [min(one.peak() for one in case) for case in zip(*by_kind.values(), strict=True)]
    found["levels"] = {
        kind: {str(-below): taken(some, [peak - below for peak in lowest], images, seed) for below in LEVELS}
        for kind, some in by_kind.items()
    }
    found["curves"] = {kind: curves(some, size) for kind, some in by_kind.items()}
    found["runs"] = [{key: run[key] for key in ("image", "seed", "kind")} | run["course"].record() for run in runs]
    return found


def times(others: list[Course], ours: list[Course], images: list[str], seed: int) -> Numbers:
    """What the others take of what ours take, to the same PSNR: half a dB below the lower of both peaks."""
    found: Numbers = {}
    for what in ("gradients", "seconds"):
        ratios = []
        for one, other in zip(ours, others, strict=True):
            level = min(one.peak(), other.peak()) - BELOW
            theirs, our = (max(course.to(level, what), LEAST[what]) for course in (other, one))
            ratios.append(theirs / our)
        interval = median_interval(grouped(ratios, images), seed)
        found[what] = interval | {"each": ratios, "more": sum(ratio > 1 for ratio in ratios), "of": len(ratios)}
    return found


def taken(some: list[Course], levels: list[float], images: list[str], seed: int) -> Numbers:
    """What each took to a level of its own: medians and intervals."""
    found: Numbers = {}
    for what in ("gradients", "seconds"):
        took = [max(one.to(level, what), LEAST[what]) for one, level in zip(some, levels, strict=True)]
        found[what] = median_interval(grouped(took, images), seed)
    return found


def grouped(values: list[float], images: list[str]) -> list[list[float]]:
    """By image: seeds of one image are not cases of their own."""
    return [[v for v, name in zip(values, images, strict=True) if name == each] for each in dict.fromkeys(images)]


def curves(some: list[Course], size: Size) -> Numbers:
    """Mean PSNR over cases after so many gradients, and after so many seconds."""
    found: Numbers = {}
    for what, end in (("gradients", float(size.gradients)), ("seconds", min(one.seconds[-1] for one in some))):
        at = np.geomspace(end / 40, end, 16)
        found[what] = {"at": at.tolist(), "psnr": [float(np.mean([one.at(k, what) for one in some])) for k in at]}
    return found


STUDY = Study(
    name="optimiser",
    title="Optimiser: which step is taken downhill",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
