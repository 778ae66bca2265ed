import time
from dataclasses import replace

import pytest
import torch

from contracts import check_stopper
from untaught.core import Problem, Step, Verdict
from untaught.fit import Fit
from untaught.fitting import Fitting
from untaught.likelihoods import Gaussian
from untaught.methods import Plain
from untaught.networks import Pixels
from untaught.operators import Identity
from untaught.optimisers import Adam
from untaught.priors import TotalVariation
from untaught.stoppers import Budget, Discrepancy, HeldOut, Plateau, WindowedVariance

SHAPE = (1, 6, 7)


def step_of(index, x, average=None, operator=Identity(), held_out=None):  # noqa: B008 (frozen)
    shown = x if average is None else average
    loss = torch.tensor(0.0)
    return Step(index=index, x=x, average=shown, loss=loss, operator=operator, held_out=held_out, snapshot=dict)


def problem_of(y, sigma=1.0):
    return Problem(y=y, operator=Identity(), likelihood=Gaussian(sigma=sigma), shape=SHAPE)


def verdicts(rule, images, y=None):
    watch = rule.watch(problem_of(torch.zeros(1, *SHAPE) if y is None else y, sigma=0.1))
    seen = []
    for index, image in enumerate(images):
        seen.append(watch.see(step_of(index, image)))
        if seen[-1] in (Verdict.LAST, Verdict.STOP):
            break
    return seen, watch


RULES = [  # each stops between the 10th and the 40th of the contract's steps, but the one that never does
    Budget(steps=25),
    Budget(),
    Discrepancy(every=2),
    WindowedVariance(window=3, patience=9, warm_up=3, every=1),
    HeldOut(patience=9),
    Plateau(window=4),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_contract(rule):
    check_stopper(rule, problem_of(torch.zeros(1, *SHAPE), sigma=0.1), stops=rule != Budget())


def test_a_saved_budget_of_seconds_goes_on_with_what_was_left():
    problem, image = problem_of(torch.zeros(1, *SHAPE)), torch.zeros(1, *SHAPE)
    first, second = (Budget(seconds=1000.0).watch(problem) for _ in range(2))
    state = first.state()
    assert 0 <= float(state["seconds"]) < 100
    second.restore({"seconds": torch.tensor(999.0)})
    assert second.see(step_of(0, image)) is Verdict.BEST
    second.restore({"seconds": torch.tensor(1001.0)})
    assert second.see(step_of(1, image)) is Verdict.LAST


def test_discrepancy_judges_by_the_operator_as_it_is_fitted():
    y = torch.zeros(1, *SHAPE)
    watch = Discrepancy(every=1).watch(problem_of(y, sigma=0.1))
    far = torch.ones(1, *SHAPE)
    assert watch.see(step_of(0, far, operator=lambda x: x - 1)) is Verdict.LAST


def test_budget_of_steps_returns_the_last():
    seen, watch = verdicts(Budget(steps=3), torch.zeros(9, 1, *SHAPE))
    assert seen == [Verdict.BEST, Verdict.BEST, Verdict.LAST]
    assert watch.why() == "its budget of 3 steps was spent"


def test_budget_of_seconds():
    rule = Budget(seconds=0.05)
    watch = rule.watch(problem_of(torch.zeros(1, *SHAPE)))
    image = torch.zeros(1, *SHAPE)
    assert watch.see(step_of(0, image)) is Verdict.BEST
    time.sleep(0.06)
    assert watch.see(step_of(1, image)) is Verdict.LAST
    assert watch.why() == "its budget of 0.05 s was spent"


@pytest.mark.parametrize("limits", [{"steps": 0}, {"seconds": -1.0}])
def test_a_budget_must_leave_something_to_do(limits):
    with pytest.raises(ValueError, match="budget"):
        Budget(**limits)


def test_discrepancy_stops_when_the_misfit_is_the_noise():
    y = 0.1 * torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(0))
    images = [y * share for share in (-3.0, -1.0, -0.5, 0.5, 1.0)]  # misfit 16, 4, 2.25, .25, 0 times the noise's
    seen, watch = verdicts(Discrepancy(every=1), images, y)
    assert seen == [Verdict.BEST] * 3 + [Verdict.LAST]
    assert "that of the noise" in watch.why()


def test_discrepancy_looks_only_now_and_then():
    y = torch.zeros(1, *SHAPE)
    seen, _ = verdicts(Discrepancy(every=3), [y] * 9, y)
    assert seen == [Verdict.BEST, Verdict.BEST, Verdict.LAST]


def wavering(spreads):
    """Iterates whose spread around a fixed image is as given, step by step."""
    generator = torch.Generator().manual_seed(0)
    return [0.5 + spread * torch.randn(1, *SHAPE, generator=generator) for spread in spreads]


def test_windowed_variance_returns_the_quietest_step():
    calm = [1.0] * 10 + [0.1] * 6 + [1.0] * 20
    seen, watch = verdicts(WindowedVariance(window=3, patience=8, warm_up=3, every=1), wavering(calm))
    assert seen[-1] is Verdict.STOP
    best = max(index for index, verdict in enumerate(seen) if verdict is Verdict.BEST)
    assert 12 <= best <= 15, "the window of three lies within the quiet steps 10..15"
    assert f"least at step {best + 1} " in watch.why()
    assert len(seen) - 1 == best + 8, "patience is counted from the best"


def test_a_quiet_spell_before_the_warm_up_does_not_count():
    calm = [0.01] * 5 + [1.0] * 5 + [0.1] * 6 + [1.0] * 20
    seen, _ = verdicts(WindowedVariance(window=3, patience=8, warm_up=9, every=1), wavering(calm))
    best = max(index for index, verdict in enumerate(seen) if verdict is Verdict.BEST)
    assert 12 <= best <= 15


def test_before_the_warm_up_the_newest_is_kept():
    seen, _ = verdicts(WindowedVariance(window=3, warm_up=6, every=1), wavering([1.0] * 5))
    assert seen == [Verdict.BEST] * 5


def test_windowed_variance_is_the_plain_formula():
    images = wavering([0.3, 0.2, 0.1, 0.4])
    watch = WindowedVariance(window=4, patience=8, warm_up=4, every=1, pixels=10**6).watch(problem_of(images[0]))
    for index, image in enumerate(images):
        watch.see(step_of(index, image))
    stack = torch.stack(images)
    plain = (stack - stack.mean(dim=0)).square().sum() / len(stack) / stack[0].numel()
    assert float(watch.state()["least"]) == pytest.approx(float(plain), rel=1e-5)


def test_a_window_of_one_is_refused():
    with pytest.raises(ValueError, match="window"):
        WindowedVariance(window=1)


IMAGE = torch.zeros(1, *SHAPE)
EVERY = 5  # steps between two measurements of a risk


def measured(risks):
    """Steps as a method hands them out: the same tensor until the risk is measured anew."""
    tensors = [torch.tensor(risk) for risk in risks]
    return [step_of(index, IMAGE, held_out=tensors[index // EVERY]) for index in range(EVERY * len(risks))]


def judged(watch, steps):
    seen = []
    for step in steps:
        seen.append(watch.see(step))
        if seen[-1] in (Verdict.LAST, Verdict.STOP):
            break
    return seen


def test_held_out_keeps_the_least_risk_and_stops_after_its_patience():
    watch = HeldOut(patience=10).watch(problem_of(IMAGE))
    seen = judged(watch, measured([0.0, -0.2, -0.1, -0.2, -0.3]))
    assert [index for index, verdict in enumerate(seen) if verdict is Verdict.BEST] == [0, 5]
    assert seen[-1] is Verdict.STOP and len(seen) - 1 == 5 + 10, "the second -0.2 is no improvement"
    assert set(seen) == {Verdict.BEST, Verdict.GO, Verdict.STOP}
    assert watch.why().startswith("the parts of the image kept from it were met best after 5 steps")
    assert "no better for 10 more" in watch.why()


def test_held_out_waits_anew_after_each_improvement():
    seen = judged(HeldOut(patience=10).watch(problem_of(IMAGE)), measured([0.0, 0.1, -0.1, 0.1, -0.2, 0.1, 0.1]))
    assert [index for index, verdict in enumerate(seen) if verdict is Verdict.BEST] == [0, 10, 20]
    assert len(seen) - 1 == 30 and seen[-1] is Verdict.STOP


def test_without_a_held_out_risk_the_last_step_is_returned():
    watch = HeldOut(patience=2).watch(problem_of(IMAGE))
    assert judged(watch, [step_of(index, IMAGE) for index in range(9)]) == [Verdict.BEST] * 9


def test_a_risk_that_is_no_number_is_not_the_best():
    seen = judged(HeldOut(patience=10).watch(problem_of(IMAGE)), measured([0.0, float("nan"), float("nan")]))
    assert seen.count(Verdict.BEST) == 1 and seen[-1] is Verdict.STOP and len(seen) == 11


@pytest.mark.parametrize("split", range(1, 16))
def test_a_restored_watch_is_not_hurried_by_a_risk_it_had_seen(split):
    """The first step after a restore hands out a copy of the risk that was measured before it."""
    rule, risks = HeldOut(patience=7), [0.0, -0.1, 0.2, 0.1]
    straight = judged(rule.watch(problem_of(IMAGE)), measured(risks))
    assert len(straight) == 16
    first, second = rule.watch(problem_of(IMAGE)), rule.watch(problem_of(IMAGE))
    judged(first, measured(risks)[:split])
    second.restore(first.state())
    assert judged(second, measured(risks)[split:]) == straight[split:]


def falling(losses, rule):
    """What a plateau rule says of losses, up to where it stops."""
    watch, seen = rule.watch(problem_of(IMAGE)), []
    for index, loss in enumerate(losses):
        seen.append(watch.see(replace(step_of(index, IMAGE), loss=torch.tensor(loss))))
        if seen[-1] in (Verdict.LAST, Verdict.STOP):
            break
    return seen, watch


@pytest.mark.parametrize("shift", [0.0, -3.0, 10.0])
@pytest.mark.parametrize("scale", [1.0, 1e-4])
def test_a_plateau_is_where_little_is_left_to_gain_in_any_units(shift, scale):
    losses = [scale * (shift + 0.9**index) for index in range(200)]
    seen, watch = falling(losses, Plateau(window=10))
    # a window brings (1 - 0.9^10) 0.9^(10 n) of the fall from the first: below 1 % at n = 5, the 6th window
    assert seen[-1] is Verdict.LAST and set(seen[:-1]) == {Verdict.BEST} and len(seen) == 60
    assert "its last 10 steps brought" in watch.why() and "less than 1 %" in watch.why()


def test_noise_on_the_loss_is_smoothed_and_a_loss_that_rises_is_a_plateau():
    noise = torch.randn(400, generator=torch.Generator().manual_seed(0)).tolist()
    steady = [1 - index / 400 + 0.02 * noise[index] for index in range(400)]
    assert Verdict.LAST not in falling(steady, Plateau(window=40))[0]
    seen, watch = falling([float(index) for index in range(40)], Plateau(window=10))
    assert len(seen) == 20 and seen[-1] is Verdict.LAST and "brought 0 %" in watch.why()


def test_a_plateau_saved_within_a_window_has_its_losses():
    rule = Plateau(window=10)
    losses = [0.9**index for index in range(30)]
    _, straight = falling(losses, rule)
    _, first = falling(losses[:27], rule)
    second = rule.watch(problem_of(IMAGE))
    second.restore(first.state())
    for index in (27, 28, 29):
        step = replace(step_of(index, IMAGE), loss=torch.tensor(losses[index]))
        second.see(step)
    assert second.last == straight.last and second.fell == straight.fell


def test_a_plateau_stops_pixels_with_a_prior_and_says_why(problem):
    how = Fit(optimiser=Adam(lr=0.05), steps=400, prior=TotalVariation(), prior_weight=0.02)
    fitting = Fitting(problem, Pixels(), Plain(jitter=0), how, Plateau(window=20))
    for _ in fitting:
        pass
    result = fitting.result()
    assert 40 <= result.steps_run < 400 and result.step == result.steps_run
    assert result.stopped_by.startswith("the loss had come down to")


@pytest.mark.parametrize("settings", [{"window": 0}, {"least": 0.0}, {"least": 1.0}])
def test_a_plateau_that_cannot_be_meant(settings):
    with pytest.raises(ValueError, match="wanted a window"):
        Plateau(**settings)
