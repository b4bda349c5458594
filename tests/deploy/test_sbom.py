"""The list of parts is that of the locks, and a licence nobody has read stops the build."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deploy import sbom


def test_the_files_are_current() -> None:
    assert [path.name for path in sbom.stale()] == [], "run: make sbom"


def test_every_pinned_package_is_listed(root: Path) -> None:
    listed = {each["purl"] for each in json.loads((root / "docs/sbom.json").read_text("utf-8"))["components"]}
    for lock in ("requirements.lock", "requirements-cluster.lock"):
        pinned = re.findall(r"^([\w-]+)==([^\s;\\]+)", (root / lock).read_text("utf-8"), re.MULTILINE)
        assert {f"pkg:pypi/{name}@{version}" for name, version in pinned} <= listed
    assert any(each.startswith("pkg:npm/echarts@") for each in listed)
    assert not any("/axe-core@" in each for each in listed), "tests only"


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0 OR BSD-3-Clause", "MPL-2.0 AND (Apache-2.0 OR MIT)"])
def test_licences_that_were_read(licence: str) -> None:
    assert sbom.allowed(licence)


@pytest.mark.parametrize("licence", ["", "AGPL-3.0-only", "SSPL-1.0", "MIT AND GPL-3.0-only", "Proprietary", "UNKNOWN"])
def test_other_licences_stop_the_build(
    licence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not sbom.allowed(licence)
    monkeypatch.setattr(sbom, "_assets", lambda: [sbom.Part("npm", "strange", "1", licence)])
    assert sbom.main(["--check"]) == 1
    assert "strange 1" in capsys.readouterr().err
