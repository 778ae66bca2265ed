"""Does `vessels annotate-next` choose better than chance? Which image to label next, asked again and again.

    python benchmarks/annotate.py --data DIR --draws 20 --most 5
    python benchmarks/annotate.py --data DIR --draws 4 --most 3 --steps own

Images: as benchmarks/vessels.py, DIR/vessels/dca1. A draw begins with one training image chosen at random, the same for
every way of choosing; then each label more is chosen from 40 others, also drawn at random:

    chance    the first of them
    next      as `untaught vessels annotate-next` does: the nearest to the middle of all, of the two thirds less sure
    middle    the nearest to the middle alone
    unsure    the least expected Dice alone
    novel     the greatest distance from what is labelled alone, by the moments in units of training
    product   (1 - expected Dice) times that distance: what `annotate-next` did at first (decision 20)

With `--steps 0`, the default, the model is the logistic one that LFNet begins at: it is as good as LFNet at one label
and takes seconds. `own`: LFNet. Labels of images that are not chosen are never looked at; the test images score.

Appends JSON lines to benchmarks/results/annotate.jsonl, one for each draw, way and number of labels.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from references import add_row, check, rows, versions
from untaught.allocator import keep_freed_memory
from untaught.vessels.choosing import Candidate, choose, expected_dice, moments
from untaught.vessels.descriptors import Bank
from untaught.vessels.examples import Example
from untaught.vessels.logistic import FAR
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe, recipe_for
from untaught.vessels.scores import dice
from untaught.vessels.teaching import ready, vessel_pixels
from untaught.vessels.views import Labelled
from vessels import Split, described, learnt

RESULTS = Path(__file__).parent / "results" / "annotate.jsonl"
OFFERED = 40
KEYS = ("draw", "way", "labels", "steps", "seed")


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--most", type=int, default=5, help="labels")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--steps", default="0", help="of the loop: 0, the logistic model, or own, LFNet's")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    check(parser, "--ways", asked.ways, WAYS)
    torch.set_num_threads(asked.threads)
    keep_freed_memory()
    folder = asked.data / "vessels" / "dca1"
    if not folder.is_dir():
        print(f"skipped: {folder} is not there")
        return
    split = Split.read("dca1", folder)
    train, test = ([Seen.of(one) for one in part] for part in (split.train, split.test))
    for draw in range(asked.draws):
        known: dict[Names, Learnt] = {}
        for way in asked.ways.split(","):
            wanted = [
                dict(zip(KEYS, (draw, way, count, asked.steps, 0), strict=True)) for count in range(1, asked.most + 1)
            ]
            there = [[row.get(key) for key in KEYS] for row in rows(asked.results)]
            if not all([one[key] for key in KEYS] in there for one in wanted):
                for row in grown(wanted, train, test, known):
                    if [row[key] for key in KEYS] not in there:
                        add_row(asked.results, row | {"threads": asked.threads})
                        print(draw, way, row["labels"], round(float(np.mean(row["dice"])), 4), flush=True)


class Seen:
    """An image and its descriptors; its label is there only for whoever has chosen it."""

    def __init__(self, example: Example, one: Labelled, descriptors: Tensor) -> None:
        self.example, self.ready, self.descriptors = example, one, descriptors
        self.moments = moments(descriptors, one.fov)
        self.filtered: Tensor | None = None  # by the learnable filters before they have learnt

    @classmethod
    def of(cls, example: Example) -> "Seen":
        one = ready(example, bright=False)
        return cls(example, one, described(Bank(), one))

    def likely(self, model: Model) -> np.ndarray:
        """The probability of a vessel; without the U-Net, which takes the time, as long as that says nothing."""
        module: Any = model.module
        if module.networks[0].head.weight.any():
            shown = self.descriptors if model.recipe.bank == Bank() else described(model.recipe.bank, self.ready)
            return model.from_descriptors(shown.float()) * self.ready.fov
        with torch.no_grad():
            if self.filtered is None:
                self.filtered = module.described(self.descriptors.float())[:, self.descriptors.shape[1] :]
            every = torch.cat([self.descriptors.float(), self.filtered], dim=1)
            logit = module.known(((every - module.mean) / module.spread).clamp(-FAR, FAR))
        return torch.sigmoid(logit)[0, 0].numpy() * self.ready.fov

    def signature(self, model: Model) -> np.ndarray:
        """What kind of image it is, in units of training."""
        mean, spread = np.split(self.moments, 2)
        scaling = model.module.state_dict()
        trained = [scaling[name][: len(mean), 0, 0].double().numpy() for name in ("mean", "spread")]
        return np.hstack([(mean - trained[0]) / trained[1], np.log(spread / trained[1] + 1e-3)])

    def candidate(self, model: Model, name: int, *, sure: bool = True) -> Candidate:
        """What the model makes of it; unless what it is sure of is to be left out of account."""
        return Candidate(str(name), expected_dice(self.likely(model)) if sure else 0.0, self.moments)


Names = tuple[str, ...]
Learnt = tuple[Model, dict[str, Any]]  # and what a row says of it


def grown(wanted: list[dict[str, Any]], train: list[Seen], test: list[Seen], known: dict[Names, Learnt]) -> Any:
    """A row for each number of labels: one more is chosen each time. What other ways chose too is `known`."""
    order = np.random.default_rng([2026, wanted[0]["draw"]]).permutation(len(train))
    chosen = [train[order[0]]]
    for row in wanted:
        names = tuple(one.example.image.name for one in chosen)
        if names not in known:
            began = time.process_time()
            model = taught(chosen, row["steps"])
            took = round(time.process_time() - began, 1)
            known[names] = model, {"dice": tested(model, test), "cpu_seconds": took, "chosen": list(names)}
        model, about = known[names]
        yield row | {"benchmark": "annotate", "set": "dca1"} | about | versions()
        if row is wanted[-1]:
            return
        offered = [one for one in (train[k] for k in order[1:]) if one not in chosen]
        some = np.random.default_rng([2027, row["draw"], row["labels"]]).permutation(len(offered))[:OFFERED]
        chosen.append(WAYS[row["way"]](model, chosen, [offered[k] for k in some]))


def taught(chosen: list[Seen], steps: str) -> Model:
    """A model of the chosen images' labels."""
    examples = [one.example for one in chosen]
    recipe = Recipe(steps=0, copies=0) if steps == "0" else recipe_for(vessel_pixels(examples))
    return learnt(recipe, [one.ready for one in chosen], 0, [])[0]


def tested(model: Model, test: list[Seen]) -> list[float]:
    """The Dice of each test image."""
    return [round(dice(model.mask(one.likely(model)), one.example.label, known=one.example.counted), 4) for one in test]


def by_chance(model: Model, chosen: list[Seen], offered: list[Seen]) -> Seen:
    """They come in random order."""
    del model, chosen
    return offered[0]


def as_it_is(model: Model, chosen: list[Seen], offered: list[Seen]) -> Seen:
    """What `annotate-next` does."""
    candidates = [one.candidate(model, k) for k, one in enumerate(offered)]
    return offered[int(choose(candidates, [one.moments for one in chosen], 1)[0].name)]


def middle(model: Model, chosen: list[Seen], offered: list[Seen]) -> Seen:
    """The one most like all the others."""
    candidates = [one.candidate(model, k, sure=False) for k, one in enumerate(offered)]
    return offered[int(choose(candidates, [one.moments for one in chosen], 1)[0].name)]


def unsure(model: Model, chosen: list[Seen], offered: list[Seen]) -> Seen:
    """The one whose mask the model trusts least."""
    del chosen
    return min(offered, key=lambda one: expected_dice(one.likely(model)))


def novelty(model: Model, chosen: list[Seen], one: Seen) -> float:
    """The distance from the nearest labelled one."""
    return min(float(np.linalg.norm(one.signature(model) - old.signature(model))) for old in chosen)


def novel(model: Model, chosen: list[Seen], offered: list[Seen]) -> Seen:
    """The one farthest from the nearest labelled one."""
    return max(offered, key=lambda one: novelty(model, chosen, one))


def product(model: Model, chosen: list[Seen], offered: list[Seen]) -> Seen:
    """The one that is unsure and far."""
    return max(offered, key=lambda one: (1 - expected_dice(one.likely(model))) * novelty(model, chosen, one))


Way = Callable[[Model, list[Seen], list[Seen]], Seen]
WAYS: dict[str, Way] = {
    "chance": by_chance,
    "next": as_it_is,
    "middle": middle,
    "unsure": unsure,
    "novel": novel,
    "product": product,
}


if __name__ == "__main__":
    main()
