from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.records import (
    RECORD_TYPES,
    Address,
    Agreement,
    AgreementStatus,
    AgreementType,
    Applicant,
    Confirmation,
    ConfirmationRole,
    Enrolment,
    EnrolmentBasis,
    Frequency,
    Income,
    IncomeCategory,
    Obligation,
    ObligationType,
    Party,
    RecordKind,
    RecordVersion,
    Source,
    from_plain,
    to_plain,
    version_from_plain,
    version_to_plain,
    without_stale_yes,
)
from schuldhulp.errors import InvalidInput
from tests.support.record_strategies import records, versions

PERSON = bytes(range(32))
OTHER = bytes(32)
DAY = date(2026, 11, 23)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)

OBLIGATION = {"type": ObligationType.RENT, "owed_by": (PERSON,), "creditor": Party(name="X"), "source": Source.FILE}
INCOME = {
    "owner": PERSON,
    "category": IncomeCategory.SALARY,
    "amount": 100,
    "frequency": Frequency.MONTHLY,
    "from_date": DAY,
}
ADDRESS = {"street": "Laan", "house_number": 1, "postcode": "9711AB", "city": "Stad", "from_date": DAY}
APPLICANT = {"surname": "Jansen", "birth_date": PartialDate(1980)}
AGREEMENT = {"type": AgreementType.OTHER, "parties": ("A",), "text": "x", "start": DAY}
ENROLMENT = {"applicants": (PERSON,), "ground": "Wgs", "basis": EnrolmentBasis.NOTICE, "basis_date": DAY, "start": DAY}
CONFIRMATION = {"by": "A", "role": ConfirmationRole.RESIDENT, "at": datetime(2026, 1, 1, tzinfo=UTC)}
VERSION = {
    "dossier": OTHER,
    "record_id": PERSON,
    "version": 1,
    "replaces": bytes(32),
    "salt": OTHER,
    "schema": 1,
    "record": Income(**INCOME),
}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(records)
def test_from_plain_gives_back_what_to_plain_took(record):
    plain = json.loads(json.dumps(to_plain(record)))
    assert from_plain(record.kind, record.schema, plain) == record


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(versions())
def test_version_from_plain_gives_back_what_version_to_plain_took(version):
    plain = json.loads(json.dumps(version_to_plain(version)))
    assert version_from_plain(plain) == version


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(records, st.data())
def test_from_plain_raises_nothing_but_invalid_input_on_a_wrong_value(record, data):
    plain = to_plain(record)
    name = data.draw(st.sampled_from(sorted(plain)))
    plain[name] = data.draw(JSON)
    assert outcome(record.kind, plain) in ("accepted", "refused")


@given(st.sampled_from(RecordKind), JSON)
def test_from_plain_raises_nothing_but_invalid_input_on_anything(kind, plain):
    assert outcome(kind, plain) == "refused"


def outcome(kind: RecordKind, plain: object) -> str:
    try:
        from_plain(kind, 1, plain)
    except InvalidInput as error:
        return "refused" if error.field else "refused without a field"
    return "accepted"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(records)
def test_repr_of_a_record_shows_no_value(record):
    assert repr(record) == f"<{type(record).__name__}>"


@pytest.mark.parametrize("kind", RecordKind)
def test_from_plain_refuses_unknown_fields_without_repeating_them(kind):
    with pytest.raises(InvalidInput) as caught:
        from_plain(kind, 1, {"999990019": 1})
    assert caught.value.key == "field_unknown"
    assert "999990019" not in str(caught.value)


def test_from_plain_refuses_an_unknown_field_of_a_part():
    plain = to_plain(Obligation(**OBLIGATION))
    plain["creditor"] = {"name": "X", "iban": "NL"}
    with pytest.raises(InvalidInput, match="creditor: unknown field"):
        from_plain(RecordKind.OBLIGATION, 1, plain)


def test_from_plain_says_whose_field_is_wrong():
    plain = to_plain(Obligation(**OBLIGATION)) | {"bailiff": {"name": "X", "kvk": "1"}}
    with pytest.raises(InvalidInput) as caught:
        from_plain(RecordKind.OBLIGATION, 1, plain)
    assert (caught.value.key, caught.value.field) == ("kvk_invalid", "bailiff.kvk")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-20T09:30:00Z", datetime(2026, 1, 20, 9, 30, tzinfo=UTC)),
        ("2026-01-20T10:30:00+01:00", datetime(2026, 1, 20, 9, 30, tzinfo=UTC)),
        ("2026-01-20T09:30:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
    ],
)
def test_from_plain_wants_moments_with_a_zone(text, moment):
    confirmations = [{"by": "A", "role": "resident", "at": text}]
    plain = to_plain(Agreement(**AGREEMENT)) | {"confirmations": confirmations}
    if moment is None:
        with pytest.raises(InvalidInput) as caught:
            from_plain(RecordKind.AGREEMENT, 1, plain)
        assert caught.value.field == "confirmations.at"
    else:
        assert from_plain(RecordKind.AGREEMENT, 1, plain).confirmations[0].at == moment


def test_from_plain_names_the_missing_field():
    with pytest.raises(InvalidInput) as caught:
        from_plain(RecordKind.INCOME, 1, {})
    assert (caught.value.key, caught.value.field) == ("required", "amount")


def test_from_plain_fills_in_defaults():
    plain = {"type": "rent", "owed_by": [PERSON.hex()], "creditor": {"name": "X"}, "source": "file"}
    assert from_plain(RecordKind.OBLIGATION, 1, plain) == Obligation(**OBLIGATION)


def test_from_plain_refuses_another_schema():
    with pytest.raises(InvalidInput, match="schema"):
        from_plain(RecordKind.INCOME, 2, to_plain(Income(**INCOME)))


def test_from_plain_lists_the_choices():
    plain = to_plain(Income(**INCOME)) | {"category": "lottery"}
    with pytest.raises(InvalidInput, match="choose one of salary, benefit") as caught:
        from_plain(RecordKind.INCOME, 1, plain)
    assert "lottery" not in str(caught.value)


def test_record_types_know_their_own_kind():
    assert {kind: record_type.kind for kind, record_type in RECORD_TYPES.items()} == {kind: kind for kind in RecordKind}


@pytest.mark.parametrize(
    ("record_type", "valid", "field", "value"),
    [
        (Obligation, OBLIGATION, "owed_by", ()),
        (Obligation, OBLIGATION, "owed_by", (PERSON, PERSON)),
        (Obligation, OBLIGATION, "owed_by", (b"short",)),
        (Obligation, OBLIGATION, "owed_by", (PERSON, OTHER, b"x" * 32)),
        (Obligation, OBLIGATION, "amount_resident", -1),
        (Obligation, OBLIGATION, "amount_creditor", 10**11),
        (Obligation, OBLIGATION, "arrears", 1.5),
        (Obligation, OBLIGATION, "arrears", True),
        (Obligation, OBLIGATION, "due_day", 0),
        (Obligation, OBLIGATION, "due_day", 32),
        (Obligation, OBLIGATION, "statement_date", date(1066, 1, 1)),
        (Obligation, OBLIGATION, "statement_date", datetime(2026, 1, 1, tzinfo=UTC)),
        (Obligation, OBLIGATION, "note", "x" * 10_001),
        (Obligation, OBLIGATION, "note", "\x00"),
        (Obligation, OBLIGATION, "note", "\ud800"),
        (Obligation, OBLIGATION, "legal_ground", "two\nlines"),
        (Income, INCOME, "owner", b""),
        (Income, INCOME, "amount", -5),
        (Income, INCOME, "until", date(2026, 11, 22)),
        (Address, ADDRESS, "street", " "),
        (Address, ADDRESS, "house_number", 0),
        (Address, ADDRESS, "postcode", "9711 ab"),
        (Address, ADDRESS, "until", date(2020, 1, 1)),
        (Applicant, APPLICANT, "surname", "123"),
        (Applicant, APPLICANT, "surname", ""),
        (Applicant, APPLICANT, "other_surnames", ("-",)),
        (Applicant, APPLICANT, "other_surnames", ("Smit", "Smit")),
        (Applicant, APPLICANT, "birth_date", date(1980, 1, 1)),
        (Party, {"name": "X"}, "name", ""),
        (Party, {"name": "X"}, "kvk", "1234567"),
        (Party, {"name": "X"}, "kvk", " 12345678"),
        (Agreement, AGREEMENT, "parties", ()),
        (Agreement, AGREEMENT, "text", "\n"),
        (Agreement, AGREEMENT, "status", AgreementStatus.CONFIRMED),
        (Agreement, AGREEMENT, "end", date(2026, 1, 1)),
        (Confirmation, CONFIRMATION, "at", datetime(2026, 1, 1)),  # noqa: DTZ001
        (Confirmation, CONFIRMATION, "at", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
        (Enrolment, ENROLMENT, "ground", ""),
        (Enrolment, ENROLMENT, "publications", ("xyz",)),
        (RecordVersion, VERSION, "dossier", b"x"),
        (RecordVersion, VERSION, "version", 0),
        (RecordVersion, VERSION, "version", 2**32),
        (RecordVersion, VERSION, "replaces", b"\x01" * 32),
        (RecordVersion, VERSION, "salt", bytes(31)),
        (RecordVersion, VERSION, "schema", 2),
    ],
)
def test_record_refuses_and_names_the_field(record_type, valid, field, value):
    record_type(**valid)
    with pytest.raises(InvalidInput) as caught:
        record_type(**valid | {field: value})
    assert caught.value.field == field


def test_obligation_with_an_instalment_needs_a_frequency():
    with pytest.raises(InvalidInput) as caught:
        Obligation(**OBLIGATION, instalment=100)
    assert caught.value.field == "frequency"
    assert Obligation(**OBLIGATION, instalment=100, frequency=Frequency.MONTHLY).instalment == 100


def test_enrolment_that_ended_needs_a_reason():
    with pytest.raises(InvalidInput) as caught:
        Enrolment(**ENROLMENT, end=DAY)
    assert caught.value.field == "end_reason"


def test_record_version_that_withdraws_needs_a_reason():
    with pytest.raises(InvalidInput) as caught:
        RecordVersion(**VERSION, withdrawn=True)
    assert caught.value.field == "reason"


def test_record_version_after_the_first_needs_what_it_replaces():
    with pytest.raises(InvalidInput) as caught:
        RecordVersion(**VERSION | {"version": 2})
    assert caught.value.field == "replaces"


def test_record_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Income(**INCOME).amount = 1


def test_applicant_full_name_puts_the_parts_in_order():
    assert Applicant(**APPLICANT, initials="A.", prefix="de").full_name == "A. de Jansen"
    assert Applicant(**APPLICANT, first_names="Anna").full_name == "Anna Jansen"


YES = Confirmation(by="A", role=ConfirmationRole.RESIDENT, at=datetime(2026, 11, 23, 9, tzinfo=UTC))
LATER_YES = dataclasses.replace(YES, by="B", role=ConfirmationRole.CASEWORKER)
PROPOSED = Agreement(**AGREEMENT, end=date(2026, 12, 31))
CONFIRMED = dataclasses.replace(PROPOSED, status=AgreementStatus.CONFIRMED, confirmations=(YES,))
ENDED = dataclasses.replace(CONFIRMED, status=AgreementStatus.ENDED, end=DAY)


@pytest.mark.parametrize(
    ("before", "change"),
    [
        (PROPOSED, {"status": AgreementStatus.CONFIRMED, "confirmations": (YES, LATER_YES)}),
        (CONFIRMED, {"confirmations": (YES, LATER_YES)}),
        (CONFIRMED, {"status": AgreementStatus.ENDED, "end": DAY}),
        (CONFIRMED, {"status": AgreementStatus.REFUSED}),
        (ENDED, {"end": None}),
    ],
)
def test_yes_stays_while_the_agreement_says_the_same(before, change):
    after = dataclasses.replace(before, **change)
    assert without_stale_yes(after, before) == after


@pytest.mark.parametrize(
    "change",
    [
        {"type": AgreementType.STABILISATION},
        {"parties": ("A", "B")},
        {"text": "y"},
        {"amount": 1},
        {"frequency": Frequency.WEEKLY},
        {"start": date(2026, 11, 22)},
        {"end": None},
    ],
)
def test_yes_goes_when_the_agreement_says_something_else(change):
    after = dataclasses.replace(CONFIRMED, **change)
    proposed = {"status": AgreementStatus.PROPOSED, "confirmations": ()}
    assert without_stale_yes(after, CONFIRMED) == dataclasses.replace(after, **proposed)
    # A yes that comes with the change is a yes to what it says now.
    renewed = dataclasses.replace(after, confirmations=(YES, LATER_YES))
    assert without_stale_yes(renewed, CONFIRMED) == dataclasses.replace(after, confirmations=(LATER_YES,))
    if "end" not in change:
        over = dataclasses.replace(after, status=AgreementStatus.REFUSED)
        assert without_stale_yes(over, CONFIRMED) == dataclasses.replace(over, confirmations=())


def test_yes_goes_when_an_agreement_begins_anew():
    again = dataclasses.replace(ENDED, status=AgreementStatus.CONFIRMED)
    assert without_stale_yes(again, ENDED) == dataclasses.replace(
        again, status=AgreementStatus.PROPOSED, confirmations=()
    )
