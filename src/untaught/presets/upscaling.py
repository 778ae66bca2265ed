"""Rows of ours for super-resolution."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.core import Network
from untaught.fit import Fit, Schedule
from untaught.methods.shrunk import Shrunk
from untaught.networks.several import Several
from untaught.networks.skip import Skip
from untaught.networks.sub_pixel import SubPixel
from untaught.optimisers.muon import Muon
from untaught.presets.denoising import BARE
from untaught.presets.row import Preset, Price
from untaught.stoppers.budget import Budget

NARROW = Skip(down=(64,) * 5, up=(64,) * 5)  # the paper's network for super-resolution, half as wide


def enlarging(
    method: Shrunk, steps: int, price: Price, network: Network = NARROW, schedule: Schedule = "constant"
) -> Preset:
    """A row of ours, for every factor; its price is for a megapixel of the result."""
    return Preset(
        network=network,
        method=replace(method, every=steps // 2),
        fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.003), steps=steps, schedule=schedule, average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        price=price,
        source="our own measurements: docs/decisions/0012-super-resolution.md",
    )


TWO = Several(network=SubPixel(), count=2)

LEVELS = {
    "draft": enlarging(
        Shrunk(learner=SubPixel(), share=0.75), 200, Price(0, 0, 380, 1570, a_step=0.045), BARE, "cosine"
    ),
    "normal": enlarging(Shrunk(learner=TWO), 500, Price(0, 0, 3780, 4500, a_step=0.09)),
    "best": enlarging(Shrunk(learner=TWO, apart=1), 600, Price(0, 0, 9100, 4500, a_step=0.09)),
}

UPSCALING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {(f"upscale {factor}", level): row for factor in (4, 8) for level, row in LEVELS.items()}
)
