import pytest
import torch

from contracts import start
from untaught.networks import Added, Convolutions, Given, SmallUNet

ESTIMATE = torch.rand(1, 3, 13, 18, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "network", [SmallUNet(widths=(4, 8), input=Given(ESTIMATE)), Convolutions(input=Given(ESTIMATE))]
)
def test_it_begins_with_the_estimate_and_learns_what_to_add(network):
    """Of a network whose sizes are others than the image's, the middle is the image's."""
    added = Added(network=network, start=ESTIMATE)
    module, z = start(added, (3, 13, 18), seed=0)
    x = module(z)
    down, right = ((x.shape[axis] - side) // 2 for axis, side in ((-2, 13), (-1, 18)))
    assert torch.equal(x[..., down : down + 13, right : right + 18], ESTIMATE)
    x.square().mean().backward()
    assert any(weights.grad.any() for weights in module.parameters())
    assert "start" in module.state_dict()


def test_its_estimate_has_the_images_shape():
    with pytest.raises(ValueError, match=r"the estimate is \[1, 3, 13, 18\]; wanted \[1, 1, 13, 18\]"):
        Added(network=SmallUNet(), start=ESTIMATE).build(1, 13, 18)
