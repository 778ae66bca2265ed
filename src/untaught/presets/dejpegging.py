"""Rows of ours for images that were stored as JPEG."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.fit import Fit
from untaught.methods.recompressed import Recompressed
from untaught.networks.convolutions import Convolutions
from untaught.optimisers.muon import Muon
from untaught.presets.row import Preset
from untaught.stoppers.budget import Budget


def unpacking(steps: int, width: int, depth: int) -> Preset:
    """A row of ours, for every quality that a JPEG may have."""
    return Preset(
        network=Convolutions(width=width, depth=depth),
        method=Recompressed(every=max(steps // 2, 1)),
        fit=Fit(optimiser=Muon(lr=0.005, adam_lr=0.001), steps=steps, schedule="cosine", average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        source="our own measurements: docs/decisions/0016-jpeg.md",
    )


DEJPEGGING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("dejpeg", "draft"): unpacking(100, 24, 5),
        ("dejpeg", "normal"): unpacking(300, 32, 6),
        ("dejpeg", "best"): unpacking(1000, 48, 8),
    }
)
