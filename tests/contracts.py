"""The asserts that every network must pass. A new one gets a line in its folder's test list, and no other test."""

import dataclasses
import pickle

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from untaught.abilities import Linear
from untaught.core import Likelihood, Method, Network, Operator, Prior, Problem, Step, Stopper, Verdict, Watch
from untaught.fit import Fit, steps
from untaught.initialise import initialise
from untaught.networks.layers import Lanczos, Upsample

SIZES = ((1, 1), (2, 3), (37, 41), (64, 64))  # height, width
NORMS = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm)
KEEP_A_SHIFT = (nn.AvgPool2d, nn.MaxPool2d, nn.Upsample, nn.Identity, Upsample, Lanczos)


def check_network(network: Network, *, random: bool = True, silent: bool = False) -> None:
    """Everything the loop takes for granted. `random=False`: its weights are the same whatever the seed.

    `silent=True`: before its first step it gives zero everywhere, and so can show neither its seed nor that every
    weight moves the image. Zero it must be, exactly; the rest of the contract is held to after `wake`.
    """
    assert dataclasses.is_dataclass(network)
    sigmoid = bool(dataclasses.asdict(network).get("sigmoid", False))
    twin: Network = pickle.loads(pickle.dumps(network))
    assert repr(twin) == repr(network)
    before = torch.get_rng_state()
    for height, width in SIZES:
        for channels in (1, 3, 4):
            shape = (channels, height, width)
            module, z = start(network, shape, seed=0)
            if silent:
                assert not module(z).any(), "silent before the first step"
                wake(module)
            x = module(z).detach()
            assert x.shape[:2] == (1, channels), f"{list(x.shape)} for {shape}"
            assert x.shape[2] >= height and x.shape[3] >= width, f"{list(x.shape)} for {shape}"
            assert x.isfinite().all()
            assert not sigmoid or (x.min() > 0 and x.max() < 1)
            check_seed(network, twin, shape, z, x, random=random, silent=silent)
            check_state(network, shape, module, z, x)
            check_gradients(module, z)
    assert torch.equal(torch.get_rng_state(), before), "touches torch's global random state"


def start(network: Network, shape: tuple[int, int, int], *, seed: int) -> tuple[nn.Module, Tensor]:
    """As the loop does it, but nothing that the weights held before may be left."""
    channels, height, width = shape
    generator = torch.Generator().manual_seed(seed)
    size = network.input_size(height, width)
    z = network.input.make(*size, generator)
    assert z.shape == (1, network.input.channels(), *size) and z.dtype == torch.float32
    module = network.build(channels, height, width)
    for weights in module.parameters():
        nn.init.constant_(weights, torch.nan)
    initialise(module, generator)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        assert tensor.isfinite().all(), f"{name} is left as it was in memory"
    return module, z


def check_seed(
    network: Network, twin: Network, shape: tuple[int, int, int], z: Tensor, x: Tensor, *, random: bool, silent: bool
) -> None:
    """The seed decides all, for a description that went through a file as well; z is there already."""
    again, z_again = start(twin, shape, seed=0)
    assert torch.equal(z, z_again)
    other, _ = start(network, shape, seed=1)
    if silent:
        wake(again)
        wake(other)
    assert torch.equal(again(z_again), x)
    assert torch.equal(other(z), x) != random


def wake(module: nn.Module) -> None:
    """Weights that all begin at zero get the same numbers, whatever the seed: what the others say can be heard."""
    generator, zero = torch.Generator().manual_seed(11), [w for w in module.parameters() if not w.any()]
    assert zero, "nothing here is silent"
    for weights in zero:
        nn.init.normal_(weights, generator=generator)


def check_state(network: Network, shape: tuple[int, int, int], module: nn.Module, z: Tensor, x: Tensor) -> None:
    """All that decides the output is in the state_dict, or made by build."""
    other, _ = start(network, shape, seed=1)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(z), x)


def check_gradients(module: nn.Module, z: Tensor) -> None:
    """Every weight moves the image, but those that mathematics forbids to."""
    module, z = module.double(), z.double()
    quiet = silent(module, z)
    module.zero_grad()
    x = module(z)
    (x * torch.randn(x.shape, dtype=x.dtype, generator=torch.Generator().manual_seed(7))).sum().backward()
    slopes: dict[str, float] = {}
    for name, weights in module.named_parameters():
        assert weights.grad is not None, f"{name} has no gradient"
        assert weights.grad.isfinite().all(), f"the gradient of {name} is not finite"
        slopes[name] = float(weights.grad.abs().max())
    steepest = max(slopes.values())
    assert steepest > 0
    for name, slope in slopes.items():
        share = slope / steepest
        assert share < 1e-9 if name in quiet else share > 1e-9, f"the gradient of {name} is {share:.0e} of the largest"


def silent(module: nn.Module, z: Tensor) -> set[str]:
    """The weights whose gradient is zero by mathematics: a shift that a normalisation further on takes away again.

    That is the bias of a convolution before a norm, and of a norm before another with nothing but linear layers
    between. Between them may be what turns a shift of all pixels into a shift of all pixels.
    """
    order: list[tuple[str, nn.Module]] = []
    hooks = [
        leaf.register_forward_hook(lambda leaf, _, __, name=name: order.append((name, leaf)))
        for name, leaf in module.named_modules()
        if not any(True for _ in leaf.children())
    ]
    with torch.no_grad():
        module(z)
    for hook in hooks:
        hook.remove()
    names: set[str] = set()
    for index, (name, leaf) in enumerate(order):
        rest = (after for _, after in order[index + 1 :] if not keeps_a_shift(after))
        if getattr(leaf, "bias", None) is not None and isinstance(next(rest, None), NORMS):
            names.add(f"{name}.bias")
    return names


def keeps_a_shift(layer: nn.Module) -> bool:
    """Does the same number added to all pixels come out as the same number added to all pixels?"""
    if isinstance(layer, nn.Conv2d):
        return layer.padding_mode != "zeros" or layer.kernel_size == (1, 1)
    return isinstance(layer, KEEP_A_SHIFT)


BATCHES = ((1, 1), (2, 3))  # how many images of how many channels


def check_operator(
    operator: Operator, *, height: int, width: int, batches: tuple[tuple[int, int], ...] = BATCHES
) -> None:
    """What every linear operator must be: linear, differentiable, the same for each channel count and each batch."""
    generator = torch.Generator().manual_seed(0)
    for batch, channels in batches:
        u, v = torch.rand(2, batch, channels, height, width, dtype=torch.float64, generator=generator)
        mixed = operator(2 * u - 3 * v)
        assert len(mixed) == batch
        torch.testing.assert_close(mixed, 2 * operator(u) - 3 * operator(v), rtol=1e-12, atol=1e-12)
        # the adjoint that autograd gives: <A u, w> = <u, A^T w>
        w = torch.rand(mixed.shape, dtype=torch.float64, generator=generator)
        image = u.clone().requires_grad_(True)
        (adjoint,) = torch.autograd.grad(operator(image), image, grad_outputs=w)
        torch.testing.assert_close((operator(u) * w).sum(), (u * adjoint).sum(), rtol=1e-10, atol=0)
    small = torch.rand(1, batches[0][1], height, width, dtype=torch.float64, generator=generator).requires_grad_(True)
    assert torch.autograd.gradcheck(operator, small)


def check_adjoint(operator: Linear, *, height: int, width: int, batches: tuple[tuple[int, int], ...] = BATCHES) -> None:
    """What the adjoint that an operator gives itself must be: `<A x, y> = <x, A^T y>`, and differentiable."""
    generator = torch.Generator().manual_seed(0)
    for batch, channels in batches:
        x = torch.randn(batch, channels, height, width, dtype=torch.float64, generator=generator)
        measured = operator(x)
        y = torch.randn(measured.shape, dtype=torch.float64, generator=generator)
        back = operator.adjoint(y)
        assert back.shape == x.shape and back.dtype is torch.float64
        torch.testing.assert_close((measured * y).sum(), (x * back).sum(), rtol=1e-10, atol=0)
    small = torch.randn(1, batches[0][1], height, width, dtype=torch.float64, generator=generator)
    assert torch.autograd.gradcheck(operator.adjoint, operator(small).requires_grad_(True))


def check_stopper(rule: Stopper, problem: Problem, *, stops: bool) -> None:
    """What the loop takes for granted of a rule: frozen, fresh for each image, saved and restored at any step.

    It is shown iterates that come nearer and nearer to y, and then move away again.
    """
    assert dataclasses.is_dataclass(rule) and rule == pickle.loads(pickle.dumps(rule))
    noise = torch.rand(40, *problem.y.shape, generator=torch.Generator().manual_seed(0))
    images = [problem.y + x * 0.85 ** min(i, 40 - i) for i, x in enumerate(noise)]
    taken = [
        Step(
            index=i,
            x=x,
            average=x,
            loss=x.mean(),
            operator=problem.operator,
            held_out=(x - problem.y).square().mean(),
            snapshot=dict,
        )
        for i, x in enumerate(images)
    ]
    watch = rule.watch(problem)
    straight = until_stop(watch, taken)
    assert (straight[-1] in (Verdict.LAST, Verdict.STOP)) == stops and len(straight) > 10
    assert Verdict.BEST in straight, "something must be kept"
    if stops:
        assert watch.why() and not watch.why().endswith("."), "the end of a sentence"
    for split in (1, 4, 9):
        first, second = rule.watch(problem), rule.watch(problem)
        assert until_stop(first, taken[:split]) == straight[:split], "a second watch knows nothing of the first"
        state = {key: value.clone() for key, value in first.state().items()}
        second.restore(state)
        until_stop(first, taken[split:])
        assert until_stop(second, taken[split:]) == straight[split:], "a restored watch goes on as if never stopped"


def until_stop(watch: Watch, taken: list[Step]) -> list[Verdict]:
    """What the watch says of each step, up to the one it stops at."""
    said: list[Verdict] = []
    for step in taken:
        said.append(watch.see(step))
        if said[-1] in (Verdict.LAST, Verdict.STOP):
            break
    return said


def check_likelihood(law: Likelihood, *, means: tuple[float, ...], smallest_error: float) -> None:
    """What the loop takes for granted of a law; `means` are those that its samples are drawn around.

    The minimiser over one number is the truth: in each of ten draws, within what they differ by, and by less than
    `smallest_error` (which shows that the test could fail).
    """
    assert dataclasses.is_dataclass(law) and law == pickle.loads(pickle.dumps(law))
    before = torch.get_rng_state()
    for mean in means:
        check_minimiser(law, mean, smallest_error)
    for dtype in (torch.float32, torch.float64):
        mean = torch.linspace(0.1, 0.9, 24, dtype=dtype).reshape(2, 3, 2, 2)
        y, again, other = (law.sample(mean, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
        assert y.shape == mean.shape and y.dtype == dtype and y.device == mean.device
        assert torch.equal(y, again) and not torch.equal(y, other)
        assert law.nll(mean, y).shape == () and law.nll(mean, y).dtype == dtype
        torch.testing.assert_close(law.nll(mean, y[:1]), law.nll(mean, y[:1].expand_as(y)))
        each = [law.nll(one, its) for one, its in zip(mean.flatten(), y.flatten(), strict=True)]
        torch.testing.assert_close(law.nll(mean, y), torch.stack(each).mean())
    assert torch.equal(torch.get_rng_state(), before), "touches torch's global random state"
    ends = torch.tensor([-0.1, 0.0, 1e-6, 0.5, 1.0 - 1e-6, 1.0, 1.1])
    mean, y = (grid.clone().requires_grad_(True) for grid in torch.meshgrid(ends, ends, indexing="ij"))
    (slope,) = torch.autograd.grad(law.nll(mean, y), mean)
    assert slope.isfinite().all(), "the nll's slope must be finite wherever a network or an operator may bring the mean"
    generator = torch.Generator().manual_seed(3)
    mean, y = torch.rand(2, 1, 2, 3, 3, generator=generator, dtype=torch.float64) * 0.8 + 0.1
    assert torch.autograd.gradcheck(lambda mean: law.nll(mean, y), mean.requires_grad_(True))


def check_minimiser(law: Likelihood, truth: float, smallest_error: float) -> None:
    """Ten draws of many measurements of one number: the number that makes each most likely is the truth."""
    found = [minimiser(law, truth, seed) for seed in range(10)]
    error, spread = sum(found) / 10 - truth, float(torch.tensor(found).std())
    bound = max(4 * spread / 10**0.5, 1e-6)
    assert bound < smallest_error, f"{spread}: too few samples to show anything"
    assert abs(error) < bound, f"the minimiser is {error:+.5f} from the truth {truth}, draws differ by {spread:.5f}"


def minimiser(law: Likelihood, truth: float, seed: int, count: int = 4000) -> float:
    """The constant that makes samples around `truth` most likely: on a grid, then by golden section."""
    at = torch.full((count,), truth, dtype=torch.float64)
    y = law.sample(at, torch.Generator().manual_seed(seed))

    def score(mean: float) -> float:
        return float(law.nll(torch.full_like(at, mean), y))

    start = min((n / 20 for n in range(1, 31)), key=score)
    found = minimize_scalar(score, bounds=(start - 0.05, start + 0.05), method="bounded", options={"xatol": 1e-6})
    return float(found.x)


def check_prior(prior: Prior, *, degree: float | None) -> None:
    """What the loop takes for granted of R(x), and that nothing is likelier than a flat image.

    `degree`: R(c x) = c^degree R(x); None where that is so for no degree.
    """
    assert dataclasses.is_dataclass(prior)
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(0)
    for size in ((1, 1, 9, 12), (3, 2, 16, 8)):
        x = torch.rand(size, dtype=torch.float64, generator=generator)
        value = prior(x)
        assert value.shape == () and value.dtype == torch.float64 and value > 0
        torch.testing.assert_close(value, sum(prior(x[b : b + 1]) for b in range(len(x))))
        flat = torch.full_like(x, 0.3).requires_grad_(True)
        assert 0 <= prior(flat).detach() < 3e-6 * x.numel()
        assert torch.autograd.grad(prior(flat), flat)[0].abs().max() < 1e-9
        if degree is not None:
            torch.testing.assert_close(prior(3 * x), 3**degree * value, rtol=1e-5, atol=0)
    assert torch.autograd.gradcheck(prior, x[:1].clone().requires_grad_(True))
    single = torch.rand(1, 3, 8, 8, generator=generator)
    assert prior(single).dtype == torch.float32
    assert torch.equal(torch.get_rng_state(), before), "touches torch's global random state"


def check_method(method: Method, problem: Problem, network: Network, fit: Fit, *, members: bool = True) -> None:
    """What the loop takes for granted of a method: it learns, the seed decides all, and it goes on as if never stopped.

    `members`: several seeds at once are each what they are alone.
    """
    assert dataclasses.is_dataclass(method) and repr(pickle.loads(pickle.dumps(method))) == repr(method)
    before, y = torch.get_rng_state(), problem.y.clone()
    straight = list(steps(problem, network, method, fit))
    assert all(step.x.shape == (1, *problem.shape) and step.x.isfinite().all() for step in straight)
    quarter = len(straight) // 4
    early, late = (sum(float(step.loss) for step in part) for part in (straight[:quarter], straight[-quarter:]))
    assert late < 0.9 * early, f"a loss of {early / quarter} at first and {late / quarter} at last"
    for split in (1, 3):
        state = next(step.snapshot() for step in steps(problem, network, method, fit) if step.index + 1 == split)
        resumed = list(steps(problem, network, method, fit, resume=state))
        for one, two in zip(straight[split:], resumed, strict=True):
            assert torch.equal(one.x, two.x) and torch.equal(one.average, two.average), f"resumed after {split} steps"
    other = list(steps(problem, network, method, dataclasses.replace(fit, seed=1)))
    assert not torch.allclose(other[-1].x, straight[-1].x, atol=1e-3)
    if members:
        short = dataclasses.replace(fit, steps=3, schedule="constant")
        alone = [list(steps(problem, network, method, dataclasses.replace(short, seed=seed)))[-1].x for seed in (0, 1)]
        batch = list(steps(problem, network, method, dataclasses.replace(short, seed=(0, 1))))[-1].x
        torch.testing.assert_close(batch, torch.cat(alone), atol=1e-4, rtol=0)
    assert torch.equal(problem.y, y) and torch.equal(torch.get_rng_state(), before)
