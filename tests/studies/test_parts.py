"""What studies are made of: statistics, likeness, kernels, banks, real images in place of phantoms, the command."""

import numpy as np
import pytest
import torch
from torch import nn

from untaught import images
from untaught.cli import app
from untaught.errors import InputError, UsageError
from untaught.studies import STUDIES, Asked
from untaught.studies.banks import RandomFilters, Shuffled
from untaught.studies.few_labels import SIZES, Cases
from untaught.studies.figure import Panel, Series, drawn
from untaught.studies.likeness import explained, likeness, spectra_apart, values_apart
from untaught.studies.statistics import in_words, listed, paired, points, rank_correlation, rank_interval, spread
from untaught.studies.tangent import alignment, fitted, tangent_kernel
from untaught.studies.writing import plain
from untaught.vessels.descriptors import Bank, ImageAlone
from untaught.vessels.phantom import phantom


def test_comparisons_count_cases_and_decide_only_when_all_agree():
    assert paired([2, 3, 4], [1, 1, 1]) == {"mean": 2, "sd": 1, "n": 3, "more": 3, "of": 3, "decides": "yes"}
    assert paired([0, 3], [1, 1])["decides"] == "no verdict"
    assert paired([1, 0], [1, 1])["decides"] == "no"  # the same is not more
    assert spread([1.0])["sd"] is None and spread([])["mean"] is None
    assert in_words(spread([1, 2]), 1) == "1.5 ± 0.7" and in_words({"mean": 0.25, "sd": None}, 2, sign=True) == "+0.25"
    assert points(["a.", listed("b:", ["c", "d"])], "e.", "f.") == "- a.\n- b:\n  - c\n  - d\n\ne. f."


def test_rank_correlation_is_of_ranks_and_its_interval_is_wide_where_there_is_nothing():
    x = np.arange(10.0)
    assert rank_correlation(x, np.exp(x)) == pytest.approx(1) and rank_correlation(x, -(x**3)) == pytest.approx(-1)
    assert rank_correlation(x, np.ones(10)) == 0
    low, high = rank_interval(x, np.random.default_rng(0).standard_normal(10), 0)
    assert low < 0 < high
    assert rank_interval(x, x, 0) == pytest.approx((1, 1))


def test_likeness_sees_places_where_histograms_do_not():
    mask = np.zeros((64, 64), dtype=bool)
    mask[20:30] = True
    shuffled = np.random.default_rng(0).permutation(mask.ravel()).reshape(mask.shape)
    assert explained([mask], [mask.astype(float)]) == pytest.approx(1)
    assert explained([mask], [1.0 - mask]) == pytest.approx(1)
    assert explained([mask], [shuffled.astype(float)]) < 0.01
    assert values_apart([mask], [shuffled.astype(float)]) == pytest.approx(0, abs=1e-12)
    assert spectra_apart([mask], [mask * 3.0]) == pytest.approx(0, abs=1e-12)
    assert spectra_apart([mask], [shuffled.astype(float)]) > 0.5
    thin, few = mask.copy(), np.random.default_rng(1).uniform(0.2, 1, mask.shape)
    thin[21:30] = False  # fewer pixels than a class has: what is not 0 is apart from what is, all the same
    for target in (thin, few * thin, 1 - few * thin):
        assert explained([thin], [target.astype(float)]) > 0.99
    same, other = (likeness([mask], [x.astype(float)])["joint"] for x in (mask, shuffled))
    assert same == pytest.approx(1) and other < 0.01


def test_the_kernel_of_a_linear_network_is_that_of_its_inputs():
    network = nn.Conv2d(3, 1, 1)
    x = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    features = x[0].flatten(1).T.double().numpy()
    np.testing.assert_allclose(tangent_kernel(network, x), features @ features.T + 1, rtol=1e-5, atol=1e-5)


def test_alignment_and_what_is_fitted():
    mask = np.arange(12) % 3 == 0
    y = mask - mask.mean()
    own, blind = np.outer(y, y) + 5.0, np.outer(np.roll(y, 1) + np.roll(y, 2) + 0 * y, np.ones(12))
    assert alignment(own, mask) == pytest.approx(1)
    assert fitted(own, mask, 0.5) == pytest.approx(1 - np.exp(-1))
    assert fitted(own, mask, 0.0) == pytest.approx(0)
    across = np.where(np.arange(12) % 3 == 1, 1.0, 0) - np.where(np.arange(12) % 3 == 2, 1.0, 0)
    assert alignment(np.outer(across, across), mask) == pytest.approx(0, abs=1e-12)
    assert fitted(np.outer(across, across), mask, 1e3) == pytest.approx(0, abs=1e-9)
    assert blind.shape == own.shape


def test_controls_have_as_many_channels_and_the_image_among_them():
    image = torch.from_numpy(phantom(3, 64).image)[None, None]
    names, place = Bank().names(), Bank().names().index("grey")
    real = Bank().describe(image)
    for bank in (Shuffled(), RandomFilters()):
        made = bank.describe(image)
        assert made.shape == real.shape and bank.names() == names
        torch.testing.assert_close(made[:, place], real[:, place])
        torch.testing.assert_close(made, bank.describe(image))
    shuffled = Shuffled().describe(image)
    which = names.index("sato")
    torch.testing.assert_close(shuffled[0, which].flatten().sort()[0], real[0, which].flatten().sort()[0])
    assert not torch.allclose(shuffled[0, which], real[0, which])
    torch.testing.assert_close(ImageAlone().describe(image), real[:, place : place + 1])


def test_real_images_take_the_place_of_phantoms(tmp_path):
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    for number in range(4):
        made = phantom(number, 64)
        images.write(tmp_path / "images" / f"{number}.png", (255 * made.image).astype(np.uint8))
        images.write(tmp_path / "labels" / f"{number}.png", made.label.astype(np.uint8) * 255)
    size = SIZES["tiny"]
    cases = Cases.of(Asked(images=tmp_path / "images", labels=tmp_path / "labels"), size)
    assert len(cases.held) == size.held and len(cases.pool) == 4 - size.held and cases.source == "images"
    kept = {one.image.tobytes() for one in cases.held}
    assert not kept & {one.image.tobytes() for one in cases.pool}
    other = Cases.of(Asked(images=tmp_path / "images", labels=tmp_path / "labels", seed=1), size)
    assert {one.image.tobytes() for one in other.held} != kept
    with pytest.raises(UsageError, match="neither"):
        Cases.of(Asked(images=tmp_path / "images"), size)
    with pytest.raises(UsageError, match="4 labelled images; wanted more than 17"):
        Cases.of(Asked(images=tmp_path / "images", labels=tmp_path / "labels"), SIZES["full"])


def test_larger_draws_contain_smaller_ones_and_others_have_no_labels():
    cases = Cases.of(Asked(), SIZES["tiny"])
    (one,), others = cases.draw(1, 0)
    two, _ = cases.draw(2, 0)
    assert any(one is other for other in two)
    assert len(others) == 2 and all(other.label is None and not other.known.any() for other in others)


def test_a_figure_is_wide_enough_for_600_pixels_and_comes_out_the_same():
    panel = Panel(title="t", across="x, pixels", up="y", series=[Series(name="a", x=[0, 1], y=[1, None])])
    first, again = drawn([panel]), drawn([panel])
    assert first == again
    assert int.from_bytes(first["png"][16:20], "big") == 1200
    assert first["svg"].startswith(b"<?xml")


@pytest.mark.parametrize(
    ("y", "shown", "not_shown"),
    [([12, 150], ["20", "50", "100"], ["30", "60", "$"]), ([0.002, 3], ["$\\mathdefault{10^{-1}}$"], ["0.5"])],
)
def test_a_logarithmic_axis_of_less_than_two_decades_has_few_plain_labels(y, shown, not_shown):
    panel = Panel(title="t", across="x", up="y", series=[Series(name="a", x=[0, 1], y=y)], powers="y")
    written = drawn([panel])["svg"].decode()
    assert all(f"<!-- {label} -->" in written for label in shown)
    assert not any(f"<!-- {label}" in written for label in not_shown)


def test_json_has_no_word_for_what_is_no_number():
    assert plain({1: [np.float32(0.5), float("nan"), True, None]}) == {"1": [0.5, None, True, None]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["impedance", "--image", "{}/none.png", "-o", "{}/new"], "none.png does not exist"),
        (["nothing"], "vessels-guidance, vessels-thin"),
        (["vessels-thin", "-o", "{}"], "is not empty"),
    ],
)
def test_the_command_answers_in_a_sentence(tmp_path, arguments, words):
    from typer.testing import CliRunner

    (tmp_path / "kept").write_text("mine")
    result = CliRunner().invoke(app, ["study", *(one.format(tmp_path) for one in arguments)])
    assert isinstance(result.exception, UsageError | InputError) and words in str(result.exception)


def test_without_matplotlib_no_work_is_begun(tmp_path, monkeypatch):
    import sys

    from typer.testing import CliRunner

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = CliRunner().invoke(app, ["study", "impedance", "-o", str(tmp_path / "new")])
    assert isinstance(result.exception, UsageError) and "untaught[studies]" in str(result.exception)
    assert "draw 1" not in result.output and not (tmp_path / "new").exists()


def test_help_names_every_study_and_loads_no_torch():
    import subprocess
    import sys

    code = (
        "import sys; sys.argv = ['untaught', 'study', '--help']\nimport untaught.cli\ntry:\n    untaught.cli.main()\n"
    )
    code += "except SystemExit:\n    print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    shown, loaded = out.split("LOADED")
    assert all(name in "".join(shown.split()) for name in STUDIES)
    assert not {"torch", "numpy", "matplotlib"} & set(loaded.split())
