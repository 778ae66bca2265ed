"""The page says what it was given and reaches for nothing outside itself; the record can be read back."""

import base64
import io
import json
import re
from dataclasses import dataclass
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from untaught.errors import UsageError
from untaught.report import Pane, comparison_page, sidecar


class Parts(HTMLParser):
    """What a browser would see: elements with their attributes, the text of the table, and the title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.title = self.heading = ""
        self.inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("td", "th"):
            self.cells[-1] += data
        if self.inside == "title":
            self.title += data
        if self.inside == "h1":
            self.heading += data

    def element(self, identity: str) -> dict[str, str | None]:
        (found,) = [attributes for _, attributes in self.elements if attributes.get("id") == identity]
        return found

    def pixels(self, identity: str) -> NDArray[np.uint8]:
        source = self.element(identity)["src"] or ""
        kind, _, payload = source.partition(",")
        assert kind == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(payload, validate=True))) as picture:
            assert picture.format == "PNG"
            return np.asarray(picture)


def page_of(left: NDArray[Any], right: NDArray[Any], *, names: tuple[str, str] = ("noisy", "clean")) -> str:
    panes = [Pane(names[0], left), Pane(names[1], right)]
    return comparison_page(panes, title="A title", rows=[("PSNR", "27.31 dB")])


def random_pair(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (2, *shape), dtype=np.uint8)


def test_the_page_needs_nothing_from_outside() -> None:
    page = page_of(*random_pair((16, 16, 3)))
    addresses = [
        value
        for _, attributes in Parts(page).elements
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert len(addresses) == 4  # three pictures, and an empty icon so that no browser asks for one
    assert all((address or "").startswith("data:") for address in addresses)
    text = re.sub(r'"data:[^"]*"', '""', page)
    for reach in ("http:", "https:", "url(", "@import", "fetch(", "import(", "<link rel=stylesheet", "<iframe"):
        assert reach not in text
    policy = [a["content"] for _, a in Parts(page).elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy and "default-src 'none'" in (policy[0] or "")


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 1), (7, 5, 2), (7, 5, 3), (7, 5, 4)])
def test_8_bit_pixels_are_embedded_exactly(shape: tuple[int, ...]) -> None:
    left, right = random_pair(shape)
    left[:4].flat[:16], right[:4].flat[:16] = range(16), range(0, 256, 16)
    parts = Parts(page_of(left, right))
    flat = shape[:2] if shape[2:] == (1,) else shape
    np.testing.assert_array_equal(parts.pixels("left"), left.reshape(flat))
    np.testing.assert_array_equal(parts.pixels("right"), right.reshape(flat))
    assert (parts.element("left")["width"], parts.element("left")["height"]) == ("5", "7")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_difference_is_four_times_the_distance_and_has_no_alpha(channels: int) -> None:
    left, right = random_pair((9, 8, channels))
    expected = np.minimum(4 * np.abs(left.astype(int) - right.astype(int)), 255).squeeze()
    np.testing.assert_array_equal(Parts(page_of(left, right)).pixels("difference"), expected)
    np.testing.assert_array_equal(Parts(page_of(right, left)).pixels("difference"), expected)
    see_through = np.dstack([left, np.zeros((9, 8), np.uint8)])
    np.testing.assert_array_equal(Parts(page_of(see_through, right)).pixels("difference"), expected)


@pytest.mark.parametrize(
    ("dtype", "stored", "shown"),
    [
        ("uint16", [0, 257, 65535, 128], [0, 1, 255, 0]),
        ("int16", [-32511, 16448, 0, -16384], [1, 192, 128, 64]),
        ("bool", [0, 1, 1, 0], [0, 255, 255, 0]),
        ("float32", [0.0, 1.0, 0.5, 0.25], [0, 255, 128, 64]),
        ("float64", [0.1, 0.2, 0.5, 0.25], [26, 51, 128, 64]),  # no stretching inside [0, 1]
    ],
)
def test_other_dtypes_are_scaled_by_their_range(dtype: str, stored: list[float], shown: list[int]) -> None:
    parts = Parts(page_of(np.array([stored], dtype), np.zeros((1, 4), np.uint8)))
    np.testing.assert_array_equal(parts.pixels("left"), [shown])


def test_floats_that_leave_0_to_1_share_the_extremes_of_both() -> None:
    page = page_of(np.array([[-1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 3.0]]))
    parts = Parts(page)
    np.testing.assert_array_equal(parts.pixels("left"), [[0, 64, 128]])
    np.testing.assert_array_equal(parts.pixels("right"), [[64, 128, 255]])
    assert "from -1 (black) to 3 (white), the extremes of both images" in page
    swapped = Parts(page_of(np.array([[0.0, 1.0, 3.0]]), np.array([[-1.0, 0.0, 1.0]])))
    np.testing.assert_array_equal(swapped.pixels("left"), parts.pixels("right"))
    beside = Parts(page_of(np.array([[-1.0, 0.0, 1.0]]), np.array([[0, 255, 255]], np.uint8)))
    np.testing.assert_array_equal(beside.pixels("right"), [[128, 255, 255]])


def test_the_page_says_on_which_scale_it_shows() -> None:
    whole = np.zeros((4, 6, 3), np.uint8)
    assert "6 × 4 pixels, uint8 colour, shown as stored." in page_of(whole, whole)
    assert "uint16 colour and uint8 grey. Shown in 8 bits" in page_of(whole.astype(np.uint16), whole[..., 0])


def test_what_is_not_a_number_is_black_and_infinity_white() -> None:
    parts = Parts(page_of(np.array([[np.nan, np.inf, -np.inf, 0.5]]), np.full((1, 4), 0.5)))
    np.testing.assert_array_equal(parts.pixels("left"), [[0, 255, 0, 128]])
    lost = np.full((2, 2), np.nan)
    np.testing.assert_array_equal(Parts(page_of(lost, lost)).pixels("left"), np.zeros((2, 2)))
    far = np.full((2, 2), 7.0)  # one value, outside [0, 1]: black and white are still apart
    np.testing.assert_array_equal(Parts(page_of(far, far)).pixels("left"), np.zeros((2, 2)))


def test_names_title_and_rows_are_text_and_never_markup() -> None:
    evil = """<script>alert(1)</script>"' onerror="x" & $title"""
    left, right = random_pair((12, 12))
    page = comparison_page(
        [Pane(evil, left), Pane("b" + evil, right)], title="t" + evil, rows=[("l" + evil, "v" + evil)]
    )
    parts = Parts(page)
    assert [tag for tag, _ in parts.elements].count("script") == 1  # our own
    assert not any("onerror" in attributes for _, attributes in parts.elements)
    assert parts.element("left")["alt"] == evil
    assert parts.element("right")["alt"] == "b" + evil
    assert (parts.title, parts.heading) == ("t" + evil, "t" + evil)
    assert parts.cells == ["l" + evil, "v" + evil]


def test_a_file_name_that_is_no_text_can_be_written() -> None:
    left, right = random_pair((12, 12))
    page = page_of(left, right, names=("caf\udce9.png", "naïve 图.png"))
    assert "naïve 图.png" in page.encode("utf-8").decode("utf-8")


def test_rows_stand_in_their_order() -> None:
    left, right = random_pair((12, 12))
    rows = [("PSNR", "27.31 dB"), ("SSIM", "0.81"), ("PSNR", "again")]
    page = comparison_page([Pane("a", left), Pane("b", right)], title="t", rows=rows)
    assert Parts(page).cells == [text for row in rows for text in row]


def test_the_slider_can_be_moved_by_keys() -> None:
    split = Parts(page_of(*random_pair((12, 12)))).element("split")
    assert (split["type"], split["min"], split["max"]) == ("range", "0", "100")
    assert split["aria-label"]


@pytest.mark.parametrize(
    ("left", "right", "sentence"),
    [
        ((64, 64, 3), (48, 64, 3), "'noisy' is 64x64 but 'clean' is 48x64 (height x width)"),
        ((64, 48), (64, 64, 3), "'noisy' is 64x48 but 'clean' is 64x64 (height x width)"),
        ((8, 8), (8, 8, 5), "'clean' has shape (8, 8, 5) but must be height x width, with 1 to 4 channels last"),
        ((8, 8), (8,), "'clean' has shape (8,) but must be height x width, with 1 to 4 channels last"),
        ((0, 8), (0, 8), "'noisy' has shape (0, 8) but must be height x width, with 1 to 4 channels last"),
    ],
)
def test_images_that_cannot_be_laid_over_each_other(
    left: tuple[int, ...], right: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        page_of(np.zeros(left, np.uint8), np.zeros(right, np.uint8))
    assert str(caught.value) == sentence


def test_a_comparison_is_of_two_real_images() -> None:
    pane = Pane("a", np.zeros((8, 8), np.uint8))
    with pytest.raises(UsageError, match=r"^a comparison takes 2 images, not 3$"):
        comparison_page([pane, pane, pane], title="t", rows=[])
    with pytest.raises(UsageError, match=r"^'b' is complex128 but must hold real numbers$"):
        comparison_page([pane, Pane("b", np.zeros((8, 8), complex))], title="t", rows=[])


@dataclass(frozen=True)
class Inner:
    sizes: tuple[int, ...]
    rate: float


@dataclass(frozen=True)
class Outer:
    inner: Inner
    where: Path


def test_sidecar_round_trip() -> None:
    record = {
        "version": "0.1",
        "a": None,
        "fit": Outer(Inner((1, 2), 0.5), Path("out") / "café.png"),
        "numpy": [np.float32(0.25), np.float64(0.1), np.int64(7), np.bool_(True), np.uint8(255), np.longdouble(1.5)],
        "pure": PurePosixPath("a/b"),
        "steps": {100: 1.5, Path("p"): 2},
        "lost": "caf\udce9.png",
        "exact": 0.1 + 0.2,
    }
    text = sidecar(record)
    assert text.isascii() and text.endswith("}\n") and text.startswith('{\n  "version": "0.1",\n  "a": null,\n')
    read = json.loads(text)
    assert read == {
        "version": "0.1",
        "a": None,
        "fit": {"inner": {"sizes": [1, 2], "rate": 0.5}, "where": str(Path("out") / "café.png")},
        "numpy": [0.25, 0.1, 7, True, 255, 1.5],
        "pure": "a/b",
        "steps": {"100": 1.5, "p": 2},
        "lost": "caf\udce9.png",
        "exact": 0.1 + 0.2,
    }
    assert list(read) == list(record)
    assert sidecar(read) == text


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), np.float32("nan"), np.float64("inf")])
def test_sidecar_refuses_what_json_has_no_word_for(value: float) -> None:
    with pytest.raises(ValueError, match=r"^the record: history: 1 is (nan|-?inf), which JSON cannot hold$"):
        sidecar({"history": (1.0, value)})


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize("value", [np.zeros(3), object(), {1, 2}, b"bytes", 1j, Inner, Colour.RED])
def test_sidecar_refuses_what_it_does_not_know(value: object) -> None:
    with pytest.raises(TypeError, match=r"^the record: fit: rate is a .*, which JSON cannot hold$"):
        sidecar({"fit": {"rate": value}})
