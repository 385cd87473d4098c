"""Decisions on claims and links of claims, on every database."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.services.claims.decision_rows import (
    DecisionRow,
    DecisionState,
    LinkRow,
    decision_mac,
    is_decision_valid,
)
from schuldhulp.services.rows import BatchKind, BatchRow, BatchState
from schuldhulp.storage import SqlStore
from tests.support.factories import MUNICIPALITY

KEY = JobKey(b"\x07" * 32)
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def row(number: int = 1, **changes) -> DecisionRow:
    made = DecisionRow(
        id=bytes([number]) * 16,
        municipality=MUNICIPALITY,
        claim_id=bytes([number]) * 32,
        commitment=b"\x02" * 32,
        status=ClaimStatus.ASKED,
        decision=b"\x03" * 32,
        recipient="0x" + "11" * 20,
        sealed=b"sealed",
        kept=b"kept",
        created_at=NOON + timedelta(minutes=number),
    )
    made = dataclasses.replace(made, **changes)
    return dataclasses.replace(made, mac=decision_mac(KEY, made))


def add(store: SqlStore, *rows: DecisionRow) -> None:
    with store.write() as work:
        for one in rows:
            work.decisions.add(one)
        work.commit()


def test_get_gives_a_decision_back_as_it_was_stored(store: SqlStore) -> None:
    add(store, row())
    with store.read() as work:
        assert work.decisions.get(row().id) == row()
        assert work.decisions.get(b"\x09" * 16) is None
        assert is_decision_valid(KEY, work.decisions.get(row().id))


def test_in_state_is_oldest_first_of_one_municipality_and_limited(store: SqlStore) -> None:
    add(store, row(3), row(1), row(2), row(4, state=DecisionState.OVERTAKEN), row(5, municipality=MUNICIPALITY + 1))
    with store.read() as work:
        found = work.decisions.in_state(MUNICIPALITY, DecisionState.WAITING)
        assert [one.id[0] for one in found] == [1, 2, 3]
        assert [one.id[0] for one in work.decisions.in_state(MUNICIPALITY, DecisionState.WAITING, limit=2)] == [1, 2]
        assert [one.id[0] for one in work.decisions.in_state(MUNICIPALITY, DecisionState.OVERTAKEN)] == [4]


def test_set_state_moves_from_the_state_that_was_seen_only(store: SqlStore) -> None:
    add(store, row())
    with store.write() as work:
        batch = work.batches.add(
            BatchRow(
                id=0,
                municipality=MUNICIPALITY,
                kind=next(iter(BatchKind)),
                account="0x" + "22" * 20,
                nonce=1,
                raw=b"raw",
                tx_hash=b"\x04" * 32,
                state=BatchState.SIGNED,
                created_at=NOON,
            )
        )
        assert work.decisions.set_state(row().id, DecisionState.SIGNED, was=DecisionState.WAITING, batch=batch)
        assert not work.decisions.set_state(row().id, DecisionState.OVERTAKEN, was=DecisionState.WAITING)
        work.commit()
    with store.read() as work:
        (found,) = work.decisions.of_batch(batch)
    assert (found.id, found.state, found.batch) == (row().id, DecisionState.SIGNED, batch)


def test_seal_stores_what_is_sent_once(store: SqlStore) -> None:
    add(store, row(1, sealed=b""))
    with store.write() as work:
        assert work.decisions.seal(row(1).id, b"first", mac=b"\x01" * 32)
        assert not work.decisions.seal(row(1).id, b"second", mac=b"\x02" * 32)
        work.commit()
    with store.read() as work:
        found = work.decisions.get(row(1).id)
    assert (found.sealed, found.mac) == (b"first", b"\x01" * 32)


def test_undelivered_are_confirmed_and_tried_longest_ago_in_front(store: SqlStore) -> None:
    add(store, *(row(number, state=DecisionState.CONFIRMED) for number in (1, 2, 3, 4)), row(5))
    with store.write() as work:
        work.decisions.note(row(1).id, trouble="unreachable", tried_at=NOON + timedelta(hours=2))
        work.decisions.note(row(2).id, trouble="unreachable", tried_at=NOON + timedelta(hours=1))
        work.decisions.arrived(row(4).id, NOON + timedelta(hours=3))
        work.commit()
    with store.read() as work:
        found = work.decisions.undelivered(MUNICIPALITY, limit=10)
        arrived = work.decisions.get(row(4).id)
    assert [(one.id[0], one.trouble) for one in found] == [(3, ""), (2, "unreachable"), (1, "unreachable")]
    assert (arrived.trouble, arrived.delivered_at) == ("", NOON + timedelta(hours=3))


def test_of_claims_gives_all_decisions_on_each_oldest_first(store: SqlStore) -> None:
    later = row(3, claim_id=row(1).claim_id)
    add(store, later, row(2), row(1))
    with store.read() as work:
        assert work.decisions.of_claims([row(1).claim_id]) == [row(1), later]
        assert work.decisions.of_claims([]) == []


def test_a_state_that_nobody_here_wrote_is_refused(store: SqlStore, engine: Engine) -> None:
    add(store, row())
    with engine.begin() as connection:
        connection.execute(text("UPDATE claim_decisions SET state = 'nonsense', status = 99"))
    with store.read() as work:
        found = work.decisions.get(row().id)
    assert (found.state, found.status) == (DecisionState.REFUSED, ClaimStatus.NONE)
    assert not is_decision_valid(KEY, found)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", b"\x09" * 16),
        ("municipality", MUNICIPALITY + 1),
        ("claim_id", b"\x09" * 32),
        ("commitment", b"\x09" * 32),
        ("status", ClaimStatus.DECLINED),
        ("decision", b"\x09" * 32),
        ("recipient", "0x" + "99" * 20),
        ("sealed", b"other"),
        ("kept", b"other"),
        ("created_at", NOON),
    ],
)
def test_is_decision_valid_covers_everything_the_worker_acts_on(field: str, value: object) -> None:
    assert is_decision_valid(KEY, row())
    assert not is_decision_valid(KEY, dataclasses.replace(row(), **{field: value}))
    assert not is_decision_valid(JobKey(b"\x08" * 32), row())


def test_link_of_a_filing_is_replaced_and_another_filing_has_its_own(store: SqlStore) -> None:
    claim, again = b"\x01" * 32, NOON + timedelta(days=1)
    first = LinkRow(claim_id=claim, filed_at=NOON, sealed=b"first", linked_at=NOON)
    second = dataclasses.replace(first, sealed=b"second", linked_at=again)
    other = dataclasses.replace(first, filed_at=again, sealed=b"other")
    with store.write() as work:
        for one in (first, second, other):
            work.decisions.put_link(one)
        work.commit()
    with store.read() as work:
        assert work.decisions.link(claim, NOON) == second
        assert work.decisions.link(claim, again) == other
        assert work.decisions.link(b"\x02" * 32, NOON) is None
        assert work.decisions.links() == [other, second]
