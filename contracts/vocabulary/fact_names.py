"""What facts are called: by the registry, and by people, who write 固定资产投资 where a file wants a name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from contracts.vocabulary.fact_list import FACT_LIST

_NAMED: Final[Mapping[str, str]] = {
    called: f"{name}（{label}）" for name, _, label, *_ in FACT_LIST for called in (label, name)
}


def unknown_fact(name: str) -> str:
    """What to say of a fact that is not in the registry: which one may be meant."""
    name = name[:80]  # no fact has a longer one, and comparing takes the longer the longer they are
    near = [_NAMED[each] for each in difflib.get_close_matches(name, _NAMED, n=3, cutoff=0.6)]
    hint = f"，是否想写 {'、'.join(near)}？" if near else "，可用的字段见接口说明。"
    return f"没有「{name}」这个字段{hint}"
