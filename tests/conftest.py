"""One thread: torch with two on a busy machine can be 40 times slower, and sums come out in one order."""

import sys
import tempfile

import pytest
import torch

from test_tasks import disc, noisy
from untaught import cli, images
from untaught.cli import running
from untaught.core import Problem
from untaught.fit import Fit
from untaught.likelihoods import Gaussian
from untaught.networks import Skip, Uniform
from untaught.operators import Identity
from untaught.optimisers import Muon

torch.set_num_threads(1)


@pytest.fixture
def small_network():
    """The paper's shape, small enough for a test."""
    return Skip(input=Uniform(4), down=(8, 8), up=(8, 8), skip=(2, 2))


@pytest.fixture
def problem():
    """A noisy disc, 21 x 26, RGB."""
    y, x = torch.meshgrid(torch.arange(21.0), torch.arange(26.0), indexing="ij")
    disc = ((y - 9).square() + (x - 12).square() < 36).float()
    truth = torch.stack([0.2 + 0.6 * disc, 0.5 * disc + 0.1, 0.9 - 0.3 * disc])[None]
    likelihood = Gaussian(sigma=0.1)
    noisy = likelihood.sample(truth, torch.Generator().manual_seed(1))
    return Problem(y=noisy, operator=Identity(), likelihood=likelihood, shape=(3, 21, 26))


@pytest.fixture
def quick():
    """Eight steps."""
    return Fit(optimiser=Muon(), steps=8, schedule="cosine")


@pytest.fixture
def program(monkeypatch, capsys, tmp_path_factory):
    """Run the program on words, with one thread and a temporary folder of its own; exit code, stdout, stderr."""
    monkeypatch.setattr(running, "use_threads", lambda wanted: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["untaught", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def picture(tmp_path):
    """A file with a noisy disc, 32 x 32."""
    path = tmp_path / "in.png"
    images.write(path, noisy(disc(32)))
    return path
