import pytest
import torch

from classical.pictures import picture
from classical.test_fill import some
from untaught.classical.biharmonic import biharmonic, laplacian
from untaught.classical.fill import fill


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (37, 50)])
@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
def test_what_is_known_stays_and_a_flat_image_comes_back(size, share):
    x, observed = picture(*size), some(*size, share)
    filled = biharmonic(x, observed)
    assert filled.shape == x.shape and filled.isfinite().all()
    assert torch.equal(filled[observed.expand_as(x) > 0], x[observed.expand_as(x) > 0])
    assert torch.allclose(biharmonic(torch.full_like(x, 0.3), observed), torch.full_like(x, 0.3), atol=1e-5)


def test_missing_pixels_have_no_say():
    x, observed = picture(40, 60), some(40, 60, 0.5)
    assert torch.equal(biharmonic(x, observed), biharmonic(torch.where(observed > 0, x, 7.0), observed))


def test_members_are_filled_each_for_itself():
    x = torch.cat([picture(24, 24), 3 * picture(24, 24).flip(-1)])
    observed = torch.cat([some(24, 24, 0.5, seed) for seed in (0, 1)])
    together = biharmonic(x, observed)
    for member in (0, 1):
        alone = biharmonic(x[member : member + 1], observed[member : member + 1])
        torch.testing.assert_close(together[member : member + 1], alone, rtol=1e-4, atol=1e-5)


def test_enough_steps_solve_the_equation():
    """At every missing pixel the Laplacian's Laplacian is zero."""
    x, observed = picture(32, 40).double(), some(32, 40, 0.5).double()
    left = (1 - observed) * laplacian(laplacian(biharmonic(x, observed, steps=200)))
    assert left.abs().max() < 1e-8 < 1e-2 < ((1 - observed) * laplacian(laplacian(fill(x, observed)))).abs().max()


def test_it_agrees_with_scikit_image():
    inpaint = pytest.importorskip("skimage.restoration").inpaint_biharmonic
    x, observed = picture(40, 40).double(), some(40, 40, 0.6).double()
    theirs = torch.from_numpy(inpaint((x * observed)[0, 0].numpy(), observed[0, 0].numpy() == 0))
    inner = (slice(6, -6), slice(6, -6))  # their edges differ
    ours = biharmonic(x, observed, steps=200)[0, 0]
    assert (ours - theirs)[inner].square().mean().sqrt() < 0.1 * (fill(x, observed)[0, 0] - theirs)[
        inner
    ].square().mean().sqrt()
