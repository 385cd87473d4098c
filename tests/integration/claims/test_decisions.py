"""Decisions on claims: on a real chain, through the real channel, whatever happens in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.chain.claims import RegisterReader
from schuldhulp.chain.gateway import role
from schuldhulp.chain.signer import ReviewerWriter
from schuldhulp.crypto.claim_decisions import decision_hash, open_decision
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import Claim, ClaimStatus
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.carrying_out import AT_ONCE
from schuldhulp.services.claims.decision_rows import DecisionRow, DecisionState, is_decision_valid
from schuldhulp.services.claims.following import RANGE
from schuldhulp.services.claims.ports import Message, MessageKind
from schuldhulp.services.rows import BatchKind, BatchState
from schuldhulp.services.sending import Outcome, Sender
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import contents
from tests.support.deciding import carrying_out, decide, decision_on, post, stored, write
from tests.support.intake import JOB_KEY, Cut, Interrupted, Town, version

CALLS = 60
"""More than one run makes of each part."""


def taken_in(town: Town, reference: str = "r1") -> Claim:
    """File and deliver a claim, and have it accepted."""
    claim = version(town.id_of(contents(reference=reference)), contents(reference=reference))
    town.file(claim)
    town.deliver(claim)
    town.run()
    return claim


def decided(town: Town) -> list[tuple[bytes, int, bytes, bytes]]:
    """Return what the chain says was decided: claim, status, commitment and hash."""
    return [
        (log.args.claimId, log.args.status, log.args.commitment, log.args.decision)
        for log in town.stage.events("ClaimDecided")
    ]


def told(town: Town) -> list[Message]:
    """Return the decisions in the creditor's mailbox."""
    return [one for one in town.channel_of(town.stage.creditor).collect(0) if one.kind is MessageKind.DECISION]


def test_decision_gets_on_the_chain_and_to_its_holder(town: Town) -> None:
    claim = taken_in(town)
    decision = decision_on(town, claim.claim_id, claim_commitment(claim), ClaimStatus.DECLINED)
    row = write(town, decision)
    assert post(town).send() == (0, 0)
    report = carrying_out(town).carry_out()
    assert (report.signed, report.overtaken, report.troubles, report.leftover) == (1, 0, (), False)
    assert decided(town) == [(claim.claim_id, ClaimStatus.DECLINED, row.commitment, decision_hash(decision))]
    assert stored(town, row).state is DecisionState.CONFIRMED
    assert post(town).send() == (1, 0)
    assert post(town).send() == (0, 0)
    (message,) = told(town)
    assert message.subject == claim.claim_id
    assert open_decision(town.stage.creditor.messages, claim.claim_id, message.content) == decision
    # What the intake reads of it agrees.
    town.run()
    assert town.claim(claim.claim_id).status is ClaimStatus.DECLINED
    assert carrying_out(town).carry_out().signed == 0
    assert len(decided(town)) == 1


def test_decision_on_what_was_amended_meanwhile_goes_back(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim)
    town.amend(version(claim.claim_id, contents(reference="r1", costs=9000), after=claim))
    report = carrying_out(town).carry_out()
    assert (report.signed, report.overtaken) == (0, 1)
    after = stored(town, row)
    assert (after.state, after.trouble) == (DecisionState.OVERTAKEN, "claim_amended")
    assert decided(town) == told(town) == []


class Refusing:
    """An evaluator that takes nothing."""

    def deliver(self, *_arguments: Any) -> None:
        raise errors.NotAllowed("role_missing", "the account lacks the role")


class LateAmendment:
    """A writer before whose transaction another one gets mined."""

    def __init__(self, real: ReviewerWriter, act: Any) -> None:
        self._real, self._act = real, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def send(self, raw: bytes) -> str:
        self._act()
        return self._real.send(raw)


def test_decision_that_an_amendment_just_precedes_is_named_and_told(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim)
    newer = version(claim.claim_id, contents(reference="r1", costs=9000), after=claim)
    chain = town.stage.chain
    writer = LateAmendment(
        ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer")), lambda: town.amend(newer)
    )
    carrying_out(town, writer=writer).carry_out()
    after = stored(town, row)
    assert (after.state, after.trouble) == (DecisionState.OVERTAKEN, "decided_on_amended")
    ((_, _, commitment, _),) = decided(town)
    assert commitment == claim_commitment(newer) != row.commitment
    assert post(town).send() == (1, 0)
    assert post(town).send() == (0, 0)
    assert len(told(town)) == 1
    assert stored(town, row).trouble == "decided_on_amended"


def test_decision_for_who_no_longer_holds_the_claim_goes_back(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim)
    town.transact("handOverClaim", claim.claim_id, town.stage.collector.account.address)
    carrying_out(town).carry_out()
    assert stored(town, row).trouble == "claim_handed_over"


def test_decision_on_a_withdrawn_claim_goes_back(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim)
    town.transact("withdrawClaim", claim.claim_id)
    # The worker has not read that far; it waits rather than to judge on half of it.
    assert carrying_out(town).carry_out().troubles == ("chain_not_followed",)
    town.run()
    carrying_out(town).carry_out()
    after = stored(town, row)
    assert (after.state, after.trouble) == (DecisionState.OVERTAKEN, "claim_step")


def test_decision_on_what_never_stood_on_the_chain_goes_back(town: Town) -> None:
    row = write(town, decision_on(town, ClaimId(b"\x00\x0e" + b"\x77" * 30), b"\x01" * 32))
    carrying_out(town).carry_out()
    assert stored(town, row).trouble == "claim_unknown"


@pytest.mark.parametrize("changes", [{"status": ClaimStatus.DECLINED}, {"decision": b"\x05" * 32}, {"mac": bytes(32)}])
def test_decision_that_the_cockpit_did_not_write_is_refused(town: Town, changes: dict[str, Any]) -> None:
    claim = taken_in(town)
    row = write(town, decision_on(town, claim.claim_id, claim_commitment(claim)), **changes)
    assert carrying_out(town).carry_out().troubles == ("forged",)
    assert stored(town, row).state is DecisionState.REFUSED
    assert decided(town) == []


def test_confirmed_decision_whose_sealed_bytes_were_changed_is_not_sent(town: Town) -> None:
    row = decide(town, taken_in(town), state=DecisionState.CONFIRMED, sealed=b"something else")
    assert post(town).send() == (0, 1)
    assert stored(town, row).trouble == "forged"
    assert told(town) == []


def test_decision_that_stands_on_the_chain_is_not_made_twice(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim, ClaimStatus.ASKED)
    carrying_out(town).carry_out()
    town.run()
    # As after a restored database, or by somebody who writes in it.
    with town.store.write() as work:
        work.decisions.set_state(row.id, DecisionState.WAITING, was=DecisionState.CONFIRMED)
        work.commit()
    assert carrying_out(town).carry_out().signed == 0
    assert stored(town, row).state is DecisionState.CONFIRMED
    assert len(decided(town)) == 1


def test_decision_that_landed_before_an_amendment_is_told_though_the_database_forgot(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim, ClaimStatus.ASKED)
    carrying_out(town).carry_out()
    # As after a restored database, which knows neither of the transaction nor of its event.
    with town.store.write() as work:
        work.decisions.set_state(row.id, DecisionState.WAITING, was=DecisionState.CONFIRMED)
        work.commit()
    town.amend(version(claim.claim_id, contents(reference="r1", costs=9000), after=claim))
    report = carrying_out(town).carry_out()
    assert (report.signed, report.overtaken) == (0, 0)
    assert stored(town, row).state is DecisionState.CONFIRMED
    assert post(town).send() == (0, 1)
    town.run()
    town.clock.ahead += timedelta(minutes=1)
    assert post(town).send() == (1, 0)
    assert (len(told(town)), len(decided(town))) == (1, 1)


def test_decision_is_not_overtaken_while_too_much_of_the_chain_is_unread(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim)
    town.amend(version(claim.claim_id, contents(reference="r1", costs=9000), after=claim))
    town.stage.chain.node.mine(RANGE)
    assert carrying_out(town).carry_out().troubles == ("chain_not_followed",)
    assert stored(town, row).state is DecisionState.WAITING
    town.run()
    carrying_out(town).carry_out()
    assert stored(town, row).trouble == "claim_amended"


def test_decision_is_sealed_to_the_key_that_its_holder_has_by_then(town: Town) -> None:
    claim = taken_in(town)
    decision = decision_on(town, claim.claim_id, claim_commitment(claim), ClaimStatus.DECLINED)
    row = write(town, decision)
    carrying_out(town).carry_out()
    newer = OpeningKey.generate()
    town.transact("setEncryptionKey", newer.public_key)
    try:
        assert post(town, channel=Refusing()).send() == (0, 1)
        first = stored(town, row)
        assert is_decision_valid(JOB_KEY, first)
        town.clock.ahead += timedelta(minutes=1)
        assert post(town).send() == (1, 0)
    finally:
        town.transact("setEncryptionKey", town.stage.creditor.messages.public_key)
    (message,) = told(town)
    # What the evaluator may have taken already is sent again as it was.
    assert message.content == first.sealed
    assert open_decision(newer, claim.claim_id, message.content) == decision


@pytest.mark.parametrize(
    ("state", "trouble"), [(DecisionState.CONFIRMED, ""), (DecisionState.OVERTAKEN, "decided_on_amended")]
)
def test_decision_that_the_database_alone_calls_carried_out_is_not_sent(
    town: Town, state: DecisionState, trouble: str
) -> None:
    row = decide(town, taken_in(town), ClaimStatus.DECLINED)
    with town.store.write() as work:
        assert work.decisions.set_state(row.id, state, was=DecisionState.WAITING, trouble=trouble)
        work.commit()
    assert post(town).send() == (0, 1)
    assert told(town) == decided(town) == []


def test_one_of_two_decisions_on_a_claim_waits_for_the_other(town: Town) -> None:
    claim = taken_in(town)
    rows = [decide(town, claim, status) for status in (ClaimStatus.ASKED, ClaimStatus.INCLUDED)]
    assert carrying_out(town).carry_out().troubles == ("decision_pending",)
    assert [stored(town, row).state for row in rows] == [DecisionState.WAITING] * 2
    assert decided(town) == []


def test_role_lost_is_named_and_nothing_is_signed(town: Town) -> None:
    row = decide(town, taken_in(town))
    reviewer = town.stage.chain.deployment.accounts["reviewer"]
    town.stage.chain.transact(
        "ClaimRegister", "revokeRole", role("REVIEWER", MUNICIPALITY), reviewer, by="administrator"
    )
    assert carrying_out(town).carry_out().troubles == ("role_missing",)
    assert stored(town, row).trouble == "role_missing"
    town.stage.chain.transact(
        "ClaimRegister", "grantRole", role("REVIEWER", MUNICIPALITY), reviewer, by="administrator"
    )
    assert carrying_out(town).carry_out().signed == 1
    assert (stored(town, row).state, stored(town, row).trouble) == (DecisionState.CONFIRMED, "")


def test_empty_account_is_named_and_goes_on_once_it_is_paid(town: Town) -> None:
    row = decide(town, taken_in(town))
    node, reviewer = town.stage.chain.node, town.stage.chain.deployment.accounts["reviewer"]
    node.ask("evm_setAccountBalance", reviewer, "0x0")
    report = carrying_out(town, receipt_timeout=0.1).carry_out()
    assert (report.troubles, report.leftover) == (("no_funds",), True)
    assert (stored(town, row).state, stored(town, row).trouble) == (DecisionState.SIGNED, "no_funds")
    node.fund(reviewer)
    carrying_out(town).settle()
    assert (stored(town, row).state, stored(town, row).trouble) == (DecisionState.CONFIRMED, "")


class Deaf:
    """A writer whose node takes transactions and mines none."""

    def __init__(self, real: ReviewerWriter) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def send(self, raw: bytes) -> str:
        return ""


def test_decision_that_is_not_mined_is_named_and_sent_again_unchanged(town: Town) -> None:
    row = decide(town, taken_in(town))
    chain = town.stage.chain
    deaf = Deaf(ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer")))
    report = carrying_out(town, writer=deaf, receipt_timeout=0.1).carry_out()
    assert (report.troubles, stored(town, row).trouble) == (("not_mined",), "not_mined")
    carrying_out(town).settle()
    assert stored(town, row).state is DecisionState.CONFIRMED
    with town.store.read() as work:
        assert [batch.state for batch in work.batches.of_kind(BatchKind.DECIDE, limit=9)] == [BatchState.CONFIRMED]


def test_registrars_sender_leaves_decisions_to_the_reviewers(town: Town) -> None:
    row = decide(town, taken_in(town))
    chain = town.stage.chain
    deaf = Deaf(ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer")))
    carrying_out(town, writer=deaf, receipt_timeout=0.1).carry_out()
    registrar = Sender(
        store=town.store,
        reader=chain.gateway(),
        writer=chain.writer(),
        clock=town.clock,
        pause=lambda _: None,
        confirmations=0,
        municipality=MUNICIPALITY,
        receipt_timeout=0.1,
    )
    assert registrar.settle() == Outcome()
    assert stored(town, row).state is DecisionState.SIGNED


def test_decision_signed_by_an_account_that_was_replaced_is_signed_anew(town: Town) -> None:
    row = decide(town, taken_in(town))
    chain = town.stage.chain
    deaf = Deaf(ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer")))
    carrying_out(town, writer=deaf, receipt_timeout=0.1).carry_out()
    accounts = chain.deployment.accounts
    for act, name in (("revokeRole", "reviewer"), ("grantRole", "registrar")):
        chain.transact("ClaimRegister", act, role("REVIEWER", MUNICIPALITY), accounts[name], by="administrator")
    replaced = carrying_out(town, signer="registrar")
    report = replaced.carry_out()
    assert (report.signed, report.troubles) == (1, ("role_revoked",))
    assert (stored(town, row).state, stored(town, row).trouble) == (DecisionState.CONFIRMED, "")
    assert len(decided(town)) == 1


def test_reverted_decision_is_compared_anew(town: Town) -> None:
    claim = taken_in(town)
    row = decide(town, claim)
    chain = town.stage.chain
    writer = LateAmendment(
        ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer")),
        lambda: town.transact("withdrawClaim", claim.claim_id),
    )
    report = carrying_out(town, writer=writer).carry_out()
    assert (report.troubles, report.leftover) == (("reverted",), True)
    assert (stored(town, row).state, stored(town, row).trouble) == (DecisionState.WAITING, "reverted")
    town.run()
    carrying_out(town).carry_out()
    assert stored(town, row).trouble == "claim_step"
    assert decided(town) == []


def test_mined_decision_is_confirmed_when_it_is_deep_enough(town: Town) -> None:
    row = decide(town, taken_in(town))
    deciding = carrying_out(town, confirmations=2)
    deciding.carry_out()
    assert stored(town, row).state is DecisionState.SIGNED
    town.stage.chain.node.mine(2)
    deciding.settle()
    assert stored(town, row).state is DecisionState.CONFIRMED


def test_what_is_decided_during_a_run_waits_for_the_next_one(town: Town) -> None:
    first, second = taken_in(town), taken_in(town, "r2")
    deciding = carrying_out(town)
    deciding.carry_out()
    town.clock.ahead += timedelta(seconds=1)
    rows = [decide(town, claim) for claim in (first, second)]
    assert deciding.carry_out(again=True).signed == 0
    assert deciding.carry_out().signed == 2
    assert {stored(town, row).state for row in rows} == {DecisionState.CONFIRMED}


def test_many_decisions_go_out_in_parts(town: Town) -> None:
    claims = [version(town.id_of(contents(reference=f"m{n}")), contents(reference=f"m{n}")) for n in range(AT_ONCE + 1)]
    for claim in claims:
        town.file(claim)
    town.run()
    for claim in claims:
        decide(town, claim)
    deciding = carrying_out(town)
    assert (deciding.carry_out().signed, deciding.carry_out(again=True).signed) == (AT_ONCE, 1)
    order = [claim for claim, *_ in decided(town)]
    assert sorted(order) == sorted(claim.claim_id for claim in claims)


def test_nothing_is_decided_on_a_chain_that_stands_still(town: Town) -> None:
    decide(town, taken_in(town))
    town.clock.ahead += timedelta(hours=1)
    with pytest.raises(errors.ChainMismatch) as caught:
        carrying_out(town, head_max_age=60).carry_out()
    assert caught.value.key == "chain_stale"


def test_evaluator_that_refuses_is_named_and_asked_again_later(town: Town) -> None:
    row = decide(town, taken_in(town))
    carrying_out(town).carry_out()

    assert post(town, channel=Refusing()).send() == (0, 1)
    assert stored(town, row).trouble == "role_missing"
    assert post(town).send() == (0, 1)
    town.clock.ahead += timedelta(minutes=1)
    assert post(town).send() == (1, 0)
    assert stored(town, row).trouble == ""


# --- killed anywhere --------------------------------------------------------------------------------------------------


def cut(town: Town, part: str, number: int, *, done: bool) -> dict[str, Any]:
    """Replace one part by one that is killed at a call."""
    chain = town.stage.chain
    real: dict[str, Any] = {
        "channel": town.stage.municipality(),
        "chain": chain.gateway(),
        "reader": RegisterReader(chain.gateway(), chain.rpc()),
        "writer": ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer")),
        "store": town.store,
    }
    return {part: Cut(real[part], after=number, done=done)}


@pytest.mark.parametrize("part", ["store", "chain", "reader", "writer", "channel"])
def test_killed_at_any_call_decides_once_and_tells_once(town: Town, part: str) -> None:
    claims = [taken_in(town, f"r{number}") for number in range(3)]
    amended = taken_in(town, "r9")
    rows: list[DecisionRow] = [decide(town, claim) for claim in claims]
    stale = decide(town, amended)
    town.amend(version(amended.claim_id, contents(reference="r9", costs=1), after=amended))
    kills = 0
    for number in range(1, CALLS):
        for done in (False, True):
            changes = cut(town, part, number, done=done)
            try:
                if part != "channel":
                    carrying_out(town, **changes).carry_out()
                post(town, **changes).send()
            except Interrupted:
                kills += 1
            if part == "channel":
                carrying_out(town).carry_out()
    assert kills > 2
    carrying_out(town).carry_out()
    post(town).send()
    assert sorted(claim for claim, *_ in decided(town)) == sorted(claim.claim_id for claim in claims)
    assert sorted(one.subject for one in told(town)) == sorted(claim.claim_id for claim in claims)
    assert {stored(town, row).state for row in rows} == {DecisionState.CONFIRMED}
    assert all(stored(town, row).delivered_at is not None for row in rows)
    assert stored(town, stale) == replace(stale, state=DecisionState.OVERTAKEN, trouble="claim_amended")
