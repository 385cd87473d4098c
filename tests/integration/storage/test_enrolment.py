"""Making a client visible and ending that, up to what the worker finds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.records import EnrolmentBasis, Position, RecordKind
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import Conflict, InvalidInput, NotFound
from schuldhulp.services.job_signing import is_publication_valid, open_publication, prepared_mac
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState
from schuldhulp.services.views import EnrolmentState, EnrolmentStep
from tests.support.factories import BSN_ONE, BSN_TWO, RecordKeeping, make_address, make_applicant, make_income


@pytest.fixture
def dossier(keeping: RecordKeeping, caseworker: Actor) -> DossierId:
    return keeping.add_dossier(
        caseworker,
        make_applicant(bsn=BSN_ONE, surname="Smit", other_surnames=("Bakker",)),
        make_applicant(surname="Bos", position=Position.PARTNER),
    )


def _enrol(keeping: RecordKeeping, actor: Actor, dossier: DossierId, **changes: Any) -> EnrolmentState:
    values: dict[str, Any] = {
        "ground": "Wgs art. 4a",
        "basis": EnrolmentBasis.CONSENT,
        "basis_date": date(2026, 11, 20),
    }
    return keeping.enrolment.enrol(actor=actor, dossier=dossier, **values | changes)


def _jobs(keeping: RecordKeeping) -> list[PublicationRow]:
    with keeping.store.read() as work:
        return list(work.publications.in_state(PublicationState.WAITING))


def _set(keeping: RecordKeeping, job: PublicationRow, state: PublicationState, error: str | None = None) -> None:
    with keeping.store.write() as work:
        work.publications.set_state(job.id, state, error=error, erase=True)
        if state is not PublicationState.REFUSED:
            work.publications.set_mac(job.id, prepared_mac(keeping.keys.job, job, ()))
        work.commit()


def test_enrol_seals_every_name_and_number_to_the_worker(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    state = _enrol(keeping, caseworker, dossier)
    assert (state.step, state.since, len(state.applicants)) == (EnrolmentStep.WAITING, date(2026, 11, 23), 2)
    assert state.warnings == ("no_bsn",)
    [job] = _jobs(keeping)
    assert is_publication_valid(keeping.keys.job, job)
    message = open_publication(keeping.keys.publication, job)
    assert message.municipality == keeping.reader.municipality
    texts = [identifier.text for identifier in message.identifiers]
    assert f"NL.BSN:{BSN_ONE}" in texts
    for surname in ("smit", "bakker", "bos"):
        assert f"NL.NADB:{surname}|1980-02-00|9711AB|12" in texts
    assert [identifier.kind for identifier in message.identifiers].count(IdentifierKind.BSN) == 1
    assert BSN_ONE.encode() not in job.sealed


def test_enrol_of_one_applicant_publishes_that_one_only(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    state = _enrol(keeping, caseworker, dossier, applicants=[keeping.first_applicant(dossier)])
    assert state.warnings == ()
    [job] = _jobs(keeping)
    message = open_publication(keeping.keys.publication, job)
    assert not any("bos" in identifier.text for identifier in message.identifiers)


def test_enrol_warns_when_there_is_no_address(keeping: RecordKeeping, caseworker: Actor) -> None:
    dossier = keeping.add_dossier(caseworker, make_applicant(addresses=(), bsn=BSN_ONE))
    assert _enrol(keeping, caseworker, dossier).warnings == ("no_address",)


def test_enrolment_goes_from_waiting_to_visible_to_ended(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    def step() -> EnrolmentStep:
        return keeping.enrolment.state(actor=caseworker, dossier=dossier).step

    assert step() is EnrolmentStep.NOT_VISIBLE
    _enrol(keeping, caseworker, dossier)
    [begun] = _jobs(keeping)
    for state, expected in (
        (PublicationState.PREPARED, EnrolmentStep.WAITING),
        (PublicationState.PUBLISHED, EnrolmentStep.VISIBLE),
    ):
        _set(keeping, begun, state)
        assert step() is expected
    assert keeping.dossiers.list(actor=caseworker)[0].enrolled
    ended = keeping.enrolment.end(actor=caseworker, dossier=dossier, reason="plan afgerond")
    assert ended.step is EnrolmentStep.ENDING
    [job] = _jobs(keeping)
    assert job.action is PublicationAction.END
    assert open_publication(keeping.keys.publication, job).publications == (begun.id,)
    _set(keeping, begun, PublicationState.ENDED)
    _set(keeping, job, PublicationState.PREPARED)
    assert step() is EnrolmentStep.ENDING
    _set(keeping, job, PublicationState.PUBLISHED)
    assert step() is EnrolmentStep.ENDED
    assert not keeping.dossiers.list(actor=caseworker)[0].enrolled
    # Help may begin again.
    assert _enrol(keeping, caseworker, dossier).step is EnrolmentStep.WAITING


def test_a_refused_publication_is_shown(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    _enrol(keeping, caseworker, dossier)
    [job] = _jobs(keeping)
    _set(keeping, job, PublicationState.REFUSED, error="publication_unreadable")
    state = keeping.enrolment.state(actor=caseworker, dossier=dossier)
    assert (state.step, state.error) == (EnrolmentStep.REFUSED, "publication_unreadable")


def test_enrol_twice_and_end_of_nothing_are_refused(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    with pytest.raises(NotFound):
        keeping.enrolment.end(actor=caseworker, dossier=dossier, reason="x")
    _enrol(keeping, caseworker, dossier)
    with pytest.raises(Conflict):
        _enrol(keeping, caseworker, dossier)
    with pytest.raises(InvalidInput):
        keeping.enrolment.end(actor=caseworker, dossier=dossier, reason=" ")
    assert len(_jobs(keeping)) == 1


def test_a_move_adds_names_and_replaces_none(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    _enrol(keeping, caseworker, dossier)
    moved = make_applicant(
        bsn=BSN_ONE,
        surname="Smit",
        addresses=(
            make_address(until=date(2026, 10, 31)),
            make_address(postcode="9712CD", house_number=3, from_date=date(2026, 11, 1)),
        ),
    )
    owner = keeping.first_applicant(dossier)
    keeping.records.change(
        actor=caseworker, dossier=dossier, record_id=owner, expected_version=1, record=moved, reason="verhuisd"
    )
    first, second = _jobs(keeping)
    texts = {identifier.text for identifier in open_publication(keeping.keys.publication, second).identifiers}
    assert "NL.NADB:smit|1980-02-00|9712CD|3" in texts
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    [enrolment] = view.of_kind(RecordKind.ENROLMENT)
    assert enrolment.record.publications == (first.id.hex(), second.id.hex())  # type: ignore[union-attr]
    keeping.enrolment.end(actor=caseworker, dossier=dossier, reason="klaar")
    ending = _jobs(keeping)[-1]
    assert open_publication(keeping.keys.publication, ending).publications == (first.id, second.id)
    # Something that changes no name starts no publication.
    keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
    assert len(_jobs(keeping)) == 3


@pytest.mark.parametrize("changes", [{"bsn": BSN_TWO}, {"birth_date": PartialDate(1980, 3, 0)}, {"bsn": None}])
def test_a_correction_ends_what_was_published_and_publishes_everybody_anew(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, changes: dict[str, Any]
) -> None:
    _enrol(keeping, caseworker, dossier)
    owner = keeping.first_applicant(dossier)
    values = {"bsn": BSN_ONE, "surname": "Smit", "other_surnames": ("Bakker",)} | changes
    keeping.records.change(
        actor=caseworker,
        dossier=dossier,
        record_id=owner,
        expected_version=1,
        record=make_applicant(**values),
        reason="verbeterd",
    )
    first, second, ending = _jobs(keeping)
    texts = {identifier.text for identifier in open_publication(keeping.keys.publication, second).identifiers}
    assert any("bos" in one for one in texts)
    assert any("smit" in one for one in texts)
    assert (f"NL.BSN:{BSN_ONE}" in texts) is ("bsn" not in changes)
    assert ending.action is PublicationAction.END
    message = open_publication(keeping.keys.publication, ending)
    assert (message.publications, message.after) == ((first.id,), second.id)


def test_enrol_outside_the_caseload_needs_a_reason(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    colleague = keeping.staff_member("bert", session="two")
    with pytest.raises(InvalidInput):
        _enrol(keeping, colleague, dossier)
    _enrol(keeping, colleague, dossier, access_reason="waarneming")
    actions = [line.name for line in keeping.log.of_dossier(dossier)]
    assert actions[:2] == [LogAction.ENROL, LogAction.OPEN]
