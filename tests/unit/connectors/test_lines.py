import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.connectors.lines import lines_from_record, read_lines, record_from_lines, template
from schuldhulp.demonstration.histories import steps
from schuldhulp.demonstration.people import households
from schuldhulp.domain.records import RECORD_TYPES, Obligation, RecordKind
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

FIRST = RecordId(b"\x01" * 32)
PARTNER = RecordId(b"\x02" * 32)
PEOPLE = {"first": FIRST, "partner": PARTNER}
TODAY = date(2026, 5, 1)

DEBT = """
# a debt
type: energy
owed_by: both
creditor.name: Stroomgoed: Energie
creditor.customer_number: 12345
amount_resident: 1.234,56
statement_date: 01-04-2026
source: resident
"""


def test_record_from_lines_reads_amounts_dates_parts_and_people():
    record = record_from_lines(RecordKind.OBLIGATION, DEBT, people=PEOPLE)
    assert isinstance(record, Obligation)
    assert record.amount_resident == 123456
    assert record.statement_date == date(2026, 4, 1)
    assert record.creditor.name == "Stroomgoed: Energie"
    assert record.owed_by == (FIRST, PARTNER)


def test_record_from_lines_changes_only_what_is_named():
    base = record_from_lines(RecordKind.OBLIGATION, DEBT, people=PEOPLE)
    changed = record_from_lines(
        RecordKind.OBLIGATION, "amount_creditor: 1.300,00\nstatement_date:", people=PEOPLE, base=base
    )
    assert isinstance(changed, Obligation)
    assert (changed.amount_creditor, changed.statement_date) == (130000, None)
    assert (changed.amount_resident, changed.creditor) == (123456, base.creditor)


def test_record_from_lines_reads_addresses_by_number():
    text = (
        "surname: Berg\nprefix: van den\nbirth_date: 00-02-1980\nother_surnames: Vries; Jansen\nposition: first\n"
        "addresses.1.street: Laan\naddresses.1.house_number: 12\naddresses.1.postcode: 1234AB\n"
        "addresses.1.city: Plaats\naddresses.1.from_date: 2020-01-01\n"
    )
    applicant = record_from_lines(RecordKind.APPLICANT, text, people={})
    assert lines_from_record(applicant).splitlines()[0] == "prefix: van den"
    assert record_from_lines(RecordKind.APPLICANT, lines_from_record(applicant), people={}) == applicant


@pytest.mark.parametrize("number", [1, 2, 5, 10])
def test_lines_from_record_reads_back_the_same(number):
    household = households(TODAY)[number - 1]
    people = (FIRST, PARTNER)[: len(household.applicants)]
    for step in steps(household, people, TODAY):
        if step.after is not None:
            assert record_from_lines(step.after.kind, lines_from_record(step.after), people=PEOPLE) == step.after


@pytest.mark.parametrize(
    ("text", "key", "field"),
    [
        ("type rent", "line_wrong", None),
        ("type: rent\ntype: energy", "field_twice", None),
        ("colour: red", "field_unknown", "colour"),
        ("creditor.colour: red", "field_unknown", "creditor.colour"),
        ("creditor: Somebody", "type_wrong", "creditor"),
        ("amount_resident: 12.50", None, "amount_resident"),
        ("statement_date: 31-02-2026", "date_invalid", "statement_date"),
        ("due_day: first", "number_wrong", "due_day"),
        ("owed_by: first\nsource: resident\ncreditor.name: X\ntype: castle", "choice_unknown", "type"),
        ("note: x", "required", None),
    ],
)
def test_record_from_lines_names_what_is_wrong(text, key, field):
    with pytest.raises(InvalidInput) as caught:
        record_from_lines(RecordKind.OBLIGATION, text, people=PEOPLE)
    assert key is None or caught.value.key == key
    assert field is None or caught.value.field == field


@pytest.mark.parametrize("kind", list(RecordKind))
def test_template_names_every_field(kind):
    named = set(read_lines(template(kind)))
    assert {name.split(".")[0] for name in named} == {field.name for field in dataclasses.fields(RECORD_TYPES[kind])}


@given(st.sampled_from(list(RecordKind)), st.text(max_size=200))
def test_record_from_lines_refuses_rubbish_with_a_named_error(kind, text):
    with pytest.raises(InvalidInput):
        record_from_lines(kind, text, people=PEOPLE)
