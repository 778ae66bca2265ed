"""The study of the two spaces: paths, planes, and what is said of them."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from studies.changed import decided
from untaught.studies import study
from untaught.studies.paths import Plane, bent


def test_all_paths_begin_at_one_image_and_pixels_go_straight(found):
    numbers, folder, _ = found("spaces")
    for task, one in numbers["tasks"].items():
        starts = [path[0] for path in one["plane"]["paths"].values()]
        assert np.ptp(starts, axis=0).max() < 1e-5, task
        first = [course["psnr"][0] for course in one["course"].values()]
        assert np.ptp(first) < 1e-3
        assert len(one["weights"]["path"]) == len(one["course"]["network"]["steps"])
    denoising, upscaling = numbers["tasks"].values()
    assert denoising["table"]["pixels"]["bent"]["mean"] == pytest.approx(1, abs=1e-3)
    assert upscaling["table"]["pixels"]["unseen"]["mean"] < 1e-4 < upscaling["table"]["network"]["unseen"]["mean"]
    for name in ("denoising", "super-resolution"):
        with Image.open(folder / f"spaces-{name}.gif") as film:
            assert film.n_frames > 5


def test_a_path_is_as_bent_as_it_is_and_a_plane_shows_what_lies_in_it():
    corner = torch.tensor([[0.0, 0, 0], [3, 0, 0], [3, 4, 0]])
    assert bent(corner) == pytest.approx(7 / 5) and bent(corner[:2]) == pytest.approx(1)
    plane = Plane.of(corner)
    assert plane.share == pytest.approx(1)
    places = torch.tensor(plane.places(corner))
    torch.testing.assert_close(torch.cdist(places, places) * 3**0.5, torch.cdist(corner, corner))
    assert Plane.of(torch.eye(4)).share < 0.7


def test_spaces_say_what_the_draws_decide(found):
    numbers = copy.deepcopy(found("spaces")[0])
    task = numbers["tasks"]["denoising"]
    for more, words in (
        (2, "passes nearer in all 2 draws"),
        (0, "none of 2 draws, here the claim fails"),
        (1, "not shown"),
    ):
        task["passes_nearer"]["pixels"] = decided(0.01, more, 2)
        said = study("spaces").paragraph(numbers).split("the pixels at")[1].split("; ")[0]
        assert words in said
    for length, words in ((1.001, "it is straight"), (1.05, "it is nearly straight"), (2.0, "it is not straight")):
        task["table"]["pixels"]["bent"]["mean"] = length
        assert words in study("spaces").paragraph(numbers)
    table = numbers["tasks"]["super-resolution x4"]["table"]
    table["pixels"]["unseen"]["mean"] = 0.0
    assert "pixels alone leave it as it began" in study("spaces").paragraph(numbers)
    table["pixels"]["unseen"]["mean"] = table["network"]["unseen"]["mean"]
    assert "pixels move it too, here the claim fails" in study("spaces").paragraph(numbers)
