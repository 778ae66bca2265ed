"""NL-Bayes: patches that look alike are draws from one Gaussian."""

from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.classical.patches import Search, cut, fill_grid, most_alike, nearest, paste, strips

SEARCH = Search(size=6, step=4, radius=20, count=24)
ROUNDING = 1e-5  # of a covariance's trace, added to its diagonal: what single precision needs if sigma is small
GROUPS = 128  # groups at a time: their covariances stay in the processor's cache


@dataclass(frozen=True)
class NLBayes:
    """The patches of `y` at the places where those of an earlier estimate look alike, each drawn to their mean:

    x = y - sigma^2 (C + sigma^2 I)^-1 (y - m), with mean m and covariance C of the estimate's patches, colours jointly.
    Source: Lebrun, Buades and Morel 2013 (SIAM J. Imaging Sci. 6:3), the second step. Departs: a fixed number of
    patches alike; every reference is taken; patches are averaged with equal weights.
    """

    search: Search = SEARCH

    def __call__(self, y: Tensor, pilot: Tensor, sigma: float) -> Tensor:
        """`y`, an earlier estimate, and what comes out: `[1, C, H, W]`; `sigma` on the image's scale."""
        _, _, height, width = y.shape
        size = self.search.size
        noisy, guide = fill_grid(y[0], self.search), fill_grid(pilot[0], self.search)
        count = most_alike(self.search, *noisy.shape[1:])
        total, times = torch.zeros_like(noisy), torch.zeros_like(noisy[:1])
        for strip in strips(noisy.shape[1], noisy.shape[2], self.search):
            here = slice(strip.top, strip.bottom)
            rows = strip.bottom - strip.top
            groups = nearest(guide[:, here], self.search, strip, count)
            patches, pilots = (cut(image[:, here], size).T.contiguous() for image in (noisy, guide))
            sums, often = shrink_all(patches, pilots, groups, sigma)
            total[:, here] += paste(sums, size, rows, noisy.shape[2])
            times[:, here] += paste(often.expand(size**2, -1), size, rows, noisy.shape[2])
        return (total / times)[None, :, :height, :width]


def shrink_all(y: Tensor, guide: Tensor, groups: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """Patches `[N, D]` and groups `[R, K]` of them to the sum of the estimates of each, `[D, N]`, and their number.

    Rows are what groups are gathered from and summed into fastest.
    """
    total, times = torch.zeros_like(y), y.new_zeros(len(y))
    for group in groups.split(GROUPS):
        members = group.flatten()
        patches, pilots = (rows.index_select(0, members).view(*group.shape, -1) for rows in (y, guide))
        estimates = shrink(patches, pilots, sigma)
        total.index_add_(0, members, estimates.flatten(0, 1))
        times.index_add_(0, members, times.new_ones(len(members)))
    return total.T.contiguous(), times


def shrink(y: Tensor, guide: Tensor, sigma: float) -> Tensor:
    """The formula above for groups `[R, K, D]` of patches."""
    count, dimensions = guide.shape[1:]
    mean = guide.mean(dim=1, keepdim=True)
    spread, noisy = guide - mean, y - mean
    loading = sigma**2 * max(count - 1, 1) + ROUNDING * spread.square().sum((1, 2), keepdim=True)
    if dimensions <= count:  # (C + sigma^2 I)^-1 itself
        return y - loading * (noisy @ inverse(spread.mT @ spread, loading))
    return mean + noisy @ spread.mT @ inverse(spread @ spread.mT, loading) @ spread  # the same, by fewer unknowns


def inverse(gram: Tensor, loading: Tensor) -> Tensor:
    """Of `gram + loading I`, a batch of symmetric matrices; `loading` is `[R, 1, 1]`."""
    gram.diagonal(dim1=1, dim2=2).add_(loading[:, 0])
    return torch.cholesky_inverse(torch.linalg.cholesky(gram))
