"""Names that belong together."""

from pathlib import Path

import pytest

from untaught.errors import InputError
from untaught.vessels.pairing import OF_FIELDS, OF_LABELS, paired, without


def pairs(images: str, labels: str, endings: str = OF_LABELS) -> list[tuple[str, str, int | None]]:
    found = paired(
        [Path(each) for each in images.split()],
        [Path(each) for each in labels.split()],
        endings=endings,
        called="labels",
    )
    return [(pair.image.name, pair.label.name, pair.frame) for pair in found]


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("a.png b.png", "a.png b.tif"),
        ("a.png b.png", "a_mask.png b_label.png"),
        ("1.pgm 2.pgm", "1_gt.png 2-GT.png"),
        ("a.jpg b.jpg", "a.seg.png b_segmentation.png"),
        ("21_training.tif 22_training.tif", "21_manual1.png 22_manual1.png"),
        ("Image_01L.jpg Image_01R.jpg", "Image_01L_1stHO.png Image_01R_1stHO.png"),
        ("a_test.png b_test.png", "a.png b.png"),
        ("mask.png gt.png", "mask_mask.png gt.png"),
        ("x.png", "whatever.png"),
        ("a#7.png b.png", "a#7.png b.png"),
    ],
)
def test_pairs(images: str, labels: str):
    assert pairs(images, labels) == [
        (image, label, None) for image, label in zip(images.split(), labels.split(), strict=True)
    ]


def test_the_same_name_goes_before_an_ending():
    """`a_mask` is an image here, with a label of that name."""
    assert pairs("a.png a_mask.png", "a_mask.png a_label.png") == [
        ("a.png", "a_label.png", None),
        ("a_mask.png", "a_mask.png", None),
    ]


def test_frames_of_a_cine():
    assert pairs("run.dcm b.png", "run#12.png run#03.png b.png") == [
        ("run.dcm", "run#03.png", 3),
        ("run.dcm", "run#12.png", 12),
        ("b.png", "b.png", None),
    ]
    assert pairs("run.dcm b.png", "run#3_mask.png run_mask#5.png b.png")[:2] == [
        ("run.dcm", "run#3_mask.png", 3),
        ("run.dcm", "run_mask#5.png", 5),
    ]


def test_frames_of_a_cine_called_in_several_ways():
    assert pairs("run.dcm b.png", "run#5_mask.png run#3.png b.png")[:2] == [
        ("run.dcm", "run#3.png", 3),
        ("run.dcm", "run#5_mask.png", 5),
    ]


def test_fields_of_view():
    assert pairs("21_training.tif 22_training.tif", "21_training_mask.gif 22_training_mask.gif", OF_FIELDS)
    assert without("21_training_mask", OF_FIELDS) == "21_training" and without("mask", OF_FIELDS) == "mask"


@pytest.mark.parametrize(
    ("images", "labels", "sentence"),
    [
        (
            "a.png b.png",
            "a.png c.png",
            "1 of 2 images without one of the labels (b.png) and 1 of 2 labels without an "
            "image (c.png); wanted pairs with the same name before the ending",
        ),
        ("a.png b.png", "a.png", "1 of 2 images without one of the labels (b.png); wanted"),
        ("a.png a.tif", "a.png", "2 of 2 images without one of the labels (a.png, a.tif) and 1 of 1 labels without"),
        (
            "a.png b.png",
            "a_mask.png a_label.png b.png",
            "(a.png) and 2 of 3 labels without an image (a_mask.png, a_label.png)",
        ),
        ("a.png b.png", "a.png a_mask.png b.png", "1 of 3 labels without an image (a_mask.png)"),
        ("a.dcm b.png", "a#1.png a#01.png b.png", "2 of 3 labels without an image (a#1.png, a#01.png)"),
        ("1 2 3 4 5 6 7 8", "x y", "8 of 8 images without one of the labels (1, 2, 3, 4, 5 and 3 more) and 2 of 2"),
    ],
)
def test_what_does_not_pair_is_named(images: str, labels: str, sentence: str):
    with pytest.raises(InputError) as caught:
        pairs(images, labels)
    assert sentence in str(caught.value)
