from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import (
    Consent,
    ConsentForm,
    ConsentSubject,
    Expense,
    ExpenseCategory,
    Income,
    IncomeCategory,
    Obligation,
    ObligationStatus,
    ObligationType,
    Party,
    Source,
)
from schuldhulp.domain.statements import statement_from_plain, statement_to_plain, valid_consent
from schuldhulp.domain.taken_statements import MARK, may_renew, renewable, source_line, taken_over
from schuldhulp.errors import InvalidInput
from tests.support.statements import LANDLORD, make_statement

TODAY = date(2026, 11, 23)
OWNER, OTHER = b"\x01" * 32, b"\x02" * 32
SOURCE = source_line(make_statement(), TODAY, b"\xab" * 32)
RENT = Expense(
    owner=OWNER,
    category=ExpenseCategory.RENT,
    description="Huur",
    amount=500_00,
    frequency=Frequency.MONTHLY,
    from_date=date(2025, 1, 1),
    fixed=False,
    note="Betaalt per bank.",
)
DEBT = Obligation(
    type=ObligationType.RENT,
    owed_by=(OWNER, OTHER),
    creditor=Party(name="Verhuurder", kvk=LANDLORD.kvk),
    arrears=100_00,
    instalment=500_00,
    frequency=Frequency.MONTHLY,
    source=Source.RESIDENT,
    note="Achterstand.",
)
CONSENT = Consent(
    applicant=OWNER,
    party="X",
    kvk=LANDLORD.kvk,
    subject=ConsentSubject.RENT,
    given_on=date(2026, 11, 2),
    how=ConsentForm.SPOKEN,
)


def test_statement_survives_its_plain_form():
    full = make_statement(
        until=date(2027, 1, 1), iban="NL91ABNA0417164300", client=replace(make_statement().client, bsn=Bsn("999990019"))
    )
    assert statement_from_plain(statement_to_plain(full)) == full
    assert repr(full) == "<Statement>"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"statement_id": b"\x01"}, "statement_id"),
        ({"statement_id": bytes(32)}, "statement_id"),
        ({"municipality": 0}, "municipality"),
        ({"client": LANDLORD}, "client"),
        ({"sender": None}, "sender"),
        ({"reference": ""}, "reference"),
        ({"subject": "rent"}, "subject"),
        ({"amount": None}, "amount"),
        ({"amount": -1}, "amount"),
        ({"frequency": Frequency.ONCE}, "frequency"),
        ({"frequency": Frequency.NONE}, "frequency"),
        ({"from_date": None}, "from_date"),
        ({"until": date(2026, 10, 31)}, "until"),
        ({"iban": "NL00ABNA0417164300"}, "iban"),
        ({"iban": "nl91 abna 0417 1643 00"}, "iban"),
        ({"sent_at": None}, "sent_at"),
    ],
)
def test_statement_names_the_field_that_is_wrong(changes, field):
    with pytest.raises(InvalidInput) as caught:
        make_statement(**changes)
    assert caught.value.field == field


@pytest.mark.parametrize("schema", [None, 2, True, "1"])
def test_statement_from_plain_refuses_another_schema(schema):
    with pytest.raises(InvalidInput) as caught:
        statement_from_plain(statement_to_plain(make_statement()) | {"schema": schema})
    assert caught.value.field == "schema"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda deeper: st.lists(deeper)))
def test_statement_from_plain_refuses_rubbish_with_a_named_error(plain):
    with pytest.raises(InvalidInput):
        statement_from_plain(plain)


@pytest.mark.parametrize("subject", ConsentSubject)
def test_every_subject_becomes_an_income_or_an_expense(subject):
    made = taken_over(make_statement(subject=subject), OWNER, known=None, source=SOURCE, today=TODAY)
    assert made.renewed is None
    assert isinstance(made.added, Income | Expense)
    assert made.added.description == LANDLORD.name
    assert (made.added.amount, made.added.frequency) == (612_34, Frequency.MONTHLY)
    assert made.added.note.startswith(MARK)
    assert may_renew(make_statement(subject=subject), made.added, OWNER)
    assert not may_renew(make_statement(subject=subject), made.added, OTHER)


def test_taken_over_renews_an_expense_and_keeps_what_the_party_cannot_say():
    made = taken_over(make_statement(), OWNER, known=RENT, source=SOURCE, today=TODAY)
    assert made.added is None
    assert made.renewed == replace(
        RENT, amount=612_34, from_date=date(2026, 11, 1), note=f"Betaalt per bank.\n{SOURCE}"
    )


def test_taken_over_again_replaces_the_line_of_the_earlier_statement():
    first = taken_over(make_statement(), OWNER, known=RENT, source=SOURCE, today=TODAY).renewed
    newer = source_line(make_statement(reference="HUUR-0018"), TODAY, b"\xcd" * 32)
    again = taken_over(make_statement(amount=700_00), OWNER, known=first, source=newer, today=TODAY).renewed
    assert again.note == f"Betaalt per bank.\n{newer}"


def test_taken_over_from_a_later_day_ends_the_known_amount_the_day_before():
    later = make_statement(from_date=date(2027, 1, 1), amount=650_00)
    made = taken_over(later, OWNER, known=RENT, source=SOURCE, today=TODAY)
    assert made.renewed == replace(RENT, until=date(2026, 12, 31))
    assert (made.added.amount, made.added.from_date, made.added.description) == (650_00, date(2027, 1, 1), "Huur")
    ending = replace(RENT, until=date(2026, 12, 1))
    assert taken_over(later, OWNER, known=ending, source=SOURCE, today=TODAY).renewed == ending


def test_taken_over_renews_the_instalment_of_an_obligation_and_leaves_its_debt():
    made = taken_over(make_statement(), OWNER, known=DEBT, source=SOURCE, today=TODAY).renewed
    assert made == replace(
        DEBT,
        instalment=612_34,
        statement_date=date(2026, 11, 1),
        source=Source.CREDITOR,
        note=f"Achterstand.\n{SOURCE}",
    )
    with pytest.raises(InvalidInput) as caught:
        taken_over(make_statement(from_date=date(2026, 12, 1)), OWNER, known=DEBT, source=SOURCE, today=TODAY)
    assert caught.value.key == "statement_early"


@pytest.mark.parametrize(
    "record",
    [
        replace(RENT, category=ExpenseCategory.ENERGY),
        replace(RENT, owner=OTHER),
        replace(DEBT, type=ObligationType.ENERGY),
        replace(DEBT, owed_by=(OTHER,)),
        replace(DEBT, status=ObligationStatus.IN_ARREARS),
        replace(DEBT, status=ObligationStatus.ARRANGEMENT),
        Income(
            owner=OWNER,
            category=IncomeCategory.BENEFIT,
            amount=1,
            frequency=Frequency.MONTHLY,
            from_date=date(2026, 1, 1),
        ),
    ],
)
def test_taken_over_renews_nothing_else(record):
    with pytest.raises(InvalidInput) as caught:
        taken_over(make_statement(), OWNER, known=record, source=SOURCE, today=TODAY)
    assert caught.value.key == "record_other"


def test_renewable_puts_the_own_record_of_the_party_first():
    records = {
        b"\x11" * 32: replace(RENT, until=date(2026, 1, 1)),
        b"\x12" * 32: RENT,
        b"\x13" * 32: replace(RENT, description="Woonstichting de haven "),
        b"\x14" * 32: DEBT,
        b"\x15" * 32: replace(RENT, owner=OTHER),
        b"\x16" * 32: CONSENT,
    }
    order = [record[0] for record, _ in renewable(make_statement(), records, OWNER)]
    assert order == [0x13, 0x14, 0x12, 0x11]


def test_valid_consent_is_of_this_party_and_subject_and_holds_today():
    records = {
        b"\x11" * 32: replace(CONSENT, kvk="87654321"),
        b"\x12" * 32: replace(CONSENT, subject=ConsentSubject.ENERGY),
        b"\x13" * 32: replace(CONSENT, ended_on=TODAY),
        b"\x14" * 32: replace(CONSENT, until=date(2026, 11, 22)),
        b"\x15" * 32: replace(CONSENT, given_on=date(2026, 11, 24)),
        b"\x16" * 32: RENT,
    }
    asked = {"kvk": LANDLORD.kvk, "subject": ConsentSubject.RENT, "day": TODAY}
    assert valid_consent(records, **asked) is None
    records |= {b"\x17" * 32: CONSENT, b"\x18" * 32: replace(CONSENT, given_on=date(2026, 11, 3))}
    assert valid_consent(records, **asked)[0] == b"\x18" * 32
