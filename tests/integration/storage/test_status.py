"""The state of the system: nothing is called healthy that nobody has checked lately."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from schuldhulp.domain.access import Role
from schuldhulp.services.rows import ChainWatchRow
from schuldhulp.services.status import CHECK_LIMIT, StatusService, SystemStatus
from schuldhulp.storage import SqlStore
from tests.support.factories import MUNICIPALITY, RecordKeeping
from tests.support.fake_chain import FakeChain
from tests.support.worker import SetClock

SECOND = timedelta(seconds=1)


def status_of(keeping: RecordKeeping, store: SqlStore, checked_at: datetime | None) -> SystemStatus:
    if checked_at is not None:
        with store.write() as work:
            work.chain_watch.put(ChainWatchRow(head_number=1, head_hash=b"", checked_at=checked_at, finding=""))
            work.commit()
    service = StatusService(store=store, chain=FakeChain(SetClock()), clock=keeping.clock, municipality=MUNICIPALITY)
    return service.status(actor=keeping.staff_member("beheer", Role.ADMINISTRATOR))


def test_status_is_not_healthy_before_the_first_check(keeping: RecordKeeping, store: SqlStore) -> None:
    found = status_of(keeping, store, None)
    assert found.chain.recognised
    assert (found.last_check.at, found.checked_recently, found.healthy) == (None, False, False)


@pytest.mark.parametrize(
    ("age", "recent"),
    [
        (timedelta(0), True),
        (CHECK_LIMIT - SECOND, True),
        (CHECK_LIMIT, False),
        (timedelta(days=30), False),
        # The clock of the worker may run a little ahead; a check of next month was not made by any worker.
        (-SECOND, True),
        (timedelta(days=-30), False),
    ],
)
def test_status_is_healthy_while_the_worker_checks(
    keeping: RecordKeeping, store: SqlStore, age: timedelta, recent: bool
) -> None:
    found = status_of(keeping, store, keeping.clock.now() - age)
    assert (found.checked_recently, found.healthy) == (recent, recent)
