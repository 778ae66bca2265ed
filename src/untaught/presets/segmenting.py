"""Rows of ours for an image with a few labelled pixels."""

from collections.abc import Mapping
from types import MappingProxyType

from untaught.fit import Fit
from untaught.methods.plain import Plain
from untaught.networks.small_unet import SmallUNet
from untaught.optimisers.adam import Adam
from untaught.presets.row import Preset, Price
from untaught.priors.believed import Believed
from untaught.stoppers.budget import Budget


def from_strokes(steps: int) -> Preset:
    """A row that changes what a logistic model of descriptors says, in so many steps; more changes little."""
    return Preset(
        network=SmallUNet(widths=(16, 32, 48), joined=False),
        method=Plain(jitter=0.1),
        fit=Fit(
            optimiser=Adam(lr=0.003),
            steps=steps,
            average_decay=0.95,
            average_power=4.0,
            prior=Believed(smooth=0.3),
            prior_weight=1.0,
        ),
        stopper=Budget(),
        price=Price(10, 0, 2.4 * steps, 2900),
        source="our own measurements: docs/decisions/0018-scribbles.md",
    )


SEGMENTING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {("segment", level): from_strokes(steps) for level, steps in (("draft", 60), ("normal", 150), ("best", 300))}
)
