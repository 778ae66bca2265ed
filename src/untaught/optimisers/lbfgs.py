"""L-BFGS: the gradient, turned by what the last steps said of the curvature, and a search along it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from untaught.errors import UsageError

LISTS = "old_dirs", "old_stps", "ro"  # of torch's state
COUNTS = "func_evals", "n_iter"
NUMBERS = "t", "H_diag", "prev_loss"
TRIES = 25  # looks at the objective in one search at most


@dataclass(frozen=True, kw_only=True)
class LBFGS:
    """One L-BFGS with a strong Wolfe search over the weights and all else. Source: Liu and Nocedal 1989; torch.optim.

    Wants an objective that stands still: no jitter, no method that restates the problem at each step. In a step of the
    loop it takes `iterations` of its own, and looks at the objective at least once more than that: the first look at
    each step repeats the last search's. The 2018 code has the same without a search.
    """

    lr: float = 1.0  # the length that a search begins with
    memory: int = 10  # steps remembered
    iterations: int = 1

    def start(
        self, weights: list[Tensor], others: list[Tensor], *, stacked: bool = False
    ) -> list[torch.optim.Optimizer]:
        if stacked:
            raise UsageError("L-BFGS searches along one direction for all weights: wanted one seed, got several")
        return [Remembering([*weights, *others], self)]


class Remembering(torch.optim.LBFGS):
    """torch's own, with a state that is tensors alone."""

    def __init__(self, params: list[Tensor], rule: LBFGS) -> None:
        super().__init__(
            params,
            lr=rule.lr,
            max_iter=rule.iterations,
            max_eval=rule.iterations * TRIES,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=rule.memory,
            line_search_fn="strong_wolfe",
        )

    def state_dict(self) -> dict[str, Any]:
        """torch's; lists of tensors become one tensor each, numbers become tensors."""
        whole = super().state_dict()
        return whole | {"state": {key: packed(values) for key, values in whole["state"].items()}}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """What `state_dict` gave."""
        state = {key: unpacked(values) for key, values in state_dict["state"].items()}
        super().load_state_dict(dict(state_dict) | {"state": state})


def packed(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """Tensors alone. What a step makes anew ("al") is left out."""
    made = {key: torch.stack(state[key]) for key in LISTS if state.get(key)}
    made |= {key: torch.tensor(state[key]) for key in COUNTS if key in state}
    made |= {key: torch.tensor(float(state[key]), dtype=torch.float64) for key in NUMBERS if state.get(key) is not None}
    return made | {key: state[key] for key in ("d", "prev_flat_grad") if state.get(key) is not None}


def unpacked(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """As torch wants it: each memory a tensor of its own, whose sums come out as they did."""
    made: dict[str, Any] = {key: [one.clone() for one in state.get(key, torch.zeros(0))] for key in LISTS}
    made |= {key: int(state[key]) for key in COUNTS if key in state}
    made |= {key: float(state[key]) for key in NUMBERS if key in state}
    return made | {key: state[key] for key in ("d", "prev_flat_grad") if key in state}
