"""A network computed in fewer bits: same weights, float32 in and out."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn

Precision = Literal["float32", "bfloat16"]
"""float16 is not offered: its gradients need a loss scale that changes as the fit goes and would have to be resumed."""


PRECISIONS: tuple[str, ...] = get_args(Precision)


def in_precision(network: nn.Module, precision: Precision) -> nn.Module:
    """The network itself, or a view of it that computes in `precision`: it shares the weights and owns none."""
    return network if precision == "float32" else Lowered(network)


class Lowered(nn.Module):
    """z to an image, both float32; between them, convolutions in bfloat16 (`torch.autocast`).

    Weights, their gradients and the statistics of norms stay float32, and so does the head of a network that is an
    `nn.Sequential` (its last convolution and what follows): bfloat16 would round a pixel near 1 to 1/256.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        layers = list(network) if type(network) is nn.Sequential else [network]
        heads = [index for index, layer in enumerate(layers) if index and isinstance(layer, nn.Conv2d)]
        split = heads[-1] if heads else len(layers)
        self.body, self.head = nn.Sequential(*layers[:split]), nn.Sequential(*layers[split:])

    def forward(self, z: Tensor) -> Tensor:
        # no cache: every weight is used once a step, and a recorded step must not hold on to copies
        with torch.autocast(z.device.type, dtype=torch.bfloat16, cache_enabled=False):
            features = self.body(z)
        image: Tensor = self.head(features.float())
        return image
