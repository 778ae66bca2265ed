"""The settings of LFNet, one table."""

from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from untaught.core import Optimiser, Stopper
from untaught.fit import Fit
from untaught.optimisers import Muon
from untaught.stoppers import Budget, HeldOut
from untaught.vessels.augment import Augment
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.filters import Tubes
from untaught.vessels.from_labels import FromLabels
from untaught.vessels.lessons import Lessons
from untaught.vessels.lfnet import LFNet, descriptors_of
from untaught.vessels.logistic import Logistic
from untaught.vessels.pieces import FLAT
from untaught.vessels.views import Views

AN_IMAGE = 5000  # vessel pixels: as many as a coronary angiogram of 300x300 has
STEPS = {1: 60, 5: 500, 20: 3500, 100: 6000}
"""For labels of so many such images; between them by the logarithm of both."""
LITTLE = 2.5  # images' worth of labels, or less
"""They teach what their own vessels are like, too: what the network adds is not to be believed whole."""
TRUST = 0.8
MUCH = 5  # images' worth of labels, or more
"""They teach a network to see for itself: what is known of tubes would hold it back (decision 19). It is shown the grey
level alone, in crops with more around them, and begins at nothing; copies without descriptors are soon made, so that
each step has a new one."""
STEPS_ALONE = {5: 1200, 20: 3500, 100: 6000}  # then, as `STEPS`: cheaper ones, and more
PLENTY = 10  # images' worth of labels, or more
"""How lone pieces are best dropped is known, and need not be guessed."""
LOWER = 0.4
"""The threshold then. Of true probabilities half of the greatest Dice is the best one (Lipton et al. 2014);
the Dice loss draws it to one half (decision 19)."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a segmentation network is made and trained. The defaults are LFNet with few labels; what is switched off is
    not needed with many (`recipe_for`), or a control.
    """

    bank: Bank = Bank()
    tubes: Tubes | None = Tubes()
    widths: tuple[int, ...] = (16, 32, 64, 64)  # of the U-Net, finest scale first
    residual: bool = True  # begin at the logistic model of the descriptors?
    seen: tuple[int, ...] | None = None  # which descriptors the U-Net is shown; None: all
    settled: bool = True  # does the logistic model stay as it was fitted?
    trust: float = 1.0  # the share of the U-Net's logit that counts once it is trained
    members: int = 1  # U-Nets, whose logits are averaged
    lessons: Lessons = Lessons()
    augment: Augment = Augment()
    threshold: float = 0.5  # of the probability, once it is trained
    flat: float = FLAT  # of Dice: how much the size below which lone pieces are dropped may cost on the labelled images
    copies: int = 40  # at a time; 0: the images as they are, only turned and mirrored
    steps: int = 1000
    optimiser: Optimiser = field(default_factory=lambda: Muon(lr=0.02))
    recall: float = 0.0  # the weight of the skeleton's recall
    cl_dice: float = 0.0  # the weight of clDice
    heads: float = 0.5  # the weight of the further tasks
    hold: float = 0.0  # the share of each labelled image's tiles that is kept from the fit, to know when to stop
    patience: int = 120  # steps to go on after those were met best
    crop: int = 128
    crops: int = 4  # a step, for each of the U-Nets
    renew: int = 4

    def network(self, prior: Logistic) -> LFNet:
        """With the logistic model that it begins at."""
        return LFNet(
            input=descriptors_of(len(self.bank.names())),
            widths=self.widths,
            tubes=self.tubes,
            heads=sum(self.lessons.channels()),
            prior=prior,
            residual=self.residual,
            seen=self.seen,
            settled=self.settled,
            trust=self.trust,
            members=self.members,
        )

    def method(self, views: Views, unlabelled: Views | None, held: tuple[Tensor, ...] = ()) -> FromLabels:
        """On the copies of the images at hand."""
        return FromLabels(
            views=views,
            unlabelled=unlabelled,
            crop=self.crop,
            crops=self.crops * self.members,
            unlabelled_crops=2 * self.members,
            renew=self.renew,
            recall=self.recall,
            cl_dice=self.cl_dice,
            heads=self.heads,
            held=held,
        )

    def stopper(self) -> Stopper:
        """After its steps, or when what is held back is met no better."""
        return HeldOut(patience=self.patience) if self.hold else Budget()

    def fit(self, seed: int) -> Fit:
        """The loop's settings."""
        return Fit(optimiser=self.optimiser, steps=self.steps, schedule="cosine", seed=seed)


def recipe_for(vessel_pixels: int, steps: int | None = None, *, unlabelled: bool = False) -> Recipe:
    """LFNet for labels with so many vessel pixels: more can teach for longer, and need less help.

    unlabelled: are there images without labels? They take part in a further head, for vesselness.
    """
    worth = max(vessel_pixels / AN_IMAGE, 1.0)
    alone = worth >= MUCH and not unlabelled
    recipe = replace(Recipe(), steps=steps or between(STEPS_ALONE if alone else STEPS, worth))
    if worth <= LITTLE:
        recipe = replace(recipe, trust=TRUST)
    if alone:
        recipe = replace(recipe, bank=ImageAlone(), tubes=None, residual=False, crop=256, crops=1, renew=1)
    if worth >= PLENTY:
        recipe = replace(recipe, threshold=LOWER, flat=0.0)
    if unlabelled:
        recipe = replace(recipe, lessons=Lessons(("vesselness",)), heads=0.2)
        if worth >= PLENTY:  # the descriptors are there to be learnt, and not to be seen
            grey = recipe.bank.names().index("grey")
            recipe = replace(recipe, tubes=None, seen=(grey,), crop=256, crops=1)
    return recipe


def between(table: dict[int, int], worth: float) -> int:
    """Of a table's numbers, by the logarithm of both; beyond its ends what stands there."""
    return round(float(np.exp(np.interp(np.log(worth), np.log(list(table)), np.log(list(table.values()))))))
