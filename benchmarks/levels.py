"""The tables of denoising: our levels and the references, from results/levels.jsonl and results/scaling.jsonl.

What was not run is left out: a method, an image, a noise without lines has no row or column.
"""

from pathlib import Path
from typing import Any

from references import rows as rows_of

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LABELS = {
    "nlm": "non-local means (scikit-image)",
    "tv": "total variation (scikit-image)",
    "wavelet": "wavelets (scikit-image)",
    "bm3d": "BM3D",
    "draft": "untaught, `draft`",
    "normal": "untaught, `normal`",
    "best": "untaught, `best`",
    "network-draft": "untaught, network alone, `draft`",
    "network": "untaught, network alone, `normal`",
    "network-best": "untaught, network alone, `best`",
    "paper": "untaught, `paper`",
}
UNSEEN_SET9 = {"house", "lena", "kodim02", "kodim03", "kodim12"}  # decided nothing while settings were chosen
SEEN_KODAK = {"kodim03", "kodim05", "kodim08", "kodim13", "kodim15", "kodim20"}
MARK = "\\*"
PAPER_STEPS = 1800
NOTHING = "Not measured yet."
Row = dict[str, Any]
Rows = list[Row]


def set9() -> str:
    """Set9, image by image: our levels and the references, seconds, and the share of the paper's time."""
    found = [row for row in newest("levels") if row["set"] == "set9" and in_table(row["method"])]
    names = sorted({row["image"] for row in found})
    if not names:
        return NOTHING
    heads = ["method", "sigma", *(name + MARK * (name in UNSEEN_SET9) for name in names)]
    heads += ["mean", f"mean of those with {MARK}", "s for 512x512", "processor s", "share of the paper's time"]
    lines = [
        ["the noisy file", "", *by_image(found, names, "noisy_psnr"), *means(found, names, "noisy_psnr"), "", "", ""]
    ]
    for label, told, some in by_method(found):
        whole = {row["image"] for row in some} == set(names)
        cells = [label, told, *by_image(some, names, "psnr")]
        cells += [*means(some, names, "psnr")] if whole else ["", ""]
        lines.append([*cells, *costs(some)])
    return markdown(heads, lines)


def summary() -> str:
    """Set9 in short: means, and what they cost."""
    found = [row for row in newest("levels") if row["set"] == "set9" and in_table(row["method"])]
    names = sorted({row["image"] for row in found})
    if not names:
        return NOTHING
    lines = [["the noisy files", *means(found, names, "noisy_psnr"), "", ""]]
    for label, told, some in by_method(found):
        if told != "told" and {row["image"] for row in some} == set(names):
            seconds, _, share = costs(some)
            lines.append([label, *means(some, names, "psnr"), seconds, share])
    return markdown(["method", "mean of nine", "of the unseen five", "s for 512x512", "of the paper's time"], lines)


def means(some: Rows, names: list[str], score: str) -> tuple[str, str]:
    """Over all images, and over those that nobody looked at while choosing."""
    unseen = [row for row in some if row["image"] in UNSEEN_SET9]
    return mean(some, score, len(names)), mean(unseen, score, len(UNSEEN_SET9 & set(names)))


def by_image(some: Rows, names: list[str], score: str) -> list[str]:
    """A cell for each image, empty where it was not run."""
    scores = {row["image"]: f"{row[score]:.2f}" for row in some}
    return [scores.get(name, "") for name in names]


def costs(some: Rows) -> tuple[str, str, str]:
    """Seconds for 512 x 512 pixels by the images' area, of the clock and the processor; the first as a share."""
    area = sum(row["shape"][0] * row["shape"][1] for row in some) / 512**2
    seconds, cpu = (sum(row[name] for row in some) / area for name in ("seconds", "cpu_seconds"))
    steps = {row["threads"]: row["step_seconds"] for row in scaling_rows("step")}
    threads = {row["threads"] for row in some}
    share = ""
    if len(threads) == 1 and threads <= steps.keys():
        share = f"1/{steps[threads.pop()] * PAPER_STEPS / seconds:.0f}" if seconds > 0 else ""
    return f"{seconds:.1f}", f"{cpu:.1f}", share


def kodak() -> str:
    """Kodak24 at 256x256: the mean over all images, and over those that nobody looked at, for each kind of noise."""
    found = [row for row in newest("levels") if row["set"] == "kodak256" and in_table(row["method"])]
    noises = sorted({noise_of(row) for row in found})
    if not noises:
        return NOTHING
    noisy = [kodak_cell(found, found, noise, "noisy_psnr") for noise in noises]
    lines = [["the noisy image", "", *noisy]]
    for label, told, some in by_method(found):
        cells = [kodak_cell(some, found, noise, "psnr") for noise in noises]
        if any(cells):
            lines.append([label, told, *cells])
    return markdown(["method", "sigma", *(f"{kind} {level}" for kind, level in noises)], lines)


def kodak_cell(some: Rows, found: Rows, noise: tuple[str, int], score: str) -> str:
    """Both means; empty while a method has not had all images that others have had of that noise."""
    some, found = ([row for row in rows if noise_of(row) == noise] for rows in (some, found))
    names = {row["image"] for row in found}
    if {row["image"] for row in some} != names:
        return ""
    every = list({row["image"]: row for row in some}.values())
    unseen = [row for row in every if row["image"] not in SEEN_KODAK]
    return f"{mean(every, score)} ({len(every)}), {mean(unseen, score)} ({len(unseen)})"


def real() -> str:
    """Real noise: in, out, and the least that any image gained."""
    lines = []
    for name in ("polyu", "fmd"):
        found = [row for row in newest("levels") if row["set"] == name and in_table(row["method"])]
        for label, _, some in by_method(found):
            gains = [row["psnr"] - row["noisy_psnr"] for row in some]
            cells = [name, label, str(len(some)), mean(some, "noisy_psnr"), mean(some, "psnr"), f"{min(gains):+.2f}"]
            lines.append(cells)
    heads = ["set", "method", "images", "PSNR in", "PSNR out", "least gain of an image"]
    return markdown(heads, lines) if lines else NOTHING


def ablation() -> str:
    """What the network adds to the first estimate of its level, on the images that have both."""
    lines = []
    for name, of_set in (("Set9", on_set9), ("Kodak24, clipped 25", on_kodak_25)):
        for level in ("draft", "normal", "best"):
            for told in (False, True):
                found = [row for row in newest("levels") if of_set(row) and row["told"] == told]
                pairs = [
                    (row["first_psnr"], row["psnr"]) for row in found if row["method"] == level and "first_psnr" in row
                ]
                if pairs:
                    lines.append([name, level, sigma_word(told), *gain(pairs)])
    heads = ["images", "level", "sigma", "first estimate alone", "with the network", "difference", "images that gained"]
    return markdown(heads, lines) if lines else NOTHING


def gain(pairs: list[tuple[float, float]]) -> list[str]:
    """Mean before, mean after, mean difference, how many gained."""
    before, after = (sum(scores) / len(pairs) for scores in zip(*pairs, strict=True))
    gained = sum(one > other for other, one in pairs)
    return [f"{before:.2f}", f"{after:.2f}", f"{after - before:+.3f}", f"{gained} of {len(pairs)}"]


def on_set9(row: Row) -> bool:
    """Is it one of the nine?"""
    return row["set"] == "set9"


def on_kodak_25(row: Row) -> bool:
    """Is it Kodak's with the commonest noise?"""
    return row["set"] == "kodak256" and noise_of(row) == ("clipped", 25)


def cost() -> str:
    """Seconds and memory per megapixel, and what the program adds."""
    points = {(row["method"], row["threads"], row["size"]): row for row in scaling_rows("point")}
    sizes = [size for size in (512, 1024) if any(at == size for _, _, at in points)]
    lines = []
    for method, threads in sorted({key[:2] for key in points}, key=lambda key: (order(key[0]), key[1])):
        cells = [method, str(threads)]
        for name in ("seconds", "cpu_seconds", "peak_mb"):
            for size in sizes:
                row = points.get((method, threads, size))
                cells.append(f"{row[name] / (size**2 / 1e6):,.{0 if name == 'peak_mb' else 1}f}" if row else "")
        if any(cells[2:]):
            lines.append(cells)
    what = ("s", "processor s", "MB")
    heads = ["level", "threads", *(f"{name} per megapixel at {size}" for name in what for size in sizes)]
    said = [markdown(heads, lines)] if lines else []
    others = [
        f"- {row['threads']} thread{'s' * (row['threads'] > 1)}: `untaught denoise` spends "
        f"{row['outside_seconds']:.1f} s outside the fit ({row['size']}x{row['size']}, `draft`)."
        for row in scaling_rows("outside")
    ]
    others += [
        f"- {row['threads']} thread{'s' * (row['threads'] > 1)}: a step of the paper's network takes "
        f"{row['step_seconds']:.2f} s at {row['size']}x{row['size']}x3; {PAPER_STEPS:,} of them "
        f"{row['step_seconds'] * PAPER_STEPS:,.0f} s."
        for row in scaling_rows("step")
    ]
    return "\n\n".join([*said, *(["\n".join(others)] if others else [])]) or NOTHING


def scaling() -> str:
    """The figure, once it was drawn."""
    if not (ROOT / "docs" / "figures" / "scaling.svg").exists():
        return NOTHING
    return "![Time and peak memory against the pixels, for each level and number of threads](figures/scaling.svg)"


def newest(name: str) -> Rows:
    """The newest line of each method on each noisy image."""
    keys = ("set", "image", "method", "told")
    found = rows_of(RESULTS / f"{name}.jsonl")
    return list({(*(row[key] for key in keys), noise_of(row)): row for row in found}.values())


def scaling_rows(kind: str) -> Rows:
    """The newest line of each measurement of one kind, by threads."""
    found = [row for row in rows_of(RESULTS / "scaling.jsonl") if row["kind"] == kind]
    kept = {(row["threads"], row["size"], row["method"]): row for row in found}
    return [row for _, row in sorted(kept.items())]


def noise_of(row: Row) -> tuple[str, int]:
    """Kind and level."""
    return row["noise"]["kind"], row["noise"].get("sigma") or row["noise"].get("peak") or 0


def in_table(method: str) -> bool:
    """Levels and references; the first estimates alone have a table of their own."""
    return not method.startswith("classical-")


def order(method: str) -> int:
    """Where a method stands in a table."""
    return list(LABELS).index(method) if method in LABELS else len(LABELS)


def by_method(found: Rows) -> list[tuple[str, str, Rows]]:
    """Label, how it knew sigma, and its lines."""
    keys = sorted({(order(row["method"]), row["method"], row["told"]) for row in found})
    return [
        (
            LABELS.get(method, method),
            "not used" if method == "tv" else sigma_word(told),
            [row for row in found if (row["method"], row["told"]) == (method, told)],
        )
        for _, method, told in keys
        if not (method == "tv" and told)
    ]


def sigma_word(told: bool) -> str:
    """How a method knew sigma."""
    return "told" if told else "estimated"


def mean(some: Rows, score: str, count: int | None = None) -> str:
    """Two digits, once an image; empty if there are not `count` images."""
    scores = list({row["image"]: row[score] for row in some}.values())
    return f"{sum(scores) / len(scores):.2f}" if scores and count in (None, len(scores)) else ""


def markdown(heads: list[str], lines: list[list[str]]) -> str:
    """A table."""
    ruled = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled).replace("| --- ", "|---").replace("--- |", "---|")
