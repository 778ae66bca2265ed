import pytest
import torch

from untaught.classical.patches import Search, cut, fill_grid, most_alike, nearest, paste, reflected, strips


@pytest.mark.parametrize(
    ("length", "wanted", "places"),
    [(1, 4, [0, 0, 0, 0]), (2, 5, [0, 1, 0, 1, 0]), (3, 8, [0, 1, 2, 1, 0, 1, 2, 1]), (4, 4, [0, 1, 2, 3])],
)
def test_reflection_goes_on_for_ever(length, wanted, places):
    assert reflected(length, wanted).tolist() == places


def test_the_grid_covers_the_image_and_no_more_than_a_step_beyond():
    search = Search(size=4, step=3, radius=5, count=8)
    for height, width in [(1, 1), (4, 5), (6, 7), (11, 30)]:
        filled = fill_grid(torch.rand(2, height, width), search)
        for length, was in zip(filled.shape[1:], (height, width), strict=True):
            assert (length - 4) % 3 == 0
            assert max(was, 4) <= length < max(was, 4) + 3


def test_paste_is_the_transpose_of_cut():
    draw = torch.Generator().manual_seed(0)
    image, planes = torch.rand(3, 9, 7, generator=draw), torch.rand(3 * 16, 6 * 4, generator=draw)
    assert float((cut(image, 4) * planes).sum()) == pytest.approx(
        float((image * paste(planes, 4, 9, 7)).sum()), rel=1e-5
    )


def test_a_column_of_cut_is_a_patch():
    image = torch.rand(2, 8, 6, generator=torch.Generator().manual_seed(0))
    patch = cut(image, 3)[:, 2 * 4 + 1]  # its corner at row 2, column 1; four corners a row
    assert torch.equal(patch, image[:, 2:5, 1:4].flatten())


def test_the_nearest_are_those_a_loop_finds(monkeypatch):
    monkeypatch.setattr("untaught.classical.patches.REFERENCES", 8)  # two rows of them
    search = Search(size=3, step=2, radius=3, count=5)
    image = fill_grid(torch.rand(2, 12, 10, generator=torch.Generator().manual_seed(1)), search)
    patches = cut(image, 3).T
    across = image.shape[2] - 2
    for strip in strips(*image.shape[1:], search):
        groups = nearest(image[:, strip.top : strip.bottom], search, strip, 5) + strip.top * across
        for reference in groups:
            own = int(reference[0])
            corners = torch.arange(len(patches))
            reach = ((corners // across - own // across).abs() <= 3) & ((corners % across - own % across).abs() <= 3)
            distances = (patches - patches[own]).square().sum(1).masked_fill(~reach, torch.inf)
            assert set(reference.tolist()) == set(distances.topk(5, largest=False).indices.tolist())


@pytest.mark.parametrize("references", [1, 50, 10_000])
def test_strips_hold_every_reference_once(monkeypatch, references):
    monkeypatch.setattr("untaught.classical.patches.REFERENCES", references)
    search = Search(size=4, step=3, radius=5, count=8)
    found = list(strips(40, 52, search))
    assert [s.top + s.first + 3 * row for s in found for row in range(s.rows)] == list(range(0, 37, 3))
    assert all(0 <= s.top <= s.top + s.first and s.bottom <= 40 for s in found)
    assert max(s.rows for s in found) == min(max(1, references // 17), 13)


def test_a_small_image_offers_fewer():
    search = Search(size=4, step=3, radius=5, count=20)
    assert most_alike(search, 4, 4) == 1
    assert most_alike(search, 4, 7) == 4
    assert most_alike(search, 90, 90) == 20


@pytest.mark.parametrize("wrong", [{"step": 5}, {"step": 0}, {"radius": -1}, {"count": 0}])
def test_searches_that_leave_gaps_are_refused(wrong):
    with pytest.raises(ValueError, match="wanted"):
        Search(**({"size": 4, "step": 3, "radius": 5, "count": 20} | wrong))
