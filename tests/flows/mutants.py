"""Every place that hands on what a person may read, and the product with one of them opened to everything."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WATCHED = ("services", "gateway")
STORE = "kit.store.port"
NOT_A_STORES = re.compile(r"request|^asked\.")
STORES = re.compile(r"\b_?store\.")
READS = ("get", "find", "find_briefs", "tally", "scan")
FIXED = re.compile(r"\{?[A-Z_]+\}?")
OPENED = '__import__("kit.store.port", fromlist=["Scope"]).Scope.system("mutant")'
MATRICES = tuple(f"tests/flows/test_{name}.py" for name in ("intruders", "role_matrix", "page_matrix", "canary_places"))
LEFT_OUT = ("docs/screenshots/", "tests/pages/", "tests/data/")
FIRST = {
    "services/leads": "leads or investors or contacts or imports or exports or enquiries or projects or duties",
    "services/incentives": "decisions or matches or policies",
    "services/notify": "notifications or digests or deliveries or reports or recipients",
    "gateway": "accounts or tokens or backups or sessions or audit",
}
"""Words of the routes that a part of the product answers."""


@dataclass(frozen=True, slots=True)
class Site:
    """An argument that is somebody's scope."""

    path: str
    line: int
    start: int
    end: int
    text: str

    def __str__(self) -> str:
        """Where it stands, for a test's name."""
        return f"{self.path}:{self.line}:{self.start}"

    @property
    def words(self) -> str:
        """What is tried first: the routes of its part of the product."""
        return next(words for folder, words in FIRST.items() if self.path.startswith(folder))

    def opened(self, source: str) -> str:
        """The module with the system's scope in its place."""
        lines = source.encode().splitlines(keepends=True)
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.start] + OPENED.encode() + line[self.end :]
        return b"".join(lines).decode()


def sites() -> list[Site]:
    """Every such argument of the services and the gateway."""
    return [site for path in _modules() for site in _sites_in(path)]


def unknown_reads() -> list[str]:
    """Reads of a store whose scope is neither such an argument nor fixed for everybody in its module."""
    known = {str(site) for site in sites()}
    return [
        f"{place} {ast.unparse(value)}"
        for path in _modules()
        for value in _scopes_of_reads(path)
        if (place := f"{path.relative_to(ROOT).as_posix()}:{value.lineno}:{value.col_offset}") not in known
        and not _is_fixed(value)
    ]


def _modules() -> list[Path]:
    return [path for folder in WATCHED for path in sorted((ROOT / folder).rglob("*.py"))]


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _scopes_of_reads(path: Path) -> Iterator[ast.expr]:
    """What stands second in each read of a store, or is named ``scope``."""
    for call in _calls(ast.parse(path.read_bytes())):
        if isinstance(call.func, ast.Attribute) and call.func.attr in READS and STORES.search(ast.unparse(call.func)):
            yield from call.args[1:2]
            yield from (keyword.value for keyword in call.keywords if keyword.arg == "scope")


def _sites_in(path: Path) -> Iterator[Site]:
    tree, relative = ast.parse(path.read_bytes()), path.relative_to(ROOT).as_posix()
    named = _imports_scope(tree) or any(_unpacks_scope(node) for node in ast.walk(tree))
    makers = _makers(tree)
    for call in _calls(tree):
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            if _is_scope(value, named, makers):
                assert value.end_col_offset is not None
                assert value.lineno == value.end_lineno, (relative, value.lineno)
                yield Site(relative, value.lineno, value.col_offset, value.end_col_offset, ast.unparse(value))


def _imports_scope(tree: ast.Module) -> bool:
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == STORE)
    return any(name.name == "Scope" for node in imports for name in node.names)


def _unpacks_scope(node: ast.AST) -> bool:
    """``scope`` becomes somebody's: ``store, scope = ports.store, principal.scope``."""
    return isinstance(node, ast.Assign) and "scope" in ast.unparse(node.targets[0]) and any(
        isinstance(each, ast.Attribute) and _is_scope(each) for each in ast.walk(node.value)
    )  # fmt: skip


def _is_scope(value: ast.expr, named: bool = False, makers: frozenset[str] = frozenset()) -> bool:
    """``scope`` where the module knows the store's, ``principal.scope``, or what makes one of somebody.

    A request's or a token's is another.
    """
    if isinstance(value, ast.Name):
        return named and value.id == "scope"
    if isinstance(value, ast.Call):
        made = ast.unparse(value.func)
        return made in makers or (made == "Scope.of" and not _is_fixed(value))
    return isinstance(value, ast.Attribute) and value.attr == "scope" and not NOT_A_STORES.search(ast.unparse(value))


def _is_fixed(value: ast.expr) -> bool:
    """The same for everybody who asks: a constant of its module, or made of constants."""
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) == "Scope.of" and FIXED.fullmatch(ast.unparse(value.args[0])) is not None
    return FIXED.fullmatch(ast.unparse(value)) is not None


def _makers(tree: ast.Module) -> frozenset[str]:
    """Functions that make a scope of somebody, as this module knows them."""
    own = {each.name: _makes(each) for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
    return frozenset(name for name in _all_makers() if own.get(name, True))


@cache
def _all_makers() -> frozenset[str]:
    trees = [tree for path in _modules() if _imports_scope(tree := ast.parse(path.read_bytes()))]
    functions = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(each.name for each in functions if _makes(each))


def _makes(function: ast.FunctionDef) -> bool:
    return function.returns is not None and ast.unparse(function.returns) == "Scope"


class Workshop:
    """A copy of the product in which one place at a time is open to everything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in tracked.splitlines():
            if not name.startswith(LEFT_OUT):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
        (folder / "node_modules").symlink_to(ROOT / "node_modules")

    def passes(self) -> bool:
        """Whether the matrices hold as long as nothing is open: else they would catch anything."""
        return not self._fails(*MATRICES)

    def catches(self, site: Site) -> bool:
        """Whether the matrices fail once this place is open: those of the service first, then all of them."""
        module = self._folder / site.path
        whole = module.read_text("utf-8")
        module.write_text(site.opened(whole), "utf-8")
        try:
            return self._fails(*MATRICES[:2], "-k", f"test_intruders or {site.words}") or self._fails(*MATRICES)
        finally:
            module.write_text(whole, "utf-8")

    def _fails(self, *arguments: str) -> bool:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
        env = {**os.environ, "QUCE_EFFORT": "ci", "QUCE_FIGURES": ""}
        done = subprocess.run(command, cwd=self._folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
        return done.returncode == 1
