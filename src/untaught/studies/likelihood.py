"""Four kinds of noise, each met by four likelihoods: is the one that the noise is of worth it?

Every likelihood is told how strong the noise is, as far as it has a word for that, and nothing else of it. The fits
differ in it alone. One rule watches all of them, the variance of the newest iterates, which knows no likelihood; the
fits go on beside it to the last step, so that the best step is known too. The picture scores, and decides nothing.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from untaught.core import Likelihood, Problem
from untaught.fit import Fit
from untaught.likelihoods import Gamma, Gaussian, Poisson, SaltAndPepper
from untaught.methods import Plain
from untaught.operators import Identity
from untaught.optimisers import Muon
from untaught.presets.published import PYRAMID
from untaught.stoppers import WindowedVariance
from untaught.studies.courses import watch
from untaught.studies.curves import evenly
from untaught.studies.fits import QuickSize, quick_hourglass
from untaught.studies.likelihood_words import AT, GAUSSIAN, IMPULSE, KINDS, POISSON, SPECKLE, panels, paragraph
from untaught.studies.photographs import SEVERAL, SIGMA, Draw, about, as_array, draws, photographs_of
from untaught.studies.pictures import Shown, png, sheet
from untaught.studies.statistics import paired, spread
from untaught.studies.study import Asked, Numbers, Study

PEAK, LOOKS, BROKEN = 10.0, 4.0, SaltAndPepper(share=0.3)
LAWS: dict[str, Likelihood] = {
    GAUSSIAN: Gaussian(sigma=SIGMA),
    POISSON: Poisson(peak=PEAK),
    IMPULSE: BROKEN,
    SPECKLE: Gamma(looks=LOOKS),
}
FEW_BROKEN = 0.02  # the share of broken values that the impulse's likelihood expects of other noise
FEWEST_LOOKS = 0.1
RULE = WindowedVariance(window=10, patience=80, warm_up=20, every=5)
OPTIMISER = Muon(lr=0.005)  # slow enough that strong noise is not met within ten steps
KEPT = 21  # points of a course that are written down
SHOWN = "shown"  # the picture of a run of the first draw


@dataclass(frozen=True, kw_only=True)
class Size(QuickSize):
    """How much is tried."""

    rule: WindowedVariance = RULE


SIZES = {
    "tiny": Size(side=16, widths=(4, 4), draws=2, steps=12, rule=WindowedVariance(window=3, warm_up=3, every=1)),
    "default": Size(draws=4, steps=200),
    "full": Size(side=256, widths=PYRAMID, draws=6, steps=600, rule=replace(RULE, window=20, patience=200, warm_up=60)),
}


def noisy(kind: str, case: Draw) -> Tensor:
    """The picture with noise. What an impulse does not break is left as it was."""
    law = replace(BROKEN, sigma=1e-9) if kind == IMPULSE else LAWS[kind]
    return law.sample(case.photograph.x, torch.Generator().manual_seed(case.seed))


def variance(kind: str, y: Tensor) -> float:
    """Of the noise, its mean over pixels, from its law and the measurements."""
    if kind == GAUSSIAN:
        return SIGMA**2
    if kind == POISSON:
        return float(y.mean()) / PEAK
    if kind == SPECKLE:
        return float(y.square().mean()) / (LOOKS + 1)
    intact = y[~BROKEN.at_a_level(y)]
    return BROKEN.share * float((intact.square() + (1 - intact).square()).mean()) / 2


def told(likelihood: str, noise: str, y: Tensor) -> Likelihood:
    """The noise's own law; another, of noise as strong in the mean."""
    if likelihood == noise:
        return LAWS[noise]
    v = variance(noise, y)
    others: dict[str, Likelihood] = {
        GAUSSIAN: Gaussian(sigma=v**0.5),
        POISSON: Poisson(peak=float(y.mean()) / v),
        IMPULSE: SaltAndPepper(share=FEW_BROKEN, sigma=v**0.5),
        SPECKLE: Gamma(looks=max(float(y.square().mean()) / v - 1, FEWEST_LOOKS)),
    }
    return others[likelihood]


def numbers(asked: Asked) -> Numbers:
    """All sixteen fits of each draw."""
    size = SIZES[asked.size]
    cases = draws(asked, SEVERAL, size.draws, size.side)

    def one(run: Numbers) -> Numbers:
        case, noise, likelihood = cases[run["draw"]], run["noise"], run["likelihood"]
        y = noisy(noise, case)
        found, shown = fitted(y, told(likelihood, noise, y), case, size)
        words = f"{noise} noise as {likelihood}: {found['at_stop']:.2f} dB"
        asked.say(f"draw {run['draw'] + 1} of {size.draws}, {words}")
        found |= {"noisy": case.photograph.psnr(y)}
        return found | ({SHOWN: as_array(shown)} if run["draw"] == 0 else {})

    facts = about(asked, size, photographs_of(cases))
    plan = [
        {"image": case.photograph.name, "noise": noise, "likelihood": likelihood, "draw": draw}
        for draw, case in enumerate(cases)
        for noise in KINDS
        for likelihood in KINDS
    ]
    runs = asked.each(facts, plan, one)
    asked.keep("likelihood-pictures.png", pictures(cases[0], [run for run in runs if run["draw"] == 0]))
    runs = [{name: value for name, value in run.items() if name != SHOWN} for run in runs]
    return facts | {"runs": runs} | summary(runs)


def pictures(case: Draw, runs: list[Numbers]) -> bytes:
    """What each likelihood makes of each noise."""
    rows = []
    for noise in KINDS:
        y = noisy(noise, case)
        row = [Shown(f"{noise}: {case.photograph.psnr(y):.1f} dB", as_array(y))]
        for run in (one for one in runs if one["noise"] == noise):
            row.append(Shown(f"as {run['likelihood']}: {run['at_stop']:.1f} dB", run[SHOWN]))
        rows.append([*row, Shown("the photograph", as_array(case.photograph.x))])
    return png(sheet(rows))


def fitted(y: Tensor, likelihood: Likelihood, case: Draw, size: Size) -> tuple[dict[str, Any], Tensor]:
    """What the running average was worth where the rule stops, at the last step and the best; what it shows there."""
    problem = Problem(y=y, operator=Identity(), likelihood=likelihood, shape=case.photograph.shape)
    fit = Fit(optimiser=OPTIMISER, steps=size.steps, seed=case.seed, average_decay=0.98, average_power=4.0)
    course = watch(problem, quick_hourglass(size.widths), Plain(jitter=0.01), fit, case.photograph, rule=size.rule)
    shown = y if course.shown is None else course.shown
    return course.scores() | {"course": evenly(course.averaged, KEPT)}, shown


def summary(runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws, and the matched likelihood against each other one."""

    def of(noise: str, likelihood: str, what: str) -> list[float]:
        return [run[what] for run in runs if run["noise"] == noise and run["likelihood"] == likelihood]

    cells = {
        noise: {
            likelihood: {what: spread(of(noise, likelihood, what)) for what in (*AT, "stop", "peak")}
            for likelihood in KINDS
        }
        for noise in KINDS
    }
    against = {
        noise: {
            other: {what: paired(of(noise, noise, what), of(noise, other, what)) for what in AT}
            for other in KINDS
            if other != noise
        }
        for noise in KINDS
    }
    return {
        "cells": cells,
        "against": against,
        "noisy": {noise: spread(of(noise, noise, "noisy")) for noise in KINDS},
    }


STUDY = Study(
    name="likelihood",
    title="Likelihood: matched and mismatched",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
