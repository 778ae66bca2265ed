"""A network that learns to undo the JPEG of the one image from that image made smaller and compressed again."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from untaught.classical.reapplied import luma, partly, reapplied
from untaught.core import Problem, Proposal
from untaught.methods.averaged import AveragedRun
from untaught.methods.dropped import as_it_is
from untaught.methods.symmetries import WAYS, over_ways

MARGIN = 8  # pixels around a square that are compressed with it: blocks at its edge have neighbours, as nearly all have
EVERY = 2  # of the grids of blocks on which JPEG is re-applied to what it learns on, across and down
SPREAD = 4.0  # the network's input is so many times the distance from mid-grey


@dataclass(frozen=True, kw_only=True)
class Recompressed:
    """`x = r(y) + g_theta(y, r(y)) / 4`: r goes a part of the way to JPEG re-applied on other grids of blocks.

    g learns on squares of `taught`, a grey image or several: those are compressed as the image was, and g is held
    against what they were. Squares are turned somehow and begin anywhere, so that blocks do. g sees and makes luma, the
    mean of its channels: what is coarse in a few colours, and would be learned by heart, stays as r made it. Shown is
    the mean over the symmetries of what the running average of the weights makes of the image itself.

    Source: Shocher, Cohen and Irani 2018, "Zero-shot super-resolution using deep internal learning", whose learner sees
    the image made smaller; Nosratinia 2001 for r. Departs: JPEG is what is undone, not the loss of size.
    """

    image: Tensor | None = field(default=None, repr=False)  # [1, C, H, W] on [0, 1], that at hand; C is 1 or 3
    again: Tensor | None = field(default=None, repr=False)  # [1, C, H, W], r of it
    share: float = 1.0  # of the way, in luma (`classical.reapplied.shares`)
    taught: tuple[Tensor, ...] = field(default=(), repr=False)  # [1, 1, h, w] each: what it learns on, each as often
    pool: int = 96  # squares that are made before the first step
    side: int = 64  # pixels of each
    tile: int = 32  # pixels a side of what is seen of one at a step
    tiles: int = 6  # at a step
    every: int = 200  # steps between two looks at the whole image; sooner at first
    last: int | None = None  # the last step, at which to look too; given with the image
    decay: float = 0.99  # of the running average of the weights

    def __post_init__(self) -> None:
        if not (0 < self.tile <= self.side and min(self.pool, self.tiles, self.every) > 0):
            raise ValueError(f"{self}: wanted squares no smaller than tiles, and one or more of all")

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "RecompressedRun":
        if self.image is None or self.again is None or not self.taught:
            raise ValueError("there is no image to learn from")
        del z
        return RecompressedRun(self, problem, self.image, self.again, generator)


class RecompressedRun(AveragedRun):
    """`Recompressed` at work."""

    def __init__(
        self, rule: Recompressed, problem: Problem, image: Tensor, again: Tensor, generator: torch.Generator
    ) -> None:
        super().__init__(rule.decay, again, generator)
        self.rule, self.problem, self.again = rule, problem, again
        self.whole = torch.cat([luma(image), luma(again)], dim=1)
        with torch.no_grad():
            self.seen, self.target = self.squares()

    def squares(self) -> tuple[Tensor, Tensor]:
        """The pool: `[pool, 2, side, side]` compressed and re-applied, `[pool, 1, side, side]` as they were."""
        size, taught = self.rule.side + 2 * MARGIN, self.rule.taught
        drawn = [taught[number % len(taught)] for number in range(self.rule.pool)]
        sharp = torch.cat([self.square_of((one,), self.one_of(WAYS), size)[0] for one in drawn])
        stored = self.problem.operator(sharp)
        again = partly(stored, reapplied(self.problem.operator, stored, EVERY), self.rule.share, 1.0)
        seen = torch.cat([stored, again], dim=1)
        inner = (..., slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
        return seen[inner].contiguous(), sharp[inner].contiguous()

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.steps and self.is_time(self.rule.every, self.rule.last):
            self.shown = self.look(network)
        self.steps += 1
        drawn = [self.one_of(self.rule.pool) for _ in range(self.rule.tiles)]
        squares = [self.square_of((self.seen[one, None], self.target[one, None]), 0, self.rule.tile) for one in drawn]
        seen, target = (torch.cat(parts) for parts in zip(*squares, strict=True))
        x = seen[:, 1:] + self.change(network, seen)
        shape = (x.shape[1], x.shape[2], x.shape[3])
        return Proposal(x=x, problem=replace(self.problem, y=target, operator=as_it_is, shape=shape), shown=self.shown)

    def change(self, network: nn.Module, seen: Tensor, weights: dict[str, Tensor] | None = None) -> Tensor:
        """What the network, or the network with these weights, adds to the luma of images `[B, 2, h, w]`."""
        z = SPREAD * (seen - 0.5)
        made: Tensor = network(z) if weights is None else functional_call(network, weights, (z,))
        return made.mean(1, keepdim=True) / SPREAD

    @torch.no_grad()
    def look(self, network: nn.Module) -> Tensor:
        """What does the image look like?"""
        return self.again + over_ways(lambda seen: self.change(network, seen, self.weights), self.whole)
