"""Rows of ours for super-resolution."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.fit import Fit
from untaught.methods.shrunk import Shrunk
from untaught.networks.sub_pixel import SubPixel
from untaught.optimisers.muon import Muon
from untaught.presets.denoising import BARE
from untaught.presets.row import Preset
from untaught.stoppers.budget import Budget


def enlarging(steps: int, every: int) -> Preset:
    """A row of ours, for every factor."""
    return Preset(
        network=BARE,
        method=Shrunk(learner=SubPixel(), every=every),
        fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.003), steps=steps, schedule="cosine", average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        source="our own measurements: docs/decisions/0012-super-resolution.md",
    )


LEVELS = {"draft": enlarging(100, 100), "normal": enlarging(400, 200), "best": enlarging(1200, 400)}

UPSCALING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {(f"upscale {factor}", level): row for factor in (4, 8) for level, row in LEVELS.items()}
)
