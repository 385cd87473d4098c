"""Taking statements over and declining them: what is written, what is refused, and that nothing is half done."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.records import ConsentSubject, Expense, Position, RecordKind
from schuldhulp.domain.statements import StatementDecline
from schuldhulp.domain.taken_statements import MARK
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound, Undecryptable
from schuldhulp.services.statements.rows import StatementFinding, StatementState
from schuldhulp.storage import SqlStore
from tests.support.factories import MUNICIPALITY, RecordKeeping, make_applicant
from tests.support.statement_desk import ROLE, StatementDesks
from tests.support.statements import make_statement, sealed_statement


@pytest.fixture
def desks(keeping: RecordKeeping) -> StatementDesks:
    return StatementDesks(keeping)


@pytest.fixture
def anna(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def dossier(keeping: RecordKeeping, anna: Actor) -> DossierId:
    return keeping.add_dossier(anna)


def conflict(key: str):
    return pytest.raises(Conflict, check=lambda error: error.key == key)


def taken(desks: StatementDesks, anna: Actor, dossier: DossierId, message: bytes, **changes):
    arguments = {
        "actor": anna,
        "message": message,
        "dossier": dossier,
        "applicant": desks.keeping.first_applicant(dossier),
    }
    return desks.desk.take_over(**arguments | changes)


def rents(desks: StatementDesks, anna: Actor, dossier: DossierId):
    view = desks.keeping.dossiers.open(actor=anna, dossier=dossier, purpose=Purpose.DEBT_HELP)
    return view.of_kind(RecordKind.EXPENSE)


def test_take_over_makes_a_record_with_its_source(desks: StatementDesks, anna: Actor, dossier: DossierId) -> None:
    message = desks.received()
    desks.consents(anna, dossier)
    view = taken(desks, anna, dossier, message)
    (shown,) = rents(desks, anna, dossier)
    assert shown.record_id == view.record_id
    assert isinstance(shown.record, Expense)
    assert (shown.record.amount, shown.record.from_date) == (612_34, date(2026, 11, 1))
    assert shown.record.note.startswith(MARK)
    assert message.hex()[:16] in shown.record.note
    (entry,) = desks.inbox.list(actor=anna, decided=True)
    assert (entry.state, entry.dossier, entry.altered) == (StatementState.TAKEN_OVER, dossier, False)
    assert desks.inbox.list(actor=anna) == []


def test_take_over_renews_a_record(desks: StatementDesks, anna: Actor, dossier: DossierId) -> None:
    desks.consents(anna, dossier)
    first = taken(desks, anna, dossier, desks.received())
    newer = desks.received(make_statement(amount=650_00, from_date=date(2026, 11, 20)))
    applicant = desks.keeping.first_applicant(dossier)
    (known,) = desks.desk.renewable(actor=anna, message=newer, dossier=dossier, applicant=applicant)
    assert known.record_id == first.record_id
    taken(desks, anna, dossier, newer, known=known.record_id)
    (shown,) = rents(desks, anna, dossier)
    assert (shown.version, shown.record.amount, shown.record.note.count(MARK)) == (2, 650_00, 1)


def test_take_over_of_a_later_amount_stands_beside_the_present_one(
    desks: StatementDesks, anna: Actor, dossier: DossierId
) -> None:
    desks.consents(anna, dossier)
    first = taken(desks, anna, dossier, desks.received())
    later = desks.received(make_statement(amount=650_00, from_date=date(2027, 7, 1)))
    taken(desks, anna, dossier, later, known=first.record_id)
    found = {(one.record.from_date, one.record.until, one.record.amount) for one in rents(desks, anna, dossier)}
    assert found == {(date(2026, 11, 1), date(2027, 6, 30), 612_34), (date(2027, 7, 1), None, 650_00)}


@pytest.mark.parametrize(
    "consent",
    [
        None,
        {"kvk": "87654321"},
        {"subject": ConsentSubject.ENERGY},
        {"given_on": date(2026, 11, 24)},
        {"until": date(2026, 11, 22)},
        {"ended_on": date(2026, 11, 23)},
    ],
)
def test_take_over_needs_a_consent_that_holds_today(
    desks: StatementDesks, anna: Actor, dossier: DossierId, consent
) -> None:
    message = desks.received()
    if consent is not None:
        desks.consents(anna, dossier, **consent)
    with conflict("consent_missing"):
        taken(desks, anna, dossier, message)
    assert rents(desks, anna, dossier) == []
    (entry,) = desks.inbox.list(actor=anna)
    assert (entry.state, entry.answer_by) == (StatementState.WAITING, date(2026, 12, 7))


@pytest.mark.parametrize("over", ["ended", "withdrawn"])
def test_consent_that_went_while_the_page_was_open_is_refused_in_the_same_change(
    desks: StatementDesks, anna: Actor, dossier: DossierId, over: str
) -> None:
    message, consent = desks.received(), desks.consents(anna, dossier)
    applicant = desks.keeping.first_applicant(dossier)
    records, place = desks.keeping.records, {"actor": anna, "dossier": dossier, "record_id": consent}
    arguments = {"actor": anna, "message": message, "dossier": dossier, "applicant": applicant}
    assert [one.is_new for one in desks.desk.becomes(**arguments)] == [True]
    change = desks.keeping.writer.change

    def gone_meanwhile(*given, **named):
        # After everything was looked at that is looked at before the dossier is locked.
        desks.keeping.writer.change = change
        if over == "withdrawn":
            records.withdraw(**place, expected_version=1, reason="Ingetrokken")
        else:
            (view,) = records.history(**place)
            ended = replace(view.record, ended_on=date(2026, 11, 23))
            records.change(**place, expected_version=1, record=ended)
        return change(*given, **named)

    desks.keeping.writer.change = gone_meanwhile
    with conflict("consent_missing"):
        taken(desks, anna, dossier, message)
    with conflict("consent_missing"):
        desks.desk.becomes(**arguments)
    assert rents(desks, anna, dossier) == []
    assert desks.inbox.list(actor=anna)[0].state is StatementState.WAITING


@pytest.mark.parametrize("known", [False, True])
def test_becomes_says_what_take_over_writes_and_writes_nothing(
    desks: StatementDesks, anna: Actor, dossier: DossierId, known: bool
) -> None:
    desks.consents(anna, dossier)
    first = taken(desks, anna, dossier, desks.received()).record_id if known else None
    later = desks.received(make_statement(amount=650_00, from_date=date(2027, 7, 1)))
    applicant = desks.keeping.first_applicant(dossier)
    arguments = {"actor": anna, "message": later, "dossier": dossier, "applicant": applicant, "known": first}
    found = desks.desk.becomes(**arguments)
    assert [one.is_new for one in found] == ([False, True] if known else [True])
    before = [one.record for one in rents(desks, anna, dossier)]
    assert len(before) == int(known)
    desks.desk.take_over(**arguments)
    written = {one.record.from_date: one.record for one in rents(desks, anna, dossier)}
    assert written == {one.record.from_date: one.record for one in found}


def test_take_over_asks_the_chain_whether_the_sender_is_still_admitted(
    desks: StatementDesks, anna: Actor, dossier: DossierId
) -> None:
    desks.consents(anna, dossier)
    message = desks.received()
    desks.keeping.chain.roles.clear()
    with pytest.raises(Undecryptable, match="sender_not_admitted"):
        taken(desks, anna, dossier, message)
    desks.keeping.chain.roles.add(ROLE)
    taken(desks, anna, dossier, message)


def test_what_somebody_puts_into_the_database_cannot_be_taken_over(
    desks: StatementDesks, anna: Actor, dossier: DossierId, engine: Engine
) -> None:
    desks.consents(anna, dossier)
    said = make_statement()
    other = AccountKey.generate()
    forged = sealed_statement(desks.claim_key.public_key, said, other)
    # In the name of the landlord's account, without its key; and of an own account, without a role.
    with pytest.raises(Undecryptable, match="signer_other"):
        taken(desks, anna, dossier, desks.received(said, content=forged))
    again = make_statement()
    own = sealed_statement(desks.claim_key.public_key, again, other)
    with pytest.raises(Undecryptable, match="sender_not_admitted"):
        taken(desks, anna, dossier, desks.received(again, content=own, sender=other.address))
    # A right one in the place of another.
    message = desks.received()
    right = sealed_statement(desks.claim_key.public_key, said)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE channel_messages SET content = :content WHERE message = :message"),
            {"content": right, "message": message},
        )
        connection.execute(
            text("UPDATE statements SET statement_id = :id WHERE message = :message"),
            {"id": said.statement_id, "message": message},
        )
    with pytest.raises(Undecryptable, match="undecryptable"):
        taken(desks, anna, dossier, message)
    assert rents(desks, anna, dossier) == []


def test_take_over_into_two_dossiers_at_once_happens_once(
    desks: StatementDesks, anna: Actor, dossier: DossierId
) -> None:
    other = desks.keeping.add_dossier(anna, make_applicant(surname="Anders", bsn="999990019"))
    message, gate = desks.received(), threading.Barrier(2)
    for one in (dossier, other):
        desks.consents(anna, one, applicant=desks.keeping.first_applicant(one))

    def attempt(one: DossierId) -> str:
        applicant = desks.keeping.first_applicant(one)
        gate.wait()
        try:
            desks.desk.take_over(actor=anna, message=message, dossier=one, applicant=applicant)
        except Conflict as error:
            return error.key
        return "taken over"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, (dossier, other))) == ["statement_decided", "taken over"]
    assert sorted(len(rents(desks, anna, one)) for one in (dossier, other)) == [0, 1]


def test_take_over_needs_the_consent_of_whom_it_is_about(desks: StatementDesks, anna: Actor) -> None:
    keeping = desks.keeping
    partner = make_applicant(surname="Pieters", position=Position.PARTNER)
    dossier = keeping.add_dossier(anna, make_applicant(), partner)
    people = [
        one.record_id
        for one in keeping.dossiers.open(actor=anna, dossier=dossier, purpose=Purpose.DEBT_HELP).of_kind(
            RecordKind.APPLICANT
        )
    ]
    other = next(one for one in people if one != keeping.first_applicant(dossier))
    desks.consents(anna, dossier, applicant=other)
    message = desks.received()
    with conflict("consent_missing"):
        taken(desks, anna, dossier, message)
    taken(desks, anna, dossier, message, applicant=other)


def test_take_over_twice_is_refused_and_writes_nothing(desks: StatementDesks, anna: Actor, dossier: DossierId) -> None:
    desks.consents(anna, dossier)
    message = desks.received()
    taken(desks, anna, dossier, message)
    with conflict("statement_decided"):
        taken(desks, anna, dossier, message)
    with conflict("statement_decided"):
        desks.desk.decline(actor=anna, message=message, reason=StatementDecline.NOT_RIGHT)
    assert len(rents(desks, anna, dossier)) == 1


def test_take_over_names_what_is_not_there(desks: StatementDesks, anna: Actor, dossier: DossierId) -> None:
    desks.consents(anna, dossier)
    message = desks.received()
    for changes in ({"message": b"\x01" * 32}, {"applicant": b"\x01" * 32}, {"known": b"\x01" * 32}):
        with pytest.raises(NotFound):
            taken(desks, anna, dossier, **({"message": message} | changes))
    benefit = desks.received(make_statement(subject=ConsentSubject.BENEFIT))
    desks.consents(anna, dossier, subject=ConsentSubject.BENEFIT)
    made = taken(desks, anna, dossier, message)
    with pytest.raises(InvalidInput, check=lambda error: error.key == "record_other"):
        taken(desks, anna, dossier, benefit, known=made.record_id)


def test_what_is_not_right_cannot_be_taken_over_and_can_be_declined(
    desks: StatementDesks, anna: Actor, dossier: DossierId
) -> None:
    desks.consents(anna, dossier)
    closed = desks.received(content=b"rubbish", finding=StatementFinding.UNDECRYPTABLE)
    borrowed = desks.received(organisation="87654321", finding=StatementFinding.SENDER_MISMATCH)
    refused = desks.received(finding=StatementFinding.BSN_NOT_ALLOWED)
    for message in (closed, borrowed):
        with pytest.raises(Undecryptable):
            taken(desks, anna, dossier, message)
    with conflict("statement_unopened"):
        taken(desks, anna, dossier, refused)
    fresh = desks.received(opened=False)
    with conflict("statement_unopened"):
        desks.desk.decline(actor=anna, message=fresh, reason=StatementDecline.NOT_RIGHT)
    for message in (closed, borrowed, refused):
        desks.desk.decline(actor=anna, message=message, reason=StatementDecline.NOT_RIGHT)
    assert [entry.message for entry in desks.inbox.list(actor=anna)] == [fresh]


def test_decline_keeps_the_reason_from_who_copies_the_database(
    desks: StatementDesks, anna: Actor, dossier: DossierId, engine: Engine, store: SqlStore
) -> None:
    message = desks.received()
    desks.desk.decline(actor=anna, message=message, reason=StatementDecline.NO_CONSENT, text="Belt terug op dinsdag.")
    (entry,) = desks.inbox.list(actor=anna, decided=True)
    assert (entry.state, entry.reason, entry.altered) == (StatementState.DECLINED, StatementDecline.NO_CONSENT, False)
    with store.read() as work:
        row = work.statements.get(message)
    assert row is not None
    assert b"no_consent" not in row.outcome
    assert b"dinsdag" not in row.outcome
    with engine.begin() as connection:
        connection.execute(text("UPDATE statements SET state = 'taken_over'"))
    assert desks.inbox.list(actor=anna, decided=True)[0].altered


def test_candidates_say_whether_consent_stands_there(desks: StatementDesks, anna: Actor, dossier: DossierId) -> None:
    message = desks.received()
    desks.keeping.add_dossier(anna, make_applicant(surname="Anders", bsn="999990019"))
    (found,) = [one for one in desks.inbox.candidates(actor=anna, message=message) if "name" in one.candidate.signs]
    assert (found.candidate.dossier.id, found.consent) == (dossier, None)
    consent = desks.consents(anna, dossier)
    (found,) = [one for one in desks.inbox.candidates(actor=anna, message=message) if "name" in one.candidate.signs]
    assert found.consent == consent


def test_candidates_by_number_leave_out_who_has_another(desks: StatementDesks, anna: Actor, dossier: DossierId) -> None:
    client = make_statement().client
    with_number = type(client)(
        surname=client.surname,
        birth_date=client.birth_date,
        postcode=client.postcode,
        house_number=client.house_number,
        bsn=Bsn("999990019"),
    )
    other = desks.keeping.add_dossier(anna, make_applicant(surname="Vermeer", bsn="999990019"))
    message = desks.received(make_statement(client=with_number))
    found = desks.inbox.candidates(actor=anna, message=message)
    assert found[0].candidate.dossier.id == other


def test_only_who_decides_on_what_parties_send_sees_statements(
    desks: StatementDesks, anna: Actor, dossier: DossierId
) -> None:
    message = desks.received()
    resident = Actor(kind="resident", id="r", roles=frozenset({Role.RESIDENT}), dossiers=frozenset({dossier}))
    administrator = desks.keeping.staff_member("beheer", Role.ADMINISTRATOR)
    for actor in (resident, administrator):
        for act in (
            lambda actor=actor: desks.inbox.list(actor=actor),
            lambda actor=actor: desks.inbox.entry(actor=actor, message=message),
            lambda actor=actor: desks.inbox.opened(actor=actor, message=message),
            lambda actor=actor: desks.inbox.candidates(actor=actor, message=message),
            lambda actor=actor: taken(desks, actor, dossier, message),
            lambda actor=actor: desks.desk.decline(
                actor=actor, message=message, reason=StatementDecline.CLIENT_UNKNOWN
            ),
        ):
            with pytest.raises(NotAllowed):
                act()


def test_take_over_outside_the_caseload_needs_an_opened_dossier(
    desks: StatementDesks, anna: Actor, dossier: DossierId
) -> None:
    desks.consents(anna, dossier)
    message = desks.received()
    bram = desks.keeping.staff_member("bram", session="session-two")
    with pytest.raises(NotAllowed, check=lambda error: error.key == "open_first"):
        taken(desks, bram, dossier, message)
    desks.keeping.dossiers.open(actor=bram, dossier=dossier, purpose=Purpose.CLAIM_REVIEW, reason="Vervanging")
    taken(desks, bram, dossier, message)


def test_statements_stand_by_age(desks: StatementDesks, anna: Actor) -> None:
    first = desks.received()
    desks.keeping.clock.time += timedelta(days=1)
    second = desks.received()
    assert [entry.message for entry in desks.inbox.list(actor=anna)] == [first, second]
    assert desks.inbox.entry(actor=anna, message=second) == desks.inbox.list(actor=anna)[1]
    assert desks.inbox.entry(actor=anna, message=bytes(32)) is None


def test_to_erase_names_what_was_decided_long_ago(
    desks: StatementDesks, anna: Actor, dossier: DossierId, store: SqlStore
) -> None:
    waiting, declined = desks.received(), desks.received()
    desks.desk.decline(actor=anna, message=declined, reason=StatementDecline.CLIENT_UNKNOWN)
    with store.write() as work:
        row = work.statements.get(declined)
        assert row is not None
        assert row.decided_at is not None
        assert work.statements.to_erase(MUNICIPALITY, decided_before=row.decided_at) == []
        later = row.decided_at + timedelta(seconds=1)
        assert work.statements.to_erase(MUNICIPALITY, decided_before=later) == [declined]
        work.mail.erase([declined])
        assert work.statements.to_erase(MUNICIPALITY, decided_before=later) == []
        work.commit()
    with pytest.raises(NotFound):
        desks.inbox.opened(actor=anna, message=declined)
    assert desks.inbox.opened(actor=anna, message=waiting).row.message == waiting


@pytest.mark.parametrize("changes", [{"ended_on": None}, {"ended_on": date(2026, 12, 1)}])
def test_consent_that_ended_stays_ended(desks: StatementDesks, anna: Actor, dossier: DossierId, changes) -> None:
    consent = desks.consents(anna, dossier, ended_on=date(2026, 11, 20))
    records, place = desks.keeping.records, {"actor": anna, "dossier": dossier, "record_id": consent}
    (view,) = records.history(**place)
    with pytest.raises(InvalidInput, check=lambda error: (error.key, error.field) == ("consent_ended", "ended_on")):
        records.change(**place, expected_version=1, record=replace(view.record, **changes))
    earlier = replace(view.record, ended_on=date(2026, 11, 19))
    records.change(**place, expected_version=1, record=earlier)
    message = desks.received()
    with conflict("consent_missing"):
        taken(desks, anna, dossier, message)
    # Who changes her mind gives another one.
    desks.consents(anna, dossier)
    taken(desks, anna, dossier, message)
