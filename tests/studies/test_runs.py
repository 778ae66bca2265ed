"""A study that is interrupted keeps its finished runs and goes on from them to the same numbers."""

import errno
import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from untaught.cli import app
from untaught.errors import InterruptedFitError, ResourceError, UsageError
from untaught.studies import STUDIES, Asked, study, vessels_reconstruction
from untaught.studies.runs import Runs, fingerprint, read_back
from untaught.studies.writing import plain

OF = {"seed": 0, "size": {"steps": 8, "draws": 2}}
CLOCKED = "seconds", "a_gradient", "course"  # what the clock says, or has it in it


def doubled(case):
    return {"twice": 2 * case["draw"]}


def never(case):
    raise AssertionError(f"{case} was there already")


def begun(path, of=OF, **rest):
    said = []
    runs = Runs(path, **rest)
    runs.begin(of, 5, said.append)
    return runs, said


def without_times(thing):
    if isinstance(thing, dict):
        return {key: without_times(value) for key, value in thing.items() if key not in CLOCKED}
    return [without_times(one) for one in thing] if isinstance(thing, list) else thing


def test_a_run_is_there_as_soon_as_it_is_done_and_is_not_made_again(tmp_path):
    path = tmp_path / "new" / "s.runs.jsonl"
    first, said = begun(path)
    assert not path.exists() and said == []
    for draw in range(3):
        assert first.once({"draw": draw}, doubled) == {"draw": draw, "twice": 2 * draw}
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert lines[0] == {"of": OF} and [one["case"] for one in lines[1:]] == [{"draw": k} for k in range(draw + 1)]
    second, said = begun(path)
    assert said == ["going on: 3 of 5 runs are there"] and len(second) == 3
    assert second.seconds == pytest.approx(sum(one["seconds"] for one in lines[1:]))
    assert second.once({"draw": 1}, never) == {"draw": 1, "twice": 2}
    assert second.once({"draw": 3}, doubled) == {"draw": 3, "twice": 6}
    assert len(begun(path)[0]) == 4
    second.drop()
    assert not path.exists()


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_kill_in_the_middle_of_a_line_loses_that_line_alone(tmp_path, cut):
    path = tmp_path / "s.runs.jsonl"
    first, _ = begun(path)
    for draw in range(3):
        first.once({"draw": draw}, doubled)
    path.write_bytes(path.read_bytes()[:-cut])
    for there in (2, 4):
        second, said = begun(path)
        assert said == [f"going on: {there} of 5 runs are there"]
        for draw in (2, 3):
            assert second.once({"draw": draw}, doubled if there == 2 else never)["twice"] == 2 * draw


def test_a_kill_in_the_middle_of_the_first_line_leaves_nothing_to_go_on_from(tmp_path):
    path = tmp_path / "s.runs.jsonl"
    path.write_text('{"of": {"see')
    runs, said = begun(path)
    assert said == []
    runs.once({"draw": 0}, doubled)
    assert len(begun(path)[0]) == 1


def test_runs_of_other_settings_are_refused_in_a_sentence_and_replaced_if_asked_to(tmp_path):
    path = tmp_path / "s.runs.jsonl"
    begun(path)[0].once({"draw": 0}, doubled)
    more = OF | {"size": {"steps": 9, "draws": 2}}
    with pytest.raises(UsageError, match=r"s\.runs\.jsonl has runs of steps 8, and steps 9 is asked for; wanted the"):
        begun(path, more)
    runs, said = begun(path, more, overwrite=True)
    assert said == [] and len(begun(path)[0]) == 1, "what is there stays until something takes its place"
    runs.once({"draw": 4}, doubled)
    assert [len(begun(path, more)[0]), begun(path, more)[0].once({"draw": 4}, never)["twice"]] == [1, 8]


def test_what_is_kept_comes_back_to_the_last_bit(tmp_path):
    picture = np.random.default_rng(0).normal(size=(3, 4, 1)).astype(np.float32)
    found = {"a": 0.1 + 0.2, "b": [1, None, float("inf")], "picture": picture, "rows": [{"picture": picture[0]}]}
    path = tmp_path / "s.runs.jsonl"
    made = begun(path)[0].once({"draw": 0}, lambda case: found)
    kept = begun(path)[0].once({"draw": 0}, never)
    for one in (made, kept):
        assert one["a"] == found["a"] and one["b"] == found["b"]
        for array, same in ((one["picture"], picture), (one["rows"][0]["picture"], picture[0])):
            assert array.dtype == same.dtype and np.array_equal(array, same)
    with pytest.raises(TypeError, match="plain data and arrays"):
        read_back({"a": np.float32(1)})


def test_without_a_file_a_case_is_still_made_once():
    runs, _ = begun(None)
    assert runs.once({"draw": 1}, doubled) == runs.once({"draw": 1}, never)
    assert len(runs) == 0, "nothing is kept"


def test_a_full_disk_is_told_of(tmp_path, monkeypatch):
    runs, _ = begun(tmp_path / "s.runs.jsonl")

    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ResourceError, match="the disk is full"):
        runs.once({"draw": 0}, doubled)


def test_other_pixels_are_another_study():
    one = np.zeros((4, 6), dtype=np.float32)
    other = one.copy()
    other[2, 3] = 1e-6
    assert len({fingerprint([one]), fingerprint([other]), fingerprint([one.T]), fingerprint([one, one])}) == 4


@pytest.mark.parametrize("name", STUDIES)
def test_an_interrupted_study_goes_on_to_the_same_numbers(found, tmp_path, name):
    """The last run is lost in the middle of its line, all others are there: what one run alone takes is enough."""
    numbers, folder, lines = found(name)
    kept = folder.with_name(f"{name}.runs.jsonl").read_text()
    path = tmp_path / f"{name}.runs.jsonl"
    path.write_text(kept[:-9])
    said, beside = [], {}
    again = study(name).numbers(Asked(size="tiny", say=said.append, keep=beside.__setitem__, runs=Runs(path)))
    count = len(kept.splitlines()) - 1
    assert f"going on: {count - 1} of {count} runs are there" in said and len(said) < len(lines)
    assert without_times(plain(again)) == without_times(numbers)
    assert all((folder / file).read_bytes() == data for file, data in beside.items())


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A small study by the command, in a folder, interrupted once so many trainings are done."""
    sizes, learn = vessels_reconstruction.SIZES, vessels_reconstruction.learn
    monkeypatch.setitem(sizes, "default", replace(sizes["tiny"], draws=1, steps=2, every=1, pool=2, held=1))
    monkeypatch.setattr(vessels_reconstruction, "MORE", 1)

    def command(folder, *more, after=None, by=KeyboardInterrupt):
        done = []

        def learnt(*case, **rest):
            if len(done) == after:
                raise by("Ctrl-C")
            done.append(1)
            return learn(*case, **rest)

        monkeypatch.setattr(vessels_reconstruction, "learn", learnt)
        words = ["study", "vessels-reconstruction", "-o", str(tmp_path / folder), "--threads", "1", *more]
        monkeypatch.setattr("sys.argv", ["untaught", *words])
        return CliRunner().invoke(app, words), len(done)

    return command


def names(folder):
    return sorted(path.name.removeprefix("vessels-reconstruction.") for path in folder.iterdir())


@pytest.mark.parametrize("by", [KeyboardInterrupt, InterruptedFitError])
def test_ctrl_c_keeps_runs_says_how_to_go_on_and_the_end_is_the_same(asked, tmp_path, monkeypatch, by):
    def interrupt(*given):
        raise by("Ctrl-C")

    out = tmp_path / "out"
    result, _ = asked("out", after=3, by=by)
    assert result.exit_code == 130
    assert "3 runs that are done are kept there. To go on:" in result.output
    assert f"  untaught study vessels-reconstruction -o {out} --threads 1\n" in result.output
    assert names(out) == ["runs.jsonl"]
    result, _ = asked("out", "--seed", "1")
    assert isinstance(result.exception, UsageError)
    assert "runs of seed 0, and seed 1 is asked for" in str(result.exception)
    with monkeypatch.context() as patch:
        patch.setattr(vessels_reconstruction.Cases, "of", interrupt)
        assert "interrupted; runs that are done are kept there. To go on:" in asked("out")[0].output
    result, done = asked("out")
    assert result.exception is None and done == 4 and "going on: 3 of 7 runs are there" in result.output
    assert names(out) == ["json", "md", "png", "svg"]
    assert asked("whole")[1] == 7
    one, other = (json.loads((tmp_path / at / "vessels-reconstruction.json").read_text()) for at in ("out", "whole"))
    assert without_times(one) == without_times(other)


def test_a_finished_study_is_made_again_only_if_asked_to_and_that_goes_on_too(asked, tmp_path):
    out = tmp_path / "out"
    assert asked("out")[1] == 7
    result, done = asked("out")
    assert isinstance(result.exception, UsageError) and "is not empty" in str(result.exception) and done == 0
    assert asked("out", "--overwrite", after=2)[0].exit_code == 130
    assert names(out) == ["json", "md", "png", "runs.jsonl", "svg"]
    assert asked("out", "--overwrite")[1] == 5
    assert names(out) == ["json", "md", "png", "svg"]


def test_ctrl_c_before_a_run_is_done_leaves_nothing(asked, tmp_path):
    result, _ = asked("out", after=0)
    assert isinstance(result.exception, InterruptedFitError) and "before a run was done" in str(result.exception)
    assert not (tmp_path / "out").exists()
