"""Words that this system does not know, written into the database by somebody: named or passed over, never a crash."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import LogAction, LogStatus, Purpose
from schuldhulp.domain.trust import FindingKind
from schuldhulp.services.chain_watch import UNREADABLE
from schuldhulp.services.job_signing import is_tag_job_valid, tag_job_mac
from schuldhulp.services.rows import (
    BatchKind,
    BatchRow,
    BatchState,
    ChainWatchRow,
    PublicationAction,
    TagJobRow,
    TagState,
)
from schuldhulp.services.sending import Sender
from schuldhulp.services.status import StatusService
from schuldhulp.storage import SqlStore
from tests.support.factories import MUNICIPALITY, RecordKeeping
from tests.support.fake_chain import EPOCH, FakeChain
from tests.support.worker import SetClock

WORD = "nonsense"


def tamper(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        assert connection.execute(text(statement), {"word": WORD}).rowcount > 0


def test_status_names_a_finding_that_nobody_here_wrote(keeping: RecordKeeping, store: SqlStore, engine: Engine) -> None:
    with store.write() as work:
        work.chain_watch.put(ChainWatchRow(head_number=1, head_hash=b"", checked_at=keeping.clock.now(), finding=""))
        work.commit()
    tamper(engine, "UPDATE chain_watch SET finding = :word")
    administrator = keeping.staff_member("beheer", Role.ADMINISTRATOR)
    chain = FakeChain(SetClock())
    service = StatusService(store=store, chain=chain, clock=keeping.clock, municipality=MUNICIPALITY)
    found = service.status(actor=administrator)
    assert (found.last_check.finding, found.last_check.detail) == (FindingKind.ROOT_DIFFERS, UNREADABLE)
    assert not found.healthy


@pytest.mark.parametrize(
    ("column", "field", "shown"),
    [
        ("status", "status_code", LogStatus.UNSET),
        ("name", "name", LogAction.UNKNOWN),
        ("function", "role", None),
        ("purpose", "purpose", Purpose.UNKNOWN),
    ],
)
def test_a_line_of_the_log_shows_an_unknown_word_as_such(
    keeping: RecordKeeping, caseworker: Actor, engine: Engine, column: str, field: str, shown: object
) -> None:
    dossier = keeping.add_dossier(caseworker)
    tamper(engine, f"UPDATE processing_log SET {column} = :word")
    lines = keeping.log.of_dossier(dossier)
    assert {getattr(line, field) for line in lines} == {shown}
    assert [finding.kind for finding in keeping.log.check()] == [FindingKind.LOG_BROKEN]


def test_a_batch_of_an_unknown_kind_is_refused_and_stops_the_sending(store: SqlStore, engine: Engine) -> None:
    clock = SetClock()
    chain = FakeChain(clock)
    sender = Sender(store=store, reader=chain, writer=chain, clock=clock, pause=lambda seconds: None, confirmations=0)
    row = BatchRow(
        id=0,
        municipality=MUNICIPALITY,
        kind=BatchKind.LEDGER,
        account=chain.account,
        nonce=1,
        raw=b"raw",
        tx_hash=bytes(32),
        state=BatchState.SIGNED,
        created_at=clock.now(),
    )
    with store.write() as work:
        number = work.batches.add(row)
        work.commit()
    tamper(engine, "UPDATE batches SET kind = :word")
    with store.read() as work:
        assert work.batches.get(number) == dataclasses.replace(row, id=number, kind=BatchKind.UNKNOWN)
    outcome = sender.settle()
    assert (outcome.waiting, outcome.refusals) == ((number,), ((number, "kind unknown"),))
    assert chain.sent == []
    assert not sender.may_submit(BatchKind.LEDGER)


def test_a_tag_job_of_an_unknown_action_is_not_valid(store: SqlStore, engine: Engine) -> None:
    key = JobKey.generate()
    job = TagJobRow(
        id=0,
        tag=bytes(32),  # type: ignore[arg-type]
        municipality=MUNICIPALITY,
        epoch=EPOCH,
        action=PublicationAction.END,
        state=TagState.QUEUED,
    )
    with store.write() as work:
        number = work.publications.add_tag_job(job)
        work.publications.set_tag_job_mac(number, tag_job_mac(key, dataclasses.replace(job, id=number)))
        work.commit()
    with store.read() as work:
        assert is_tag_job_valid(key, work.publications.tag_jobs(state=TagState.QUEUED)[0])
    tamper(engine, "UPDATE tag_jobs SET action = :word")
    with store.read() as work:
        assert not is_tag_job_valid(key, work.publications.tag_jobs(state=TagState.QUEUED)[0])
