"""Texts of a fixed form: the document shows the pattern, people are told what to write."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.vocabulary.form import DAY, EMAIL, INDUSTRY_CODE, WEEK, Form


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        (EMAIL, "zhaoshang@example.com", "zhaoshang@"),
        (DAY, "2026-11-23", "2026-11-23\n"),
        (WEEK, "2026-W48", "2026W48"),
        (WEEK, "2026-W48", "２０２６-W48"),
        (INDUSTRY_CODE, "3962", "39621"),
    ],
)
def test_another_form_is_told_what_would_be_right(form: Form, right: str, wrong: str) -> None:
    adapter = TypeAdapter(Annotated[str, form])
    assert adapter.validate_python(right) == right
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(wrong)
    assert "如" in str(caught.value.errors()[0]["ctx"]["error"])
    assert adapter.json_schema()["pattern"].startswith("^")
