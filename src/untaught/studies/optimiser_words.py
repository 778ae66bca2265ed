"""What is shown and said of optimisers, from the numbers alone."""

from typing import Any

from untaught.studies.figure import Panel, Series
from untaught.studies.statistics import in_words, points
from untaught.studies.study import Numbers

ADAM, DESCENT, QUASI, MUON = "Adam", "descent with momentum", "L-BFGS", "Muon"
KINDS = ADAM, DESCENT, QUASI, MUON
UNITS = {"gradients": "gradients", "seconds": "processor seconds"}
SHORT = {ADAM: "Adam", DESCENT: "descent", QUASI: "L-BFGS"}


def panels(found: Numbers) -> list[Panel]:
    """Of each damage: the PSNR on the way, what each level takes, how many times more than Muon."""
    return [one for damage in found["damages"].values() for one in panels_of(damage)]


def panels_of(damage: dict[str, Any]) -> list[Panel]:
    """Five."""
    ways = [
        Panel(
            title=f"On the way: {damage['in_short']}" if what == "gradients" else "The same by the clock",
            across=UNITS[what],
            up="PSNR of the iterate, dB, mean",
            series=[
                Series(name=kind, x=one[what]["at"], y=one[what]["psnr"]) for kind, one in damage["curves"].items()
            ],
            powers="x",
        )
        for what in UNITS
    ]
    levels = [
        Panel(
            title="To each PSNR" if what == "gradients" else "The same by the clock",
            across="dB above the lowest of the peaks",
            up=f"{UNITS[what]}, median",
            series=[reached(kind, damage["levels"][kind], what, 0.06 * (k - 1.5)) for k, kind in enumerate(KINDS)],
            powers="y",
        )
        for what in UNITS
    ]
    several = [
        between(UNITS[what], [one[what] for one in damage["times"].values()], 0.12 * (2 * k - 1))
        for k, what in enumerate(UNITS)
    ]
    times = Panel(
        title="Times what Muon takes",
        across="half a dB below the lower peak",
        up="ratio, median",
        series=several,
        kind="points",
        places=[SHORT[kind] for kind in damage["times"]],
        level=1.0,
    )
    return [*ways, *levels, times]


def reached(name: str, levels: dict[str, Any], what: str, aside: float) -> Series:
    """Medians with their intervals, by the level."""
    return medians(name, [float(level) + aside for level in levels], [one[what] for one in levels.values()])


def between(name: str, some: list[dict[str, Any]], aside: float) -> Series:
    """Medians of ratios with their intervals."""
    return medians(name, [k + aside for k in range(len(some))], some)


def medians(name: str, x: list[float], some: list[dict[str, Any]]) -> Series:
    """Where there is no interval none is drawn."""
    return Series(
        name=name,
        x=x,
        y=[one["median"] for one in some],
        below=[0 if one["low"] is None else one["median"] - one["low"] for one in some],
        spread=[0 if one["high"] is None else one["high"] - one["median"] for one in some],
    )


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    size = found["size"]
    seeds = f"{size['seeds']} seed{'s' * (size['seeds'] != 1)}"
    said = [
        f"Each optimiser was tried at {size['coarse'] + 2} rates on {', '.join(found['tuned_on'])} and tested at the "
        f"best of them on {', '.join(found['images'])}, {seeds} each; {size['gradients']} gradients for every fit, "
        f"{size['side']} pixels a side; intervals are of 95 %, over draws of the photographs."
    ]
    for damage in found["damages"].values():
        said += of_damage(damage, size["gradients"])
    count = len(found["images"])
    few = f"An interval over {count} photographs is rough, and rather too narrow."
    if count < 2:
        few = "Of one photograph there is no interval and no verdict."
    threads = f"{found['threads']} thread{'s' * (found['threads'] != 1)}"
    basis = (
        f"Rates are constant (momentum is .9) and jitter is off, for a search wants an objective that stands still; "
        f"one network, one way of drawing it. Seconds are the processor's on {threads}. {few}"
    )
    return points(said, basis)


def of_damage(damage: dict[str, Any], gradients: int) -> list[str]:
    """On one kind of damage."""
    peaks = ", ".join(f"{kind} {in_words(one, 2)}" for kind, one in damage["peak"].items())
    rates = ", ".join(f"{kind} {one['rate']:.3g}" for kind, one in damage["tuning"].items())
    said = [f"{damage['about'][0].upper()}{damage['about'][1:]}: the rates are {rates}."]
    edge = [kind for kind, one in damage["tuning"].items() if one["at_the_edge"]]
    if edge:
        said.append(f"For {' and '.join(edge)} the best rate is the last one tried: it may not be the best there is.")
    said.append(f"The best iterate has, in dB: {peaks}.")
    averages = ", ".join(f"{kind} {in_words(one, 2)}" for kind, one in damage["peak_of_average"].items())
    said.append(f"The best running average: {averages}.")
    said += [against(kind, one, damage["higher"][kind]) for kind, one in damage["times"].items()]
    late = [f"{kind} in {n} of {damage['peak'][kind]['n']}" for kind, n in damage["late"].items() if n]
    if late:
        said.append(f"Still rising in the last twentieth of the {gradients} gradients: {', '.join(late)} cases.")
    costs = ", ".join(f"{kind} {in_words(one, 1)}" for kind, one in damage["a_gradient"].items())
    return [*said, f"A gradient costs, with all that is made of it, in milliseconds: {costs}."]


def against(kind: str, times: dict[str, Any], higher: dict[str, Any]) -> str:
    """Muon and one other, to what both reach."""
    count, clock = times["gradients"], times["seconds"]
    peak = {"yes": "higher in all", "no": "higher in none"}.get(higher["decides"], f"higher in {higher['more']}")
    return (
        f"To half a dB below the lower of both peaks {kind} takes {ratio(count)} times the gradients that Muon takes "
        f"(more in {count['more']} of {count['of']} cases): {judged(count)}; and {ratio(clock)} times the seconds: "
        f"{judged(clock)}. Muon's peak is {in_words(higher, 2, sign=True)} dB from its peak, {peak} of {higher['of']}."
    )


def ratio(one: dict[str, Any]) -> str:
    """A median with its interval."""
    interval = "" if one["low"] is None else f" ({one['low']:.2f} to {one['high']:.2f})"
    return f"{one['median']:.2f}{interval}"


def judged(one: dict[str, Any]) -> str:
    """What an interval of ratios decides."""
    if one["low"] is None:
        return "not decided"
    if one["low"] > 1:
        return "Muon is quicker"
    return "Muon is slower" if one["high"] < 1 else "no difference shown"
