"""The table of fusing, from results/fuse.jsonl. What was not run is left out."""

from pathlib import Path

from filledin import mean
from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "bicubic": "the first frame alone, bicubic (Pillow)",
    "upscale": "the first frame alone, untaught `upscale`",
    "denoised": "the first frame alone, untaught `denoise`, then `upscale`",
    "add": "shift-and-add, our registration",
    "add+": "shift-and-add, the true motions",
    "estimate": "untaught, before the network",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
}
USUAL = {"factor": 4, "count": 16, "sigma": 5.0, "side": 256}


def usual() -> str:
    """16 frames, four times: PSNR of each method on each scene, the motions found, and what it took."""
    return table(0)


def strangers() -> str:
    """The same where the last three frames show something else."""
    return table(3)


def table(strangers: int) -> str:
    """Where so many of the frames show something else."""
    asked = USUAL | {"strangers": strangers}
    found = [row for row in rows_of(RESULTS / "fuse.jsonl") if all(row[key] == asked[key] for key in asked)]
    found = list({(row["image"], row["method"]): row for row in found}.values())
    names = sorted({row["image"] for row in found})
    lines = []
    for method, label in LABELS.items():
        some = [row for row in found if row["method"] == method]
        if some:
            scores = {row["image"]: f"{row['psnr']:.2f}" for row in some}
            whole = mean(some, "psnr") if len(some) == len(names) else ""
            took = f"{sum(row['cpu_seconds'] for row in some) / len(some):.0f}"
            motions = [row for row in some if "shift_off" in row]
            off = [f"{max(row[key] for row in motions):.2f}" if motions else "" for key in ("shift_off", "degrees_off")]
            lines.append([label, *(scores.get(name, "") for name in names), whole, *off, took])
    heads = ["method", *names, "mean", "shift off by, pixels of a frame", "turn off by, degrees", "processor s"]
    return markdown(heads, lines) if lines else NOTHING
