"""``python -m deploy.brokers``: both servers until Ctrl-C, with their addresses as settings to copy."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

from deploy.brokers.jars import CACHE, BrokersUnavailable
from deploy.brokers.servers import ServerSilent, kafka, mongo

KAFKA_PORT, MONGO_PORT = 9092, 27017


def main(folder: Path) -> int:
    """Serve until a signal."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with kafka(folder / "kafka-data", KAFKA_PORT) as bus, mongo(folder / "mongo-data", MONGO_PORT) as store:
            settings = f"export QUCE_BUS_URL={bus} QUCE_STORE_URL={store} QUCE_BLOB_URL={store}"
            sys.stdout.write(f"{settings}\n按 Ctrl-C 停止\n")
            sys.stdout.flush()
            with suppress(KeyboardInterrupt):
                signal.pause()
    except (BrokersUnavailable, ServerSilent) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(CACHE))
