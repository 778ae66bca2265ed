import pytest
import torch

from contracts import start
from untaught.networks import Convolutions, Given, Probability, SmallUNet

SEEN = torch.rand(1, 2, 13, 18, generator=torch.Generator().manual_seed(0))
LOGIT = torch.linspace(-6, 6, 13 * 18).view(1, 1, 13, 18)


@pytest.mark.parametrize("network", [SmallUNet(widths=(4, 8), input=Given(SEEN)), Convolutions(input=Given(SEEN))])
def test_it_begins_with_what_is_believed_and_learns_to_change_it(network):
    module, z = start(Probability(network=network, start=LOGIT), (1, 13, 18), seed=0)
    x = module(z)
    down, right = ((x.shape[axis] - side) // 2 for axis, side in ((-2, 13), (-1, 18)))
    assert torch.equal(x[..., down : down + 13, right : right + 18], torch.sigmoid(LOGIT))
    assert x.min() > 0 and x.max() < 1
    x.square().mean().backward()
    assert any(weights.grad.any() for weights in module.parameters())
    assert "start" in module.state_dict()


def test_its_logit_has_the_images_shape():
    with pytest.raises(ValueError, match=r"the logit is \[1, 1, 13, 18\]; wanted \[1, 3, 13, 18\]"):
        Probability(network=SmallUNet(), start=LOGIT).build(3, 13, 18)
