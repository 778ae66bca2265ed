"""Rows of ours for any operator: a deep image prior, stopped by the noise if its sigma is told, else without."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.presets.denoising import DENOISING
from untaught.presets.published import PUBLISHED
from untaught.presets.row import Preset
from untaught.stoppers.windowed_variance import WindowedVariance


def of_any(level: str, steps: int) -> Preset:
    """The row of a deep image prior with more steps: not every operator is as easy to invert as none."""
    row = DENOISING["deep image prior", level]
    return replace(row, fit=replace(row.fit, steps=steps))


def untold(row: Preset) -> Preset:
    """The same where nobody knows sigma."""
    stopper = WindowedVariance(window=30, patience=100, warm_up=60)
    return replace(row, stopper=stopper, knows_sigma=False)


STEPS = {"draft": 600, "normal": 1000, "best": 2000}
ROWS = {level: of_any(level, steps) for level, steps in STEPS.items()}

RESTORING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        **{("restore", level): untold(row) for level, row in ROWS.items()},
        **{("restore, sigma told", level): row for level, row in ROWS.items()},
        ("restore", "paper"): PUBLISHED["deep image prior", "paper"],
        ("restore, sigma told", "paper"): PUBLISHED["deep image prior", "paper"],
    }
)
