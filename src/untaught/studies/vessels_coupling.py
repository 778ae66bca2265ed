"""Tasks couple where their targets are distributed alike: so it is said. Likeness against what a further head gains."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from untaught.studies.few_labels import MORE, SIZES, Cases, Size, about, basis, label_of, learn
from untaught.studies.figure import Panel, Series
from untaught.studies.likeness import likeness
from untaught.studies.statistics import in_words, paired, points, rank_correlation, rank_interval, spread
from untaught.studies.study import Asked, Numbers, Study
from untaught.vessels.descriptors import Bank
from untaught.vessels.lessons import Described, Lessons
from untaught.vessels.losses import cross_entropy, dice_loss, smooth_l1
from untaught.vessels.model import Model
from untaught.vessels.recipe import Recipe
from untaught.vessels.training import Training
from untaught.vessels.views import View, as_image

HEADS = (
    "distance", "centreline", "radius", "boundary", "vesselness", "top_hat", "wavelet_detail", "gradient",
    "reconstruction", "noise",
)  # fmt: skip
NOISE = "noise"  # the negative control: nothing can be learnt of it
MEASURES = {
    "joint": "information and spectrum together",
    "explained": "information alone",
    "spectra_apart": "spectrum alone",
    "values_apart": "histogram alone",
}
WEIGHT = 0.2  # what a head costs that says the same everywhere: an eighth of what the mask does at first
TARGETS = Bank(sigmas=(1.0, 1.5, 2.2, 3.2, 4.6), bars=(), radii=(8,), octaves=3)  # what heads are taught from


def recipe(size: Size) -> Recipe:
    """A U-Net that is shown the image alone; the descriptors are there for heads to be taught."""
    seen = (TARGETS.names().index("grey"),)
    return replace(size.recipe(), bank=TARGETS, tubes=None, residual=False, seen=seen)


def numbers(asked: Asked) -> Numbers:
    """Each head apart, beside none, from as few labels as there are."""
    size = SIZES[asked.size]
    size = replace(size, labels=size.labels[:1], draws=MORE if asked.size == "default" else size.draws)
    cases = Cases.of(asked, size)
    taught = {name: targets(cases, name) for name in HEADS}
    masks = [label_of(one) & one.fov for one in cases.pool]
    found: dict[str, Any] = {name: likeness(masks, [one[0] for one in taught[name]]) for name in HEADS}
    alone = recipe(size)

    def trained(case: Numbers) -> Numbers:
        name, draw, angle = case["head"], case["draw"], Angle(size.every)
        chosen, _ = cases.draw(size.labels[0], draw)
        lesson = alone if name is None else replace(
            alone, lessons=Lessons((name,)), heads=WEIGHT / constant(taught[name])
        )  # fmt: skip
        learnt = learn(cases, chosen, lesson, every=size.every, seed=asked.seed + draw,
                       look=None if name is None else angle.look)  # fmt: skip
        asked.say(f"draw {draw + 1} of {size.draws}: {name or 'no head'}: Dice {learnt.dice[-1]:.3f}")
        return {"cosines": angle.seen} | learnt.record()

    facts = about(asked, size, cases)
    plan = [{"head": name, "draw": draw} for draw in range(size.draws) for name in (None, *HEADS)]
    runs = asked.each(facts, plan, trained)
    plain = [run["final"] for run in runs if run["head"] is None]
    for name in HEADS:
        own = [run for run in runs if run["head"] == name]
        found[name] |= {
            "gain": paired([run["final"] for run in own], plain),
            "cosine": spread([float(np.mean(run["cosines"])) for run in own]),
        }
    facts |= {"alone": spread(plain), "heads": found}
    return facts | {"correlation": correlations(found, asked.seed), "runs": runs}


def targets(cases: Cases, name: str) -> list[np.ndarray]:
    """What a head is taught of each image that labels are drawn from, `[1, H, W]`."""
    made = []
    for number, one in enumerate(cases.pool):
        with torch.no_grad():
            described = Described(TARGETS.describe(as_image(one.image), as_image(one.fov)), TARGETS.names(), number)
        taught = Lessons((name,)).of(one.image, label_of(one), one.known, one.fov, described)
        made.append(taught.targets[0, 1:].numpy())
    return made


def constant(taught: list[np.ndarray]) -> float:
    """What it costs to say the median everywhere."""
    every = torch.from_numpy(np.concatenate([one.ravel() for one in taught]))[None, None, None]
    return float(
        smooth_l1(torch.full_like(every, float(every.mean())), every, torch.ones_like(every, dtype=torch.bool))
    )


class Angle:
    """Between the gradients of the mask's loss and of a head's, in the weights that both share on the way down."""

    def __init__(self, every: int) -> None:
        self.every, self.seen = every, list[float]()

    def look(self, model: Model, training: Training) -> None:
        """Its cosine on one labelled image, as it is now."""
        view: View = training.views.copies[0]
        network: Any = model.module
        made = network(view.descriptors.float())
        shared = list(network.networks[0].down.parameters())
        label = view.label.float()
        mask = cross_entropy(made[:, :1], label, view.known) + dice_loss(made[:, :1].sigmoid(), label, view.known)
        head = smooth_l1(made[:, 1:], view.targets[:, 1:], view.told[:, 1:])
        one, other = (flat(torch.autograd.grad(loss, shared, retain_graph=True)) for loss in (mask, head))
        self.seen.append(float(torch.dot(one, other) / (one.norm() * other.norm()).clamp(min=1e-12)))


def flat(parts: tuple[Tensor, ...]) -> Tensor:
    """One vector."""
    return torch.cat([one.flatten() for one in parts])


def correlations(found: dict[str, Any], seed: int) -> Numbers:
    """Spearman's, over heads: of each measure of likeness, and of the cosine, with the gain; of likeness with that."""
    gain, cosine = (np.array([found[name][what]["mean"] for name in HEADS]) for what in ("gain", "cosine"))
    rows = {"cosine": ranked(cosine, gain, seed)}
    for measure in MEASURES:
        like = np.array([found[name][measure] for name in HEADS])
        like = -like if measure.endswith("apart") else like
        rows[measure] = ranked(like, gain, seed)
        if measure == "joint":
            rows["joint with cosine"] = ranked(like, cosine, seed)
    return rows


def ranked(one: np.ndarray, other: np.ndarray, seed: int) -> dict[str, float]:
    """The rank correlation and its interval."""
    low, high = rank_interval(one, other, seed)
    return {"rho": rank_correlation(one, other), "low": low, "high": high}


def panels(found: Numbers) -> list[Panel]:
    """Gain against likeness, and against the cosine; the cosine against likeness."""
    heads = found["heads"]
    like, cosine = "information share x common spectrum", "cosine of gradients, shared encoder"
    shown = []
    for title, across, x, up, what in (
        ("Likeness and gain", like, [heads[n]["joint"] for n in heads], "gain in Dice", "gain"),
        ("Angle and gain", cosine, [heads[n]["cosine"]["mean"] for n in heads], "gain in Dice", "gain"),
        ("Likeness and angle", like, [heads[n]["joint"] for n in heads], cosine, "cosine"),
    ):
        series = [
            Series(name=name.replace("_", " "), x=[at], y=[heads[name][what]["mean"]],
                   spread=[heads[name][what]["sd"] or 0])
            for name, at in zip(heads, x, strict=True)
        ]  # fmt: skip
        shown.append(Panel(title=title, across=across, up=up, series=series, kind="points", level=0))
    return shown


def paragraph(found: Numbers) -> str:
    """What the numbers say."""
    heads, rows = found["heads"], found["correlation"]
    order = sorted(heads, key=lambda name: -heads[name]["gain"]["mean"])
    said = [
        f"Without a further head the U-Net on the image alone has a Dice of {in_words(found['alone'])}. Of "
        f"{len(heads)} heads, one at a time, {told(heads, order[0])} and {told(heads, order[1])} do best, "
        f"{told(heads, order[-1])} worst. Of {NOISE} nothing can be learnt; it changes that by "
        f"{in_words(heads[NOISE]['gain'], 3, sign=True)}."
    ]
    said.append(f"Likeness by {MEASURES['joint']} against gain: {judged(rows['joint'])}.")
    for measure in ("explained", "spectra_apart", "values_apart"):
        one = rows[measure]
        said.append(f"By {MEASURES[measure]}: {one['rho']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f}).")
    said.append(f"The cosine of the gradients on the shared encoder against gain: {judged(rows['cosine'])}.")
    said.append(f"Likeness by {MEASURES['joint']} against that cosine: {judged(rows['joint with cosine'])}.")
    better = sum(heads[name]["gain"]["mean"] > heads[NOISE]["gain"]["mean"] for name in heads if name != NOISE)
    said.append(f"{better} of {len(heads) - 1} heads gain more than noise does.")
    count = found["size"]["labels"][0]
    return points(said, f"{count} labelled image{'' if count == 1 else 's'}.", basis(found))


def told(heads: dict[str, Any], name: str) -> str:
    """A head and its gain."""
    return f"{name.replace('_', ' ')} ({in_words(heads[name]['gain'], 3, sign=True)})"


def judged(one: dict[str, float]) -> str:
    """A rank correlation and what it decides."""
    verdict = (
        "the interval is above 0: the claim holds here" if one["low"] > 0
        else "the interval is below 0: here the claim fails, the contrary holds" if one["high"] < 0
        else "the interval has 0 in it: the claim is not shown here"
    )  # fmt: skip
    interval = f"{one['low']:+.2f} to {one['high']:+.2f}"
    return f"rank correlation {one['rho']:+.2f} (95 % interval over heads {interval}): {verdict}"


STUDY = Study(
    name="vessels-coupling",
    title="Coupling: further tasks, by the likeness of their targets to the mask",
    numbers=numbers,
    panels=panels,
    paragraph=paragraph,
)
