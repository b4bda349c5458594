"""What an operator asks of a database file at rest."""

from __future__ import annotations

from pathlib import Path

from kit.sqlite import check_layout, connect


def integrity(path: Path) -> str:
    """The answer of ``PRAGMA integrity_check``: ``ok`` where the file is sound.

    Raises:
        FileRefused: it is no database, or one of another layout.
    """
    connection = connect(path)
    try:
        check_layout(connection, path)
        return str(connection.execute("PRAGMA integrity_check").fetchall()[0][0])
    finally:
        connection.close()
