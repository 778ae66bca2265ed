"""Rows of ours for super-resolution."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.core import Network
from untaught.fit import Fit
from untaught.methods.shrunk import Shrunk
from untaught.networks.several import Several
from untaught.networks.skip import Skip
from untaught.networks.sub_pixel import SubPixel
from untaught.optimisers.muon import Muon
from untaught.presets.denoising import BARE
from untaught.presets.row import Preset, Price
from untaught.stoppers.budget import Budget

HALF = Skip(down=(64,) * 5, up=(64,) * 5)  # the paper's network for super-resolution, half as wide


def enlarging(
    steps: int, learners: int, price: Price, network: Network = HALF, apart: int = 2, share: float = 0.5
) -> Preset:
    """A row of ours, for every factor; its price is for a megapixel of the result."""
    learner = SubPixel() if learners == 1 else Several(network=SubPixel(), count=learners)
    return Preset(
        network=network,
        method=Shrunk(learner=learner, every=steps // 2, apart=apart, share=share),
        fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.003), steps=steps, schedule="trapezoid", average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        price=price,
        source="our own measurements: docs/decisions/0012-super-resolution.md",
    )


LEVELS = {
    "draft": enlarging(200, 1, Price(0, 0, 380, 1570, a_step=0.045), BARE, share=0.75),
    "normal": enlarging(400, 2, Price(0, 0, 750, 1750, a_step=0.09)),
    "best": enlarging(600, 2, Price(0, 0, 2850, 2500, a_step=0.18), apart=1),
}

UPSCALING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {(f"upscale {factor}", level): row for factor in (4, 8) for level, row in LEVELS.items()}
)
