"""An operator from deepinv: it has `A`, and when called adds noise of its own."""

import inspect
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from untaught.core import Operator


@runtime_checkable
class Physics(Protocol):
    """What measures without noise by its method `A`."""

    def A(self, x: Tensor, /) -> Tensor:  # noqa: N802
        """Image `[B, C, H, W]` to measurements."""
        ...


@runtime_checkable
class AdjointPhysics(Physics, Protocol):
    """A linear one."""

    def A_adjoint(self, y: Tensor, /) -> Tensor:  # noqa: N802
        """Measurements to an image."""
        ...


@runtime_checkable
class InvertiblePhysics(AdjointPhysics, Protocol):
    """One with a pseudo-inverse too, exact or solved for."""

    def A_dagger(self, y: Tensor, /) -> Tensor:  # noqa: N802
        """Measurements to the smallest image that gives them."""
        ...


class FromPhysics(nn.Module):
    """`A(x)` of a deepinv `Physics`, without the noise that calling it adds.

    If that is a module its buffers move with this one, and its parameters are fitted.
    """

    def __init__(self, physics: Physics) -> None:
        super().__init__()
        self.physics = physics

    def forward(self, x: Tensor) -> Tensor:
        return self.physics.A(x)


class FromLinearPhysics(FromPhysics):
    """The same with its adjoint."""

    physics: AdjointPhysics

    def adjoint(self, y: Tensor) -> Tensor:
        """Its `A_adjoint`."""
        return self.physics.A_adjoint(y)


class FromInvertiblePhysics(FromLinearPhysics):
    """The same with the projection that its pseudo-inverse gives."""

    physics: InvertiblePhysics

    def project(self, x: Tensor, y: Tensor) -> Tensor:
        """`x + A^+(y - A x)`: as exact as its `A_dagger`."""
        change = self.physics.A_dagger(y - self.physics.A(x))
        return x + change


def as_operator(thing: Operator | Physics) -> Operator:
    """The thing itself, or what measures with its `A` if it has such a method and is a deepinv `Physics` by that.

    Raises: TypeError for what can't be called either.
    """
    if isinstance(thing, Physics) and inspect.ismethod(thing.A):
        if isinstance(thing, InvertiblePhysics):
            return FromInvertiblePhysics(thing)
        return FromLinearPhysics(thing) if isinstance(thing, AdjointPhysics) else FromPhysics(thing)
    if not callable(thing):
        kind = type(thing).__name__
        raise TypeError(f"the operator is a {kind}; wanted a callable from image to measurements, or a deepinv Physics")
    return thing
