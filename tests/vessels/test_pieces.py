"""Lone pieces of a mask, dropped where the labels say that this helps."""

import numpy as np
import pytest

from untaught.vessels.pieces import SMALLEST, overlap, smallest_from, without_small


def mask(*rectangles, side=40):
    found = np.zeros((side, side), dtype=bool)
    for top, left, height, width in rectangles:
        found[top : top + height, left : left + width] = True
    return found


LARGE, SMALL = (2, 2, 20, 10), (30, 30, 4, 5)  # 200 and 20 pixels
EVERYTHING = np.ones((40, 40), dtype=bool)


def test_pieces_that_are_too_small_go():
    both = mask(LARGE, SMALL)
    np.testing.assert_array_equal(without_small(both, 21), mask(LARGE))
    np.testing.assert_array_equal(without_small(both, 20), both)
    assert not without_small(both, 201).any()
    assert without_small(both, 0) is both


def test_pieces_hang_together_by_their_corners():
    stairs = np.eye(30, dtype=bool)
    np.testing.assert_array_equal(without_small(stairs, 30), stairs)
    assert not without_small(stairs, 31).any()


@pytest.mark.parametrize(("label", "wanted"), [(mask(LARGE), 200), (mask(LARGE, SMALL), 12)])
def test_the_largest_size_among_those_that_score_best(label, wanted):
    """The false piece has 20 pixels: 25 and all above up to the vessel's own size are as good."""
    assert wanted in SMALLEST
    assert smallest_from([mask(LARGE, SMALL)], [label], [EVERYTHING]) == wanted


def test_what_a_size_may_cost_is_asked_for():
    """A piece of 20 pixels of 220 is a twentieth of Dice."""
    label = mask(LARGE, SMALL)
    assert smallest_from([label], [label], [EVERYTHING]) == 12
    assert smallest_from([label], [label], [EVERYTHING], flat=0.05) == 200


def test_what_is_not_known_has_no_say():
    known = ~mask(SMALL)
    assert smallest_from([mask(LARGE, SMALL)], [mask(LARGE, SMALL)], [EVERYTHING]) == 12
    assert smallest_from([mask(LARGE, SMALL)], [mask(LARGE)], [known]) == 200


def test_overlap_is_dice():
    assert overlap(mask(LARGE), mask(LARGE, SMALL)) == pytest.approx(2 * 200 / (200 + 220))
    assert overlap(mask(), mask()) == 1 and overlap(mask(SMALL), mask()) == 0
