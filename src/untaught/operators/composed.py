"""One thing was done to the image after another."""

from torch import Tensor, nn

from untaught.abilities import Linear
from untaught.core import Operator


class Composed(nn.Module):
    """`A(x) = A_n(... A_2(A_1(x)))`, in the order in which they were done.

    A module, so that the unknowns of parts that are modules are fitted and move with it. What each part gives is an
    image `[B, C, H, W]` for the next; the last may give anything.
    Raises: ValueError for no parts; TypeError from `adjoint` if a part gives none.
    """

    def __init__(self, *parts: Operator) -> None:
        super().__init__()
        if not parts:
            raise ValueError("there is nothing to compose; wanted one operator or more")
        self.parts = parts
        self.modules_of_parts = nn.ModuleList(part for part in parts if isinstance(part, nn.Module))

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        """`A_1^T(... A_n^T(y))`."""
        for part in reversed(self.parts):
            y = linear(part).adjoint(y)
        return y


def linear(part: Operator) -> Linear:
    """The part itself.

    Raises: TypeError if it gives no adjoint.
    """
    if not isinstance(part, Linear):
        raise TypeError(f"{type(part).__name__} gives no adjoint; wanted parts that all do")
    return part
