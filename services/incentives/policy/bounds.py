"""How much the conditions of one policy may be, looked at before anything of them is read.

What is beyond is told where it begins, and costs no more than the walk; what is within can be checked in a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.incentives.authored import MAX_LEAVES, MAX_NESTING, Authored, AuthoringProblem, Path

MAX_VALUES: Final = 500
"""Values that all conditions of a policy compare with: thresholds, codes, categories of tables."""
_TOO_LONG: Final = f"条件里列出的值（门槛、行业、分类）到这里超过 {MAX_VALUES} 个；行业请写上一级代码，或拆成几项政策"
_CONNECTIVES: Final = ("all", "any", "not")


def beyond(authored: Authored) -> AuthoringProblem | None:
    """What is too much of a policy's conditions, at the first place that is; None where nothing is."""
    values = 0
    for root, tree in _trees(authored.content):
        leaves = 0
        for path, above, node in _nodes(tree, root):
            if above > MAX_NESTING:
                merge = "请把能合并的 all、any 合并成一个，或拆成几项政策"
                return authored.problem(path, f"条件嵌套超过 {MAX_NESTING} 层，从这里起太深；{merge}")
            if _connective(node) is not None:
                continue
            leaves += 1
            if leaves > MAX_LEAVES:
                return authored.problem(path, _too_many(tree))
            values += _values(node)
            if values > MAX_VALUES:
                return authored.problem(path, _TOO_LONG)
    return None


def _too_many(tree: Any) -> str:
    count = sum(_connective(node) is None for _, _, node in _nodes(tree, ()))
    return f"条件最多 {MAX_LEAVES} 个，这里一共有 {count} 个，从这一个起超出；请拆成几项政策"


def _trees(content: Any) -> Iterator[tuple[Path, Any]]:
    """Every tree of conditions: the policy's own, and those on which its benefit depends."""
    if not isinstance(content, Mapping):
        return
    if "conditions" in content:
        yield ("conditions",), content["conditions"]
    waiting: list[tuple[Path, Any]] = [(("benefit",), content.get("benefit"))]
    while waiting:
        path, part = waiting.pop()
        for step, each in _children(part):
            if step == "when":
                yield (*path, step), each
            else:
                waiting.append(((*path, step), each))


def _nodes(tree: Any, root: Path) -> Iterator[tuple[Path, int, Any]]:
    """Conditions and connectives in written order, each with how many connectives stand above it."""
    waiting: list[tuple[Path, int, Any]] = [(root, 0, tree)]
    while waiting:
        path, above, node = waiting.pop()
        yield path, above, node
        name = _connective(node)
        if name is None:
            continue
        inner = node[name]
        if name == "not" or not isinstance(inner, list):
            waiting.append(((*path, name), above + 1, inner))
        else:
            waiting += [((*path, name, number), above + 1, inner[number]) for number in reversed(range(len(inner)))]


def _connective(node: Any) -> str | None:
    return next((name for name in _CONNECTIVES if name in node), None) if isinstance(node, Mapping) else None


def _values(leaf: Any) -> int:
    """How many single values a condition lists."""
    found, waiting = 0, [leaf.get("value")] if isinstance(leaf, Mapping) else []
    while waiting:
        part = waiting.pop()
        inner = [each for _, each in _children(part)]
        found += not inner
        waiting += inner
    return found


def _children(part: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(part, Mapping):
        yield from part.items()
    elif isinstance(part, list):
        yield from enumerate(part)
