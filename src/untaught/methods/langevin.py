"""Langevin dynamics: noise on the weights, so that a fit wanders over all that explains the image."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.core import BatchMethod, Method, Problem, Proposal, Run, State
from untaught.errors import UsageError
from untaught.methods.plain import Plain

AXES = 4  # of a convolution's weights


@dataclass(frozen=True, kw_only=True)
class Langevin:
    """`theta <- theta - step + noise * n`, n standard normal, drawn anew before each step; else as `method` does.

    The iterates then wander as draws from the image's posterior do (roughly: the steps are Adam's or Muon's), and do
    not settle on the noise: there is no best step to stop at. Their mean is the fit's running average, whose burn-in is
    left behind by its power: with `Fit(average_decay=1, average_power=8)` the iterate of step k weighs k^8. How much
    they differ says how sure each pixel is.
    Source: Cheng, Gadelha, Maji and Sheldon 2019 (CVPR), "A Bayesian Perspective on the Deep Image Prior", section 4
    (Welling and Teh's SGLD); code after theirs adds noise of 2 x the rate of 0.01 to the convolutions' weights alone,
    beside Adam. Departs: no decay of the weights (5e-8 there); the noise does not follow the fit's schedule, which is
    to be constant; a power in place of the first steps thrown away.
    Raises: ValueError for a noise below 0; UsageError for several seeds, if the method takes one.
    """

    noise: float = 0.02  # standard deviation a step, in the weights' units: twice Adam's rate of 0.01
    method: Method = Plain()  # noqa: RUF009 (frozen)

    def __post_init__(self) -> None:
        if not self.noise >= 0:
            raise ValueError(f"noise is {self.noise}; wanted 0 or more")

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "LangevinRun":
        return LangevinRun(self.noise, self.method.start(problem, z, generator), [generator])

    def start_batch(self, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> "LangevinRun":
        if not isinstance(self.method, BatchMethod):
            raise UsageError(f"{type(self.method).__name__} fits one seed at a time; got {len(generators)} seeds")
        return LangevinRun(self.noise, self.method.start_batch(problem, z, generators), generators)


class LangevinRun:
    """`Langevin` at work."""

    def __init__(self, noise: float, inner: Run, generators: list[torch.Generator]) -> None:
        self.noise, self.inner, self.generators = noise, inner, generators
        self.learned = inner.learned

    @property
    def held_out(self) -> Tensor | None:
        """The method's."""
        return self.inner.held_out

    def propose(self, network: nn.Module) -> Proposal:
        with torch.no_grad():
            for weights in network.parameters():
                self.shake(weights)
        return self.inner.propose(network)

    def shake(self, weights: Tensor) -> None:
        """Add noise in place to a convolution's weights; of several members, to each its own."""
        members = weights.split(1) if len(self.generators) > 1 else [weights]
        if weights.ndim < AXES + (len(self.generators) > 1) or not weights.requires_grad:
            return
        for member, generator in zip(members, self.generators, strict=True):
            drawn = torch.empty_like(member, memory_format=torch.contiguous_format).normal_(generator=generator)
            member.add_(drawn, alpha=self.noise)

    def accept(self, x: Tensor) -> None:
        self.inner.accept(x)

    def state(self) -> State:
        return self.inner.state()

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.inner.restore(state)
