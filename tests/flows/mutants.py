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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WATCHED = ("services", "gateway")
STORE = "kit.store.port"
NOT_A_STORES = re.compile(r"request|^asked\.")
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
    """``scope`` where the module knows the store's, or ``principal.scope``; a request's or a token's is another."""
    if isinstance(value, ast.Name):
        return named and value.id == "scope"
    return isinstance(value, ast.Attribute) and value.attr == "scope" and not NOT_A_STORES.search(ast.unparse(value))


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
