"""The tables of segmented vessels, from results/vessels.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import wilcoxon

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results" / "vessels.jsonl"
LABELS = {
    "top-hat": "top-hat",
    "frangi": "Frangi (with sigma^2)",
    "sato": "Sato",
    "bar": "Gabor bars",
    "unet": "plain U-Net (MONAI)",
    "unet-nnunet": "the same, nnU-Net's augmentation",
    "logistic": "logistic model of the descriptors",
    "lfnet": "**LFNet**",
    "lfnet-unlabelled": "**LFNet**, the other images unlabelled",
}
COUNTS = ("1", "4", "5", "16", "20", "all")
OTHERS = {
    "dice": "Dice",
    "cl_dice": "clDice",
    "auc": "AUC",
    "thin_recall": "thin recall",
    "e_b0": "error of b0",
    "e_b1": "error of b1",
}
RIVALS = ("unet", "unet-nnunet", "logistic")
Rows = list[dict[str, Any]]


def newest(name: str) -> Rows:
    """The last line of each method, number of labels, draw and seed, whatever its steps."""
    found = [row for row in rows_of(RESULTS) if row["benchmark"] == "vessels" and row["set"] == name]
    return list({(row["method"], row["labels"], row["draw"], row["seed"]): row for row in found}.values())


def mean_of(row: dict[str, Any], score: str) -> float:
    """Over the test images; one that has no such score is left out."""
    values = [value for value in row["scores"][score] if value is not None]
    return float(np.mean(values))


def spread(values: list[float], digits: int = 3) -> str:
    """Mean ± standard deviation over draws and seeds, if there are several."""
    text = f"{np.mean(values):.{digits}f}"
    return text if len(values) < 2 else f"{text} ± {np.std(values, ddof=1):.{digits}f}"


def by_labels(name: str, score: str) -> str:
    """A row for each method, a column for each number of labels."""
    found = newest(name)
    counts = [count for count in COUNTS if any(row["labels"] == count for row in found)]
    if not counts:
        return NOTHING
    lines = []
    for method, label in LABELS.items():
        cells = []
        for count in counts:
            some = [mean_of(row, score) for row in found if row["method"] == method and row["labels"] == count]
            cells.append(f"{spread(some)} ({len(some)})" if some else "")
        if any(cells):
            lines.append([label, *cells])
    return markdown([OTHERS[score], *(f"{count} label{'' if count == '1' else 's'}" for count in counts)], lines)


def others(name: str, count: str) -> str:
    """All scores of each method with so many labels, and what it took."""
    found = [row for row in newest(name) if row["labels"] == count]
    lines = []
    for method, label in LABELS.items():
        some = [row for row in found if row["method"] == method]
        if some:
            cells = [
                spread([mean_of(row, score) for row in some], 1 if score.startswith("e_") else 3) for score in OTHERS
            ]
            took = f"{np.mean([row['cpu_seconds'] for row in some]):.0f}"
            lines.append([label, *cells, took, str(max(row["steps"] for row in some) or "")])
    heads = [f"{count} label{'' if count == '1' else 's'}", *OTHERS.values(), "processor s to learn", "steps"]
    return markdown(heads, lines) if lines else NOTHING


def paired(name: str) -> str:
    """LFNet's Dice less that of others on the same test images, by a test of pairs.

    Of each image the mean over the draws and seeds that both ran; Wilcoxon's signed ranks over images, two-sided.
    """
    found = newest(name)
    lines = []
    for count in COUNTS:
        for rival in RIVALS:
            pairs = [
                (ours["scores"]["dice"], theirs["scores"]["dice"])
                for ours in found
                for theirs in found
                if (ours["method"], theirs["method"]) == ("lfnet", rival)
                and ours["labels"] == theirs["labels"] == count
                and ours["draw"] == theirs["draw"]
                and theirs["seed"] in (ours["seed"], 0 if rival == "logistic" else ours["seed"])
            ]
            if not pairs:
                continue
            ours, theirs = (np.mean([pair[which] for pair in pairs], axis=0) for which in (0, 1))
            gains = [float(np.mean(a) - np.mean(b)) for a, b in pairs]
            p = wilcoxon(ours, theirs).pvalue
            better = int((ours > theirs).sum())
            cells = [f"{np.mean(gains):+.3f}", f"{min(gains):+.3f} to {max(gains):+.3f}", str(len(pairs))]
            lines.append([count, LABELS[rival], *cells, f"{better} of {len(ours)}", f"{p:.1g}"])
    heads = ["labels", "LFNet against", "Dice gained", "least and most of a run", "runs", "images where better", "p"]
    return markdown(heads, lines) if lines else NOTHING


def speed() -> str:
    """A frame of 512x512, the newest line of each number of threads."""
    found = {row["threads"]: row for row in rows_of(RESULTS) if row["benchmark"] == "vessels-speed"}
    lines = [
        [str(threads), *(f"{row[name]:.2f}" for name in ("seconds", "seen_seconds", "network_seconds"))]
        for threads, row in sorted(found.items())
    ]
    heads = ["threads", "seconds for a frame of 512x512", "field of view and descriptors", "network"]
    return markdown(heads, lines) if lines else NOTHING


TABLES = {"vesselsspeed": speed} | {
    f"vessels{name}{what}": (lambda name=name, make=make: make(name))
    for name in ("dca1", "drive")
    for what, make in {
        "dice": lambda name: by_labels(name, "dice"),
        "cldice": lambda name: by_labels(name, "cl_dice"),
        "one": lambda name: others(name, "1"),
        "few": lambda name: others(name, "5" if name == "dca1" else "4"),
        "paired": paired,
    }.items()
}
