"""What a packed workbook really holds, before a parser unpacks it: sizes in its directory may lie.

Nothing is written to disk and no archive within the archive is opened, so names inside do not matter.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from services.leads.ledger.errors import LedgerError

MAX_UNPACKED = 200 * 1024 * 1024
MAX_ENTRIES = 10_000
MAX_RATIO = 100
"""Workbooks that people write shrink to a tenth or so."""
SMALL = 2 * 1024 * 1024
"""Below this, a part, and the whole, may shrink as much as it likes."""
MAX_OUTLINE = 4 * 1024 * 1024
"""The parts that are read whole: which sheets there are, and where."""

_OUTLINES = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "META-INF/manifest.xml", "[Content_Types].xml")
_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_CHUNK = 1 << 18


def check_directory(path: Path) -> None:
    """Count what a directory may list, since to read one of a hundred thousand entries takes half a second.

    Raises:
        LedgerError: it lists more than a ledger may.
    """
    entries = path.read_bytes().count(_ENTRY)
    if entries > MAX_ENTRIES:
        raise LedgerError("zip_bomb", unpacked=0, entries=entries)


def check_sizes(archive: zipfile.ZipFile) -> None:
    """Look at the directory, then unpack every part into nothing.

    Raises:
        LedgerError: it holds more than a ledger may, or other than its directory says.
        zipfile.BadZipFile: it is damaged.
    """
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    swells = _too_much(unpacked, sum(entry.compress_size for entry in entries)) or any(map(_swells, entries))
    if unpacked > MAX_UNPACKED or len(entries) > MAX_ENTRIES or swells:
        raise LedgerError("zip_bomb", unpacked=unpacked // (1024 * 1024), entries=len(entries))
    if any(entry.flag_bits & 1 for entry in entries):
        raise LedgerError("password")
    if len({entry.filename for entry in entries}) != len(entries):
        raise LedgerError("broken")
    assert archive.fp is not None  # noqa: S101 - it is open
    for entry in entries:
        _unpack(archive.fp, entry)


def _swells(entry: zipfile.ZipInfo) -> bool:
    if entry.filename in _OUTLINES:
        return entry.file_size > MAX_OUTLINE
    return _too_much(entry.file_size, entry.compress_size)


def _too_much(unpacked: int, packed: int) -> bool:
    return unpacked > SMALL and unpacked > MAX_RATIO * max(packed, 1)


def _unpack(file: IO[bytes], entry: zipfile.ZipInfo) -> None:
    """Count what comes out, never holding more than a chunk; stops at the first byte too many."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LedgerError("broken")
    file.seek(entry.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) != _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise LedgerError("broken")
    _, name, extra = _LOCAL_HEADER.unpack(header)
    file.seek(name + extra, 1)
    stored = entry.compress_type == zipfile.ZIP_STORED
    if (entry.compress_size if stored else _inflated(file, entry)) != entry.file_size:
        raise LedgerError("broken")


def _inflated(file: IO[bytes], entry: zipfile.ZipInfo) -> int:
    inflate, left, came = zlib.decompressobj(-zlib.MAX_WBITS), entry.compress_size, 0
    while came <= entry.file_size and not inflate.eof:
        packed = inflate.unconsumed_tail or file.read(min(_CHUNK, left))
        if not inflate.unconsumed_tail:
            left -= len(packed)
        if not packed:
            break
        try:
            came += len(inflate.decompress(packed, _CHUNK))
        except zlib.error as error:
            raise zipfile.BadZipFile(entry.filename) from error
    return came
