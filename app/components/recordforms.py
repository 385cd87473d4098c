"""The fields of each kind of record, in the order in which a form asks and a page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from app.components import formats
from app.components.fields import (
    Amount,
    Area,
    BirthDate,
    Choice,
    CitizenNumber,
    Day,
    Field,
    Items,
    Kvk,
    Line,
    People,
    Person,
    Persons,
    Postcode,
    Whole,
    Yes,
    label_of,
)
from app.components.html import Html, join
from app.texts import t, word
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import (
    Address,
    Agreement,
    AgreementStatus,
    AgreementType,
    Applicant,
    Confirmation,
    ConfirmationRole,
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
    Position,
    Preference,
    Record,
    RecordKind,
    Source,
    without_stale_yes,
)
from schuldhulp.errors import InvalidInput

Part = TypeVar("Part", Party, Address)

PARTIES = ("creditor", "original_creditor", "collector", "bailiff")
ADDRESSES = 4
"""Addresses that a form offers at least; one more than there are when there are many."""


@dataclass(frozen=True)
class Section:
    """Fields that belong together.

    Attributes:
        name: name of its heading in the texts.
        fields: its fields.
        folded: whether it is closed until somebody opens it.
    """

    name: str
    fields: tuple[Field, ...]
    folded: bool = False


def _party(part: str, *, required: bool = False) -> tuple[Field, ...]:
    return (
        Line(name=f"{part}.name", required=required),
        Kvk(name=f"{part}.kvk"),
        Line(name=f"{part}.customer_number"),
        Line(name=f"{part}.file_number"),
        Line(name=f"{part}.creditor_number"),
    )


def _address(number: int) -> tuple[Field, ...]:
    part = f"addresses.{number}"
    return (
        Line(name=f"{part}.street"),
        Whole(name=f"{part}.house_number", lowest=1, highest=99_999),
        Line(name=f"{part}.suffix", longest=20),
        Postcode(name=f"{part}.postcode"),
        Line(name=f"{part}.city"),
        Day(name=f"{part}.from_date"),
        Day(name=f"{part}.until"),
    )


_OBLIGATION = (
    Section(
        "what",
        (
            Choice(name="type", options=ObligationType, group="obligation_type"),
            Persons(name="owed_by"),
            Choice(
                name="status", options=ObligationStatus, group="obligation_status", default=ObligationStatus.CURRENT
            ),
            Choice(name="source", options=Source, group="source", default=Source.CASEWORKER),
        ),
    ),
    Section("creditor", _party("creditor", required=True)),
    Section(
        "amounts",
        (
            Amount(name="amount_resident"),
            Amount(name="amount_creditor"),
            Amount(name="original_amount"),
            Amount(name="arrears", nothing=0),
            Amount(name="instalment", nothing=0),
            Choice(name="frequency", options=Frequency, group="frequency", default=Frequency.NONE),
            Whole(name="due_day", lowest=1, highest=31),
        ),
    ),
    Section(
        "claim",
        (
            Choice(name="preference", options=Preference, group="preference", default=Preference.CONCURRENT),
            Day(name="statement_date"),
            Day(name="origin_date"),
            Line(name="legal_ground", longest=500),
        ),
    ),
    Section("collector", _party("collector"), folded=True),
    Section("bailiff", _party("bailiff"), folded=True),
    Section("original_creditor", _party("original_creditor"), folded=True),
    Section("note", (Area(name="note"),)),
)

_BUDGET = (
    Line(name="description"),
    Amount(name="amount", required=True),
    Choice(name="frequency", options=Frequency, group="frequency", default=Frequency.MONTHLY),
    Day(name="from_date", required=True),
    Day(name="until"),
)

SECTIONS: Mapping[RecordKind, tuple[Section, ...]] = MappingProxyType(
    {
        RecordKind.OBLIGATION: _OBLIGATION,
        RecordKind.INCOME: (
            Section(
                "what",
                (
                    Person(name="owner"),
                    Choice(name="category", options=IncomeCategory, group="income_category"),
                    *_BUDGET,
                ),
            ),
            Section("note", (Area(name="note"),)),
        ),
        RecordKind.EXPENSE: (
            Section(
                "what",
                (
                    Person(name="owner"),
                    Choice(name="category", options=ExpenseCategory, group="expense_category"),
                    *_BUDGET,
                    Yes(name="fixed"),
                ),
            ),
            Section("note", (Area(name="note"),)),
        ),
        RecordKind.AGREEMENT: (
            Section(
                "what",
                (
                    Choice(name="type", options=AgreementType, group="agreement_type"),
                    Choice(
                        name="status",
                        options=AgreementStatus,
                        group="agreement_status",
                        default=AgreementStatus.PROPOSED,
                    ),
                    Items(name="parties", required=True),
                    Area(name="text", required=True),
                    Amount(name="amount"),
                    Choice(name="frequency", options=Frequency, group="frequency", default=Frequency.NONE),
                    Day(name="start", required=True),
                    Day(name="end"),
                ),
            ),
            Section("confirmation", tuple(Yes(name=f"confirmed.{role}") for role in ConfirmationRole)),
        ),
        RecordKind.APPLICANT: (
            Section(
                "what",
                (
                    Line(name="initials", longest=40),
                    Line(name="first_names"),
                    Line(name="prefix", longest=40),
                    Line(name="surname", required=True),
                    BirthDate(name="birth_date", required=True),
                    CitizenNumber(name="bsn"),
                    Line(name="phone", longest=40),
                    Line(name="email"),
                    Choice(name="position", options=Position, group="position", default=Position.FIRST),
                    Items(name="other_surnames"),
                ),
            ),
            *(Section("address", _address(number), folded=number > 0) for number in range(ADDRESSES)),
        ),
        RecordKind.CONSENT: (
            Section(
                "what",
                (
                    Person(name="applicant"),
                    Line(name="party", required=True),
                    Kvk(name="kvk", required=True),
                    Choice(name="subject", options=ConsentSubject, group="consent_subject"),
                    Choice(name="how", options=ConsentForm, group="consent_form"),
                    Day(name="given_on", required=True),
                    Day(name="until"),
                    Day(name="ended_on"),
                ),
            ),
        ),
    }
)

TYPES: Mapping[RecordKind, type[Record]] = MappingProxyType(
    {
        RecordKind.OBLIGATION: Obligation,
        RecordKind.INCOME: Income,
        RecordKind.EXPENSE: Expense,
        RecordKind.AGREEMENT: Agreement,
        RecordKind.APPLICANT: Applicant,
        RecordKind.CONSENT: Consent,
    }
)


def sections_of(kind: RecordKind, record: Record | None = None) -> tuple[Section, ...]:
    """Return the sections of a form or page about a record: with room for all that it holds, and one address more.

    Args:
        kind: kind of record.
        record: the record; None for something new.
    """
    there = len(record.addresses) if isinstance(record, Applicant) else 0
    more = (Section("address", _address(number), folded=True) for number in range(ADDRESSES, there + 1))
    return (*SECTIONS[kind], *more)


def fields_of(kind: RecordKind, record: Record | None = None) -> Iterator[Field]:
    """Return the fields of a record one after the other; arguments as `sections_of`."""
    for section in sections_of(kind, record):
        yield from section.fields


def value_of(record: Record, name: str) -> Any:
    """Return the value of a field of a record; None where the part it belongs to is absent."""
    if name.startswith("confirmed."):
        return any(given.role == name.removeprefix("confirmed.") for given in record.confirmations)
    value: Any = record
    for step in name.split("."):
        if value is None:
            return None
        value = _item(value, int(step)) if step.isdigit() else getattr(value, step)
    return value


def _item(values: Sequence[Any], number: int) -> Any:
    return values[number] if number < len(values) else None


def build(
    kind: RecordKind,
    values: Mapping[str, Any],
    original: Record | None,
    confirm: Callable[[ConfirmationRole], Confirmation],
) -> Record:
    """Make a record of what was read from a form.

    Args:
        kind: kind of record.
        values: value of each field, by its name.
        original: the record that is changed; what the form does not ask is kept.
        confirm: makes the confirmation of an agreement by one side, where there was none yet.

    Raises:
        InvalidInput: a field is wrong; ``field`` is its name as in the form.
    """
    plain = {name: value for name, value in values.items() if "." not in name}
    if kind is RecordKind.OBLIGATION:
        for part in PARTIES:
            plain[part] = _build_part(part, values, _a_party)
    if kind is RecordKind.APPLICANT:
        parts = dict.fromkeys(name.rpartition(".")[0] for name in values if name.startswith("addresses."))
        asked = [_build_part(part, values, _an_address) for part in parts]
        plain["addresses"] = tuple(address for address in asked if address is not None)
    if kind is RecordKind.AGREEMENT:
        given = original.confirmations if isinstance(original, Agreement) else ()
        ticked = {role for role in ConfirmationRole if values[f"confirmed.{role}"]}
        new = ticked - {confirmation.role for confirmation in given}
        kept = (confirmation for confirmation in given if confirmation.role in ticked)
        plain["confirmations"] = (*kept, *(confirm(role) for role in ConfirmationRole if role in new))
    record = TYPES[kind](**plain)
    if isinstance(record, Agreement) and isinstance(original, Agreement):
        # What the service would do; so the check of the answers shows it.
        return without_stale_yes(record, original)
    return record


def _build_part(part: str, values: Mapping[str, Any], make: Callable[[dict[str, Any]], Part]) -> Part | None:
    inner = {name.removeprefix(f"{part}."): value for name, value in values.items() if name.startswith(f"{part}.")}
    if all(value in (None, "") for value in inner.values()):
        return None
    try:
        return make(inner)
    except InvalidInput as error:
        raise InvalidInput(error.key, str(error), field=f"{part}.{error.field}", **error.parameters) from error


def _a_party(values: dict[str, Any]) -> Party:
    return Party(**values)


def _an_address(values: dict[str, Any]) -> Address:
    for name in ("street", "house_number", "postcode", "city", "from_date"):
        if values[name] in (None, ""):
            raise InvalidInput("required", f"{name}: must be filled in", field=name)
    return Address(**values)


def describe(record: Record, people: People) -> list[tuple[str, Html]]:
    """Return the filled-in fields of a record with their names, as a reader sees them."""
    kind = record.kind
    asked = (item for item in fields_of(kind, record) if not item.name.startswith("confirmed."))
    found = ((item, item.words(value_of(record, item.name), people)) for item in asked)
    described = [(label_of(kind, item.name), words) for item, words in found if words]
    if isinstance(record, Agreement) and record.confirmations:
        described.append((t("field.agreement.confirmations"), join(map(confirmed_by, record.confirmations), "<br>")))
    return described


def confirmed_by(confirmation: Confirmation) -> Html:
    """Return who confirmed an agreement, on which side and when."""
    side = word("confirmation_role", confirmation.role)
    return join((confirmation.by, " (", side, "), ", formats.moment(confirmation.at)))
