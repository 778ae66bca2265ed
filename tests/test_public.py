import subprocess
import sys

import pytest

import untaught


def test_the_public_names_are_sorted_and_all_there():
    assert (
        sorted(untaught.__all__)
        == untaught.__all__
        == [
            "Fit",
            "Preset",
            "Problem",
            "Result",
            "Step",
            "deblur",
            "dejpeg",
            "denoise",
            "fuse",
            "guide",
            "inpaint",
            "restore",
            "segment",
            "steps",
            "upscale",
        ]
    )
    assert all(getattr(untaught, name).__doc__ for name in untaught.__all__)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'denoize'"):
        untaught.denoize  # noqa: B018


def fresh(code):
    """What a new interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    loaded = fresh("import untaught, sys; print(*{m.split('.')[0] for m in sys.modules})")
    assert not {"torch", "numpy", "PIL", "scipy", "tifffile", "imagecodecs"} & set(loaded)


def test_the_array_functions_do_not_load_the_file_readers():
    loaded = fresh("import untaught, sys; untaught.denoise; print(*{m.split('.')[0] for m in sys.modules})")
    assert "torch" in loaded and not {"PIL", "tifffile", "imagecodecs", "matplotlib"} & set(loaded)
