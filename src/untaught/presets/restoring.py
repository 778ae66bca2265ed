"""Rows of ours for any operator: a deep image prior, stopped by the noise if its sigma is told, else without."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.fit import Fit
from untaught.methods.plain import Plain
from untaught.networks.small_unet import SmallUNet
from untaught.optimisers.muon import Muon
from untaught.presets.denoising import DENOISING
from untaught.presets.published import PUBLISHED
from untaught.presets.row import Preset
from untaught.stoppers.budget import Budget
from untaught.stoppers.windowed_variance import WindowedVariance


def of_any(level: str, steps: int) -> Preset:
    """The row of a deep image prior with more steps: not every operator is as easy to invert as none."""
    row = DENOISING["deep image prior", level]
    source = row.source + "; docs/decisions/0014-any-operator.md"
    return replace(row, fit=replace(row.fit, steps=steps), source=source)


def untold(row: Preset) -> Preset:
    """The same where nobody knows sigma."""
    stopper = WindowedVariance(window=20, patience=100, warm_up=60)
    return replace(row, stopper=stopper, knows_sigma=False)


def from_estimate(steps: int, widths: tuple[int, ...]) -> Preset:
    """A row that improves on an estimate, so slowly that it stays near: there is no noise to learn in so few steps."""
    return Preset(
        network=SmallUNet(widths=widths),
        method=Plain(jitter=0.01),
        fit=Fit(optimiser=Muon(lr=0.003, adam_lr=0.003), steps=steps, average_decay=0.98, average_power=4.0),
        stopper=Budget(),
        source="our own measurements: docs/decisions/0014-any-operator.md",
    )


STEPS = {"draft": 600, "normal": 1000, "best": 2000}
ROWS = {level: of_any(level, steps) for level, steps in STEPS.items()}

RESTORING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        **{("restore", level): untold(row) for level, row in ROWS.items()},
        **{("restore, sigma told", level): row for level, row in ROWS.items()},
        ("restore from an estimate", "draft"): from_estimate(100, (16, 32, 48)),
        ("restore from an estimate", "normal"): from_estimate(300, (24, 48, 64)),
        ("restore from an estimate", "best"): from_estimate(800, (32, 64, 96)),
        ("restore", "paper"): PUBLISHED["deep image prior", "paper"],
        ("restore, sigma told", "paper"): PUBLISHED["deep image prior", "paper"],
    }
)
