"""The tables of pansharpening and stripes, from results/observations.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results" / "observations.jsonl"
LABELS = {
    "bicubic": "the bands alone, bicubic",
    "brovey": "Brovey",
    "gsa": "Gram-Schmidt adaptive",
    "injection": "high-pass injection (the estimate)",
    "dead": "dead columns interpolated",
    "moments": "moment matching, dead columns interpolated (the estimate)",
    **{level: f"`restore` from the estimate, `{level}`" for level in ("draft", "normal", "best")},
    **{f"{level} from nothing": f"`restore` from nothing, `{level}`" for level in ("draft", "normal", "best")},
}


def pan() -> str:
    """Small noise."""
    return table("pan")


def pan2() -> str:
    """Four times as much."""
    return table("pan2")


def stripes() -> str:
    """Gains, offsets and dead columns."""
    return table("stripes")


def table(case: str) -> str:
    """The newest line of each method on each image, by method."""
    found = {(row["method"], row["image"]): row for row in rows_of(RESULTS) if row["case"] == case}
    names = sorted({image for _, image in found})
    if not names:
        return NOTHING
    lines = []
    for method, label in LABELS.items():
        some: list[dict[str, Any]] = [found[method, name] for name in names if (method, name) in found]
        if some:
            scores = {row["image"]: f"{row['psnr']:.2f}" for row in some}
            mean = f"{sum(row['psnr'] for row in some) / len(some):.2f}" if len(some) == len(names) else ""
            cpu = f"{sum(row['cpu_seconds'] for row in some) / len(some):.1f}"
            steps = "-".join(
                dict.fromkeys(str(end([row["steps"] for row in some])) for end in (min, max) if "steps" in some[0])
            )
            lines.append([label, *(scores.get(name, "") for name in names), mean, cpu, steps])
    return markdown(["method", *names, "mean", "processor s", "steps"], lines)
