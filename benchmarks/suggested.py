"""The table of what to label next, from results/annotate.jsonl."""

from pathlib import Path
from typing import Any

import numpy as np

from levels import NOTHING, markdown
from references import rows as rows_of
from segmented import spread

RESULTS = Path(__file__).parent / "results" / "annotate.jsonl"
WAYS = {
    "chance": "chance",
    "next": "`annotate-next`",
    "middle": "nearest to the middle",
    "unsure": "least expected Dice",
    "novel": "greatest distance from labelled ones",
    "product": "(1 - expected Dice) times that distance",
}


def table(steps: str) -> str:
    """A row for each way, a column for each number of labels; then the gain over chance, draw by draw."""
    found = [row for row in rows_of(RESULTS) if row["steps"] == steps] if RESULTS.exists() else []
    counts = sorted({row["labels"] for row in found})[1:]
    if not counts:
        return NOTHING
    lines = []
    for way, label in WAYS.items():
        dice = {(row["labels"], row["draw"]): float(np.mean(row["dice"])) for row in of(found, way)}
        chance = {(row["labels"], row["draw"]): float(np.mean(row["dice"])) for row in of(found, "chance")}
        cells = []
        for count in counts:
            both = [key for key in dice if key[0] == count and key in chance]
            if not both:
                cells.append("")
                continue
            gains = [dice[key] - chance[key] for key in both]
            more = f", {np.mean(gains):+.3f}, better in {sum(gain > 0 for gain in gains)}" if way != "chance" else ""
            cells.append(f"{spread([dice[key] for key in both])} ({len(both)}{more})")
        if any(cells):
            lines.append([label, *cells])
    return markdown(["chosen by", *(f"{count} labels" for count in counts)], lines)


def of(rows: list[dict[str, Any]], way: str) -> list[dict[str, Any]]:
    """Those of one way of choosing."""
    return [row for row in rows if row["way"] == way]


TABLES = {"vesselsannotate": lambda: table("0"), "vesselsannotatelfnet": lambda: table("own")}
