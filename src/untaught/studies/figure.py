"""Panels as data, and their drawing: the only place that knows matplotlib.

Colours can be told apart by people who see few of them, and no series is told by its colour alone.
Source of the colours: Okabe and Ito 2008, "Color Universal Design".
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from untaught.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure, SubFigure

COLOURS = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#8C8C8C"
MARKERS = "o", "s", "^", "D", "v", "P", "X", "*", "<", "p"
DASHES = "-", "--", "-.", ":", "-", "--", "-.", ":"
WIDE = 6.0  # inches; 600 pixels at 100 a inch
LETTERS = 8.5  # points
LOOK: dict[Any, Any] = {"font.size": LETTERS, "svg.hashsalt": "untaught", "axes.titlesize": LETTERS + 0.5}


@dataclass(frozen=True, kw_only=True)
class Series:
    """Numbers with a name. The same name has the same colour in all panels that share a legend.

    spread: drawn either side of y, or above it where `below` says what is drawn below.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    spread: Sequence[float | None] | None = None
    below: Sequence[float | None] | None = None

    def reach(self) -> Any:
        """Of the bars that show the spread."""
        above = gaps(self.spread)
        return above if self.below is None else [gaps(self.below), above]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One set of axes. Of bars, `places` are the names of x = 0, 1, ...; they lie down, so that names have room."""

    title: str
    across: str  # what x is, with its unit
    up: str  # what y is, with its unit
    series: Sequence[Series]
    kind: Literal["lines", "points", "bars"] = "lines"
    places: Sequence[str] = ()
    powers: str = ""  # "x", "y" or "xy": axes that are logarithmic
    level: float | None = None  # a thin line at this value


def drawn(panels: Sequence[Panel]) -> dict[str, bytes]:
    """`png`, 1200 pixels wide, and `svg`. Raises: UsageError if matplotlib is not installed."""
    check_drawing()
    import matplotlib

    files = {}
    with matplotlib.rc_context(LOOK):
        figure = laid_out(panels)
        for kind, about in (("png", {"Software": None}), ("svg", {"Date": None})):
            held = io.BytesIO()
            figure.savefig(held, format=kind, dpi=200, metadata=about)
            files[kind] = held.getvalue()
    return files | {"svg": numbered(files["svg"])}


def numbered(svg: bytes) -> bytes:
    """Clips are called by their order: matplotlib's names go by the layout's last bit, which is not always the same."""
    for number, name in enumerate(dict.fromkeys(re.findall(rb"\bp[0-9a-f]{10}\b", svg))):
        svg = svg.replace(name, b"clip%d" % number)
    return svg


def check_drawing() -> None:
    """Raises: UsageError if matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise UsageError("a study's figure wants matplotlib: pip install 'untaught[studies]'")


def laid_out(panels: Sequence[Panel]) -> "Figure":
    """Panels below each other, two side by side where they have room for it, each kind of them above its legend."""
    from matplotlib.figure import Figure

    parts = sharing(panels)
    high = [height(part) for part in parts]
    figure = Figure(figsize=(WIDE, sum(high)), layout="constrained")
    places = figure.subfigures(len(parts), 1, squeeze=False, height_ratios=high)
    for part, place in zip(parts, places.ravel(), strict=True):
        fill(place, part)
    return figure


def sharing(panels: Sequence[Panel]) -> list[list[Panel]]:
    """Neighbours that have a name in common share a legend."""
    parts: list[list[Panel]] = []
    for panel in panels:
        if parts and set(names_of([panel])) & set(names_of(parts[-1])):
            parts[-1].append(panel)
        else:
            parts.append([panel])
    return parts


def names_of(panels: Sequence[Panel]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(series.name for panel in panels for series in panel.series if series.name))


def fill(place: "SubFigure", panels: Sequence[Panel]) -> None:
    """Panels that share a legend. It goes to a place that is left over, else below them."""
    rows, names = in_rows(panels), names_of(panels)
    axes: list[Axes] = list(place.subplots(len(rows), len(rows[0]), squeeze=False).ravel())
    for panel, one in zip(panels, axes, strict=False):
        draw(one, panel, names)
    spare = axes[len(panels) :]
    for one in spare:
        one.set_axis_off()
    if len(names) < 2:
        return
    shown = handles(axes, names)
    if spare:
        spare[0].legend(shown, names, loc="center", frameon=False)
    else:
        place.legend(shown, names, loc="outside lower center", ncols=2, frameon=False)


def in_rows(panels: Sequence[Panel]) -> list[Sequence[Panel]]:
    """Two in a row; one, where it is alone or has names beside its axis."""
    columns = 1 if len(panels) == 1 or any(one.kind == "bars" for one in panels) else 2
    return [panels[k : k + columns] for k in range(0, len(panels), columns)]


def height(panels: Sequence[Panel]) -> float:
    """In inches, of panels and their legend."""
    rows, names = in_rows(panels), names_of(panels)
    below = len(names) > 1 and len(rows[-1]) == len(rows[0])
    legend = 0.22 * -(-len(names) // 2) + 0.1 if below else 0.0
    return sum(max(high(panel) for panel in row) for row in rows) + legend


def high(panel: Panel) -> float:
    """In inches."""
    if panel.kind == "bars":
        return 0.75 + 0.2 * len(panel.places) * max(len(panel.series), 1.2)
    return 2.6


def draw(axes: "Axes", panel: Panel, names: list[str]) -> None:
    """One panel."""
    paint = {"lines": lines, "points": points, "bars": bars}[panel.kind]
    paint(axes, panel, names)
    lying = panel.kind == "bars"
    axes.set_title(panel.title, loc="left", wrap=True)
    axes.set_xlabel(panel.up if lying else panel.across)
    axes.set_ylabel(panel.across if lying else panel.up)
    if panel.level is not None:
        (axes.axvline if lying else axes.axhline)(panel.level, color="#8C8C8C", linewidth=0.8, zorder=0)
    if "x" in panel.powers:
        axes.set_xscale("log")
    if "y" in panel.powers and any(value for one in panel.series for value in one.y):
        axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            few_ticks(axis)
    axes.grid(alpha=0.25, axis="x" if lying else "both")
    axes.spines[["top", "right"]].set_visible(False)


def few_ticks(axis: "Axis") -> None:
    """1, 2, 5, 10, ... on a logarithmic axis of less than two decades, where powers of ten are too few to read by."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    low, most = axis.get_view_interval()
    if most < 100 * low:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())


def lines(axes: "Axes", panel: Panel, names: list[str]) -> None:
    """With a mark at every point."""
    for one in panel.series:
        look = style(one, names)
        axes.errorbar(one.x, gaps(one.y), yerr=one.reach(), label=one.name, capsize=2, markersize=4, **look)
    if panel.places:
        axes.set_xticks(range(len(panel.places)), panel.places)


def points(axes: "Axes", panel: Panel, names: list[str]) -> None:
    """Apart."""
    for one in panel.series:
        look = style(one, names) | {"linestyle": "none"}
        axes.errorbar(one.x, gaps(one.y), yerr=one.reach(), label=one.name, markersize=5, elinewidth=0.7, **look)
    axes.margins(0.08)
    if panel.places:
        axes.set_xticks(range(len(panel.places)), panel.places)


def bars(axes: "Axes", panel: Panel, names: list[str]) -> None:
    """Lying, the first on top."""
    thick = 0.8 / len(panel.series)
    for number, one in enumerate(panel.series):
        look = style(one, names)
        at = [x + (number - (len(panel.series) - 1) / 2) * thick for x in one.x]
        axes.barh(at, gaps(one.y), thick, xerr=one.reach(), label=one.name, color=look["color"],
                  error_kw={"elinewidth": 0.8, "capsize": 2}, hatch=("", "//", "..", "xx")[number % 4],
                  edgecolor="white", linewidth=0.5)  # fmt: skip
    axes.set_yticks(range(len(panel.places)), panel.places)
    axes.invert_yaxis()


def style(one: Series, names: list[str]) -> dict[str, Any]:
    """By the place of the name in the legend; marks are hollow where colours come again."""
    k = names.index(one.name) if one.name in names else 0
    colour, marker, dash = (some[k % len(some)] for some in (COLOURS, MARKERS, DASHES))
    inside = colour if k < len(COLOURS) else "white"
    return {"color": colour, "marker": marker, "markerfacecolor": inside, "linestyle": dash, "linewidth": 1.3}


def handles(axes: Sequence["Axes"], names: list[str]) -> list[Any]:
    """One for each name, from wherever it is drawn."""
    found: dict[str, Any] = {}
    for one in axes:
        for handle, name in zip(*one.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    return [found[name] for name in names if name in found]


def gaps(values: Sequence[float | None] | None) -> Any:
    """None is where nothing is drawn."""
    return None if values is None else [float("nan") if value is None else value for value in values]
