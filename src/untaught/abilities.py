"""What an operator may be able to do beside measuring an image. Each is asked for where it serves."""

from typing import Any, Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Linear(Protocol):
    """An operator that gives its own adjoint."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Image `[B, C, H, W]` to measurements."""
        ...

    def adjoint(self, y: Tensor, /) -> Tensor:
        """Measurements to an image: `<A x, y> = <x, adjoint(y)>`. Differentiable."""
        ...


@runtime_checkable
class Projecting(Protocol):
    """An operator that can make an image agree with the measurements exactly."""

    def project(self, x: Tensor, y: Tensor, /) -> Tensor:
        """The image nearest to x `[B, C, H, W]` whose measurements are y, in the shape of x."""
        ...


@runtime_checkable
class Bordered(Protocol):
    """An operator that needs more of the image than was asked for: a blur, beyond the borders."""

    def asked(self, x: Tensor, /) -> Tensor:
        """Of the image `[B, C, H, W]` that was fitted, the part that was asked for."""
        ...


@runtime_checkable
class Learned(Protocol):
    """An operator with unknowns of its own, which has something to say of what they came to be."""

    def found(self) -> dict[str, Any]:
        """In plain data, for the record."""
        ...
