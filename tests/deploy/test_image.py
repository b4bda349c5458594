"""The image, as far as it can be tried without an engine: a linter, what it runs as, what stays out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.deploy.composed import ROOT

FILE = ROOT / "deploy" / "Dockerfile"


def test_a_linter_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", FILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_nobody_special_and_has_every_driver() -> None:
    text = FILE.read_text("utf-8")
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["999:999"]
    assert "--require-hashes -r requirements-cluster.lock" in text
    assert re.search(r'^CMD \["quce", "serve"\]$', text, re.MULTILINE)


def test_secrets_stay_out_of_image_and_repository() -> None:
    for name in (".dockerignore", ".gitignore"):
        kept_out = {line.strip("/") for line in (ROOT / name).read_text("utf-8").splitlines()}
        assert {"secrets", ".env", "var"} <= kept_out
