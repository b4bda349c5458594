"""An administrator looks for who saw a contact, and takes the record away as a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flows.canaries import REASON, heard
from tests.flows.world import World
from tests.pages.driver import person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_administrator_finds_who_saw_a_contact_and_why(browser: Browser, world: World) -> None:
    id = world.audited
    with person(browser, world) as admin:
        admin.sign_in("admin")
        admin.page.click("text=操作记录 >> nth=0")
        admin.page.select_option("#u-kind", label="联系人")
        admin.page.select_option("#u-office", "donghu")
        admin.page.click("form.filters .btn")
        admin.settle()
        rows = admin.page.locator("tbody tr").all_inner_texts()
        assert rows
        assert all("联系人" in row for row in rows)
        admin.page.click(f'a[href="/audit/{id}"]')
        admin.settle()
        (reason,) = REASON
        assert reason in admin.text()
        assert "陈思远" in admin.text()
        assert heard(admin.text()) == REASON
        admin.page.go_back()
        admin.settle()
        with admin.page.expect_download() as loading:
            admin.page.click("a[download]")
        text = Path(loading.value.path()).read_text("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == len(rows) + 1
    assert any(reason in cell for line in lines for cell in line)


def test_a_day_to_come_is_empty_and_a_day_that_is_none_is_refused(browser: Browser, world: World) -> None:
    with person(browser, world) as admin:
        admin.sign_in("admin")
        admin.go("/audit?since=2099-01-01")
        assert "没有这样的操作" in admin.text()
        admin.go("/audit?since=2026-13-45")
        assert "填写有误" in admin.text()
