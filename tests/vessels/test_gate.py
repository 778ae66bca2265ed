"""Scales put together: by the largest, or by a gate that begins as nearly that."""

import torch

from untaught.vessels.filters import TubeFilters, Tubes
from untaught.vessels.phantom import phantom


def vesselness(start):
    filters = TubeFilters(start)
    filters.draw()
    contrast = torch.from_numpy((phantom(1, 64).image - 0.5) * 8)[None, None]
    with torch.no_grad():
        return filters(contrast)


def test_the_largest_is_the_largest_and_the_gate_is_below_it():
    largest, soft = vesselness(Tubes(bars=(), gate="max")), vesselness(Tubes(bars=()))
    each = largest[:, :-1]
    torch.testing.assert_close(each, soft[:, :-1])
    torch.testing.assert_close(largest[:, -1], each.amax(1))
    assert (soft[:, -1] <= largest[:, -1] + 1e-6).all()
    assert (soft[:, -1] < largest[:, -1] - 0.01).any()


def test_of_one_scale_both_are_that_scale():
    for gate in ("soft", "max"):
        made = vesselness(Tubes(sigmas=(2.0,), bars=(), gate=gate))
        torch.testing.assert_close(made[:, 0], made[:, 1])
