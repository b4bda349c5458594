"""The source files the architecture tests look at."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("contracts", "kit", "operating", "services", "gateway", "deploy")
EVERYTHING = (*PRODUCT, "bench", "tests")
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Every Python module below these folders of the repository."""
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts
    )


@cache
def tree(path: Path) -> ast.Module:
    """The module, parsed."""
    return ast.parse(path.read_text("utf-8"))


def shown(path: Path) -> str:
    """How a message names the file."""
    return path.relative_to(ROOT).as_posix()


def docstring_lines(node: ast.Module | ast.ClassDef | Function) -> set[int]:
    """The lines of a node's own docstring."""
    if not node.body or ast.get_docstring(node, clean=False) is None:
        return set()
    first = node.body[0]
    return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank, no comment, no docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            lines -= docstring_lines(node)
    return len(lines)


def functions(path: Path) -> list[Function]:
    """Every function and method of a module."""
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


@cache
def tracked() -> list[Path]:
    """Every file under version control that still exists."""
    command = ["git", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]
