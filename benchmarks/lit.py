"""The tables of guided restoration, from results/guide.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

from filledin import mean, steps
from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "noisy": "the noisy image",
    "bilateral": "joint bilateral filter",
    "filter": "guided filter",
    "filter-unclipped": "guided filter, clipping undone",
    "denoise-draft": "untaught `denoise`, `draft`",
    "denoise-normal": "untaught `denoise`, `normal`",
    "denoise-best": "untaught `denoise`, `best`",
    "draft": "untaught `guide`, `draft`",
    "normal": "untaught `guide`, `normal`",
    "best": "untaught `guide`, `best`",
    "paper": "untaught `guide`, `paper`",
}
Rows = list[dict[str, Any]]


def newest(noise: str, guide: str = "same") -> Rows:
    """The last line of each method on each image with this noise and guide."""
    found = [row for row in rows_of(RESULTS / "guide.jsonl") if (row["noise"], row["guide"]) == (noise, guide)]
    return list({(row["image"], row["method"]): row for row in found}.values())


def table(noise: str, guide: str = "same") -> str:
    """PSNR of each method on each image, the means of what else is scored, and what it took."""
    found = newest(noise, guide)
    names = sorted({row["image"] for row in found})
    lines = []
    for method, label in LABELS.items():
        some = [row for row in found if row["method"] == method]
        if some:
            scores = {row["image"]: f"{row['psnr']:.2f}" for row in some}
            means = [mean(some, "psnr"), f"{sum(row['ssim'] for row in some) / len(some):.3f}"]
            means += [mean(some, "own_psnr"), mean(some, "flash_psnr")]
            whole = means if len(some) == len(names) else [""] * len(means)
            lines.append([label, *(scores.get(name, "") for name in names), *whole, *took(some)])
    heads = ["method", *names, "mean", "SSIM", "in the image's shadow", "in the guide's shadow", "processor s", "steps"]
    return markdown(heads, lines) if lines else NOTHING


def took(some: Rows) -> list[str]:
    """Seconds of the processor for one image, and the steps."""
    return [f"{sum(row['cpu_seconds'] for row in some) / len(some):.1f}", steps(some)]


def weak() -> str:
    """Gaussian noise of sigma 25."""
    return table("25")


def strong() -> str:
    """Gaussian noise of sigma 50."""
    return table("50")


def poisson() -> str:
    """Poisson noise."""
    return table("poisson")


def wrong() -> str:
    """A guide of something else."""
    return table("25", "other")


def wrong_poisson() -> str:
    """The same with Poisson noise."""
    return table("poisson", "other")


def cave() -> str:
    """The authors' pair, which has no truth."""
    found = {row["method"]: row for row in newest("its own")}
    lines = [
        [label, found[method].get("measured", ""), *took([found[method]])]
        for method, label in LABELS.items()
        if method in found and method != "noisy"
    ]
    return markdown(["method", "noise found", "processor s", "steps"], lines) if lines else NOTHING
