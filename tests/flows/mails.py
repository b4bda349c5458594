"""What was mailed: the files of the mail folder, decoded as a mailbox would."""

from __future__ import annotations

import email
import email.policy
from collections import defaultdict
from email.utils import parseaddr
from pathlib import Path


def mails(data: Path) -> dict[str, str]:
    """All that was ever mailed to an address, decoded."""
    said: dict[str, str] = defaultdict(str)
    for path in (data / "mail").glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
        said[parseaddr(str(message["To"]))[1]] += "\n".join([*map(str, message.values()), *parts])
    return said
