"""Each study is run once at a tiny size."""

import json

import pytest
import torch

from untaught.studies import Asked, study
from untaught.studies.runs import Runs
from untaught.studies.writing import write


@pytest.fixture(autouse=True)
def one_thread():
    """Commands of earlier tests took as many as were idle, and their number is part of what a run is kept by."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    """Of each study its numbers, as JSON gives them back, the folder (its runs beside it), and what was said."""
    kept = {}

    def of(name):
        if name not in kept:
            folder, lines, beside = tmp_path_factory.mktemp("studies") / name, [], {}
            runs = Runs(folder.with_name(f"{name}.runs.jsonl"))
            asked = Asked(size="tiny", say=lines.append, keep=beside.__setitem__, runs=runs)
            numbers = study(name).numbers(asked)
            write(study(name), numbers, folder, overwrite=False, beside=beside)
            kept[name] = json.loads((folder / f"{name}.json").read_text()), folder, lines
        return kept[name]

    return of
