"""A network that learns to fill in missing pixels from the one image, by missing some more of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from untaught.classical.fill import fill
from untaught.core import Problem, Proposal, State
from untaught.methods.held_tiles import folded, turned

MULTIPLE = 8  # sides are multiples of this
SPREAD = 4.0  # the network's input is so many times the distance from mid-grey


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """`x = fill(y, m) + g_theta(fill(y, m), m) / 4`: m says which pixels are known, `fill` is a classical estimate.

    Each step sees squares of the image somewhere, turned somehow, a random share of whose observed pixels was dropped
    too, and is held against those. What is dropped for good, `held` of the observed pixels, says how good it is. Shown
    is the mean over the symmetries of what the running average of the weights makes of all that was observed.

    Source: Batson and Royer 2019, "Noise2Self", for pixels predicted from others; Quan et al. 2020 (CVPR),
    "Self2Self", for fitting so to one image with pixels missing. Departs: no dropout; a classical fill comes in; seen
    at two scales.
    """

    image: Tensor | None = field(default=None, repr=False)  # [1, C, H, W], that at hand; missing pixels are 0
    observed: Tensor | None = field(default=None, repr=False)  # [1, 1, H, W], true where a pixel is known
    tile: int = 48  # pixels a side of the squares
    tiles: int = 2  # at a step
    drop: tuple[float, float] = (0.1, 0.5)  # the least and the greatest share of a square's observed pixels
    scales: tuple[int, ...] = (1, 2)  # by how much the image is made smaller, each as often
    held: float = 0.02  # of the observed pixels
    every: int = 200  # steps between two looks at the whole image; sooner at first
    last: int | None = None  # the last step, at which to look too; given with the image
    decay: float = 0.99  # of the running average of the weights
    ways: int = 8  # symmetries

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "DroppedRun":
        if self.image is None or self.observed is None:
            raise ValueError("there is no image with missing pixels to learn from")
        del z
        return DroppedRun(self, problem, self.image, self.observed, generator)


class DroppedRun:
    """`Dropped` at work."""

    def __init__(
        self, rule: Dropped, problem: Problem, image: Tensor, observed: Tensor, generator: torch.Generator
    ) -> None:
        self.rule, self.problem, self.generator = rule, problem, generator
        self.learned: list[Tensor] = []
        self.held_out: Tensor | None = None
        self.y, self.known = image, observed.to(image)
        chosen = torch.rand(observed.shape, generator=generator, device=image.device) < rule.held
        self.kept = (chosen & observed).to(image)
        self.scales = [scaled(self.y, self.known, self.kept, by) for by in rule.scales]
        self.shown = fill(self.y, self.known)
        self.weights: dict[str, Tensor] = {}
        self.steps = 0

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.is_time():
            with torch.no_grad():
                self.look(network)
        self.steps += 1
        squares = [self.square() for _ in range(self.rule.tiles)]
        y, known, kept = (torch.cat(parts) for parts in zip(*squares, strict=True))
        least, most = self.rule.drop
        shares = least + (most - least) * self.random(len(y), 1, 1, 1)
        left = known * (self.random(*known.shape) >= shares)
        x = self.filled(network, y, left)
        asked = (known - left) * (1 - kept) > 0
        target = torch.where(asked, y, x.detach())
        shape = (x.shape[1], x.shape[2], x.shape[3])
        return Proposal(x=x, problem=replace(self.problem, y=target, operator=as_it_is, shape=shape), shown=self.shown)

    def random(self, *shape: int) -> Tensor:
        """Uniform in [0, 1)."""
        return torch.rand(shape, generator=self.generator, device=self.y.device)

    def square(self) -> tuple[Tensor, Tensor, Tensor]:
        """Somewhere, at some scale, turned somehow: y, what is known of it, what is kept from the fit."""

        def one_of(count: int) -> int:
            return int(torch.randint(count, (), generator=self.generator, device=self.generator.device))

        images, way, size = self.scales[one_of(len(self.scales))], one_of(self.rule.ways), self.rule.tile
        rows, columns = (
            folded(begin, begin + size, length).to(self.y.device)
            for length in images[0].shape[-2:]
            for begin in [one_of(max(length - size, 0) + 1)]
        )
        y, known, kept = (turned(x.index_select(2, rows).index_select(3, columns), way) for x in images)
        return y, known, kept

    def is_time(self) -> bool:
        """To look: every so many steps, at the last, and at an eighth, a quarter and a half of the first stretch."""
        early = [self.rule.every // part for part in (2, 4, 8)]
        return self.steps % self.rule.every == 0 or self.steps in early or self.steps == self.rule.last

    def average(self, network: nn.Module) -> None:
        """Take the weights as they are now into their running average."""
        newest = max(1 - self.rule.decay, 1 / (self.steps + 1))
        for name, weight in network.named_parameters():
            now = weight.detach()
            self.weights[name] = now.clone() if newest == 1 else torch.lerp(self.weights[name], now, newest)

    def filled(self, network: nn.Module, y: Tensor, known: Tensor, weights: dict[str, Tensor] | None = None) -> Tensor:
        """What the network, or the network with these weights, makes of the known pixels."""
        start = fill(y, known)
        z = torch.cat([SPREAD * (start - 0.5), known - 0.5], dim=1)
        change: Tensor = network(z) if weights is None else functional_call(network, weights, (z,))
        return start + change / SPREAD

    def look(self, network: nn.Module) -> None:
        """How good is it now, and what does the image look like?"""
        kept = self.kept > 0
        if kept.any():
            guess = self.whole(network, self.known - self.kept, 0)
            self.held_out = (guess - self.y).square()[kept.expand_as(guess)].mean()
        made = torch.stack([self.whole(network, self.known, way) for way in range(self.rule.ways)]).mean(0)
        self.shown = torch.where(self.known > 0, self.y, made)

    def whole(self, network: nn.Module, known: Tensor, way: int) -> Tensor:
        """The whole image, turned one way, filled in and turned back."""
        y, known = turned(self.y, way), turned(known, way)
        height, width = y.shape[-2:]
        room = (0, -width % MULTIPLE, 0, -height % MULTIPLE)
        made = self.filled(network, F.pad(y, room), F.pad(known, room), self.weights)[..., :height, :width]
        return turned_back(made, way)

    def accept(self, x: Tensor) -> None:
        del x

    def state(self) -> State:
        state = {"steps": torch.tensor(self.steps), "shown": self.shown}
        state |= {} if self.held_out is None else {"held_out": self.held_out}
        return state | {f"weights.{name}": weight for name, weight in self.weights.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.steps, device = int(state["steps"]), self.y.device
        self.shown = state["shown"].to(device, copy=True)
        self.held_out = state["held_out"].to(device, copy=True) if "held_out" in state else None
        names = [key for key in state if key.startswith("weights.")]
        self.weights = {key.removeprefix("weights."): state[key].to(device, copy=True) for key in names}


def as_it_is(x: Tensor) -> Tensor:
    """The operator of a step whose targets are pixels."""
    return x


def turned_back(x: Tensor, way: int) -> Tensor:
    """What was `turned`, as it was."""
    x = x.rot90(-(way // 2), (-2, -1))
    return x.flip(-1) if way % 2 else x


def scaled(y: Tensor, known: Tensor, kept: Tensor, by: int) -> tuple[Tensor, Tensor, Tensor]:
    """Means of the known pixels among `by` x `by`, where all but one of them at most are missing, what is kept."""
    if by == 1:
        return y, known, kept
    weight = F.avg_pool2d(known, by)
    mean = F.avg_pool2d(y * known, by) / weight.clamp(min=1e-6)
    there = (weight > 0).to(y)
    return mean * there, there, F.max_pool2d(kept, by)
