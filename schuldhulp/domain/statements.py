"""A statement (opgave): what a party such as a landlord or benefits office says that comes or goes from now on.

It is sent with the client's recorded consent, waits for a caseworker, and keeps the overview of the dossier current.
Nothing of it stands on the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

from schuldhulp.domain.checks import (
    Redacted,
    check_bytes,
    check_cents,
    check_date,
    check_line,
    check_moment,
    check_period,
    check_whole,
)
from schuldhulp.domain.claims.parts import Debtor, Organisation, check_choice
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.organisations import parse_iban
from schuldhulp.domain.plain import Json, mapping, object_from_plain, object_to_plain
from schuldhulp.domain.records import (
    Consent,
    ConsentSubject,
    ExpenseCategory,
    IncomeCategory,
    ObligationType,
    Record,
)
from schuldhulp.domain.types import Cents, MunicipalityCode, RecordId
from schuldhulp.errors import InvalidInput

PERIODIC: Final = tuple(one for one in Frequency if one not in (Frequency.ONCE, Frequency.NONE))
"""How often the amount of a statement can come."""


class StatementDecline(StrEnum):
    """Why a statement was not taken over; the sender is not told."""

    CLIENT_UNKNOWN = "client_unknown"
    """It is about nobody who has a dossier here."""
    NO_CONSENT = "no_consent"
    """The client gave this party no consent for this subject, or ended it."""
    ALREADY_KNOWN = "already_known"
    """The dossier says so already."""
    NOT_RIGHT = "not_right"
    """It is not right, by what the client or another document says."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Statement(Redacted):
    """What a party states about one person.

    Attributes:
        statement_id: ``uint16 municipality || 30 random bytes``; says nothing about anybody.
        municipality: CBS code of the municipality that it is for.
        client: whom it is about, as the party knows this person.
        sender: the party.
        reference: the party's own number of the contract or client.
        subject: what it is about; also what the client has to have consented to.
        amount: cents each time.
        frequency: how often, one of `PERIODIC`.
        from_date: first day for which it holds.
        until: last day, None where none is known.
        iban: account from or to which it is paid, or empty.
        sent_at: when it was sent, UTC.
    """

    schema: ClassVar[int] = 1

    statement_id: bytes
    municipality: MunicipalityCode
    client: Debtor
    sender: Organisation
    reference: str
    subject: ConsentSubject
    amount: Cents
    frequency: Frequency
    from_date: date
    until: date | None = None
    iban: str = ""
    sent_at: datetime

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.statement_id, "statement_id")
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        if self.statement_id[:2] != self.municipality.to_bytes(2, "big"):
            raise InvalidInput("municipality_other", "statement_id: of another municipality", field="statement_id")
        for name, kind in (("client", Debtor), ("sender", Organisation)):
            if not isinstance(getattr(self, name), kind):
                raise InvalidInput("type_wrong", f"{name}: another type of value expected", field=name)
        check_line(self.reference, "reference", required=True)
        check_choice(self.subject, ConsentSubject, "subject")
        if self.amount is None:
            raise InvalidInput("required", "amount: must be filled in", field="amount")
        check_cents(self.amount, "amount")
        if self.frequency not in PERIODIC:
            choices = ", ".join(PERIODIC)
            raise InvalidInput(
                "choice_unknown", f"frequency: choose one of {choices}", field="frequency", choices=choices
            )
        if self.from_date is None:
            raise InvalidInput("required", "from_date: must be filled in", field="from_date")
        check_date(self.from_date, "from_date")
        check_date(self.until, "until")
        check_period(self.from_date, self.until, "until")
        check_line(self.iban, "iban")
        if self.iban and parse_iban(self.iban) != self.iban:
            raise InvalidInput("iban_invalid", "iban: capitals and digits without spaces", field="iban")
        check_moment(self.sent_at, "sent_at")


def statement_to_plain(statement: Statement) -> dict[str, Json]:
    """Return a statement as plain values: bytes hexadecimal, dates and times ISO 8601, enums their code."""
    return {"schema": statement.schema, **object_to_plain(statement)}


def statement_from_plain(plain: object) -> Statement:
    """Build a statement from what `statement_to_plain` gave; a field with a default may be left out.

    Raises:
        InvalidInput: unknown schema, unknown or missing field, or a wrong value; ``field`` names it.
    """
    fields = dict(mapping(plain, "statement"))
    schema = fields.pop("schema", None)
    # type() too: JSON's true is equal to 1.
    if type(schema) is not int or schema != Statement.schema:
        raise InvalidInput("schema_unknown", "schema: not known", field="schema")
    statement: Statement = object_from_plain(Statement, fields, "statement")
    return statement


def valid_consent(
    records: Mapping[RecordId, Record], *, kvk: str, subject: ConsentSubject, day: date
) -> tuple[RecordId, Consent] | None:
    """Return the consent by which a party may send statements about somebody in a dossier.

    Args:
        records: current records of the dossier, without withdrawn ones.
        kvk: number of the party in the trade register.
        subject: what the statement is about.
        day: the day on which it has to hold.

    Returns:
        The consent that was given last, with its record; None where none holds.
    """
    found = [
        (record_id, record)
        for record_id, record in records.items()
        if isinstance(record, Consent) and record.kvk == kvk and record.subject is subject and record.holds_on(day)
    ]
    return max(found, key=lambda one: (one[1].given_on, one[0]), default=None)


EXPENSES: Final[Mapping[ConsentSubject, tuple[ExpenseCategory, ObligationType]]] = {
    ConsentSubject.RENT: (ExpenseCategory.RENT, ObligationType.RENT),
    ConsentSubject.ENERGY: (ExpenseCategory.ENERGY, ObligationType.ENERGY),
    ConsentSubject.WATER: (ExpenseCategory.WATER, ObligationType.WATER),
    ConsentSubject.HEALTH_INSURANCE: (ExpenseCategory.HEALTH_INSURANCE, ObligationType.HEALTH_INSURANCE),
}
"""What a statement that is paid becomes: an expense, or a fixed obligation that stands in the dossier already."""

INCOMES: Final[Mapping[ConsentSubject, IncomeCategory]] = {
    ConsentSubject.BENEFIT: IncomeCategory.BENEFIT,
    ConsentSubject.SALARY: IncomeCategory.SALARY,
}
"""What a statement that is received becomes."""
