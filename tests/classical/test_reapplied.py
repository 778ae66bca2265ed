import pytest
import torch

from classical.pictures import picture
from untaught.classical.reapplied import luma, partly, reapplied, shares
from untaught.operators.jpeg import Jpeg, tables


@pytest.mark.parametrize("every", [1, 2])
def test_it_is_nearer_to_what_was_compressed(every):
    x, jpeg = picture(48, 40), Jpeg(steps=tables(10))
    y = jpeg(x)
    before, after = ((one - x).square().mean() for one in (y, reapplied(jpeg, y, every)))
    assert after < 0.9 * before


def test_without_loss_it_changes_nothing_and_the_image_stays_in_its_place():
    x = torch.rand(2, 1, 21, 19, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(reapplied(lambda image: image, x), x)


def test_each_grid_is_asked_once_and_its_blocks_begin_elsewhere():
    corners, x = [], torch.arange(40 * 40.0).view(1, 1, 40, 40)

    def seen(image):
        corners.append(tuple((image[0, 0] == 40 * 16 + 16).nonzero()[0].tolist()))
        return image

    reapplied(seen, x, 4)
    assert sorted((row % 8, column % 8) for row, column in corners) == [(0, 0), (0, 4), (4, 0), (4, 4)]
    assert {(row % 16 // 8, column % 16 // 8) for row, column in corners} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def strokes(height, width):
    """Thin and dark on white, as text is."""
    x = torch.ones(1, 3, height, width)
    for number in range(3, width, 7):
        x[..., number % 5 : height - number % 11, number] = 0
    return x


def test_text_is_told_from_photographs_and_the_share_is_the_best_there_is():
    jpeg = Jpeg(steps=tables(20))
    of_text, of_picture = (shares(jpeg, x)[0] for x in (strokes(64, 64), picture(64, 64)))
    assert 0 <= of_text < 0.6 * of_picture <= 0.6
    x = picture(64, 64)
    y = jpeg(x)
    again, found = reapplied(jpeg, y, 2), shares(jpeg, x)
    best = (partly(y, again, *found) - x).square().mean()
    for more in ((0.1, 0.0), (-0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
        moved = partly(y, again, found[0] + more[0], found[1] + more[1])
        assert min(found) > 0 and (best < (moved - x).square().mean() or max(found) == 1)
    torch.testing.assert_close(partly(y, again, 1.0, 1.0), again)
    torch.testing.assert_close(luma(partly(y, again, 0.3, 0.9)), luma(y + 0.3 * (again - y)))
    assert shares(lambda image: image, x) == (0.0, 0.0), "where nothing is lost, nothing is told"
