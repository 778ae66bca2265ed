from dataclasses import replace

import numpy as np
import pytest

from untaught import cost, vessels
from untaught.errors import InputError, ResourceError, UsageError
from untaught.vessels import front, recipe, saved, teaching
from untaught.vessels.lessons import Lessons
from vessels.angiograms import SMALL, angiogram


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(recipe, "Recipe", lambda: SMALL)


def test_arrays_in_masks_out(tmp_path):
    images, labels = zip(*(angiogram(number) for number in (0, 1)), strict=True)
    model = vessels.train(images, labels, steps=4, seed=2)
    mask = model.segment(angiogram(5)[0])
    assert mask.dtype == bool and mask.shape == (56, 64) and 0 < mask.mean() < 0.5
    bytes_ = [np.rint(255 * image).astype(np.uint8) for image in images]
    coloured = [np.stack([image * 0, image, image * 0], axis=2) for image in bytes_]
    one, other = (vessels.train(each, labels, steps=2) for each in (bytes_, coloured))
    assert np.array_equal(one.probability(images[0]), other.probability(images[0]))
    saved.save(model, tmp_path / "m")
    assert np.array_equal(vessels.load(tmp_path / "m").segment(images[0]), model.segment(images[0]))
    held = next(iter(vessels.evaluate(model, [front.example(images[0], labels[0], None, None, "a")])))
    assert held.scores["dice"] > 0.3


def test_a_model_takes_what_training_takes():
    image, label = angiogram(0)
    model = vessels.train([image], [label], steps=2)
    bytes_ = np.rint(255 * image).astype(np.uint8)
    likely = model.probability(bytes_)
    assert np.allclose(likely, model.probability(image), atol=0.1)
    assert np.array_equal(likely, model.probability(np.stack([bytes_ * 0, bytes_, bytes_], axis=2)))
    with pytest.raises(UsageError, match=r"the field of view is 50x64 but the image is 56x64"):
        model.segment(image, np.ones((50, 64)))
    image[3, 4] = np.nan
    with pytest.raises(InputError, match="1 pixels that are NaN or infinite"):
        model.segment(image)
    with pytest.raises(UsageError, match="there are no images to learn from"):
        vessels.train([], [])


def test_what_is_not_known_has_no_say():
    image, label = angiogram(0)
    known = np.ones(label.shape)
    known[:, 40:] = 0
    wrong = label.copy()
    wrong[:, 40:] = 1
    one, other = (vessels.train([image], [each], known=[known], steps=2) for each in (label, wrong))
    assert np.array_equal(one.probability(image), other.probability(image))


def test_what_does_not_fit():
    image, label = angiogram(0)
    with pytest.raises(UsageError, match="got 1 images and 2 for their label; wanted one for each"):
        vessels.train([image], [label, label])
    with pytest.raises(UsageError, match=r"the label of image 1 is 50x64 but the image is 56x64"):
        vessels.train([image], [label[:50]])
    with pytest.raises(UsageError, match=r"image 1 is int64 of shape \(56, 64\); wanted \[H, W\]"):
        vessels.train([image.astype(np.int64)], [label])
    with pytest.raises(InputError, match=r"image 1 holds floating-point values from .* wanted them in"):
        vessels.train([255 * image], [label])
    with pytest.raises(InputError, match="all 3584 known pixels are background"):
        vessels.train([image], [0 * label])


def test_what_memory_does_not_hold_is_refused_as_the_commands_refuse_it(monkeypatch):
    """Learning and segmenting, before either begins."""
    image, label = angiogram(0)
    model = vessels.train([image], [label], steps=1, recipe=SMALL)
    monkeypatch.setattr(cost, "free_memory", lambda: 2e6)
    monkeypatch.setattr(teaching, "Training", lambda *_, **__: pytest.fail("it began"))
    with pytest.raises(ResourceError, match=r"^learning from \d+ images of that size at a time would take about"):
        vessels.train([image], [label], steps=1, recipe=SMALL)
    for use in (model.segment, model.probability):
        with pytest.raises(ResourceError, match=r"^the image would take about .* GB are free; wanted a smaller image"):
            use(image)


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ((0, 128, 255), r"the label of image 1 has 3 values \(0, 128, 255\); wanted 0 for background and one other"),
        ((0, 1, 2, 3, 4), r"has 5 values \(0, 1, 2 ...\); wanted 0"),
        ((1, 2), r"has 2 values \(1, 2\); wanted 0"),
        ((0.0, float("nan")), r"has 2 values \(0, nan\); wanted 0"),
    ],
)
def test_labels_of_more_than_two_kinds_could_mean_many_things(levels, says):
    """Mid-grey is unknown in a file; as an array it would have been called vessel."""
    image, label = angiogram(0)
    several = np.resize(np.array(levels), label.shape)
    with pytest.raises(InputError, match=says):
        vessels.train([image], [several])


def test_settings_of_ones_own():
    image, label = angiogram(0)
    other, _ = angiogram(9)
    mine = replace(SMALL, lessons=Lessons(("vesselness", "orientation")), recall=0.5, steps=3)
    model = vessels.train([image], [label], unlabelled=[other], recipe=mine)
    assert model.recipe == mine and model.card["steps_run"] == 3 and len(model.card["unlabelled"]) == 1
    assert vessels.train([image], [label], recipe=mine, steps=2).card["steps_run"] == 2
    with pytest.raises(UsageError, match="the recipe has no head that images without labels could teach"):
        vessels.train([image], [label], unlabelled=[other], recipe=SMALL)


def test_what_looks_odd_is_warned_of():
    image, label = angiogram(0)
    with pytest.warns(UserWarning, match=r"^the label may be inverted \(image 1\)") as seen:
        vessels.train([image], [label == 0], steps=1)
    assert [one.filename for one in seen] == [__file__], "it points at who called"
    with pytest.warns(UserWarning, match=r"^image 1 and image 2 are the same image$"):
        vessels.train([image, image], [label, label], steps=1)
