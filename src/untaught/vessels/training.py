"""LFNet being trained: copies, the logistic model, then the loop, under one clock."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from untaught.core import Problem, State
from untaught.errors import UsageError
from untaught.fit import under
from untaught.fitting import Fitting
from untaught.initialise import initialise
from untaught.job import Moment
from untaught.likelihoods import Bernoulli
from untaught.operators import Identity
from untaught.vessels.lfnet import LFNet
from untaught.vessels.logistic import Logistic, fit_logistic
from untaught.vessels.model import Model
from untaught.vessels.pieces import smallest_from
from untaught.vessels.recipe import AN_IMAGE, Recipe
from untaught.vessels.views import Labelled, Views, as_image

TILE = 32  # pixels
PIXELS = 150_000  # that the logistic model is fitted on
SHRINK = 1e-2  # of its weights, with one image's worth of labels; less with more of them
JUDGES = 16  # copies on which the smallest piece is decided


class Training:
    """Iterate over it, leave whenever you like, ask for the model or the state; iterated again it goes on.

    The seed decides everything; with as many threads the same numbers come out again.
    Raises: UsageError where no image has a label, InputError where the labels know of one kind of pixel alone.
    """

    def __init__(
        self, examples: Sequence[Labelled], recipe: Recipe, *, seed: int = 0, unlabelled: Sequence[Labelled] = ()
    ) -> None:
        if not examples or any(example.label is None for example in examples):
            raise UsageError("there is nothing to learn from: wanted one labelled image or more")
        self.recipe, self.examples, self.seed = recipe, examples, seed
        held = [held_back(one, recipe.hold, np.random.default_rng([seed, k])) for k, one in enumerate(examples)]
        examples = [replace(one, known=one.known & ~back) for one, back in zip(examples, held, strict=True)]
        self.views = Views(examples, recipe.bank, recipe.augment, recipe.lessons, count=recipe.copies, seed=seed)
        others = None
        if unlabelled and recipe.lessons.label_free():
            others = Views(unlabelled, recipe.bank, recipe.augment, recipe.lessons, count=recipe.copies // 2, seed=seed)
        self.network = self._network()
        crops = Problem(
            y=torch.zeros(1), operator=Identity(), likelihood=Bernoulli(), shape=(1, recipe.crop, recipe.crop)
        )
        self.method = recipe.method(self.views, others, tuple(as_image(one) for one in held) if recipe.hold else ())
        self.fitting = Fitting(crops, self.network, self.method, recipe.fit(seed), recipe.stopper())

    @property
    def finished(self) -> bool:
        """Is there nothing left to do?"""
        return self.fitting.finished

    def __iter__(self) -> Iterator[Moment]:
        for step in self.fitting:
            yield Moment(step.index + 1, self.recipe.steps, "network", step.loss)

    def _network(self) -> LFNet:
        """LFNet, whose logistic model is fitted on the labelled images as they are; one half is its best threshold."""
        bare = self.recipe.network(Logistic.blank(0))
        count = len(self.examples)
        found = [self._known(bare, number, PIXELS // count) for number in range(count)]
        descriptors, vessel = (np.concatenate(parts) for parts in zip(*found, strict=True))
        told = sum(int((one.label & one.known).sum()) for one in self.examples if one.label is not None)
        fitted = fit_logistic(descriptors, vessel, shrink=SHRINK / max(told / AN_IMAGE, 1.0))
        return replace(bare, prior=fitted.balanced(descriptors, vessel))

    def _known(self, network: LFNet, number: int, most: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """What is known of an image: the descriptors `[N, C]` of some of its pixels, and which are vessel."""
        view = self.views.copy(number)
        described = network.describe(view.descriptors.float())[0]
        places = np.flatnonzero(view.known[0, 0].numpy())
        some = np.random.default_rng([self.seed, number]).permutation(places)[:most]
        return described.flatten(1)[:, some].T.numpy(), view.label.flatten().numpy()[some]

    def model(self) -> Model:
        """What was learnt so far: the averaged weights."""
        raw = Model.of(self.recipe, self.network, weights_of(self.fitting.state()))
        return self._judged(replace(raw, threshold=self.recipe.threshold))

    def untrained(self) -> Model:
        """Before the first step: the logistic model if there is one, one half its threshold, and a network that says
        nothing.
        """
        module = self.network.build(1, self.recipe.crop, self.recipe.crop)
        initialise(module, torch.Generator().manual_seed(self.seed))
        return self._judged(Model.of(self.recipe, self.network, module.state_dict()))

    def _judged(self, raw: Model) -> Model:
        """With the size below which lone pieces are dropped, decided on copies of the labelled images."""
        judges = self.views.copies[:JUDGES]
        planes = [[plane[0, 0].numpy() for plane in (view.label, view.known)] for view in judges]
        labels, knowns = ([pair[which] for pair in planes] for which in (0, 1))
        maps = [raw.from_descriptors(view.descriptors.float()) for view in judges]
        return replace(
            raw, smallest=smallest_from([one > raw.threshold for one in maps], labels, knowns, self.recipe.flat)
        )

    def state(self) -> State:
        """All that is needed to go on, in another process, with the same images."""
        return self.fitting.state()

    def resume(self, state: State) -> None:
        """Before the first step: go on where `state` was taken."""
        self.fitting.resume(state)
        for name, views in self.method.sources().items():  # as the loop will, but not before its first step
            views.restore(under(f"run.{name}", state))

    def make_copies(self) -> int:
        """All that there are to be, now and not at the first step; how many."""
        return sum(len(views.copies) for views in self.method.sources().values())


def held_back(example: Labelled, share: float, generator: np.random.Generator) -> NDArray[np.bool_]:
    """The known pixels of some tiles `TILE` wide; never more than half of the vessel's pixels."""
    nothing: NDArray[np.bool_] = np.zeros_like(example.known)
    if share == 0 or example.label is None:
        return nothing
    rows, columns = (-(-side // TILE) for side in nothing.shape)
    tiles = np.arange(rows * columns).reshape(rows, columns).repeat(TILE, 0).repeat(TILE, 1)
    tiles = tiles[: nothing.shape[0], : nothing.shape[1]]
    vessel, held = example.label & example.known, nothing
    for tile in generator.permutation(rows * columns)[: max(1, round(share * rows * columns))]:
        more = held | ((tiles == tile) & example.known)
        if (more & vessel).sum() <= vessel.sum() / 2:
            held = more
    return held


def weights_of(state: State) -> State:
    """The averaged weights, the best if some pixels were held back to know them, and what else the network has."""
    return under("network", state) | under("run.weights", state) | under("run.best", state)
