"""Orthogonalised momentum: every weight matrix moves by a rotation's worth, whatever the size of its gradient.

Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks" (momentum 0.95 Nesterov, five
Newton-Schulz steps with their coefficients, Adam for the rest). Departs: a convolution is the matrix
[out, in * k * k] (torch.optim.Muon takes 2-D parameters only), and the iteration runs on the Gram matrix of the short
side, which gives the same product with smaller multiplications.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from untaught.core import Recordable

A, B, C = 3.4445, -4.7750, 2.0315  # of the odd quintic that pushes singular values towards 1
ITERATIONS = 5
FEWEST_ROWS = 4  # a matrix with fewer rows or columns (an image head, a bias) is left to Adam


@dataclass(frozen=True, kw_only=True)
class Muon(Recordable):
    """Muon for the weight matrices, Adam for biases, norms, image heads, z and the operator's parameters."""

    lr: float = 0.02
    momentum: float = 0.95
    adam_lr: float = 0.01

    def start(
        self, weights: list[Tensor], others: list[Tensor], *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        matrices = [w for w in weights if is_matrix(w[0] if stacked else w)]
        rest = [w for w in weights if not is_matrix(w[0] if stacked else w)] + others
        adam: list[torch.optim.Optimizer] = [torch.optim.Adam(rest, lr=self.adam_lr, fused=True)] if rest else []
        return ([Orthogonalised(matrices, self.lr, self.momentum, stacked=stacked)] if matrices else []) + adam


def is_matrix(weight: Tensor) -> bool:
    """Is this a matrix worth orthogonalising?"""
    return weight.ndim >= 2 and min(weight.shape[0], weight[0].numel()) >= FEWEST_ROWS


class Orthogonalised(torch.optim.Optimizer):
    """The torch optimizer behind Muon. `stacked`: the first axis counts matrices. lr may be a tensor, and stays one."""

    def __init__(self, params: list[Tensor], lr: float, momentum: float, *, stacked: bool = False) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self.rows = 1 if stacked else 0  # the axis of a weight that is its matrix's rows

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step; `closure` is there for torch's sake and is not called."""
        del closure
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].mul_(group["momentum"]).add_(weight.grad)
                update = weight.grad.add(momentum, alpha=group["momentum"]).flatten(self.rows + 1)
                stretch = max(1, update.shape[-2] / update.shape[-1]) ** 0.5
                step, lr = orthogonalise(update).reshape(weight.shape), group["lr"]
                if isinstance(lr, Tensor):  # a multiplication on the device: nobody waits for the number
                    weight.addcmul_(step, lr, value=-stretch)
                else:
                    weight.add_(step, alpha=-lr * stretch)


def orthogonalise(matrix: Tensor) -> Tensor:
    """Nearly U V^T of the matrix's U S V^T: singular values come out between about 0.7 and 1.2. `[..., rows, columns]`.

    With X short side first and G = X X^T, each step is X <- (a + b G + c G^2) X; the left factors are gathered in P and
    multiplied onto X once.
    """
    x = matrix if matrix.shape[-2] <= matrix.shape[-1] else matrix.mT
    x = x / (torch.linalg.vector_norm(x, dim=(-2, -1), keepdim=True) + 1e-7)
    gram = x @ x.mT
    eye = torch.eye(gram.shape[-1], dtype=x.dtype, device=x.device)
    product = eye
    for iteration in range(ITERATIONS):
        factor = A * eye + B * gram + C * (gram @ gram)
        product = factor @ product
        if iteration < ITERATIONS - 1:
            gram = factor @ gram @ factor
    result: Tensor = product @ x
    return result if matrix.shape[-2] <= matrix.shape[-1] else result.mT
