"""A network that learns to enlarge the one image from that image made smaller."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from untaught.core import Operator, Problem, Projecting, Proposal
from untaught.methods.averaged import AveragedRun
from untaught.methods.held_tiles import turned, turned_back

WAYS = 8  # symmetries of the square
SPREAD = 4.0  # the network's input is so many times the distance from mid-grey, its output so many times the change


@dataclass(frozen=True, kw_only=True)
class Stages:
    """How an image is enlarged: several times by one factor, and after each time made to agree with the image given."""

    factor: int  # of one stage
    once: Operator  # the down-sampling of one stage
    so_far: tuple[Projecting, ...]  # of all stages up to each: what makes the image given of that stage's result

    def start(self, small: Tensor) -> Tensor:
        """`[B, C, h, w]` to `[B, C, factor h, factor w]`, by bicubic interpolation."""
        return F.interpolate(small, scale_factor=self.factor, mode="bicubic", align_corners=False)


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """`x = bicubic(y) + g_theta(y)`, for y one stage smaller than x.

    Each step sees squares of the image made one stage smaller, somewhere, on one of the grids of pixels that there are,
    turned somehow, with a little noise, and is held against the image there. Shown is what the running average of the
    weights makes of the image itself, stage after stage: the mean over the symmetries, made to agree with the image.

    Source: Shocher, Cohen and Irani 2018, "Zero-shot super-resolution using deep internal learning". Departs: one
    network, taught at the image's own size alone, serves all stages; sub-pixel convolutions; the exact projection.
    """

    image: Tensor | None = field(default=None, repr=False)  # [1, C, h, w], that at hand
    stages: Stages | None = field(default=None, repr=False)
    tile: int = 32  # pixels a side of the squares, before they are enlarged
    tiles: int = 4  # at a step
    noise: float = 0.02  # standard deviation of what is added to what the network sees
    every: int = 500  # steps between two looks at the whole image; sooner at first
    last: int | None = None  # the last step, at which to look too; given with the image
    decay: float = 0.99  # of the running average of the weights

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "ShrunkRun":
        if self.image is None or self.stages is None:
            raise ValueError("there is no image to learn from")
        del z
        return ShrunkRun(self, problem, self.image, self.stages, generator)


class ShrunkRun(AveragedRun):
    """`Shrunk` at work."""

    def __init__(
        self, rule: Shrunk, problem: Problem, image: Tensor, stages: Stages, generator: torch.Generator
    ) -> None:
        self.rule, self.problem, self.y, self.stages = rule, problem, image, stages
        self.pairs = list(self.shrunk())
        self.side = min(rule.tile, *(side for small, *_ in self.pairs for side in small.shape[-2:]))
        super().__init__(rule.decay, self.enlarged(None), generator)

    def shrunk(self) -> Iterator[tuple[Tensor, ...]]:
        """On each grid of small pixels: the image made smaller; what it starts from at full size, and the image there."""
        factor, (height, width) = self.stages.factor, self.y.shape[-2:]
        for top in range(factor):
            for left in range(factor):
                rows, columns = (height - top) // factor * factor, (width - left) // factor * factor
                large = self.y[..., top : top + rows, left : left + columns]
                if large.numel():
                    small = self.stages.once(large)
                    yield small, F.pixel_unshuffle(self.stages.start(small), factor), F.pixel_unshuffle(large, factor)

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.steps and self.is_time(self.rule.every, self.rule.last):  # before the first step it is the start
            with torch.no_grad():
                self.shown = self.enlarged(network)
        self.steps += 1
        squares = [self.square() for _ in range(self.rule.tiles)]
        small, start, target = (torch.cat(parts) for parts in zip(*squares, strict=True))
        seen = small + self.rule.noise * torch.empty_like(small).normal_(generator=self.generator)
        x = start + network(SPREAD * (seen - 0.5)) / SPREAD
        shape = (x.shape[1], x.shape[2], x.shape[3])
        return Proposal(x=x, problem=replace(self.problem, y=target, operator=as_it_is, shape=shape), shown=self.shown)

    def square(self) -> tuple[Tensor, ...]:
        """Somewhere on one of the grids, turned somehow: small, its start, and what it is made from."""
        small, start, target = self.pairs[self.one_of(len(self.pairs))]
        way, factor = self.one_of(WAYS), self.stages.factor
        small, start, target = self.square_of((small, start, target), 0, self.side)
        large = (F.pixel_shuffle(one, factor) for one in (start, target))
        return tuple(turned(one, way) for one in (small, *large))

    @torch.no_grad()
    def enlarged(self, network: nn.Module | None) -> Tensor:
        """The image after all stages; without a network the start alone."""
        x = self.y
        for so_far in self.stages.so_far:
            start = self.stages.start(x)
            if network is not None:
                changes = [self.change(network, turned(x, way)) for way in range(WAYS)]
                start = start + torch.stack([turned_back(one, way) for way, one in enumerate(changes)]).mean(0)
            x = so_far.project(start, self.y)
        return x

    def change(self, network: nn.Module, x: Tensor) -> Tensor:
        """What the network with averaged weights adds to the start from x."""
        made: Tensor = functional_call(network, self.weights, (SPREAD * (x - 0.5),))
        return made / SPREAD


def as_it_is(x: Tensor) -> Tensor:
    """The operator of a step whose targets are pixels."""
    return x
