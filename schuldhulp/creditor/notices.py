"""Notices that municipalities send a creditor, and the creditor's signature that it has them.

A notice tells that somebody gets help; it says nothing that a signal would not. It counts when the municipality signed
it. Who signs for one has read it: the signature is over bytes that stand for just this text. It is kept as a file
beside the journal, before it is sent, so that the same signature is sent again after any failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_chain import CONTRACT
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.notice_contents import OpenedNotice, opened_notice
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.creditor.whole_file import make_private, write_whole
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.acknowledgements import acknowledgement_digest, acknowledgement_signer, seal_acknowledgement
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.acknowledgements import (
    Acknowledgement,
    SignedAcknowledgement,
    acknowledgement_from_plain,
    acknowledgement_to_plain,
)
from schuldhulp.domain.notices import Notice, whole_seconds
from schuldhulp.domain.working_days import working_days_left
from schuldhulp.errors import Conflict, Deviation, InvalidInput, Misconfigured, NotFound, ProofInvalid
from schuldhulp.services.claims.ports import MUNICIPALITY, MessageKind
from schuldhulp.services.clock import today
from schuldhulp.services.ports import Clock

_SENT: Final = "deliveredAt"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedNotice:
    """A notice that came.

    Attributes:
        notice: what it says.
        message: keccak256 of what was delivered, 32 bytes.
        sent_at: when the municipality signed it, UTC.
        acknowledged_at: when this creditor signed for it, UTC; None while it did not.
        delivered_at: when the municipality's evaluator took that, UTC; None while it did not.
        days_left: working days until the creditor should have answered, below zero the days by which it is late.
    """

    notice: Notice = field(repr=False)
    message: bytes
    sent_at: datetime
    acknowledged_at: datetime | None
    delivered_at: datetime | None
    days_left: int

    @property
    def answer_by(self) -> date:
        """The day by which the creditor should have answered."""
        return self.notice.answer_by


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reply:
    signed: SignedAcknowledgement
    delivered_at: datetime | None


class NoticeBox:
    """The notices in a creditor's journal. `ClaimClient.collect` fetches them; `ClaimClient.notices` gives this."""

    def __init__(
        self,
        *,
        access: ClaimAccess,
        journal: ClaimJournal,
        messages: OpeningKey,
        account: AccountKey,
        folder: Path,
        clock: Clock,
    ) -> None:
        """Take where notices are kept and who signs for them.

        Args:
            access: chain and channels.
            journal: keeps every message.
            messages: opens what municipalities seal.
            account: signs.
            folder: where signatures are kept as files.
            clock: tells the time.
        """
        self._access = access
        self._journal = journal
        self._messages = messages
        self._sign: Callable[[bytes], bytes] = digest_signer(account)
        self._account = account.address
        self._folder = folder
        self._clock = clock

    def received(self) -> list[ReceivedNotice]:
        """Return the notices that came, in the order in which they did; nothing is sent.

        Raises:
            Misconfigured: the file of a signature cannot be read.
        """
        return [self._received(kept) for kept in self._kept()]

    def find(self, name: str) -> ReceivedNotice:
        """Return the notice with a number, or whose number begins so.

        Args:
            name: number as the notice has it, such as ``4F2A-91C3-77B0``; hyphens and case do not matter.

        Raises:
            NotFound: there is none.
            InvalidInput: several begin so.
        """
        wanted = name.replace("-", "").strip().upper()
        found = [one for one in self.received() if wanted and one.notice.number.replace("-", "").startswith(wanted)]
        if not found:
            raise NotFound("notice_unknown", "NOTICE: none of your notices has this number", field="NOTICE")
        if len(found) > 1:
            raise InvalidInput("notice_unclear", "NOTICE: several begin so; give more of it", field="NOTICE")
        return found[0]

    def acknowledge(self, message: bytes) -> ReceivedNotice:
        """Sign for a notice and send that; done before, only what did not arrive is sent again.

        Args:
            message: keccak256 of what was delivered.

        Raises:
            NotFound: no such notice came.
            Conflict: the municipality has no claim key on the chain (``claim_key_missing``).
            Deviation: the evaluator acknowledged something else.
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        kept = next((one for one in self._kept() if one.message == message), None)
        if kept is None:
            raise NotFound("notice_unknown", "no such notice came", field="NOTICE")
        # Opened once more: nobody signs for what cannot be read.
        opened = self._open(kept)
        notice = opened.notice
        reply = self._reply(kept, opened) or self._sign_for(kept, opened)
        if reply.delivered_at is not None:
            return self._received(kept)
        state, channel = self._access.municipality(notice.municipality)
        if not any(state.claim_key):
            raise Conflict("claim_key_missing", "the municipality has no claim key on chain yet; try again later")
        sealed = seal_acknowledgement(state.claim_key, kept.claim_id, reply.signed)
        delivered = channel.deliver(MessageKind.ACKNOWLEDGEMENT, kept.claim_id, MUNICIPALITY, sealed)
        if delivered.message != message_hash(sealed):
            raise Deviation("message_other", "the evaluator acknowledged something else than was delivered")
        self._write(_Reply(signed=reply.signed, delivered_at=delivered.received_at))
        return self._received(kept)

    def _sign_for(self, kept: KeptMessage, opened: OpenedNotice) -> _Reply:
        said = Acknowledgement(
            message=opened.name,
            municipality=kept.municipality,
            account=self._account,
            acknowledged_at=whole_seconds(self._clock.now()),
        )
        reply = _Reply(
            signed=SignedAcknowledgement(acknowledgement=said, signature=self._sign(self._digest(said))),
            delivered_at=None,
        )
        self._write(reply)
        return reply

    def _digest(self, said: Acknowledgement) -> bytes:
        deployment = self._access.deployment
        return acknowledgement_digest(
            said, chain_id=deployment.chain_id, claim_register=deployment.contract(CONTRACT).address
        )

    def _kept(self) -> list[KeptMessage]:
        # Sent again with a new signature, when the municipality changed its signer, a notice is the same one.
        found = [one for one in self._journal.messages() if one.kind == MessageKind.NOTICE and one.problem is None]
        return list({one.claim_id: one for one in found}.values())

    def _received(self, kept: KeptMessage) -> ReceivedNotice:
        opened = self._open(kept)
        notice, reply = opened.notice, self._reply(kept, opened)
        return ReceivedNotice(
            notice=notice,
            message=kept.message,
            sent_at=opened.signed.sending.sent_at,
            acknowledged_at=reply.signed.acknowledgement.acknowledged_at if reply else None,
            delivered_at=reply.delivered_at if reply else None,
            days_left=working_days_left(today(self._clock), notice.answer_by),
        )

    def _open(self, kept: KeptMessage) -> OpenedNotice:
        return opened_notice(kept, messages=self._messages, account=self._account)

    def _path(self, name: bytes) -> Path:
        return self._folder / f"{name.hex()[:40]}.json"

    def _reply(self, kept: KeptMessage, opened: OpenedNotice) -> _Reply | None:
        path = self._path(opened.name)
        try:
            plain: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            delivered = plain.pop(_SENT)
            signed = acknowledgement_from_plain(plain)
            moment = datetime.fromisoformat(delivered) if delivered else None
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidInput) as error:
            raise self._wrong() from error
        if signed.acknowledgement.message != opened.name or self._signer(signed) != self._account:
            # A signature of another account, or for something else: the municipality would not believe it.
            raise self._wrong()
        return _Reply(signed=signed, delivered_at=moment)

    def _signer(self, signed: SignedAcknowledgement) -> str:
        deployment = self._access.deployment
        try:
            return acknowledgement_signer(
                signed, chain_id=deployment.chain_id, claim_register=deployment.contract(CONTRACT).address
            )
        except ProofInvalid:
            return ""

    def _write(self, reply: _Reply) -> None:
        plain = acknowledgement_to_plain(reply.signed) | {
            _SENT: reply.delivered_at.isoformat() if reply.delivered_at else None
        }
        try:
            make_private(self._folder)
            write_whole(self._path(reply.signed.acknowledgement.message), f"{json.dumps(plain, indent=2)}\n".encode())
        except OSError as error:
            raise Misconfigured(
                "acknowledgements_unwritable", "a signature cannot be written beside the journal"
            ) from error

    @staticmethod
    def _wrong() -> Misconfigured:
        return Misconfigured(
            "acknowledgement_invalid",
            "the file of a signature beside the journal is damaged, or of another account; take it away and sign anew",
            field="journal",
        )
