"""LFNet: what is known of tubes, fitted to the labels at once, and a small network that learns what that leaves."""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from untaught.core import Input, Network
from untaught.networks.inputs import Uniform
from untaught.networks.layers import up_to_multiple
from untaught.vessels.filters import TubeFilters, Tubes
from untaught.vessels.logistic import FAR, Logistic
from untaught.vessels.unet import UNet


@dataclass(frozen=True, kw_only=True)
class LFNet(Network):
    """Descriptors `[B, C, H, W]`, the first local contrast if there are filters, to `[B, 1 + heads, H, W]`: the mask's
    logit first.

    `logit = gain * logistic(D) + u_theta(D)`, where D are the descriptors and what the learnable filters make of the
    local contrast, and the U-Net's last layer is zero before the first step: it begins as good as the logistic model.
    What it learnt from one image is believed in part. Several U-Nets, drawn apart and each taught by crops of its own,
    are wrong in different places: the mean of their logits is u.
    Source of the last: Lakshminarayanan et al. 2017 (NeurIPS), "Deep Ensembles", section 2.4. Departs: the mean is of
    logits, not of probabilities.
    """

    input: Input
    widths: tuple[int, ...] = (16, 32, 64, 64)
    tubes: Tubes | None = Tubes()
    heads: int = 0  # channels beside the mask
    prior: Logistic = field(repr=False)
    residual: bool = True  # begin at the logistic model?
    seen: tuple[int, ...] | None = None  # which of D the U-Net is shown; None: all
    settled: bool = True  # does the logistic model stay as it was fitted?
    trust: float = 1.0  # the share of the U-Net's logit that counts once it is trained: it has seen few images
    members: int = 1  # U-Nets

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        multiple = 2 ** (len(self.widths) - 1)
        return up_to_multiple(height, multiple), up_to_multiple(width, multiple)

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        del channels, height, width
        return Residual(self)

    def describe(self, descriptors: Tensor) -> Tensor:
        """D before the first step, `[B, C + T, H, W]`: what the logistic model is to be fitted on."""
        if self.tubes is None:
            return descriptors
        filters = TubeFilters(self.tubes)
        filters.draw()
        with torch.no_grad():
            return torch.cat([descriptors, filters(descriptors[:, :1])], dim=1)


class Residual(nn.Module):
    """`LFNet`, built."""

    mean: Tensor
    spread: Tensor

    def __init__(self, spec: LFNet) -> None:
        super().__init__()
        self.spec, self.multiple = spec, 2 ** (len(spec.widths) - 1)
        self.filters = None if spec.tubes is None else TubeFilters(spec.tubes)
        self.register_buffer("mean", as_channels(spec.prior.mean))
        self.register_buffer("spread", as_channels(spec.prior.spread))
        self.known = Known(spec.prior) if spec.residual else None
        count = len(spec.prior.weights) if spec.seen is None else len(spec.seen)
        self.networks = nn.ModuleList(UNet(count, spec.widths, 1 + spec.heads) for _ in range(spec.members))
        if self.known is not None:
            self.known.requires_grad_(not spec.settled)

    def described(self, descriptors: Tensor) -> Tensor:
        """D: what came in and what the learnable filters add, `[B, C + T, H, W]`."""
        return descriptors if self.filters is None else torch.cat([descriptors, self.filters(descriptors[:, :1])], 1)

    def forward(self, descriptors: Tensor) -> Tensor:
        height, width = descriptors.shape[-2:]
        scaled = ((self.described(descriptors) - self.mean) / self.spread).clamp(-FAR, FAR)
        shown = scaled if self.spec.seen is None else scaled[:, list(self.spec.seen)]
        room = (0, -width % self.multiple, 0, -height % self.multiple)
        made = self.together(F.pad(shown, room, mode="replicate"))[..., :height, :width]
        if self.known is None:
            return made
        share = 1.0 if self.training else self.spec.trust
        return torch.cat([share * made[:, :1] + self.known(scaled), made[:, 1:]], dim=1)

    def together(self, shown: Tensor) -> Tensor:
        """What the U-Nets make of a batch: in training each of images of its own, dealt in turn; else their mean."""
        members = len(self.networks)
        if self.training:
            return torch.stack([net(shown[k::members]) for k, net in enumerate(self.networks)], dim=1).flatten(0, 1)
        return torch.stack([net(shown) for net in self.networks]).mean(0)


class Known(nn.Module):
    """The logistic model, whose weights may move on from where they were fitted."""

    def __init__(self, fitted: Logistic) -> None:
        super().__init__()
        self.fitted = fitted
        self.weights = nn.Parameter(torch.empty(len(fitted.weights)))
        self.bias, self.gain = nn.Parameter(torch.empty(())), nn.Parameter(torch.empty(()))

    def draw(self, generator: torch.Generator) -> None:
        """Nothing is drawn: it begins where it was fitted."""
        del generator
        with torch.no_grad():
            self.weights.copy_(torch.from_numpy(self.fitted.weights))
            self.bias.fill_(self.fitted.bias)
            self.gain.fill_(1.0)

    def forward(self, scaled: Tensor) -> Tensor:
        logit = torch.einsum("bchw,c->bhw", scaled, self.weights)[:, None] + self.bias
        return self.gain * logit.clamp(-FAR, FAR)


def as_channels(values: np.ndarray) -> Tensor:
    """`[C]` to `[C, 1, 1]`, float32."""
    return torch.from_numpy(np.asarray(values, dtype=np.float32))[:, None, None]


def descriptors_of(count: int) -> Input:
    """The network is shown crops of descriptors; what z is drawn for it is not used."""
    return Uniform(count)
