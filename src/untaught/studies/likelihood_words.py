"""What is shown and said of likelihoods, from the numbers alone."""

from typing import Any

from untaught.studies.curves import basis
from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, listed, points
from untaught.studies.study import Numbers

GAUSSIAN, POISSON, IMPULSE, SPECKLE = KINDS = "Gaussian", "Poisson", "impulse", "speckle"
ABOUT = {
    GAUSSIAN: "sigma 25 of 255",
    POISSON: "10 photons at white",
    IMPULSE: "three values in ten black or white",
    SPECKLE: "four looks",
}
AT = {
    "at_peak": "At the best step, by the picture",
    "at_stop": "Where the rule stops",
    "at_last": "After the last step",
}


def panels(found: Numbers) -> list[Panel]:
    """PSNR by noise and likelihood, at three steps; what the matched one gains over the Gaussian one."""
    shown = [
        Panel(
            title=title,
            across="noise",
            up="PSNR, dB, mean",
            series=[
                Series(
                    name=f"{likelihood} likelihood",
                    x=[place + 0.15 * (number - 1.5) for place in range(len(KINDS))],
                    y=[found["cells"][noise][likelihood][what]["mean"] for noise in KINDS],
                )
                for number, likelihood in enumerate(KINDS)
            ],
            kind="points",
            places=KINDS,
        )
        for what, title in AT.items()
    ]
    others = [noise for noise in KINDS if noise != GAUSSIAN]
    gains = [
        Series(
            name=name,
            x=[place + 0.2 * number - 0.1 for place in range(len(others))],
            y=[found["against"][noise][GAUSSIAN][what]["mean"] for noise in others],
            spread=[found["against"][noise][GAUSSIAN][what]["sd"] or 0 for noise in others],
        )
        for number, (what, name) in enumerate({"at_peak": "at the best step", "at_stop": "at the rule's stop"}.items())
    ]
    gained = Panel(title="Matched over Gaussian", across="noise", up="gain, dB", series=gains, kind="points",
                   places=others, level=0.0)  # fmt: skip
    return [*shown, gained]


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    said = [of_noise(found, noise) for noise in KINDS]
    best = {noise: max(KINDS, key=lambda one: found["cells"][noise][one]["at_stop"]["mean"]) for noise in KINDS}
    won = [noise for noise in KINDS if best[noise] == noise]
    lost = [f"{noise} noise ({best[noise]})" for noise in KINDS if best[noise] != noise]
    said.append(
        f"In the mean the matched likelihood is the best of the four, at the rule's stop, for {len(won)} of "
        f"{len(KINDS)} kinds of noise{': ' + ', '.join(won) if won else ''}"
        + (f"; another is for {', '.join(lost)}." if lost else ".")
    )
    said.append("Mismatched likelihoods were told of noise as strong in the mean; PSNR is that of the running average.")
    return points(said, basis(found), "± is the standard deviation over draws.")


def of_noise(found: Numbers, noise: str) -> str:
    """One kind of noise: all four at the stop and at their best, then the matched one against the others."""
    cells, against, noisy = found["cells"][noise], found["against"][noise], in_words(found["noisy"][noise], 2)
    stops = ", ".join(f"{one} {in_words(cells[one]['at_stop'], 2)}" for one in KINDS)
    peaks = ", ".join(f"{cells[one]['at_peak']['mean']:.2f}" for one in KINDS)
    gains = [f"the {other} one {judged(one)}" for other, one in against.items()]
    return listed(
        f"{noise[0].upper()}{noise[1:]} noise ({ABOUT[noise]}; the noisy image has {noisy} dB): where the rule stops "
        f"the likelihoods have {stops}, at the best step {peaks}. The matched one against:",
        gains,
    )


def judged(one: dict[str, Any]) -> str:
    """What the draws decide, at the stop and at the best step."""
    stop, peak = one["at_stop"], one["at_peak"]
    said = f"{in_words(stop, 2, sign=True)} dB at the stop, {in_words(peak, 2, sign=True)} at the best step"
    if stop["decides"] == peak["decides"] == "yes":
        return f"{said}, better in all {stop['of']} draws"
    if stop["decides"] == peak["decides"] == "no":
        return f"{said}, better in none of {stop['of']} draws (here it does not pay)"
    return f"{said}, better in {stop['more']} and {peak['more']} of {stop['of']} draws (not shown)"
