"""What a seed decides, and several seeds as one batch: a member each, with weights of its own."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, replace_all_batch_norm_modules_, vmap

from untaught.core import BatchMethod, Method, Network, Problem
from untaught.errors import UsageError
from untaught.initialise import initialise


@dataclass(frozen=True)
class Drawn:
    """What one seed decides."""

    z: Tensor
    module: nn.Module
    of_noise: int  # the seed of the method's own noise, or the jitter would repeat z


def draw(problem: Problem, network: Network, seed: int) -> Drawn:
    """Draw z, weights and the seed of the noise, on the CPU: they are the same on every device."""
    channels, height, width = problem.shape
    seeded = torch.Generator().manual_seed(seed)
    z = network.input.make(*network.input_size(height, width), seeded)
    module = network.build(channels, height, width)
    initialise(module, seeded)
    return Drawn(z, module, int(torch.randint(2**62, (), generator=seeded)))


def batched(problem: Problem, method: Method, members: int) -> BatchMethod:
    """The method, if it and the problem can serve several members.

    Raises: UsageError if they can't.
    """
    if not isinstance(method, BatchMethod):
        raise UsageError(f"{type(method).__name__} fits one seed at a time; got {members} seeds")
    if isinstance(problem.operator, nn.Module) and any(True for _ in problem.operator.parameters()):
        raise UsageError(f"an operator with parameters of its own is fitted to one seed at a time; got {members} seeds")
    if problem.y.shape[0] not in (1, members):
        raise UsageError(f"y is a batch of {problem.y.shape[0]} but there are {members} seeds; wanted 1 or {members}")
    return method


class Members(nn.Module):
    """z `[B, c, h, w]` to images `[B, C, H, W]`: image b is what member b makes of `z[b]`.

    Every weight has a new first axis, the member's. `together` computes all members at once (`torch.func.vmap`: grouped
    convolutions), else one after the other; the images are the same up to rounding. Batch norms keep no running
    statistics, which a fit never uses. Buffers are the first member's: no network here draws any.
    Under vmap `torch.autocast` has no effect on convolutions (torch 2.13).
    """

    def __init__(self, members: Sequence[nn.Module], *, together: bool) -> None:
        super().__init__()
        self.together = together
        self.inner = copy.deepcopy(members[0])
        replace_all_batch_norm_modules_(self.inner)
        each = [dict(member.named_parameters()) for member in members]
        for name, first in list(self.inner.named_parameters()):
            owner, _, own = name.rpartition(".")
            stacked = torch.stack([weights[name].detach() for weights in each])
            setattr(self.inner.get_submodule(owner), own, nn.Parameter(stacked, requires_grad=first.requires_grad))

    def forward(self, z: Tensor) -> Tensor:
        weights: dict[str, Tensor] = dict(self.inner.named_parameters())
        if self.together:
            images: Tensor = vmap(self.one)(weights, z)
            return images
        apart = [weight.unbind() for weight in weights.values()]
        each = [dict(zip(weights, member, strict=True)) for member in zip(*apart, strict=True)]
        return torch.stack([self.one(member, its) for member, its in zip(each, z.unbind(), strict=True)])

    def one(self, weights: dict[str, Tensor], z: Tensor) -> Tensor:
        """One member's image `[C, H, W]` of its z `[c, h, w]`."""
        image: Tensor = functional_call(self.inner, weights, (z[None],))
        return image[0]
