"""Block matching and a 3-D transform: patches that look alike are thinned out together."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.classical.patches import Search, cut, fill_grid, most_alike, nearest, paste, strips
from untaught.classical.transforms import cosine, decorrelate, haar, recorrelate

FIRST = Search(size=8, step=4, radius=9, count=16)
SECOND = Search(size=8, step=4, radius=9, count=32)
GROUPS = 128  # groups transformed at a time


@dataclass(frozen=True, kw_only=True)
class BlockMatching:
    """Stack patches alike, transform (cosine within the patch, Haar across the stack), shrink, and average all back.

    First coefficients under `threshold` sigma are dropped; then the outcome says where to look for patches alike and
    gives each coefficient its Wiener factor. Source: Dabov, Foi, Katkovnik and Egiazarian 2007 (IEEE TIP 16:8), their
    two stages and weights. Departs: every reference has a full group (no limit on the distance); distances are not
    thresholded first; the cosine transform in both stages; every channel is thinned on its own, with groups found on
    the first.
    """

    threshold: float = 2.7  # sigmas
    first: Search = FIRST
    second: Search = SECOND
    taper: float = 2.0  # of the Kaiser window a patch is weighted with

    def thresholded(self, y: Tensor, sigma: float) -> Tensor:
        """The first stage alone. `y` and what comes out: `[1, C, H, W]`, noise of `sigma` on the image's scale."""
        opponent = decorrelate(y[0])
        return recorrelate(self.filter(opponent, opponent, sigma, self.first, wiener=False))[None]

    def wiener(self, y: Tensor, pilot: Tensor, sigma: float) -> Tensor:
        """The second stage, from an estimate `pilot` of the same shape."""
        return recorrelate(self.filter(decorrelate(y[0]), decorrelate(pilot[0]), sigma, self.second, wiener=True))[None]

    def __call__(self, y: Tensor, sigma: float) -> Tensor:
        """Both stages."""
        return self.wiener(y, self.thresholded(y, sigma), sigma)

    def filter(self, y: Tensor, pilot: Tensor, sigma: float, search: Search, *, wiener: bool) -> Tensor:
        """One stage: `y` and `pilot` `[C, H, W]`, decorrelated. Groups are those of the pilot's first channel."""
        _, height, width = y.shape
        y, pilot = fill_grid(y, search), fill_grid(pilot, search)
        count = most_alike(search, *y.shape[1:])
        count = 1 << (count.bit_length() - 1)  # the Haar transform's
        total, weight = torch.zeros_like(y), torch.zeros_like(y)
        for strip in strips(y.shape[1], y.shape[2], search):
            here = slice(strip.top, strip.bottom)
            groups = nearest(pilot[:1, here], search, strip, count)
            for channel in range(len(y)):
                shrinker = Shrinker(self, search.size, count, sigma)
                guide = pilot[channel : channel + 1, here] if wiener else None
                added = shrinker.strip(y[channel : channel + 1, here], guide, groups)
                total[channel, here] += added[0]
                weight[channel, here] += added[1]
        return (total / weight)[:, :height, :width]


class Shrinker:
    """The transform and the shrinkage of one channel's groups.

    A patch's cosine transform is taken once, before patches are gathered, and undone once, after they are summed: both
    are linear.
    """

    def __init__(self, settings: BlockMatching, size: int, count: int, sigma: float) -> None:
        self.size, self.sigma, self.threshold = size, sigma, settings.threshold
        self.within = torch.kron(cosine(size), cosine(size))
        self.across = haar(count)
        window = torch.kaiser_window(size, periodic=False, beta=settings.taper)
        self.window = torch.outer(window, window).flatten()[:, None]

    def strip(self, y: Tensor, pilot: Tensor | None, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted sums of patches, and of weights, `[h, W]` each, from one channel `[1, h, W]`."""
        _, height, width = y.shape
        noisy = self.spectrum(y)
        guide = None if pilot is None else self.spectrum(pilot)
        total, weight = torch.zeros_like(noisy), noisy.new_zeros(len(noisy))
        for group in groups.split(GROUPS):
            members = group.flatten()
            gathered = self.across.to(y) @ noisy.index_select(0, members).view(*group.shape, -1)
            factor = self.hard(gathered) if guide is None else self.soft(guide, group)
            weights = 1 / factor.square().sum((1, 2)).clamp(min=1e-6)  # of the noise left in the group
            shrunk = self.across.to(y).T @ (gathered * factor * weights[:, None, None])
            total.index_add_(0, members, shrunk.view(len(members), -1))
            weight.index_add_(0, members, weights.repeat_interleave(group.shape[1]))
        patches = (self.within.to(y).T @ total.T) * self.window.to(y)
        weights = weight * self.window.to(y)
        return paste(patches, self.size, height, width)[0], paste(weights, self.size, height, width)[0]

    def spectrum(self, image: Tensor) -> Tensor:
        """`[1, h, W]` to `[N, size^2]`."""
        return cut(image, self.size).T @ self.within.to(image).T

    def hard(self, spectrum: Tensor) -> Tensor:
        """Keep what stands out, and the group's mean. `[R, K, size^2]` in and out."""
        keep = (spectrum.abs() > self.threshold * self.sigma).to(spectrum)
        keep[:, 0, 0] = 1
        return keep

    def soft(self, guide: Tensor, group: Tensor) -> Tensor:
        """The Wiener factor, `[R, K, size^2]`."""
        power = (self.across.to(guide) @ guide.index_select(0, group.flatten()).view(*group.shape, -1)).square_()
        return power / (power + self.sigma**2)
