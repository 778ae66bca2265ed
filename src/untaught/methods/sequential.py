"""aSeqDIP: what the network has made so far is what it is shown next, and it is to leave that as it is."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.core import Problem, Proposal, State
from untaught.methods.image_input import check_channels, check_size, mean_square


@dataclass(frozen=True, kw_only=True)
class Sequential:
    """`argmin_theta E(A g_theta(z); y) + weight * mean((g_theta(z) - z)^2)`; every `every` steps `z = g_theta(z)`.

    z is an image: the network's input has as many channels and is as large as what it makes. The published start is
    A^T y, `input=Given(image)` of a network. The second term delays fitting the noise: what the network shows itself is
    smoother than y.
    Source: Alkhouri, Liang, Bell, Qu, Wang and Ravishankar 2024 (NeurIPS), "Image Reconstruction Via Autoencoding
    Sequential Deep Image Prior", algorithm 1 (there lambda 1 and 2 steps between two inputs). Departs: both terms are
    means over their numbers, and the weight is beside the likelihood's nll: 1 is the published one for the mean squared
    error, `Gaussian()`.
    Raises: ValueError for a weight below 0 or less than 1 step.
    """

    weight: float = 1.0  # lambda
    every: int = 2  # steps between two inputs; N in the paper

    def __post_init__(self) -> None:
        if not (self.weight >= 0 and self.every >= 1):
            raise ValueError(f"{self}: wanted a weight of at least 0, and 1 step or more")

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "SequentialRun":
        return self.start_batch(problem, z, [generator])

    def start_batch(self, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> "SequentialRun":
        del generators  # nothing is drawn
        check_channels(problem, z)
        return SequentialRun(self, problem, z)


class SequentialRun:
    """`Sequential` at work."""

    def __init__(self, rule: Sequential, problem: Problem, z: Tensor) -> None:
        self.rule, self.problem, self.z = rule, problem, z
        self.learned: list[Tensor] = []
        self.held_out = None
        self.steps = 0

    def propose(self, network: nn.Module) -> Proposal:
        if self.steps and self.steps % self.rule.every == 0:
            with torch.no_grad():
                self.z = network(self.z)
        self.steps += 1
        x = network(self.z)
        check_size(x, self.z)
        return Proposal(x=x, problem=self.problem, penalty=self.rule.weight * mean_square(x - self.z))

    def accept(self, x: Tensor) -> None:
        del x

    def state(self) -> State:
        return {"z": self.z, "steps": torch.tensor(self.steps)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.z, self.steps = state["z"].to(self.z.device, copy=True), int(state["steps"])
