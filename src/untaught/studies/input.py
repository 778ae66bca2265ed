"""What should the network's input z be, and how much fresh noise should it get at every step?

Source: Ulyanov et al. 2018 take noise, for some large holes a grid of places, and add fresh noise ("jitter"). One
hourglass on a photograph with white noise; what differs is z alone, and with it the weights that read it. Without
jitter the size of z hardly matters, as it is normalised after the first convolution; with it what counts is its part of
z's standard deviation, which is .03 for noise (uniform in [0, .1], normal as wide) and .2 and more for the others.
"""

import math
from dataclasses import replace
from typing import Any

from untaught.core import Input
from untaught.methods import Plain
from untaught.networks import Fourier, Given, MeshGrid, Normal, Uniform
from untaught.studies.courses import watch
from untaught.studies.curves import basis, curve, middles, thinned
from untaught.studies.figure import Panel, Series
from untaught.studies.fits import RULE, Size, denoising, hourglass, paper_fit
from untaught.studies.photographs import COLOURS, SIGMA, Draw, about, draws, photographs_of
from untaught.studies.spectra import Spectrum
from untaught.studies.statistics import in_words, listed, paired, points, spread
from untaught.studies.study import Asked, Numbers, Study

UNIFORM, NORMAL, GRID, FOURIER = "uniform noise", "normal noise", "grid of places", "Fourier features"
ANOTHER, ITSELF, LEARNED = "another photograph", "the noisy image itself", "uniform noise, optimised"
INPUTS = UNIFORM, NORMAL, GRID, FOURIER, ANOTHER, ITSELF, LEARNED
JITTERS = 0.0, 0.01, 0.03, 0.1
AT = "0", "0.03"  # jitters at which every input is tried
WHEN = {"at_stop": "where the rule stops", "at_peak": "at the peak", "at_last": "at the last step"}
SIZES = {
    "tiny": Size(side=32, width=8, scales=3, draws=2, steps=24),
    "default": Size(steps=450),
    "full": Size(side=256, width=128, scales=5, draws=2, steps=1800),
}


def numbers(asked: Asked) -> Numbers:
    """Each input at one jitter, and each jitter with uniform noise, for each draw."""
    size = SIZES[asked.size]
    cases = draws(asked, COLOURS, size.draws + 1, size.side)
    pictures = draws(replace(asked, image=None), COLOURS, len(cases), size.side)  # the last ones are only input

    def one(run: Numbers) -> Numbers:
        draw, name, jitter = run["draw"], run["input"], run["jitter"]
        ours = cases[draw].photograph.name
        other = next(each for each in pictures[draw + 1 :] + pictures if each.photograph.name != ours)
        found = restored(cases[draw], other, name, jitter, size)
        gained = ", ".join(f"{found[when]:+.2f} {words}" for when, words in WHEN.items())
        asked.say(f"draw {draw + 1} of {size.draws}: {name}, jitter {jitter:g}: dB gained: {gained}")
        return found

    facts = about(asked, size, photographs_of(cases[:-1])) | {"sigma": SIGMA, "rule": str(RULE)}
    plan = [
        {"draw": draw, "input": name, "jitter": jitter} for draw in range(size.draws) for name, jitter in tried()
    ]  # fmt: skip
    runs = asked.each(facts, plan, one)
    return facts | summary(runs) | {"runs": runs}


def tried() -> list[tuple[str, float]]:
    """Inputs and jitters."""
    rest = [(UNIFORM, jitter) for jitter in JITTERS if f"{jitter:g}" not in AT]
    return [(name, float(jitter)) for jitter in AT for name in INPUTS] + rest


def inputs(case: Draw, other: Draw) -> dict[str, Input]:
    """What z is made of."""
    channels, height, width = case.photograph.shape
    octaves = int(math.log2(max(height, width)))  # the finest has a period of two pixels
    given = other.photograph.x if channels == 3 else other.photograph.x.mean(dim=1, keepdim=True)
    return {
        UNIFORM: Uniform(32), NORMAL: Normal(32, 0.1 / 12**0.5), GRID: MeshGrid(), FOURIER: Fourier(octaves),
        ANOTHER: Given(given), ITSELF: Given(case.noisy()), LEARNED: Uniform(32),
    }  # fmt: skip


def restored(case: Draw, other: Draw, name: str, jitter: float, size: Size) -> Numbers:
    """One fit to the photograph with noise: dB gained over that, and the steps to half of each band."""
    y = case.noisy()
    spectrum = Spectrum(y)
    network = replace(hourglass(size.width, size.scales), input=inputs(case, other)[name])
    course = watch(
        denoising(y, SIGMA),
        network,
        Plain(jitter=jitter, learn_z=name == LEARNED),
        paper_fit(size.steps, case.seed),
        case.photograph,
        rule=RULE,
        look=spectrum,
    )
    given = case.photograph.psnr(y)
    scores = course.scores()
    scores |= {when: scores[when] - given for when in WHEN}
    curve = thinned([one - given for one in course.averaged])
    return scores | {"given": given, "bands": spectrum.halves(), "gains": curve}


def summary(runs: list[dict[str, Any]]) -> Numbers:
    """Means over draws; each input against uniform noise, each jitter against none, draw by draw."""

    def of(name: str, jitter: float, when: str) -> list[float]:
        return [run[when] for run in runs if (run["input"], run["jitter"]) == (name, jitter)]

    found: Numbers = {"inputs": {at: {} for at in AT}, "jitters": {}, "curves": {}}
    for at, name in [(at, name) for at in AT for name in INPUTS]:
        row: Numbers = {when: spread(of(name, float(at), when)) for when in WHEN}
        row["against"] = paired(of(name, float(at), "at_peak"), of(UNIFORM, float(at), "at_peak"))
        row["missed"] = sum(not stopped for stopped in of(name, float(at), "stopped"))
        row["rising"] = sum(peak == runs[0]["gains"]["steps"][-1] for peak in of(name, float(at), "peak"))
        found["inputs"][at][name] = row
    for name in INPUTS:
        own = [run["gains"]["values"] for run in runs if (run["input"], run["jitter"]) == (name, float(AT[-1]))]
        found["curves"][name] = middles(own)
    for jitter in JITTERS:
        row = {when: spread(of(UNIFORM, jitter, when)) for when in WHEN}
        row["against"] = paired(of(UNIFORM, jitter, "at_peak"), of(UNIFORM, JITTERS[0], "at_peak"))
        row["kept"] = paired(of(UNIFORM, jitter, "at_last"), of(UNIFORM, JITTERS[0], "at_last"))
        found["jitters"][f"{jitter:g}"] = row
    return found | {"at": runs[0]["gains"]["steps"]}


def panels(found: Numbers) -> list[Panel]:
    """What each input and each jitter gains, and how the inputs go on."""
    up = "PSNR gained over the noisy image, dB"

    def gained(rows: Numbers) -> list[Series]:
        return [
            Series(name=words, x=range(len(rows)), y=[row[when]["mean"] for row in rows.values()],
                   spread=[row[when]["sd"] or 0 for row in rows.values()])
            for when, words in WHEN.items()
        ]  # fmt: skip

    curves = [curve(name, found["at"], found["curves"][name]) for name in INPUTS]
    bars = [
        Panel(title=f"z, jitter {jitter}", across="", up=up, series=gained(rows)[:2], kind="bars", places=INPUTS)
        for jitter, rows in found["inputs"].items()
    ]
    return [
        *bars,
        Panel(title="Jitter, z of uniform noise", across="standard deviation of the jitter (z itself: 0.029)",
              up="PSNR gained, dB", series=gained(found["jitters"]), places=list(found["jitters"])),
        Panel(title=f"While it is fitted, jitter {AT[-1]}", across="step", up="PSNR gained, dB", series=curves,
              powers="x", level=0.0),
    ]  # fmt: skip


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    said = []
    for jitter, rows in found["inputs"].items():
        plain, best = rows[UNIFORM], max(rows, key=lambda name: rows[name]["at_peak"]["mean"])
        tails = [
            f"{name}: {in_words(rows[name]['at_peak'], 2)} and {in_words(rows[name]['at_stop'], 2)}, at the peak "
            f"{judged(rows[name]['against'])} against uniform noise"
            for name in INPUTS[1:]
        ]
        said.append(
            f"With a jitter of {jitter} uniform noise as z gains {in_words(plain['at_peak'], 2)} dB at the peak and "
            f"{in_words(plain['at_stop'], 2)} where the rule stops. Best peak: {best}."
        )
        for what, words in (
            ("missed", "The rule was not met by the last step"),
            ("rising", "PSNR still rose at the last step"),
        ):
            some = ", ".join(f"{name} in {row[what]}" for name, row in rows.items() if row[what])
            said[-1] += f" {words}: {some} of {found['size']['draws']} draws." if some else ""
        said[-1] = listed(f"{said[-1]} The others, in dB at the peak and at the stop:", tails)
    for jitter, row in list(found["jitters"].items())[1:]:
        said.append(
            f"Jitter {jitter} against none, z uniform noise: {judged(row['against'])} at the peak, "
            f"{judged(row['kept'])} at the last step."
        )
    return points(said, basis(found), "± is the standard deviation over draws.")


def judged(one: Numbers) -> str:
    """What a paired comparison decides, in dB."""
    words = {"yes": f"better in all {one['of']} draws", "no": f"better in none of {one['of']} draws"}
    decided = words.get(one["decides"], f"better in {one['more']} of {one['of']} draws, no verdict")
    return f"{in_words(one, 2, sign=True)} dB ({decided})"


STUDY = Study(
    name="input",
    title="Input: what z is made of, and how much it trembles",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
