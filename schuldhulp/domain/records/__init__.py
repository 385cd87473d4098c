"""The kinds of records that a dossier holds, each a frozen dataclass that cannot hold a wrong value."""

from schuldhulp.domain.money import Frequency
from schuldhulp.domain.plain import Json
from schuldhulp.domain.records.agreement import (
    Agreement,
    AgreementStatus,
    AgreementType,
    Confirmation,
    ConfirmationRole,
    without_stale_yes,
)
from schuldhulp.domain.records.applicant import Address, Applicant, Position
from schuldhulp.domain.records.codec import (
    RECORD_TYPES,
    from_plain,
    to_plain,
    version_from_plain,
    version_to_plain,
)
from schuldhulp.domain.records.common import Party, RecordKind
from schuldhulp.domain.records.consent import Consent, ConsentForm, ConsentSubject
from schuldhulp.domain.records.enrolment import Enrolment, EnrolmentBasis
from schuldhulp.domain.records.household import Expense, ExpenseCategory, Income, IncomeCategory
from schuldhulp.domain.records.obligation import Obligation, ObligationStatus, ObligationType, Preference, Source
from schuldhulp.domain.records.received_claim import ClaimDecisionState, ReceivedClaim, ResidentView
from schuldhulp.domain.records.sent_notice import NoticeMeans, SentNotice
from schuldhulp.domain.records.version import NO_COMMITMENT, Record, RecordVersion

__all__ = [
    "NO_COMMITMENT",
    "RECORD_TYPES",
    "Address",
    "Agreement",
    "AgreementStatus",
    "AgreementType",
    "Applicant",
    "ClaimDecisionState",
    "Confirmation",
    "ConfirmationRole",
    "Consent",
    "ConsentForm",
    "ConsentSubject",
    "Enrolment",
    "EnrolmentBasis",
    "Expense",
    "ExpenseCategory",
    "Frequency",
    "Income",
    "IncomeCategory",
    "Json",
    "NoticeMeans",
    "Obligation",
    "ObligationStatus",
    "ObligationType",
    "Party",
    "Position",
    "Preference",
    "ReceivedClaim",
    "Record",
    "RecordKind",
    "RecordVersion",
    "ResidentView",
    "SentNotice",
    "Source",
    "from_plain",
    "to_plain",
    "version_from_plain",
    "version_to_plain",
    "without_stale_yes",
]
