"""``python -m deploy.brokers``: both servers until Ctrl-C; ``--fetch`` gets them, ``--with-services`` adds ours."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

from deploy.brokers.jars import CACHE, BrokersUnavailable, jars
from deploy.brokers.servers import ServerSilent, kafka, mongo
from deploy.brokers.services import ServiceEnded, services

KAFKA_PORT, MONGO_PORT = 9092, 27017


def main(folder: Path, *wishes: str) -> int:
    """Serve until a signal."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if "--fetch" in wishes:
            for name in ("kafka", "mongo"):
                jars(name)
            return 0
        with kafka(folder / "kafka-data", KAFKA_PORT) as bus, mongo(folder / "mongo-data", MONGO_PORT) as store:
            settings = {"QUCE_BUS_URL": bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}
            _say("export " + " ".join(f"{name}={value}" for name, value in settings.items()), "按 Ctrl-C 停止")
            with suppress(KeyboardInterrupt):
                if "--with-services" in wishes:
                    services(folder / "cluster", settings)
                signal.pause()
    except (BrokersUnavailable, ServerSilent, ServiceEnded) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(CACHE, *sys.argv[1:]))
