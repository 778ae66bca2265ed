"""Rows of ours for several frames: a network that improves on what they make together."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.presets.restoring import from_estimate
from untaught.presets.row import Preset


def fusing(steps: int, widths: tuple[int, ...]) -> Preset:
    """The row that improves on an estimate; the frames' motions go with the network's other numbers."""
    row = from_estimate(steps, widths)
    return replace(row, source="our own measurements: docs/decisions/0015-several-frames.md")


ROUNDS: Mapping[str, int] = MappingProxyType({"draft": 3, "normal": 8, "best": 16})  # of denoising, before the network

FUSING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("fuse", "draft"): fusing(10, (16, 32, 48)),
        ("fuse", "normal"): fusing(40, (24, 48, 64)),
        ("fuse", "best"): fusing(60, (24, 48, 64)),
    }
)
