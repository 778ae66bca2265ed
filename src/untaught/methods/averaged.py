"""What methods share that learn from pieces of an image and show what the averaged weights make of the whole."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from untaught.core import State
from untaught.methods.held_tiles import folded
from untaught.methods.symmetries import turned


class AveragedRun:
    """Counts steps, averages weights, remembers what was shown last, and how good it was where that is known."""

    def __init__(self, decay: float, shown: Tensor, generator: torch.Generator) -> None:
        self.decay, self.shown, self.generator = decay, shown, generator
        self.learned: list[Tensor] = []
        self.held_out: Tensor | None = None
        self.weights: dict[str, Tensor] = {}  # their running average
        self.steps = 0

    def average(self, network: nn.Module) -> None:
        """Take the weights as they are now into their running average."""
        newest = max(1 - self.decay, 1 / (self.steps + 1))
        for name, weight in network.named_parameters():
            now = weight.detach()
            self.weights[name] = now.clone() if newest == 1 else torch.lerp(self.weights[name], now, newest)

    def is_time(self, every: int, last: int | None) -> bool:
        """To look: every so many steps, at the last, and at an eighth, a quarter and a half of the first stretch."""
        return self.steps % every == 0 or self.steps in [every // part for part in (2, 4, 8)] or self.steps == last

    def one_of(self, count: int) -> int:
        """Each as likely."""
        return int(torch.randint(count, (), generator=self.generator, device=self.generator.device))

    def square_of(self, images: tuple[Tensor, ...], way: int, size: int, grid: int = 1) -> tuple[Tensor, ...]:
        """The same square `size` wide of each image `[1, C, H, W]`, somewhere, turned one way.

        Its corner is at multiples of `grid`. In an image smaller than it, it goes on mirrored.
        """
        corner = [self.one_of(max(length - size, 0) // grid + 1) * grid for length in images[0].shape[-2:]]
        return tuple(turned(cut(image, corner, size), way) for image in images)

    def accept(self, x: Tensor) -> None:
        del x

    def state(self) -> State:
        state = {"steps": torch.tensor(self.steps), "shown": self.shown}
        state |= {} if self.held_out is None else {"held_out": self.held_out}
        return state | {f"weights.{name}": weight for name, weight in self.weights.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.steps, device = int(state["steps"]), self.shown.device
        self.shown = state["shown"].to(device, copy=True)
        self.held_out = state["held_out"].to(device, copy=True) if "held_out" in state else None
        names = [key for key in state if key.startswith("weights.")]
        self.weights = {key.removeprefix("weights."): state[key].to(device, copy=True) for key in names}


def cut(image: Tensor, corner: list[int], size: int) -> Tensor:
    """The square `size` wide of an image `[B, C, H, W]` from a corner on; beyond the edges it goes on mirrored."""
    places = zip(corner, image.shape[-2:], strict=True)
    rows, columns = (folded(first, first + size, length).to(image.device) for first, length in places)
    return image.index_select(2, rows).index_select(3, columns)
