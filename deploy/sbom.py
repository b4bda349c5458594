"""Writes what the product is made of: ``docs/sbom.json`` (CycloneDX) and ``docs/licences.md``, from the locks.

Versions come from ``requirements-cluster.lock``, which holds all of ``requirements.lock`` too, and
``package-lock.json``, licences from installed metadata. A licence that is not on the list stops the build: somebody
must read it first.

``python -m deploy.sbom`` writes them; ``--check`` only says whether they are current.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-2.1-or-later", "MIT", "MIT-0"),
        *("CC0-1.0", "MPL-2.0", "PSF-2.0", "Zlib"),
    }
)
READ_BY_HAND = {"apsw": "Zlib", "colorama": "BSD-3-Clause", "python-stdnum": "LGPL-2.1-or-later"}
"""What metadata says too loosely, or cannot say where the package is for another system."""
_SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
}
_PINNED = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)", re.MULTILINE)
_WORDS = re.compile(r"[\w.+-]+")
_OPERATORS = frozenset({"AND", "OR", "WITH"})


class LicenceRefused(RuntimeError):
    """A package's licence is not on the list."""


@dataclass(frozen=True, slots=True)
class Part:
    """One package; its hashes stand in the locks."""

    ecosystem: str
    name: str
    version: str
    licence: str

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:{self.ecosystem}/{self.name.replace('@', '%40')}@{self.version}"


def parts() -> list[Part]:
    """Everything that a running installation may hold.

    Raises:
        LicenceRefused: a licence is not on the list.
    """
    found = [*_python(), *_assets()]
    refused = [f"{each.name} {each.version}：{each.licence or '未注明'}" for each in found if not allowed(each.licence)]
    if refused:
        raise LicenceRefused("这些许可证不在允许之列，请先核对再加入 deploy/sbom.py：" + "；".join(refused))
    return found


def allowed(licence: str) -> bool:
    """Whether every licence that an expression names is on the list."""
    named = set(_WORDS.findall(licence)) - _OPERATORS
    return bool(named) and named <= ALLOWED


def generated() -> dict[Path, str]:
    """The files and what they should hold."""
    found = parts()
    return {ROOT / "docs" / "sbom.json": _sbom(found), ROOT / "docs" / "licences.md": _licences(found)}


def stale() -> list[Path]:
    """The files that do not hold what they should."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]


def _python() -> Iterable[Part]:
    for name, version in _PINNED.findall((ROOT / "requirements-cluster.lock").read_text("utf-8")):
        yield Part("pypi", name, version, READ_BY_HAND.get(name) or _licence_of(name))


def _assets() -> Iterable[Part]:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    for path, entry in lock["packages"].items():
        if path and not entry.get("dev"):
            yield Part("npm", path.removeprefix("node_modules/"), entry["version"], entry.get("license", ""))


def _licence_of(name: str) -> str:
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return ""
    return _expression(said)


def _expression(said: PackageMetadata) -> str:
    """An SPDX expression, from the field for it, else from the freely written one, else from the classifiers."""
    if expression := _field(said, "License-Expression"):
        return expression
    written = _field(said, "License")
    if written and len(written) < 60:  # some paste the whole text
        return _SPELLINGS.get(written, written)
    classified = [each.rpartition("::")[2].strip() for each in said.get_all("Classifier") or [] if "License" in each]
    return " AND ".join(_SPELLINGS.get(each, each) for each in classified)


def _field(said: PackageMetadata, name: str) -> str:
    return str((said.get_all(name) or [""])[0]).strip()


def _sbom(found: list[Part]) -> str:
    components = [
        {
            "type": "library",
            "bom-ref": each.purl,
            "name": each.name,
            "version": each.version,
            "purl": each.purl,
            "licenses": [{"expression": each.licence}],
        }
        for each in found
    ]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components))}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "quce", "name": "quce"}},
        "components": components,
        "dependencies": [{"ref": "quce", "dependsOn": [each.purl for each in found]}],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _licences(found: list[Part]) -> str:
    head = (
        "# 第三方组件与许可证\n\n由 `make sbom` 按锁文件和安装信息生成，请勿手改；机器可读的清单是 `sbom.json`"
        "（CycloneDX 1.6）。校验值在 `requirements-cluster.lock`（单机用到的也在 `requirements.lock`）"
        "、`package-lock.json`。\n\n"
        "| 组件 | 版本 | 来源 | 许可证 |\n|---|---|---|---|\n"
    )
    return head + "".join(f"| {each.name} | {each.version} | {each.ecosystem} | {each.licence} |\n" for each in found)


def main(arguments: list[str]) -> int:
    """Write or check; the exit code."""
    try:
        old = stale()
    except LicenceRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    if "--check" in arguments:
        for path in old:
            sys.stderr.write(f"{path.relative_to(ROOT)} 不是最新，请执行 make sbom\n")
        return 1 if old else 0
    for path, text in generated().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
