"""The tables of JPEG artefacts, from results/dejpeg.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

from filledin import mean, steps
from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "jpeg": "the JPEG",
    "tv": "total variation",
    "tvcells": "total variation, in the cells",
    "reapplied": "JPEG re-applied",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
    "paper": "untaught, `paper`",
}
Rows = list[dict[str, Any]]


def newest(quality: int | None) -> Rows:
    """The last line of each method on each image that was a JPEG of this quality."""
    found = [row for row in rows_of(RESULTS / "dejpeg.jsonl") if row["jpeg_quality"] == quality]
    return list({(row["image"], row["method"]): row for row in found}.values())


def by_quality(quality: int) -> str:
    """PSNR of each method on each image, the means of what else is scored, and what it took."""
    found = newest(quality)
    names = sorted({row["image"] for row in found})
    lines = []
    for method, label in LABELS.items():
        some = [row for row in found if row["method"] == method]
        if some:
            scores = {row["image"]: f"{row['psnr']:.2f}" for row in some}
            whole = len(some) == len(names)
            means = [mean(some, "psnr"), mean(some, "luma_psnr"), number(some, "luma_ssim", 3)] if whole else [""] * 3
            seconds = number(some, "cpu_seconds", 1)
            blocks = number(some, "blocks", 2)
            lines.append([label, *(scores.get(name, "") for name in names), *means, blocks, seconds, steps(some)])
    heads = ["method", *names, "mean", "luma", "SSIM of luma", "blocks", "processor s", "steps"]
    return markdown(heads, lines) if lines else NOTHING


def number(some: Rows, score: str, digits: int) -> str:
    """The mean of a score."""
    return f"{sum(row[score] for row in some) / len(some):.{digits}f}"


def q10() -> str:
    """Quality 10."""
    return by_quality(10)


def q20() -> str:
    """Quality 20."""
    return by_quality(20)


def q40() -> str:
    """Quality 40."""
    return by_quality(40)


def snail() -> str:
    """The authors' file, which has no truth."""
    found = {row["method"]: row for row in newest(None)}
    lines = [
        [label, f"{found[method]['blocks']:.2f}", f"{found[method]['cpu_seconds']:.1f}", steps([found[method]])]
        for method, label in LABELS.items()
        if method in found
    ]
    return markdown(["method", "blocks", "processor s", "steps"], lines) if lines else NOTHING
