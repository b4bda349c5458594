"""The servers' jars: fetched once by Maven, and used only where each is the one that was reviewed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".brokers"


class BrokersUnavailable(RuntimeError):
    """The servers cannot be had on this machine; the text says what is missing."""


def jars(name: str) -> Path:
    """The folder with the jars of ``kafka`` or ``mongo``.

    Raises:
        BrokersUnavailable: Java or Maven is missing, Maven cannot fetch them, or one is not the expected one.
    """
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise BrokersUnavailable(
                f"缺少 {program}：请安装 Java 17 和 Maven（apt install openjdk-17-jdk-headless maven）。"
            )
    folder = CACHE / name
    if not folder.exists():
        _fetch(name, folder)
    if wrong := _wrong(name, folder):
        raise BrokersUnavailable(f"{folder} 里的文件与清单不符：{wrong[0]}。请删除这个目录后重试。")
    return folder


def _fetch(name: str, folder: Path) -> None:
    draft = folder.with_suffix(".part")
    shutil.rmtree(draft, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(HERE / name / "pom.xml"), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={draft}", "-DincludeScope=runtime"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BrokersUnavailable(f"Maven 没有取到 {name} 的文件：{done.stdout.strip()[-500:]}")
    draft.rename(folder)


def _wrong(name: str, folder: Path) -> list[str]:
    """The files that differ from the list, are missing, or are not on it."""
    lines = (HERE / name / "jars.sha256").read_text("ascii").splitlines()
    expected = {line.split()[1]: line.split()[0] for line in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jar")}
    return sorted(each for each in expected.keys() | found.keys() if expected.get(each) != found.get(each))
