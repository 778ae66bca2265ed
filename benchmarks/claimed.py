"""The table of docs/studies.md that puts phantoms beside real angiograms, from the JSON of the studies."""

import json
from collections.abc import Callable
from functools import reduce
from math import sqrt
from operator import getitem
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from levels import markdown

STUDIES = Path(__file__).parent.parent / "docs" / "studies"
WHERE = {"phantoms": STUDIES, "angiograms (DCA1)": STUDIES / "dca1"}

ONE, LARGEST = "one scale", "largest over scales"
THIN, THICK = 1.5, 3.0  # pixels of radius: at most, at least

Numbers = dict[str, Any]
Row = tuple[str, Callable[[Numbers], Numbers], int]
"""What is compared, how it is read from a study's numbers, and digits."""


def over_cases(one: Numbers) -> Numbers:
    """A paired comparison of a study with Student's 95 % interval of its mean; of two cases, what each of them says."""
    half = one["sd"] / sqrt(one["n"]) * (t.ppf(0.975, one["n"] - 1) if one["n"] > 2 else 1)
    return one | {"low": one["mean"] - half, "high": one["mean"] + half}


def compared(gains: list[float]) -> Numbers:
    """The same of gains, case by case."""
    mean, sd, n = float(np.mean(gains)), float(np.std(gains, ddof=1)), len(gains)
    return over_cases({"mean": mean, "sd": sd, "n": n, "more": sum(gain > 0 for gain in gains), "of": n})


def wide_over_thin(found: Numbers) -> Numbers:
    """By how much more of wide vessels' centrelines the U-Net finds than of thin ones', draw by draw."""
    weights = np.array(found["centreline_pixels"], dtype=float)
    thin = np.array([high is not None and high <= THIN for _, high in found["radii"]])
    wide = np.array([low >= THICK for low, _ in found["radii"]])
    rows = [run["half"]["by_radius"] for run in found["runs"] if run["kind"] == "U-Net"]
    recall = np.nan_to_num(np.array(rows, dtype=float))  # none where no vessel is as wide
    both = [np.average(recall[:, some], axis=1, weights=weights[some]) for some in (wide, thin)]
    return compared((both[0] - both[1]).tolist())


def own_over_largest(found: Numbers) -> Numbers:
    """Of the thinnest vessels: the filter at its best scale over the largest over scales; draw by draw, where kept."""
    thinnest = {name: row[0]["mean"] for name, row in found["filters"].items()}
    largest = thinnest.pop("largest")
    best = max(thinnest, key=lambda name: thinnest[name])
    if "filters_by_draw" not in found:
        return {"mean": thinnest[best] - largest}
    return compared([one[best][0] - one["largest"][0] for one in found["filters_by_draw"]])


def correlation(name: str) -> Callable[[Numbers], Numbers]:
    """A rank correlation and its interval."""

    def read(found: Numbers) -> Numbers:
        one = found["correlation"][name]
        return {"mean": one["rho"], "low": one["low"], "high": one["high"]}

    return read


def paired(*way: str) -> Callable[[Numbers], Numbers]:
    """A comparison that the study itself has made, found by these names."""
    return lambda found: over_cases(reduce(getitem, way, found))


NETS = "U-Net, skeleton recall", "U-Net, direction and centreline heads", "LFNet"
RECALL, LINES, LFNET = (paired("equal_area", "against", name, "gain") for name in NETS)
ROWS: dict[tuple[str, str], list[Row]] = {
    ("a", "guidance"): [
        ("descriptors as inputs over the image alone, Dice",
         paired("against", "descriptors against the image alone"), 3),
        ("start at their logistic model over the image alone, Dice",
         paired("against", "start at the logistic model against the image alone"), 3),
        ("descriptors over shuffled ones, Dice", paired("against", "descriptors against shuffled ones"), 3),
        ("descriptors over as many random filters, Dice", paired("against", "descriptors against random filters"), 3),
        ("learnable filters over none, Dice", paired("against", "learnable filters against none"), 3),
        ("label-free heads over none, Dice", paired("against", "label-free heads against none"), 3),
        ("steps saved by descriptors to 95 % of their own end", paired("sooner"), 0),
    ],
    ("a", "kernel"): [
        ("alignment to the mask, descriptors over the image alone", paired("aligned"), 3),
        ("alignment with speed by Muon, rank correlation over inputs", correlation("Muon"), 2),
    ],
    ("b", "thin"): [
        ("recall of wide vessels over thin ones, U-Net", wide_over_thin, 3),
        ("loss on skeletons, recall of thin vessels with as many pixels", RECALL, 3),
        ("heads for direction and centreline, the same", LINES, 3),
        ("LFNet over the U-Net, the same", LFNET, 3),
    ],
    ("c", "scale"): [
        ("thinnest vessels: the best one scale over the largest over scales, Dice", own_over_largest, 3),
        ("U-Net: gated scales over one scale, Dice", paired("against", ONE), 3),
        ("U-Net: gated scales over the largest, Dice", paired("against", LARGEST), 3),
        ("the same on images half and twice as large", paired("against_resized", LARGEST), 3),
    ],
    ("d", "coupling"): [
        ("likeness (information and spectrum) with gain in Dice, rank correlation", correlation("joint"), 2),
        ("likeness (spectrum alone) with gain, the same", correlation("spectra_apart"), 2),
        ("likeness with the cosine of the gradients, the same", correlation("joint with cosine"), 2),
        ("that cosine with gain, the same", correlation("cosine"), 2),
    ],
    ("d", "reconstruction"): [
        ("a head for vesselness over one for the image, Dice", paired("vesselness_over_image"), 3),
        ("a head for the image over none, Dice", paired("gain", "the image"), 3),
    ],
}  # fmt: skip


def told(one: Numbers | None, digits: int) -> str:
    """As `+0.12 (+0.03 to +0.21), 6 of 6: shown`; of two cases `+0.12 (+0.03, +0.21): both`; of a mean alone that."""
    if one is None:
        return ""
    if "low" not in one:
        return f"{one['mean']:+.{digits}f}"
    value, low, high = (f"{one[name]:+.{digits}f}" for name in ("mean", "low", "high"))
    if one.get("n") == 2:
        return f"{value} ({low}, {high}): {('neither', 'one', 'both')[one['more']]}"
    cases = f", {one['more']} of {one['of']}" if "of" in one else ""
    verdict = "**shown**" if one["low"] > 0 else "**contrary**" if one["high"] < 0 else "not shown"
    return f"{value} ({low} to {high}){cases}: {verdict}"


def numbers_of(folder: Path, study: str) -> Numbers | None:
    """What a study found, if it was run there."""
    path = folder / f"vessels-{study}" / f"vessels-{study}.json"
    found: Numbers | None = json.loads(path.read_text()) if path.exists() else None
    return found


def table() -> str:
    """Every comparison, on phantoms and on angiograms; empty where a study was not run."""
    lines = []
    for (claim, study), rows in ROWS.items():
        found = [numbers_of(folder, study) for folder in WHERE.values()]
        for what, read, digits in rows:
            lines.append([claim, what, *(told(None if one is None else read(one), digits) for one in found)])
    return markdown(["claim", "compared", *WHERE], lines)
