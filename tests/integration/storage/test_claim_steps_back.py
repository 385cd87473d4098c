"""Taking steps on claims back, what becomes of the obligation, and what the database alone cannot have anybody do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import Claim, ClaimStatus, DecisionReason
from schuldhulp.domain.claims.likeness import DuplicateSign
from schuldhulp.domain.records import (
    ClaimDecisionState,
    Obligation,
    ObligationStatus,
    ObligationType,
    Party,
    RecordKind,
    Source,
)
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed
from schuldhulp.services.claims import objections
from schuldhulp.services.claims.decision_rows import DecisionState, is_decision_valid
from schuldhulp.services.claims.inbox import InboxFilter
from schuldhulp.services.claims.rows import ContentsState
from schuldhulp.services.dossier_state import Assessment
from tests.support.claim_desk import ClaimDesks
from tests.support.factories import RecordKeeping, make_applicant


@pytest.fixture
def desks(keeping: RecordKeeping) -> ClaimDesks:
    return ClaimDesks(keeping)


@pytest.fixture
def anna(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def dossier(keeping: RecordKeeping, anna: Actor) -> DossierId:
    return keeping.add_dossier(anna)


def conflict(key: str):
    return pytest.raises(Conflict, check=lambda error: error.key == key)


def later(desks: ClaimDesks) -> None:
    desks.keeping.clock.advance(minutes=1)


def linked(desks: ClaimDesks, anna: Actor, dossier: DossierId, **changes) -> Claim:
    claim = desks.received(**changes)
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    later(desks)
    return claim


def include(desks: ClaimDesks, anna: Actor, dossier: DossierId, claim: Claim, known: RecordId | None = None) -> None:
    desks.desk.include(
        actor=anna,
        claim_id=claim.claim_id,
        judged=claim_commitment(claim),
        owed_by=(desks.keeping.first_applicant(dossier),),
        known=known,
    )
    later(desks)


def confirmed(desks: ClaimDesks, claim: Claim, status: ClaimStatus) -> None:
    """Let the worker carry out what waits."""
    with desks.keeping.store.write() as work:
        work.decisions.set_state(desks.jobs(claim)[-1].id, DecisionState.CONFIRMED, was=DecisionState.WAITING)
        work.commit()
    desks.stands(claim, status)


def decline(desks: ClaimDesks, anna: Actor, claim: Claim, reason: DecisionReason = DecisionReason.NOT_OWED) -> None:
    desks.desk.decline(actor=anna, claim_id=claim.claim_id, judged=claim_commitment(claim), reason=reason)


def records(opened: Assessment, kind: RecordKind) -> list:
    return [
        entry.version
        for entry in opened.current.values()
        if entry.version is not None and entry.version.record.kind is kind
    ]


def the_claim(desks: ClaimDesks, dossier: DossierId):
    (found,) = records(desks.keeping.reader.read(dossier), RecordKind.CLAIM)
    return found


def the_claim_there(desks: ClaimDesks, dossier: DossierId):
    """Return the claim of a dossier out of which it was taken before."""
    every = records(desks.keeping.reader.read(dossier), RecordKind.CLAIM)
    (found,) = [version for version in every if not version.withdrawn]
    return found


def seen(desks: ClaimDesks, dossier: DossierId) -> dict:
    shown = the_claim_there(desks, dossier)
    return {"record_id": shown.record_id, "expected_version": shown.version}


def resident(dossier: DossierId) -> Actor:
    return Actor(kind="resident", id="r", roles=frozenset({Role.RESIDENT}), dossiers=frozenset({dossier}), session="s")


def moved_out_and_in(desks: ClaimDesks, anna: Actor, dossier: DossierId, claim: Claim) -> None:
    """Take a claim out of its dossier and put it back."""
    later(desks)
    desks.desk.unlink(actor=anna, claim_id=claim.claim_id, reason="even eruit")
    later(desks)
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    later(desks)


def the_obligation(desks: ClaimDesks, dossier: DossierId):
    (found,) = records(desks.keeping.reader.read(dossier), RecordKind.OBLIGATION)
    return found


def typed(desks: ClaimDesks, anna: Actor, dossier: DossierId, **changes) -> RecordId:
    """Record a debt as a resident tells of it."""
    fields = {
        "type": ObligationType.RENT,
        "owed_by": (desks.keeping.first_applicant(dossier),),
        "creditor": Party(name="woningstichting voorbeeld"),
        "amount_resident": 120000,
        "source": Source.RESIDENT,
    }
    view = desks.keeping.records.add(actor=anna, dossier=dossier, record=Obligation(**fields | changes))
    later(desks)
    return view.record_id


def entry_of(desks: ClaimDesks, anna: Actor, claim: Claim, **changes):
    found = desks.inbox.list(actor=anna, **changes).entries
    return next((one for one in found if one.claim_id == claim.claim_id), None)


# --- taking a link back -----------------------------------------------------------------------------------------------


def test_unlink_withdraws_the_record_and_the_claim_can_be_linked_elsewhere(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    desks.desk.unlink(actor=anna, claim_id=claim.claim_id, reason="Verkeerde persoon.")
    found = the_claim(desks, dossier)
    assert (found.withdrawn, found.reason) == (True, "Verkeerde persoon.")
    assert desks.desk.link_of(actor=anna, claim_id=claim.claim_id) is None
    other = desks.keeping.add_dossier(anna, make_applicant(surname="Anders"))
    record = desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=other)
    assert the_claim(desks, other).record_id == record
    with conflict("claim_linked"):
        desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)


def test_unlink_answers_no_dispute(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    said = {"actor": resident(dossier), "dossier": dossier}
    for reason in ("Niet van mij.", "Toch niet."):
        desks.objections.dispute(**said, **seen(desks, dossier), reason=reason)
        moved_out_and_in(desks, anna, dossier, claim)
        assert entry_of(desks, anna, claim).disputed
        with conflict("resident_unanswered"):
            include(desks, anna, dossier, claim)
        assert the_claim_there(desks, dossier).record.resident_reason == reason
        desks.objections.answer(actor=anna, dossier=dossier, **seen(desks, dossier), text="Deze rekening is van u.")
        moved_out_and_in(desks, anna, dossier, claim)
    # What was answered is not asked again.
    include(desks, anna, dossier, claim)


def test_unlink_needs_a_reason_a_link_and_no_decision_on_its_way(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = desks.received()
    with conflict("claim_not_linked"):
        desks.desk.unlink(actor=anna, claim_id=claim.claim_id, reason="x")
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    with pytest.raises(InvalidInput) as caught:
        desks.desk.unlink(actor=anna, claim_id=claim.claim_id, reason=" ")
    assert caught.value.field == "reason"
    later(desks)
    include(desks, anna, dossier, claim)
    with conflict("decision_waits"):
        desks.desk.unlink(actor=anna, claim_id=claim.claim_id, reason="x")
    confirmed(desks, claim, ClaimStatus.INCLUDED)
    with conflict("claim_included"):
        desks.desk.unlink(actor=anna, claim_id=claim.claim_id, reason="x")
    assert not the_claim(desks, dossier).withdrawn


def test_link_waits_for_a_decision_that_was_made_without_a_dossier(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = desks.received()
    decline(desks, anna, claim, DecisionReason.CLIENT_UNKNOWN)
    with conflict("decision_waits"):
        desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    desks.desk.take_back(actor=anna, claim_id=claim.claim_id)
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    assert the_claim(desks, dossier).record.decision is ClaimDecisionState.OPEN


# --- taking a decision back -------------------------------------------------------------------------------------------


def test_take_back_leaves_everything_as_it_was_before(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    before = the_claim(desks, dossier).record
    include(desks, anna, dossier, claim)
    (made,) = desks.history.of(actor=anna, claim_id=claim.claim_id)
    assert made.may_take_back
    desks.desk.take_back(actor=anna, claim_id=claim.claim_id)
    assert the_claim(desks, dossier).record == before
    obligation = the_obligation(desks, dossier)
    assert (obligation.withdrawn, obligation.reason) == (True, "claim_taken_back")
    (made,) = desks.history.of(actor=anna, claim_id=claim.claim_id)
    assert (made.state, made.reason, made.may_take_back) == (
        DecisionState.TAKEN_BACK,
        DecisionReason.INCLUDED,
        False,
    )
    include(desks, anna, dossier, claim)
    shown = records(desks.keeping.reader.read(dossier), RecordKind.OBLIGATION)
    assert sorted(each.withdrawn for each in shown) == [False, True]


def test_take_back_restores_a_debt_that_was_known_before(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    known = typed(desks, anna, dossier)
    told = the_obligation(desks, dossier).record
    include(desks, anna, dossier, claim, known)
    assert the_obligation(desks, dossier).record.source is Source.CREDITOR
    desks.desk.take_back(actor=anna, claim_id=claim.claim_id)
    after = the_obligation(desks, dossier)
    assert (after.record_id, after.record, after.withdrawn) == (known, told, False)


def test_take_back_is_refused_once_the_worker_signed_or_when_nothing_waits(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    with conflict("no_decision_waits"):
        desks.desk.take_back(actor=anna, claim_id=claim.claim_id)
    include(desks, anna, dossier, claim)
    with desks.keeping.store.write() as work:
        work.decisions.set_state(desks.jobs(claim)[0].id, DecisionState.SIGNED, was=DecisionState.WAITING)
        work.commit()
    with conflict("decision_signed"):
        desks.desk.take_back(actor=anna, claim_id=claim.claim_id)
    assert the_claim(desks, dossier).record.decision is ClaimDecisionState.INCLUDED


def test_a_decision_that_was_taken_back_cannot_be_made_to_wait_again(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = desks.received()
    decline(desks, anna, claim, DecisionReason.CLIENT_UNKNOWN)
    desks.desk.take_back(actor=anna, claim_id=claim.claim_id)
    with desks.keeping.store.write() as work:
        job = work.decisions.of_claims([claim.claim_id])[0]
        work.decisions.set_state(job.id, DecisionState.WAITING, was=DecisionState.TAKEN_BACK)
        work.commit()
    (job,) = desks.jobs(claim)
    assert job.state is DecisionState.WAITING
    assert not is_decision_valid(desks.keeping.keys.job, job)


def test_dispute_takes_an_inclusion_back_that_was_not_signed(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    shown = the_claim(desks, dossier)
    said = desks.objections.dispute(
        actor=resident(dossier),
        dossier=dossier,
        record_id=shown.record_id,
        expected_version=shown.version,
        reason="Al betaald.",
    )
    assert (said.record_id, said.record.decision) == (shown.record_id, ClaimDecisionState.OPEN)
    assert [job.state for job in desks.jobs(claim)] == [DecisionState.TAKEN_BACK]
    assert the_obligation(desks, dossier).withdrawn
    assert entry_of(desks, anna, claim).disputed
    with conflict("resident_unanswered"):
        include(desks, anna, dossier, claim)
    desks.objections.answer(
        actor=anna,
        dossier=dossier,
        record_id=said.record_id,
        expected_version=said.version,
        text="Iets anders.",
    )
    assert not entry_of(desks, anna, claim).disputed
    include(desks, anna, dossier, claim)


def test_dispute_stands_beside_an_inclusion_that_was_signed_a_moment_before(
    desks: ClaimDesks, anna: Actor, dossier: DossierId, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    (job,) = desks.jobs(claim)
    with desks.keeping.store.write() as work:
        work.decisions.set_state(job.id, DecisionState.SIGNED, was=DecisionState.WAITING)
        work.commit()
    real, looks = objections._waiting_inclusion, iter([job])
    monkeypatch.setattr(objections, "_waiting_inclusion", lambda *given: next(looks, None) or real(*given))
    shown = the_claim(desks, dossier)
    said = desks.objections.dispute(
        actor=resident(dossier),
        dossier=dossier,
        record_id=shown.record_id,
        expected_version=shown.version,
        reason="Al betaald.",
    )
    assert said.record.waits_for_answer
    assert said.record.decision is ClaimDecisionState.INCLUDED
    assert [job.state for job in desks.jobs(claim)] == [DecisionState.SIGNED]
    assert not the_obligation(desks, dossier).withdrawn


# --- what becomes of the obligation -----------------------------------------------------------------------------------


def test_settle_settles_the_obligation(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    confirmed(desks, claim, ClaimStatus.INCLUDED)
    desks.desk.settle(actor=anna, claim_id=claim.claim_id, judged=claim_commitment(claim))
    found = the_obligation(desks, dossier)
    assert (found.record.status, found.record.arrears) == (ObligationStatus.SETTLED, 0)
    assert the_claim(desks, dossier).record.obligation == found.record_id


def test_decline_of_what_was_taken_in_withdraws_its_obligation_and_no_shared_one(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    confirmed(desks, claim, ClaimStatus.INCLUDED)
    second = linked(desks, anna, dossier, reference="r2")
    include(desks, anna, dossier, second, the_obligation(desks, dossier).record_id)
    confirmed(desks, second, ClaimStatus.INCLUDED)
    decline(desks, anna, second, DecisionReason.ALREADY_KNOWN)
    assert not the_obligation(desks, dossier).withdrawn
    confirmed(desks, second, ClaimStatus.DECLINED)
    later(desks)
    decline(desks, anna, claim)
    assert (the_obligation(desks, dossier).withdrawn, the_obligation(desks, dossier).reason) == (True, "claim_declined")


def test_withdrawal_by_the_creditor_is_listed_until_the_dossier_says_so(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    confirmed(desks, claim, ClaimStatus.INCLUDED)
    with conflict("claim_not_withdrawn"):
        desks.desk.note_withdrawal(actor=anna, claim_id=claim.claim_id)
    assert entry_of(desks, anna, claim, wanted=InboxFilter(to_note=True)) is None
    desks.stands(claim, ClaimStatus.WITHDRAWN)
    assert entry_of(desks, anna, claim, wanted=InboxFilter(to_note=True)).dossier == dossier
    desks.desk.note_withdrawal(actor=anna, claim_id=claim.claim_id)
    assert the_claim(desks, dossier).record.decision is ClaimDecisionState.WITHDRAWN
    assert (the_obligation(desks, dossier).withdrawn, the_obligation(desks, dossier).reason) == (
        True,
        "claim_withdrawn",
    )
    assert entry_of(desks, anna, claim) is None
    assert not entry_of(desks, anna, claim, closed=True).to_note


def test_include_makes_a_new_obligation_when_somebody_withdrew_the_first(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    confirmed(desks, claim, ClaimStatus.ASKED)
    first = the_obligation(desks, dossier)
    desks.keeping.records.withdraw(
        actor=anna, dossier=dossier, record_id=first.record_id, expected_version=1, reason="dubbel"
    )
    newer = desks.received(claim, principal=90000)
    include(desks, anna, dossier, newer)
    assert the_claim(desks, dossier).record.obligation != first.record_id


def test_include_under_another_debt_lets_the_first_one_go(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    confirmed(desks, claim, ClaimStatus.ASKED)
    first = the_obligation(desks, dossier).record_id
    known = typed(desks, anna, dossier)
    newer = desks.received(claim, principal=90000)
    include(desks, anna, dossier, newer, known)
    state = {one.record_id: one.withdrawn for one in records(desks.keeping.reader.read(dossier), RecordKind.OBLIGATION)}
    assert state == {first: True, known: False}


def test_what_was_filed_anew_to_the_letter_is_open_again(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    decline(desks, anna, claim)
    confirmed(desks, claim, ClaimStatus.DECLINED)
    with desks.keeping.store.write() as work:
        row = work.claims.claim(claim.claim_id)
        assert row is not None
        again = desks.keeping.clock.now()
        work.claims.put_claim(replace(row, status=ClaimStatus.FILED, filed_at=again, changed_at=again, since=again))
        work.commit()
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    assert the_claim(desks, dossier).record.decision is ClaimDecisionState.OPEN


# --- without contents -------------------------------------------------------------------------------------------------


def without_contents(desks: ClaimDesks, claim: Claim, contents: ContentsState) -> None:
    with desks.keeping.store.write() as work:
        row = work.claims.claim(claim.claim_id)
        assert row is not None
        work.claims.put_claim(replace(row, contents=contents, message=None))
        work.commit()


@pytest.mark.parametrize("state", [ContentsState.MISSING, ContentsState.REFUSED])
def test_decline_unread_closes_what_has_no_contents(desks: ClaimDesks, anna: Actor, state: ContentsState) -> None:
    claim = desks.received()
    arguments = {"actor": anna, "claim_id": claim.claim_id, "judged": claim_commitment(claim)}
    with conflict("claim_contents_here"):
        desks.desk.decline_unread(**arguments)
    without_contents(desks, claim, ContentsState.WAITING)
    with conflict("claim_contents_awaited"):
        desks.desk.decline_unread(**arguments)
    without_contents(desks, claim, state)
    entry = entry_of(desks, anna, claim)
    assert (entry.unread, entry.commitment) == (True, claim_commitment(claim))
    desks.desk.decline(**arguments, reason=DecisionReason.NO_CONTENTS)
    (made,) = desks.history.of(actor=anna, claim_id=claim.claim_id)
    assert (made.status, made.reason) == (ClaimStatus.DECLINED, DecisionReason.NO_CONTENTS)


def test_decline_unread_of_a_linked_claim_writes_its_record_too(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    newer = desks.received(claim, principal=90000)
    without_contents(desks, newer, ContentsState.MISSING)
    desks.desk.decline_unread(actor=anna, claim_id=claim.claim_id, judged=claim_commitment(newer))
    record = the_claim(desks, dossier).record
    assert (record.decision, record.decision_reason) == (ClaimDecisionState.DECLINED, "no_contents")
    assert record.commitment == claim_commitment(claim).hex()


# --- what the chain does not say --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes", [{"holder": "0x" + "22" * 20}, {"status": ClaimStatus.WITHDRAWN}, {"commitment": b"\x09" * 32}]
)
def test_nothing_is_linked_or_decided_that_the_chain_does_not_say(
    desks: ClaimDesks, anna: Actor, dossier: DossierId, changes: dict
) -> None:
    claim = desks.received()
    there = desks.claims([claim.claim_id], 1)[claim.claim_id]
    desks.chain[claim.claim_id] = replace(there, **changes)
    with conflict("claim_changed"):
        desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    with conflict("claim_changed"):
        decline(desks, anna, claim, DecisionReason.CLIENT_UNKNOWN)
    assert desks.jobs(claim) == []
    assert records(desks.keeping.reader.read(dossier), RecordKind.CLAIM) == []
    desks.chain[claim.claim_id] = there
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)


def test_history_tells_no_reason_of_a_decision_that_nobody_here_made(desks: ClaimDesks, anna: Actor) -> None:
    claim = desks.received()
    decline(desks, anna, claim, DecisionReason.CLIENT_UNKNOWN)
    (job,) = desks.jobs(claim)
    with desks.keeping.store.write() as work:
        work.decisions.add(replace(job, id=b"\x07" * 16, recipient="0x" + "22" * 20))
        work.commit()
    told = {made.trouble: made.reason for made in desks.history.of(actor=anna, claim_id=claim.claim_id)}
    assert told == {"": DecisionReason.CLIENT_UNKNOWN, "forged": None}


# --- the list and what is known ---------------------------------------------------------------------------------------


def test_list_is_filtered_and_paged_and_counts_everything(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claims = [desks.received(reference=f"r{number}") for number in range(5)]
    desks.desk.link(actor=anna, claim_id=claims[0].claim_id, dossier=dossier)
    without_contents(desks, claims[1], ContentsState.MISSING)
    desks.stands(claims[2], ClaimStatus.DECLINED)
    found = desks.inbox.list(actor=anna, page=2, size=3)
    assert (len(found.entries), found.total, found.page, found.pages) == (1, 4, 2, 2)
    assert desks.inbox.list(actor=anna, page=9, size=3).page == 2
    assert {key: count for key, count in found.counts.items() if count} == {"complete": 3, "contents_missing": 1}

    def wanted(**changes) -> set:
        listed = desks.inbox.list(actor=anna, wanted=InboxFilter(**changes))
        return {entry.claim_id for entry in listed.entries}

    assert wanted(dossiers=frozenset({dossier})) == wanted(linked=True) == {claims[0].claim_id}
    assert wanted(states=frozenset({"contents_missing"})) == {claims[1].claim_id}
    assert wanted(late=True) == wanted(older_than=20) == set()
    desks.keeping.clock.advance(days=20)
    assert wanted(late=True) == {claims[0].claim_id, claims[3].claim_id, claims[4].claim_id}
    assert len(wanted(older_than=20)) == 4


def test_list_names_decisions_that_came_back(desks: ClaimDesks, anna: Actor) -> None:
    claim = desks.received()
    decline(desks, anna, claim, DecisionReason.CLIENT_UNKNOWN)
    assert not entry_of(desks, anna, claim).returned
    with desks.keeping.store.write() as work:
        work.decisions.set_state(desks.jobs(claim)[0].id, DecisionState.OVERTAKEN, was=DecisionState.WAITING)
        work.commit()
    found = desks.inbox.list(actor=anna, wanted=InboxFilter(returned=True))
    assert [entry.claim_id for entry in found.entries] == [claim.claim_id]


def test_known_debts_are_found_however_they_were_typed(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    same = typed(desks, anna, dossier)
    number = typed(
        desks,
        anna,
        dossier,
        creditor=Party(name="X", file_number="FAC 2026 001"),
        amount_resident=None,
        type=ObligationType.OTHER,
    )
    typed(
        desks,
        anna,
        dossier,
        creditor=Party(name="Zorgpolis"),
        type=ObligationType.HEALTH_INSURANCE,
        amount_resident=700,
    )
    found = desks.desk.known_debts(actor=anna, claim_id=claim.claim_id)
    assert {one.record for one in found} == {same, number}
    signs = {one.record: one.signs for one in found}
    assert signs[same] == {DuplicateSign.SAME_CREDITOR, DuplicateSign.NEAR_AMOUNT}
    assert DuplicateSign.SAME_REFERENCE in signs[number]
    include(desks, anna, dossier, claim, same)
    assert {one.record for one in desks.desk.known_debts(actor=anna, claim_id=claim.claim_id)} == {number}


def test_steps_back_are_for_those_who_decide_in_that_dossier(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    other = desks.keeping.staff_member("bert", session="of bert")
    for act in (
        lambda who: desks.desk.take_back(actor=who, claim_id=claim.claim_id),
        lambda who: desks.desk.unlink(actor=who, claim_id=claim.claim_id, reason="x"),
        lambda who: desks.desk.known_debts(actor=who, claim_id=claim.claim_id),
        lambda who: desks.desk.note_withdrawal(actor=who, claim_id=claim.claim_id),
    ):
        for nobody in (other, desks.keeping.staff_member("beheer", Role.ADMINISTRATOR)):
            with pytest.raises(NotAllowed):
                act(nobody)
    assert [job.state for job in desks.jobs(claim)] == [DecisionState.WAITING]
    desks.keeping.dossiers.open(actor=other, dossier=dossier, purpose=Purpose.CLAIM_REVIEW, reason="Vervanging.")
    desks.desk.take_back(actor=other, claim_id=claim.claim_id)
