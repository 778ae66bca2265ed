"""Drawing the weights of an untrained network from a generator of its own: global random state is not touched."""

import math
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn


@runtime_checkable
class Seeded(Protocol):
    """A layer with weights that says itself how they are drawn."""

    def draw(self, generator: torch.Generator, /) -> None:
        """Set all parameters that belong to the layer itself."""
        ...


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw every weight of `module`, on the CPU: PyTorch's own laws for its layers, `draw` for a layer that has it.

    Source: torch.nn.Conv2d.reset_parameters (uniform in +-1/sqrt(fan_in), weights and biases), which is what the 2018
    authors' code relied on; batch norms start at scale 1 and shift 0.
    Raises: TypeError for a layer with weights of its own and no rule.
    """
    for name, layer in module.named_modules():
        if isinstance(layer, Seeded):
            layer.draw(generator)
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            _uniform(layer.weight, bound, generator)
            if layer.bias is not None:
                _uniform(layer.bias, bound, generator)
        elif isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d | nn.GroupNorm):
            if layer.weight is not None:
                nn.init.ones_(layer.weight)
                nn.init.zeros_(layer.bias)
        elif any(True for _ in layer.parameters(recurse=False)):
            raise TypeError(f"layer '{name}' ({type(layer).__name__}) has weights but no draw(generator) to set them")


def _uniform(weights: Tensor, bound: float, generator: torch.Generator) -> None:
    with torch.no_grad():
        weights.uniform_(-bound, bound, generator=generator)
