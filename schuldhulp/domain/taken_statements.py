"""What a statement becomes in a dossier once it is taken over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from schuldhulp.domain.records import Expense, Income, Obligation, ObligationStatus, Record, Source
from schuldhulp.domain.statements import EXPENSES, INCOMES, Statement
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

ONE_DAY: Final = timedelta(days=1)

MARK: Final = "Opgave van "
"""With what the line of a source begins; it stands in the dossier, which is in Dutch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenOver:
    """What is to be written.

    Attributes:
        renewed: the next version of the record that it renews; None where there is none.
        added: a new record; None where the renewed one says it all.
    """

    renewed: Income | Expense | Obligation | None = None
    added: Income | Expense | None = None


def may_renew(statement: Statement, record: Record, owner: RecordId) -> bool:
    """Say whether a record of a dossier is what a statement can renew: of this person, and the same kind of money.

    Args:
        statement: the statement.
        record: the record.
        owner: the applicant that the statement is about.
    """
    match record:
        case Income():
            return record.owner == owner and record.category is INCOMES.get(statement.subject)
        case Expense():
            return (
                statement.subject in EXPENSES
                and record.owner == owner
                and record.category is EXPENSES[statement.subject][0]
            )
        case Obligation():
            return (
                statement.subject in EXPENSES
                and owner in record.owed_by
                and record.type is EXPENSES[statement.subject][1]
                # What is due each time on a debt is its repayment, not the rent of the month.
                and record.status is ObligationStatus.CURRENT
            )
    return False


def renewable(
    statement: Statement, records: Mapping[RecordId, Record], owner: RecordId
) -> list[tuple[RecordId, Income | Expense | Obligation]]:
    """Return what a statement can renew, the likeliest first: of the same party, then what lasts, then the newest.

    Args:
        statement: the statement.
        records: current records of the dossier, without withdrawn ones.
        owner: the applicant that the statement is about.
    """
    found = [
        (record_id, record)
        for record_id, record in records.items()
        if isinstance(record, Income | Expense | Obligation) and may_renew(statement, record, owner)
    ]
    return sorted(found, key=lambda one: (not is_of(statement, one[1]), _lasts(one[1]) is False, one[0]))


def taken_over(
    statement: Statement, owner: RecordId, *, known: Income | Expense | Obligation | None, source: str, today: date
) -> TakenOver:
    """Return what a statement makes of a dossier.

    An amount that holds from a later day ends the known one the day before, and stands beside it; an amount that holds
    by now takes its place.

    Args:
        statement: what the party states.
        owner: the applicant that it is about.
        known: the record that it renews, None for a new one.
        source: where this comes from, one line; it goes behind the note.
        today: the day in the Netherlands.

    Raises:
        InvalidInput: ``record_other``, the statement is no renewal of that record; ``statement_early``, it renews a
            fixed obligation from a later day, which a record of that kind cannot say.
    """
    if known is not None and not may_renew(statement, known, owner):
        raise InvalidInput("record_other", "known: the statement is about something else", field="known")
    if isinstance(known, Obligation):
        if statement.from_date > today:
            raise InvalidInput("statement_early", "from_date: take it over when it holds", field="known")
        renewed = replace(
            known,
            instalment=statement.amount,
            frequency=statement.frequency,
            statement_date=statement.from_date,
            source=Source.CREDITOR,
            note=_note(known.note, source),
        )
        return TakenOver(renewed=renewed)
    stated = _line(statement, owner, source)
    if known is None:
        return TakenOver(added=stated)
    kept = {"description": known.description or stated.description, "note": _note(known.note, source)}
    if isinstance(stated, Expense) and isinstance(known, Expense):
        kept["fixed"] = known.fixed  # type: ignore[assignment]
    if statement.from_date > max(today, known.from_date):
        last = statement.from_date - ONE_DAY
        ended = replace(known, until=last if known.until is None else min(known.until, last))
        return TakenOver(renewed=ended, added=replace(stated, description=kept["description"]))
    return TakenOver(renewed=replace(stated, **kept))  # type: ignore[arg-type]


def _line(statement: Statement, owner: RecordId, source: str) -> Income | Expense:
    period = {"from_date": statement.from_date, "until": statement.until}
    if statement.subject in INCOMES:
        return Income(
            owner=owner,
            category=INCOMES[statement.subject],
            description=statement.sender.name,
            amount=statement.amount,
            frequency=statement.frequency,
            note=source,
            **period,  # type: ignore[arg-type]
        )
    return Expense(
        owner=owner,
        category=EXPENSES[statement.subject][0],
        description=statement.sender.name,
        amount=statement.amount,
        frequency=statement.frequency,
        fixed=True,
        note=source,
        **period,  # type: ignore[arg-type]
    )


def _note(note: str, source: str) -> str:
    """Put the source behind what stood there; the line of an earlier statement goes."""
    kept = [line for line in note.splitlines() if not line.startswith(MARK)]
    return "\n".join([*kept, source])


def source_line(statement: Statement, received_on: date, message: bytes) -> str:
    """Return where a record comes from: party, its number, the day it came in, and the first digits of its message."""
    number = f"KvK {statement.sender.kvk}, kenmerk {statement.reference}"
    return f"{MARK}{statement.sender.name} ({number}), ontvangen {received_on:%d-%m-%Y}, bericht {message.hex()[:16]}"


def is_of(statement: Statement, record: Income | Expense | Obligation) -> bool:
    """Say whether a record is of the party that made a statement: by its number, or by its name where it has none."""
    if isinstance(record, Obligation):
        return record.creditor.kvk == statement.sender.kvk
    return record.description.strip().casefold() == statement.sender.name.strip().casefold()


def _lasts(record: Income | Expense | Obligation) -> bool:
    return isinstance(record, Obligation) or record.until is None
