"""A network whose convolutions stay as they were drawn: what is fitted is its input, and the norms."""

from dataclasses import dataclass

from torch import nn

from untaught.networks.around import Around

NORMS = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm)


@dataclass(frozen=True, kw_only=True)
class RandomProjector(Around):
    """The network with all weights frozen but those of its norms, and a batch norm of z before it.

    For a method that learns z: `Plain(learn_z=True, jitter=0.0)`. A few thousand numbers and z are moved, by gradients
    that need not be computed for the convolutions; the published settings add total variation, and take a network of
    few scales.
    Source: Li, Wang, Zhuang and Sun 2023 (CVPR), "Deep Random Projector: Accelerated Deep Image Prior"; the authors'
    train_denoising.py (one scale of the 2018 hourglass, z from N(0, 0.1), Adam for all).
    Raises: ValueError, when built, for a network without norms.
    """

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        inner = self.network.build(channels, height, width)
        inner.requires_grad_(False)
        norms = [layer for layer in inner.modules() if isinstance(layer, NORMS)]
        if not norms:
            raise ValueError(f"{type(self.network).__name__} has no norms; there would be nothing left to fit")
        for norm in norms:
            norm.requires_grad_(True)
        return nn.Sequential(nn.BatchNorm2d(self.input.channels()), inner)
