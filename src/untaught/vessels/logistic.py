"""What the descriptors say on their own: a logistic model fitted on the labelled pixels, before any network."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from untaught.errors import InputError

FAR = 6.0  # standard deviations beyond which a descriptor, and a logit, is taken for no farther
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Logistic:
    """`logit p = weights . clip((d - mean) / spread) + bias` for the descriptors d `[..., C]` of a pixel."""

    mean: Vector  # [C]
    spread: Vector  # [C]
    weights: Vector  # [C]
    bias: float

    @classmethod
    def blank(cls, count: int) -> "Logistic":
        """One that says nothing, of `count` descriptors."""
        return cls(np.zeros(count), np.ones(count), np.zeros(count), 0.0)

    def logit(self, descriptors: NDArray[np.floating]) -> NDArray[np.floating]:
        """`[..., C]` to `[...]`, within `FAR` of 0."""
        scaled = np.clip((descriptors - self.mean) / self.spread, -FAR, FAR)
        found: NDArray[np.floating] = np.clip(scaled @ self.weights + self.bias, -FAR, FAR)
        return found

    def balanced(self, descriptors: NDArray[np.floating], vessel: NDArray[np.bool_]) -> "Logistic":
        """The same with a bias that makes one half the threshold of the best Dice on `[N, C]` and `[N]`."""
        logit = self.logit(descriptors)
        rank = np.argsort(-logit)
        right = np.cumsum(vessel[rank])
        dice = 2 * right / (np.arange(1, len(vessel) + 1) + vessel.sum())
        return replace(self, bias=self.bias - float(logit[rank[int(np.argmax(dice))]]))


def fit_logistic(descriptors: NDArray[np.floating], vessel: NDArray[np.bool_], *, shrink: float = 1e-4) -> Logistic:
    """The penalised maximum likelihood: `mean nll + shrink / 2 |weights|^2`, `[N, C]` and `[N]` of known pixels.

    The objective is convex: the start does not matter. Source: Cox 1958; by L-BFGS (scipy).
    Raises: InputError where all pixels are of one kind.
    """
    if vessel.all() or not vessel.any():
        raise InputError(
            f"all {len(vessel)} known pixels are {'vessel' if vessel.any() else 'background'}; wanted both"
        )
    mean, spread = descriptors.mean(0, dtype=np.float64), descriptors.std(0, dtype=np.float64) + 1e-3
    scaled = np.clip((descriptors - mean) / spread, -FAR, FAR).astype(np.float32)
    sign = np.where(vessel, 1.0, -1.0)

    def objective(at: Vector) -> tuple[float, Vector]:
        margin = sign * (scaled @ at[:-1].astype(np.float32) + at[-1])
        pull = -sign * expit(-margin) / len(sign)
        gradient = np.append(pull.astype(np.float32) @ scaled + shrink * at[:-1], pull.sum())
        return float(np.logaddexp(0, -margin).mean() + shrink / 2 * at[:-1] @ at[:-1]), gradient

    start = np.append(np.zeros(scaled.shape[1]), np.log(vessel.mean() / (1 - vessel.mean())))
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return Logistic(mean, spread, found[:-1], float(found[-1]))
