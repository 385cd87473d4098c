"""Signs notices and delivers them to creditors until they arrive; the same bytes however often the worker is killed.

The signature of the receipt signer tells the creditor that the municipality sends this: to seal something to a creditor
needs no secret, and what lies in a mailbox is the evaluator's word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.sendings import sending_digest, sending_signer, with_sending
from schuldhulp.domain.notices import whole_seconds
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import ChainMismatch, Conflict, InvalidInput, NotAllowed, NotFound, ProofInvalid
from schuldhulp.services.claims.ports import Channel, MessageKind
from schuldhulp.services.notices.mailboxes import CreditorRegister
from schuldhulp.services.notices.rows import NoticeRow, is_notice_valid, sending_of, signed_sending
from schuldhulp.services.ports import ChainReader, Clock, Store

AT_ONCE: Final = 200
"""Notices that one run sends at most."""

PATIENCE: Final = timedelta(minutes=1)
"""Time before a notice that could not be sent is tried again."""

FORGED: Final = "forged"
"""Trouble of a notice that was not written by this system, or was changed since; it is not sent."""

OTHER: Final = "message_other"
"""Trouble of a notice for which the evaluator acknowledged something else."""


NO_ROLE: Final = "role_missing"
"""Trouble of a notice to an account that is no creditor's on the chain; it waits until it is one again."""


class SendingDesk:
    """Signs what is sent."""

    def __init__(
        self, *, sign_digest: Callable[[bytes], bytes], signer: str, chain_id: int, claim_register: str
    ) -> None:
        """Take what it works with.

        Args:
            sign_digest: signs 32 bytes with the receipt signer's key; 65 bytes.
            signer: checksummed address of that key.
            chain_id: chain of the ClaimRegister.
            claim_register: its address.
        """
        self._sign_digest = sign_digest
        self._chain_id = chain_id
        self._claim_register = claim_register
        self.signer = signer

    def sign(self, row: NoticeRow) -> NoticeRow:
        """Sign a notice for the time in its row."""
        digest = sending_digest(sending_of(row), chain_id=self._chain_id, claim_register=self._claim_register)
        return replace(row, signature=self._sign_digest(digest))

    def has_signed(self, row: NoticeRow) -> bool:
        """Tell whether the signature in a row is that of this desk, over what the row says."""
        try:
            signer = sending_signer(signed_sending(row), chain_id=self._chain_id, claim_register=self._claim_register)
        except (InvalidInput, ProofInvalid):
            return False
        return signer == self.signer


class NoticePost:
    """Sends what the cockpit wrote."""

    def __init__(
        self,
        *,
        store: Store,
        channel: Channel,
        chain: ChainReader,
        register: CreditorRegister,
        clock: Clock,
        job_key: JobKey,
        municipality: MunicipalityCode,
        desk: SendingDesk,
        head_max_age: int,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            chain: reads the registry.
            register: tells who is a creditor.
            clock: the time.
            job_key: tells which notices the cockpit wrote.
            municipality: whose notices.
            desk: signs.
            head_max_age: seconds that the newest block may be old.
        """
        self._store = store
        self._channel = channel
        self._chain = chain
        self._register = register
        self._clock = clock
        self._job_key = job_key
        self._municipality = municipality
        self._desk = desk
        self._head_max_age = head_max_age

    def send(self) -> tuple[int, int]:
        """Send what waits.

        Returns:
            How many arrived, and how many something is in the way of.

        Raises:
            errors.Unreachable: evaluator, chain or database do not answer; what did not arrive is sent again.
            errors.ChainMismatch: another chain answers, it stands still, or it names another receipt signer, whose
                signature creditors would expect.
        """
        now = self._clock.now()
        with self._store.read() as work:
            rows = work.notices.undelivered(self._municipality, limit=AT_ONCE)
        ready = [row for row in rows if row.tried_at is None or now - row.tried_at >= PATIENCE]
        if not ready:
            return 0, len(rows)
        self._chain.require_fresh_head(now, self._head_max_age)
        if self._chain.municipality(self._municipality).receipt_signer != self._desk.signer:
            raise ChainMismatch(
                "receipt_signer_differs", "the registry names another receipt signer than the worker has"
            )
        creditors = set(self._register.creditors(self._municipality, sorted({row.recipient for row in ready})))
        arrived = sum(self._send(row, is_creditor=row.recipient in creditors) for row in ready)
        return arrived, len(rows) - arrived

    def _send(self, row: NoticeRow, *, is_creditor: bool) -> bool:
        if not is_notice_valid(self._job_key, row) or message_hash(row.content) != row.message:
            with self._store.write() as work:
                work.notices.refuse(row.message, trouble=FORGED)
                work.commit()
            return False
        if not is_creditor:
            self._note(row, NO_ROLE)
            return False
        if not self._desk.has_signed(row):
            # Not signed yet, or by a signer that was replaced before this went out. Kept before it is sent.
            signed = self._desk.sign(replace(row, sent_at=whole_seconds(self._clock.now())))
            if not self._keep(row, signed):
                # Somebody else signed it meanwhile; the next run sends that.
                return False
            row = signed
        content = with_sending(row.content, signed_sending(row))
        try:
            delivered = self._channel.deliver(MessageKind.NOTICE, row.notice_id, row.recipient, content)
        except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
            self._note(row, error.key)
            return False
        if delivered.message != message_hash(content):
            self._note(row, OTHER)
            return False
        with self._store.write() as work:
            work.notices.arrived(row.message, at=delivered.received_at, tried_at=self._clock.now())
            work.commit()
        return True

    def _keep(self, row: NoticeRow, signed: NoticeRow) -> bool:
        if signed.sent_at is None:
            raise AssertionError("what was signed has a time")
        with self._store.write() as work:
            kept = work.notices.sign(row, sent_at=signed.sent_at, signature=signed.signature)
            work.commit()
        return kept

    def _note(self, row: NoticeRow, trouble: str) -> None:
        with self._store.write() as work:
            work.notices.note(row.message, trouble=trouble, tried_at=self._clock.now())
            work.commit()
