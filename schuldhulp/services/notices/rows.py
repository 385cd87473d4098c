"""Notices on their way to creditors and what came back, as they are stored; and who may use them.

The cockpit writes a notice, the worker delivers it. To which dossier a notice belongs stands in that dossier alone,
under its data key. Times are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from schuldhulp.crypto.jobs import JobKey, job_mac, verify_job_mac
from schuldhulp.crypto.notices import HASH_LENGTH
from schuldhulp.domain.sendings import Sending, SignedSending
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

_PURPOSE: Final = "notice"


class PostState(StrEnum):
    """Where the delivery of a notice stands.

    ``waiting``: for the worker, or for what ``trouble`` names. ``delivered``: the evaluator took it. ``refused``: not
    written by this system.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"


class ReplyState(StrEnum):
    """What became of an acknowledgement that came in.

    ``received``: not opened yet. ``valid``: the notice's recipient signed it. ``refused``: for what ``trouble`` names.
    """

    RECEIVED = "received"
    VALID = "valid"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeRow:
    """A notice for the worker. ``mac`` covers everything that the worker acts on, up to ``created_at``.

    ``message``: keccak256 of ``content``. ``notice_id``: what it is delivered under. ``recipient``: the creditor's
    account. ``content``: the hash of the notice and the notice, sealed to that account's encryption key.
    ``tried_at``: when it was last sent; ``delivered_at``: when the evaluator says that it came in. ``sent_at`` and
    ``signature``: the worker's signature under it, which is delivered behind the content; whoever reads them checks it.
    """

    message: bytes
    municipality: MunicipalityCode
    notice_id: bytes
    recipient: str
    content: bytes = field(repr=False)
    created_at: datetime
    mac: bytes = field(default=b"", repr=False)
    state: PostState = PostState.WAITING
    trouble: str = ""
    tried_at: datetime | None = None
    delivered_at: datetime | None = None
    sent_at: datetime | None = None
    signature: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyRow:
    """An acknowledgement as it came in and, once it was opened, what it says.

    ``message``: keccak256 of the sealed acknowledgement. ``notice``: id of the notice that it is about. ``sender`` and
    ``organisation``: who sent it, by the evaluator's word. ``account``, ``acknowledged_at`` and ``signature``: what was
    signed; whoever reads them checks the signature anew.
    """

    message: bytes
    municipality: MunicipalityCode
    notice: bytes
    sender: str
    organisation: str
    received_at: datetime
    state: ReplyState = ReplyState.RECEIVED
    trouble: str = ""
    account: str = ""
    acknowledged_at: datetime | None = None
    signature: bytes = b""


class NoticeRepository(Protocol):
    """Tables ``notices`` and ``notice_replies``."""

    def add(self, row: NoticeRow) -> None:
        """Store a notice."""

    def of(self, messages: Sequence[bytes]) -> Sequence[NoticeRow]:
        """Return the notices with these hashes, oldest first."""

    def with_id(self, notice_id: bytes) -> NoticeRow | None:
        """Return the notice with an id."""

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[NoticeRow]:
        """Return the notices that wait, those that were tried longest ago in front."""

    def sign(self, row: NoticeRow, *, sent_at: datetime, signature: bytes) -> bool:
        """Keep the signature with which a notice is delivered; False when another one was kept meanwhile."""

    def note(self, message: bytes, *, trouble: str, tried_at: datetime) -> None:
        """Write why a notice could not be sent."""

    def arrived(self, message: bytes, *, at: datetime, tried_at: datetime) -> None:
        """Write down that a notice was delivered."""

    def refuse(self, message: bytes, *, trouble: str) -> None:
        """Write down that a notice is not sent, and why."""

    def add_reply(self, row: ReplyRow) -> None:
        """Store an acknowledgement; one that is here stays as it is."""

    def replies_of(self, notices: Sequence[bytes]) -> Sequence[ReplyRow]:
        """Return the acknowledgements of the notices with these ids, in the order in which they came in."""

    def unopened(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[ReplyRow]:
        """Return the acknowledgements that were not opened yet, oldest first."""

    def open_reply(self, row: ReplyRow) -> bool:
        """Write what an acknowledgement came to; False when somebody was first."""


def sending_of(row: NoticeRow) -> Sending:
    """Return what is signed when a notice is sent.

    Raises:
        InvalidInput: the row has no time, or nothing that could be signed.
    """
    if row.sent_at is None:
        raise InvalidInput("required", "sent_at: must be filled in", field="sent_at")
    return Sending(
        notice=row.content[:HASH_LENGTH], municipality=row.municipality, recipient=row.recipient, sent_at=row.sent_at
    )


def signed_sending(row: NoticeRow) -> SignedSending:
    """Return what a row says was signed; the signature is not checked here.

    Raises:
        InvalidInput: nothing was.
    """
    return SignedSending(sending=sending_of(row), signature=row.signature)


def notice_mac(key: JobKey, row: NoticeRow) -> bytes:
    """Compute the authentication code of a notice; 32 bytes."""
    return job_mac(key, _PURPOSE, *_fields(row))


def is_notice_valid(key: JobKey, row: NoticeRow) -> bool:
    """Tell whether a notice was written by a holder of the job key and is unchanged."""
    return verify_job_mac(key, row.mac, _PURPOSE, *_fields(row))


def _fields(row: NoticeRow) -> tuple[bytes | str | int, ...]:
    return (
        row.message,
        row.municipality,
        row.notice_id,
        row.recipient,
        row.content,
        row.created_at.isoformat(timespec="microseconds"),
    )
