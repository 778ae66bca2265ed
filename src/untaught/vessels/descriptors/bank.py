"""All descriptors of one image, a channel each: what is known of tubes before anything is learnt."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.vessels.descriptors.contrast import local_contrast
from untaught.vessels.descriptors.dual_tree import dual_tree, reach, strongest_band
from untaught.vessels.descriptors.hessian import eigenvalues, frangi, ridge, sato
from untaught.vessels.descriptors.morphology import coarse_top_hat, top_hat
from untaught.vessels.descriptors.oriented import strongest
from untaught.vessels.descriptors.spectrum import Spectrum
from untaught.vessels.descriptors.wavelets import a_trous

WIDE = 6  # pixels: disks from this radius on are tried on every second point
COARSE = 2.0  # pixels: bars from this width on are turned on every second point
SHARE = 0.95  # of the pixels, below what is strong in this image
MOST = 15_000_000  # numbers: `torch.quantile` takes up to 2^24
FAINT = 1e-3  # tenths of grey levels: nothing is strong in a flat image
TEN = 10.0  # grey levels on [0, 1] are small beside the other descriptors


@dataclass(frozen=True, kw_only=True)
class Bank:
    """Which descriptors, at which scales (pixels). Scales are kept apart; nothing is learnt.

    The defaults span vessels of 2 to 25 pixels.
    """

    sigmas: tuple[float, ...] = (1.0, 1.5, 2.2, 3.2, 4.6, 6.5, 9.0)  # of the Hessian
    bars: tuple[tuple[float, float], ...] = ((1.3, 5.2), (2.0, 8.0), (3.0, 10.5), (4.5, 13.5), (2.0, 14.0))
    radii: tuple[int, ...] = (3, 5, 8, 12)  # of the top-hats
    octaves: int = 4  # of the a-trous wavelet
    trees: tuple[int, ...] = ()  # scales of the dual-tree wavelet, if any: (2, 3, 4, 5) for the same vessels

    def names(self) -> tuple[str, ...]:
        """What the channels are, in order."""
        hessian = [f"{which} {sigma:g}" for sigma in self.sigmas for which in ("larger", "smaller")]
        bars = [f"{which} {s:g}x{length:g}" for s, length in self.bars for which in ("bar", "across")]
        tops = [f"{kind} {radius}" for kind in ("top-hat", "relative") for radius in self.radii]
        details = [f"detail {2**octave}" for octave in range(self.octaves)]
        trees = [f"{which} {2**scale}" for scale in self.trees for which in ("tree", "athwart")]
        return ("contrast", "grey", *hessian, "frangi", "sato", "scale", *bars, *tops, *details, *trees)

    def describe(self, image: Tensor, fov: Tensor | None = None) -> Tensor:
        """`image` `[B, 1, H, W]` in [0, 1], vessels dark, filled outside `fov` `[B, 1, H, W]`, to `[B, C, H, W]`."""
        contrast = local_contrast(image)
        spectrum = Spectrum.of(contrast)
        parts = [contrast, standardised(image, fov), *self._hessian(spectrum), *self._bars(spectrum)]
        tops = [TEN * (coarse_top_hat if radius >= WIDE else top_hat)(image, radius) for radius in self.radii]
        relative = [top / (strong(top, fov) + FAINT) for top in tops]
        details = a_trous(contrast, self.octaves)[0]
        return torch.cat([*parts, *tops, *relative, *details, *self._trees(contrast)], dim=1)

    def _trees(self, contrast: Tensor) -> list[Tensor]:
        if not self.trees:
            return []
        each = dual_tree(Spectrum.of(contrast, reach(self.trees)), self.trees)
        return [part for bands in each for part in strongest_band(bands.abs())]

    def _hessian(self, spectrum: Spectrum) -> list[Tensor]:
        """The eigenvalues at each scale, the best vesselnesses of all scales, and the scale of the best."""
        sigma = spectrum.pixels(self.sigmas)
        larger, smaller = (spectrum.cut(one) for one in eigenvalues(spectrum, sigma))
        both = torch.stack([larger, smaller], dim=2).flatten(1, 2)
        best = [frangi(larger, smaller).amax(1, keepdim=True), sato(larger).amax(1, keepdim=True)]
        weight = ridge(larger, smaller) ** 2
        logarithms = sigma.log()[:, None, None]
        scale = (weight * logarithms).sum(1, keepdim=True) / (weight.sum(1, keepdim=True) + 1e-2)
        return [both, *best, scale]

    def _bars(self, spectrum: Spectrum) -> list[Tensor]:
        found = []
        for width, length in self.bars:
            grid = spectrum.halved() if width >= COARSE else spectrum
            best, across, _ = strongest(grid, spectrum.pixels([width]), spectrum.pixels([length]))
            found += [grid.cut(best), grid.cut(across)]
        return found


@dataclass(frozen=True, kw_only=True)
class ImageAlone(Bank):
    """No descriptors: the standardised image."""

    def names(self) -> tuple[str, ...]:
        return ("grey",)

    def describe(self, image: Tensor, fov: Tensor | None = None) -> Tensor:
        return standardised(image, fov)


def strong(response: Tensor, fov: Tensor | None = None) -> Tensor:
    """`[B, C, 1, 1]`: what one pixel in twenty of the field of view exceeds, of `[B, C, H, W]`; of every second row and
    column, which is enough, or of fewer in an image so large that torch could not sort them.
    """
    gap = max(2, math.ceil(math.sqrt(response.numel() / MOST)))
    coarse = response[..., ::gap, ::gap].flatten(2)
    if fov is None:
        return torch.quantile(coarse, SHARE, dim=2)[..., None, None]
    inside = fov[..., ::gap, ::gap].flatten(1).bool()
    each = [torch.quantile(x[:, seen], SHARE, dim=1) for x, seen in zip(coarse, inside, strict=True) if seen.any()]
    found = torch.stack(each) if len(each) == len(coarse) else torch.quantile(coarse, SHARE, dim=2)
    return found[..., None, None]


def standardised(image: Tensor, fov: Tensor | None = None) -> Tensor:
    """Standard deviations from the mean within the field of view."""
    inside = torch.ones_like(image) if fov is None else fov.to(image)
    count = inside.sum((-2, -1), keepdim=True)
    mean = (image * inside).sum((-2, -1), keepdim=True) / count
    variance = ((image - mean) ** 2 * inside).sum((-2, -1), keepdim=True) / count
    return (image - mean) / torch.sqrt(variance + 1e-6)
