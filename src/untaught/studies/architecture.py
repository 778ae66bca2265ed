"""Which part of a network makes it a prior: depth, width, ways across, doubling, or that it is a network at all?

Source: Ulyanov et al. 2018, figure 8 (large holes by several architectures); Liu et al. 2023 (the doubling counts most
for noise). One optimiser, rate, number of steps and rule for all, no jitter: what differs is the network alone.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from untaught.core import Network, Problem
from untaught.likelihoods import Gaussian
from untaught.networks import Coordinate, DeepDecoder, Fourier, Pixels, ResNet, UNet, Uniform
from untaught.operators import Mask
from untaught.studies.courses import STILL, watch
from untaught.studies.curves import basis, curve, in_steps, middles, thinned
from untaught.studies.figure import Panel, Series
from untaught.studies.fits import RULE, denoising, hourglass, paper_fit
from untaught.studies.fits import Size as Smaller
from untaught.studies.photographs import COLOURS, SIGMA, Draw, Photograph, about, as_array, draws, photographs_of
from untaught.studies.pictures import Shown, png, sheet
from untaught.studies.spectra import Spectrum
from untaught.studies.statistics import in_words, listed, middle_of, paired, points, spread
from untaught.studies.study import Asked, Numbers, Study

HOURGLASS, SHALLOW, DEEP, NARROW, WIDE = "hourglass", "2 scales", "one scale more", "a quarter as wide", "twice as wide"
NO_WAYS, WAYS, NEAREST = "no ways across", "wide ways across", "nearest doubling"
LEARNT, UNET, RESNET, DECODER = "U-Net, learnt doubling", "U-Net, bilinear", "ResNet", "deep decoder"
COORDINATE, PIXELS = "network of the place", "pixels, no network"
SHOWN = HOURGLASS, NEAREST, NO_WAYS, LEARNT, RESNET, DECODER, COORDINATE, PIXELS  # in the panel of spectra
WHEN = {"at_stop": "where the rule stops", "at_peak": "at the peak"}
HOLE = 4  # the hole is a square of one part in so many of the side
ACROSS = 4  # holes side by side in the pictures of them
MADE = "made"  # the picture of a run of the first draw: its hole filled


@dataclass(frozen=True, kw_only=True)
class Size(Smaller):
    """How much is tried."""

    filling: int  # steps, for the hole


SIZES = {
    "tiny": Size(side=32, width=8, scales=3, draws=2, steps=16, filling=12),
    "default": Size(draws=2, steps=400, filling=300),
    "full": Size(side=256, width=128, scales=5, draws=2, steps=1800, filling=3000),
}


def networks(width: int, scales: int) -> dict[str, Network]:
    """What is compared: the hourglass with one thing changed, then networks of other kinds."""
    base = hourglass(width, scales)
    ladder = UNet(widths=tuple(min(width // 2 * 2**k, 4 * width) for k in range(scales)))
    return {
        HOURGLASS: base,
        SHALLOW: hourglass(width, 2),
        DEEP: hourglass(width, scales + 1),
        NARROW: hourglass(max(width // 4, 4), scales),
        WIDE: hourglass(2 * width, scales),
        NO_WAYS: replace(base, skip=(0,) * scales),
        WAYS: replace(base, skip=(width,) * scales),
        NEAREST: replace(base, upsampling="nearest"),
        LEARNT: ladder,
        UNET: replace(ladder, upsampling="bilinear"),
        RESNET: ResNet(blocks=4, width=width),
        DECODER: DeepDecoder(input=Uniform(width), width=width, layers=scales + 1),
        COORDINATE: Coordinate(activation="relu", input=Fourier(scales + 1), width=2 * width),
        PIXELS: Pixels(start="half"),
    }


def numbers(asked: Asked) -> Numbers:
    """Each network on a photograph with noise and on one with a hole, for each draw."""
    size = SIZES[asked.size]
    cases, nets = draws(asked, COLOURS, size.draws, size.side), networks(size.width, size.scales)
    smooth = [smoothest(case.photograph) for case in cases]
    around = [within(one, case.photograph) for one, case in zip(smooth, cases, strict=True)]

    def one(run: Numbers) -> Numbers:
        case, name = cases[run["draw"]], run["network"]
        found, made = denoised(case, nets[name], size), filled(case, nets[name], size)
        found["hole"] = within(made, case.photograph)
        asked.say(
            f"draw {run['draw'] + 1} of {len(cases)}: {name}: gains {found['at_stop']:.2f} dB where the rule stops, "
            f"{found['at_peak']:.2f} at the peak; hole {found['hole']:.2f} dB"
        )
        return found | ({MADE: as_array(made)} if run["draw"] == 0 else {})

    facts = about(asked, size, photographs_of(cases)) | {"sigma": SIGMA, "rule": str(RULE)}
    runs = asked.each(facts, [{"draw": draw, "network": name} for draw in range(len(cases)) for name in nets], one)
    holes = [Shown("the photograph", as_array(cases[0].photograph.x))]
    holes.append(Shown(f"biharmonic: {around[0]:.1f} dB", as_array(smooth[0])))
    holes += [Shown(f"{run['network']}: {run['hole']:.1f} dB", run.pop(MADE)) for run in runs if run["draw"] == 0]
    rows = [holes[k : k + ACROSS] for k in range(0, len(holes), ACROSS)]
    asked.keep("architecture-holes.png", png(sheet(rows)))
    return facts | summary(runs, size.steps) | {"biharmonic": spread(around), "runs": runs}


def denoised(case: Draw, network: Network, size: Size) -> Numbers:
    """One fit to the photograph with noise: dB gained over that, the spectrum of what comes out, the weights."""
    y, x = case.noisy(), case.photograph
    spectrum, fit = Spectrum(y), paper_fit(size.steps, case.seed)
    course = watch(denoising(y, SIGMA), network, STILL, fit, x, rule=RULE, look=spectrum)
    scores, given = course.scores(), x.psnr(y)
    scores |= {when: scores[when] - given for when in (*WHEN, "at_last")}
    weights = sum(one.numel() for one in network.build(*x.shape).parameters())
    power = thinned(spectrum.over(x.x).tolist())
    return scores | {"given": given, "bands": spectrum.halves(), "spectrum": power, "weights": weights}


def filled(case: Draw, network: Network, size: Size) -> Tensor:
    """One fit to what is known around the hole; the running average at the last step, where nobody looked before."""
    photograph = case.photograph
    known = torch.ones(photograph.shape[1:], dtype=torch.bool)
    known[hole(photograph)] = False
    operator, fit = Mask(known), paper_fit(size.filling, case.seed)
    problem = Problem(y=operator(photograph.x), operator=operator, likelihood=Gaussian(), shape=photograph.shape)
    shown = watch(problem, network, STILL, fit, photograph).shown
    assert shown is not None
    return shown


def hole(photograph: Photograph) -> tuple[slice, slice]:
    """A square in the middle: rows and columns."""
    rows, columns = (slice(n // 2 - n // (2 * HOLE), n // 2 + n // (2 * HOLE)) for n in photograph.shape[1:])
    return rows, columns


def within(made: Tensor, photograph: Photograph) -> float:
    """PSNR in the hole."""
    place = (slice(None), slice(None), *hole(photograph))
    return Photograph("hole", photograph.x[place]).psnr(made[place])


def smoothest(photograph: Photograph) -> Tensor:
    """The smoothest surface through what is known around the hole."""
    from skimage.restoration import inpaint_biharmonic

    missing = np.zeros(photograph.shape[1:], dtype=bool)
    missing[hole(photograph)] = True
    made = inpaint_biharmonic(as_array(photograph.x).astype(float), missing, channel_axis=-1)
    return torch.as_tensor(made).movedim(-1, 0)[None]


def summary(runs: list[dict[str, Any]], most: int) -> Numbers:
    """Means over draws; each network against the hourglass, draw by draw."""
    rows: Numbers = {}
    base = [run for run in runs if run["network"] == HOURGLASS]
    for name in dict.fromkeys(run["network"] for run in runs):
        own = [run for run in runs if run["network"] == name]
        row: Numbers = {what: spread([run[what] for run in own]) for what in (*WHEN, "at_last", "hole")}
        for what in ("at_peak", "hole"):
            row[f"{what}_against"] = paired([run[what] for run in own], [run[what] for run in base])
        halves = list(zip(*(run["bands"] for run in own), strict=True))
        row |= {"low": middle_of(halves[0]), "high": middle_of(halves[-1]), "weights": own[0]["weights"]}
        row |= {"peak": middle_of([run["peak"] for run in own]), "missed": sum(not run["stopped"] for run in own)}
        finest = [[power[-1] for power in run["spectrum"]["values"]] for run in own]
        rows[name] = row | {"spectrum": middles(finest)}
    return {"networks": rows, "at": runs[0]["spectrum"]["steps"], "most": most}


def panels(found: Numbers) -> list[Panel]:
    """What each gains, how well it fills a hole, and when its image gets the finest waves."""
    rows = found["networks"]

    def bars(what: str, words: str) -> Series:
        values = [row[what] for row in rows.values()]
        means, deviations = [one["mean"] for one in values], [one["sd"] or 0 for one in values]
        return Series(name=words, x=range(len(rows)), y=means, spread=deviations)

    curves = [curve(name, found["at"], rows[name]["spectrum"]) for name in SHOWN]
    return [
        Panel(title="White noise", across="", up="PSNR gained over the noisy image, dB", kind="bars",
              series=[bars(what, words) for what, words in WHEN.items()], places=list(rows)),
        Panel(title="A large hole (line: biharmonic)", across="", up="PSNR within the hole, dB", kind="bars",
              series=[bars("hole", "within the hole")], places=list(rows), level=found["biharmonic"]["mean"]),
        Panel(title="Power above 1/4 cycles per pixel (line: the photograph has as much)", across="step",
              up="power / that of the photograph", series=curves, powers="xy", level=1.0),
    ]  # fmt: skip


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    rows, most = found["networks"], found["most"]
    base, others = rows[HOURGLASS], {name: row for name, row in rows.items() if name != HOURGLASS}
    peaks = [
        f"{name} {against(row['at_peak_against'])}, step {row['peak']:.0f}, stop {in_words(row['at_stop'], 2)} dB"
        for name, row in others.items()
    ]
    halves = [f"{in_steps(row['low'], most)} and {in_steps(row['high'], most)} ({name})" for name, row in rows.items()]
    holes = [f"{name} {against(row['hole_against'])}" for name, row in others.items()]
    missed = [f"{name} in {row['missed']}" for name, row in rows.items() if row["missed"]]
    said = [
        f"White noise: the hourglass gains {in_words(base['at_peak'], 2)} dB at the peak (step {base['peak']:.0f}) and "
        + listed(f"{in_words(base['at_stop'], 2)} where the rule stops. Against its peak:", peaks),
        f"Steps to half of the noisy image's lowest and highest frequencies: {'; '.join(halves)}.",
        doubling(rows),
        networks_needed(base, rows[PIXELS]),
        f"A hole of a quarter of the side: within it biharmonic filling has {in_words(found['biharmonic'], 2)} dB, the "
        + listed(f"hourglass {in_words(base['hole'], 2)}; against that:", holes),
        depth(rows),
    ]
    if missed:
        said.append(f"The rule was not met by the last step by {', '.join(missed)} of {found['size']['draws']} draws.")
    return points(said, basis(found), "± is the standard deviation over draws.")


def against(one: Numbers) -> str:
    """A paired comparison with the hourglass, in dB."""
    words = {"yes": "better each time", "no": "better never"}
    decided = words.get(one["decides"], f"better in {one['more']} of {one['of']} draws")
    return f"{in_words(one, 2, sign=True)} dB ({decided})"


def verdict(yes: bool, no: bool) -> str:
    """Of a claim."""
    return "the claim holds here" if yes else "here the claim fails" if no else "not shown here"


def doubling(rows: Numbers) -> str:
    """Nearest doubling is to take up fine waves sooner, and to peak lower."""
    nearest, base = rows[NEAREST], rows[HOURGLASS]
    never = float(10**9)
    sooner = (nearest["high"] or never) < (base["high"] or never)
    lower = nearest["at_peak_against"]["decides"] == "no"
    return (
        f"That nearest doubling takes up the highest sooner than bilinear and peaks lower: "
        f"{verdict(sooner and lower, not sooner and nearest['at_peak_against']['decides'] == 'yes')}."
    )


def networks_needed(base: Numbers, pixels: Numbers) -> str:
    """Pixels are to gain next to nothing beside a network."""
    more = pixels["at_peak_against"]["decides"]
    return (
        f"That it takes a network (pixels gain {in_words(pixels['at_peak'], 2)} dB at the peak, the hourglass "
        f"{in_words(base['at_peak'], 2)}): {verdict(more == 'no', more == 'yes')}."
    )


def depth(rows: Numbers) -> str:
    """For large holes depth is to help, and ways across are to harm."""
    shallow, ways = (rows[name]["hole_against"]["decides"] for name in (SHALLOW, WAYS))
    return (
        f"That 2 scales fill a large hole worse: {verdict(shallow == 'no', shallow == 'yes')}; that wide ways across "
        f"do: {verdict(ways == 'no', ways == 'yes')}."
    )


STUDY = Study(
    name="architecture",
    title="Architecture: which part of the network is the prior",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
