"""What MongoDB refuses, in words that say what to do."""

from __future__ import annotations

import pytest
from pymongo import errors

from kit.errors import LogInRefused, Problem, StoreFull, TooLarge
from kit.mongo import StoreAway, reaching

TOO_LARGE = {"writeErrors": [{"index": 0, "code": 10334, "errmsg": "object to insert too large"}]}
FULL_DISK = {"writeErrors": [{"index": 0, "code": 14031, "errmsg": "No space left on device"}]}


@pytest.mark.parametrize(
    ("error", "problem", "status"),
    [
        (errors.OperationFailure("Authentication failed.", 18), LogInRefused, 503),
        (errors.OperationFailure("not authorized on quce_leads", 13), LogInRefused, 503),
        (errors.WriteError("out of disk space", 14031), StoreFull, 503),
        (errors.BulkWriteError(FULL_DISK), StoreFull, 503),
        (errors.BulkWriteError(TOO_LARGE), TooLarge, 413),
        (errors.WriteError("Resulting document after update is larger than 16777216", 17419), TooLarge, 413),
        (errors.OperationFailure("BSONObj size is invalid", 10334), TooLarge, 413),
        (errors.DocumentTooLarge("BSON document too large"), TooLarge, 413),
        (errors.NotPrimaryError("not primary"), StoreAway, 503),
        (errors.ConfigurationError("The DNS query name does not exist"), StoreAway, 503),
        (errors.WTimeoutError("waiting for replication timed out", 64), StoreAway, 503),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_refusal_has_its_words(error: Exception, problem: type[Problem], status: int) -> None:
    with pytest.raises(problem) as met, reaching():
        raise error
    assert met.value.status == status
    assert ("Retry-After" in met.value.headers) is (status == 503)


def test_who_may_not_log_in_is_told_which_setting_to_mend() -> None:
    with pytest.raises(LogInRefused, match="QUCE_STORE_URL"), reaching():
        raise errors.OperationFailure("Authentication failed.", 18)


def test_what_nobody_foresaw_is_not_dressed_up() -> None:
    with pytest.raises(errors.OperationFailure, match="what"), reaching():
        raise errors.OperationFailure("what?", 2)
