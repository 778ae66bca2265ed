"""Rows of ours for images that were stored as JPEG."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.fit import Fit
from untaught.methods.recompressed import Recompressed
from untaught.networks.convolutions import Convolutions
from untaught.optimisers.muon import Muon
from untaught.presets.row import Preset, Price
from untaught.stoppers.budget import Budget


def unpacking(steps: int, width: int, depth: int, price: Price) -> Preset:
    """A row of ours, for every quality that a JPEG may have."""
    return Preset(
        network=Convolutions(width=width, depth=depth),
        method=Recompressed(every=max(steps // 2, 1)),
        fit=Fit(optimiser=Muon(lr=0.005, adam_lr=0.001), steps=steps, schedule="cosine", average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        price=price,
        source="our own measurements: docs/decisions/0016-jpeg.md",
    )


DEJPEGGING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("dejpeg", "draft"): unpacking(100, 24, 5, Price(18, 0, 31, 1000, a_step=0.025)),
        ("dejpeg", "normal"): unpacking(300, 32, 6, Price(18, 0, 45, 1000, a_step=0.04)),
        ("dejpeg", "best"): unpacking(1000, 48, 8, Price(18, 0, 90, 1000, a_step=0.088)),
    }
)
