"""Is noise fitted later than a photograph? By which networks, and is it by frequency?

Source: Ulyanov et al. 2018, figure 2 (losses on a photograph, with noise, shuffled, and on noise, of one hourglass).
Departs: several networks and a control without one; the noise has the photograph's mean and standard deviation, so that
all begin at about the same loss, and losses are in units of the photograph's variance. Shuffled pixels keep their
colours, which lie near a line: they are easier than noise that is independent in each channel.
"""

from typing import Any

import torch
from torch import Tensor

from untaught.core import Network
from untaught.networks import DeepDecoder, Pixels, UNet, Uniform
from untaught.studies.courses import STILL, watch
from untaught.studies.curves import basis, curve, in_steps, middles, thinned
from untaught.studies.figure import Panel, Series
from untaught.studies.fits import Size, denoising, hourglass, paper_fit
from untaught.studies.photographs import COLOURS, SIGMA, Draw, about, draws, photographs_of
from untaught.studies.spectra import BANDS, Spectrum
from untaught.studies.statistics import listed, middle_of, points, reached
from untaught.studies.study import Asked, Numbers, Study

PHOTOGRAPH, NOISY, SHUFFLED, NOISE = "photograph", "photograph + noise", "its pixels shuffled", "white noise"
TARGETS = PHOTOGRAPH, NOISY, SHUFFLED, NOISE
HOURGLASS, UNET, DECODER, PIXELS = "hourglass (Skip)", "U-Net", "deep decoder", "pixels, no network"
NETWORKS = HOURGLASS, UNET, DECODER, PIXELS
LEVELS = "0.5", "0.2", "0.1"  # of the photograph's variance: losses that are waited for
LEVEL = "0.2"  # the one that is spoken of
ALIKE = 1.5  # a ratio up to this, either way, is no impedance
SIZES = {
    "tiny": Size(side=32, width=8, scales=3, draws=2, steps=24),
    "default": Size(steps=700),
    "full": Size(side=256, width=128, scales=5, draws=2, steps=2400),
}


def networks(width: int, scales: int) -> dict[str, Network]:
    """What is compared. The deep decoder has fewer weights than a colour image has values, the others more."""
    return {
        HOURGLASS: hourglass(width, scales),
        UNET: UNet(widths=tuple(min(width // 2 * 2**k, 4 * width) for k in range(scales))),
        DECODER: DeepDecoder(input=Uniform(width), width=width, layers=scales + 1),
        PIXELS: Pixels(start="half"),
    }


def targets(case: Draw) -> dict[str, Tensor]:
    """What is fitted, all of it in [0, 1]."""
    x, generator = case.photograph.x, torch.Generator().manual_seed(20_000 + case.seed)
    places = torch.randperm(x.shape[-2] * x.shape[-1], generator=generator)
    even = (torch.rand(x.shape, generator=generator) - 0.5) * 12**0.5  # of mean 0 and standard deviation 1
    mean, deviation = x.mean(dim=(-2, -1), keepdim=True), x.std(dim=(-2, -1), keepdim=True)
    return {
        PHOTOGRAPH: x,
        NOISY: case.noisy().clamp(0, 1),
        SHUFFLED: x.flatten(-2)[..., places].view_as(x),
        NOISE: (mean + deviation * even).clamp(0, 1),
    }


def numbers(asked: Asked) -> Numbers:
    """Each network fitted to each target, for each draw."""
    size = SIZES[asked.size]
    cases, nets = draws(asked, COLOURS, size.draws, size.side), networks(size.width, size.scales)

    def one(run: Numbers) -> Numbers:
        case, name, what = cases[run["draw"]], run["network"], run["target"]
        found = fitted(case, nets[name], targets(case)[what], size)
        steps = in_steps(found["steps"][LEVEL], size.steps)
        asked.say(f"draw {run['draw'] + 1} of {len(cases)}: {name}, {what}: {steps} steps")
        return found

    facts = about(asked, size, photographs_of(cases))
    plan = [
        {"draw": draw, "network": name, "target": what}
        for draw in range(len(cases))
        for name in nets
        for what in TARGETS
    ]
    runs = asked.each(facts, plan, one)
    return facts | {"level": float(LEVEL), "sigma": SIGMA} | summary(runs, size) | {"runs": runs}


def fitted(case: Draw, network: Network, target: Tensor, size: Size) -> Numbers:
    """One fit: the steps to the levels, to the half of each band, and the losses by the photograph's variance."""
    spectrum = Spectrum(target)
    course = watch(denoising(target), network, STILL, paper_fit(size.steps, case.seed), case.photograph, look=spectrum)
    variance = float(case.photograph.x.var(dim=(-2, -1), correction=0).mean())
    shares = [loss / variance for loss in course.losses]
    found = {"steps": {level: reached(shares, float(level)) for level in LEVELS}, "last": shares[-1]}
    return found | {"variance": variance, "bands": spectrum.halves(), "losses": thinned(shares)}


def summary(runs: list[dict[str, Any]], size: Size) -> Numbers:
    """Medians over draws; how much later noise is; whether the order of figure 2 is there."""
    found: Numbers = {"steps": {}, "bands": {}, "later": {}, "order": {}, "spectral": {}, "losses": {}}
    for name in NETWORKS:
        own = {what: [run for run in runs if (run["network"], run["target"]) == (name, what)] for what in TARGETS}
        taken = {level: {what: [run["steps"][level] for run in own[what]] for what in TARGETS} for level in LEVELS}
        found["steps"][name] = {level: {what: middle_of(taken[level][what]) for what in TARGETS} for level in LEVELS}
        found["losses"][name] = {what: middles([run["losses"]["values"] for run in own[what]]) for what in TARGETS}
        found["later"][name] = later(taken[LEVEL][NOISE], taken[LEVEL][PHOTOGRAPH], size.steps)
        bands = list(zip(*(run["bands"] for run in own[NOISE]), strict=True))
        found["bands"][name] = [middle_of(band) for band in bands]
        found["spectral"][name] = later(bands[-1], bands[0], size.steps)
        rows = [dict(zip(TARGETS, row, strict=True)) for row in zip(*own.values(), strict=True)]
        found["order"][name] = {level: sum(in_order(row, level) for row in rows) for level in LEVELS}
        found["order"][name]["of"] = len(rows)
    return found | {"at": runs[0]["losses"]["steps"]}


def later(slow: Any, quick: Any, most: int) -> Numbers:
    """How many times as many steps one takes as the other, draw by draw.

    `least` says that a step never reached was taken as the last one, so that the ratio is at least that. A draw in
    which the quick one is never reached says nothing, and is not among those `of` which there is a ratio.
    """
    pairs = [(a, b) for a, b in zip(slow, quick, strict=True) if b is not None]
    ratios = [(most if a is None else a) / b for a, b in pairs]
    least = any(a is None for a, _ in pairs)
    more = sum(ratio > ALIKE for ratio in ratios)
    near = sum(a is not None and 1 / ALIKE <= a / b <= ALIKE for a, b in pairs)
    no_more = sum(a is not None and a / b <= ALIKE for a, b in pairs)
    return {"ratios": ratios, "ratio": middle_of(ratios) if ratios else None, "least": least, "more": more,
            "no_more": no_more, "near": near, "of": len(ratios)}  # fmt: skip


def in_order(row: dict[str, dict[str, Any]], level: str) -> bool:
    """Photograph before photograph and noise before both shuffled pixels and noise; never reached: by the last loss."""
    taken = {what: run["steps"][level] for what, run in row.items()}
    place = {what: (taken[what] is None, taken[what] or run["last"]) for what, run in row.items()}
    return place[PHOTOGRAPH] < place[NOISY] < min(place[SHUFFLED], place[NOISE])


def panels(found: Numbers) -> list[Panel]:
    """The four losses for each network; the bands of noise for all."""
    shown = [
        Panel(
            title=name, across="step", up="loss / variance of photograph", powers="xy", level=found["level"],
            series=[curve(what, found["at"], found["losses"][name][what]) for what in TARGETS],
        )
        for name in NETWORKS
    ]  # fmt: skip
    bands = [Series(name=name, x=range(len(BANDS)), y=found["bands"][name]) for name in NETWORKS]
    last = Panel(
        title="White noise, by frequency (not drawn: never reached)", across="frequency, cycles per pixel",
        up="steps to half of the power",
        series=bands, places=BANDS, powers="y",
    )  # fmt: skip
    return [*shown, last]


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    most, said = found["size"]["steps"], list[str]()
    for name in NETWORKS:
        steps, order, more = found["steps"][name][LEVEL], found["order"][name], found["later"][name]
        kept = ", ".join(f"{order[level]} (at {level})" for level in LEVELS)
        said.append(
            f"{name[0].upper()}{name[1:]}: to a loss of {LEVEL} of the photograph's variance a median of "
            + ", ".join(f"{in_steps(steps[what], most)} ({what})" for what in TARGETS)
            + f" steps; noise takes {times(more)}; the order photograph, then with noise, then shuffled pixels and "
            f"noise is kept in {kept} of {order['of']} draws: {judged(name, order, more)}."
        )
    tails = []
    for name in NETWORKS:
        one, bands = found["spectral"][name], found["bands"][name]
        tails.append(
            f"{name} {in_steps(bands[0], most)} steps at the lowest frequencies and {in_steps(bands[-1], most)} at the "
            f"highest ({times(one)})"
        )
    said.append(listed("By frequency, to half of the power of a band of white noise:", tails))
    return points(said, basis(found))


def times(more: Numbers) -> str:
    """How many times as many, and in how many draws that is more than alike."""
    if more["ratio"] is None:
        return "an unknown number of times as many, as not even the quicker of the two was reached"
    at_least = "at least " if more["least"] else ""
    return f"{at_least}{more['ratio']:.2f} times as many, more than {ALIKE} in {more['more']} of {more['of']} draws"


def judged(name: str, order: Numbers, more: Numbers) -> str:
    """A network is to resist noise, pixels are not."""
    every = more["of"] == order["of"]
    if name == PIXELS:
        return "no impedance, as foretold" if every and more["near"] == more["of"] else "not what was foretold"
    if every and more["more"] == more["of"]:
        kept = all(order[level] == order["of"] for level in LEVELS)
        return "the claim holds here" if kept else "noise comes late, but the order is not always that of the paper"
    return "here the claim fails" if every and more["no_more"] == more["of"] else "not shown here"


STUDY = Study(
    name="impedance",
    title="Impedance: a network fits a photograph before it fits noise",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
