"""Vessels from a few labels: LFNet beside classical filters and a plain U-Net, on the published splits.

    python benchmarks/vessels.py --data DIR --sets dca1 --labels 1,5,20 --draws 5 --seeds 1
    python benchmarks/vessels.py --data DIR --sets drive --labels 1,4,16,all --methods lfnet,unet
    python benchmarks/vessels.py --speed --threads 2

Images: DIR/vessels/SET/images, labels, and fov where there is one (drive): files called train_* and test_*. At their
own size; DRIVE's green channel. A draw is a random choice of so many of the training images; `all` is every one.

Methods:
    top-hat, frangi, sato, bar   a classical filter as the bank has it: top-hat of radius 8, Frangi and Sato the largest
                                 over seven scales of the local contrast, a Gabor bar 2 pixels wide; the threshold is
                                 that of the best Dice on the labelled images; no piece is dropped
    logistic                     the logistic model of the descriptors that LFNet begins at with few labels
    unet                         MONAI's BasicUNet (features 16, 16, 32, 64, 128, 16; half a million weights) from
                                 scratch on the standardised image, its copies only turned and mirrored
    unet-nnunet                  the same with nnU-Net's augmentation
    lfnet                        as `untaught vessels train` makes it
    lfnet-unlabelled             the same, with the other training images without their labels
All networks learn by the same loop, loss (cross-entropy and Dice), optimiser and seed, and as many steps as their row
says. The U-Nets' settings are the best of those tried on DCA1's training images (20 labels, Dice): crops of 256 and
orthogonalised momentum .783, Adam at 0.005 .763, at 0.001 .647, there with four crops of 128 .632. Where a dark border
of a collimator is found it is filled, left out of the learning, and nothing is predicted in it, for every method.
Networks' threshold is one half, or .4 where labels are many, and small lone pieces are dropped, both by LFNet's rules.
With many labels `lfnet` has no descriptors either: it is a U-Net of fewer weights, with other norms and copies.
No test image decides anything.

Scores of each test image (`untaught.vessels.scores`): in the field of view where the set gives one, else everywhere.
`seconds` are the clock's and `cpu_seconds` the processor's, of making copies and training; `segment_seconds` of one
test image, descriptors included.

Appends JSON lines to benchmarks/results/vessels.jsonl, one for each method, draw and seed; what is there is skipped, so
a run of hours goes on where it was stopped.
"""

import argparse
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from references import add_row, check, rows, versions
from untaught import __version__
from untaught.allocator import keep_freed_memory
from untaught.core import Network
from untaught.initialise import initialise
from untaught.networks.inputs import Uniform
from untaught.vessels.augment import nnunet_style
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.examples import Example, read_examples
from untaught.vessels.logistic import Logistic
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe, recipe_for
from untaught.vessels.scores import scores
from untaught.vessels.teaching import ready, unready, vessel_pixels
from untaught.vessels.threshold import threshold_from
from untaught.vessels.training import Training
from untaught.vessels.views import Labelled, as_image

RESULTS = Path(__file__).parent / "results" / "vessels.jsonl"
FILTERS = {"top-hat": "top-hat 8", "frangi": "frangi", "sato": "sato", "bar": "bar 2x8"}
METHODS = [*FILTERS, "logistic", "unet", "unet-nnunet", "lfnet", "lfnet-unlabelled"]
SETS = ["dca1", "drive"]
KEYS = ("set", "labels", "draw", "seed", "method", "steps")
SHOWN = "dice", "cl_dice", "auc", "thin_recall", "e_b0", "e_b1"
STEPS = (1, 400), (5, 1000), (20, 2000), (10**9, 3000)
"""Of the U-Nets, up to so many labels. Not more without augmentation: 3500 of 20 labels were worse (.779, .788).
With it LFNet's steps where those are more, and a new copy in each: without descriptors it costs little."""


def main() -> None:
    """Run what is asked for and not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--sets", default="dca1,drive")
    parser.add_argument("--labels", default="1,5,20,all")
    parser.add_argument("--methods", default=",".join(METHODS[:-1]))
    parser.add_argument("--draws", default="0-4", help="the first and the last draw")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--steps", type=int, help="in place of each method's own")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--speed", action="store_true", help="only: how long one frame of 512x512 takes")
    asked = parser.parse_args()
    check(parser, "--methods", asked.methods, METHODS)
    check(parser, "--sets", asked.sets, SETS)
    torch.set_num_threads(asked.threads)
    keep_freed_memory()
    if asked.speed:
        add_row(asked.results, speed(asked.threads))
        return
    for name in asked.sets.split(","):
        folder = asked.data / "vessels" / name
        if not folder.is_dir():
            print(f"skipped {name}: {folder} is not there")
            continue
        measure(Split.read(name, folder), asked)


def speed(threads: int) -> dict[str, Any]:
    """Seconds of the clock for a frame of 512x512, field of view, descriptors and network, the least of seven."""
    image = np.random.default_rng(0).random((512, 512)).astype(np.float32)
    recipe = recipe_for(20_000)  # with descriptors: the image alone takes less
    count = len(recipe.bank.names()) + (recipe.tubes.channels() if recipe.tubes else 0)
    network = recipe.network(Logistic.blank(count))
    module = network.build(1, 128, 128)
    initialise(module, torch.Generator().manual_seed(0))
    model = Model.of(recipe, network, module.state_dict())
    parts: dict[str, list[float]] = {"seen": [], "network": []}
    for _ in range(8):
        began = time.perf_counter()
        seen = model.seen(image)
        between = time.perf_counter()
        model.mask(model.from_descriptors(seen.descriptors))
        parts["seen"].append(between - began)
        parts["network"].append(time.perf_counter() - between)
    least = {f"{name}_seconds": round(min(values[1:]), 3) for name, values in parts.items()}
    whole = round(min(a + b for a, b in zip(*(one[1:] for one in parts.values()), strict=True)), 3)
    about = {"benchmark": "vessels-speed", "set": "512x512", "threads": threads, "seconds": whole} | least
    return about | {"untaught": __version__, "torch": torch.__version__, "machine": platform.machine()}


@dataclass(frozen=True)
class Split:
    """A set, read."""

    name: str
    train: list[Example]
    test: list[Example]

    @classmethod
    def read(cls, name: str, folder: Path) -> "Split":
        """All of it."""
        fov = folder / "fov"
        every = read_examples(folder / "images", folder / "labels", fov if fov.is_dir() else None)
        train, test = ([one for one in every if one.image.name.startswith(kind)] for kind in ("train", "test"))
        return cls(name, train, test)

    def draw(self, labels: str, number: int) -> tuple[list[Example], list[Example]]:
        """The labelled images of a draw, and the others. Draws of different sizes contain one another."""
        order = np.random.default_rng([2026, number]).permutation(len(self.train))
        count = len(self.train) if labels == "all" else int(labels)
        return [self.train[k] for k in order[:count]], [self.train[k] for k in order[count:]]


def measure(split: Split, asked: argparse.Namespace) -> None:
    """All methods on all draws of one set."""
    shown: dict[str, list[Tensor]] = {}  # the test images as each bank describes them
    first, last = (int(word) for word in (asked.draws.split("-") * 2)[:2])
    for labels in asked.labels.split(","):
        for number in range(first, 1 if labels == "all" else last + 1):
            for seed in range(asked.seeds):
                for method in asked.methods.split(","):
                    if method in (*FILTERS, "logistic") and seed:
                        continue
                    row: dict[str, Any] = {"benchmark": "vessels", "set": split.name, "labels": labels}
                    row |= {"draw": number, "seed": seed, "method": method}
                    row["steps"] = steps_of(row, split, asked)
                    if [row[key] for key in KEYS] in [[line.get(key) for key in KEYS] for line in rows(asked.results)]:
                        continue
                    row |= run(split, row, shown) | {"threads": asked.threads}
                    add_row(asked.results, row | versions())
                    told = {name: round(float(np.nanmean(floats(row["scores"][name]))), 4) for name in SHOWN[:2]}
                    print(split.name, labels, number, seed, method, told, round(row["cpu_seconds"]), flush=True)


def steps_of(row: dict[str, Any], split: Split, asked: argparse.Namespace) -> int:
    """Of the loop; none without a network."""
    method, (chosen, _) = row["method"], split.draw(row["labels"], row["draw"])
    if method in (*FILTERS, "logistic"):
        return 0
    own = next(steps for most, steps in STEPS if len(chosen) <= most)
    ours = recipe_for(vessel_pixels(chosen)).steps
    return asked.steps or {"unet": own, "unet-nnunet": max(own, ours)}.get(method, ours)


def run(split: Split, row: dict[str, Any], shown: dict[str, list[Tensor]]) -> dict[str, Any]:
    """Learn, and score every test image."""
    method, seed = row["method"], row["seed"]
    chosen, others = split.draw(row["labels"], row["draw"])
    began, cpu = time.monotonic(), time.process_time()
    examples = [ready(one, bright=False) for one in chosen]
    if method in FILTERS:
        find, about = classical(method, examples)
        bank: Any = Bank()
    else:
        recipe = recipe_of(method, vessel_pixels(chosen), row["steps"])
        rest = [unready(one.image, bright=False) for one in others] if method == "lfnet-unlabelled" else []
        model, about = learnt(recipe, examples, seed, rest)
        find, bank = model.from_descriptors, recipe.bank
    took = {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
    tests = [ready(one, bright=False) for one in split.test]
    key = type(bank).__name__
    began = time.monotonic()
    if key not in shown:
        shown[key] = [described(bank, one) for one in tests]
        about["describe_seconds"] = round((time.monotonic() - began) / len(tests), 3)
    began = time.monotonic()
    maps = [find(one.float()) * test.fov for one, test in zip(shown[key], tests, strict=True)]
    about["segment_seconds"] = round((time.monotonic() - began) / len(tests), 3)
    found = []
    for likely, one in zip(maps, split.test, strict=True):
        mask = about["mask"](likely)
        found.append(scores(mask, one.label, known=one.counted, probability=likely).record())
    del about["mask"]
    kept: dict[str, Any] = {name: [one[name] for one in found] for name in (*SHOWN, "sensitivity", "precision")}
    kept["by_radius"] = [[(part["pixels"], part["recall"]) for part in one["by_radius"]] for one in found]
    about |= {"images": [one.image.name for one in split.test], "chosen": [one.image.name for one in chosen]}
    return about | took | {"scores": rounded(kept)}


def classical(method: str, examples: list[Labelled]) -> tuple[Any, dict[str, Any]]:
    """A filter, and its threshold from the labelled images."""
    channel = Bank().names().index(FILTERS[method])

    def find(descriptors: Tensor) -> np.ndarray:
        return descriptors[0, channel].numpy()

    maps = [find(described(Bank(), one).float()) for one in examples]
    at = threshold_from(maps, [one.label for one in examples], [one.known for one in examples])
    return find, {"threshold": at, "mask": lambda likely: likely > at}


def learnt(
    recipe: Recipe, examples: list[Labelled], seed: int, unlabelled: list[Labelled]
) -> tuple[Model, dict[str, Any]]:
    """A network trained, or, with no steps, the logistic model that it begins at."""
    training = Training(
        examples, recipe if recipe.steps else replace(recipe, steps=1), seed=seed, unlabelled=unlabelled
    )
    if recipe.steps:
        for _ in training:
            pass
        model = training.model()
    else:
        model = training.untrained()
    weights = sum(one.numel() for one in model.module.parameters())
    return model, {"weights": weights, "threshold": model.threshold, "smallest": model.smallest, "mask": model.mask}


def recipe_of(method: str, pixels: int, steps: int) -> Recipe:
    """How a network is made and trained."""
    own = recipe_for(pixels, steps, unlabelled=method == "lfnet-unlabelled")
    if method == "logistic":
        return Recipe(steps=0, copies=0)
    if method in ("lfnet", "lfnet-unlabelled"):
        return own
    plain = PlainRecipe(bank=ImageAlone(), tubes=None, steps=steps, crop=256, crops=1)
    plain = replace(plain, threshold=own.threshold, flat=own.flat)
    return replace(plain, copies=0) if method == "unet" else replace(plain, augment=nnunet_style(), renew=1)


@dataclass(frozen=True, kw_only=True)
class PlainRecipe(Recipe):
    """MONAI's U-Net by our loop."""

    def network(self, prior: Logistic) -> Any:
        return Plain(prior=prior)


@dataclass(frozen=True, kw_only=True)
class Plain(Network):
    """MONAI's BasicUNet, half a million weights."""

    prior: Logistic
    input: Uniform = Uniform(1)

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def describe(self, descriptors: Tensor) -> Tensor:
        return descriptors

    def build(self, channels: int, height: int, width: int) -> nn.Module:
        from monai.networks.nets import BasicUNet

        del height, width
        return WholeScales(BasicUNet(2, self.input.channels(), channels, (16, 16, 32, 64, 128, 16)))


class WholeScales(nn.Module):
    """A network of five scales, shown an image mirrored to a multiple of 16 pixels."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        made: Tensor = self.network(nn.functional.pad(x, (0, -width % 16, 0, -height % 16), mode="reflect"))
        return made[..., :height, :width]


@torch.no_grad()
def described(bank: Bank, one: Labelled) -> Tensor:
    """As training keeps them: in half precision."""
    return bank.describe(as_image(one.image), as_image(one.fov)).half()


def floats(values: list[Any]) -> np.ndarray:
    """What means nothing is no number."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def rounded(thing: Any) -> Any:
    """Four digits: a row stays readable."""
    if isinstance(thing, dict):
        return {key: rounded(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [rounded(one) for one in thing]
    return round(thing, 4) if isinstance(thing, float) else thing


if __name__ == "__main__":
    main()
