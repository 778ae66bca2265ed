"""The loop itself, for any Problem."""

from collections.abc import Iterator

from untaught import fit as loop
from untaught.core import Method, Network, Problem, State, Step
from untaught.fit import Fit
from untaught.presets import preset
from untaught.presets.row import Preset


def steps(
    problem: Problem,
    *,
    quality: str | Preset = "normal",
    network: Network | None = None,
    method: Method | None = None,
    fit: Fit | None = None,
    resume: State | None = None,
) -> Iterator[Step]:
    """The loop itself, one Step after another, for any Problem; leave it whenever you like.

    What is not given is taken from the row of `quality` for a deep image prior. See `untaught.fit.steps`.
    """
    row = preset("deep image prior", quality)
    return loop.steps(problem, network or row.network, method or row.method, fit or row.fit, resume=resume)
