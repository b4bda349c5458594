"""Nothing grows past what one reading takes in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import (
    EVERYTHING,
    PRODUCT,
    Function,
    code_lines,
    docstring_lines,
    functions,
    modules,
    shown,
    tree,
)

MODULE_LINES = 300
FUNCTION_LINES = 40
KIT_LINES = 3000
SHORTEST_REASON = 20


def length(function: Function) -> int:
    """A function's lines from ``def`` to its end, without its docstring."""
    lines = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
    return len(lines - docstring_lines(function))


@pytest.mark.parametrize("path", modules(*EVERYTHING), ids=shown)
def test_a_module_is_one_reading(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{shown(path)} has {lines} lines; make it a package of the same name"


@pytest.mark.parametrize("path", modules(*EVERYTHING), ids=shown)
def test_a_function_fits_a_screen(path: Path) -> None:
    long = {f"{each.name} (line {each.lineno})": length(each) for each in functions(path)}
    assert {name: lines for name, lines in long.items() if lines > FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", modules(*PRODUCT, "bench"), ids=shown)
def test_a_module_says_why_it_exists(path: Path) -> None:
    if not path.read_text("utf-8").strip():
        assert path.name == "__init__.py", f"{shown(path)} is empty"
        return
    docstring = ast.get_docstring(tree(path)) or ""
    assert len(docstring) >= SHORTEST_REASON, f"{shown(path)} needs a docstring that says why it exists"


def test_kit_stays_small() -> None:
    sizes = {shown(path): code_lines(path) for path in modules("kit")}
    assert sum(sizes.values()) <= KIT_LINES, sorted(sizes.items(), key=lambda each: -each[1])
