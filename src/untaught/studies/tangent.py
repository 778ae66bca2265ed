"""The neural tangent kernel of a network's logits, and what it foretells of how fast a mask is learnt.

Under gradient flow on squared misfit the residual along the kernel's eigenvector i falls as `exp(-lambda_i t)`.
Source: Jacot, Gabriel and Hongler 2018; the alignment: Cristianini et al. 2001, centred as Cortes et al. 2012.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

Matrix = NDArray[np.float64]

CHUNK = 96  # pixels whose gradients are taken at once


def tangent_kernel(module: nn.Module, descriptors: Tensor) -> Matrix:
    """`K[i, j] = <d f_i / d theta, d f_j / d theta>`, `[N, N]` for the N pixels of descriptors `[1, C, h, w]`."""
    weights = {name: weight.detach() for name, weight in module.named_parameters()}

    def logits(at: dict[str, Tensor]) -> Tensor:
        """Under vmap, where our layers are torch's own, whose gradients torch.func knows."""
        each: Tensor = vmap(lambda one: functional_call(module, at, (one[None],))[0, 0])(descriptors)
        return each.flatten()

    slopes: dict[str, Tensor] = jacrev(logits, chunk_size=CHUNK)(weights)
    whole = torch.cat([one.flatten(1) for one in slopes.values()], dim=1).double()
    found: Matrix = (whole @ whole.T).numpy()
    return found


def centred(kernel: Matrix) -> Matrix:
    """Without what is the same everywhere: a bias learns that."""
    rows = kernel - kernel.mean(0)
    found: Matrix = rows - rows.mean(1, keepdims=True)
    return found


def alignment(kernel: Matrix, mask: NDArray[np.bool_]) -> float:
    """`y' K y / (|K| |y|^2)`, in [0, 1], of the centred kernel and mask `[N]`."""
    middle, y = centred(kernel), mask - mask.mean()
    return float(y @ middle @ y / max(np.linalg.norm(middle) * (y @ y), 1e-30))


def fitted(kernel: Matrix, mask: NDArray[np.bool_], time: float) -> float:
    """The share of the mask's power that is fitted by then; time 1 is what the fastest direction takes to fall by e."""
    values, vectors = np.linalg.eigh(centred(kernel))
    y = mask - mask.mean()
    shares = (vectors.T @ y) ** 2 / (y @ y)
    rates = np.maximum(values, 0) / values.max()
    return float(1 - shares @ np.exp(-2 * rates * time))
