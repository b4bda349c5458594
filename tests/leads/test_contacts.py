"""People at an investor: kept for a reason, shown for a reason, and gone without a trace."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from kit.errors import NotFound
from kit.ports import Ports
from kit.sqlite import connect
from kit.store.port import Record, Scope
from services.leads import erasing
from services.leads.contacts import Person
from services.leads.repository import CONTACTS
from services.leads.traces import Traces
from tests.leads.conftest import Team
from tests.leads.test_imports import run
from tests.leads.test_leads_api import events

NAME, PHONE, MAIL = "欧阳独一", "13987654321", "Ouyang.Duyi@only.example"
CONTACT = {"name": NAME, "phone": PHONE, "email": MAIL, "position": "总经理"}
BASIS = {"legal_basis": "consent", "notice_given": "in_person"}
WHY = {"reason": "核对来访名单"}
ALL = Scope.system("tests")
WRITTEN = (NAME, PHONE, "139 8765 4321", "139-8765-4321", MAIL, MAIL.lower(), MAIL.upper())


def note() -> str:
    """A text that names the person in every way."""
    return "见了" + "，".join(WRITTEN) + "，谈得不错"


async def lead_with_contact(team: Team, who: str = "jingkai", **changes: Any) -> tuple[str, str]:
    receipt = await team[who].register(contact=CONTACT, **changes)
    page = await team[who].get(f"/leads/{receipt['id']}")
    return receipt["id"], page["contacts"][0]["id"]


async def erase(team: Team, id: str, who: str = "jingkai", reason: str = f"{NAME}本人要求") -> None:
    revision = (await team[who].get(f"/contacts/{id}"))["revision"]
    answer = await team[who].send("DELETE", f"/contacts/{id}", match=revision, json={"reason": reason})
    assert answer.status_code == 200, answer.text


def ledger() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["项目名称", "投资方", "总投资", "意向落户区", "进展", "联系人", "联系电话", "备注", "来源方式"])
    sheet.append(["台账项目", "台账投资有限公司", NAME + "说再定", "车谷", note(), NAME, PHONE, note(), MAIL])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and every member of those that are archives."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        yield str(path.relative_to(folder)), content
        at = content.find(b"PK\x03\x04")
        if at >= 0 and zipfile.is_zipfile(io.BytesIO(content[at:])):
            with zipfile.ZipFile(io.BytesIO(content[at:])) as archive:
                yield from ((f"{path.name}!{name}", archive.read(name)) for name in archive.namelist())


def found_in(folder: Path) -> set[str]:
    """Names of files that hold anything of the person."""
    said = [word.encode() for word in WRITTEN] + [orjson_escaped(NAME)]
    return {name for name, content in everything(folder) if any(word in content for word in said)}


def orjson_escaped(text: str) -> bytes:
    return text.encode("unicode_escape")


async def test_after_an_erasure_no_byte_is_left_and_every_figure_stands(team: Team, tmp_path: Path) -> None:
    lead, contact = await lead_with_contact(
        team, summary=note(), referrer=NAME, first_contact={"date": "2026-11-20", "evidence": note()}
    )
    jingkai = team["jingkai"]
    await jingkai.send("POST", f"/leads/{lead}/follow-ups", json={"text": note(), "next_plan": f"再约{NAME}"})
    page = await jingkai.get(f"/leads/{lead}")
    held = {"to": "on_hold", "reason": f"{NAME}出差，电话{PHONE}"}
    await jingkai.send("POST", f"/leads/{lead}/stage", match=page["revision"], json=held)
    imported = await run(team, "jingkai", "ledger", ledger())
    row = (await jingkai.get(f"/imports/{imported['import_id']}/rows"))["items"][0]
    second = (await jingkai.get(f"/leads/{row['lead']}"))["contacts"][0]["id"]
    await jingkai.send("PATCH", f"/contacts/{second}", match=1, json={"email": MAIL})
    board = await jingkai.get("/leads/board")
    assert "leads.db" in " ".join(found_in(tmp_path))

    await erase(team, contact)
    await erase(team, second)

    assert found_in(tmp_path) == set()
    assert await jingkai.get("/leads/board") == board
    assert "见了〔已删除〕，" in (await jingkai.get(f"/leads/{lead}"))["summary"]
    timeline = (await jingkai.get(f"/leads/{lead}/timeline"))["items"]
    assert sum("〔已删除〕" in (item["text"] or "") for item in timeline) == 2
    left = await jingkai.get(f"/contacts/{contact}")
    assert left["erased"]["by"] == "jingkai"
    assert left["erased"]["why"] == "〔已删除〕本人要求"
    assert left["phone_masked"] is None


async def test_the_workbook_goes_when_its_import_has_ended(team: Team, tmp_path: Path) -> None:
    await run(team, "jingkai", "ledger", ledger())
    again = await team["jingkai"].send("POST", "/imports", key="ledger", files={"file": ("台账.xlsx", ledger())})
    assert again.status_code in (202, 422)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


async def test_an_older_copy_cannot_be_read_any_more(team: Team) -> None:
    _, contact = await lead_with_contact(team)
    copy = await team.ports.store.get(CONTACTS.name, ALL, contact)
    assert copy is not None
    assert NAME in (await team.ports.vault.open(contact, copy.body["sealed"])).decode()
    await erase(team, contact)
    with pytest.raises(NotFound):
        await team.ports.vault.open(contact, copy.body["sealed"])


@pytest.mark.parametrize("step", ["remove_occurrences", "scrub", "destroy"])
async def test_one_that_broke_off_is_finished(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    _, contact = await lead_with_contact(team, summary=note())
    where = {"remove_occurrences": erasing, "scrub": team.ports.store, "destroy": team.ports.vault}[step]

    async def dies(*_all: object) -> None:
        raise RuntimeError("the process dies")

    with monkeypatch.context() as patch:
        patch.setattr(where, step, dies)
        answer = await team["jingkai"].send("DELETE", f"/contacts/{contact}", match=1, key="one", json=WHY)
        assert answer.status_code == 500
    assert (await team["jingkai"].get(f"/contacts/{contact}"))["erased"]
    await erasing.sweep(team.ports)
    assert found_in(tmp_path) == set()
    again = await team["jingkai"].send("DELETE", f"/contacts/{contact}", match=1, key="one", json=WHY)
    assert again.status_code == 200


async def test_while_somebody_reads_the_files_wait_and_nobody_is_told_of_an_error(team: Team, tmp_path: Path) -> None:
    _, contact = await lead_with_contact(team, summary=note())
    reader = connect(tmp_path / "leads.db")
    reader.execute("BEGIN")
    assert reader.execute("SELECT COUNT(*) FROM c_leads").fetchall() == [(1,)]
    await erase(team, contact)
    assert (await team["jingkai"].get(f"/contacts/{contact}"))["erased"]
    assert found_in(tmp_path) != set()
    reader.execute("COMMIT")
    reader.close()
    await erasing.sweep(team.ports)
    assert found_in(tmp_path) == set()


async def test_seeing_a_number_takes_a_reason_that_is_logged(team: Team) -> None:
    _, contact = await lead_with_contact(team)
    path = f"/contacts/{contact}/unmask"
    assert (await team["jingkai"].send("POST", path, json={})).status_code == 422
    for who, status in (("manager", 403), ("donghu", 404), ("partner", 403)):
        assert (await team[who].send("POST", path, json=WHY)).status_code == status
    shown = await team["jingkai"].send("POST", path, json={"reason": f"给{NAME}回电"}, key="one")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert shown.json() == {"id": contact, "name": NAME, "phone": PHONE, "email": MAIL}
    await team["jingkai"].send("POST", path, json={"reason": f"给{NAME}回电"}, key="one")
    said = [value for value in await events(team) if b"contact.unmasked" in value]
    assert len(said) == 1
    assert "给〔已删除〕回电" in said[0].decode()
    assert not any(word.encode() in value for value in await events(team) for word in WRITTEN)


async def test_a_reason_names_no_colleague_and_nobodys_number(team: Team, tmp_path: Path) -> None:
    """What the log once heard cannot be taken out again when they, too, ask to be forgotten."""
    receipt = await team["jingkai"].register(contact={"name": "旁人甲", "phone": "13600001111"})
    body = {"lead_id": receipt["id"], **CONTACT, **BASIS}
    other = (await team["jingkai"].send("POST", "/contacts", json=body)).json()["id"]
    people = (await team["jingkai"].get(f"/leads/{receipt['id']}"))["contacts"]
    [first] = [each["id"] for each in people if each["id"] != other]
    reason = f"{NAME}请他在2026-11-30前回电，新号 +86 135-7777 8888、027-87654321，邮箱 New.One@other.example。"
    shown = await team["jingkai"].send("POST", f"/contacts/{first}/unmask", json={"reason": reason})
    assert shown.status_code == 200, shown.text
    await erase(team, first, reason=reason)
    [unmasked] = [value for value in await events(team) if b"contact.unmasked" in value]
    assert "〔已删除〕请他在2026-11-30前回电，新号 〔已删除〕、〔已删除〕，邮箱 〔已删除〕。" in unmasked.decode()
    await erase(team, other)
    assert found_in(tmp_path) == set()
    new = (b"135-7777 8888", b"87654321", b"New.One@other.example")
    assert not [name for name, content in everything(tmp_path) if any(each in content for each in new)]


async def test_what_is_kept_of_a_person_is_handed_out_whole(team: Team) -> None:
    lead, contact = await lead_with_contact(team, summary=note())
    await team["jingkai"].send("POST", f"/leads/{lead}/follow-ups", json={"text": note()})
    answer = await team["jingkai"].send("POST", f"/contacts/{contact}/export", json=WHY)
    kept = answer.json()
    assert kept["contact"]["phone"] == PHONE
    assert kept["purpose"] == "招商洽谈联络"
    assert kept["disclosures"][0]["why"] == WHY["reason"]
    assert {each["source"] for each in kept["occurrences"]} == {"lead", "follow_up"}
    assert len(kept["occurrences"]) == 2 * len(WRITTEN)
    [first] = [record async for record in team.ports.store.scan("disclosures", ALL)]
    for number in range(250):
        earlier = first.body | {"at": f"2026-01-01T00:00:00.{number:06}Z"}
        await team.ports.store.save("disclosures", Record(f"earlier-{number}", earlier, first.readers))
    again = (await team["jingkai"].send("POST", f"/contacts/{contact}/export", json=WHY, key="again")).json()
    assert len(again["disclosures"]) == 252, "every one, however many"
    assert [each["at"] for each in again["disclosures"]] == sorted(
        (each["at"] for each in again["disclosures"]), reverse=True
    )


async def test_a_contact_is_added_and_corrected_and_what_it_was_is_erased_too(team: Team, tmp_path: Path) -> None:
    receipt = await team["jingkai"].register()
    body = {"lead_id": receipt["id"], **CONTACT}
    assert (await team["jingkai"].send("POST", "/contacts", json=body)).status_code == 422
    assert (await team["donghu"].send("POST", "/contacts", json=body | BASIS)).status_code == 404
    made = await team["jingkai"].send("POST", "/contacts", json=body | BASIS, key="add")
    assert made.status_code == 201, made.text
    assert (await team["jingkai"].send("POST", "/contacts", json=body | BASIS, key="add")).json() == made.json()
    contact = made.json()["id"]
    change = {"phone": "13700001111", "legal_basis": "contract"}
    stale = await team["jingkai"].send("PATCH", f"/contacts/{contact}", match=9, json=change)
    assert stale.status_code == 412
    done = await team["jingkai"].send("PATCH", f"/contacts/{contact}", match=1, json=change)
    assert done.status_code == 200, done.text
    shown = await team["jingkai"].get(f"/contacts/{contact}")
    assert (shown["phone_masked"], shown["legal_basis"]) == ("137****1111", "contract")
    await team["jingkai"].send("POST", f"/leads/{receipt['id']}/follow-ups", json={"text": note()})
    await erase(team, contact)
    assert found_in(tmp_path) == set()
    gone = await team["jingkai"].send("POST", f"/contacts/{contact}/unmask", json=WHY)
    assert gone.status_code == 409
    revision = (await team["jingkai"].get(f"/contacts/{contact}"))["revision"]
    again = await team["jingkai"].send("DELETE", f"/contacts/{contact}", match=revision, json=WHY)
    assert again.status_code == 409


async def test_a_contact_goes_three_years_after_the_last_follow_up(team: Team, tmp_path: Path) -> None:
    lead, contact = await lead_with_contact(team)
    team.clock.advance(timedelta(days=300))
    await team["jingkai"].send("POST", f"/leads/{lead}/follow-ups", json={"text": "还在谈"})
    assert (await team["jingkai"].get(f"/contacts/{contact}"))["retain_until"] == "2030-09-19"
    team.clock.advance(timedelta(days=3 * 365))
    await erasing.erase_expired(team.ports)
    assert (await team["jingkai"].get(f"/contacts/{contact}"))["erased"] is None
    team.clock.advance(timedelta(days=2))
    await erasing.erase_expired(team.ports)
    left = (await team["jingkai"].get(f"/contacts/{contact}"))["erased"]
    assert (left["by"], left["why"]) == ("system", "保存期限届满")
    assert found_in(tmp_path) == set()


async def test_a_stated_day_comes_before_the_rule(team: Team) -> None:
    receipt = await team["jingkai"].register(contact=CONTACT | {"retain_until": "2026-12-01"})
    contact = (await team["jingkai"].get(f"/leads/{receipt['id']}"))["contacts"][0]["id"]
    for days, gone in ((8, False), (1, True)):
        team.clock.advance(timedelta(days=days))
        await erasing.erase_expired(team.ports)
        assert bool((await team["jingkai"].get(f"/contacts/{contact}"))["erased"]) is gone


@pytest.mark.parametrize(
    ("person", "text", "left"),
    [
        (Person("王", "02787654321"), "王总，027-8765 4321", "王总，〔已删除〕"),
        (Person("李 四"), "李四说李  四", "〔已删除〕说〔已删除〕"),
        (Person("张三", "+86 139 1111 2222"), "张三：13911112222", "〔已删除〕：〔已删除〕"),
        (Person("a.b", None, "x+y@z.example"), "axb, X+Y@Z.example", "axb, 〔已删除〕"),
        (Person("赵六", "123"), "赵六 123 亩", "〔已删除〕 〔已删除〕 亩"),
    ],
)
def test_traces(person: Person, text: str, left: str) -> None:
    assert Traces(person).removed(text) == left


async def test_records_from_before_the_basis_was_asked_can_be_read_and_erased(team: Team, tmp_path: Path) -> None:
    _, contact = await lead_with_contact(team)
    record = await team.ports.store.get(CONTACTS.name, ALL, contact)
    assert record is not None
    await _as_before(team.ports, record)
    shown = await team["jingkai"].get(f"/contacts/{contact}")
    assert shown["legal_basis"] is None
    await erase(team, contact)
    assert found_in(tmp_path) == set()


async def _as_before(ports: Ports, record: Record) -> None:
    names = ("lead_id", "holds", "sealed", "name_masked", "phone_masked", "email_masked", "position", "created_at")
    await ports.store.save(CONTACTS.name, record.with_body({name: record.body[name] for name in names}))
