"""Bytes to files."""

from pathlib import Path

import pytest


@pytest.fixture
def put(tmp_path: Path):
    """Bytes to a file of that name."""

    def write_bytes(data: bytes, name: str = "in.png") -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write_bytes
