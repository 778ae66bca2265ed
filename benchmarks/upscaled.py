"""The tables of super-resolution, from results/upscale.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

from filledin import mean, steps
from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "bicubic": "bicubic (Pillow)",
    "bicubic+": "bicubic, made to agree",
    "lanczos": "Lanczos (Pillow)",
    "lanczos+": "Lanczos, made to agree",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
    "paper": "untaught, `paper`",
}
PAPER_STEPS = {2: 2000, 3: 2000, 4: 2000, 8: 4000}
Rows = list[dict[str, Any]]


def by_factor(factor: int) -> str:
    """Luma PSNR of each method on each image, what the result is off from the input by, and what it took."""
    keys = ("image", "method")
    found = [row for row in rows_of(RESULTS / "upscale.jsonl") if row["factor"] == factor]
    found = list({tuple(row[key] for key in keys): row for row in found}.values())
    names = sorted({row["image"] for row in found})
    lines = []
    for method, label in LABELS.items():
        some = [row for row in found if row["method"] == method]
        if some:
            scores = {row["image"]: f"{row['psnr']:.2f}" for row in some}
            means = [mean(some, score) if len(some) == len(names) else "" for score in ("psnr", "rgb_psnr")]
            off = f"{max(row['given_off'][0] for row in some):.2f}"
            lines.append([label, *(scores.get(name, "") for name in names), *means, off, *costs(some), steps(some)])
    heads = [
        "method",
        *names,
        "mean",
        "mean, RGB",
        "off the input by",
        "processor s for 256x256",
        "share of the paper's",
    ]
    return markdown([*heads, "steps"], lines) if lines else NOTHING


def costs(some: Rows) -> tuple[str, str]:
    """Processor seconds for a result of 256 x 256 pixels, by area; their share of the paper's steps on those images."""
    area = sum(row["shape"][0] * row["shape"][1] for row in some) / 256**2
    seconds = sum(row["cpu_seconds"] for row in some)
    if "paper_step" not in some[0]:
        return f"{seconds / area:.1f}", ""
    papers = sum(PAPER_STEPS[row["factor"]] * row["paper_step"] for row in some)
    return f"{seconds / area:.1f}", f"1/{papers / seconds:.0f}"


def x2() -> str:
    """Twice."""
    return by_factor(2)


def x3() -> str:
    """Three times."""
    return by_factor(3)


def x4() -> str:
    """Four times, as in the paper's table."""
    return by_factor(4)


def x8() -> str:
    """Eight times, as in the paper's other table."""
    return by_factor(8)
