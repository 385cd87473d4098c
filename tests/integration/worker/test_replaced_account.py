"""A worker with a new registrar's key on the real contracts, after the old key lost its role."""

from __future__ import annotations

import pytest

from schuldhulp.chain.gateway import role
from schuldhulp.services.rows import BatchKind, JobState
from schuldhulp.services.sending import LEASE
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.chain import MUNICIPALITY, DeployedChain, account, burn_first_nonce
from tests.support.worker import Cockpit, SetClock, make_dossier, make_worker


def test_settle_signs_anew_what_the_revoked_key_had_signed(
    chain: DeployedChain, store: SqlStore, clock: SetClock, cockpit: Cockpit, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier = cockpit.add(make_dossier(1))
    job = cockpit.change(dossier)
    old = chain.writer()
    with monkeypatch.context() as unsent:
        unsent.setattr(old, "send", lambda raw: "")
        make_worker(store, chain.gateway(), old, clock, receipt_timeout=0.1).anchor_once()
    assert cockpit.states(dossier) == [JobState.SIGNED]
    chain.node.ask("evm_setAccountBalance", account("successor").address, hex(10**21))
    burn_first_nonce(chain.node, "successor")
    for contract in ("EnrolmentRegistry", "ObligationLedger"):
        registrar = role("REGISTRAR", MUNICIPALITY)
        chain.transact(contract, "revokeRole", registrar, account("registrar").address, by="administrator")
        chain.transact(contract, "grantRole", registrar, account("successor").address, by="administrator")
    clock.time += LEASE * 2

    report = make_worker(store, chain.gateway(), chain.writer("successor"), clock).anchor_once()

    assert [reason for _, reason in report.failed] == ["role_revoked"]
    assert cockpit.states(dossier) == [JobState.CONFIRMED]
    with store.read() as work:
        new, left = work.batches.of_kind(BatchKind.LEDGER, limit=2)
    assert (new.account, left.account) == (account("successor").address, account("registrar").address)
    # Whoever stole the old key, or finds its bytes, changes nothing with them.
    chain.writer().send(left.raw)
    receipt = chain.gateway().receipt(left.tx_hash)
    assert receipt is not None
    assert not receipt.succeeded
    assert chain.gateway().root_of(dossier) == job.new_root
