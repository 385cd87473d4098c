"""The resident's side of claims and consents on a real database: standing, what the chain says, ending a consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import Claim, ClaimStatus
from schuldhulp.domain.records import Consent, ConsentForm, ConsentSubject, RecordKind
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, NotAllowed, NotFound
from schuldhulp.services.claims.own_claims import ClaimStanding, OwnClaim, OwnClaims
from schuldhulp.services.clock import today
from schuldhulp.services.consents import ConsentEnding
from schuldhulp.services.views import DossierView, RecordView
from tests.support.claim_desk import ClaimDesks
from tests.support.factories import RecordKeeping, make_obligation


@pytest.fixture
def desks(keeping: RecordKeeping) -> ClaimDesks:
    return ClaimDesks(keeping)


@pytest.fixture
def anna(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def dossier(keeping: RecordKeeping, anna: Actor) -> DossierId:
    return keeping.add_dossier(anna)


def resident(keeping: RecordKeeping, dossier: DossierId, **changes) -> Actor:
    told = {"dossiers": frozenset({dossier}), "applicant": keeping.first_applicant(dossier), **changes}
    return Actor(kind="resident", id="r", roles=frozenset({Role.RESIDENT}), session="s", **told)


def opened(keeping: RecordKeeping, dossier: DossierId) -> DossierView:
    return keeping.dossiers.open(actor=resident(keeping, dossier), dossier=dossier, purpose=Purpose.OWN_VIEW)


def own(desks: ClaimDesks, dossier: DossierId) -> list[OwnClaim]:
    return OwnClaims(store=desks.keeping.store).of(opened(desks.keeping, dossier))


def linked(desks: ClaimDesks, anna: Actor, dossier: DossierId, **changes) -> Claim:
    claim = desks.received(**changes)
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    return claim


def test_of_gives_what_the_creditor_wrote_and_goes_along(desks, anna, dossier):
    assert own(desks, dossier) == []
    claim = linked(desks, anna, dossier)
    (one,) = own(desks, dossier)
    assert one.contents == claim.contents
    assert one.standing is ClaimStanding.TO_CHECK
    assert not one.is_newer_on_chain

    said = {"actor": resident(desks.keeping, dossier), "dossier": dossier, "record_id": one.view.record_id}
    desks.objections.dispute(**said, expected_version=one.view.version, reason="Al betaald.")
    (one,) = own(desks, dossier)
    assert one.standing is ClaimStanding.DISPUTED
    assert one.record.waits_for_answer

    desks.objections.answer(
        **said | {"actor": anna}, expected_version=one.view.version, text="Wij hebben het nagerekend."
    )
    assert [each.standing for each in own(desks, dossier)] == [ClaimStanding.ANSWERED]


def test_of_tells_what_the_chain_says_of_a_claim(desks, anna, dossier):
    claim = linked(desks, anna, dossier)
    desks.received(claim, costs=9000)
    (one,) = own(desks, dossier)
    assert one.is_newer_on_chain
    assert one.contents == claim.contents
    desks.stands(claim, ClaimStatus.WITHDRAWN)
    (one,) = own(desks, dossier)
    assert one.standing is ClaimStanding.WITHDRAWN
    assert one.withdrawn_at is not None
    assert not one.is_newer_on_chain


def test_of_puts_what_waits_for_the_resident_in_front(desks, anna, dossier):
    over = linked(desks, anna, dossier, reference="over")
    desks.stands(over, ClaimStatus.WITHDRAWN)
    linked(desks, anna, dossier, reference="new")
    assert [one.standing for one in own(desks, dossier)] == [ClaimStanding.TO_CHECK, ClaimStanding.WITHDRAWN]


@pytest.fixture
def ending(keeping: RecordKeeping) -> ConsentEnding:
    return ConsentEnding(reader=keeping.reader, writer=keeping.writer, caseload=keeping.caseload)


def consent_of(keeping: RecordKeeping, anna: Actor, dossier: DossierId, **changes) -> RecordView:
    consent = Consent(
        **{
            "applicant": keeping.first_applicant(dossier),
            "party": "Woningstichting Voorbeeld",
            "kvk": "12345678",
            "subject": ConsentSubject.RENT,
            "given_on": date(2026, 1, 5),
            "how": ConsentForm.WRITTEN,
            **changes,
        }
    )
    return keeping.records.add(actor=anna, dossier=dossier, record=consent)


def end(ending: ConsentEnding, actor: Actor, dossier: DossierId, given: RecordView, **changes) -> RecordView:
    arguments = {"record_id": given.record_id, "expected_version": given.version, **changes}
    return ending.end(actor=actor, dossier=dossier, **arguments)


def test_end_ends_a_consent_today_in_a_new_version(keeping, ending, anna, dossier):
    given = consent_of(keeping, anna, dossier)
    now = today(keeping.clock)
    ended = end(ending, resident(keeping, dossier), dossier, given)
    assert ended.version == given.version + 1
    assert ended.author == "resident"
    assert ended.record == replace(given.record, ended_on=now)
    assert given.record.holds_on(now)
    assert not ended.record.holds_on(now)
    (found,) = opened(keeping, dossier).of_kind(RecordKind.CONSENT)
    assert found.record == ended.record


def test_end_ends_one_that_begins_later_before_it_begins(keeping, ending, anna, dossier):
    given = consent_of(keeping, anna, dossier, given_on=date(2030, 1, 1))
    ended = end(ending, resident(keeping, dossier), dossier, given)
    assert ended.record.ended_on == date(2030, 1, 1)
    assert not ended.record.holds_on(date(2030, 1, 1))


def test_end_refuses_anybody_but_who_gave_it(keeping, ending, anna, dossier):
    given = consent_of(keeping, anna, dossier)
    with pytest.raises(NotAllowed) as caught:
        end(ending, resident(keeping, dossier, applicant=RecordId(bytes(32))), dossier, given)
    assert caught.value.key == "consent_of_another"
    elsewhere = DossierId(dossier[:2] + bytes(30))
    for actor in (anna, resident(keeping, dossier, dossiers=frozenset({elsewhere}))):
        with pytest.raises(NotAllowed) as caught:
            end(ending, actor, dossier, given)
        assert caught.value.key == "not_allowed"
    (found,) = opened(keeping, dossier).of_kind(RecordKind.CONSENT)
    assert found.version == given.version


def test_end_refuses_what_was_ended_changed_or_is_no_consent(keeping, ending, anna, dossier):
    given = consent_of(keeping, anna, dossier)
    me = resident(keeping, dossier)
    ended = end(ending, me, dossier, given)
    with pytest.raises(Conflict) as caught:
        end(ending, me, dossier, ended)
    assert caught.value.key == "consent_over"
    other = consent_of(keeping, anna, dossier, subject=ConsentSubject.ENERGY)
    with pytest.raises(Conflict) as caught:
        end(ending, me, dossier, other, expected_version=other.version + 1)
    assert caught.value.key == "record_changed"
    debt = keeping.records.add(actor=anna, dossier=dossier, record=make_obligation(keeping.first_applicant(dossier)))
    for record_id in (debt.record_id, RecordId(bytes(32))):
        with pytest.raises(NotFound):
            end(ending, me, dossier, debt, record_id=record_id)
