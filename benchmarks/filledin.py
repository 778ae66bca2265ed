"""The tables of inpainting: our levels and the classics, from results/inpaint.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "published": "the 2018 authors' files",
    "nearest": "nearest pixel (SciPy)",
    "linear": "linear on triangles (SciPy)",
    "biharmonic": "biharmonic (scikit-image)",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
    "paper": "untaught, `paper`",
}
BORDER = "peppers256"  # its black border is missing as a whole, so it is no fair comparison with the published file
Rows = list[dict[str, Any]]


def gray50() -> str:
    """Half of the pixels missing, image by image, as in the published table."""
    return image_by_image(newest("gray50"))


def gray50seen() -> str:
    """The same where half of the black pixels were seen; images that were not run so as they are in the other."""
    seen = newest("gray50seen")
    there = {row["image"] for row in seen}
    return image_by_image([*seen, *(row for row in newest("gray50") if row["image"] not in there)] if seen else [])


def image_by_image(found: Rows) -> str:
    """A column for each image."""
    names = sorted({row["image"] for row in found}, key=str.lower)
    if not names:
        return NOTHING
    heads = ["method", *names, "mean", "mean of the missing pixels"]
    heads += [f"mean without {BORDER}", "and of the missing pixels", "s an image", "processor s", "steps"]
    lines = []
    for label, some in by_method(found):
        scores = {row["image"]: f"{row['psnr']:.2f}" for row in some}
        means = [cell for left in ("", BORDER) for cell in both_means(some, [name for name in names if name != left])]
        lines.append([label, *(scores.get(name, "") for name in names), *means, *costs(some), steps(some)])
    return markdown(heads, lines)


def both_means(some: Rows, names: list[str]) -> tuple[str, str]:
    """Of the whole images and of the missing pixels; empty while a method has not had all of these images."""
    kept = [row for row in some if row["image"] in names]
    return (mean(kept, "psnr"), mean(kept, "hidden_psnr")) if len(kept) == len(names) > 0 else ("", "")


def shares() -> str:
    """Pixels missing at random, by share: whole image and missing pixels, over the images that a method has had."""
    lines = []
    for name in ("gray", "colour"):
        found = newest(name)
        for share in sorted({row["missing"] for row in found}):
            for label, some in by_method([row for row in found if row["missing"] == share]):
                cells = [name, f"{share:g} %", label, str(len(some)), mean(some, "psnr"), mean(some, "hidden_psnr")]
                lines.append([*cells, *costs(some), steps(some)])
    heads = ["set", "missing", "method", "images", "PSNR", "PSNR of the missing pixels"]
    return markdown([*heads, "s an image", "processor s", "steps"], lines) if lines else NOTHING


def text() -> str:
    """Text over a photograph, and holes without a truth."""
    lines = []
    for name in ("text", "holes"):
        found = newest(name)
        for image in sorted({row["image"] for row in found}):
            for label, some in by_method([row for row in found if row["image"] == image]):
                scored = [mean(some, score) if "psnr" in some[0] else "" for score in ("psnr", "hidden_psnr")]
                lines.append([image, f"{some[0]['missing']:g} %", label, *scored, *costs(some), steps(some)])
    heads = ["image", "missing", "method", "PSNR", "PSNR of the missing pixels"]
    return markdown([*heads, "s an image", "processor s", "steps"], lines) if lines else NOTHING


def newest(name: str) -> Rows:
    """The newest line of each method on each image of a set."""
    keys = ("image", "missing", "method")
    found = [row for row in rows_of(RESULTS / "inpaint.jsonl") if row["set"] == name]
    return list({tuple(row[key] for key in keys): row for row in found}.values())


def by_method(found: Rows) -> list[tuple[str, Rows]]:
    """Label and lines of each method that has some."""
    parts = [(label, [row for row in found if row["method"] == method]) for method, label in LABELS.items()]
    return [(label, some) for label, some in parts if some]


def costs(some: Rows) -> tuple[str, str]:
    """Mean seconds of an image, of the clock and the processor; empty for files."""
    if any("seconds" not in row for row in some):
        return "", ""
    seconds, cpu = (sum(row[name] for row in some) / len(some) for name in ("seconds", "cpu_seconds"))
    return f"{seconds:.1f}", f"{cpu:.1f}"


def steps(some: Rows) -> str:
    """How many, fewest to most."""
    counts = [row["steps"] for row in some if "steps" in row]
    return "-".join(dict.fromkeys((str(min(counts)), str(max(counts))))) if counts else ""


def mean(some: Rows, score: str) -> str:
    """Two digits."""
    return f"{sum(row[score] for row in some) / len(some):.2f}"
