"""One table: which network, method, optimiser and rule for which task and quality. Every row has a source.

One setting serves all images: no row is for a picture. The rows called "paper" are the 2018 experiments as their
authors ran them, some of which were tuned to one picture; that is why the names of several say which.

Departures from the 2018 code, in all its rows: the running average begins as a plain mean of the iterates (theirs keeps
0.99^k of the first); weights get no noise (theirs were meant to and did not: `n = n + ...` rebinds a name); there is no
fall-back to an earlier checkpoint (theirs tests `i % show_every`, which is inverted); an image of any size is fitted
whole (theirs is cropped to a multiple of 32); noise comes from a seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from untaught.classical import RECIPE, Recipe
from untaught.core import Method, Network, Stopper
from untaught.errors import UsageError
from untaught.fit import Fit
from untaught.methods.plain import Plain
from untaught.methods.r2r import R2R
from untaught.methods.recorrupted import Recorrupted
from untaught.networks.convolutions import Convolutions
from untaught.networks.inputs import MeshGrid, Uniform
from untaught.networks.pixels import Pixels
from untaught.networks.several import Several
from untaught.networks.skip import Skip
from untaught.networks.small_unet import SmallUNet
from untaught.optimisers.adam import Adam
from untaught.optimisers.muon import Muon
from untaught.priors.total_variation import TotalVariation
from untaught.stoppers.budget import Budget
from untaught.stoppers.discrepancy import Discrepancy
from untaught.stoppers.held_out import HeldOut


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """A first estimate without a network (`untaught.classical`), for the network to improve on."""

    rounds: int  # of the mixture
    pairs: int = 1  # of recorrupted images; the mixture and the network are fitted on them

    def recipe(self) -> Recipe:
        """In the words of `untaught.classical`."""
        return replace(RECIPE, pairs=self.pairs)


@dataclass(frozen=True)
class Price:
    """What a fit costs, for a megapixel of colour, measured at 256x256 to 1024x1024 beside other work."""

    first: float  # seconds of one core that does 94e9 float32 operations a second in products of matrices
    mixture: float  # seconds more, for all rounds
    network: float  # seconds more, for all steps
    megabytes: float  # of memory, above what the program takes with nothing to do


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Settings for one task at one quality."""

    network: Network
    method: Method
    fit: Fit
    stopper: Stopper
    source: str
    knows_sigma: bool = False  # is the likelihood told the noise's sigma? If not, its nll is the mean squared error
    pilot: Pilot | None = None
    fitted: bool = True  # False: the pilot alone, without a network
    price: Price | None = None  # where it was measured

    def __post_init__(self) -> None:
        if isinstance(self.stopper, Discrepancy) and not self.knows_sigma:
            raise ValueError("the discrepancy rule compares the misfit with the noise's; it wants knows_sigma=True")
        if self.pilot is None and not self.fitted:
            raise ValueError("neither a pilot nor a network: nothing would be done")
        fits = isinstance(self.method, Recorrupted) and isinstance(self.network, Convolutions) and self.knows_sigma
        if self.pilot is not None and not fits:
            raise ValueError("a network that improves on a pilot is Convolutions by the method Recorrupted, told sigma")

        if isinstance(self.method, R2R) and not (isinstance(self.network, SmallUNet) and self.knows_sigma):
            raise ValueError("a network that learns from recorrupted images is a SmallUNet, and is told sigma")

    @property
    def recorrupts(self) -> bool:
        """Does it learn from noise added to the image? Then that must be as white as the image's own."""
        return isinstance(self.method, Recorrupted | R2R)


PYRAMID = (16, 32, 64, 128, 128)
DEEP = (16, 32, 64, 128, 128, 128)
WIDE = (128,) * 5
PAPER = "Ulyanov et al. 2018; the authors' "


def published(network: Network, steps: int, source: str, *, lr: float = 0.01, jitter: float = 0.03) -> Preset:
    """A row of the paper: Adam at a constant rate, the last iterate of a fixed number of steps."""
    fit = Fit(optimiser=Adam(lr=lr), steps=steps, average_decay=0.0)
    return Preset(network=network, method=Plain(jitter=jitter), fit=fit, stopper=Budget(), source=PAPER + source)


def averaged(row: Preset) -> Preset:
    """The same row, returning the running average that the paper's denoising returns."""
    return replace(row, fit=replace(row.fit, average_decay=0.99))


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


def alone(steps: int, *, every: int) -> Preset:
    """A row of ours for denoising without a classical estimate. The last look at the whole image is a thorough one."""
    return Preset(
        network=SmallUNet(),
        method=R2R(every=every, thorough=steps - every + 1),
        fit=Fit(optimiser=Muon(lr=0.01, adam_lr=0.003), steps=steps + 1, schedule="cosine", average_decay=0.0),
        stopper=HeldOut(patience=3 * every),
        knows_sigma=True,
        source="our own measurements: docs/decisions/0010-network-alone-recorrupted.md",
    )


NO_PRIOR = published(Pixels(start="uniform"), 2000, "sr_prior_effect notebook", jitter=0.0)

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

OF_2018 = averaged(
    published(Skip(), 1800, "denoising notebook (F16; 3000 steps there, 1800 in the text)", jitter=1 / 30)
)

LEVELS = ("draft", "normal", "best", "paper")  # from the quickest to the slowest

PRESETS: Mapping[tuple[str, str], Preset] = MappingProxyType(
    {
        ("denoise", "paper"): OF_2018,
        ("denoise", "draft"): corrected(Pilot(rounds=1), Convolutions(), 40, Price(27, 54, 20, 1200)),
        ("denoise", "normal"): corrected(Pilot(rounds=4), Convolutions(), 80, Price(27, 113, 45, 1250)),
        ("denoise", "best"): corrected(
            Pilot(rounds=7, pairs=3), Convolutions(width=32, depth=4), 100, Price(27, 670, 400, 3000)
        ),
        ("denoise, network", "draft"): alone(500, every=100),
        ("denoise, network", "normal"): alone(1500, every=150),
        ("denoise, network", "best"): alone(3000, every=250),
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
        ("deep image prior", "paper"): OF_2018,
        ("denoise, network", "paper"): OF_2018,
        ("denoise, sigma 50", "paper"): averaged(
            published(Skip(), 1800, "denoising notebook (F16), its note for sigma 50", jitter=1 / 20)
        ),
        ("dejpeg", "paper"): averaged(
            published(
                Skip(input=Uniform(3), down=(8, 16, 32, 64, 128), up=(8, 16, 32, 64, 128), skip=(0, 0, 0, 4, 4)),
                2400,
                "denoising notebook (snail)",
                jitter=1 / 30,
            )
        ),
        ("upscale 4", "paper"): published(Skip(), 2000, "super-resolution notebook"),
        ("upscale 8", "paper"): published(Skip(), 4000, "super-resolution notebook", jitter=0.05),
        ("upscale 4, no prior", "paper"): NO_PRIOR,
        ("upscale 4, total variation", "paper"): replace(
            NO_PRIOR, fit=replace(NO_PRIOR.fit, prior=TotalVariation(), prior_weight=1e-7)
        ),
        ("inpaint text", "paper"): published(
            Skip(skip=WIDE, upsampling="nearest"), 6001, "inpainting notebook (kate, peppers)"
        ),
        ("inpaint hole, vase", "paper"): published(
            Skip(input=MeshGrid(), skip=(0,) * 5, upsampling="nearest"), 5001, "inpainting notebook (vase)"
        ),
        ("inpaint hole, library", "paper"): published(
            Skip(
                input=Uniform(1),
                down=DEEP,
                up=DEEP,
                skip=(0,) * 6,
                kernel_down=5,
                upsampling="nearest",
                one_by_one=False,
            ),
            3001,
            "inpainting notebook (library)",
            jitter=0.0,
        ),
        ("inpaint 50 %", "paper"): published(Skip(), 11000, "restoration notebook (barbara)", lr=0.001),
        ("inpaint 98 %", "paper"): published(
            Skip(down=PYRAMID, up=PYRAMID, skip=(0,) * 5, downsampling="avg"),
            1000,
            "restoration notebook (kate)",
            jitter=0.0,
        ),
        ("guide", "paper"): published(
            Skip(upsampling=("nearest", "nearest", "bilinear", "bilinear", "bilinear")),
            601,
            "flash-no-flash notebook; there the input is the flash photograph: replace(network, input=Given(flash))",
            lr=0.1,
            jitter=0.0,
        ),
        ("invert features", "paper"): published(
            Skip(
                down=DEEP,
                up=DEEP,
                skip=(4,) * 6,
                kernel_down=(7, 7, 5, 5, 3, 3),
                kernel_up=(7, 7, 5, 5, 3, 3),
                downsampling="avg",
                upsampling="nearest",
                padding="zeros",
            ),
            3100,
            "feature_inversion notebook (fc6 of AlexNet)",
            lr=0.001,
            jitter=0.0,
        ),
        ("maximise activation", "paper"): published(
            Skip(
                down=DEEP,
                up=DEEP,
                skip=(0, 4, 4, 4, 4, 4),
                kernel_down=(5, 3, 5, 5, 3, 5),
                kernel_up=(5, 3, 5, 3, 5, 3),
                downsampling="avg",
            ),
            3100,
            "activation_maximization notebook (0.01 for fc8)",
            lr=0.001,
        ),
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
