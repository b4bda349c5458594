"""The document about scale says what was measured, nothing older and nothing rounder."""

from __future__ import annotations

from bench.quoting import DOCUMENT, UNKNOWN, quote, quoted, values


def test_figures_in_the_document_are_those_of_the_last_measurement() -> None:
    given, measured = dict(quoted(DOCUMENT.read_text("utf-8"))), values()
    assert len(given) > 20
    assert given == {name: measured.get(name, UNKNOWN) for name in given}


def test_a_row_that_names_a_figure_is_given_its_value() -> None:
    text = "| 列表 | 1 | `scale.list_1k_ms` |\n| 列表 | 1 | 没有名字 |\n| 保存 | 2 | `scale.save_1k_ms` |\n"
    said = quote(text, {"scale.list_1k_ms": "0.5"})
    assert said == "| 列表 | 0.5 | `scale.list_1k_ms` |\n| 列表 | 1 | 没有名字 |\n| 保存 | — | `scale.save_1k_ms` |\n"
