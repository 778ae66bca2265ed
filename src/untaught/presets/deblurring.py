"""Rows of ours for blurred images."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.core import Network
from untaught.fit import Fit
from untaught.methods.back_projected import BackProjected
from untaught.networks.several import Several
from untaught.optimisers.muon import Muon
from untaught.presets.denoising import BARE
from untaught.presets.row import Preset, Price
from untaught.stoppers.budget import Budget

THREE = Several(network=BARE, count=3)


def sharpening(steps: int, a_step: float, megabytes: float, network: Network = BARE) -> Preset:
    """A row of ours; a step takes so many seconds for a megapixel."""
    return Preset(
        network=network,
        method=BackProjected(),
        fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.01), steps=steps, schedule="cosine", average_decay=0.95),
        stopper=Budget(),
        knows_sigma=True,
        price=Price(210, 0, steps * a_step, megabytes),
        source="our own measurements: docs/decisions/0013-deblurring.md",
    )


DEBLURRING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("deblur", "draft"): sharpening(80, 5.2, 2600),
        ("deblur", "normal"): sharpening(120, 5.2, 2600),
        ("deblur", "best"): sharpening(200, 16, 4500, THREE),
        ("deblur blind", "draft"): sharpening(80, 11.5, 2600),
        ("deblur blind", "normal"): sharpening(120, 11.5, 2600),
        ("deblur blind", "best"): sharpening(200, 22, 4500, THREE),
    }
)
