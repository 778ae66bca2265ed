"""Rows of ours for blurred images."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.core import Network
from untaught.fit import Fit
from untaught.methods.back_projected import BackProjected
from untaught.networks.several import Several
from untaught.optimisers.muon import Muon
from untaught.presets.denoising import BARE
from untaught.presets.row import Preset
from untaught.stoppers.budget import Budget


def known(steps: int, network: Network = BARE) -> Preset:
    """A row of ours for a blur that is told."""
    return Preset(
        network=network,
        method=BackProjected(),
        fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.01), steps=steps, schedule="cosine", average_decay=0.95),
        stopper=Budget(),
        knows_sigma=True,
        source="our own measurements: docs/decisions/0013-deblurring.md",
    )


DEBLURRING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("deblur", "draft"): known(80),
        ("deblur", "normal"): known(120),
        ("deblur", "best"): known(200, Several(network=BARE, count=3)),
        ("deblur blind", "draft"): known(80),
        ("deblur blind", "normal"): known(120),
        ("deblur blind", "best"): known(200, Several(network=BARE, count=3)),
    }
)
