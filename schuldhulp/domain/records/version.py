"""One version of a record: nothing is overwritten, a change is a new version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schuldhulp.domain.checks import Redacted, check_bytes, check_line, check_whole
from schuldhulp.domain.records.agreement import Agreement
from schuldhulp.domain.records.applicant import Applicant
from schuldhulp.domain.records.consent import Consent
from schuldhulp.domain.records.enrolment import Enrolment
from schuldhulp.domain.records.household import Expense, Income
from schuldhulp.domain.records.obligation import Obligation
from schuldhulp.domain.records.received_claim import ReceivedClaim
from schuldhulp.domain.records.sent_notice import SentNotice
from schuldhulp.domain.types import Commitment, DossierId, RecordId, Salt
from schuldhulp.errors import InvalidInput

Record = Applicant | Obligation | Income | Expense | Agreement | Enrolment | ReceivedClaim | SentNotice | Consent

NO_COMMITMENT: Final = Commitment(bytes(32))
"""What the first version replaces."""

MAX_VERSION: Final = 2**32 - 1


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class RecordVersion(Redacted):
    """Everything that the commitment of one version covers.

    Attributes:
        dossier: the dossier it belongs to.
        record_id: the record, the same through all versions.
        version: 1 for the first.
        replaces: commitment of the version before, `NO_COMMITMENT` for the first.
        salt: random bytes that live only inside the encrypted record.
        schema: which shape the record has; with the kind it names the type string.
        withdrawn: whether this version takes the record back.
        reason: why it was changed or withdrawn; needed for a withdrawal.
        record: the record itself; a withdrawal repeats what it takes back.
    """

    dossier: DossierId
    record_id: RecordId
    version: int
    replaces: Commitment
    salt: Salt
    schema: int
    withdrawn: bool = False
    reason: str = ""
    record: Record

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.dossier, "dossier")
        check_bytes(self.record_id, "record")
        check_whole(self.version, "version", lowest=1, highest=MAX_VERSION)
        check_bytes(self.replaces, "replaces")
        check_bytes(self.salt, "salt")
        if (self.version == 1) != (self.replaces == NO_COMMITMENT):
            raise InvalidInput("replaces_wrong", "replaces: only the first version replaces nothing", field="replaces")
        if self.schema != type(self.record).schema:
            raise InvalidInput("schema_unknown", "schema: not the one of this record", field="schema")
        check_line(self.reason, "reason", required=self.withdrawn, longest=1000)
