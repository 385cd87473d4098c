"""Recording, changing, withdrawing and reading back, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, text

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import (
    Agreement,
    AgreementStatus,
    Confirmation,
    ConfirmationRole,
    Obligation,
    Position,
    RecordKind,
)
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import Cents, DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schuldhulp.services.rows import JobState
from tests.support.factories import (
    RecordKeeping,
    make_agreement,
    make_applicant,
    make_expense,
    make_income,
    make_obligation,
)


@pytest.fixture
def dossier(keeping: RecordKeeping, caseworker: Actor) -> DossierId:
    return keeping.add_dossier(caseworker)


@pytest.fixture
def owner(keeping: RecordKeeping, dossier: DossierId) -> RecordId:
    return keeping.first_applicant(dossier)


def test_open_shows_what_was_recorded_and_verified(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_obligation(owner))
    changed = keeping.records.change(
        actor=caseworker,
        dossier=dossier,
        record_id=added.record_id,
        expected_version=1,
        record=make_obligation(owner, note="nieuw"),
    )
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert view.trust.state is TrustState.BEING_RECORDED
    assert not any(record.verified for record in view.records)
    keeping.anchor()
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert view.trust.state is TrustState.VERIFIED
    assert all(record.verified for record in view.records)
    [shown] = view.of_kind(RecordKind.OBLIGATION)
    assert shown.version == changed.version == 2
    assert shown.record == make_obligation(owner, note="nieuw")
    assert shown.author == "caseworker"
    assert view.summary.counts[RecordKind.OBLIGATION] == 1
    assert view.overview.debt_total == 123_456
    assert keeping.verification.all(actor=caseworker).state is TrustState.VERIFIED


def test_history_returns_every_version_newest_first(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_obligation(owner))
    keeping.records.change(
        actor=caseworker,
        dossier=dossier,
        record_id=added.record_id,
        expected_version=1,
        record=make_obligation(owner, note="tweede"),
        reason="brief ontvangen",
    )
    keeping.records.withdraw(
        actor=caseworker, dossier=dossier, record_id=added.record_id, expected_version=2, reason="dubbel ingevoerd"
    )
    keeping.anchor()
    history = keeping.records.history(actor=caseworker, dossier=dossier, record_id=added.record_id)
    assert [(view.version, view.withdrawn, view.reason) for view in history] == [
        (3, True, "dubbel ingevoerd"),
        (2, False, "brief ontvangen"),
        (1, False, ""),
    ]
    assert all(view.verified for view in history)
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert view.of_kind(RecordKind.OBLIGATION) == []
    assert len(view.of_kind(RecordKind.OBLIGATION, withdrawn=True)) == 1
    assert view.overview.debt_total == 0


def test_change_of_a_withdrawn_record_is_refused(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
    place: dict[str, Any] = {"actor": caseworker, "dossier": dossier, "record_id": added.record_id}
    keeping.records.withdraw(**place, expected_version=1, reason="fout")
    with pytest.raises(Conflict) as raised:
        keeping.records.change(**place, expected_version=2, record=make_income(owner))
    assert raised.value.key == "record_withdrawn"


def test_second_writer_of_a_record_is_told_what_changed(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_obligation(owner))
    place: dict[str, Any] = {"actor": caseworker, "dossier": dossier, "record_id": added.record_id}
    keeping.records.change(**place, expected_version=1, record=make_obligation(owner, note="eerste"))
    with pytest.raises(Conflict) as raised:
        keeping.records.change(**place, expected_version=1, record=make_obligation(owner, note="tweede"))
    told = raised.value.parameters
    assert raised.value.key == "record_changed"
    assert (told["record"], told["version"], told["function"]) == (added.record_id.hex(), 2, "caseworker")
    assert str(told["at"]).startswith("2026-11-23T11:00:00")
    [shown] = keeping.dossiers.open(**_open(caseworker, dossier)).of_kind(RecordKind.OBLIGATION)
    assert isinstance(shown.record, Obligation)
    assert shown.record.note == "eerste"


def _open(actor: Actor, dossier: DossierId) -> dict[str, Any]:
    return {"actor": actor, "dossier": dossier, "purpose": Purpose.DEBT_HELP}


def _at_once(*actions: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(actions)) as pool:
        futures = [pool.submit(action) for action in actions]
        return [future.exception() or future.result() for future in futures]


def test_writers_of_different_records_at_once_both_succeed(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    one, two = keeping.records.add_all(
        actor=caseworker, dossier=dossier, records=[make_income(owner), make_expense(owner)]
    )

    def change(record_id: RecordId, record: Any) -> Callable[[], object]:
        return lambda: keeping.records.change(
            actor=caseworker, dossier=dossier, record_id=record_id, expected_version=1, record=record
        )

    found = _at_once(
        change(one.record_id, make_income(owner, note="a")), change(two.record_id, make_expense(owner, note="b"))
    )
    assert not any(isinstance(outcome, BaseException) for outcome in found), found
    keeping.anchor()
    view = keeping.dossiers.open(**_open(caseworker, dossier))
    assert view.trust.state is TrustState.VERIFIED
    assert {record.record.note for record in view.records if hasattr(record.record, "note")} == {"a", "b"}


def test_one_of_two_writers_of_one_record_at_once_is_refused(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))

    def change(note: str) -> Callable[[], object]:
        return lambda: keeping.records.change(
            actor=caseworker,
            dossier=dossier,
            record_id=added.record_id,
            expected_version=1,
            record=make_income(owner, note=note),
        )

    found = _at_once(*(change(str(number)) for number in range(4)))
    refused = [outcome for outcome in found if isinstance(outcome, BaseException)]
    assert len(refused) == 3
    assert all(isinstance(outcome, Conflict) for outcome in refused), refused
    keeping.anchor()
    assert keeping.dossiers.open(**_open(caseworker, dossier)).trust.state is TrustState.VERIFIED


def test_quick_edits_become_one_job_on_the_last_signed_root(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    keeping.anchor()
    anchored = keeping.chain.roots[dossier]
    for amount in (100, 200, 300):
        keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner, amount=Cents(amount)))
    with keeping.store.read() as work:
        states = [job.state for job in work.outbox.of(dossier)]
        [job] = work.outbox.in_state(JobState.QUEUED)
        row = work.dossiers.get(dossier)
    assert states == [JobState.CONFIRMED, JobState.REPLACED, JobState.REPLACED, JobState.QUEUED]
    assert row is not None
    assert (job.previous_root, job.new_root) == (anchored, row.root)


def test_an_edit_after_signing_waits_behind_the_signed_root(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    batch = keeping.chain.sign(keeping.store)
    keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
    with keeping.store.read() as work:
        signed, queued = work.outbox.of(dossier)
    assert (signed.state, queued.state) == (JobState.SIGNED, JobState.QUEUED)
    assert queued.previous_root == signed.new_root
    for step in (lambda: None, lambda: keeping.chain.mine(keeping.store, batch)):
        step()
        assert keeping.dossiers.open(**_open(caseworker, dossier)).trust.state is TrustState.BEING_RECORDED
    keeping.chain.confirm(keeping.store, batch)
    keeping.anchor()
    assert keeping.dossiers.open(**_open(caseworker, dossier)).trust.state is TrustState.VERIFIED


def test_add_refuses_somebody_who_is_no_applicant_here(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    stranger = RecordId(b"\x01" * 32)
    for record, field in (
        (make_obligation(stranger), "owed_by"),
        (make_income(stranger), "owner"),
        (make_expense(stranger), "owner"),
    ):
        with pytest.raises(InvalidInput) as raised:
            keeping.records.add(actor=caseworker, dossier=dossier, record=record)
        assert (raised.value.key, raised.value.field) == ("applicant_unknown", field)


def test_a_partner_can_be_added_once(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    partner = make_applicant(surname="Bos", position=Position.PARTNER)
    keeping.records.add(actor=caseworker, dossier=dossier, record=partner)
    for third in (partner, make_applicant(surname="Vos")):
        with pytest.raises(InvalidInput):
            keeping.records.add(actor=caseworker, dossier=dossier, record=third)


def test_an_applicant_whom_others_speak_of_cannot_be_withdrawn(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    partner = keeping.records.add(
        actor=caseworker, dossier=dossier, record=make_applicant(surname="Bos", position=Position.PARTNER)
    )
    income = keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(partner.record_id))
    place: dict[str, Any] = {"actor": caseworker, "dossier": dossier, "expected_version": 1, "reason": "uit elkaar"}
    with pytest.raises(InvalidInput):
        keeping.records.withdraw(**place, record_id=partner.record_id)
    keeping.records.withdraw(**place, record_id=income.record_id)
    keeping.records.withdraw(**place, record_id=partner.record_id)


@pytest.mark.parametrize("reason", ["", "  "])
def test_withdraw_needs_a_reason(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId, reason: str
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
    with pytest.raises(InvalidInput) as raised:
        keeping.records.withdraw(
            actor=caseworker, dossier=dossier, record_id=added.record_id, expected_version=1, reason=reason
        )
    assert raised.value.field == "reason"


def test_change_keeps_the_kind_of_a_record(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner))
    with pytest.raises(InvalidInput) as raised:
        keeping.records.change(
            actor=caseworker,
            dossier=dossier,
            record_id=added.record_id,
            expected_version=1,
            record=make_expense(owner),
        )
    assert raised.value.key == "kind_differs"


def test_unknown_record_and_dossier_are_not_found(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    nothing = RecordId(b"\x01" * 32)
    with pytest.raises(NotFound):
        keeping.records.change(
            actor=caseworker, dossier=dossier, record_id=nothing, expected_version=1, record=make_income(owner)
        )
    with pytest.raises(NotFound):
        keeping.records.history(actor=caseworker, dossier=dossier, record_id=nothing)
    with pytest.raises(NotFound):
        keeping.records.add(actor=caseworker, dossier=DossierId(b"\x01" * 32), record=make_income(owner))


def test_a_resident_confirms_an_agreement_and_changes_nothing_else(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId, owner: RecordId
) -> None:
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_agreement())
    resident = Actor(
        kind="resident",
        id="r",
        name="A.B. Jansen",
        roles=frozenset({Role.RESIDENT}),
        dossiers=frozenset({dossier}),
        applicant=owner,
        session="two",
    )
    confirmed = keeping.records.confirm(actor=resident, dossier=dossier, record_id=added.record_id, expected_version=1)
    assert confirmed.author == "resident"
    assert confirmed.record.status is AgreementStatus.CONFIRMED  # type: ignore[union-attr]
    assert confirmed.record.confirmations[0].role is ConfirmationRole.RESIDENT  # type: ignore[union-attr]
    with pytest.raises(NotAllowed):
        keeping.records.add(actor=resident, dossier=dossier, record=make_income(owner))
    with pytest.raises(NotAllowed):
        keeping.records.confirm(
            actor=replace(resident, dossiers=frozenset()),
            dossier=dossier,
            record_id=added.record_id,
            expected_version=2,
        )


def test_a_yes_does_not_survive_a_change_of_what_was_agreed(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    yes = Confirmation(by="A.B. Jansen", role=ConfirmationRole.RESIDENT, at=datetime(2026, 11, 2, tzinfo=UTC))
    agreed = make_agreement(status=AgreementStatus.CONFIRMED, confirmations=(yes,))
    added = keeping.records.add(actor=caseworker, dossier=dossier, record=make_agreement())
    versions = count(1)

    def change(record: Agreement) -> Agreement:
        view = keeping.records.change(
            actor=caseworker,
            dossier=dossier,
            record_id=added.record_id,
            expected_version=next(versions),
            record=record,
        )
        assert isinstance(view.record, Agreement)
        return view.record

    assert change(agreed) == agreed
    other = change(replace(agreed, amount=Cents(5_000)))
    assert (other.amount, other.status, other.confirmations) == (Cents(5_000), AgreementStatus.PROPOSED, ())


def test_nothing_readable_stands_in_the_database(
    keeping: RecordKeeping, caseworker: Actor, engine: Engine, dossier: DossierId, owner: RecordId
) -> None:
    secret = "Zeldzamenaam"
    keeping.records.add(actor=caseworker, dossier=dossier, record=make_income(owner, note=secret))
    keeping.add_dossier(caseworker, make_applicant(surname=secret, bsn="999990019"))
    keeping.dossiers.list(actor=caseworker, search=secret)
    with engine.connect() as connection:
        for table in ("dossiers", "record_versions", "dossier_revisions", "outbox", "processing_log"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                shown = b"".join(
                    bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in row
                )
                for clear in (secret, "Stroom en Gas", "999990019", "Jansen", "applicant", "income"):
                    assert clear.encode() not in shown, (table, clear)
