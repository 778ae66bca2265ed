"""Self-guided deep image prior: z is learned too, and the network is to denoise it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.core import Problem, Proposal, State
from untaught.methods.image_input import check_channels, check_size, mean_square


@dataclass(frozen=True, kw_only=True)
class SelfGuided:
    """`argmin_(theta, z) E(A x; y) + weight * mean((x - z)^2)`, `x = E_n g_theta(z + n)`.

    n is uniform between 0 and `spread` times the largest value of z, drawn `draws` times for each step; x is the mean
    of what comes out, and what is shown. z is an image that guides the fit, and is fitted itself, without a reference.
    The network's input has as many channels and is as large as what it makes.
    Source: Liang, Bell, Qu, Wang and Ravishankar 2025 (IEEE TCI 11), "Analysis of Deep Image Prior and Exploiting
    Self-Guidance for Image Reconstruction", its objective and its noise of half of the largest value. Departs: one pass
    a draw, each with normalisations of its own; the weight is beside the likelihood's nll, both being means; one
    optimiser for z and the weights, unless it is `Apart`.
    Raises: ValueError for a weight or a spread below 0, or less than one draw.
    """

    weight: float = 1.0  # alpha
    spread: float = 0.5
    draws: int = 4

    def __post_init__(self) -> None:
        if not (self.weight >= 0 and self.spread >= 0 and self.draws >= 1):
            raise ValueError(f"{self}: wanted a weight and a spread of at least 0, and 1 draw or more")

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "SelfGuidedRun":
        return self.start_batch(problem, z, [generator])

    def start_batch(self, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> "SelfGuidedRun":
        check_channels(problem, z)
        return SelfGuidedRun(self, problem, z, generators)


class SelfGuidedRun:
    """`SelfGuided` at work."""

    def __init__(self, rule: SelfGuided, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> None:
        self.rule, self.problem, self.generators = rule, problem, generators
        self.z = z.requires_grad_(True)
        self.learned = [self.z]
        self.held_out = None

    def propose(self, network: nn.Module) -> Proposal:
        made = torch.stack([network(self.z + self.noise()) for _ in range(self.rule.draws)])
        x = made.mean(dim=0)
        check_size(x, self.z)
        return Proposal(x=x, problem=self.problem, penalty=self.rule.weight * mean_square(x - self.z))

    def noise(self) -> Tensor:
        """For each member from its own generator, as large as its own z says."""
        noise = torch.empty_like(self.z, requires_grad=False, memory_format=torch.contiguous_format)
        for member, generator in zip(noise.split(1), self.generators, strict=True):
            member.uniform_(generator=generator)
        return noise * (self.rule.spread * self.z.detach().amax(dim=(1, 2, 3), keepdim=True))

    def accept(self, x: Tensor) -> None:
        del x

    def state(self) -> State:
        return {"z": self.z}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            self.z.copy_(state["z"])
