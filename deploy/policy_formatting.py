"""``quce policy format``: the canonical text of a policy, as an export writes it."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

from deploy.policy_files import Outcome, read, where
from services.incentives.authored import AuthoringProblem
from services.incentives.policy_text import formatted


def canonical(file: Path) -> Outcome:
    """The text as an export writes it, for output; the file stays as it is, and so do its comments.

    Raises:
        Unreadable: it is no policy.
    """
    text = formatted(read(file).policy)
    return Outcome(text.removesuffix("\n"), {"file": str(file), "text": text})


def check(file: Path) -> Outcome:
    """Whether a file is written so, and from which line on it is not.

    Raises:
        Unreadable: it is no policy.
    """
    text = formatted(read(file).policy)
    pairs = enumerate(zip_longest(file.read_text("utf-8").splitlines(), text.splitlines()), 1)
    line = next((number for number, (written, wanted) in pairs if written != wanted), None)
    document = {"file": str(file), "ok": line is None, "line": line}
    if line is None:
        return Outcome(f"{file.name}：已是规范格式", document)
    message = "从这一行起与规范格式不同；quce policy format 输出规范的文字（不含注释）"
    return Outcome(f"{where(file, AuthoringProblem('', line, message))}：{message}", document, 1)
