"""What must hold between the records of one dossier."""

from __future__ import annotations

from collections.abc import Mapping

from schuldhulp.domain.records import Applicant, Consent, Enrolment, Expense, Income, Obligation, Position, Record
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

MAX_APPLICANTS = 2


def check_applicants(records: Mapping[RecordId, Record]) -> None:
    """Check the applicants of a dossier: the first one and perhaps a partner, who are two people.

    Args:
        records: the current records as they will be, without withdrawn ones.

    Raises:
        InvalidInput: no first applicant, more than two, or one person twice.
    """
    applicants = [record for record in records.values() if isinstance(record, Applicant)]
    if len(applicants) > MAX_APPLICANTS:
        raise InvalidInput("applicants_many", "a dossier has one or two applicants", field="applicants")
    if sum(applicant.position is Position.FIRST for applicant in applicants) != 1:
        raise InvalidInput("applicants_first", "a dossier has exactly one first applicant", field="position")
    numbers = [applicant.bsn for applicant in applicants if applicant.bsn is not None]
    if len(set(numbers)) != len(numbers):
        raise InvalidInput("applicants_equal", "two applicants cannot have one BSN", field="bsn")


def check_references(record: Record, records: Mapping[RecordId, Record]) -> None:
    """Check that a record speaks of applicants of its own dossier.

    Args:
        record: the record.
        records: the current records as they will be, without withdrawn ones.

    Raises:
        InvalidInput: it names somebody who is no applicant here.
    """
    match record:
        case Obligation():
            people, field = record.owed_by, "owed_by"
        case Income() | Expense():
            people, field = (record.owner,), "owner"
        case Enrolment():
            people, field = record.applicants, "applicants"
        case Consent():
            people, field = (record.applicant,), "applicant"
        case _:
            return
    if not all(isinstance(records.get(person), Applicant) for person in people):
        raise InvalidInput("applicant_unknown", f"{field}: no applicant of this dossier", field=field)


def check_still_ended(before: Record, after: Record) -> None:
    """Check that a consent which was ended stays ended: whoever changes her mind gives another one.

    Args:
        before: the record as it is.
        after: what it is to say.

    Raises:
        InvalidInput: ``consent_ended``, it would hold on days on which it does not.
    """
    if not isinstance(before, Consent) or not isinstance(after, Consent) or before.ended_on is None:
        return
    if after.ended_on is None or after.ended_on > before.ended_on:
        raise InvalidInput("consent_ended", "ended_on: it was ended; record another consent", field="ended_on")
