"""The design's manners, held by a test: one loop, no hidden truth, no catch-alls, small files."""

import ast
import importlib.util
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import untaught

SOURCE = Path(untaught.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 260, 55


def test_there_is_one_loop():
    assert [path.name for path in FILES if ".backward()" in path.read_text()] == ["fit.py"]


def test_no_function_takes_the_truth():
    """Only metrics may: its arguments are called so."""
    for path in FILES:
        if path.name in ("metrics.py",):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.arg):
                assert node.arg not in ("truth", "ground_truth", "gt", "clean"), f"{path}: {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_manners(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert path.name != "utils.py"
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.args.kwarg is None, f"**{node.args.kwarg.arg} in {node.name}"
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{node.name} is long"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("hasattr", "eval", "exec"), f"{node.func.id}, line {node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr in ("manual_seed", "seed"):
            assert ast.unparse(node.value) not in ("torch", "random", "np.random"), f"global seed, line {node.lineno}"


def test_torchvision_is_not_here():
    """Its only build for CPU torch breaks on import, and then breaks others."""
    assert importlib.util.find_spec("torchvision") is None
    wanted = [need for need in metadata.requires("untaught") or [] if "torchvision" in need]
    assert not wanted
    constraints = Path(__file__).parent.parent / "constraints.txt"
    lines = [line for line in constraints.read_text().splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "torchvision" in line]
    assert "torch==2.13.0" in lines


def test_help_is_quick():
    """Not a timed test: what makes it slow is torch, and torch must not be there."""
    code = """
import sys
sys.argv = ["untaught", "denoise", "--help"]
import untaught.cli
try:
    untaught.cli.main()
except SystemExit:
    print("LOADED", *sorted({name.split(".")[0] for name in sys.modules}))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = out.split("LOADED")[1].split()
    assert "IN" in out and not {"torch", "numpy", "PIL", "scipy"} & set(loaded)
