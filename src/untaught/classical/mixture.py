"""The best combination of several estimates, found without the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from untaught.classical.patches import reflected
from untaught.classical.recorruption import View
from untaught.classical.transforms import decorrelate, recorrelate

ROWS = 64  # rows of the image whose features are held at a time


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """A linear combination of filtered estimates, by least squares; each opponent channel has its own weights.

    One estimate is the base. Of every other (the noisy image is one) its difference to the base is filtered with taps
    that are equal under the eight symmetries of the square, and so is the base itself; what is fitted is what they add
    to the base. Source: least squares over estimates is SURE-LET's (Luisier and Blu 2007, IEEE TIP 16:3), with
    recorrupted targets in the place of Stein's formula.
    """

    taps: int = 5  # pixels a side of the filters
    ridge: float = 0.03  # added to the normal equations, as a share of their diagonal
    caution: float = 100.0  # times the weights per pixel: added to that share, for in a small image the noise is fitted

    def fit(self, views: Sequence[View]) -> Tensor:
        """Weights `[C, F]` with which the combined estimates come nearest to the views' targets, all taken together."""
        channels = views[0].y.shape[1]
        return torch.stack([self.solve(views, channel) for channel in range(channels)])

    def solve(self, views: Sequence[View], channel: int) -> Tensor:
        """The weights `[F]` of one channel: (X X^T + ridge) w = X (target - base)."""
        gram, moment, pixels = torch.zeros(()), torch.zeros(()), 0
        for view in views:
            target = decorrelate(view.target)[0, channel]
            pixels += target.numel()
            for rows, base, features in self.strips(view.estimates, channel):
                gram = gram.to(features) + features @ features.T
                moment = moment.to(features) + features @ (target[rows].flatten() - base)
        gram, moment = gram.double(), moment.double()
        diagonal = gram.diagonal().clone()
        share = self.ridge + self.caution * len(diagonal) / pixels
        gram.diagonal().add_(share * (diagonal + 1e-3 * diagonal.mean()) + torch.finfo(torch.float32).tiny)
        weights: Tensor = torch.linalg.solve(gram, moment)
        return weights.float()

    def apply(self, estimates: Sequence[Tensor], weights: Tensor) -> Tensor:
        """The combination of `estimates`, `[1, C, H, W]` each, the base first."""
        combined = torch.empty_like(estimates[0])
        for channel, weight in enumerate(weights):
            for rows, base, features in self.strips(estimates, channel):
                combined[0, channel, rows] = (base + weight @ features).view(-1, combined.shape[-1])
        return recorrelate(combined)

    def strips(self, estimates: Sequence[Tensor], channel: int) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """A band of rows at a time: which, the base `[N]` there and the features `[F, N]` of one opponent channel."""
        images = torch.stack([decorrelate(one)[0, channel] for one in estimates])
        images[1:] -= images[:1]
        height, edge = images.shape[1], self.taps // 2
        images = framed(images, edge)
        for top in range(0, height, ROWS):
            bottom = min(top + ROWS, height)
            band = images[:, top : bottom + 2 * edge]
            base = band[0, edge : edge + bottom - top, edge : band.shape[2] - edge].flatten()
            features = symmetric_means(band, self.taps).flatten(2)
            features[0] -= base
            yield slice(top, bottom), base, features.flatten(0, 1)[1:]  # the base's middle tap adds nothing


def framed(images: Tensor, edge: int) -> Tensor:
    """`[S, H, W]` continued by reflection on every side, `edge` pixels, however small the image."""
    for axis in (1, 2):
        length = images.shape[axis]
        places = torch.cat([reflected(length, edge + 1)[1:].flip(0), reflected(length, length + edge)])
        images = images.index_select(axis, places.to(images.device))
    return images


def symmetric_means(images: Tensor, taps: int) -> Tensor:
    """`[S, H, W]` to `[S, O, H', W']`: means over pixels that the square's symmetries send to each other."""
    return functional.conv2d(images[:, None], orbits(taps).to(images)[:, None])


def orbits(taps: int) -> Tensor:
    """`[O, taps, taps]`: equal weights on pixels that lie alike around the middle, which comes first."""
    reach = torch.arange(-(taps // 2), taps // 2 + 1).abs()
    near, far = torch.minimum(reach[:, None], reach), torch.maximum(reach[:, None], reach)
    number = far * (far + 1) // 2 + near
    members = (number == torch.arange(int(number.max()) + 1)[:, None, None]).float()
    return members / members.sum((1, 2), keepdim=True)
