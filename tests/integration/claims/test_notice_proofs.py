"""When the ledger got the root of a list of proofs, read from a real chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schuldhulp.creditor.notice_proofs import ProofVerifier
from schuldhulp.creditor.signer_history import SignerTerm, signer_terms, was_signer
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Root
from schuldhulp.errors import ProofInvalid
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.notices.proofs import ProofList, proofs_to_plain
from tests.support.chain import MUNICIPALITY
from tests.support.intake import Town


def proofs(town: Town, root: bytes, **changes: object) -> object:
    """Return a list without notices under a root."""
    deployment = town.stage.chain.deployment
    found = ProofList(
        municipality=MUNICIPALITY,
        chain_id=deployment.chain_id,
        claim_register=town.register,
        ledger=deployment.contracts["ObligationLedger"].address,
        made_at=datetime(2026, 11, 23, tzinfo=UTC),
        dossier=DossierId(MUNICIPALITY.to_bytes(2, "big") + b"\x01" * 30),
        root=Root(root),
        anchored=True,
        notices=(),
    )
    return proofs_to_plain(found) | changes


def test_verify_finds_the_block_in_which_the_ledger_got_the_root(town: Town) -> None:
    chain = town.stage.chain
    dossier, one, two = MUNICIPALITY.to_bytes(2, "big") + b"\x01" * 30, b"\x02" * 32, b"\x03" * 32
    change = ("ObligationLedger", "commit", MUNICIPALITY)
    chain.transact(*change, [(dossier, NO_ROOT, one)], by="registrar")
    # By now the ledger has another root; the first one stood there all the same.
    chain.transact(*change, [(dossier, one, two)], by="registrar")
    gateway = chain.gateway()
    verifier = ProofVerifier(chain.deployment, chain=(JsonRpc(chain.node.url), gateway.head))
    newer, older = verifier.verify(proofs(town, two)).block, verifier.verify(proofs(town, one)).block
    assert newer is not None
    assert older is not None
    assert (newer.number, newer.hash) == (gateway.head().number, gateway.head().hash)
    assert older.number == newer.number - 1
    never = verifier.verify(proofs(town, b"\x04" * 32))
    assert (never.block, never.asked) == (None, True)
    offline = ProofVerifier(chain.deployment).verify(proofs(town, one))
    assert (offline.block, offline.asked) == (None, False)


def test_verify_refuses_the_list_of_another_deployment(town: Town) -> None:
    verifier = ProofVerifier(town.stage.chain.deployment)
    with pytest.raises(ProofInvalid):
        verifier.verify(proofs(town, b"\x02" * 32, claimRegister="0x" + "11" * 20))


def test_signer_terms_tell_who_was_the_receipt_signer_when(town: Town) -> None:
    chain = town.stage.chain
    first, other = chain.deployment.accounts["receipt_signer"], chain.deployment.accounts["registrar"]
    change = ("EnrolmentRegistry", "setReceiptSigner", MUNICIPALITY)
    chain.transact(*change, other, by="administrator")
    chain.transact(*change, first, by="administrator")
    node, head = JsonRpc(chain.node.url), chain.gateway().head()
    terms = signer_terms(MUNICIPALITY, deployment=chain.deployment, node=node, head=head)
    # Other tests of this chain may have changed it too.
    assert [one.account for one in terms[-2:]] == [other, first]
    assert terms[-1].end is None
    assert terms[-2].end == terms[-1].start
    assert terms[0].account == first
    assert signer_terms(MunicipalityCode(MUNICIPALITY + 1), deployment=chain.deployment, node=node, head=head) == []


def test_was_signer_holds_for_the_term_and_an_hour_around_it() -> None:
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    who, other = "0x" + "11" * 20, "0x" + "22" * 20
    terms = [SignerTerm(account=who, start=start, end=end), SignerTerm(account=other, start=end, end=None)]
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    for moment in (start - hour, start, end, end + hour):
        assert was_signer(terms, who, moment)
    for moment in (start - hour - second, end + hour + second):
        assert not was_signer(terms, who, moment)
    assert was_signer(terms, other, end + timedelta(days=999))
    assert not was_signer(terms, other, start)
