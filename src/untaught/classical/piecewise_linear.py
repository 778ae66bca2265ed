"""Piecewise linear estimates: the whole image's patches fall into a few kinds, each kind one Gaussian."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.classical.patches import Search, Strip, cut, fill_grid, paste, strips

ROUNDS = 8  # of k-means: more of them change nothing to speak of
MOST = 2**17  # patches from which covariances are taken, about; more take memory and add little
VAGUE = 0.3  # a kind seen too rarely is drawn towards this share of its mean variance, in every direction


@dataclass(frozen=True, kw_only=True)
class PiecewiseLinear:
    """Sort the patches of an earlier estimate into `kinds`; each noisy patch is a draw from its kind's Gaussian:

    x = m + C (C + sigma^2 I)^-1 (y - m), with the mean m and covariance C of the kind's patches in the estimate.
    NL-Bayes asks a patch's neighbourhood, this asks the whole image: worse alone, and a good partner in a mixture.
    Source: Yu, Sapiro and Mallat 2012 (IEEE TIP 21:5), "Solving inverse problems with piecewise linear estimators".
    Departs: kinds are found by k-means on the estimate's patches, not from directions, and in one pass.
    """

    size: int = 6  # pixels a side of a patch
    step: int = 2  # pixels between patches
    kinds: int = 80
    directions: int = 24  # principal ones, in which patches are compared, evened out with the noise's deviation
    shrinkage: float = 0.03  # of covariances: the weight of the vague one, in patches per dimension
    sample: int = 20_000  # patches from which kinds are found

    def __call__(self, y: Tensor, pilot: Tensor, sigma: float) -> Tensor:
        """`y`, an earlier estimate, and what comes out: `[1, C, H, W]`; `sigma` on the image's scale."""
        grid = Search(size=self.size, step=self.step, radius=0, count=1)
        noisy, guide = fill_grid(y[0], grid), fill_grid(pilot[0], grid)
        kinds = Kinds(self, guide, grid, sigma)
        total, times = torch.zeros_like(noisy), torch.zeros_like(noisy[:1])
        for strip, places in bands(noisy, grid):
            here = slice(strip.top, strip.bottom)
            seen, wanted = (cut(image[:, here], self.size).T for image in (noisy, guide))
            sums, often = torch.zeros_like(seen), seen.new_zeros(len(seen))
            sums[places], often[places] = kinds.restore(seen[places], kinds.of(wanted[places])), 1
            rows, width = strip.bottom - strip.top, noisy.shape[2]
            total[:, here] += paste(sums.T.contiguous(), self.size, rows, width)
            times[:, here] += paste(often.expand(self.size**2, -1).contiguous(), self.size, rows, width)
        return (total / times)[None, :, : y.shape[2], : y.shape[3]]


class Kinds:
    """The kinds of patches in one image, and how each is restored."""

    def __init__(self, rule: PiecewiseLinear, guide: Tensor, grid: Search, sigma: float) -> None:
        every = -(-guide[0].numel() // (rule.step**2 * MOST))
        found = [cut(guide[:, b.top : b.bottom], rule.size).T[p[::every]] for b, p in bands(guide, grid)]
        patches = torch.cat(found)
        self.mean = patches.mean(0)
        centred = patches - self.mean
        powers, axes = torch.linalg.eigh(centred.T @ centred / len(patches))
        powers, axes = powers[-rule.directions :], axes[:, -rule.directions :]
        self.axes = axes / (powers.clamp(min=0) + sigma**2).pow(0.25)
        places = centred @ self.axes
        generator = torch.Generator().manual_seed(0)  # which patches are the first centres matters little
        order = torch.randperm(len(places), generator=generator)[: rule.sample].to(places.device)
        self.centres = centres(places[order], rule.kinds)
        self.gaussians = self.fit(patches, nearest_centre(places, self.centres), rule, sigma)

    def of(self, patches: Tensor) -> Tensor:
        """`[N, D]` to the number of each one's kind."""
        return nearest_centre((patches - self.mean) @ self.axes, self.centres)

    def fit(self, patches: Tensor, kinds: Tensor, rule: PiecewiseLinear, sigma: float) -> list[tuple[Tensor, Tensor]]:
        """Each kind's mean and its Wiener filter."""
        eye = torch.eye(patches.shape[1]).to(patches)
        fitted = []
        for kind in range(len(self.centres)):
            members = patches[kinds == kind]
            mean = members.mean(0) if len(members) else self.mean
            spread = members - mean
            covariance = spread.T @ spread / max(len(members), 1)
            vague = rule.shrinkage * len(eye) / (len(members) + rule.shrinkage * len(eye))
            covariance = (1 - vague) * covariance + vague * VAGUE * covariance.diagonal().mean() * eye
            fitted.append((mean, torch.linalg.solve(covariance + sigma**2 * eye, covariance)))
        return fitted

    def restore(self, patches: Tensor, kinds: Tensor) -> Tensor:
        """Noisy patches `[N, D]` to their estimates."""
        restored = torch.empty_like(patches)
        for kind, (mean, wiener) in enumerate(self.gaussians):
            chosen = kinds == kind
            restored[chosen] = mean + (patches[chosen] - mean) @ wiener
        return restored


def centres(places: Tensor, count: int) -> Tensor:
    """k-means from the first `count` places."""
    middle = places[:count]
    for _ in range(ROUNDS):
        kinds = nearest_centre(places, middle)
        often = torch.bincount(kinds, minlength=len(middle)).clamp(min=1)
        middle = torch.zeros_like(middle).index_add_(0, kinds, places) / often[:, None]
    return middle


def nearest_centre(places: Tensor, middle: Tensor) -> Tensor:
    """The number of the nearest centre to each place."""
    return (middle.square().sum(1) - 2 * places @ middle.T).argmin(1)


def bands(image: Tensor, grid: Search) -> Iterator[tuple[Strip, Tensor]]:
    """Strips of an image from `fill_grid`, and which of a strip's patches lie on the grid."""
    across = image.shape[2] - grid.size + 1
    columns = torch.arange(0, across, grid.step)
    for strip in strips(image.shape[1], image.shape[2], grid):
        rows = torch.arange(strip.rows) * grid.step + strip.first
        yield strip, (rows[:, None] * across + columns).flatten().to(image.device)
