"""The method of Ulyanov et al. (2018): a fixed random input, with a little fresh noise at every step."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from untaught.core import Problem, Proposal, Recordable, State


@dataclass(frozen=True, kw_only=True)
class Plain(Recordable):
    """`x = g_theta(z + jitter * noise)`.

    `learn_z` lets the optimiser move z with the weights (the 2018 code's OPT_OVER = "net,input").
    Source: Ulyanov et al. 2018, supplementary: `jitter` is reg_noise_std, sigma_p in the text.
    """

    jitter: float = 1 / 30  # standard deviation of the fresh noise, in the units of z
    learn_z: bool = False

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "PlainRun":
        return PlainRun(self, problem, z, [generator])

    def start_batch(self, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> "PlainRun":
        return PlainRun(self, problem, z, generators)


class PlainRun:
    """`Plain` at work."""

    def __init__(self, rule: Plain, problem: Problem, z: Tensor, generators: list[torch.Generator]) -> None:
        self.rule, self.problem, self.z, self.generators = rule, problem, z, generators
        self.learned = [z.requires_grad_(True)] if rule.learn_z else []
        self.held_out = None

    def propose(self, network: nn.Module) -> Proposal:
        z = self.z
        if self.rule.jitter > 0:
            noise = torch.empty_like(z, memory_format=torch.contiguous_format)  # the same numbers in any layout of z
            for member, generator in zip(noise.split(1), self.generators, strict=True):
                member.normal_(generator=generator)
            z = torch.add(z, noise, alpha=self.rule.jitter)
        x = network(z)
        together = x.mean(0, keepdim=True) if len(x) > len(z) else None  # one z, several images: `Several`
        return Proposal(x=x, problem=self.problem, shown=together)

    def accept(self, x: Tensor) -> None:
        del x

    def state(self) -> State:
        return {"z": self.z}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            self.z.copy_(state["z"])
