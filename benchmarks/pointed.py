"""The table of segmentation from strokes, from results/scribbles.jsonl. What was not run is left out."""

from pathlib import Path

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "filter": "Sato's filter (scikit-image), threshold from the strokes",
    "walker": "random walker (scikit-image)",
    "unshifted": "descriptors, the strokes taken for a fair sample",
    "logistic": "descriptors, what ours begins with",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
}
USUAL = {"vessel": 6, "background": 8, "width": 3, "seed": 0}


def table() -> str:
    """Dice of each method on each image with the usual strokes, with all lone pieces too, and what it took."""
    found = [row for row in rows_of(RESULTS / "scribbles.jsonl") if all(row[key] == USUAL[key] for key in USUAL)]
    found = [row for row in found if "whole_dice" in row]  # older ones kept all lone pieces
    found = list({(row["image"], row["method"]): row for row in found}.values())
    names = sorted({row["image"] for row in found})
    lines = []
    for method, label in LABELS.items():
        some = [row for row in found if row["method"] == method]
        if some:
            scores = {row["image"]: f"{row['dice']:.3f}" for row in some}
            whole = f"{sum(row['dice'] for row in some) / len(some):.3f}" if len(some) == len(names) else ""
            before = f"{sum(row['whole_dice'] for row in some) / len(some):.3f}" if whole else ""
            took = [f"{sum(row[key] for row in some) / len(some):.1f}" for key in ("seconds", "cpu_seconds")]
            steps = str(max(row.get("steps", 0) for row in some) or "")
            lines.append([label, *(scores.get(name, "") for name in names), whole, before, *took, steps])
    heads = ["method", *names, "mean", "mean with all pieces", "s an image", "processor s", "steps"]
    return markdown(heads, lines) if lines else NOTHING
