"""Whatever happens to a file's bytes, reading it ends in a picture or in one sentence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.images.samples import FILES
from untaught.errors import InputError
from untaught.images import read, write

changes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=3)


@pytest.mark.parametrize("name", FILES)
@given(changes=changes, early=st.booleans())
@settings(max_examples=40, deadline=None)
def test_changed_bytes(
    tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[float, int]], early: bool
):
    data = bytearray(FILES[name])
    reach = min(len(data), 200) if early else len(data)  # headers are short and tell the most
    for place, value in changes:
        data[int(place * reach)] = value
    folder = tmp_path_factory.mktemp("damage")
    path: Path = folder / "in"
    path.write_bytes(data)
    try:
        found = read(path)
    except InputError as error:
        assert "\n" not in str(error) and str(path) in str(error)
        return
    assert found.pixels.dtype in (np.uint8, np.uint16, np.float32, np.float64)
    assert found.pixels.ndim == 2 or found.pixels.shape[2] == 3
    write(folder / "out.tif", found.pixels, like=found)  # strange metadata do not stop the writing
    np.testing.assert_array_equal(read(folder / "out.tif").pixels, found.pixels)


def test_a_chunk_called_by_a_line_end_is_told_in_one_line(tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(FILES["png"].replace(b"IHDR", b"IHD\n", 1))
    with pytest.raises(InputError, match=r"the checksum of its IHD\\n chunk at byte 8 is wrong$") as caught:
        read(path)
    assert "\n" not in str(caught.value)
