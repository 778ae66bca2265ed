"""What a row of the table of settings is."""

from dataclasses import dataclass, field, replace

from torch import Tensor

from untaught.classical import RECIPE, Recipe, filters
from untaught.core import Method, Network, Stopper
from untaught.fit import Fit
from untaught.methods.dropped import Dropped
from untaught.methods.r2r import R2R
from untaught.methods.recorrupted import Recorrupted
from untaught.networks.convolutions import Convolutions
from untaught.networks.small_unet import SmallUNet
from untaught.stoppers.discrepancy import Discrepancy

SCALES = 4  # of a network that is shown squares of 64 pixels


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """A first estimate without a network (`untaught.classical`), for the network to improve on."""

    rounds: int  # of the mixture
    pairs: int = 1  # of recorrupted images; the mixture and the network are fitted on them
    guide: Tensor | None = field(default=None, repr=False, compare=False)  # [1, G, H, W] of the image at hand

    def recipe(self) -> Recipe:
        """In the words of `untaught.classical`."""
        return replace(RECIPE, pairs=self.pairs, guided=() if self.guide is None else filters(self.guide))


@dataclass(frozen=True)
class Price:
    """What a fit costs, for a megapixel of colour, measured at 256x256 to 1024x1024 beside other work."""

    first: float  # seconds of one core that does 94e9 float32 operations a second in products of matrices
    mixture: float  # seconds more, for all rounds
    network: float  # seconds more, for all steps
    megabytes: float  # of memory, above what the program takes with nothing to do
    a_step: float = 0.0  # seconds more for each step of the network, whatever the size and the channels


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
    consistent: bool = False  # is the result made to agree with the measurements, where the operator is `Projecting`?

    def __post_init__(self) -> None:
        if isinstance(self.stopper, Discrepancy) and not self.knows_sigma:
            raise ValueError("the discrepancy rule compares the misfit with the noise's; it wants knows_sigma=True")
        if self.pilot is None and not self.fitted:
            raise ValueError("neither a pilot nor a network: nothing would be done")
        fits = isinstance(self.method, Recorrupted) and isinstance(self.network, Convolutions) and self.knows_sigma
        if self.pilot is not None and not fits:
            raise ValueError("a network that improves on a pilot is Convolutions by the method Recorrupted, told sigma")
        known = isinstance(self.network, SmallUNet) and len(self.network.widths) <= SCALES and self.knows_sigma
        if isinstance(self.method, R2R) and not known:
            raise ValueError(f"a network for R2R is a SmallUNet of at most {SCALES} scales, and is told sigma")
        if isinstance(self.method, Dropped) and not isinstance(self.network, SmallUNet):
            raise ValueError("a network that predicts dropped pixels is a SmallUNet")

    @property
    def recorrupts(self) -> bool:
        """Does it learn from noise added to the image? Then that must be as white as the image's own."""
        return isinstance(self.method, Recorrupted | R2R)
