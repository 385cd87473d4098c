"""A notice (kennisgeving) that a creditor was sent: that somebody has help now, what was written, and by which means.

Whether it arrived and who signed for it stands with its delivery, not here: a record says what the municipality did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import Redacted, check_bytes, check_date, check_line
from schuldhulp.domain.records.common import RecordKind, check_document, check_kvk, check_word
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput


class NoticeMeans(StrEnum):
    """By which means a notice went out."""

    CHANNEL = "channel"
    """Sealed, through the evaluator; the only one that is acknowledged by a signature."""
    LETTER = "letter"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SentNotice(Redacted):
    """A notice that was sent to a creditor of the dossier.

    Attributes:
        obligation: record of the obligation that it is about, None where it is about none.
        recipient: name of who was told.
        kvk: its number in the trade register, or empty; needed on the channel.
        reference: under which number the recipient knows the debt, or empty.
        means: how it was sent.
        sent_on: the day on which it was sent.
        message_hash: hash of the sealed message, 64 hexadecimal digits; on the channel, and only there.
        document: what was written, JSON; as it went out.
    """

    kind: ClassVar[RecordKind] = RecordKind.NOTICE
    schema: ClassVar[int] = 1

    obligation: RecordId | None = None
    recipient: str
    kvk: str = ""
    reference: str = ""
    means: NoticeMeans
    sent_on: date
    message_hash: str = ""
    document: str

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        if self.obligation is not None:
            check_bytes(self.obligation, "obligation")
        check_line(self.recipient, "recipient", required=True)
        channel = self.means is NoticeMeans.CHANNEL
        check_kvk(self.kvk, required=channel)
        check_line(self.reference, "reference")
        check_date(self.sent_on, "sent_on")
        if channel:
            check_word(self.message_hash, "message_hash")
        elif self.message_hash:
            raise InvalidInput("type_wrong", "message_hash: only on the channel is there one", field="message_hash")
        check_document(self.document, "document")
