"""What the studies of vessels share: images with and without labels, one training, and a look at it as it goes.

Labels of held-out images enter in scores alone: nothing is chosen by them, no stop, no threshold, no setting.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.errors import UsageError
from untaught.initialise import initialise
from untaught.studies.runs import fingerprint
from untaught.studies.study import Asked, Numbers
from untaught.version import __version__
from untaught.vessels.descriptors import Bank
from untaught.vessels.examples import read_examples
from untaught.vessels.from_labels import FromLabels
from untaught.vessels.model import Model
from untaught.vessels.phantom import phantom
from untaught.vessels.recipe import Recipe
from untaught.vessels.scores import dice
from untaught.vessels.teaching import are_bright, ready
from untaught.vessels.training import Training, weights_of
from untaught.vessels.views import Labelled, Views, as_image

SHARE = 0.95  # of the final Dice: the steps up to it are counted
MORE = 3  # draws, where differences are small beside what seeds make
HELD_FROM = 1000  # the number of the first phantom that is held out


@dataclass(frozen=True, kw_only=True)
class Brief(Recipe):
    """For trainings of some hundred steps: a running average as long as those of thousands would hold the start."""

    decay: float = 0.9

    def method(self, views: Views, unlabelled: Views | None, held: tuple[Tensor, ...] = ()) -> FromLabels:
        return replace(
            super().method(views, unlabelled, held), decay=self.decay, unlabelled_crops=max(self.crops // 2, 1)
        )


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is tried."""

    labels: tuple[int, ...] = (1, 4)
    draws: int = 2  # of the labelled images; each has a seed of its own
    steps: int = 120
    every: int = 20  # steps between two looks at the held-out images
    held: int = 6  # images
    pool: int = 8  # images that labels are drawn from
    side: int = 256  # of a phantom
    widths: tuple[int, ...] = (8, 16, 16)
    crop: int = 128  # of 64, group norms see too little of what an image is: a U-Net loses a tenth of Dice by it
    crops: int = 1
    copies: int = 8
    renew: int = 16
    decay: float = 0.9  # of the weights' running average

    def recipe(self) -> Recipe:
        """LFNet as small as this."""
        return Brief(
            decay=self.decay,
            widths=self.widths,
            crop=self.crop,
            crops=self.crops,
            copies=self.copies,
            renew=self.renew,
            steps=self.steps,
        )


SIZES = {
    "tiny": Size(
        labels=(1,), draws=2, steps=8, every=4, held=2, pool=3, side=64, widths=(8, 8), crop=32, crops=1, copies=2,
    ),
    "default": Size(),
    "full": Size(
        labels=(1, 2, 4, 8, 16), draws=5, steps=600, every=20, held=34, pool=60, widths=(16, 32, 64, 64), crops=4,
        copies=40, renew=4, decay=0.99,
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cases:
    """Images that labels are drawn from, and others that nobody learns from."""

    pool: list[Labelled] = field(repr=False)
    held: list[Labelled] = field(repr=False)
    source: str = ""
    described: dict[Bank, list[Tensor]] = field(default_factory=dict, repr=False)  # the held-out ones

    @classmethod
    def of(cls, asked: Asked, size: Size) -> "Cases":
        """Phantoms, or what the folders hold, shuffled by the seed.

        Raises: UsageError if one folder is given without the other, or a photograph; InputError for too few images.
        """
        if asked.image is not None:
            raise UsageError(f"got --image {asked.image}; a study of vessels wants --images and --labels, or nothing")
        if asked.images is None and asked.labels is None:
            asked.say(f"drawing {size.pool + size.held} phantoms")
            first = 10_000 * asked.seed
            pool = [drawn(first + k, size.side) for k in range(size.pool)]
            return cls(pool, [drawn(first + HELD_FROM + k, size.side) for k in range(size.held)], "phantoms")
        if asked.images is None or asked.labels is None:
            raise UsageError("real images want their labels and labels their images: --images and --labels, or neither")
        examples = read_examples(asked.images, asked.labels)
        least = max(size.labels) + 1
        if len(examples) <= least:
            raise UsageError(f"{asked.images} has {len(examples)} labelled images; wanted more than {least}")
        bright = are_bright(examples)
        order = np.random.default_rng([asked.seed, 5]).permutation(len(examples))
        every = [ready(examples[k], bright=bright) for k in order]
        held = min(size.held, len(every) - max(size.labels))
        return cls(every[held : held + size.pool], every[:held], asked.images.name)

    def draw(self, labels: int, number: int) -> tuple[list[Labelled], list[Labelled]]:
        """The labelled images of a draw, and the others without labels. Larger draws contain smaller ones."""
        order = np.random.default_rng([77, number]).permutation(len(self.pool))
        others = [replace(self.pool[k], label=None, known=np.zeros_like(self.pool[k].known)) for k in order[labels:]]
        return [self.pool[k] for k in order[:labels]], others

    def maps(self, model: Model) -> list[NDArray[np.float32]]:
        """The probability of a vessel at each pixel of the held-out images."""
        bank = model.recipe.bank
        if bank not in self.described:
            with torch.no_grad():
                self.described[bank] = [bank.describe(as_image(one.image), as_image(one.fov)) for one in self.held]
        return [
            model.from_descriptors(one) * held.fov for one, held in zip(self.described[bank], self.held, strict=True)
        ]

    def scored(self, masks: Sequence[NDArray[np.bool_]], by: Callable[..., Any]) -> list[Any]:
        """A score of each held-out image, where its label is known."""
        return [by(mask, label_of(one), known=one.known) for mask, one in zip(masks, self.held, strict=True)]

    def dice(self, model: Model) -> float:
        """The mean over the held-out images; a vessel from one half on."""
        return float(np.mean(self.scored([one > model.threshold for one in self.maps(model)], dice)))


def drawn(number: int, side: int) -> Labelled:
    """A phantom, as it is learnt from."""
    made = phantom(number, side)
    return Labelled.of(made.image, made.label)


def label_of(one: Labelled) -> NDArray[np.bool_]:
    """Of an image that has one."""
    assert one.label is not None
    return one.label


@dataclass(frozen=True, eq=False)
class Learnt:
    """A training as it went: at these steps, 0 first, the Dice on held-out images; the loss at every step."""

    steps: list[int]
    dice: list[float]
    losses: list[float]
    model: Model = field(repr=False)
    start: Model = field(repr=False)  # before the first step

    def steps_to(self, dice: float) -> int | None:
        """The first step looked at with a Dice as high; None if there is none."""
        return next((step for step, one in zip(self.steps, self.dice, strict=True) if one >= dice), None)

    def record(self) -> Numbers:
        """What is kept of it. `late`: what the last quarter of the steps still gained."""
        last = next(k for k, step in enumerate(self.steps) if step >= 0.75 * self.steps[-1])
        kept = {"steps": self.steps, "dice": self.dice, "final": self.dice[-1], "late": self.dice[-1] - self.dice[last]}
        return kept | {"steps_to_95": self.steps_to(SHARE * self.dice[-1])}


def learn(
    cases: Cases,
    examples: Sequence[Labelled],
    recipe: Recipe,
    *,
    every: int,
    seed: int,
    unlabelled: Sequence[Labelled] = (),
    look: Callable[[Model, Training], None] | None = None,
) -> Learnt:
    """Train to the end by the one loop. The held-out images are looked at every so many steps; nothing comes of it.

    look: is shown the model as often, and what it learns from.
    """
    training = Training(examples, recipe, seed=seed, unlabelled=unlabelled)
    start = before(training)
    model, steps, found, losses = start, [0], [cases.dice(start)], []
    for moment in training:
        losses.append(float(moment.loss) if moment.loss is not None else float("nan"))
        if moment.done % every == 0 or moment.done == recipe.steps:
            model = Model.of(recipe, training.network, weights_of(training.state()))
            steps.append(moment.done)
            found.append(cases.dice(model))
            if look is not None:
                look(model, training)
    return Learnt(steps, found, losses, model, start)


def before(training: Training) -> Model:
    """The network as it is before the first step, drawn as the loop draws it."""
    module = training.network.build(1, training.recipe.crop, training.recipe.crop)
    initialise(module, torch.Generator().manual_seed(training.seed))
    return Model.of(training.recipe, training.network, module.state_dict())


def about(asked: Asked, size: Size, cases: Cases) -> Numbers:
    """What every study says of itself."""
    facts = {"untaught": __version__, "torch": torch.__version__, "threads": torch.get_num_threads()}
    facts |= {"seed": asked.seed, "images": cases.source, "held": len(cases.held), "pool": len(cases.pool)}
    pixels = (plane for one in (*cases.pool, *cases.held) for plane in (one.image, label_of(one), one.known, one.fov))
    return facts | {"size": asdict(size), "pixels": fingerprint(pixels)}


def basis(numbers: Numbers) -> str:
    """The sentence that ends every paragraph: how much was tried, on what."""
    size = numbers["size"]
    return (
        f"{size['draws']} draws of the labelled images, each with a seed of its own; {numbers['held']} held-out images "
        f"({numbers['images']}); {size['steps']} steps; ± is the standard deviation over draws."
    )
