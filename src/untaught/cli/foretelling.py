"""What a job would take, and what noise it found, in words."""

import json
from typing import TYPE_CHECKING, Any

import typer

from untaught.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from untaught.cost import Cost
    from untaught.tiles import AnyJob


def level_of(noise: dict[str, float]) -> str:
    """The noise in a few words."""
    how = "estimated" if noise["estimated"] else "told"
    if noise["gain"] > 0:
        return f"noise that grows with the light (gain {noise['gain']:.3g}, sigma {noise['sigma']:.3g}, {how})"
    more = ", with a grain" if noise["grain"] else ", may grow with the light" if noise["unsure"] else ""
    return f"noise sigma {noise['sigma']:.3g} ({how}{more})"


def seconds_of(text: str) -> float:
    """90, 90s, 5m or 1h in seconds.

    Raises: UsageError for anything else.
    """
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    try:
        seconds = float(number) * units[unit]
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--time-budget is {text}; wanted a positive time such as 90s, 5m or 1h")
    return seconds


def foretell(job: "AnyJob", *, about: str, known: dict[str, Any], as_json: bool) -> None:
    """What the job would take, on stdout, after what is known of the image: `about` in words, `known` as data."""
    needed = predicted(job)
    taken: dict[str, Any] = known | {"seconds": None, "megabytes": None}
    if needed is not None:
        taken |= {"seconds": round(needed.seconds, 1), "megabytes": round(needed.whole / 1e6)}
    if as_json:
        typer.echo(json.dumps(taken))
    elif needed is None:
        typer.echo(f"{about}; what this quality takes was never measured")
    else:
        size = f"{needed.whole / 1e9:.1f} GB"
        typer.echo(f"{about}; about {needed.seconds:.0f} s on this machine, {size} of memory")


def predicted(job: "AnyJob") -> "Cost | None":
    """What a job will take."""
    from untaught import cost

    return cost.predict(job.row, job.problem.shape, job.at_once, white=job.noise.is_white)


def refuse_what_does_not_fit(job: "AnyJob") -> None:
    """Before a long fit: is there memory enough for it?"""
    from untaught import cost

    needed, free = predicted(job), cost.free_memory()
    if needed is not None and free is not None and needed.bytes > free:
        raise ResourceError(
            f"this would take about {needed.bytes / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free; "
            "a smaller part of the image or --quality draft needs less"
        )
