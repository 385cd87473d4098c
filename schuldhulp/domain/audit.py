"""The processing log: one line for whoever looks, searches, exports, changes or is refused.

Fields as in the Dutch government standard Logboek Dataverwerkingen (Logius), plus what the resident is shown: the
function of who looked, and why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from schuldhulp.domain.access import Role
from schuldhulp.domain.checks import check_line, check_moment
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import InvalidInput

_TRACE: Final = re.compile(r"[0-9a-f]{32}")
_SPAN: Final = re.compile(r"[0-9a-f]{16}")


class Purpose(StrEnum):
    """Why a dossier is looked into or changed."""

    OWN_VIEW = "own_view"
    """The resident looks at the own dossier."""
    INTAKE = "intake"
    DEBT_HELP = "debt_help"
    """The daily work in a caseload."""
    CLAIM_REVIEW = "claim_review"
    ENROLMENT = "enrolment"
    CORRECTION = "correction"
    EXPORT = "export"
    SEARCH = "search"
    VERIFICATION = "verification"
    REPLACEMENT = "replacement"
    """In place of a colleague; asks for a reason."""
    SUPERVISION = "supervision"
    ADMINISTRATION = "administration"
    """Accounts of staff and creditors; about no dossier."""
    SIGNAL = "signal"
    """An organisation's staff ask on a page whether persons are known; about no dossier."""
    CLAIM_FILING = "claim_filing"
    """An organisation's staff hand in a claim on a page, or change one; about no dossier."""
    DEMONSTRATION = "demonstration"
    UNKNOWN = "unknown"
    """Never written; stands for a stored word that this system does not know: somebody changed the log."""


class LogStatus(StrEnum):
    """Outcome of a processing, by the names of OpenTelemetry that the standard takes over."""

    OK = "Ok"
    ERROR = "Error"
    UNSET = "Unset"


class LogAction(StrEnum):
    """What was done; the ``name`` of a line."""

    OPEN = "open"
    SEARCH = "search"
    LIST = "list"
    ADD = "add"
    CHANGE = "change"
    WITHDRAW = "withdraw"
    HISTORY = "history"
    ENROL = "enrol"
    END_ENROLMENT = "end_enrolment"
    FILL_EPOCH = "fill_epoch"
    """Everybody who is visible gets tags of another epoch; nothing is shown to anybody."""
    ASK_SIGNAL = "ask_signal"
    FILE_CLAIM = "file_claim"
    EXPORT = "export"
    VERIFY = "verify"
    REFUSED = "refused"
    LOGIN = "login"
    LOGOUT = "logout"
    UNKNOWN = "unknown"
    """Never written; as `Purpose.UNKNOWN`."""


SUBJECT_TYPE: Final = "schuldhulp.dossier"
"""``dpl.core.data_subject_id_type``: the subject is named by its dossier, encrypted under the dossier's data key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One line of the processing log.

    Attributes:
        trace_id: 32 hexadecimal digits, the same for everything one session does.
        span_id: 16 hexadecimal digits, another for each line.
        parent_span_id: the line that this one is part of, or empty.
        status_code: how it ended.
        name: what was done.
        start_time: when it began, in UTC.
        end_time: when it ended, in UTC.
        processing_activity_id: ``dpl.core.processing_activity_id``: URI of the entry in the register of processings.
        data_subject_id: ``dpl.core.data_subject_id``: encrypted, hexadecimal; empty for a search over all dossiers.
        data_subject_id_type: ``dpl.core.data_subject_id_type``.
        dossier: the dossier concerned, or None.
        actor_id: account of who did it; shown to supervisors only.
        role: function of who did it, shown to the resident; None for the system.
        purpose: why.
        reason: the reason given outside the own caseload, or empty.
    """

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    status_code: LogStatus
    name: LogAction
    start_time: datetime
    end_time: datetime
    processing_activity_id: str
    data_subject_id: str = field(default="", repr=False)
    data_subject_id_type: str = SUBJECT_TYPE
    dossier: DossierId | None = field(default=None, repr=False)
    actor_id: str = field(repr=False)
    role: Role | None
    purpose: Purpose
    reason: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        for name, value, shape in (
            ("trace_id", self.trace_id, _TRACE),
            ("span_id", self.span_id, _SPAN),
            ("parent_span_id", self.parent_span_id, _SPAN),
        ):
            if not shape.fullmatch(value) and not (name == "parent_span_id" and not value):
                raise InvalidInput("type_wrong", f"{name}: hexadecimal digits expected", field=name)
        check_moment(self.start_time, "start_time")
        check_moment(self.end_time, "end_time")
        if self.end_time < self.start_time:
            raise InvalidInput("period_reversed", "end_time: lies before the start", field="end_time")
        check_line(self.processing_activity_id, "processing_activity_id", required=True)
        check_line(self.actor_id, "actor_id", required=True)
        check_line(self.reason, "reason", longest=500)

    def standard_fields(self) -> dict[str, str]:
        """Return the line under the names of the standard, for an export to other systems."""
        return {
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_span_id": self.parent_span_id,
            "status_code": self.status_code.value,
            "name": self.name.value,
            "start_time": self.start_time.isoformat(),
            "end_time": self.end_time.isoformat(),
            "dpl.core.processing_activity_id": self.processing_activity_id,
            "dpl.core.data_subject_id": self.data_subject_id,
            "dpl.core.data_subject_id_type": self.data_subject_id_type,
        }
