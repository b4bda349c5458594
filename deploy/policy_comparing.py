"""``quce policy diff``: what one file changes of another, or of the version that ships, in words."""

from __future__ import annotations

from pathlib import Path

from deploy.policy_files import Outcome, code_names, read, shipped, unreadable
from services.incentives.authored import AuthoringProblem
from services.incentives.policy_text.comparing import changes


def diff(file: Path, against: Path | None) -> Outcome:
    """What a file changes of the version that ships under its id, or of another file.

    Raises:
        Unreadable: a file is no policy, or none ships under its id.
    """
    new = read(file).policy
    old = read(against).policy if against is not None else shipped().get(new.id)
    if old is None:
        message = f"随系统发布的政策里没有「{new.id}」，没有可比的；要与另一份文件比较，请写 --against 文件"
        raise unreadable(file, [AuthoringProblem("id", None, message)])
    found = list(changes(old, new, code_names()))
    lines = [str(each) for each in found]
    versions = f"第{old.version}版" if old.version == new.version else f"第{old.version}版与第{new.version}版"
    lines.append(f"{new.id}：{versions}，{len(found)} 处不同" if found else f"{new.id}：没有不同")
    return Outcome(
        "\n".join(lines), {"file": str(file), "changes": [each._asdict() for each in found]}, 1 if found else 0
    )
