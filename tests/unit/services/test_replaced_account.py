"""What a worker with a new account does with what was signed by the account before; on a chain in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from schuldhulp.crypto.voprf import derive_key, public_key
from schuldhulp.domain.identifiers import Bsn, IdentifierKind, bsn_identifier
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.rows import BatchKind, BatchRow, BatchState, JobState, PublicationState
from schuldhulp.services.sending import FAILURES_IN_A_ROW, LEASE, Outcome, Sender
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import FakeChain
from tests.support.worker import (
    MUNICIPALITY,
    Cockpit,
    Desk,
    DirectEvaluator,
    SetClock,
    make_dossier,
    make_publishing,
    make_store,
    make_worker,
)

OLD = "0x00000000000000000000000000000000000000A1"
NEW = "0x00000000000000000000000000000000000000B2"


@dataclass
class RoleChain(FakeChain):
    """A chain that knows which accounts are registrar, and refuses what others send."""

    account: str = OLD
    registrars: set[str] = field(default_factory=lambda: {OLD})

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        return account in self.registrars

    def replace_registrar(self) -> None:
        self.account, self.registrars = NEW, {NEW}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return make_store(tmp_path)


@pytest.fixture
def chain(clock: SetClock) -> RoleChain:
    return RoleChain(clock)


@pytest.fixture
def cockpit(store: SqlStore, clock: SetClock) -> Cockpit:
    return Cockpit(store, clock)


def worker_of(store: SqlStore, chain: FakeChain, clock: SetClock) -> Anchoring:
    return make_worker(store, chain, chain, clock, receipt_timeout=0.1)


def test_settle_signs_anew_what_a_revoked_account_never_got_mined(
    store: SqlStore, chain: RoleChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    chain.deaf = True
    worker_of(store, chain, clock).anchor_once()
    assert cockpit.states(dossier) == [JobState.SIGNED]
    chain.replace_registrar()
    chain.deaf = False
    sent = len(chain.sent)
    clock.time += LEASE * 2

    report = worker_of(store, chain, clock).anchor_once()

    assert [reason for _, reason in report.failed] == ["role_revoked"]
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    assert chain.roots[dossier] == job.new_root
    assert len(chain.sent) == sent + 1  # the new account's transaction, and nothing of the old one


def test_settle_confirms_what_was_mined_before_the_account_was_replaced(
    store: SqlStore, chain: RoleChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    chain.deaf = True
    worker_of(store, chain, clock).anchor_once()
    chain.deaf = False
    chain.send(chain.sent[-1])
    chain.replace_registrar()
    clock.time += LEASE * 2

    report = worker_of(store, chain, clock).anchor_once()

    assert (report.failed, report.signed, report.confirmed) == ((), 0, 1)
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    assert len(chain.seen) == 1


def test_settle_confirms_what_is_mined_between_two_looks_and_the_revocation(
    store: SqlStore, chain: RoleChain, clock: SetClock, cockpit: Cockpit, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    chain.deaf = True
    worker_of(store, chain, clock).anchor_once()
    chain.deaf, first = False, chain.sent[-1]
    chain.account, chain.registrars = NEW, {OLD, NEW}
    clock.time += LEASE * 2

    def mined_and_then_revoked(contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        if OLD in chain.registrars and account == OLD:
            # The count of transactions was asked before.
            chain.send(first)
            chain.registrars = {NEW}
        return account in chain.registrars

    monkeypatch.setattr(chain, "has_role", mined_and_then_revoked)
    report = worker_of(store, chain, clock).anchor_once()

    assert (report.failed, report.signed, report.confirmed) == ((), 0, 1)
    assert cockpit.states(dossier) == [JobState.CONFIRMED]


def test_settle_leaves_the_batches_of_another_municipality_alone(
    store: SqlStore, chain: RoleChain, clock: SetClock
) -> None:
    other = MunicipalityCode(363)
    with store.write() as work:
        batch = work.batches.add(
            BatchRow(
                id=0,
                municipality=other,
                kind=BatchKind.LEDGER,
                account=OLD,
                nonce=1,
                raw=b"signed",
                tx_hash=bytes(32),
                state=BatchState.SENT,
                created_at=clock.now(),
            )
        )
        work.commit()
    chain.replace_registrar()

    def settle(municipality: MunicipalityCode) -> Outcome:
        sender = Sender(
            store=store,
            reader=chain,
            writer=chain,
            clock=clock,
            pause=lambda _seconds: None,
            confirmations=0,
            municipality=municipality,
            holder="the same",
        )
        return sender.settle()

    assert settle(MUNICIPALITY) == Outcome()
    assert settle(other).waiting == (batch,)


def test_settle_sends_the_same_bytes_while_the_former_account_has_its_role(
    store: SqlStore, chain: RoleChain, clock: SetClock, cockpit: Cockpit
) -> None:
    cockpit.change(cockpit.add(make_dossier(1)))
    chain.deaf = True
    worker_of(store, chain, clock).anchor_once()
    chain.account, chain.registrars = NEW, {OLD, NEW}
    chain.deaf = False
    clock.time += LEASE * 2

    worker_of(store, chain, clock).anchor_once()

    assert len(set(chain.sent)) == 1
    assert len(chain.seen) == 1


def test_settle_leaves_an_account_alone_while_its_own_worker_is_at_work(
    store: SqlStore, chain: RoleChain, clock: SetClock, cockpit: Cockpit
) -> None:
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    chain.deaf = True
    worker_of(store, chain, clock).anchor_once()
    chain.replace_registrar()
    chain.deaf = False

    worker_of(store, chain, clock).anchor_once()

    assert cockpit.states(dossier) == [JobState.SIGNED]
    with store.read() as work:
        lease = work.leases.get(OLD)
    assert lease is not None


def test_may_submit_does_not_wait_for_failures_of_the_account_before(
    store: SqlStore, chain: RoleChain, clock: SetClock, cockpit: Cockpit
) -> None:
    chain.deaf = True
    worker = worker_of(store, chain, clock)
    dossier = cockpit.add(make_dossier(1))
    cockpit.change(dossier)
    for _ in range(FAILURES_IN_A_ROW):
        # Something else takes the nonce each time.
        worker.anchor_once()
        chain.nonce += 1
        chain.number += 1
        worker.settle()
    with store.read() as work:
        batches = work.batches.of_kind(BatchKind.LEDGER, limit=10)
    assert [batch.state for batch in batches] == [BatchState.FAILED] * FAILURES_IN_A_ROW
    chain.replace_registrar()
    chain.deaf = False
    clock.time += LEASE * 2

    worker_of(store, chain, clock).anchor_once()

    assert cockpit.states(dossier) == [JobState.CONFIRMED]


def test_settle_signs_tags_anew_too(store: SqlStore, chain: RoleChain, clock: SetClock) -> None:
    evaluator, desk = DirectEvaluator(), Desk(store, clock)
    chain.keys = {kind: public_key(derive_key(bytes([kind]) * 32, b"test")) for kind in IdentifierKind}
    identifier = bsn_identifier(Bsn("999993653"))
    publication = desk.enrol(identifier)
    chain.deaf = True
    make_publishing(store, chain, chain, clock, evaluator).publish_once()
    chain.replace_registrar()
    chain.deaf = False
    clock.time += LEASE * 2

    make_publishing(store, chain, chain, clock, evaluator).publish_once()

    assert chain.tags == {evaluator.tag(identifier, chain.epoch)}
    assert desk.state(publication) is PublicationState.PUBLISHED
