"""Rows of ours for denoising, and for a deep image prior of any problem."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from untaught.core import Network
from untaught.fit import Fit
from untaught.methods.plain import Plain
from untaught.methods.r2r import R2R
from untaught.methods.recorrupted import Recorrupted
from untaught.networks.convolutions import Convolutions
from untaught.networks.inputs import Uniform
from untaught.networks.several import Several
from untaught.networks.skip import Skip
from untaught.networks.small_unet import SmallUNet
from untaught.optimisers.muon import Muon
from untaught.presets.published import PYRAMID
from untaught.presets.row import Pilot, Preset, Price
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

DENOISING: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
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
