"""Rows of ours for images with a guide: those of denoising, whose first estimates are then made with it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.presets.denoising import DENOISING
from untaught.presets.row import Preset, Price

SOURCE = "our own measurements: docs/decisions/0017-guided.md"


def beside(quality: str, price: Price) -> Preset:
    """The row of denoising for a quality, and what it costs with a guide (measured at 256x256)."""
    return replace(DENOISING["denoise", quality], price=price, source=SOURCE)


GUIDING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("guide", "draft"): beside("draft", Price(160, 60, 100, 3800)),
        ("guide", "normal"): beside("normal", Price(160, 130, 110, 3800)),
        ("guide", "best"): beside("best", Price(160, 830, 390, 6300)),
    }
)
