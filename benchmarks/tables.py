"""Make the tables in README and docs from benchmarks/results: no number there is typed.

    python benchmarks/tables.py            write them
    python benchmarks/tables.py --check    exit 1 if one is out of date

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`. In a page whose name ends in
`.zh-CN.md` its words are those of chinese.py.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import claimed
import filledin
import fused
import gauged
import hung
import laws
import levels
import lit
import observed
import pointed
import segmented
import sharpened
import suggested
import unpacked
import upscaled
from chinese import in_chinese
from references import rows as rows_of

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PAGES = (*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md")))
METHODS = {
    "nlm": "non-local means (scikit-image, sigma told)",
    "tv": "total variation (scikit-image, default weight)",
    "normal": "untaught, deep image prior, `best`",
    "paper": "untaught, `paper`",
}


def faithful() -> str:
    """The newest result of each method on each image."""
    rows = {(row["image"], row["method"]): row for row in rows_of(RESULTS / "faithful.jsonl")}
    lines = ["| image | method | steps | PSNR | SSIM | seconds |", "|---|---|---|---|---|---|"]
    for image in sorted({image for image, _ in rows}):
        any_row = next(row for (name, _), row in rows.items() if name == image)
        lines.append(f"| {image} | the noisy file | | {any_row['noisy_psnr']:.2f} | | |")
        for method, label in METHODS.items():
            if (image, method) in rows:
                row = rows[image, method]
                took = f"{row['seconds']:.0f}" if row["seconds"] >= 10 else f"{row['seconds']:.1f}"
                steps = row.get("steps", "")
                lines.append(f"| {image} | {label} | {steps} | {row['psnr']:.2f} | {row['ssim']:.3f} | {took} |")
    return "\n".join(lines)


def recipes() -> str:
    """The newest curve of each recipe on each image: where it peaks, and where it ends."""
    rows = {(row["image"], row["recipe"]): row for row in rows_of(RESULTS / "recipes.jsonl")}
    lines = [
        "| image | recipe | best PSNR of the average | at step | misfit there | at the last step | seconds a step |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    for (image, recipe), row in sorted(rows.items()):
        best, last = max(row["curve"], key=lambda point: point["psnr"]), row["curve"][-1]
        end = f"{last['psnr']:.2f} ({last['step']})"
        cost = f"{row['seconds'] / last['step']:.2f}"
        lines.append(
            f"| {image} | {recipe} | {best['psnr']:.2f} | {best['step']} | {best['residual']} | {end} | {cost} |"
        )
    return "\n".join(lines)


def performance() -> str:
    """The newest line of each case: a step beside its two bounds."""
    keys = ("preset", "size", "threads", "layers")
    rows = {tuple(row[key] for key in keys): row for row in rows_of(RESULTS / "performance.jsonl")}
    lines = [
        "| preset | size | threads | layers | s a step | forward / backward / optimiser | GFLOP | s at the convolution "
        "ceiling | s at the copy ceiling | share of the convolution ceiling | load |"
    ]
    lines.append("|---" * 11 + "|")
    for key, row in sorted(rows.items(), key=lambda item: (*item[0][:3], item[0][3] == "ours")):
        times = " / ".join(f"{row[f'{phase}_s']:.3f}" for phase in ("propose", "backward", "optimiser"))
        bounds = f"{row['gflop'] / row['conv_gflops']:.3f} | {row['gbytes'] / row['copy_gbps']:.3f}"
        cells = [*map(str, key), f"{row['step_s']:.3f}", times, f"{row['gflop']:.1f}", bounds]
        lines.append(f"| {' | '.join(cells)} | {100 * row['share']:.0f} % | {row['load']} |")
    return "\n".join(lines)


TABLES: dict[str, Callable[[], str]] = {
    "ablation": levels.ablation,
    "claims": claimed.table,
    "cost": levels.cost,
    "deblurring": sharpened.known,
    "deblurringblind": sharpened.blind,
    "deblurringssim": sharpened.similarity,
    "dejpeg10": unpacked.q10,
    "dejpeg20": unpacked.q20,
    "dejpeg40": unpacked.q40,
    "dejpegsnail": unpacked.snail,
    "faithful": faithful,
    "fusing": fused.usual,
    "fusingstrangers": fused.strangers,
    "gallery": hung.table,
    **hung.CAPTIONS,
    "guiding25": lit.weak,
    "guiding50": lit.strong,
    "guidingcave": lit.cave,
    "guidingother": lit.wrong,
    "guidingotherpoisson": lit.wrong_poisson,
    "guidingpoisson": lit.poisson,
    "inpainting50": filledin.gray50,
    "inpainting50seen": filledin.gray50seen,
    "inpaintingshares": filledin.shares,
    "inpaintingtext": filledin.text,
    "kodak": levels.kodak,
    "levels": levels.set9,
    "likelihoods": laws.table,
    "measuring": gauged.straight,
    "measuringnarrowings": gauged.narrowed,
    "pansharpening": observed.pan,
    "pansharpening2": observed.pan2,
    "performance": performance,
    "real": levels.real,
    "recipes": recipes,
    "scaling": levels.scaling,
    "scribbles": pointed.table,
    "stripes": observed.stripes,
    "summary": levels.summary,
    "upscaling2": upscaled.x2,
    "upscaling3": upscaled.x3,
    "upscaling4": upscaled.x4,
    "upscaling8": upscaled.x8,
    **segmented.TABLES,
    **suggested.TABLES,
}


def renewed(page: Path, text: str) -> str:
    """The page's text with its tables made anew."""

    def table(match: re.Match[str]) -> str:
        made = TABLES[match[2]]()
        made = in_chinese(made) if page.name.endswith(".zh-CN.md") else made
        return f"{match[1]}\n{made}\n{match[3]}"

    return re.sub(r"(<!-- table: (\w+) -->)\n.*?\n?(<!-- end of table -->)", table, text, flags=re.DOTALL)


def main() -> None:
    """Write or check."""
    old = {page: page.read_text() for page in PAGES}
    stale = [page for page, text in old.items() if renewed(page, text) != text]
    if "--check" in sys.argv:
        sys.exit("".join(f"{page} has a table that is out of date\n" for page in stale) or 0)
    for page in stale:
        page.write_text(renewed(page, old[page]))
        print(f"wrote {page.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
