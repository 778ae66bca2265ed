"""A measured mask told to a reader: one page that holds all it needs."""

from collections.abc import Sequence
from importlib import resources
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from untaught.errors import InputError
from untaught.report import data_address, escaped
from untaught.vessels.overlay import FEW, VIRIDIS, name, overlay, scale_of
from untaught.vessels.tree import USE, Tree, caveats

VESSEL, GROUND = 128, 40  # grey, of 255, of a mask that is shown for want of an image
BINS = 24  # of the histogram, at most
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)  # a bin's width is one of these
CHART = (640, 170)  # width and height
MARGIN = 20  # to its left and right, for the first and the last number


def measured_page(tree: Tree, mask: NDArray[np.bool_], *, title: str, image: NDArray[Any] | None = None) -> str:
    """HTML, to be written as UTF-8: the mask, or the image that it was made from, with all that was measured in it.

    image: HW or HWC of three channels, of any real dtype, shown from its least value to its greatest.
    Raises: InputError for an image of another size than the mask.
    """
    if image is not None and image.shape[:2] != mask.shape:
        sizes = [f"{one.shape[0]}x{one.shape[1]}" for one in (image, mask)]
        raise InputError(f"the image is {sizes[0]} but the mask is {sizes[1]} (height x width)")
    scale = scale_of(tree)
    page = Template(resources.files("untaught.vessels").joinpath("measured_page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escaped(title),
        use=USE,
        numbers="checked" if len(tree.branches) <= FEW else "",
        overlay=overlay(tree, mask, data_address(shown(mask) if image is None else stretched(image))),
        ramp=", ".join(VIRIDIS),
        ticks="".join(f"<span>{value:.3g}</span>" for value in (scale.low, scale.middle, scale.high)),
        unit=tree.unit,
        note=escaped(note(tree, image is None)),
        narrowings=narrowing_table(tree),
        branches=branch_table(tree),
        histogram=histogram(tree),
        caveats="\n".join(f"<li>{escaped(one)}</li>" for one in caveats(tree)),
    )


def shown(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The mask as a picture on which every colour can be seen."""
    return np.where(mask, VESSEL, GROUND).astype(np.uint8)


def stretched(image: NDArray[Any]) -> NDArray[np.uint8]:
    """From the least value, black, to the greatest, white."""
    low, high = float(image.min()), float(image.max())
    unit = (image.astype(np.float64) - low) / (high - low if high > low else 1.0)
    return np.rint(255 * unit).astype(np.uint8)


def note(tree: Tree, bare: bool) -> str:
    """What is seen, in a sentence or two."""
    height, width = tree.shape
    counts = [
        f"{len(some)} {name if len(some) == 1 else plural}"
        for some, name, plural in (
            (tree.branches, "branch", "branches"),
            (tree.branch_points, "branch point", "branch points"),
            (tree.ends, "end", "ends"),
            (tree.specks, "speck that is no longer than wide", "specks that are no longer than wide"),
        )
    ]
    what = "the mask" if bare else "the image, from its least value to its greatest"
    return (
        f"{width} × {height} pixels, {what}. {', '.join(counts[:-1])}, and {counts[-1]}; {tree.length:.4g} {tree.unit} "
        "of centreline. Full circles: branch points. Hollow: ends. Dashed: no diameter is measured, near a branch "
        "point, an end or the border. Rings: narrowings, numbered as in the table. The pointer on a branch tells more."
    )


def narrowing_table(tree: Tree) -> str:
    """The narrowings of 30 % or more, the greatest first."""
    if not tree.narrowings:
        return '<p class="note">None.</p>'
    unit = tree.unit
    heads = ("", "branch", "row", "column", f"diameter, {unit}", f"reference, {unit}", "narrowing, %")
    rows = []
    for number, (branch, one) in enumerate(tree.narrowings, start=1):
        place, widths = (one.row, one.column), (one.diameter, one.reference)
        cells = [f"{value:.0f}" for value in place] + [f"{value:.2f}" for value in widths] + [f"{one.percent:.0f}"]
        rows.append((number, name(branch), *cells))
    return table(heads, rows)


def branch_table(tree: Tree) -> str:
    """A row a branch."""
    unit = tree.unit
    heads = ("", "from", "to", f"length, {unit}", f"median diameter, {unit}", "least", "greatest", "narrowing, %")
    rows = []
    for branch in tree.branches:
        known = branch.diameter[np.isfinite(branch.diameter)]
        widths = [f"{value:.2f}" for value in (np.median(known), known.min(), known.max())] if known.size else 3 * ["–"]
        narrowed = "–" if branch.greatest is None else f"{branch.greatest.percent:.0f}"
        rows.append((name(branch), branch.start, branch.end, f"{branch.length:.1f}", *widths, narrowed))
    return table(heads, rows, words=(1, 2)) if rows else '<p class="note">None.</p>'


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, words: tuple[int, ...] = ()) -> str:
    """Numbers to the right, the columns `words` to the left."""

    def line(cells: Sequence[object], tag: str) -> str:
        sides = [' class="words"' if n in words else "" for n in range(len(cells))]
        inside = (f"<{tag}{side}>{escaped(str(cell))}</{tag}>" for cell, side in zip(cells, sides, strict=True))
        return f"<tr>{''.join(inside)}</tr>"

    body = "\n".join(line(row, "td") for row in rows)
    return f'<div class="scroll"><table><thead>{line(heads, "th")}</thead><tbody>\n{body}\n</tbody></table></div>'


def histogram(tree: Tree) -> str:
    """How much centreline has which diameter, as an SVG."""
    pairs = [(branch.diameter, np.gradient(branch.along)) for branch in tree.branches]
    diameters = np.concatenate([np.zeros(0), *(d[np.isfinite(d)] for d, _ in pairs)])
    weights = np.concatenate([np.zeros(0), *(w[np.isfinite(d)] for d, w in pairs)])
    if diameters.size == 0:
        return '<p class="note">No diameter is measured.</p>'
    step = next((one for one in STEPS if diameters.max() / one <= BINS), STEPS[-1])
    bins = int(diameters.max() / step) + 1
    heights, _ = np.histogram(diameters, bins=bins, range=(0, bins * step), weights=weights)
    width, height = CHART
    wide, top, floor = (width - 2 * MARGIN) / bins, 20, height - 34
    parts = [f'<svg class="histogram" viewBox="0 0 {width} {height}" role="img" aria-label="Histogram of diameters">']
    for n, value in enumerate(heights.tolist()):
        tall = (floor - top) * value / heights.max()
        label = f"{n * step:g} to {(n + 1) * step:g} {tree.unit}: {value:.4g} {tree.unit} of centreline"
        place = f'x="{MARGIN + n * wide + 1:.1f}" y="{floor - tall:.1f}" width="{wide - 2:.1f}" height="{tall:.1f}"'
        parts.append(f"<rect {place}><title>{label}</title></rect>")
    parts.append(f'<line x1="{MARGIN}" x2="{width - MARGIN}" y1="{floor}" y2="{floor}"/>')
    every = -(-bins // 12)
    parts += [
        f'<text x="{MARGIN + n * wide:.1f}" y="{floor + 15}">{n * step:g}</text>' for n in range(0, bins + 1, every)
    ]
    parts.append(f'<text x="{width / 2}" y="{height - 3}">diameter, {tree.unit}</text>')
    parts.append(
        f'<text x="{width / 2}" y="12">length of centreline, at most {heights.max():.4g} {tree.unit}</text></svg>'
    )
    return "".join(parts)
