"""What descriptors say of an image some of whose pixels are labelled: a probability for each, and how many are what."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from scipy.special import logit as logit_of
from torch import Tensor

from untaught.vessels.descriptors import Bank, local_contrast
from untaught.vessels.descriptors.bank import standardised
from untaught.vessels.field_of_view import field_of_view, filled
from untaught.vessels.logistic import FAR, fit_logistic

SHRINK = 0.02  # of the weights, for a few hundred pixels
GREEN = 1  # the channel that shows vessels best, and carries most of the light
SHOWN = ("contrast", "grey", "frangi", "sato", "scale")  # to the network, beside the colours and the logit
KEPT = 0.8  # of the labelled pixels of a kind, at the least: no more are given up for the other kind's being common
ROUNDS, STILL = 200, 1e-6
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Beginning:
    """What is believed before a network has looked."""

    shown: Tensor = field(repr=False)  # [1, C, H, W]: what the network is to look at, about 1 in spread
    logit: Tensor = field(repr=False)  # [1, 1, H, W], within `FAR` of 0
    share: float  # of the image's pixels that are of the object
    odds: float  # how much more readily these were labelled than the others
    bright: bool  # is the object brighter than what is around it?
    inside: Mask = field(repr=False)  # [H, W], the field of view


def beginning(image: Tensor, known: Mask, label: Mask) -> Beginning:
    """For an image `[1, C, H, W]` in [0, 1] with labels at its `known` pixels, bool `[H, W]` both.

    A logistic model of the descriptors is fitted to the known pixels. Those do not say how common the object is:
    `share_of` finds it from all pixels, and is believed as long as `KEPT` of the known pixels come out as they were
    labelled: strokes lie in the middle of things, and a model may think too little of their edges.
    """
    grey = image[:, GREEN : GREEN + 1] if image.shape[1] >= 3 else image[:, :1]
    contrast = local_contrast(grey)[0, 0].numpy()
    bright = bool(contrast[label].mean() > contrast[known & ~label].mean())
    dark = 1 - grey if bright else grey
    inside = in_view(dark[0, 0].numpy(), label)
    plane = torch.from_numpy(filled(dark[0, 0].numpy(), inside).astype(np.float32))[None, None]
    fov = torch.from_numpy(inside)[None, None]
    bank = Bank()
    colours = [standardised(one[None, None], fov) for one in image[0]] if image.shape[1] > 1 else []
    described = torch.cat([bank.describe(plane, fov), *colours], dim=1)[0].permute(1, 2, 0).numpy()
    model = fit_logistic(described[known], label[known], shrink=SHRINK)
    logit = model.logit(described).astype(np.float64)
    told = float(label[known].mean())
    share = share_of(logit[inside], told, (int(label.sum()), int((known & ~label).sum())))
    shift = within_reason(float(logit_of(share) - logit_of(told)), logit[label], logit[known & ~label])
    share = float(expit(logit_of(told) + shift))
    believed = np.where(inside, np.clip(logit + shift, -FAR, FAR), -FAR).astype(np.float32)
    seen = [bank.names().index(name) for name in SHOWN] + list(range(len(bank.names()), described.shape[-1]))
    scaled = np.clip((described - model.mean) / model.spread, -FAR, FAR)[..., seen].astype(np.float32)
    shown = torch.from_numpy(np.concatenate([scaled, believed[..., None]], axis=2)).permute(2, 0, 1)[None]
    return Beginning(
        shown.contiguous(), torch.from_numpy(believed)[None, None], share, float(np.exp(-shift)), bright, inside
    )


def in_view(dark: NDArray[np.floating], label: Mask) -> Mask:
    """The field of view; all of the image if an object was seen beyond what would be its edge."""
    inside = field_of_view(dark)
    return np.ones_like(inside) if (label & ~inside).any() else inside


def within_reason(shift: float, ours: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """What is to be added to logits, but not so much that fewer than `KEPT` of the known pixels of a kind are of it."""
    least, most = -float(np.quantile(ours, 1 - KEPT)), -float(np.quantile(others, KEPT))
    return min(max(shift, min(least, 0.0)), max(most, 0.0))


def share_of(logit: NDArray[np.float64], told: float, counts: tuple[int, int]) -> float:
    """How large a share of all pixels is of the object, by a model fitted where a share `told` of them was.

    Expectation maximisation: the share is the mean probability that it leads to. Not less than the pixels known to be
    of the object, nor so much that those of the background (`counts` of both) have no room.
    Source: Saerens, Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
    probabilities", eq. 2.5 to 2.9.
    """
    least, most = counts[0] / logit.size, 1 - counts[1] / logit.size
    if least >= most:
        return told
    share = told
    for _ in range(ROUNDS):
        before, share = share, float(expit(logit + logit_of(share) - logit_of(told)).mean())
        share = min(max(share, least), most)
        if abs(share - before) < STILL:
            break
    return share
