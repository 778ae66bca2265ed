"""The tables of deblurring: ours and the classics, from results/deblur.jsonl. What was not run is left out."""

from pathlib import Path
from typing import Any

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
KNOWN = {
    "photograph": "the photograph",
    "wiener": "Wiener (scikit-image)",
    "richardson-lucy": "Richardson-Lucy (scikit-image)",
    "tv": "total variation alone",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
}
BLIND = {
    "photograph": "the photograph",
    "blind-draft": "untaught, blind, `draft`",
    "blind-normal": "untaught, blind, `normal`",
    "blind-best": "untaught, blind, `best`",
}
CHOSEN = {("im1", "4"), ("im1", "7")}  # in view while settings were chosen
MARK = "\\*"
Rows = list[dict[str, Any]]


def known(score: str = "psnr") -> str:
    """With the kernel: every photograph."""
    return table(KNOWN, score)


def similarity() -> str:
    """The same by SSIM."""
    return known("ssim")


def blind() -> str:
    """Without the kernel: those photographs that a blind method has had."""
    return table(BLIND, "psnr")


def table(labels: dict[str, str], score: str) -> str:
    """A line for each method, a column for each photograph."""
    found = newest()
    ours = [row for row in found if row["method"] in labels and row["method"] != "photograph"]
    names = sorted({(row["image"], row["kernel"]) for row in ours})
    if not names:
        return NOTHING
    digits = 2 if score == "psnr" else 3
    heads = ["method", *(f"{image} {kernel}{MARK * ((image, kernel) in CHOSEN)}" for image, kernel in names)]
    heads += ["mean", f"mean without {MARK}", "least gain", "s", "processor s", "steps"]
    before = {(row["image"], row["kernel"]): row[score] for row in found if row["method"] == "photograph"}
    lines = []
    for method, label in labels.items():
        some = {(row["image"], row["kernel"]): row for row in found if row["method"] == method}
        if not set(some) & set(names):
            continue
        cells = [f"{some[name][score]:.{digits}f}" if name in some else "" for name in names]
        cells += [mean(some, which, score, digits) for which in (names, [n for n in names if n not in CHOSEN])]
        gains = [some[name][score] - before[name] for name in names if name in some and name in before]
        cells.append(f"{min(gains):.{digits}f}" if gains and method != "photograph" else "")
        lines.append([label, *cells, *cost([some[name] for name in names if name in some])])
    return markdown(heads, lines)


def newest() -> Rows:
    """The newest line of each method on each photograph."""
    found = rows_of(RESULTS / "deblur.jsonl")
    return list({(row["image"], row["kernel"], row["method"]): row for row in found}.values())


def mean(some: dict[tuple[str, str], dict[str, Any]], names: list[tuple[str, str]], score: str, digits: int) -> str:
    """Over these photographs; empty while a method has not had all of them."""
    if not names or not set(names) <= set(some):
        return ""
    return f"{sum(some[name][score] for name in names) / len(names):.{digits}f}"


def cost(some: Rows) -> list[str]:
    """Seconds of the clock and of the processor for one photograph, and the steps."""
    steps = sorted({row["steps"] for row in some if "steps" in row})
    seconds, cpu = (sum(row[name] for row in some) / len(some) for name in ("seconds", "cpu_seconds"))
    if some[0]["method"] == "photograph":
        return ["", "", ""]
    return [f"{seconds:.1f}", f"{cpu:.1f}", "-".join(map(str, dict.fromkeys((steps[0], steps[-1])))) if steps else ""]
