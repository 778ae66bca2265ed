"""How a segmentation network learns from a few labelled images: by the one loop, on crops of their copies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from untaught.core import Problem, Proposal, State
from untaught.fit import under
from untaught.methods.averaged import AveragedRun, cut
from untaught.methods.symmetries import WAYS, turned
from untaught.vessels.losses import cl_dice_loss, dice_loss, skeleton_recall_loss, smooth_l1
from untaught.vessels.views import View, Views

TRIES = 4  # at a crop with a vessel in it
ENOUGH = 0.02  # of a crop's pixels
SPARSE = 0.25  # of a copy's pixels: where fewer are known, crops are laid about them
RIM = 4  # pixels at a crop's edge that see too little of what is around them


@dataclass(frozen=True, kw_only=True)
class FromLabels:
    """Each step sees crops of copies, turned somehow, and is held against the labels of their known pixels.

    To the likelihood (of a label, given the probability of a vessel) come the Dice loss and, with the weights that are
    given, the recall of the skeleton, clDice, and the misfit of each further task. The running average of the weights
    is what is kept: the last one, or, where pixels are held back, that which met those best.
    """

    views: Views | None = field(default=None, repr=False)
    unlabelled: Views | None = field(default=None, repr=False)  # for the heads that an image alone can teach
    crop: int = 128  # pixels a side
    crops: int = 4  # a step
    unlabelled_crops: int = 2  # a step, beside them, if there are unlabelled images
    renew: int = 4  # steps between two new copies
    decay: float = 0.99  # of the running average of the weights
    dice: float = 1.0
    recall: float = 0.0
    cl_dice: float = 0.0
    heads: float = 0.5  # the weight of the further tasks' misfit
    held: tuple[Tensor, ...] = field(default=(), repr=False)  # bool [1, 1, H, W] of the first images: kept from the fit
    look: int = 20  # steps between two looks at what is held

    def start(self, problem: Problem, z: Tensor, generator: torch.Generator) -> "FromLabelsRun":
        del z
        if self.views is None:
            raise ValueError("there are no labelled images to learn from")
        return FromLabelsRun(self, problem, self.views, generator)

    def sources(self) -> dict[str, Views]:
        """What crops come from."""
        named = {"views": self.views, "unlabelled": self.unlabelled}
        return {name: views for name, views in named.items() if views is not None}


@dataclass(frozen=True, eq=False)
class Known:
    """The operator of a step: the pixels of a batch that a label says something of, as a list."""

    places: Tensor = field(repr=False)  # [B, 1, H, W]

    def __call__(self, x: Tensor) -> Tensor:
        return x[self.places]


class FromLabelsRun(AveragedRun):
    """`FromLabels` at work."""

    def __init__(self, rule: FromLabels, problem: Problem, views: Views, generator: torch.Generator) -> None:
        super().__init__(rule.decay, torch.zeros(1, 1, 1, 1), generator)
        self.rule, self.problem, self.views = rule, problem, views
        self.best: dict[str, Tensor] = {}  # the averaged weights when the held pixels were met best
        self.least = float("inf")

    def propose(self, network: nn.Module) -> Proposal:
        self.average(network)
        if self.rule.held and self.steps % self.rule.look == 0:
            self.look(network)
        self.steps += 1
        crops = [self.crop(self.views) for _ in range(self.rule.crops)]
        if self.rule.unlabelled is not None:
            crops += [self.crop(self.rule.unlabelled) for _ in range(self.rule.unlabelled_crops)]
        if self.steps % self.rule.renew == 0:
            self.views.renew()
            if self.rule.unlabelled is not None:
                self.rule.unlabelled.renew()
        descriptors, label, known, targets, told = (torch.cat(parts) for parts in zip(*crops, strict=True))
        size = self.rule.crop
        known, told = within(known, RIM), within(told, RIM)
        made: Tensor = network(descriptors.float())
        probability, y = torch.sigmoid(made[:, :1]), label.float()
        asked = replace(self.problem, y=y[known], operator=Known(known), shape=(1, size, size))
        penalty = self.rule.dice * dice_loss(probability, y, known)
        if self.rule.recall:
            penalty = penalty + self.rule.recall * skeleton_recall_loss(probability, targets[:, :1], known)
        if self.rule.cl_dice:
            penalty = penalty + self.rule.cl_dice * cl_dice_loss(probability, y, known)
        if made.shape[1] > 1:
            penalty = penalty + self.rule.heads * smooth_l1(made[:, 1:], targets[:, 1:], told[:, 1:])
        return Proposal(x=probability, problem=asked, penalty=penalty)

    @torch.no_grad()
    def look(self, network: nn.Module) -> None:
        """How well do the averaged weights meet the labels that are held back? Keeps the weights that do best."""
        each = []
        network.eval()
        for held, view in zip(self.rule.held[: self.views.pinned], self.views.copies, strict=False):
            if not held.any():
                continue
            made: Tensor = functional_call(network, self.weights, (view.descriptors.float(),))
            probability = torch.sigmoid(made[:, :1])[held]
            each.append(self.problem.likelihood.nll(probability, view.label.float()[held]))
        network.train()
        self.held_out = torch.stack(each).mean()
        if float(self.held_out) < self.least:
            self.least, self.best = float(self.held_out), {name: one.clone() for name, one in self.weights.items()}

    def crop(self, views: Views) -> View:
        """Somewhere in a copy, turned somehow; of labelled ones where something is known, with a vessel if that is soon
        found.
        """
        found: View | None = None
        for _ in range(TRIES):
            copy = views.copy(views.numbers[self.one_of(len(views.numbers))])
            found = View(*self.square_of_places(copy, self.corner(copy)))
            if views is not self.views or float(found.label.float().mean()) > ENOUGH:
                break
        if views is self.views and found is not None and not within(found.known, RIM).any():
            copy = views.copy(self.one_of(views.pinned))  # an image as it is, which has something known
            found = View(*self.square_of_places(copy, self.about_a_known_pixel(copy)))
        assert found is not None
        return found

    def square_of_places(self, copy: View, corner: list[int]) -> list[Tensor]:
        """Every plane of a copy in a square from a corner on, turned somehow."""
        way = self.one_of(WAYS)
        return [turned(cut(plane, corner, self.rule.crop), way) for plane in copy]

    def corner(self, copy: View) -> list[int]:
        """Anywhere; where little is known, so that a known pixel is well inside."""
        if float(copy.known.float().mean()) < SPARSE and copy.known.any():
            return self.about_a_known_pixel(copy)
        return [self.one_of(max(side - self.rule.crop, 0) + 1) for side in copy.label.shape[-2:]]

    def about_a_known_pixel(self, copy: View) -> list[int]:
        """A corner from which a known pixel is well inside, unless that lies at the image's border."""
        size, sides = self.rule.crop, copy.label.shape[-2:]
        places = within(copy.known, RIM)[0, 0].nonzero()
        places = places if len(places) else copy.known[0, 0].nonzero()
        place = places[self.one_of(len(places))].tolist()
        wanted = [at - RIM - self.one_of(size - 2 * RIM) for at in place]
        return [min(max(first, 0), max(side - size, 0)) for first, side in zip(wanted, sides, strict=True)]

    def state(self) -> State:
        state = super().state()
        for name, views in self.rule.sources().items():
            state |= {f"{name}.{key}": value for key, value in views.state().items()}
        state["least"] = torch.tensor(self.least, dtype=torch.float64)
        return state | {f"best.{name}": weight for name, weight in self.best.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        super().restore(state)
        for name, views in self.rule.sources().items():
            views.restore(under(name, state))
        self.least = float(state["least"])
        self.best = {key[5:]: value.clone() for key, value in state.items() if key.startswith("best.")}


def within(known: Tensor, rim: int) -> Tensor:
    """Nothing is known of the `rim` pixels at each edge."""
    inner = torch.zeros_like(known)
    inner[..., rim:-rim, rim:-rim] = known[..., rim:-rim, rim:-rim]
    return inner
