"""The study of architectures: what differs, the hole, and what is said of them."""

import copy
from dataclasses import replace

import pytest
import torch
from PIL import Image

from studies.changed import decided, sentence
from untaught.networks import Pixels
from untaught.studies import Asked, architecture
from untaught.studies.photographs import COLOURS, draws
from untaught.studies.pictures import WIDE


def test_the_hole_is_hidden_from_the_fit_and_scored_alone():
    (case,) = draws(Asked(), COLOURS, 1, 32)
    size = replace(architecture.SIZES["tiny"], filling=60)
    found = architecture.within(architecture.filled(case, Pixels(start="half"), size), case.photograph)
    untouched = torch.full_like(case.photograph.x, 0.5)
    assert found == pytest.approx(architecture.within(untouched, case.photograph), abs=1e-4)
    assert sum(part.stop - part.start for part in architecture.hole(case.photograph)) == 2 * 32 // architecture.HOLE
    assert architecture.within(architecture.smoothest(case.photograph), case.photograph) > found + 3


def test_networks_differ_in_one_thing_from_the_hourglass_and_all_run(found):
    built = found("architecture")[0]
    made = architecture.networks(32, 4)
    assert len({repr(network) for network in made.values()}) == len(made) == len(built["networks"])
    weights = {name: row["weights"] for name, row in built["networks"].items()}
    assert weights[architecture.WIDE] > weights[architecture.HOURGLASS] > weights[architecture.NARROW]
    assert weights[architecture.PIXELS] == 3 * 32 * 32
    assert set(architecture.SHOWN) < set(made)


def test_the_holes_of_the_first_draw_are_shown(found):
    _, folder, _ = found("architecture")
    shown = len(architecture.networks(32, 4)) + 2  # beside the photograph and the biharmonic filling
    with Image.open(folder / "architecture-holes.png") as sheet:
        assert sheet.height > -(-shown // architecture.ACROSS) * WIDE and sheet.width > architecture.ACROSS * WIDE


def test_architecture_says_what_the_comparisons_decide(found):
    numbers = copy.deepcopy(found("architecture")[0])
    rows, name = numbers["networks"], architecture.NEAREST

    def against(decides):
        return decided(-1.234, {"yes": 3, "no": 0}.get(decides, 1))

    rows[architecture.HOURGLASS]["high"] = 200.0
    for decides, high, words in (
        ("no", 100.0, "the claim holds here"),
        ("yes", None, "here the claim fails"),
        ("no", 300.0, "not shown here"),
        ("no verdict", 100.0, "not shown here"),
    ):
        rows[name] |= {"at_peak_against": against(decides), "high": high}
        assert words in sentence(architecture.paragraph(numbers), "That nearest doubling")
        assert f"{name} -1.23 ± 0.01 dB (" in architecture.paragraph(numbers)
    for decides, words in (("no", "worse: the claim holds here"), ("yes", "worse: here the claim fails")):
        rows[architecture.SHALLOW]["hole_against"] = against(decides)
        assert words in sentence(architecture.paragraph(numbers), "That 2 scales")
    for decides, words in (("no", "holds here"), ("yes", "fails"), ("no verdict", "not shown here")):
        rows[architecture.PIXELS]["at_peak_against"] = against(decides)
        assert words in architecture.paragraph(numbers).split("That it takes a network")[1].split("A hole")[0]
