"""Only some spatial frequencies were measured: magnetic resonance, interferometry."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from untaught.core import Recordable


@dataclass(frozen=True, eq=False)
class SubsampledFourier(Recordable):
    """`A(x) = M F x` of a real image, F the orthonormal transform: `[B, C, H, W] -> [B, C, 2, N]`, real and imaginary.

    `measured` is `[H, W]`, true where a frequency is known, with frequency 0 at [0, 0] as `torch.fft` has it (a mask
    with it in the middle wants `torch.fft.ifftshift`). Each channel is transformed alone. Noise of one sigma in both
    parts of every frequency is white.
    Raises: ValueError for an image of another size, or if nothing was measured.
    """

    measured: Tensor = field(repr=False)
    _places: dict[torch.device, Tensor] = field(default_factory=dict, init=False, repr=False)  # flat, on each device

    def __post_init__(self) -> None:
        if self.measured.ndim != 2 or not bool(self.measured.any()):
            raise ValueError(f"the mask must be [H, W] with a measured frequency, got {list(self.measured.shape)}")

    def __call__(self, x: Tensor) -> Tensor:
        self._check_size(x)
        spectrum = torch.fft.fft2(x, norm="ortho").flatten(-2)[..., self._places_on(x.device)]
        return torch.stack([spectrum.real, spectrum.imag], dim=-2)

    def adjoint(self, y: Tensor) -> Tensor:
        """`[B, C, 2, N] -> [B, C, H, W]`: the real part of the inverse transform, 0 at frequencies not measured."""
        image: Tensor = torch.fft.ifft2(self._spread(y), norm="ortho").real
        return image

    def project(self, x: Tensor, y: Tensor) -> Tensor:
        """The real image nearest to x with the measured frequencies, `[B, C, 2, N]` or `[1, C, 2, N]`.

        A real image has conjugate values at opposite frequencies, so one that was measured fixes the other. Where
        both were measured (noise makes them differ), their mean is taken, and of frequencies that are their own
        opposite the real part: of all real images one whose misfit to y is least.
        """
        self._check_size(x)
        given, known = self._spread(y), self.measured.to(x.device, x.dtype)
        count = known + opposite(known)
        settled = (given + opposite(given).conj()) / count.clamp_min(1)
        spectrum = torch.fft.fft2(x, norm="ortho")
        image: Tensor = torch.fft.ifft2(torch.where(count > 0, settled, spectrum), norm="ortho").real
        return image

    def _spread(self, y: Tensor) -> Tensor:
        """Frequencies where they were measured, 0 elsewhere: `[B, C, H, W]` complex."""
        spectrum = torch.complex(y[..., 0, :], y[..., 1, :])
        grid = spectrum.new_zeros(*spectrum.shape[:-1], self.measured.numel())
        grid = grid.index_copy(-1, self._places_on(y.device), spectrum)
        return grid.view(*spectrum.shape[:-1], *self.measured.shape)

    def _check_size(self, x: Tensor) -> None:
        if x.shape[-2:] != self.measured.shape:
            mask, image = ("x".join(map(str, size)) for size in (self.measured.shape, x.shape[-2:]))
            raise ValueError(f"the mask of frequencies is {mask} but image is {image} (height x width)")

    def _places_on(self, device: torch.device) -> Tensor:
        if device not in self._places:  # once, so that no step waits for a copy
            self._places[device] = self.measured.flatten().nonzero().squeeze(1).to(device)
        return self._places[device]


def opposite(grid: Tensor) -> Tensor:
    """The value at frequency -k in the place of that at k."""
    return grid.flip((-2, -1)).roll((1, 1), (-2, -1))
