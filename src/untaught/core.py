"""The nouns. Knows torch and nothing else: no files, no architectures, no command line.

Shapes, everywhere: B batch, C channels, H height, W width. Images are float32 `[B, C, H, W]`; photographs lie in
[0, 1]. `sigma` is a standard deviation on that scale, never 25 for 25/255. A batch is of independent fits, its members:
B is the number of seeds, mostly 1, and nothing of one member may reach another.

Every rule here (network, method, optimiser, stopper) is a frozen description. Starting it makes the mutable thing that
does one job on one image, so a description can serve many images and can be written to a file.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn


class Recordable:
    """A mark on a description: what it starts lets a step be recorded once and replayed (`graphs.py`).

    It computes on the device alone, does the same with the same shapes at every step, reads no number off the device,
    draws only from the generators it was given, and what it remembers between steps it changes in place.
    """


State = dict[str, Tensor]
"""All that is needed to go on where something stopped: flat, tensors only."""


class Operator(Protocol):
    """What the instrument did to the image, before noise: the A of `y ~ p(y | A(x))`. Any callable will do.

    A `nn.Module` may have parameters of its own (shifts, an unknown kernel); they are fitted together with the weights.
    """

    def __call__(self, x: Tensor, /) -> Tensor:
        """Image `[B, C, H, W]` to measurements of any shape. Differentiable."""
        ...


class Likelihood(Protocol):
    """How measurements scatter around `operator(x)`. The same object makes noise and scores it."""

    def nll(self, mean: Tensor, y: Tensor, /) -> Tensor:
        """Negative log-likelihood, averaged over measurements, constants dropped. A scalar."""
        ...

    def sample(self, mean: Tensor, generator: torch.Generator, /) -> Tensor:
        """Measurements drawn around `mean`, in its shape."""
        ...


class Prior(Protocol):
    """The explicit `R(x) = -log p(x)`, beside the implicit one of the network."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Image `[B, C, H, W]` to a scalar penalty: the sum of the members'."""
        ...


class Input(Protocol):
    """How the network's input z is made."""

    def channels(self) -> int:
        """How many channels `make` gives."""
        ...

    def make(self, height: int, width: int, generator: torch.Generator, /) -> Tensor:
        """z, `[1, channels, height, width]`, on the CPU."""
        ...


class Network(ABC):
    """A description of the untrained `g_theta`. It owns its input, and says which sizes it takes."""

    input: Input

    @abstractmethod
    def build(self, channels: int, height: int, width: int) -> nn.Module:
        """The module that maps z to an image of `channels`, at least height x width.

        The weights' values do not matter here: the loop draws them afterwards (see `initialise.py`). On a GPU the
        forward may be recorded: it must hold to what `Recordable` says.
        """

    @abstractmethod
    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """The smallest size of z from which an image of at least height x width comes out. The loop crops the rest."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Everything that is known: measurements, how they were made, how they scatter. There is no field for the truth."""

    y: Tensor  # of a batch of B seeds: [B, ...], an image for each, or [1, ...], one for all
    operator: Operator
    likelihood: Likelihood
    shape: tuple[int, int, int]  # [C, H, W] of the image looked for


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a method offers at one step: an image, and what it is to be held against."""

    x: Tensor  # [B, C, H, W], with its graph; of the size that `problem` asks for, or larger
    problem: Problem  # the problem itself, or one restated for this step (recorrupted, cropped, with pixels held out)
    penalty: Tensor | float = 0.0  # a term of the method's own, the sum of the members'
    shown: Tensor | None = None  # the image to hand out, where x is not one of the whole (a crop)


class Run(Protocol):
    """One method at work on one image."""

    learned: list[Tensor]  # what the optimiser is to move beside the weights (z, say)

    @property
    def held_out(self) -> Tensor | None:
        """[] The newest risk on measurements kept from the fit, if the method keeps any."""
        ...

    def propose(self, network: nn.Module, /) -> Proposal:
        """The next image, differentiable in the network's weights."""
        ...

    def accept(self, x: Tensor, /) -> None:
        """Told of each iterate after the optimiser has stepped."""
        ...

    def state(self) -> State:
        """What `restore` needs to go on; the noise generator's state is the loop's affair."""
        ...

    def restore(self, state: Mapping[str, Tensor], /) -> None:
        """Go on from `state`, in place where the optimiser holds the tensor."""
        ...


class Method(Protocol):
    """How images come out of a network. The plain way is `network(z + noise)`."""

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator, /) -> Run:
        """Begin on one problem. Noise is drawn from `generator`, whose state the loop saves."""
        ...


@runtime_checkable
class BatchMethod(Protocol):
    """A method that can also fit several members at once, each with noise of its own."""

    def start_batch(self, problem: Problem, z: Tensor, generators: list[torch.Generator], /) -> Run:
        """Begin on z `[B, c, h, w]`. What is drawn for member b comes from `generators[b]`, as if it were alone."""
        ...


class Optimiser(Protocol):
    """Which step is taken downhill."""

    def start(
        self, weights: list[Tensor], others: list[Tensor], /, *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        """`weights` are the network's; `others` are z and the operator's own parameters, where they are fitted.

        `stacked`: the first axis of every weight counts the members of a batch; each is to move as if it were alone.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Step:
    """One iterate, as the loop hands it out. Tensors stay on the device: who prints, pays."""

    index: int  # 0 is the first
    x: Tensor  # [B, C, H, W] this iterate
    average: Tensor  # [B, C, H, W] running average of the iterates
    loss: Tensor  # [] data term + penalty + prior, the mean of the members'
    operator: Operator  # A as it stands now: with its fitted parameters, where it has any
    held_out: Tensor | None  # [] risk of the shown image on measurements kept from the fit, where some are
    snapshot: Callable[[], State] = field(repr=False)  # the loop's state after this step; valid until the next one


class Verdict(Enum):
    """What a stopping rule says of a step."""

    GO = "go on"
    BEST = "go on, and keep this one"
    LAST = "stop, and return this one"
    STOP = "stop, and return the one kept"


class Watch(Protocol):
    """A stopping rule at work on one image."""

    def see(self, step: Step, /) -> Verdict:
        """Called once a step, in order."""
        ...

    def why(self) -> str:
        """After LAST or STOP: why, as the end of a sentence that begins with "stopped because"."""
        ...

    def state(self) -> State:
        """What `restore` needs to go on."""
        ...

    def restore(self, state: Mapping[str, Tensor], /) -> None:
        """Go on from `state`."""
        ...


class Stopper(Protocol):
    """Says when to stop and which iterate to return. Sees the measurements, never the truth."""

    def watch(self, problem: Problem, /) -> Watch:
        """Start on one image."""
        ...


@dataclass(frozen=True, kw_only=True)
class Result:
    """A restored image and how it came about."""

    image: Any  # the averaged iterate that the rule kept: [B, C, H, W] from the loop, the caller's own type from a task
    iterate: Any  # the same step, not averaged
    step: int  # the step kept, counted from 1
    steps_run: int
    stopped_by: str  # a sentence
    history: list[float]  # the loss at every step
    provenance: dict[str, Any]  # version, settings, seed, timings: what is needed to do it again
