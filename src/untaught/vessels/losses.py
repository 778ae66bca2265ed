"""What a prediction is held against a label by. A pixel that the label says nothing of is absent from every sum.

Everywhere: `known` is bool `[B, 1, H, W]`; `y`, of the prediction's shape, is the label, 1 on the vessel and 0 beside
it; a scalar comes out, 0 where nothing is known. Overlaps are of the whole batch, not the mean of its images', so that
a crop without a vessel is no extreme case; `SMOOTH` pixels are added above and below, as if so many were right.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from untaught.errors import UsageError

SMOOTH = 1.0
WIDEST = 8  # pixels: the radius up to which the soft skeleton is a line
STEEP = 0.1  # beyond this misfit `smooth_l1` is a line


def cross_entropy(logit: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """The mean of `-y log p - (1 - y) log(1 - p)` over known pixels, p the logistic function of `logit`."""
    each = F.binary_cross_entropy_with_logits(kept(logit, known), kept(y, known), reduction="none")
    return mean(each, known)


def dice_loss(probability: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """`1 - 2 sum(p y) / (sum(p) + sum(y))`, in [0, 1).

    Source: Milletari, Navab and Ahmadi 2016, "V-Net", section 3. Departs: sums, not sums of squares, below: as nnU-Net.
    """
    p, y = kept(probability, known), kept(y, known)
    return 1 - (2 * (p * y).sum() + SMOOTH) / (p.sum() + y.sum() + SMOOTH)


def skeleton_recall_loss(probability: Tensor, tube: Tensor, known: Tensor) -> Tensor:
    """One minus the share of the label's skeleton that is found, in [0, 1). A gap costs as much in a thin vessel as in
    a wide one, and what is found beyond costs nothing: it goes with a loss that does count that.

    tube: the skeleton made a little wider within the label, 0 or 1: `targets.tube`.
    Source: Kirchhoff et al. 2024 (ECCV), "Skeleton Recall Loss for Connectivity Conserving and Resource Efficient
    Segmentation of Thin Tubular Structures".
    """
    p, tube = kept(probability, known), kept(tube, known)
    return 1 - share(p, tube)


def cl_dice_loss(probability: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """`1 - 2 P S / (P + S)`, in [0, 1): P the share of the prediction's skeleton that is in the label, S the share of
    the label's that is in the prediction. Unknown pixels are beside the vessel, for both.

    Source: Shit et al. 2021 (CVPR), "clDice - a Novel Topology-Preserving Loss Function for Tubular Structure
    Segmentation", algorithms 1 and 2, by MONAI's soft skeleton.
    Raises: UsageError if MONAI is not installed.
    """
    p, y = kept(probability, known), kept(y, known)
    precision, sensitivity = share(y, soft_skeleton(p)), share(p, soft_skeleton(y))
    return 1 - 2 * precision * sensitivity / (precision + sensitivity)


def smooth_l1(prediction: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Huber's loss over `STEEP`, the mean over known pixels and channels, `[B, C, H, W]` both.

    Source: Girshick 2015, "Fast R-CNN", equation 3. Departs: it is a line beyond `STEEP`, not 1, for targets are on
    [0, 1], where the published one has squares alone.
    """
    return mean(F.smooth_l1_loss(kept(prediction, known), kept(target, known), reduction="none", beta=STEEP), known)


def kept(x: Tensor, known: Tensor) -> Tensor:
    """`x` with 0 at unknown pixels, whatever was there, NaN too."""
    return torch.where(known, x, torch.zeros((), dtype=x.dtype, device=x.device))


def mean(each: Tensor, known: Tensor) -> Tensor:
    """Over known pixels, of every channel."""
    return kept(each, known).sum() / known.expand_as(each).sum().clamp(min=1)


def share(found: Tensor, sought: Tensor) -> Tensor:
    """How much of what is sought is found, both in [0, 1] and already without what is unknown."""
    return ((found * sought).sum() + SMOOTH) / (sought.sum() + SMOOTH)


def soft_skeleton(x: Tensor) -> Tensor:
    """`[B, 1, H, W]` in [0, 1] to the same: what openings take away from ever stronger erosions of x; 0 where x is."""
    try:
        from monai.losses.cldice import soft_skel
    except ImportError as error:
        raise UsageError("the loss clDice wants MONAI, which is not here: pip install 'untaught[vessels]'") from error
    return soft_skel(x, WIDEST)
