"""What a creditor is shown of decisions: only what the chain confirms, and everything that does not fit named."""

from __future__ import annotations

import sqlite3

import pytest

from schuldhulp.cli.claims_shown import plain_state, remarks
from schuldhulp.creditor import claims_mailbox
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.crypto.claim_decisions import decision_hash, seal_decision
from schuldhulp.domain.claims import ClaimDecision, ClaimStatus, DecisionReason
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.ports import MessageKind
from tests.support.claims_stage import Party, contents
from tests.support.deciding import carrying_out, decision_on, post, write
from tests.support.intake import Town


def filed(town: Town) -> ClaimState:
    """File a claim with the creditor's client, and have it taken in."""
    with town.stage.client() as client:
        state = client.file(contents())
    town.run()
    return state


def carried_out(town: Town, decision: ClaimDecision, party: Party | None = None) -> None:
    write(town, decision, party)
    assert carrying_out(town).carry_out().signed == 1
    assert post(town).send() == (1, 0)


def collected(town: Town, party: Party | None = None) -> list[ClaimState]:
    with town.stage.client(party) as client:
        assert client.collect().problems == ()
        return list(client.list())


def sent(town: Town, claim_id: ClaimId, decision: ClaimDecision) -> None:
    """Deliver a decision that no worker carried out."""
    party = town.stage.creditor
    content = seal_decision(party.messages.public_key, decision)
    town.stage.municipality().deliver(MessageKind.DECISION, claim_id, party.account.address, content)


def test_decision_is_shown_with_its_reason_once_it_came(town: Town) -> None:
    state = filed(town)
    decision = decision_on(
        town,
        state.claim_id,
        state.commitment,
        ClaimStatus.ASKED,
        reason=DecisionReason.MORE_INFORMATION,
        text="Stuur ons het huurcontract.\nDank u wel.",
    )
    carried_out(town, decision)
    with town.stage.client() as client:
        (before,) = client.list()
        assert (before.status, before.decision, before.awaits_reason) == (ClaimStatus.ASKED, None, True)
        assert any("reason has not come" in one for one in remarks(before))
    (after,) = collected(town)
    assert after.decision is not None
    assert (after.decision.reason, after.decision.text) == (decision.reason, decision.text)
    assert (after.decision.is_current, after.decision.is_of_present, after.awaits_reason) == (True, True, False)
    assert after.problems == ()
    shown = plain_state(after)["decision"]
    assert isinstance(shown, dict)
    assert (shown["reason"], shown["decidedAt"]) == ("more_information", decision.decided_at.isoformat())
    assert "the credit bank writes: Stuur ons het huurcontract. Dank u wel." in remarks(after)
    # It stays sealed on this machine, and the evaluator knows that it is safe.
    journal = (town.stage.creditor.folder / "claims.sqlite").read_bytes()
    assert b"huurcontract" not in journal
    with town.stage.client() as client:
        assert client.collect().problems == ()


def test_old_statement_says_to_renew_and_an_amendment_answers(town: Town) -> None:
    state = filed(town)
    carried_out(town, decision_on(town, state.claim_id, state.commitment, ClaimStatus.ASKED))
    (asked,) = collected(town)
    assert any("renew it with `claim amend`" in one for one in remarks(asked))
    with town.stage.client() as client:
        renewed = client.amend(contents(costs=4100))
    assert renewed.status is ClaimStatus.FILED
    assert renewed.decision is not None
    assert not renewed.decision.is_current
    assert not any("amend" in one for one in remarks(renewed))


def test_decision_that_the_chain_does_not_know_is_named_and_not_shown(town: Town) -> None:
    state = filed(town)
    sent(town, state.claim_id, decision_on(town, state.claim_id, state.commitment, ClaimStatus.DECLINED))
    (after,) = collected(town)
    assert (after.status, after.decision, after.problems) == (ClaimStatus.FILED, None, ("decision_not_on_chain",))


def test_decision_with_another_status_than_the_chain_has_is_named_and_not_shown(town: Town) -> None:
    state = filed(town)
    decision = decision_on(town, state.claim_id, state.commitment, ClaimStatus.INCLUDED)
    town.stage.chain.transact(
        "ClaimRegister", "decideClaim", state.claim_id, int(ClaimStatus.ASKED), decision_hash(decision), by="reviewer"
    )
    sent(town, state.claim_id, decision)
    (after,) = collected(town)
    assert (after.decision, after.awaits_reason, after.problems) == (None, False, ("decision_differs",))


def test_decision_that_an_amendment_overtook_is_shown_as_such(town: Town) -> None:
    state = filed(town)
    decision = decision_on(town, state.claim_id, state.commitment)
    with town.stage.client() as client:
        client.amend(contents(costs=4100))
    town.stage.chain.transact(
        "ClaimRegister", "decideClaim", state.claim_id, int(decision.status), decision_hash(decision), by="reviewer"
    )
    sent(town, state.claim_id, decision)
    (after,) = collected(town)
    assert after.decision is not None
    assert not after.decision.is_of_present
    assert any("earlier version" in one for one in remarks(after))


def test_decision_on_another_claim_or_to_another_key_is_named(town: Town) -> None:
    state = filed(town)
    other = decision_on(town, ClaimId(state.claim_id[:2] + b"\x01" * 30), state.commitment)
    party = town.stage.creditor
    for key in (party.messages.public_key, town.stage.collector.messages.public_key):
        content = seal_decision(key, other)
        town.stage.municipality().deliver(MessageKind.DECISION, state.claim_id, party.account.address, content)
    with town.stage.client() as client:
        assert set(client.collect().problems) == {"undecryptable"}
        (after,) = client.list()
    assert after.decision is None


def test_decision_on_an_earlier_filing_is_not_one_on_this(town: Town) -> None:
    state = filed(town)
    carried_out(town, decision_on(town, state.claim_id, state.commitment, ClaimStatus.DECLINED))
    (declined,) = collected(town)
    assert declined.decision is not None
    assert declined.decision.status is ClaimStatus.DECLINED
    with town.stage.client() as client:
        again = client.file(contents(costs=1))
    assert (again.status, again.decision, again.problems) == (ClaimStatus.FILED, None, ())


def test_who_was_handed_a_claim_sees_the_decision_on_it(town: Town) -> None:
    state = filed(town)
    collector = town.stage.collector
    with town.stage.client() as client:
        client.hand_over(state.claim_id, collector.account.address)
    town.run()
    carried_out(town, decision_on(town, state.claim_id, state.commitment), collector)
    (after,) = collected(town, collector)
    assert (after.claim_id, after.is_holder) == (state.claim_id, True)
    assert after.decision is not None


@pytest.mark.parametrize("schema", [1, 2])
def test_newer_version_looks_again_at_what_an_older_one_did_not_know(
    town: Town, monkeypatch: pytest.MonkeyPatch, schema: int
) -> None:
    state = filed(town)
    carried_out(town, decision_on(town, state.claim_id, state.commitment))
    with monkeypatch.context() as older:
        known = claims_mailbox.message_handlers
        older.setattr(
            claims_mailbox,
            "message_handlers",
            lambda **parts: {MessageKind.RECEIPT: known(**parts)[MessageKind.RECEIPT]},
        )
        with town.stage.client() as client:
            assert client.collect().problems == ("kind_unknown",)
            assert client.list()[0].problems == ("kind_unknown",)
    journal = town.stage.creditor.folder / "claims.sqlite"
    if schema == 1:
        with sqlite3.connect(journal) as database:
            database.execute("ALTER TABLE receipts DROP COLUMN kind")
            database.execute("PRAGMA user_version = 1")
        database.close()
    (after,) = collected(town)
    assert after.decision is not None
    assert after.problems == ()
    assert after.receipt is not None
    with sqlite3.connect(journal) as database:
        assert database.execute("SELECT kind, acknowledged FROM receipts ORDER BY number").fetchall() == [
            ("receipt", 1),
            ("decision", 1),
        ]
    database.close()
