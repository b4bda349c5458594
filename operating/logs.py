"""What a process logs: JSON lines with a trace id, never personal data, and no flood while something is away."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime

import orjson

from kit.telemetry import trace_id

QUIET = {
    "uvicorn.access": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "kafka": logging.CRITICAL,
    "kafka.net.selector": logging.ERROR,
}
"""kafka-python calls each try to connect an error, several lines a second; our clients say what became of it. What goes
wrong in its loop they do not hear of, and nobody would."""
AT_ONCE, EVERY = 5, 60.0
"""How many lines of one text pass in so many seconds; the first that passes then says how many did not."""
TEXTS = 1000


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Fields come from ``extra={"fields": {...}}``; never personal data."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "trace_id": trace_id() or None,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps({key: value for key, value in line.items() if value is not None}).decode()


class Sparing(logging.Filter):
    """Holds back a warning or error of which the log has had enough of late: a database that is away is a flood."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        if record.levelno < logging.WARNING:
            return True
        text, now = (record.name, record.getMessage()), time.monotonic()
        since, times = self._seen.pop(text, (now, 0))
        if now - since >= EVERY:
            if times > AT_ONCE:
                record.fields = {**getattr(record, "fields", {}), "not_written": times - AT_ONCE}
            since, times = now, 0
        if len(self._seen) >= TEXTS:
            self._seen.pop(next(iter(self._seen)))
        self._seen[text] = (since, times + 1)
        return times < AT_ONCE


def configure_logging(level: str = "INFO") -> None:
    """Log JSON lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(Sparing())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
