"""A network that learns to fill in missing pixels from the one image, by missing some more of them."""

from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from untaught.classical.biharmonic import biharmonic
from untaught.core import Problem, Proposal
from untaught.methods.averaged import AveragedRun, cut
from untaught.methods.symmetries import WAYS, over_ways, turned

MULTIPLE = 8  # sides are multiples of this
CHANCE = 0.05  # a share of the missing pixels that is not yet remarkable
SPREAD = 4.0  # the network's input is so many times the distance from mid-grey


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """`x = f + g_theta(4 f - 2, m) / 4`: m says which pixels are known, `f = biharmonic(y, m)` fills in the others.

    Each step sees squares of the image somewhere, turned somehow, some of whose observed pixels were dropped too, and
    is held against those: a random share, or, where the missing pixels stick together, what is missing elsewhere, in
    its shape (strokes of text are learnt on strokes). It is never held against what it was shown, so it can't learn to
    copy. Shown is the mean over the symmetries of what the
    running average of the weights makes of all that was observed.

    Source: Batson and Royer 2019, "Noise2Self", for pixels predicted from others; Quan et al. 2020 (CVPR),
    "Self2Self", for fitting so to one image with pixels missing. Departs: no dropout; a classical fill comes in.
    """

    image: Tensor | None = field(default=None, repr=False)  # [1, C, H, W], that at hand; missing pixels are 0
    observed: Tensor | None = field(default=None, repr=False)  # [1, 1, H, W], true where a pixel is known
    tile: int = 48  # pixels a side of the squares
    tiles: int = 4  # at a step
    grid: int = 2  # squares begin at multiples of it, so that the finest grid of the network is the image's own
    drop: tuple[float, float] = (0.1, 0.5)  # the least and the greatest share of a square's observed pixels
    every: int = 200  # steps between two looks at the whole image; sooner at first
    last: int | None = None  # the last step, at which to look too; given with the image
    decay: float = 0.99  # of the running average of the weights

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "DroppedRun":
        if self.image is None or self.observed is None:
            raise ValueError("there is no image with missing pixels to learn from")
        del z
        return DroppedRun(self, problem, self.image, self.observed, generator)


class DroppedRun(AveragedRun):
    """`Dropped` at work."""

    def __init__(
        self, rule: Dropped, problem: Problem, image: Tensor, observed: Tensor, generator: torch.Generator
    ) -> None:
        self.rule, self.problem, self.y, self.known = rule, problem, image, observed.to(image)
        gaps = (self.known[0, 0] < 1).nonzero()  # [N, 2], rows and columns
        self.gaps = gaps if stick_together(self.known) else gaps[:0]
        super().__init__(rule.decay, biharmonic(self.y, self.known), generator)

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.steps and self.is_time(
            self.rule.every, self.rule.last
        ):  # before the first step it is the classical estimate
            with torch.no_grad():
                self.look(network)
        self.steps += 1
        squares = [self.square() for _ in range(self.rule.tiles)]
        y, known = (torch.cat(parts) for parts in zip(*squares, strict=True))
        left = known * torch.cat([self.pattern() for _ in squares])
        x = self.filled(network, y, left)
        target = torch.where(known > left, y, x.detach())
        shape = (x.shape[1], x.shape[2], x.shape[3])
        return Proposal(x=x, problem=replace(self.problem, y=target, operator=as_it_is, shape=shape), shown=self.shown)

    def random(self, *shape: int) -> Tensor:
        """Uniform in [0, 1)."""
        return torch.rand(shape, generator=self.generator, device=self.y.device)

    def square(self) -> tuple[Tensor, ...]:
        """Somewhere, turned somehow: y, and what is known of it."""
        return self.square_of((self.y, self.known), self.one_of(WAYS), self.rule.tile, self.rule.grid)

    def pattern(self) -> Tensor:
        """`[1, 1, tile, tile]`: 0 where a square's pixels are dropped, else 1."""
        side = self.rule.tile
        if len(self.gaps):
            gap = self.gaps[self.one_of(len(self.gaps))].tolist()
            corner = [place - self.one_of(side) for place in gap]
            return turned(cut(self.known, corner, side), self.one_of(WAYS))
        least, most = self.rule.drop
        share = least + (most - least) * self.random(1)
        return (self.random(1, 1, side, side) >= share).to(self.known)

    def filled(self, network: nn.Module, y: Tensor, known: Tensor, weights: dict[str, Tensor] | None = None) -> Tensor:
        """What the network, or the network with these weights, makes of the known pixels."""
        start = biharmonic(y, known)
        z = torch.cat([SPREAD * (start - 0.5), known - 0.5], dim=1)
        change: Tensor = network(z) if weights is None else functional_call(network, weights, (z,))
        return start + change / SPREAD

    def look(self, network: nn.Module) -> None:
        """What does the image look like?"""
        made = over_ways(lambda seen: self.whole(network, seen), torch.cat([self.y, self.known], dim=1))
        self.shown = torch.where(self.known > 0, self.y, made)

    def whole(self, network: nn.Module, seen: Tensor) -> Tensor:
        """What the averaged weights make of a whole image, given with what is known of it as its last channel."""
        height, width = seen.shape[-2:]
        wide = F.pad(seen, (0, -width % MULTIPLE, 0, -height % MULTIPLE))
        return self.filled(network, wide[:, :-1], wide[:, -1:], self.weights)[..., :height, :width]


def as_it_is(x: Tensor) -> Tensor:
    """The operator of a step whose targets are pixels."""
    return x


def stick_together(known: Tensor) -> bool:
    """Of `[1, 1, H, W]`, 1 where a pixel is known: are missing pixels among missing ones more often than by chance?

    Chance would have all eight neighbours of one missing, too, with the eighth power of the missing share.
    """
    missing = (known < 1).float()
    inner = -F.max_pool2d(-F.pad(missing, (1,) * 4, mode="replicate"), 3, stride=1)
    share = float(missing.mean())
    return float(inner.sum()) > (2 * share**8 + CHANCE) * float(missing.sum())
