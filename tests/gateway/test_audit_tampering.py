"""Whatever is changed in the audit log behind the suite's back is found."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.chain import sealed, sealing_key
from gateway.audit.log import ENTRIES, HEADS, READERS, SCOPE, entry_id
from kit.secrets import read_secret
from kit.store.port import Record
from tests.conftest import Effort
from tests.gateway.audit_logs import ACTS, ANCHORED, DAYS, OFFICES, opened, sql, verdict_of, written
from tests.gateway.conftest import PlainSettings

TAMPERINGS = {"ci": 100, "full": 1000}
Tampering = Callable[[random.Random, Path], None]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    asyncio.run(written(folder))
    return folder


def an_entry(chance: random.Random, folder: Path) -> tuple[str, dict[str, Any]]:
    id, body = chance.choice(sql(folder, "SELECT id, body FROM c_audit"))
    return id, json.loads(body)


def put(folder: Path, table: str, id: str, body: Any) -> None:
    sql(folder, f"UPDATE {table} SET body = ? WHERE id = ?", json.dumps(body).encode(), id)  # noqa: S608 - own table


def edit(chance: random.Random, folder: Path) -> None:
    """Another value in one field of one entry."""
    id, body = an_entry(chance, folder)
    name = chance.choice(sorted(body))
    body[name] = body[name] + 1 if isinstance(body[name], int) else f"{body[name]}x"
    put(folder, "c_audit", id, body)


def edit_and_hash(chance: random.Random, folder: Path) -> None:
    """The same by somebody who knows how digests are made, and has no key."""
    id, body = an_entry(chance, folder)
    content = {name: value for name, value in body.items() if name not in ("hash", "seal")} | {"who": "nobody"}
    put(folder, "c_audit", id, sealed(b"another key", content))


def reseal(chance: random.Random, folder: Path) -> None:
    """Other words, the last or any, by somebody who has the keys and forgets what follows."""
    id = entry_id(chance.choice(OFFICES), chance.choice((ACTS, chance.randrange(1, ACTS))))
    [(body,)] = sql(folder, "SELECT body FROM c_audit WHERE id = ?", id)
    content = {name: value for name, value in json.loads(body).items() if name not in ("hash", "seal")}
    key = sealing_key(read_secret(folder / "keys" / "installation.key"))
    put(folder, "c_audit", id, sealed(key, content | {"why": "nothing"}))


def delete(chance: random.Random, folder: Path) -> None:
    id, _ = an_entry(chance, folder)
    sql(folder, "DELETE FROM c_audit WHERE id = ?", id)
    sql(folder, "DELETE FROM r_audit WHERE id = ?", id)


def truncate(chance: random.Random, folder: Path) -> None:
    """The end of one office's chain."""
    office, left = chance.choice(OFFICES), chance.randrange(ACTS)
    sql(folder, "DELETE FROM c_audit WHERE id LIKE ? AND id > ?", f"{office}:%", entry_id(office, left))


def truncate_with_head(chance: random.Random, folder: Path) -> None:
    """The same to before the last anchor by somebody who has the keys, and who puts the head back to it."""
    office, left = chance.choice(OFFICES), chance.randrange(1, ANCHORED)
    key = sealing_key(read_secret(folder / "keys" / "installation.key"))
    [(body,)] = sql(folder, "SELECT body FROM c_audit WHERE id = ?", entry_id(office, left))
    [(head,)] = sql(folder, "SELECT body FROM c_audit_heads WHERE id = ?", office)
    content = {name: value for name, value in json.loads(head).items() if name not in ("hash", "seal")}
    content |= {"number": left, "digest": json.loads(body)["hash"]}
    put(folder, "c_audit_heads", office, sealed(key, content))
    sql(folder, "DELETE FROM c_audit WHERE id LIKE ? AND id > ?", f"{office}:%", entry_id(office, left))


def swap(chance: random.Random, folder: Path) -> None:
    """Two entries in each other's place."""
    one, other = chance.sample(sql(folder, "SELECT id, body FROM c_audit"), 2)
    sql(folder, "UPDATE c_audit SET body = ? WHERE id = ?", other[1], one[0])
    sql(folder, "UPDATE c_audit SET body = ? WHERE id = ?", one[1], other[0])


def hide(chance: random.Random, folder: Path) -> None:
    """An entry that administrators do not see."""
    id, _ = an_entry(chance, folder)
    sql(folder, "UPDATE r_audit SET reader = 'nobody' WHERE id = ?", id)


def mislead(chance: random.Random, folder: Path) -> None:
    """A column by which people search, the entry itself untouched."""
    id, _ = an_entry(chance, folder)
    column = chance.choice([index.field for index in ENTRIES.indexes])
    sql(folder, f"UPDATE c_audit SET i_{column} = 'somebody' WHERE id = ?", id)  # noqa: S608 - own column


def exchange(chance: random.Random, folder: Path) -> None:
    """One's acts listed as another's: no value is there more or less often than before."""
    column = chance.choice(("office", "who", "subject"))
    found = sql(folder, f"SELECT id, i_{column} FROM c_audit")  # noqa: S608 - own column
    id, value = chance.choice(found)
    other, others = chance.choice([each for each in found if each[1] != value])
    for each, given in ((id, others), (other, value)):
        sql(folder, f"UPDATE c_audit SET i_{column} = ? WHERE id = ?", given, each)  # noqa: S608 - own column


def relabel(chance: random.Random, folder: Path) -> None:
    """What stands beside an entry's words: how often it was written, and for whom."""
    id, _ = an_entry(chance, folder)
    change = chance.choice(("revision = 2", 'readers = \'["administrators","public"]\'', "requests = '[{}]'"))
    sql(folder, f"UPDATE c_audit SET {change} WHERE id = ?", id)  # noqa: S608 - one of these


def spoil(chance: random.Random, folder: Path) -> None:
    """Bytes that are no document."""
    id, body = an_entry(chance, folder)
    text = json.dumps(body).encode()
    at = chance.randrange(len(text))
    sql(folder, "UPDATE c_audit SET body = ? WHERE id = ?", text[:at], id)


def edit_head(chance: random.Random, folder: Path) -> None:
    id, body = chance.choice(sql(folder, "SELECT id, body FROM c_audit_heads"))
    head = json.loads(body)
    head[chance.choice(["number", "first"])] += chance.choice([-1, 1, 7])
    put(folder, "c_audit_heads", id, head)


def delete_head(chance: random.Random, folder: Path) -> None:
    sql(folder, "DELETE FROM c_audit_heads WHERE id = ?", chance.choice(OFFICES))


def anchor(folder: Path) -> Path:
    return PlainSettings(data=folder).audit_anchor_file


def edit_anchor(chance: random.Random, folder: Path) -> None:
    lines = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    at = chance.randrange(len(lines))
    line = json.loads(lines[at])
    line["heads"][chance.choice(OFFICES)][0] += 1
    lines[at] = json.dumps(line) + "\n"
    anchor(folder).write_text("".join(lines), "utf-8")


def repeat_anchor(chance: random.Random, folder: Path) -> None:
    """One line in the place of another: as many as before, and each of them ours."""
    lines = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    at, other = chance.sample(range(len(lines)), 2)
    lines[at] = lines[other]
    anchor(folder).write_text("".join(lines), "utf-8")


def reseal_anchor(_chance: random.Random, folder: Path) -> None:
    """Another last line by somebody who has the keys and not the store."""
    *lines, last = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    content = {name: value for name, value in json.loads(last).items() if name not in ("hash", "seal")}
    key = sealing_key(read_secret(folder / "keys" / "installation.key"))
    lines.append(json.dumps(sealed(key, content | {"heads": {}})) + "\n")
    anchor(folder).write_text("".join(lines), "utf-8")


def cut_anchor(chance: random.Random, folder: Path) -> None:
    """Lines gone from anywhere, the end included, or the whole file."""
    lines = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    del lines[chance.randrange(len(lines)) :]
    anchor(folder).write_text("".join(lines), "utf-8")


def lose_anchor(_chance: random.Random, folder: Path) -> None:
    anchor(folder).unlink()


def forget_anchor(chance: random.Random, folder: Path) -> None:
    """What the store remembers of the file, and the end of the file with it."""
    sql(folder, "DELETE FROM c_audit_state WHERE id = 'anchor'")
    cut_anchor(chance, folder)


TAMPERINGS_OF: tuple[Tampering, ...] = (
    *(
        edit,
        edit_and_hash,
        reseal,
        delete,
        truncate,
        truncate_with_head,
        swap,
        hide,
        mislead,
        exchange,
        relabel,
        spoil,
    ),
    *(edit_head, delete_head, edit_anchor, repeat_anchor, reseal_anchor, cut_anchor, lose_anchor, forget_anchor),
)


async def test_an_untouched_log_is_whole(pristine: Path) -> None:
    verdict = await verdict_of(pristine)
    assert verdict.ok, verdict.findings
    assert (verdict.entries, verdict.offices, verdict.anchors) == (ACTS * len(OFFICES), len(OFFICES), DAYS)


async def test_every_tampering_is_found(
    pristine: Path, tmp_path: Path, effort: Effort, record_figure: Callable[[str, object], None]
) -> None:
    chance, found = random.Random(20261123), 0  # noqa: S311 - a fixed seed repeats the run
    for number in range(TAMPERINGS[effort]):
        folder = tmp_path / str(number)
        shutil.copytree(pristine, folder)
        tampering = TAMPERINGS_OF[number % len(TAMPERINGS_OF)]
        tampering(chance, folder)
        verdict = await verdict_of(folder)
        assert not verdict.ok, (number, tampering.__name__)
        found += 1
        shutil.rmtree(folder)
    record_figure("audit.tamperings_found", found)


async def rewritten(folder: Path) -> None:
    """Another history, whole in itself, by somebody who has the keys and not the anchor file."""
    key = sealing_key(read_secret(folder / "keys" / "installation.key"))
    async with opened(folder) as (ports, _, _):
        prev = None
        async for entry in ports.store.scan(ENTRIES.name, SCOPE):
            if not entry.id.startswith("donghu:"):
                continue
            content = {name: value for name, value in entry.body.items() if name not in ("hash", "seal")}
            content |= {"who": "nobody"} | ({"prev": prev} if prev else {})
            body = sealed(key, content)
            prev = body["hash"]
            await ports.store.erase(ENTRIES.name, entry.id)
            await ports.store.save(ENTRIES.name, Record(entry.id, body, READERS))
        head = await ports.store.get(HEADS.name, SCOPE, "donghu")
        assert head is not None
        content = {name: value for name, value in head.body.items() if name not in ("hash", "seal")}
        await ports.store.save(HEADS.name, head.with_body(sealed(key, content | {"digest": prev})))


async def test_the_anchor_catches_a_wholesale_rewrite(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "rewritten"
    shutil.copytree(pristine, folder)
    await rewritten(folder)
    [finding] = (await verdict_of(folder)).findings
    assert finding.office == "donghu"
    assert "锚定" in finding.what
