from dataclasses import replace

import numpy as np
import pytest
import torch

from untaught.errors import InputError, UsageError
from untaught.vessels import views as views_module
from untaught.vessels.descriptors import ImageAlone
from untaught.vessels.lessons import Lessons
from untaught.vessels.pieces import FLAT, overlap
from untaught.vessels.recipe import recipe_for
from untaught.vessels.saved import load, save
from untaught.vessels.training import Training, held_back
from untaught.vessels.views import Labelled, Views, first_numbers
from vessels.angiograms import SMALL, angiogram, labelled


def trained(training, steps=None):
    for moment in training:
        if moment.done == steps:
            break
    return training


def weights(training):
    return training.model().module.state_dict()


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_the_seed_decides_everything():
    first, again, other = (trained(Training([labelled(0)], SMALL, seed=seed)) for seed in (4, 4, 5))
    assert same(weights(first), weights(again))
    assert not same(weights(first), weights(other))


def test_interrupted_and_resumed_it_is_as_if_it_had_never_stopped():
    whole = trained(Training([labelled(0), labelled(1)], SMALL))
    half = trained(Training([labelled(0), labelled(1)], SMALL), steps=3)
    state = half.state()
    on = Training([labelled(0), labelled(1)], SMALL)
    on.resume(state)
    assert same(weights(trained(on)), weights(whole))


@pytest.mark.parametrize("first", [True, False])
def test_resumed_it_makes_each_copy_once(monkeypatch, first):
    """Whether they are made before the first step or at it; never those that it began with and that are gone."""
    state = trained(Training([labelled(0), labelled(1)], SMALL), steps=4).state()
    made, make = [], Views.make
    monkeypatch.setattr(Views, "make", lambda self, number: (made.append(number), make(self, number))[1])
    on = Training([labelled(0), labelled(1)], SMALL)
    assert on.views.numbers == [0, 1, 2, 3, 4] and made == [0, 1]
    on.resume(state)
    if first:
        assert on.make_copies() == len(on.views.numbers)
        assert sorted(made) == sorted(on.views.numbers)
    next(iter(on))
    assert len(set(made)) == len(made) and 2 not in made


def test_it_learns_what_the_logistic_model_cannot_say():
    """Tubes that come in pairs are no vessels."""
    training = Training([labelled(0, radius=1.5, crossed=True)], replace(SMALL, steps=80, copies=6))
    before = training.untrained()
    after = trained(training).model()
    image, label = angiogram(0, radius=1.5, crossed=True)
    scores = [overlap(model.probability(image) > 0.5, label) for model in (before, after)]
    history = training.fitting.result().history
    assert scores[1] > scores[0] + 0.02 > 0.5
    assert np.mean(history[-20:]) < 0.8 * np.mean(history[:10])


def test_unknown_pixels_are_absent():
    """Whatever the label says there."""
    image, label = angiogram(0)
    known = np.ones_like(label)
    known[:, 40:] = False
    wrong = label.copy()
    wrong[:, 40:] = ~wrong[:, 40:]
    one, other = (trained(Training([Labelled.of(image, each, known)], SMALL), steps=2) for each in (label, wrong))
    assert same(weights(one), weights(other))


def test_what_is_settled_stays_and_resumes():
    whole, half, free = (Training([labelled(0)], replace(SMALL, settled=it)) for it in (True, True, False))
    assert moved(whole) == {"networks", "filters"} and moved(free) == {"networks", "filters", "known"}
    after = weights(whole)
    on = Training([labelled(0)], replace(SMALL, settled=True))
    on.resume(trained(half, steps=3).state())
    assert same(weights(trained(on)), after)


def moved(training):
    """The parts whose weights training changed."""
    before = training.untrained().module.state_dict()
    after = weights(trained(training))
    return {name.split(".")[0] for name in before if not torch.allclose(before[name], after[name])}


def test_a_few_strokes_are_enough_to_learn_from():
    """Crops are laid where something is known, so that each step has something to go by."""
    image, label = angiogram(0, height=120, width=140)
    known = np.zeros_like(label)
    known[60:64, 5:135] = True
    training = trained(Training([Labelled.of(image, label, known)], SMALL))
    assert np.isfinite(training.fitting.result().history).all()


def test_tiles_held_back_say_when_to_stop():
    """The model is that of the step at which they were met best, and they are not fitted."""
    image, label = angiogram(0, height=100, width=120)
    recipe = replace(SMALL, hold=0.2, patience=40, steps=300, copies=4)
    example = Labelled.of(image, label)
    training = Training([example], recipe)
    held = held_back(example, 0.2, np.random.default_rng([0, 0]))
    assert 0 < held.sum() <= 0.35 * held.size and (held & label).sum() <= label.sum() / 2
    assert not (training.views.copies[0].known[0, 0].numpy() & held).any()
    seen = [(moment.done, training.fitting._last.held_out) for moment in training]
    result = training.fitting.result()
    assert "the parts of the image kept from it were met best" in result.stopped_by or len(seen) == 300
    risks = [float(risk) for _, risk in seen]
    likely = training.model().from_descriptors(training.views.copies[0].descriptors.float())[held]
    risk = -np.mean(np.where(label[held], np.log(likely), np.log1p(-likely)))
    assert risk == pytest.approx(min(risks), rel=1e-3)


def test_held_back_it_resumes_as_if_it_had_never_stopped():
    recipe = replace(SMALL, hold=0.2, steps=50)
    examples = [Labelled.of(*angiogram(0, height=100, width=120))]
    whole = trained(Training(examples, recipe))
    half = trained(Training(examples, recipe), steps=30)
    on = Training(examples, recipe)
    on.resume(half.state())
    assert same(weights(trained(on)), weights(whole))


def test_heads_learn_from_images_without_labels():
    lessons = Lessons(("vesselness", "centreline"))
    recipe = replace(SMALL, lessons=lessons, steps=4)
    one, other = (
        trained(Training([labelled(0)], recipe, unlabelled=[Labelled.of(angiogram(number)[0], None)]))
        for number in (8, 9)
    )
    assert not same(weights(one), weights(other))
    on = Training([labelled(0)], recipe, unlabelled=[Labelled.of(angiogram(9)[0], None)])
    half = Training([labelled(0)], recipe, unlabelled=[Labelled.of(angiogram(9)[0], None)])
    on.resume(trained(half, steps=2).state())
    assert same(weights(trained(on)), weights(other))


@pytest.mark.parametrize("weight", ["recall", "cl_dice"])
def test_losses_for_thin_vessels_take_part(weight):
    one, other = (trained(Training([labelled(0)], replace(SMALL, **{weight: each})), steps=3) for each in (0.0, 1.0))
    assert not same(weights(one), weights(other))


def test_an_image_without_a_label_teaches_no_mask():
    """Heads that need a label, and the mask itself, are told nothing by it."""
    image, _ = angiogram(9)
    training = Training([labelled(0)], replace(SMALL, lessons=Lessons(("centreline", "vesselness"))))
    from untaught.vessels.views import Views

    view = Views(
        [Labelled.of(image, None)], SMALL.bank, SMALL.augment, training.recipe.lessons, count=2, seed=0
    ).copies[1]
    assert not view.known.any() and not view.label.any()
    assert not view.told[:, :2].any() and view.told[:, 2].any()


def test_copies_are_made_of_their_number_alone():
    training = Training([labelled(0)], SMALL)
    views = training.views
    for _ in range(4):
        views.renew()
    numbers = list(views.numbers)
    assert 0 in numbers and max(numbers) == 7 and len(numbers) == 4
    fresh = Training([labelled(0)], SMALL).views
    fresh.restore(views.state())
    assert all(torch.equal(a.descriptors, b.descriptors) for a, b in zip(fresh.copies, views.copies, strict=True))


def test_of_many_images_all_are_copied_in_turn(monkeypatch):
    """And only some are held as they are."""
    monkeypatch.setattr(views_module, "PINNED", 2)
    views = Training([labelled(number) for number in range(5)], SMALL).views
    assert views.numbers == [0, 1, 5, 6, 7]
    for _ in range(4):
        views.renew()
    assert sorted(views.numbers) == [0, 1, 9, 10, 11]
    assert {number % 5 for number in views.numbers[2:]} == {4, 0, 1}


def test_without_copies_many_images_take_turns_as_they_are(monkeypatch):
    monkeypatch.setattr(views_module, "PINNED", 2)
    monkeypatch.setattr(views_module, "TURNS", 2)
    many = [labelled(number) for number in range(5)]
    views = Training(many, replace(SMALL, copies=0)).views
    seen = [list(views.numbers)]
    for _ in range(5):
        views.renew()
        seen.append([number % 5 for number in views.numbers])
    assert seen[:3] == [[0, 1, 2, 3], [0, 1, 4, 3], [0, 1, 4, 2]]
    assert {number for row in seen for number in row[2:]} == {2, 3, 4}
    as_it_is = Training(many[4:], replace(SMALL, copies=0)).views.copies[0]
    slot = next(k for k, number in enumerate(views.numbers) if number % 5 == 4)
    assert torch.equal(views.copies[slot].descriptors, as_it_is.descriptors)
    few = Training(many[:4], replace(SMALL, copies=0)).views
    before = list(few.copies)
    few.renew()
    assert all(a is b for a, b in zip(few.copies, before, strict=True))


def test_a_label_known_in_a_strip_has_something_for_every_step():
    image, label = angiogram(0, height=120, width=140)
    known = np.zeros_like(label)
    known[:, :40] = True
    training = Training([Labelled.of(image, label & known, known)], replace(SMALL, steps=150, crops=1))
    assert np.isfinite([float(step.loss) for step in training.fitting]).all()


def test_nothing_to_learn_from():
    with pytest.raises(UsageError, match="nothing to learn from"):
        Training([], SMALL)
    image, label = angiogram(0)
    with pytest.raises(InputError, match="all 3584 known pixels are background; wanted both"):
        Training([Labelled.of(image, np.zeros_like(label))], SMALL)


def test_more_labels_teach_for_longer():
    rows = [recipe_for(pixels) for pixels in (100, 5_000, 12_000, 13_000, 24_900, 25_000, 49_000, 100_000, 10**7)]
    steps = [row.steps for row in rows]
    assert (steps[1], steps[4], steps[5], steps[7], steps[8]) == (60, 497, 1200, 3500, 6000) and steps[0] == 60
    assert steps == sorted(steps)
    assert [row.trust for row in rows] == [0.8] * 3 + [1] * 6
    assert [row.residual for row in rows] == [True] * 5 + [False] * 4
    assert [row.tubes is None for row in rows] == [False] * 5 + [True] * 4
    assert [(row.threshold, row.flat) for row in rows] == [(0.5, FLAT)] * 7 + [(0.4, 0.0)] * 2
    assert recipe_for(25_000, 7).steps == 7


def test_as_many_are_kept_as_memory_is_asked_for():
    assert [len(first_numbers(*one)) for one in ((3, 5), (100, 40), (3, 0), (100, 0))] == [8, 60, 3, 60]
    assert first_numbers(3, 2) == [0, 1, 2, 3, 4]


def test_of_many_labels_a_network_is_taught_the_image_alone():
    row = recipe_for(10**6)
    assert (row.bank, row.residual, row.renew) == (ImageAlone(), False, 1)
    both = recipe_for(10**6, unlabelled=True)
    assert both.lessons.heads == ("vesselness",) and both.residual
    assert both.seen == (both.bank.names().index("grey"),)
    assert recipe_for(30_000, unlabelled=True).seen is None


def test_both_ways_of_many_labels_learn(tmp_path):
    """Also with images that have no labels; what is saved is read again."""
    for others in ([], [labelled(1)]):
        recipe = recipe_for(10**6, 2, unlabelled=bool(others))
        training = Training([labelled(0)], replace(recipe, copies=2), unlabelled=others)
        model = trained(training).model()
        save(model, tmp_path / str(len(others)))
        image, _ = angiogram(0)
        assert np.array_equal(load(tmp_path / str(len(others))).probability(image), model.probability(image))
        assert model.probability(image).std() > 0


def test_a_model_has_its_recipe_s_threshold_and_the_logistic_model_one_half():
    image, label = angiogram(0)
    training = Training([Labelled.of(image, label)], replace(SMALL, threshold=0.3, steps=1))
    for _ in training:
        pass
    assert training.model().threshold == 0.3 and training.untrained().threshold == 0.5
