"""The tables of measured vessels, from results/measuring.jsonl."""

from pathlib import Path

from levels import markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results" / "measuring.jsonl"


def straight() -> str:
    """The newest line of each width."""
    found = {row["width"]: row for row in rows_of(RESULTS) if row["shape"] == "straight"}
    heads = ["width", "mean error of a branch", "its deviation", "rms of a sample", "worst sample"]
    heads += ["error of length", "marked as narrowed"]
    lines = []
    for width, row in sorted(found.items()):
        errors = [f"{row[name]:.2f}" for name in ("deviation", "sample_rms", "sample_worst")]
        length = f"{row['length_least']:+.1f} to {row['length_greatest']:+.1f}"
        lines.append([f"{width:g}", f"{row['bias']:+.3f}", *errors, length, f"{row['marked']} of {row['draws']}"])
    return markdown(heads, lines)


def narrowed() -> str:
    """The newest line of each width, depth and spread."""
    found = {(row["width"], row["depth"], row["spread"]): row for row in rows_of(RESULTS) if row["shape"] == "narrowed"}
    spreads = sorted({spread for _, _, spread in found})
    heads = ["diameter", "narrowed by, %", *(f"found, spread {spread:g} diameters" for spread in spreads)]
    lines = []
    for width, depth in sorted({key[:2] for key in found}):
        rows = [found[width, depth, spread] for spread in spreads]
        lines.append([f"{width:g}", str(depth), *(f"{row['mean']:.0f} ± {row['deviation']:.0f}" for row in rows)])
    return markdown(heads, lines)
