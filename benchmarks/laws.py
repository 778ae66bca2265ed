"""The table of likelihoods: the matched one and the classics, from results/likelihoods.jsonl. Else it is left out."""

from pathlib import Path

from levels import NOTHING, markdown
from references import rows as rows_of

RESULTS = Path(__file__).parent / "results"
LABELS = {
    "noisy": "the noisy image",
    "gaussian": "deep image prior, Gaussian likelihood",
    "matched": "deep image prior, the noise's own likelihood",
    "laplace": "deep image prior, Laplace",
    "outliers": "deep image prior, Gaussian, `WithOutliers`",
    "median": "median, 5x5 (SciPy)",
    "median-intact": "median of what is not black or white, 5x5",
    "tv": "total variation, stabilised (scikit-image)",
    "denoise": "`untaught.denoise`, `draft`, stabilised",
}
KEYS = ("noise", "image", "method", "limit", "seed")


def table() -> str:
    """PSNR of each method on each image, the mean, and the best step of the fit by the truth."""
    found = {tuple(row[key] for key in KEYS): row for row in rows_of(RESULTS / "likelihoods.jsonl")}
    names = sorted({row["image"] for row in found.values()})
    lines = []
    for noise in sorted({row["noise"] for row in found.values()}):
        of_noise = [row for row in found.values() if row["noise"] == noise]
        first = {row["image"]: {"method": "noisy", "psnr": row["noisy_psnr"]} | pick(row) for row in of_noise}
        for method, label in LABELS.items():
            some = [row for row in [*first.values(), *of_noise] if row["method"] == method]
            if some:
                lines.append([noise, label, *cells(some, names, len(first))])
    heads = ["noise", "method", *names, "mean", "mean at the best step", "steps", "processor s an image"]
    return markdown(heads, lines) if lines else NOTHING


def pick(row: dict[str, object]) -> dict[str, object]:
    """What the noisy image has in common with what is made of it."""
    return {key: row[key] for key in ("noise", "image")}


def cells(some: list[dict[str, object]], names: list[str], count: int) -> list[str]:
    """An image each; means where all `count` images of the noise have been run; steps and seconds, where known."""
    scores = {row["image"]: float(str(row["psnr"])) for row in some}
    best = [float(str(row["best_psnr"])) for row in some if row.get("best_psnr")]
    counts = sorted(int(str(row["steps"])) for row in some if row.get("best_psnr"))
    whole = len(scores) == count
    took = [float(str(row["cpu_seconds"])) for row in some if "cpu_seconds" in row]
    return [
        *(f"{scores[name]:.2f}" if name in scores else "" for name in names),
        f"{sum(scores.values()) / count:.2f}" if whole else "",
        f"{sum(best) / count:.2f}" if whole and len(best) == count else "",
        "-".join(dict.fromkeys((str(counts[0]), str(counts[-1])))) if counts else "",
        f"{sum(took) / len(took):.1f}" if took else "",
    ]
