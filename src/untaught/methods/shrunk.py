"""A network that learns to enlarge the one image from that image made smaller, beside a deep image prior."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from untaught.abilities import Projecting
from untaught.core import Network, Operator, Problem, Proposal, State
from untaught.initialise import initialise
from untaught.layout import middle
from untaught.methods.averaged import AveragedRun
from untaught.methods.symmetries import WAYS, over_ways, turned

POWER = 4.0  # of the weight in the prior's average that an iterate has by its number


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
    """`x = s f_phi(y) + (1 - s) g_theta(z)`: a small network f that learned to enlarge, and a deep image prior g.

    f enlarges by one stage, `f_phi(y) = bicubic(y) + learner(y)`, and then what came of that. Each step it sees squares
    of the image made one stage smaller, somewhere, on one of the grids of pixels that there are, turned somehow, with a
    little noise, and is held against the image there (mean absolute error). g is the network that the loop was given,
    held against the problem as it is. Nothing joins the two but the result: f errs where the image is not like itself
    made smaller, g where it is not smooth, and their weighted mean is nearer the truth than either.

    Shown is that mean of what the running average of f's weights makes of the image itself (in the mean over the
    symmetries) and of the running average of g's images, each made to agree with the image given.

    Source: Shocher, Cohen and Irani 2018, "Zero-shot super-resolution using deep internal learning", for f; Ulyanov et
    al. 2018 for g. Departs: one learner, taught at the image's own size alone, serves all stages; sub-pixel
    convolutions; the exact agreement; the mean.
    """

    learner: Network  # of an image, one stage larger; or several such side by side, whose mean counts
    image: Tensor | None = field(default=None, repr=False)  # [1, C, h, w], that at hand
    stages: Stages | None = field(default=None, repr=False)
    jitter: float = 0.03  # standard deviation of the fresh noise on z
    share: float = 0.5  # s: of what the learner makes in what is shown
    apart: int = 2  # the prior takes one step in so many, the learner each
    tile: int = 32  # pixels a side of the squares, before they are enlarged
    tiles: int = 4  # at a step
    noise: float = 0.02  # standard deviation of what is added to what the learner sees
    every: int = 200  # steps between two looks at the whole image; sooner at first
    last: int | None = None  # the last step, at which to look too; given with the image
    decay: float = 0.99  # of the running average of the learner's weights

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "ShrunkRun":
        if self.image is None or self.stages is None:
            raise ValueError("there is no image to learn from")
        return ShrunkRun(self, problem, self.image, self.stages, z, generator)


class ShrunkRun(AveragedRun):
    """`Shrunk` at work."""

    def __init__(
        self, rule: Shrunk, problem: Problem, image: Tensor, stages: Stages, z: Tensor, generator: torch.Generator
    ) -> None:
        super().__init__(rule.decay, image, generator)
        self.rule, self.problem, self.y, self.stages, self.z = rule, problem, image, stages, z
        self.pairs = list(self.shrunk())
        self.side = min(rule.tile, *(side for small, *_ in self.pairs for side in small.shape[-2:]))
        self.learner = self.drawn(generator)
        self.prior = self.last = image.new_zeros(())  # the average of the loop's network's images; the newest
        self.learned = list(self.learner.parameters())
        self.shown = self.enlarged()

    def drawn(self, generator: torch.Generator) -> nn.Module:
        """The learner, its weights drawn on the CPU: the same on every device."""
        module = self.rule.learner.build(*self.problem.shape)
        initialise(module, torch.Generator().manual_seed(generator.initial_seed() + 1))
        return module.to(self.y.device)

    def shrunk(self) -> Iterator[tuple[Tensor, ...]]:
        """On each grid of small pixels: the image made smaller; what it starts from at full size, and the image there.

        What is at full size has the `factor^2` pixels of a small one side by side, as channels.
        """
        factor, (height, width) = self.stages.factor, self.y.shape[-2:]
        for top in range(factor):
            for left in range(factor):
                rows, columns = (height - top) // factor * factor, (width - left) // factor * factor
                large = self.y[..., top : top + rows, left : left + columns]
                if large.numel():
                    small = self.stages.once(large)
                    yield small, F.pixel_unshuffle(self.stages.start(small), factor), F.pixel_unshuffle(large, factor)

    def propose(self, network: nn.Module) -> Proposal:
        self.average(self.learner)
        if self.steps and self.is_time(self.rule.every, self.rule.last):
            self.shown = self.look()
        x = self.imagined(network) if self.steps % self.rule.apart == 0 else self.last
        self.steps += 1
        return Proposal(x=x, problem=self.problem, penalty=self.lesson(), shown=self.shown)

    def imagined(self, network: nn.Module) -> Tensor:
        """The prior's next image, or several's."""
        x: Tensor = network(self.z + self.rule.jitter * self.normal(self.z))
        self.last = x.detach()
        newest = (1 + POWER) / (self.steps // self.rule.apart + 1 + POWER)
        self.prior = torch.lerp(self.prior, self.last.mean(0, keepdim=True), newest)
        return x

    def lesson(self) -> Tensor:
        """The learner's mean absolute error on some squares; several learners' sum."""
        squares = [self.square() for _ in range(self.rule.tiles)]
        small, start, target = (torch.cat(parts) for parts in zip(*squares, strict=True))
        change = self.learner(small + self.rule.noise * self.normal(small) - 0.5)
        off = start + change.unflatten(0, (-1, len(start))) - target
        error: Tensor = off.abs().mean((1, 2, 3, 4)).sum()
        return error

    def normal(self, like: Tensor) -> Tensor:
        """Standard normal, in this shape."""
        return torch.empty_like(like, memory_format=torch.contiguous_format).normal_(generator=self.generator)

    def square(self) -> tuple[Tensor, ...]:
        """Somewhere on one of the grids, turned somehow: small, its start, and what it is made from."""
        small, *large = self.square_of(self.pairs[self.one_of(len(self.pairs))], 0, self.side)
        way = self.one_of(WAYS)
        return tuple(turned(one, way) for one in (small, *(F.pixel_shuffle(one, self.stages.factor) for one in large)))

    @torch.no_grad()
    def look(self) -> Tensor:
        """The image, as far as both have come."""
        prior = middle(self.prior, *self.problem.shape[1:])
        return torch.lerp(self.stages.so_far[-1].project(prior, self.y), self.enlarged(), self.rule.share)

    @torch.no_grad()
    def enlarged(self) -> Tensor:
        """What the averaged learner makes of the image; before the first step, the start of all stages."""
        x = self.y
        for so_far in self.stages.so_far:
            start = self.stages.start(x)
            if self.weights:
                start = start + over_ways(self.change, x)
            x = so_far.project(start, self.y)
        return x

    def change(self, x: Tensor) -> Tensor:
        """What the averaged learner adds to the start from x."""
        made: Tensor = functional_call(self.learner, self.weights, (x - 0.5,))
        return made.mean(0, keepdim=True)

    def state(self) -> State:
        state = super().state() | {f"learner.{name}": weight for name, weight in self.learner.named_parameters()}
        return state | {"prior": self.prior, "last": self.last}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        super().restore(state)
        self.prior, self.last = (state[name].to(self.y.device, copy=True) for name in ("prior", "last"))
        with torch.no_grad():
            for name, weight in self.learner.named_parameters():
                weight.copy_(state[f"learner.{name}"])
