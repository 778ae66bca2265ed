"""One table: which network, method, optimiser and rule for which task and quality. Every row has a source.

One setting serves all images: no row is for a picture. The rows called "paper" are in `published.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.core import Network
from untaught.errors import UsageError
from untaught.fit import Fit
from untaught.methods.dropped import Dropped
from untaught.methods.plain import Plain
from untaught.methods.r2r import R2R
from untaught.methods.recorrupted import Recorrupted
from untaught.networks.convolutions import Convolutions
from untaught.networks.inputs import Uniform
from untaught.networks.several import Several
from untaught.networks.skip import Skip
from untaught.networks.small_unet import SmallUNet
from untaught.optimisers.muon import Muon
from untaught.preset import Pilot, Preset, Price
from untaught.published import PUBLISHED, PYRAMID
from untaught.stoppers.budget import Budget
from untaught.stoppers.discrepancy import Discrepancy
from untaught.stoppers.held_out import HeldOut


def corrected(pilot: Pilot, network: Network, steps: int, price: Price) -> Preset:
    """A row of ours for denoising: a network that improves on a mixture of classical estimates."""
    fit = Fit(optimiser=Muon(lr=0.01, adam_lr=0.003), steps=steps, schedule="cosine", average_decay=0.0)
    return Preset(
        network=network,
        method=Recorrupted(),
        fit=fit,
        stopper=HeldOut(patience=30),
        knows_sigma=True,
        pilot=pilot,
        price=price,
        source="our own measurements: docs/decisions/0009-levels-of-denoising.md",
    )


def alone(steps: int, price: Price) -> Preset:
    """A row of ours for denoising without a classical estimate."""
    return Preset(
        network=SmallUNet(widths=(32, 64, 96, 96)),
        method=R2R(),
        fit=Fit(optimiser=Muon(lr=0.01, adam_lr=0.003), steps=steps, schedule="cosine", average_decay=0.0),
        stopper=HeldOut(patience=3 * R2R().every),
        knows_sigma=True,
        price=price,
        source="our own measurements: docs/decisions/0010-network-alone-recorrupted.md",
    )


def predicting(steps: int, widths: tuple[int, ...], every: int) -> Preset:
    """A row of ours for missing pixels that lie among known ones."""
    return Preset(
        network=SmallUNet(widths=widths, joined=False),
        method=Dropped(every=every),
        fit=Fit(optimiser=Muon(lr=0.01, adam_lr=0.004), steps=steps, schedule="cosine", average_decay=0.0),
        stopper=Budget(),
        consistent=True,
        source="our own measurements: docs/decisions/0011-missing-pixels.md",
    )


def of_hole(steps: int) -> Preset:
    """A row of ours for large holes: the paper's architecture for them (library), our optimiser."""
    paper = PUBLISHED["inpaint hole, library", "paper"]
    return Preset(
        network=paper.network,
        method=Plain(jitter=0.01),
        fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.01), steps=steps, schedule="cosine", average_decay=0.98),
        stopper=Budget(),
        consistent=True,
        source=paper.source + "; the optimiser: docs/decisions/0011-missing-pixels.md",
    )


BARE = Skip(
    input=Uniform(8),
    down=PYRAMID,
    up=PYRAMID,
    padding="zeros",
    upsampling="nearest",
    one_by_one=False,
    normalise_joined=False,
)

BARE_PRIOR = Preset(
    network=BARE,
    method=Plain(jitter=0.01),
    fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.01), steps=200, average_decay=0.98, average_power=4.0),
    stopper=Discrepancy(target=0.455),
    knows_sigma=True,
    source="our own measurements: docs/decisions/0008-network-alone.md",
)

LEVELS = ("draft", "normal", "best", "paper")  # from the quickest to the slowest

MISSING = {
    "draft": (predicting(600, (16, 32, 48), 300), of_hole(150)),
    "normal": (predicting(2500, (24, 48, 64), 1000), of_hole(500)),
    "best": (predicting(8000, (32, 64, 96), 2000), of_hole(1500)),
}

PRESETS: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        **PUBLISHED,
        **{("inpaint", level): scattered for level, (scattered, _) in MISSING.items()},
        **{("inpaint hole", level): hole for level, (_, hole) in MISSING.items()},
        ("denoise", "draft"): corrected(Pilot(rounds=1), Convolutions(), 40, Price(27, 54, 20, 1200)),
        ("denoise", "normal"): corrected(Pilot(rounds=4), Convolutions(), 80, Price(27, 113, 45, 1250)),
        ("denoise", "best"): corrected(
            Pilot(rounds=7, pairs=3), Convolutions(width=32, depth=4), 100, Price(27, 670, 400, 3000)
        ),
        ("denoise, network", "draft"): alone(400, Price(0, 0, 90, 700, a_step=0.13)),
        ("denoise, network", "normal"): alone(1000, Price(0, 0, 110, 700, a_step=0.13)),
        ("denoise, network", "best"): alone(2500, Price(0, 0, 180, 700, a_step=0.13)),
        ("deep image prior", "best"): Preset(
            network=Skip(down=PYRAMID, up=PYRAMID),
            method=Plain(jitter=1 / 30),
            fit=Fit(optimiser=Muon(lr=0.02, adam_lr=0.01), steps=700, average_power=4.0),
            stopper=Discrepancy(target=0.48),
            knows_sigma=True,
            source="our own measurements: docs/decisions/0003-default-denoiser.md",
        ),
        ("deep image prior", "draft"): BARE_PRIOR,
        ("deep image prior", "normal"): replace(BARE_PRIOR, network=Several(network=BARE, count=3)),
    }
)


def preset(task: str, quality: str | Preset) -> Preset:
    """The row for a task, or the caller's own.

    Raises: UsageError naming the qualities that the task has.
    """
    if isinstance(quality, Preset):
        return quality
    if (task, quality) not in PRESETS:
        known = ", ".join(level for level in LEVELS if (task, level) in PRESETS)
        raise UsageError(f"quality is {quality!r}; wanted one of {known}")
    return PRESETS[task, quality]
