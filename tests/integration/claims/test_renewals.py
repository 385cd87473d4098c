"""Statements that have become too old: the holder is asked once, and an amendment answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schuldhulp.chain.claims import RegisterReader
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.crypto.renewals import open_renewal, renewal_signer, seal_renewal
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.renewals import RenewalRequest, renew_from
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.services.claims.inbox import ClaimInbox
from schuldhulp.services.claims.links import LinkKey
from schuldhulp.services.claims.ports import Channel, Message, MessageKind
from schuldhulp.services.claims.renewal_rows import RenewalRow
from schuldhulp.services.claims.renewals import RenewalDesk, RenewalPost
from schuldhulp.services.processing_log import ProcessingLog
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import Party, contents
from tests.support.factories import RecordKeeping
from tests.support.intake import Cut, Interrupted, Town, transact, version

CASEWORKER = Actor(kind="staff", id="1", roles=frozenset({Role.CASEWORKER}), session="desk")


def inbox_of(town: Town) -> ClaimInbox:
    keys = RecordKeeping(town.store).keys
    return ClaimInbox(
        store=town.store,
        log=ProcessingLog(store=town.store, keys=keys, clock=town.clock, municipality=MUNICIPALITY),
        clock=town.clock,
        opening_key=town.stage.claim_key,
        link_key=LinkKey.of(keys.log),
        municipality=MUNICIPALITY,
    )


def desk(town: Town, signer: str = "receipt_signer") -> RenewalDesk:
    account = town.stage.chain.signer(signer)
    return RenewalDesk(
        sign_digest=account.sign_digest,
        signer=account.address,
        chain_id=town.stage.chain.deployment.chain_id,
        claim_register=town.register,
    )


def post(town: Town, *, channel: Channel | None = None, **changes: Any) -> RenewalPost:
    gateway = town.stage.chain.gateway()
    parts: dict[str, Any] = {
        "store": town.store,
        "channel": channel or town.stage.municipality(),
        "chain": gateway,
        "reader": RegisterReader(gateway, town.stage.chain.rpc()),
        "clock": town.clock,
        "municipality": MUNICIPALITY,
        "opening_key": town.stage.claim_key,
        "desk": desk(town),
        "head_max_age": 10**9,
    }
    return RenewalPost(**(parts | changes))


def filed(town: Town, statement: date | None = None) -> ClaimState:
    """File a claim whose statement gets too old tomorrow, and take it in."""
    with town.stage.client() as client:
        state = client.file(replace(contents(), statement_date=statement or nearly_old(town)))
    town.run()
    return state


def nearly_old(town: Town) -> date:
    today = town.clock.now().date()
    return next(
        day
        for back in range(150, 200)
        if renew_from(day := today - timedelta(days=back)).date() == today + timedelta(1)
    )


def later(town: Town) -> None:
    """Let a day pass."""
    town.clock.ahead += timedelta(days=1)


def asked(town: Town, party: Party | None = None) -> list[Message]:
    found = town.channel_of(party or town.stage.creditor).collect(0)
    return [one for one in found if one.kind is MessageKind.RENEWAL]


def rows(town: Town, claim_id: ClaimId) -> list[RenewalRow]:
    with town.store.read() as work:
        return list(work.renewals.of_claims([claim_id]))


def test_ask_writes_once_when_a_statement_gets_too_old_and_send_delivers_it_signed(town: Town) -> None:
    state = filed(town)
    assert post(town).ask() == 0
    later(town)
    assert (post(town).ask(), post(town).ask()) == (1, 0)
    assert (post(town).send(), post(town).send()) == ((1, 0), (0, 0))

    (message,) = asked(town)
    signed = open_renewal(town.stage.creditor.messages, state.claim_id, message.content)
    deployment = town.stage.chain.deployment
    signer = renewal_signer(signed, chain_id=deployment.chain_id, claim_register=town.register)
    assert signer == deployment.accounts["receipt_signer"]
    assert signed.request == RenewalRequest(
        claim_id=state.claim_id,
        commitment=state.commitment,
        municipality=MUNICIPALITY,
        holder=town.stage.creditor.account.address,
        statement_date=signed.request.statement_date,
        asked_at=signed.request.asked_at,
    )
    assert renew_from(signed.request.statement_date) <= signed.request.asked_at
    (row,) = rows(town, state.claim_id)
    assert (row.delivered_at is not None, row.trouble) == (True, "")


def test_creditor_sees_the_question_until_it_amends(town: Town) -> None:
    state = filed(town)
    later(town)
    assert (post(town).ask(), post(town).send()) == (1, (1, 0))
    with town.stage.client() as client:
        assert client.collect().problems == ()
        (seen,) = client.list()
        assert seen.renewal_asked_at is not None
        assert (seen.renewal_due, seen.problems) == (True, ())

        renewed = replace(client.contents(state.claim_id), statement_date=datetime.now(UTC).date())
        client.amend(renewed)
        (after,) = client.list()
        assert (after.renewal_asked_at, after.renewal_due) == (None, False)
    town.run()
    assert (post(town).ask(), post(town).send()) == (0, (0, 0))


def test_inbox_shows_since_when_a_new_statement_is_asked_until_it_is_amended(town: Town) -> None:
    state = filed(town)
    inbox = inbox_of(town)

    def shown() -> datetime | None:
        (entry,) = inbox.list(actor=CASEWORKER).entries
        return entry.renewal_asked_at

    assert shown() is None
    later(town)
    post(town).ask()
    assert shown() == rows(town, state.claim_id)[0].created_at
    with town.stage.client() as client:
        client.amend(replace(client.contents(state.claim_id), statement_date=datetime.now(UTC).date()))
    town.run()
    assert shown() is None


def test_question_that_was_answered_before_it_was_sent_is_not_sent(town: Town) -> None:
    state = filed(town)
    later(town)
    assert post(town).ask() == 1
    with town.stage.client() as client:
        client.amend(replace(client.contents(state.claim_id), statement_date=datetime.now(UTC).date()))
    town.run()
    assert post(town).send() == (0, 0)
    assert asked(town) == []


def test_nobody_is_asked_about_what_the_chain_has_closed_already(town: Town) -> None:
    state = filed(town)
    later(town)
    with town.stage.client() as client:
        client.withdraw(state.claim_id)
    # The database has not read the withdrawal yet.
    assert town.claim(state.claim_id).status is ClaimStatus.FILED
    assert post(town).ask() == 0
    assert rows(town, state.claim_id) == []


def test_new_holder_is_asked_anew(town: Town) -> None:
    state = filed(town)
    later(town)
    assert (post(town).ask(), post(town).send()) == (1, (1, 0))
    collector = town.stage.collector
    with town.stage.client() as client:
        client.hand_over(state.claim_id, collector.account.address)
    town.run()
    assert (post(town).ask(), post(town).send()) == (1, (1, 0))
    with town.stage.client(collector) as client:
        assert client.collect().problems == ()
        (seen,) = client.list()
        assert (seen.claim_id, seen.renewal_due, seen.is_holder) == (state.claim_id, True, True)


def test_day_of_a_delivery_that_was_never_noted_is_found_out(town: Town) -> None:
    old = filed(town)
    with town.store.write() as work:
        (delivery,) = work.claims.deliveries_of([old.claim_id])
        assert delivery.renew_at == renew_from(nearly_old(town))
        work.claims.change_delivery(replace(delivery, renew_at=None), was=delivery.state)
        work.commit()
    assert post(town).ask() == 0
    assert town.deliveries()[0].renew_at == delivery.renew_at
    later(town)
    assert post(town).ask() == 1


def test_worker_whose_signer_is_another_asks_nothing(town: Town) -> None:
    state = filed(town)
    later(town)
    with pytest.raises(ChainMismatch):
        post(town, desk=desk(town, "registrar")).ask()
    assert rows(town, state.claim_id) == []


@pytest.mark.parametrize("done", [False, True])
def test_send_that_was_killed_delivers_the_same_bytes_once(town: Town, done: bool) -> None:
    filed(town)
    later(town)
    post(town).ask()
    with pytest.raises(Interrupted):
        post(town, channel=Cut(town.stage.municipality(), after=1, done=done)).send()
    later(town)
    assert post(town).send() == (1, 0)
    assert len(asked(town)) == 1


def test_question_to_a_holder_without_a_key_waits_for_one(town: Town) -> None:
    state = filed(town)
    keyless = Party(kvk="11223344", folder=town.stage.folder / "keyless")
    town.stage.admit(keyless)
    town.transact("handOverClaim", state.claim_id, keyless.account.address)
    town.run()
    later(town)
    assert (post(town).ask(), post(town).send()) == (1, (0, 1))
    assert rows(town, state.claim_id)[0].trouble == "encryption_key_missing"
    transact(town.stage.chain, keyless.account, "setEncryptionKey", keyless.messages.public_key)
    town.clock.ahead += timedelta(minutes=2)
    assert post(town).send() == (1, 0)


def test_question_that_another_account_signed_or_for_another_is_named(town: Town) -> None:
    state = filed(town)
    party, other = town.stage.creditor, town.stage.collector
    request = RenewalRequest(
        claim_id=state.claim_id,
        commitment=state.commitment,
        municipality=MUNICIPALITY,
        holder=party.account.address,
        statement_date=date(2026, 1, 1),
        asked_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    wrong = {
        "signer_other": seal_renewal(party.messages.public_key, desk(town, "registrar").sign(request)),
        "holder_other": seal_renewal(
            party.messages.public_key, desk(town).sign(replace(request, holder=other.account.address))
        ),
        "undecryptable": seal_renewal(other.messages.public_key, desk(town).sign(request)),
    }
    for content in wrong.values():
        town.stage.municipality().deliver(MessageKind.RENEWAL, state.claim_id, party.account.address, content)
    with town.stage.client() as client:
        assert client.collect().problems == tuple(wrong)
        (seen,) = client.list()
    assert (seen.renewal_asked_at, seen.renewal_due) == (None, False)


def test_statement_that_is_new_enough_is_left_alone(town: Town) -> None:
    claim = version(town.id_of(contents()), replace(contents(), statement_date=datetime.now(UTC).date()))
    town.deliver(claim)
    town.file(claim)
    town.run()
    later(town)
    assert town.claim(claim.claim_id).commitment == claim_commitment(claim)
    assert (post(town).ask(), post(town).send()) == (0, (0, 0))


def test_ask_says_that_the_chain_stands_still(town: Town) -> None:
    filed(town)
    later(town)
    with pytest.raises((ChainMismatch, Unreachable)):
        post(town, head_max_age=60).ask()
