"""Making a client visible to creditors, and ending that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import Redacted, check_date, check_distinct, check_line, check_period
from schuldhulp.domain.records.common import RecordKind, check_people
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

_PUBLICATION = re.compile(r"[0-9a-f]{32}")


class EnrolmentBasis(StrEnum):
    """How the resident came to know of it."""

    CONSENT = "consent"
    NOTICE = "notice"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Enrolment(Redacted):
    """The decision that creditors may learn that somebody is known here.

    Attributes:
        applicants: records of the applicants that it is about: one or both.
        ground: why, in words or as an article of law.
        basis: the resident's consent, or the notice given.
        basis_date: date of the consent or the notice.
        start: first day.
        end: last day, or None while it lasts.
        end_reason: why it ended; needed when it has.
        publications: identifiers of the publication jobs, 16 bytes as 32 hexadecimal digits each.
    """

    kind: ClassVar[RecordKind] = RecordKind.ENROLMENT
    schema: ClassVar[int] = 1

    applicants: tuple[RecordId, ...]
    ground: str
    basis: EnrolmentBasis
    basis_date: date
    start: date
    end: date | None = None
    end_reason: str = ""
    publications: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_people(self.applicants, "applicants")
        check_line(self.ground, "ground", required=True, longest=500)
        check_date(self.basis_date, "basis_date")
        check_date(self.start, "start")
        check_date(self.end, "end")
        check_period(self.start, self.end, "end")
        check_line(self.end_reason, "end_reason", required=self.end is not None, longest=500)
        check_distinct(self.publications, "publications", lowest=0, highest=1000)
        for publication in self.publications:
            if not _PUBLICATION.fullmatch(publication):
                raise InvalidInput("bytes_length", "publications: 16 bytes expected", field="publications", length=16)
