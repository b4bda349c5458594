"""Files people write: YAML without its traps, and every problem with file, line and path.

Plain YAML 1.1 turns ``on`` into true, ``0111`` into 73 and ``1:30`` into 90, which a policy author cannot know.
Here only true/false, decimal numbers, dates and null are more than text; anchors and tags are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path as FilePath
from typing import Any

import yaml

MAX_DEPTH = 40
MAX_TEXT = 64 * 1024
_LONGEST = 4 * MAX_TEXT
"""Bytes of the longest text that can be within the limit of characters."""
MAX_LEAVES = 60
MAX_NESTING = 8
"""Of the conditions of a policy; said here already where a text is so deep or long that nothing of it is read."""
MAX_PROBLEMS = 100
"""So many are told; of a thousand mistakes nobody mends the last first."""
_ADVICE = f"一项政策最多 {MAX_LEAVES} 个条件、嵌套 {MAX_NESTING} 层"

Path = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"^[-+]?(?:0|[1-9]\d{0,17})$")
_FLOAT = re.compile(r"^[-+]?\d{1,18}\.\d{1,18}$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_NO_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML allows in no text."""
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class AuthoringProblem:
    """One thing to mend: where it is and what would be right."""

    path: str
    line: int | None
    message: str
    column: int | None = None
    file: str = ""

    def __str__(self) -> str:
        """``第12行第7列 conditions.all.1.op：…``."""
        return f"{self.place}：{self.message}"

    @property
    def place(self) -> str:
        """File (where several were read), line, column and path as a person looks for them."""
        line = f"第{self.line}行" if self.line else ""
        column = f"第{self.column}列" if self.line and self.column else ""
        return " ".join(part for part in (self.file, line + column, self.path) if part) or "全文"


class AuthoringError(ValueError):
    """A file cannot be used; ``problems`` says everything that is wrong with it."""

    def __init__(self, file: str, problems: list[AuthoringProblem]) -> None:
        super().__init__("\n".join(f"{file} {problem}" for problem in problems))
        self.file, self.problems = file, problems


class Unsuitable(AuthoringError):
    """Nothing of a file was read: it is too long, or no text."""


@dataclass(frozen=True, slots=True)
class Authored:
    """A file's content and the line and column on which each value begins, counted from 1."""

    file: str
    content: Any
    lines: dict[Path, int]
    columns: dict[Path, int] = field(default_factory=dict)

    def problem(self, path: Path, message: str) -> AuthoringProblem:
        """A problem at ``path``, with the line and column of the nearest place that exists."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        return AuthoringProblem(dotted(path), self.lines.get(known), message, self.columns.get(known))


def dotted(path: Path) -> str:
    """A path as messages write it: ``conditions.all.1.op``."""
    return ".".join(map(str, path))


def steps_of(path: str) -> Path:
    """The path that :func:`dotted` wrote."""
    return tuple(int(step) if step.isdecimal() else step for step in path.split(".") if step)


def read_yaml(text: str, file: str) -> Authored:
    """Read one document.

    Raises:
        Unsuitable: it is too long, or holds characters that no text does.
        AuthoringError: it is no YAML, too deep, or uses anchors, tags or a key twice.
    """
    if len(text) > MAX_TEXT:
        message = f"全文超过 {MAX_TEXT // 1024} KiB（从这里起超出），请拆成几个文件；{_ADVICE}"
        raise Unsuitable(file, [_at(text, MAX_TEXT, message)])
    if strange := _NO_TEXT.search(text):
        message = "不是有效的 YAML：这里有看不见的控制字符，请删除，并用 UTF-8 另存"
        raise Unsuitable(file, [_at(text, strange.start(), message)])
    reading = _Reading(file, text)
    try:
        content = reading.document()
    except (yaml.YAMLError, UnicodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        what = getattr(error, "problem", None) or "格式有误"
        message = f"不是有效的 YAML（{what}），请检查缩进、冒号后的空格和引号"
        column = mark.column + 1 if mark else None
        raise AuthoringError(file, [AuthoringProblem("", line, message, column)]) from error
    return Authored(file, content, reading.lines, reading.columns)


def read_file(path: FilePath, file: str) -> Authored:
    """Read a file, of a long one no more than is too much.

    Raises:
        Unsuitable: it cannot be opened, is too long, or is no text.
        AuthoringError: it is no YAML within the limits.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LONGEST + 1)
        text = content.decode("utf-8-sig", "strict" if len(content) <= _LONGEST else "replace")
    except OSError as error:
        raise Unsuitable(file, [AuthoringProblem("", None, _why(error))]) from error
    except UnicodeDecodeError as error:
        lines = content[: error.start].split(b"\n")
        column = len(lines[-1].decode("utf-8", "replace")) + 1
        problem = AuthoringProblem("", len(lines), "从这里起不是 UTF-8 文字，请用 UTF-8 另存", column)
        raise Unsuitable(file, [problem]) from error
    return read_yaml(text, file)


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "没有这个文件，请核对路径"
    return "这是目录，请写文件" if isinstance(error, IsADirectoryError) else "打不开，请核对路径和权限"


def _at(text: str, place: int, message: str) -> AuthoringProblem:
    """A problem at a character."""
    before = text[:place]
    return AuthoringProblem("", before.count("\n") + 1, message, place - before.rfind("\n"))


class _Reading:
    """One pass over the events of a text, so that neither depth nor repetition can hurt."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.lines: dict[Path, int] = {}
        self.columns: dict[Path, int] = {}

    def document(self) -> Any:
        content: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refuse(event, (), "一个文件只写一份，不要用 --- 分隔多份")
                content = self._value(next(self._events), ())
        return content

    def _value(self, event: Any, path: Path) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._refuse(event, path, "不支持锚点和别名（& 和 *），请把内容写完整")
        if event.tag and event.tag != "!":
            raise self._refuse(event, path, f"不支持标签 {event.tag}，请删除")
        if len(path) > MAX_DEPTH:
            raise self._refuse(event, path, f"嵌套超过 {MAX_DEPTH} 层，请简化；{_ADVICE}")
        self._mark(path, event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return event.value if event.style or not event.implicit[0] else plain_value(event.value)

    def _mapping(self, path: Path) -> dict[str, Any]:
        content: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refuse(event, path, "键应为文字")
            key = event.value
            if key in content:
                raise self._refuse(event, (*path, key), f"「{key}」写了两次，请保留一处")
            self._mark((*path, key), event)
            content[key] = self._value(next(self._events), (*path, key))
        return content

    def _sequence(self, path: Path) -> list[Any]:
        content: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            content.append(self._value(event, (*path, len(content))))
        return content

    def _mark(self, path: Path, event: Any) -> None:
        """Of a field the place of its name, which comes before that of its value."""
        self.lines.setdefault(path, _line(event))
        self.columns.setdefault(path, _column(event))

    def _refuse(self, event: Any, path: Path, message: str) -> AuthoringError:
        return AuthoringError(self._file, [AuthoringProblem(dotted(path), _line(event), message, _column(event))])


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _column(event: Any) -> int:
    return int(event.start_mark.column) + 1


def plain_value(text: str) -> Any:
    """What a text without quotes means: nothing, yes or no, a number, a day, or itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
