import pytest
import torch

from classical.pictures import picture
from untaught.classical import reapplied
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
