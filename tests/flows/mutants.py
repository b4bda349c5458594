"""Every place that hands on what a person may read, and the product with one of them opened to everything."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WATCHED = ("services", "gateway")
STORE = "kit.store.port"
OPENED = '__import__("kit.store.port", fromlist=["Scope"]).Scope.system("mutant")'
MATRIX = ("tests/flows/test_role_matrix.py", "tests/flows/test_page_matrix.py")


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

    def opened(self, source: str) -> str:
        """The module with the system's scope in its place."""
        lines = source.encode().splitlines(keepends=True)
        line = lines[self.line - 1]
        lines[self.line - 1] = line[: self.start] + OPENED.encode() + line[self.end :]
        return b"".join(lines).decode()


def sites() -> list[Site]:
    """Every such argument of the services and the gateway."""
    return [site for folder in WATCHED for path in sorted((ROOT / folder).rglob("*.py")) for site in _sites_in(path)]


def _sites_in(path: Path) -> Iterator[Site]:
    tree = ast.parse(path.read_bytes())
    has_store_scope = any(
        isinstance(node, ast.ImportFrom) and node.module == STORE and any(name.name == "Scope" for name in node.names)
        for node in ast.walk(tree)
    )
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            if _is_scope(value, named=has_store_scope):
                relative = path.relative_to(ROOT).as_posix()
                assert value.end_col_offset is not None
                yield Site(relative, value.lineno, value.col_offset, value.end_col_offset, ast.unparse(value))


def _is_scope(value: ast.expr, *, named: bool) -> bool:
    """``scope`` where the module knows the store's, or ``principal.scope``; a request's scope is another thing."""
    if isinstance(value, ast.Name):
        return named and value.id == "scope"
    return isinstance(value, ast.Attribute) and value.attr == "scope" and "request" not in ast.unparse(value)


def caught(site: Site, folder: Path) -> bool:
    """Whether the matrices fail once this place is open to everything."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        if not name.startswith(("docs/screenshots/", "tests/pages/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for linked in ("node_modules",):
        (folder / linked).symlink_to(ROOT / linked)
    mutant = folder / site.path
    mutant.write_text(site.opened(mutant.read_text("utf-8")), "utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *MATRIX]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    return done.returncode == 1
