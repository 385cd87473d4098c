"""Takes in what creditors sign for notices: the evaluator cannot read it, and only the recipient's signature counts."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

from schuldhulp.crypto.acknowledgements import acknowledgement_signer, open_acknowledgement
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.acknowledgements import Acknowledgement, SignedAcknowledgement
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, ProofInvalid, Undecryptable
from schuldhulp.services.claims.ports import Message
from schuldhulp.services.notices.rows import NoticeRow, ReplyRow, ReplyState
from schuldhulp.services.ports import Store, UnitOfWork

LOG: Final = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""Acknowledgements that one run opens at most."""

UNKNOWN: Final = "notice_unknown"
"""Trouble of an acknowledgement of a notice that is not here."""

OTHER_MESSAGE: Final = "message_other"
"""Trouble of one that is about another message than was sent under this id."""

OTHER_SIGNER: Final = "signer_other"
"""Trouble of one that another account signed than the one that the notice was sealed to."""

FAULT: Final = "fault"
"""Trouble of one that could not be looked at because of a fault in this program."""


class ReplyIntake:
    """Stores acknowledgements as they come in; a `services.claims.collecting.MessageHandler`."""

    def __init__(self, municipality: MunicipalityCode) -> None:
        """Take whose notices these are about."""
        self._municipality = municipality

    def keep(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Have it opened by the next step."""
        work.notices.add_reply(
            ReplyRow(
                message=message.message,
                municipality=self._municipality,
                notice=message.subject,
                sender=message.sender,
                organisation=message.organisation,
                received_at=message.received_at,
            )
        )

    def keep_again(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Do nothing: nobody waits for an answer to it."""


class ReplyCheck:
    """Opens acknowledgements and finds out who signed them."""

    def __init__(
        self,
        *,
        store: Store,
        opening_key: OpeningKey,
        municipality: MunicipalityCode,
        chain_id: int,
        claim_register: str,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            opening_key: the municipality's claim key.
            municipality: whose notices.
            chain_id: chain that the signatures are bound to.
            claim_register: address of the ClaimRegister, likewise.
        """
        self._store = store
        self._opening_key = opening_key
        self._municipality = municipality
        self._chain_id = chain_id
        self._claim_register = claim_register

    def check(self) -> tuple[int, int]:
        """Open what came in and was not opened yet.

        Returns:
            How many acknowledgements hold, and how many do not.

        Raises:
            errors.Unreachable: the database does not answer; what was not opened waits.
        """
        with self._store.read() as work:
            found = [
                (row, work.mail.get(row.message), work.notices.with_id(row.notice))
                for row in work.notices.unopened(self._municipality, limit=AT_ONCE)
            ]
        valid = refused = 0
        for row, mail, notice in found:
            opened = self._open(row, mail.content if mail else b"", notice)
            with self._store.write() as work:
                written = work.notices.open_reply(opened)
                work.commit()
            valid += written and opened.state is ReplyState.VALID
            refused += written and opened.state is ReplyState.REFUSED
        return valid, refused

    def _open(self, row: ReplyRow, sealed: bytes, notice: NoticeRow | None) -> ReplyRow:
        try:
            return self._read(row, sealed, notice)
        except (InvalidInput, Undecryptable, ProofInvalid) as error:
            return replace(row, state=ReplyState.REFUSED, trouble=error.key)
        except Exception as error:  # noqa: BLE001 - one message must not keep all others back
            LOG.warning("notices: message %s: %s", row.message.hex()[:16], type(error).__name__)
            return replace(row, state=ReplyState.REFUSED, trouble=FAULT)

    def _read(self, row: ReplyRow, sealed: bytes, notice: NoticeRow | None) -> ReplyRow:
        signed = open_acknowledgement(self._opening_key, row.notice, sealed)
        said = signed.acknowledgement
        opened = replace(row, account=said.account, acknowledged_at=said.acknowledged_at, signature=signed.signature)
        trouble = UNKNOWN
        if notice is not None:
            trouble = reply_trouble(opened, notice, chain_id=self._chain_id, claim_register=self._claim_register)
        return replace(opened, state=ReplyState.REFUSED if trouble else ReplyState.VALID, trouble=trouble)


def signed_reply(row: ReplyRow, notice: NoticeRow) -> SignedAcknowledgement:
    """Return what a reply says was signed for a notice.

    Raises:
        InvalidInput: it says nothing that could have been signed.
    """
    if row.acknowledged_at is None:
        raise InvalidInput("required", "acknowledged_at: must be filled in", field="acknowledged_at")
    said = Acknowledgement(
        message=notice.message,
        municipality=notice.municipality,
        account=row.account,
        acknowledged_at=row.acknowledged_at,
    )
    return SignedAcknowledgement(acknowledgement=said, signature=row.signature)


def reply_trouble(row: ReplyRow, notice: NoticeRow, *, chain_id: int, claim_register: str) -> str:
    """Say why a reply does not acknowledge a notice; empty when it does.

    The database alone proves nothing: the signature is checked each time, over the message that was sent.

    Args:
        row: the reply.
        notice: the notice that it names.
        chain_id: chain that the signature is bound to.
        claim_register: address of the ClaimRegister, likewise.
    """
    if row.notice != notice.notice_id:
        return OTHER_MESSAGE
    try:
        signer = acknowledgement_signer(signed_reply(row, notice), chain_id=chain_id, claim_register=claim_register)
    except (InvalidInput, ProofInvalid) as error:
        return error.key
    return "" if signer == row.account == notice.recipient else OTHER_SIGNER
