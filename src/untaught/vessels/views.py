"""Labelled images seen many ways: copies moved and relit, with descriptors of their own, some renewed as time goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from untaught.core import State
from untaught.vessels.augment import Augment, augmented
from untaught.vessels.descriptors import Bank
from untaught.vessels.field_of_view import field_of_view, filled
from untaught.vessels.lessons import Described, Lessons

PINNED = 20  # of half a megapixel they take half a gigabyte
TURNS = 40  # images as they are, beside those
Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Labelled:
    """An image ready to be learnt from: vessels dark, filled outside its field of view."""

    image: Grey  # [H, W]
    label: Mask | None
    known: Mask  # false where the label says nothing, and outside the field of view
    fov: Mask

    @classmethod
    def of(cls, image: Grey, label: Mask | None, known: Mask | None = None, fov: Mask | None = None) -> "Labelled":
        """`image` `[H, W]` in [0, 1] with dark vessels; a field of view that is not given is looked for."""
        fov = field_of_view(image) if fov is None else fov
        known = np.zeros_like(fov) if label is None else fov if known is None else known & fov
        return cls(filled(image, fov).astype(np.float32), label, known, fov)


class View(NamedTuple):
    """One copy, all `[1, c, H, W]`."""

    descriptors: Tensor  # float16: they are many
    label: Tensor  # bool
    known: Tensor  # bool
    targets: Tensor  # float32, as `Lessons` made them
    told: Tensor  # bool: where the targets say something


class Views:
    """Images as they are, at most `PINNED`, and `count` copies at a time of all of them, in turn.

    With a `count` of 0 nothing is moved or relit: further images are there as they are, `TURNS` at a time, in turn.
    Which number each slot holds is all the state there is: a number makes a copy, the first ones are the images. A copy
    is made when it is first asked for, so that those of a training that is gone on with are not made for nothing.
    """

    def __init__(
        self, examples: Sequence[Labelled], bank: Bank, rule: Augment, lessons: Lessons, *, count: int, seed: int
    ) -> None:
        self.examples, self.bank, self.rule, self.lessons, self.seed = examples, bank, rule, lessons, seed
        self.pinned, self.still = min(len(examples), PINNED), count == 0
        self.numbers = first_numbers(len(examples), count)
        self._made: dict[int, View] = {}

    @property
    def copies(self) -> list[View]:
        """Those of its numbers, all made."""
        return [self.copy(number) for number in self.numbers]

    def copy(self, number: int) -> View:
        """That of a number; it is kept if the number is one of its own."""
        if number not in self.numbers:
            return self.make(number)
        if number not in self._made:
            self._made[number] = self.make(number)
        return self._made[number]

    def make(self, number: int) -> View:
        """The image of this number as it is, or a copy."""
        example = self.examples[number % len(self.examples)]
        image, label, known, fov = example.image, example.label, example.known, example.fov
        if number >= len(self.examples) and not self.still:
            drawn = np.random.default_rng([self.seed, number])
            blank = np.zeros_like(known) if label is None else label
            image, moved, known, seen = augmented(image, blank, known, self.rule, drawn, fov)
            label = None if label is None else moved
            assert seen is not None
            image, fov = (filled(image, seen), seen) if seen.any() else (image, fov)
        with torch.no_grad():
            descriptors = self.bank.describe(as_image(image), as_image(fov))
        taught = self.lessons.of(image, label, known, fov, Described(descriptors, self.bank.names(), number))
        mask = np.zeros_like(known) if label is None else label
        return View(descriptors.half(), as_image(mask), as_image(known), *taught)

    def renew(self) -> None:
        """The oldest copy gives its place to a new one; the pinned images stay."""
        spare = self.numbers[self.pinned :]
        if not spare or (self.still and len(self.numbers) == len(self.examples)):
            return
        slot, number = self.numbers.index(min(spare)), max(self.numbers) + 1
        while self.still and number % len(self.examples) < self.pinned:
            number += 1
        self._made.pop(self.numbers[slot], None)
        self.numbers[slot] = number

    def state(self) -> State:
        return {"numbers": torch.tensor(self.numbers)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.numbers = [int(number) for number in state["numbers"]]
        self._made = {number: view for number, view in self._made.items() if number in self.numbers}


def first_numbers(images: int, count: int) -> list[int]:
    """Of so many images and `count` copies at a time: as many are kept as there are numbers."""
    if count == 0:
        return [*range(min(images, PINNED + TURNS))]
    return [*range(min(images, PINNED)), *range(images, images + count)]


def as_image(plane: NDArray[np.generic]) -> Tensor:
    """`[H, W]` to `[1, 1, H, W]`."""
    return torch.from_numpy(np.ascontiguousarray(plane))[None, None]
