"""Linking claims to dossiers and deciding on them: what is written, what is refused, and that nothing is half done."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.claim_decisions import decision_hash, open_decision
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import Claim, ClaimStatus, DecisionReason, received_contents
from schuldhulp.domain.records import ClaimDecisionState, Obligation, ReceivedClaim, RecordKind, ResidentView, Source
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound, Undecryptable
from schuldhulp.services.claims.decision_rows import DecisionState, is_decision_valid
from schuldhulp.services.claims.matching import MatchSign
from schuldhulp.storage import SqlStore
from tests.support.claim_desk import HOLDER, ClaimDesks
from tests.support.factories import BSN_ONE, BSN_TWO, RecordKeeping, make_address, make_applicant


@pytest.fixture
def desks(keeping: RecordKeeping) -> ClaimDesks:
    return ClaimDesks(keeping)


@pytest.fixture
def anna(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def dossier(keeping: RecordKeeping, anna: Actor) -> DossierId:
    return keeping.add_dossier(anna)


def resident(dossier: DossierId) -> Actor:
    return Actor(kind="resident", id="r", roles=frozenset({Role.RESIDENT}), dossiers=frozenset({dossier}), session="s")


def held(desks: ClaimDesks, anna: Actor, dossier: DossierId):
    """Return the only claim of a dossier, as a caseworker sees it."""
    view = desks.keeping.dossiers.open(actor=anna, dossier=dossier, purpose=Purpose.DEBT_HELP)
    (found,) = view.of_kind(RecordKind.CLAIM)
    return found


def include(desks: ClaimDesks, anna: Actor, dossier: DossierId, claim: Claim, **changes) -> None:
    arguments = {
        "actor": anna,
        "claim_id": claim.claim_id,
        "judged": claim_commitment(claim),
        "owed_by": (desks.keeping.first_applicant(dossier),),
    }
    desks.desk.include(**arguments | changes)


def linked(desks: ClaimDesks, anna: Actor, dossier: DossierId, **changes) -> Claim:
    claim = desks.received(**changes)
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    return claim


def dispute(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    shown = held(desks, anna, dossier)
    desks.objections.dispute(
        actor=resident(dossier),
        dossier=dossier,
        record_id=shown.record_id,
        expected_version=shown.version,
        reason="Al betaald.",
    )


def conflict(key: str):
    return pytest.raises(Conflict, check=lambda error: error.key == key)


def test_link_makes_the_claim_a_record_of_the_dossier(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    shown = held(desks, anna, dossier)
    assert isinstance(shown.record, ReceivedClaim)
    assert received_contents(shown.record) == claim.contents
    assert (shown.record.claim_id, shown.record.commitment) == (claim.claim_id.hex(), claim_commitment(claim).hex())
    link = desks.desk.link_of(actor=anna, claim_id=claim.claim_id)
    assert (link.dossier, link.record) == (dossier, shown.record_id)


def test_link_again_takes_over_a_newer_version_and_another_dossier_is_refused(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    newer = desks.received(claim, principal=90000)
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    shown = held(desks, anna, dossier)
    assert (shown.version, received_contents(shown.record).principal) == (2, newer.contents.principal)
    other = desks.keeping.add_dossier(anna, make_applicant(surname="Anders"))
    with conflict("claim_linked"):
        desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=other)


def test_link_refuses_a_closed_claim_and_contents_that_are_not_here(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = desks.received()
    desks.stands(claim, ClaimStatus.WITHDRAWN)
    with conflict("claim_closed"):
        desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    with pytest.raises(NotFound):
        desks.desk.link(actor=anna, claim_id=b"\x01" * 32, dossier=dossier)


def test_the_database_does_not_tell_to_which_dossier_a_claim_belongs(
    desks: ClaimDesks, anna: Actor, dossier: DossierId, store: SqlStore, engine: Engine
) -> None:
    claim = linked(desks, anna, dossier)
    record = held(desks, anna, dossier).record_id
    with store.read() as work:
        (row,) = work.decisions.links()
    assert dossier[2:] not in row.sealed
    assert record not in row.sealed
    other = desks.received()
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE claim_links SET claim_id = :other, "
                "filed_at = (SELECT filed_at FROM claims WHERE claim_id = :other)"
            ),
            {"other": other.claim_id},
        )
    with pytest.raises(Undecryptable):
        desks.desk.link_of(actor=anna, claim_id=other.claim_id)
    listed = desks.inbox.list(actor=anna)
    assert (listed.troubles, [entry.linked for entry in listed.entries]) == (("claim_link_changed",), [False, False])
    assert desks.desk.link_of(actor=anna, claim_id=claim.claim_id) is None


def test_include_writes_obligation_record_and_job_at_once(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    revision = desks.keeping.reader.read(dossier).dossier.revision
    include(desks, anna, dossier, claim, text="Wij nemen de vordering op.")
    opened = desks.keeping.reader.read(dossier)
    assert opened.dossier.revision == revision + 1
    shown = held(desks, anna, dossier)
    assert (shown.record.decision, shown.record.decision_reason) == (ClaimDecisionState.INCLUDED, "included")
    obligation = opened.current[shown.record.obligation].version.record
    assert isinstance(obligation, Obligation)
    assert (obligation.source, obligation.amount_creditor) == (Source.CREDITOR, claim.contents.total)
    (job,) = desks.jobs(claim)
    assert is_decision_valid(desks.keeping.keys.job, job)
    assert (job.status, job.commitment, job.recipient) == (ClaimStatus.INCLUDED, claim_commitment(claim), HOLDER)
    # To its holder it is sealed when it is sent.
    assert job.sealed == b""
    told = open_decision(desks.claim_key, claim.claim_id, job.kept)
    assert (decision_hash(told), told.text) == (job.decision, "Wij nemen de vordering op.")


def test_include_again_renews_the_obligation_that_the_claim_became(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    first = held(desks, anna, dossier).record.obligation
    with desks.keeping.store.write() as work:
        work.decisions.set_state(desks.jobs(claim)[0].id, DecisionState.CONFIRMED, was=DecisionState.WAITING)
        work.commit()
    desks.stands(claim, ClaimStatus.ASKED)
    newer = desks.received(claim, principal=90000)
    include(desks, anna, dossier, newer)
    shown = held(desks, anna, dossier)
    assert shown.record.obligation == first
    renewed = desks.keeping.reader.read(dossier).current[first].version
    assert (renewed.version, renewed.record.original_amount) == (2, 90000)


def test_include_of_a_known_debt_renews_that_obligation(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    known = held(desks, anna, dossier).record.obligation
    second = desks.received(reference="r2")
    desks.desk.link(actor=anna, claim_id=second.claim_id, dossier=dossier)
    include(desks, anna, dossier, second, known=known)
    view = desks.keeping.dossiers.open(actor=anna, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert [each.record_id for each in view.of_kind(RecordKind.OBLIGATION)] == [known]
    no_obligation = view.of_kind(RecordKind.CLAIM)[0].record_id
    third = linked(desks, anna, dossier, reference="r3")
    with pytest.raises(NotFound):
        include(desks, anna, dossier, third, known=no_obligation)


def test_include_is_refused_until_the_dispute_is_answered(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    dispute(desks, anna, dossier)
    with conflict("resident_unanswered"):
        include(desks, anna, dossier, claim)
    newer = desks.received(claim, principal=90000)
    with conflict("resident_unanswered"):
        include(desks, anna, dossier, newer)
    assert desks.jobs(claim) == []
    shown = held(desks, anna, dossier)
    desks.objections.answer(
        actor=anna,
        dossier=dossier,
        record_id=shown.record_id,
        expected_version=shown.version,
        text="Die betaling was voor een andere rekening.",
    )
    include(desks, anna, dossier, newer)
    assert held(desks, anna, dossier).record.decision is ClaimDecisionState.INCLUDED


def test_include_refuses_an_old_statement_and_asking_for_a_newer_one_is_one_step(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier, statement_date="2026-05-22")
    with conflict("statement_old"):
        include(desks, anna, dossier, claim)
    desks.desk.ask(
        actor=anna, claim_id=claim.claim_id, judged=claim_commitment(claim), reason=DecisionReason.STATEMENT_OLD
    )
    (job,) = desks.jobs(claim)
    assert job.status is ClaimStatus.ASKED
    assert held(desks, anna, dossier).record.decision is ClaimDecisionState.ASKED


def test_include_refuses_somebody_who_is_no_applicant_and_writes_nothing(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    with pytest.raises(InvalidInput) as caught:
        include(desks, anna, dossier, claim, owed_by=(b"\x05" * 32,))
    assert caught.value.key == "applicant_unknown"
    assert desks.jobs(claim) == []
    assert held(desks, anna, dossier).record.decision is ClaimDecisionState.OPEN


def test_decline_without_a_dossier_is_client_unknown_and_no_other(desks: ClaimDesks, anna: Actor) -> None:
    claim = desks.received()
    judged = {"actor": anna, "claim_id": claim.claim_id, "judged": claim_commitment(claim)}
    with conflict("claim_not_linked"):
        desks.desk.decline(**judged, reason=DecisionReason.NOT_OWED)
    with conflict("claim_not_linked"):
        desks.desk.include(**judged, owed_by=(b"\x05" * 32,))
    desks.desk.decline(**judged, reason=DecisionReason.CLIENT_UNKNOWN)
    (job,) = desks.jobs(claim)
    assert open_decision(desks.claim_key, claim.claim_id, job.kept).reason is DecisionReason.CLIENT_UNKNOWN
    with conflict("decision_waits"):
        desks.desk.ask(**judged, reason=DecisionReason.STATEMENT_OLD)


def test_decline_of_a_claim_on_a_client_is_never_client_unknown(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    judged = {"actor": anna, "claim_id": claim.claim_id, "judged": claim_commitment(claim)}
    with conflict("claim_linked"):
        desks.desk.decline(**judged, reason=DecisionReason.CLIENT_UNKNOWN)
    desks.desk.decline(**judged, reason=DecisionReason.RECENT_FINAL_DISCHARGE)
    assert held(desks, anna, dossier).record.decision_reason == "recent_final_discharge"


def test_decisions_on_another_version_or_step_are_refused(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    newer = desks.received(claim, principal=90000)
    with conflict("claim_changed"):
        include(desks, anna, dossier, claim)
    with pytest.raises(InvalidInput) as caught:
        desks.desk.settle(actor=anna, claim_id=claim.claim_id, judged=claim_commitment(newer))
    assert caught.value.key == "claim_step"
    with pytest.raises(InvalidInput):
        desks.desk.ask(actor=anna, claim_id=claim.claim_id, judged=claim_commitment(newer), reason=DecisionReason.OTHER)
    assert desks.jobs(claim) == []


def test_settle_closes_what_was_included(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    include(desks, anna, dossier, claim)
    with desks.keeping.store.write() as work:
        work.decisions.set_state(desks.jobs(claim)[0].id, DecisionState.CONFIRMED, was=DecisionState.WAITING)
        work.commit()
    desks.stands(claim, ClaimStatus.INCLUDED)
    desks.desk.settle(actor=anna, claim_id=claim.claim_id, judged=claim_commitment(claim))
    assert [job.status for job in desks.jobs(claim)] == [ClaimStatus.INCLUDED, ClaimStatus.SETTLED]
    assert held(desks, anna, dossier).record.decision is ClaimDecisionState.SETTLED


def test_a_decision_needs_a_key_of_the_creditor(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    claim = linked(desks, anna, dossier)
    desks.keys.clear()
    with conflict("encryption_key_missing"):
        include(desks, anna, dossier, claim)
    assert held(desks, anna, dossier).version == 1


def test_only_who_decides_on_claims_does_and_outside_the_caseload_after_opening(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = desks.received()
    arguments = {"claim_id": claim.claim_id, "dossier": dossier}
    for nobody in (resident(dossier), desks.keeping.staff_member("beheer", Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed):
            desks.desk.link(actor=nobody, **arguments)
        with pytest.raises(NotAllowed):
            desks.desk.link_of(actor=nobody, claim_id=claim.claim_id)
    other = desks.keeping.staff_member("bert", session="of bert")
    with pytest.raises(NotAllowed) as caught:
        desks.desk.link(actor=other, **arguments)
    assert caught.value.key == "open_first"


def test_the_resident_says_so_in_the_own_dossier_only_and_may_come_back_on_it(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    linked(desks, anna, dossier)
    dispute(desks, anna, dossier)
    shown = held(desks, anna, dossier)
    assert (shown.record.resident_view, shown.record.resident_reason) == (ResidentView.DISPUTED, "Al betaald.")
    place = {"dossier": dossier, "record_id": shown.record_id, "expected_version": shown.version}
    for nobody in (anna, resident(DossierId(b"\x01" * 32))):
        with pytest.raises(NotAllowed):
            desks.objections.agree(actor=nobody, **place)
    with pytest.raises(NotAllowed):
        desks.objections.answer(actor=resident(dossier), **place, text="Zelf.")
    with conflict("record_changed"):
        desks.objections.agree(actor=resident(dossier), **place | {"expected_version": 1})
    agreed = desks.objections.agree(actor=resident(dossier), **place)
    assert agreed.record.resident_view is ResidentView.AGREED
    place["expected_version"] = agreed.version
    for said in (
        lambda: desks.objections.answer(actor=anna, **place, text="Dank."),
        lambda: desks.objections.dispute(actor=resident(dossier), **place, reason=" "),
    ):
        with pytest.raises(InvalidInput):
            said()


def test_a_resident_says_nothing_more_of_a_claim_that_was_declined(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    desks.desk.decline(
        actor=anna, claim_id=claim.claim_id, judged=claim_commitment(claim), reason=DecisionReason.NOT_OWED
    )
    with conflict("claim_closed"):
        dispute(desks, anna, dossier)


def test_claims_are_not_written_as_other_records_are(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> None:
    linked(desks, anna, dossier)
    shown = held(desks, anna, dossier)
    place = {"actor": anna, "dossier": dossier, "record_id": shown.record_id, "expected_version": 1}
    records = desks.keeping.records
    changed = dataclasses.replace(shown.record, resident_reason="Van mij.")
    for write in (
        lambda: records.add(actor=anna, dossier=dossier, record=shown.record),
        lambda: records.change(**place, record=changed),
        lambda: records.withdraw(**place, reason="weg"),
    ):
        with pytest.raises(InvalidInput):
            write()
    assert held(desks, anna, dossier).version == 1


def debtor(**changes) -> dict:
    return {"surname": "Jansen", "birth_date": "1980-02-01", "postcode": "9711AB", "house_number": 12} | changes


@pytest.mark.parametrize(
    ("who", "signs"),
    [
        (debtor(), {MatchSign.NAME, MatchSign.BIRTH_DATE, MatchSign.ADDRESS}),
        (debtor(surname="JANSEN", house_number=13), {MatchSign.NAME, MatchSign.BIRTH_DATE}),
        (debtor(surname="Smit"), {MatchSign.BIRTH_DATE, MatchSign.ADDRESS}),
        (debtor(surname="Smit", house_number=13), set()),
        (debtor(birth_date="1980-03-01"), set()),
        (debtor(bsn=BSN_TWO), set()),
        (debtor(surname="Smit", birth_date="1970-01-01", house_number=1, bsn=BSN_ONE), {MatchSign.BSN}),
    ],
)
def test_candidates_share_a_number_or_a_birth_date_and_more(
    desks: ClaimDesks, anna: Actor, who: dict, signs: set[MatchSign]
) -> None:
    dossier = desks.keeping.add_dossier(anna, make_applicant(bsn=BSN_ONE))
    desks.keeping.add_dossier(anna, make_applicant(surname="Anders", addresses=(make_address(house_number=99),)))
    claim = desks.received(debtor=who)
    found = desks.matching.candidates(actor=anna, claim_id=claim.claim_id)
    assert [(one.dossier.id, set(one.signs)) for one in found] == ([(dossier, signs)] if signs else [])


def test_candidates_leave_a_line_in_the_log(desks: ClaimDesks, anna: Actor, store: SqlStore) -> None:
    claim = desks.received()
    desks.matching.candidates(actor=anna, claim_id=claim.claim_id)
    with store.read() as work:
        lines = [(row.name, row.purpose) for row in work.log.all(claim.contents.municipality)]
    assert ("open", "claim_review") in lines
    assert ("search", "claim_review") in lines


def entry_of(desks: ClaimDesks, anna: Actor, claim: Claim):
    return next(one for one in desks.inbox.list(actor=anna, closed=True).entries if one.claim_id == claim.claim_id)


def test_list_counts_ten_working_days_until_something_is_asked_or_decided(desks: ClaimDesks, anna: Actor) -> None:
    # Received on Monday 23 November 2026.
    claim = desks.received()
    entry = entry_of(desks, anna, claim)
    assert entry.answer_by == date(2026, 12, 7)
    assert (entry.linked, entry.decision) == (False, None)
    desks.stands(claim, ClaimStatus.ASKED)
    assert entry_of(desks, anna, claim).answer_by is None


def test_list_says_whether_a_claim_is_linked_and_how_far_its_decision_got(
    desks: ClaimDesks, anna: Actor, dossier: DossierId
) -> None:
    claim = linked(desks, anna, dossier)
    assert entry_of(desks, anna, claim).linked
    include(desks, anna, dossier, claim)
    assert entry_of(desks, anna, claim).decision is DecisionState.WAITING


def test_duplicates_are_the_open_claims_that_may_be_one_debt(desks: ClaimDesks, anna: Actor) -> None:
    claim = desks.received(principal=123457)
    twin = desks.received(
        principal=123457, reference="klant 88231", stage="collector", holder={"name": "Incasso", "kvk": "87654321"}
    )
    closed = desks.received(
        principal=123457, reference="klant 88232", stage="collector", holder={"name": "Incasso", "kvk": "87654321"}
    )
    desks.stands(closed, ClaimStatus.DECLINED)
    desks.received(
        principal=777,
        reference="zorg 1",
        type="health_insurance",
        origin_date="2020-01-01",
        original_creditor={"name": "Zorg Ander", "kvk": "11112222"},
        holder={"name": "Zorg Ander", "kvk": "11112222"},
    )
    found = desks.inbox.duplicates(actor=anna, claim_id=claim.claim_id)
    assert [{pair.one, pair.other} for pair in found] == [{claim.claim_id, twin.claim_id}]
    with pytest.raises(NotAllowed):
        desks.inbox.duplicates(actor=Actor(kind="creditor", id="c"), claim_id=claim.claim_id)
