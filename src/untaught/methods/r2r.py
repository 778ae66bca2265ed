"""A network that learns to denoise from the one noisy image, by being shown it noisier still."""

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from untaught.classical.recorruption import View, recorrupt
from untaught.core import Problem, Proposal
from untaught.methods.averaged import AveragedRun
from untaught.methods.held_tiles import Tiles, folded
from untaught.methods.symmetries import turned, turned_back
from untaught.noise.clipping import clipped_deviation, cut_off, unclip

FLIPS = 0, 1, 4, 5  # of the eight symmetries, those that keep rows rows
MIRRORED = 0, 1  # those that the result is the mean over; the others add nothing
CONTEXT = 32  # pixels around a tile or a band, for networks that look further than one convolution
HALVED = 8  # sides are multiples of this
BAND = 256  # rows of the image that are made at a time
FAR = 5  # sigmas from the values to an end that cuts nothing off
NEIGHBOURS = 7  # pixels a side of the square whose mean says how bright it is
SPREAD = 4.0  # the network's input is so many times the distance from mid-grey


@dataclass(frozen=True, kw_only=True)
class R2R:
    """`x = v + g_theta(v) / 4`: v is y with noise added, held against y with noise taken off that makes it independent.

    Each step sees squares of the image somewhere, flipped somehow, with fresh noise in antithetic pairs. The objective
    has the mean that the error against the truth has, plus a constant. Half of the squares are of the image at half its
    size, whose noise is halved: as much is added as makes both alike, and the targets there are 16 times less noisy.
    What is learned of the very noise of y is noticed on tiles whose targets the fit never sees. Shown is what the
    running average of the weights makes of y and of its mirror image.

    Source: Pang et al. 2021 (CVPR), "Recorrupted-to-Recorrupted", section 3. Departs: one image is all there is; it is
    seen at two scales; a noise comes with its negative; noise that a file cut off at black or white is recorrupted with
    as much as it has left.
    """

    sigma: float = 0.0  # of the noise of the image at hand; given with it
    tile: int = 64  # pixels a side of the squares
    tiles: int = 1  # at a step, each as an antithetic pair
    scales: tuple[int, ...] = (1, 2)  # by how much the image is made smaller, each as often
    strength: float = 0.5  # of the noise added, in sigmas; what is taken off has 1 / strength
    held: int = 10  # every so many-th tile is kept from the fit
    every: int = 200  # steps between two looks at the whole image; sooner at first, for who stops early
    last: int | None = None  # the last step, at which to look too; given with the image
    decay: float = 0.99  # of the running average of the weights

    def __post_init__(self) -> None:
        least = min(self.tile, self.tiles, self.every, *self.scales, len(self.scales))
        if least < 1 or self.tile % HALVED or 1 not in self.scales or self.held < 2 or not self.strength > 0:
            raise ValueError(
                f"{self}: wanted tiles of a multiple of {HALVED} pixels, 1 among the scales, "
                "every second tile held out at most, and a strength above 0"
            )

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "R2RRun":
        if not self.sigma > 0:
            raise ValueError(f"sigma is {self.sigma}; recorruption wants the noise's own, above 0")
        del z  # what the network is shown is the image
        return R2RRun(self, problem, generator)


class R2RRun(AveragedRun):
    """`R2R` at work."""

    def __init__(self, rule: R2R, problem: Problem, generator: torch.Generator) -> None:
        super().__init__(rule.decay, problem.y, generator)
        self.rule, self.problem = rule, problem
        self.deviation = deviation_of(problem.y, rule.sigma)
        self.tiles = Tiles.of(rule.tile, rule.held, *problem.shape[1:], problem.y.device)
        self.kept = torch.zeros_like(problem.y[:, :1])  # 1 where the targets are kept from the fit
        for (top, left), held in self.tiles:
            if held and min(problem.shape[1:]) > self.tiles.size:
                self.kept[..., top : top + self.tiles.size, left : left + self.tiles.size] = 1
        self.scales = [
            scaled(problem.y, self.deviation, self.kept, by) for by in rule.scales if by <= min(problem.shape[1:])
        ]
        self.views = recorrupt(problem.y, rule.sigma, rule.strength, generator, self.deviation)

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.is_time(self.rule.every, self.rule.last):
            with torch.no_grad():
                self.look(network)
        self.steps += 1
        v, target, kept = [], [], []
        for _ in range(self.rule.tiles):
            y, deviation, shown_at, apart = self.square()
            added = ((1 + self.rule.strength**2) * shown_at.square() - deviation.square()).sqrt()
            noise = torch.randn(y.shape, generator=self.generator, device=y.device)
            for sign in (1, -1):
                v.append(y + sign * added * noise)
                target.append(y - sign * deviation.square() / added * noise)
                kept.append(apart)
        x = self.denoised(network, torch.cat(v))
        y = torch.where(torch.cat(kept).bool(), x.detach(), torch.cat(target))
        return Proposal(
            x=x, problem=replace(self.problem, y=y, shape=(x.shape[1], x.shape[2], x.shape[3])), shown=self.shown
        )

    def square(self) -> tuple[Tensor, ...]:
        """At some scale, flipped somehow: y, its noise, the noise it would have at full size, and what is kept."""
        images, way = self.scales[self.one_of(len(self.scales))], FLIPS[self.one_of(len(FLIPS))]
        return self.square_of(images, way, self.rule.tile)

    def denoised(self, network: nn.Module, v: Tensor, weights: dict[str, Tensor] | None = None) -> Tensor:
        """What the network, or the network with these weights, makes of noisy images."""
        z = SPREAD * (v - 0.5)
        change: Tensor = network(z) if weights is None else functional_call(network, weights, (z,))
        return v + change / SPREAD

    def look(self, network: nn.Module) -> None:
        """How good is it now, and what does the image look like?"""
        self.shown = torch.stack([self.whole(network, self.problem.y, way) for way in MIRRORED]).mean(0)
        if self.kept.any():
            self.held_out = torch.stack([self.risk(network, view) for view in self.views]).mean()

    def risk(self, network: nn.Module, view: View) -> Tensor:
        """How far the held-out tiles of a view are from their targets, in units of the noise's variance."""
        total, count = view.y.new_zeros(()), 0
        for (top, left), held in self.tiles:
            if held:
                inside, seen, target = self.part(top, left, view.y, view.target)
                error = (self.denoised(network, seen, self.weights) - target).square()[inside]
                total, count = total + error.sum(), count + error.numel()
        return total / (count * self.rule.sigma**2)

    def part(self, top: int, left: int, *images: Tensor) -> tuple[Any, ...]:
        """A tile with its context, out of each image; before them, where the tile itself is in it."""
        (rows, down), (columns, across) = (
            around(first, first + self.tiles.size, length)
            for first, length in ((top, self.tiles.height), (left, self.tiles.width))
        )
        cut = [x.index_select(2, rows.to(x.device)).index_select(3, columns.to(x.device)) for x in images]
        return (..., down, across), *cut

    def whole(self, network: nn.Module, y: Tensor, way: int) -> Tensor:
        """An image, turned one way, denoised a band at a time and turned back."""
        y = turned(y, way)
        made, (height, width) = torch.empty_like(y), y.shape[-2:]
        columns, across = around(0, width, width)
        for top in range(0, height, BAND):
            rows, down = around(top, top + BAND, height)
            seen = y.index_select(2, rows.to(y.device)).index_select(3, columns.to(y.device))
            made[:, :, top : top + BAND] = self.denoised(network, seen, self.weights)[:, :, down, across]
        return turned_back(made, way)


def around(first: int, end: int, length: int) -> tuple[Tensor, slice]:
    """Indices into something `length` long: a stretch of it and its context; and where among them the stretch is.

    Beyond the ends there is no context: a network sees zeros there, as it did around its squares. A few indices are
    mirrored, for networks that halve three times.
    """
    begin, stop = max(first - CONTEXT, 0), min(end + CONTEXT, length)
    covered = HALVED * -(-(stop - begin) // HALVED)
    return folded(begin, begin + covered, length), slice(first - begin, min(end, length) - begin)


def scaled(y: Tensor, deviation: Tensor, kept: Tensor, by: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Means over `by` x `by` pixels, their noise, that of one pixel there, and whether any of them is kept."""
    if by == 1:
        return y, deviation, deviation, kept
    one = F.avg_pool2d(deviation, by)
    return F.avg_pool2d(y, by), one / by, one, F.max_pool2d(kept, by)


def deviation_of(y: Tensor, sigma: float) -> Tensor:
    """The noise's standard deviation at each value: sigma, or less where black or white cut it off."""
    low, high = cut_off(y)
    if low == -torch.inf and high == torch.inf:
        return torch.full_like(y, sigma)
    low, high = max(low, float(y.min()) - FAR * sigma), min(high, float(y.max()) + FAR * sigma)
    reach = NEIGHBOURS // 2
    beyond = F.pad(y, (reach,) * 4, mode="replicate")
    x = unclip(F.avg_pool2d(beyond, NEIGHBOURS, 1), sigma, low, high)
    return clipped_deviation(x, sigma, low, high)
