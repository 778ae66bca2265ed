import numpy as np
import pytest
import torch

from contracts import check_adjoint, check_operator
from untaught.operators import Radon

ANGLES = (0.0, 17.0, 45.0, 90.0, 133.3)


def phantom(height, width):
    row, column = np.mgrid[:height, :width]
    inside = np.hypot(row - height // 2, column - width // 2) < min(height, width) // 2 - 1
    return inside * (0.5 + 0.3 * np.sin(column / 3) * np.cos(row / 5) + (np.hypot(row - 14, column - 18) < 5))


@pytest.mark.parametrize("circle", [False, True])
@pytest.mark.parametrize(("height", "width"), [(6, 6), (7, 4), (3, 8), (1, 1)])
def test_contract(height, width, circle):
    operator = Radon(ANGLES, height, width, circle=circle)
    check_operator(operator, height=height, width=width)
    check_adjoint(operator, height=height, width=width)


def test_more_angles_than_are_done_at_once():
    operator = Radon(tuple(np.arange(40.0)), 5, 4)
    check_adjoint(operator, height=5, width=4)
    x = torch.rand(1, 2, 5, 4, dtype=torch.float64)
    alone = torch.cat([Radon((float(angle),), 5, 4)(x) for angle in range(40)], dim=-1)
    torch.testing.assert_close(operator(x), alone)


@pytest.mark.filterwarnings("ignore:Radon transform")
@pytest.mark.parametrize("circle", [False, True])
@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 33), (31, 36), (40, 35)])
def test_the_same_as_scikit_images(height, width, circle):
    transform = pytest.importorskip("skimage.transform")
    image = phantom(height, width)
    wanted = transform.radon(image, theta=ANGLES, circle=circle)
    made = Radon(ANGLES, height, width, circle=circle)(torch.from_numpy(image)[None, None])[0, 0].numpy()
    assert made.shape == wanted.shape
    np.testing.assert_allclose(made, wanted, atol=1e-9)


@pytest.mark.parametrize("circle", [False, True])
def test_filtered_back_projection_is_the_inverse_of_many_angles(circle):
    image = torch.from_numpy(phantom(48, 48))[None, None]
    operator = Radon(tuple(np.arange(0.0, 180.0, 2.0)), 48, 48, circle=circle)
    y = operator(image)
    back = operator.filtered_back_projection(y)
    off = float((back - image).square().mean().sqrt())
    transform = pytest.importorskip("skimage.transform")
    classic = transform.iradon(y[0, 0].numpy(), theta=operator.angles, circle=circle, output_size=48)
    assert off < 0.1 and off < 1.1 * float(np.sqrt(np.mean((classic - image[0, 0].numpy()) ** 2)))


def test_what_it_refuses():
    with pytest.raises(ValueError, match="0 angles, 4x4 pixels; wanted one angle or more"):
        Radon((), 4, 4)
    with pytest.raises(ValueError, match=r"the image is 4x5; wanted 5x4 \(height x width\)"):
        Radon(ANGLES, 5, 4)(torch.rand(1, 1, 4, 5))
