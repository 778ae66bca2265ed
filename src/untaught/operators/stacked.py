"""Several observations of one image."""

import torch
from torch import Tensor, nn

from untaught.core import Operator
from untaught.operators.composed import linear


class Stacked(nn.Module):
    """`A(x) = [A_1(x) / s_1, A_2(x) / s_2, ...]`, each part flattened: `[B, C, H, W] -> [B, M]`, `[C, H, W] = shape`.

    `sigmas` are the standard deviations of the parts' noise, in the parts' units. With them every measurement has
    noise of deviation 1, so that one likelihood, `Gaussian(sigma=1)`, is right for all; without them all parts count
    as equally noisy. `pack` makes y of what was measured.
    A module, so that the unknowns of parts that are modules are fitted and move with it.
    Raises: ValueError for no parts, for sigmas that are not positive or as many as parts, or for an image of another
    shape; TypeError from `adjoint` if a part gives none.
    """

    def __init__(self, *parts: Operator, shape: tuple[int, int, int], sigmas: tuple[float, ...] | None = None) -> None:
        super().__init__()
        if not parts:
            raise ValueError("there is nothing to stack; wanted one operator or more")
        if sigmas is not None and (len(sigmas) != len(parts) or not all(sigma > 0 for sigma in sigmas)):
            raise ValueError(f"sigmas are {sigmas}; wanted {len(parts)} positive ones, a part each")
        self.parts, self.shape = parts, shape
        self.sigmas = sigmas or (1.0,) * len(parts)
        self.modules_of_parts = nn.ModuleList(part for part in parts if isinstance(part, nn.Module))
        self._measured: list[torch.Size] = []  # the shape of each part's measurements, without the batch

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1:] != self.shape:
            raise ValueError(f"the image is {list(x.shape[1:])}; wanted {list(self.shape)} (channels, height, width)")
        return self.pack(*(part(x) for part in self.parts))

    def pack(self, *measured: Tensor) -> Tensor:
        """What each part measured, `[B, ...]`, as this operator gives it: `[B, M]`."""
        if len(measured) != len(self.parts):
            raise ValueError(f"there are {len(measured)} measurements for {len(self.parts)} operators")
        scaled = [y.flatten(1) / sigma for y, sigma in zip(measured, self.sigmas, strict=True)]
        return torch.cat(scaled, dim=1)

    def unpack(self, y: Tensor) -> list[Tensor]:
        """The inverse of `pack`."""
        if not self._measured:
            with torch.no_grad():
                none = y.new_zeros(1, *self.shape)
                self._measured = [part(none).shape[1:] for part in self.parts]
        pieces = y.split([shape.numel() for shape in self._measured], dim=1)
        each = zip(pieces, self._measured, self.sigmas, strict=True)
        return [piece.view(len(y), *shape) * sigma for piece, shape, sigma in each]

    def adjoint(self, y: Tensor) -> Tensor:
        """`sum_i A_i^T(y_i) / s_i`."""
        each = zip(self.parts, self.unpack(y), self.sigmas, strict=True)
        back = [linear(part).adjoint(piece) / sigma**2 for part, piece, sigma in each]
        return torch.stack(back).sum(0)
