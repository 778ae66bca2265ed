"""Rows of ours for missing pixels."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.fit import Fit
from untaught.methods.dropped import Dropped
from untaught.networks.small_unet import SmallUNet
from untaught.optimisers.muon import Muon
from untaught.presets.published import PUBLISHED
from untaught.presets.row import Preset, Price
from untaught.stoppers.budget import Budget


def predicting(steps: int, widths: tuple[int, ...], every: int, price: Price) -> Preset:
    """A row of ours for missing pixels that lie among known ones."""
    return Preset(
        network=SmallUNet(widths=widths, joined=False),
        method=Dropped(every=every),
        fit=Fit(optimiser=Muon(lr=0.01, adam_lr=0.001), steps=steps, schedule="cosine", average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        price=price,
        source="our own measurements: docs/decisions/0011-missing-pixels.md",
    )


def of_hole(steps: int) -> Preset:
    """A row of ours for large holes: the paper's for its library, in fewer steps and averaged."""
    paper = PUBLISHED["inpaint hole, library", "paper"]
    return replace(
        paper,
        fit=replace(paper.fit, steps=steps, average_decay=0.98),
        consistent=True,
        price=Price(0, 0, 4.3 * steps, 2200),
        source=paper.source + "; the steps: docs/decisions/0011-missing-pixels.md",
    )


MISSING = {
    "draft": (predicting(600, (16, 32, 48), 300, Price(0, 0, 100, 1300, a_step=0.045)), of_hole(150)),
    "normal": (predicting(2500, (24, 48, 64), 1000, Price(0, 0, 150, 1400, a_step=0.07)), of_hole(500)),
    "best": (predicting(8000, (32, 64, 96), 2000, Price(0, 0, 200, 1500, a_step=0.11)), of_hole(3000)),
}

INPAINTING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        **{("inpaint", level): scattered for level, (scattered, _) in MISSING.items()},
        **{("inpaint hole", level): hole for level, (_, hole) in MISSING.items()},
    }
)
