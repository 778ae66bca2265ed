"""What a figure must be: legends of their own, marks that differ, no text cut off or on another, axes named."""

import json
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from untaught.studies import study
from untaught.studies.figure import LOOK, Panel, Series, drawn, laid_out, names_of, sharing, style
from untaught.studies.pictures import GAP, Shown, sheet

DOCS = Path(__file__).parents[2] / "docs" / "studies"
WRITTEN = sorted(DOCS.rglob("*.json"))


def panel(title, *names, **rest):
    series = [Series(name=name, x=[0, 1], y=[k, 1 + k]) for k, name in enumerate(names)]
    return Panel(title=title, across="x, pixels", up="y, dB", series=series, **rest)


def texts(figure):
    """What is written, and where. Ticks beyond the ends of an axis are not drawn."""
    hidden = set()
    for axes in figure.axes:
        kept = set() if axes.get_legend() is None else set(axes.get_legend().get_texts())
        hidden |= set() if axes.axison else set(axes.findobj(Text)) - kept
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                hidden |= {tick.label1, tick.label2} if not low <= tick.get_loc() <= high else {tick.label2}
    seen = [one for one in figure.findobj(Text) if one not in hidden and one.get_visible() and one.get_text().strip()]
    return [(one.get_text(), one.get_window_extent()) for one in seen]


def flaws(panels):
    """Text that is cut off, and text that lies on other text."""
    with matplotlib.rc_context(LOOK):
        figure = laid_out(panels)
        figure.draw_without_rendering()
        page, written = figure.bbox.padded(0.5), texts(figure)
        cut = [words for words, box in written if not (page.contains(*box.min) and page.contains(*box.max))]
        pairs = combinations(written, 2)
        crossed = [(a, b) for (a, one), (b, other) in pairs if Bbox.intersection(one.padded(-1), other.padded(-1))]
    return cut + crossed


def test_flaws_are_seen():
    assert flaws([panel("t", "a", "b")]) == []
    long = Panel(title="t", across="a name " * 20, up="y", series=[Series(name="a", x=[0, 1], y=[0, 1])])
    assert flaws([long]) == [long.across]
    many = panel("t", "a", places=[f"{k} is a place with a long name" for k in range(6)])
    assert flaws([many])


@pytest.mark.parametrize("path", WRITTEN, ids=str)
def test_no_text_of_the_docs_is_cut_off_or_on_another_and_all_axes_are_named(path):
    panels = study(path.stem).panels(json.loads(path.read_text()))
    assert flaws(panels) == []
    assert all(one.up and (one.across or one.kind == "bars") for one in panels)


@pytest.mark.parametrize("path", WRITTEN, ids=str)
def test_figures_of_the_docs_are_those_of_their_numbers(path):
    written = drawn(study(path.stem).panels(json.loads(path.read_text())))["svg"].decode()
    there = path.with_suffix(".svg").read_text()
    assert written.count("<!-- ") == there.count("<!-- ") and words(written) == words(there)


def words(svg):
    """All text of it: matplotlib writes it as a comment beside its outlines."""
    return [line.strip() for line in svg.splitlines() if line.strip().startswith("<!-- ")]


def test_panels_share_a_legend_with_neighbours_of_the_same_names_only():
    one, two, other = panel("1", "a", "b"), panel("2", "b", "c"), panel("3", "d")
    assert [len(part) for part in sharing([one, two, other, one])] == [2, 1, 1]
    names = names_of([one, two])
    assert names == ["a", "b", "c"] and style(two.series[0], names)["color"] == style(one.series[1], names)["color"]
    with matplotlib.rc_context(LOOK):
        figure = laid_out([one, two, one, panel("3", "d", "e")])
    legends = [[text.get_text() for text in one.get_texts()] for part in figure.subfigs for one in of(part)]
    assert legends == [["a", "b", "c"], ["d", "e"]]


def of(part):
    """Its legends, on it or in a place left over."""
    return [*part.legends, *(one.get_legend() for one in part.axes if one.get_legend())]


def test_no_two_of_ten_series_look_alike_without_their_colours():
    names = [str(k) for k in range(10)]
    looks = [style(Series(name=name, x=[], y=[]), names) for name in names]
    assert len({look["marker"] for look in looks}) == len(names)
    seen = [(look["color"], look["markerfacecolor"] == "white") for look in looks]
    assert len(set(seen)) == len(names)


def test_a_panel_without_a_value_is_drawn_empty():
    empty = Panel(title="t", across="x", up="y", powers="xy", series=[Series(name="a", x=[1, 2], y=[None, None])])
    assert drawn([empty])["svg"]


def test_words_under_pictures_are_read_at_600_pixels_and_fit_under_their_pictures():
    grey = np.full((96, 96, 1), 0.5, dtype=np.float32)
    for count in (3, 6, 7):
        names = ["pixels + TV, step 1499: 24.8 dB"] if count == 3 else ["super-resolution: given", "speckle: 9.9 dB"]
        page = np.asarray(sheet([[Shown(names[k % len(names)], grey) for k in range(count)]]).convert("L")).astype(int)
        wide = 2 * 96
        under = page[GAP + wide :]
        rows = np.flatnonzero((under < 200).any(axis=1))
        lines = 1 + int((np.diff(rows) > 1).sum())
        assert rows[0] > 0 and rows[-1] < len(under) - 1, "not cut off"
        assert (rows[-1] - rows[0] + 1) / lines * 600 / page.shape[1] > 7
        between = [GAP + k * (wide + GAP) - j for k in range(1, count) for j in range(1, GAP)]
        assert (under[:, between] > 200).all(), "none runs into the next"
