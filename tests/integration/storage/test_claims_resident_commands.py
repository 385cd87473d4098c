"""`schuldhulp claims dispute|answer`: what a resident says on the telephone, and the answer."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from schuldhulp.cli import claims_resident
from schuldhulp.cli.context import Work
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import Claim
from schuldhulp.domain.records import ReceivedClaim, RecordKind, ResidentView
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed
from tests.support.claim_desk import ClaimDesks
from tests.support.factories import RecordKeeping


@pytest.fixture
def anna(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def desks(keeping: RecordKeeping, anna: Actor, monkeypatch: pytest.MonkeyPatch) -> ClaimDesks:
    desks = ClaimDesks(keeping)
    cockpit = SimpleNamespace(claim_desk=desks.desk, claim_objections=desks.objections, dossiers=keeping.dossiers)

    @contextmanager
    def work_as(login: str) -> Iterator[Work]:
        yield Work(cockpit, anna, SimpleNamespace())  # type: ignore[arg-type]

    monkeypatch.setattr(claims_resident, "work_as", work_as)
    return desks


@pytest.fixture
def dossier(keeping: RecordKeeping, anna: Actor) -> DossierId:
    return keeping.add_dossier(anna)


@pytest.fixture
def claim(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> Claim:
    received = desks.received()
    desks.desk.link(actor=anna, claim_id=received.claim_id, dossier=dossier)
    return received


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def held(desks: ClaimDesks, anna: Actor, dossier: DossierId) -> ReceivedClaim:
    view = desks.keeping.dossiers.open(actor=anna, dossier=dossier, purpose=Purpose.DEBT_HELP)
    (found,) = view.of_kind(RecordKind.CLAIM)
    assert found.author == "caseworker"
    record = found.record
    assert isinstance(record, ReceivedClaim)
    return record


def include(desks: ClaimDesks, anna: Actor, dossier: DossierId, claim: Claim) -> None:
    desks.desk.include(
        actor=anna,
        claim_id=claim.claim_id,
        judged=claim_commitment(claim),
        owed_by=(desks.keeping.first_applicant(dossier),),
    )


def test_dispute_blocks_until_answer(desks, anna, dossier, claim, typed):
    typed("Al betaald in maart.\n")
    claims_resident.dispute(claim.claim_id.hex())
    record = held(desks, anna, dossier)
    assert (record.resident_view, record.resident_reason) == (ResidentView.DISPUTED, "Al betaald in maart.")
    with pytest.raises(Conflict) as caught:
        include(desks, anna, dossier, claim)
    assert caught.value.key == "resident_unanswered"
    typed("De betaling was voor februari.\n")
    claims_resident.answer(claim.claim_id.hex())
    assert held(desks, anna, dossier).answer == "De betaling was voor februari."
    include(desks, anna, dossier, claim)


def test_a_yes_is_the_residents_alone(desks, anna, dossier, claim, typed):
    typed("Al betaald.\n")
    claims_resident.dispute(claim.claim_id.hex())
    view = desks.keeping.dossiers.open(actor=anna, dossier=dossier, purpose=Purpose.DEBT_HELP)
    (found,) = view.of_kind(RecordKind.CLAIM)
    with pytest.raises(NotAllowed):
        desks.objections.agree(actor=anna, dossier=dossier, record_id=found.record_id, expected_version=found.version)


def test_commands_refuse_what_says_nothing_or_came_too_late(desks, anna, dossier, claim, typed):
    typed("  \n")
    with pytest.raises(InvalidInput) as caught:
        claims_resident.dispute(claim.claim_id.hex())
    assert caught.value.field == "resident_reason"
    typed("Waarom?\n")
    with pytest.raises(InvalidInput) as caught:
        claims_resident.answer(claim.claim_id.hex())
    assert caught.value.key == "nothing_to_answer"
    typed("Al betaald.\n")
    claims_resident.dispute(claim.claim_id.hex())
    typed("Nog steeds.\n")
    with pytest.raises(Conflict) as conflict:
        claims_resident.dispute(claim.claim_id.hex(), seen=1)
    assert conflict.value.key == "record_changed"


def test_commands_refuse_a_claim_that_belongs_to_no_dossier(desks, typed):
    received = desks.received()
    for command in (claims_resident.dispute, claims_resident.answer):
        typed("Al betaald.\n")
        with pytest.raises(Conflict) as caught:
            command(received.claim_id.hex())
        assert caught.value.key == "claim_not_linked"
