"""Receipts: signed where it is decided, sealed to the creditor's key on the chain, and sent until they arrive.

Each of these steps is stored before the next one begins, so that a worker that is killed sends the same bytes again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from schuldhulp.crypto.claims import receipt_digest, seal_receipt
from schuldhulp.domain.claims import (
    ClaimReceipt,
    ReceiptOutcome,
    RefusalReason,
    SignedReceipt,
    receipt_from_plain,
    receipt_to_plain,
)
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schuldhulp.services.claims.events import ClaimReader, FiledClaim
from schuldhulp.services.claims.ports import Channel, MessageKind
from schuldhulp.services.claims.rows import ClaimRow, DeliveryRow, ReceiptRow
from schuldhulp.services.ports import Clock, Head, Store

NO_MESSAGE: Final = bytes(32)
NO_COMMITMENT: Final = Commitment(bytes(32))

NO_KEY: Final = "encryption_key_missing"
"""Trouble of a receipt whose creditor has set no key on the chain yet; it waits for that."""

BAD_KEY: Final = "encryption_key_invalid"
"""Trouble of a receipt whose creditor has set a key on the chain that nothing can be sealed to."""

AT_ONCE: Final = 200
"""Receipts that one run sends at most."""

PATIENCE: Final = timedelta(minutes=1)
"""Time before a receipt that could not be sent is tried again."""


class ReceiptDesk:
    """Writes receipts and signs them; nothing is stored."""

    def __init__(
        self,
        *,
        sign_digest: Callable[[bytes], bytes],
        chain_id: int,
        claim_register: str,
        municipality: MunicipalityCode,
        clock: Clock,
    ) -> None:
        """Take what it works with.

        Args:
            sign_digest: signs 32 bytes with the receipt signer's key; 65 bytes.
            chain_id: chain of the ClaimRegister.
            claim_register: its address.
            municipality: whose receipts.
            clock: the time.
        """
        self._sign_digest = sign_digest
        self._chain_id = chain_id
        self._claim_register = claim_register
        self._municipality = municipality
        self._clock = clock

    def of_delivery(self, delivery: DeliveryRow, filed: FiledClaim | None, block: Head) -> ReceiptRow:
        """Write the receipt of contents that were accepted or refused.

        Args:
            delivery: what was decided.
            filed: the claim at that block, None when it was never filed.
            block: the block at which the chain was read.
        """
        accepted = delivery.reason is None
        return self._row(
            ClaimReceipt(
                claim_id=delivery.claim_id,
                commitment=_stood(delivery, filed),
                municipality=self._municipality,
                holder=delivery.sender if accepted or filed is None else filed.holder,
                message=delivery.message,
                outcome=ReceiptOutcome.ACCEPTED if accepted else ReceiptOutcome.REFUSED,
                reason=delivery.reason,
                received_at=delivery.received_at.replace(microsecond=0),
                block_number=block.number,
                block_hash=block.hash,
            ),
            message=delivery.message,
            recipient=delivery.sender,
        )

    def of_missing(self, claim: ClaimRow, block: Head) -> ReceiptRow:
        """Write the receipt of a claim whose contents did not come in time.

        Args:
            claim: the claim.
            block: the block at which the chain was read.
        """
        return self._row(
            ClaimReceipt(
                claim_id=claim.claim_id,
                commitment=claim.commitment,
                municipality=self._municipality,
                holder=claim.holder,
                message=NO_MESSAGE,
                outcome=ReceiptOutcome.REFUSED,
                reason=RefusalReason.CONTENTS_MISSING,
                received_at=self._clock.now().replace(microsecond=0),
                block_number=block.number,
                block_hash=block.hash,
            ),
            message=None,
            recipient=claim.holder,
        )

    def _row(self, receipt: ClaimReceipt, *, message: bytes | None, recipient: str) -> ReceiptRow:
        digest = receipt_digest(receipt, chain_id=self._chain_id, claim_register=self._claim_register)
        signed = SignedReceipt(receipt=receipt, signature=self._sign_digest(digest))
        return ReceiptRow(
            id=0,
            municipality=self._municipality,
            claim_id=ClaimId(receipt.claim_id),
            message=message,
            recipient=recipient,
            outcome=receipt.outcome,
            reason=receipt.reason,
            document=json.dumps(receipt_to_plain(signed), sort_keys=True).encode("ascii"),
            created_at=self._clock.now(),
        )


class ReceiptSender:
    """Seals receipts and sends them."""

    def __init__(
        self, *, store: Store, channel: Channel, reader: ClaimReader, clock: Clock, municipality: MunicipalityCode
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            reader: tells creditors' keys.
            clock: the time.
            municipality: whose receipts.
        """
        self._store = store
        self._channel = channel
        self._reader = reader
        self._clock = clock
        self._municipality = municipality

    def send(self) -> tuple[int, int]:
        """Send what is signed and has not arrived.

        Returns:
            How many receipts arrived, and how many something is in the way of.

        Raises:
            errors.Unreachable: evaluator, chain or database do not answer; what did not arrive is sent again.
        """
        now = self._clock.now()
        with self._store.read() as work:
            found = sorted(work.claims.undelivered(self._municipality, limit=AT_ONCE), key=lambda row: row.id)
        # Of one claim the newest receipt counts, so that none may overtake an older one.
        held = {_queue(row) for row in found if row.tried_at is not None and now - row.tried_at < PATIENCE}
        arrived = 0
        for row, sealed in self._seal([row for row in found if _queue(row) not in held], held):
            if _queue(row) in held:
                continue
            if self._deliver(row, sealed):
                arrived += 1
            else:
                held.add(_queue(row))
        return arrived, len(found) - arrived

    def _seal(self, rows: Sequence[ReceiptRow], held: set[tuple[str, ClaimId]]) -> list[tuple[ReceiptRow, bytes]]:
        """Seal what is not sealed yet, where the creditor has a key; sealed bytes are stored before they are sent."""
        keys = self._reader.encryption_keys(sorted({row.recipient for row in rows if not row.sealed}))
        ready = []
        for row in rows:
            if row.sealed:
                ready.append((row, row.sealed))
                continue
            key = keys[row.recipient]
            if not any(key):
                held.add(_queue(row))
                self._note(row, NO_KEY)
                continue
            try:
                sealed = seal_receipt(key, receipt_from_plain(json.loads(row.document)))
            except InvalidInput:
                held.add(_queue(row))
                self._note(row, BAD_KEY)
                continue
            with self._store.write() as work:
                stored = work.claims.seal_receipt(row.id, sealed)
                work.commit()
            if stored:
                ready.append((row, sealed))
            else:
                # Somebody else sealed it meanwhile; the next run sends that.
                held.add(_queue(row))
        return ready

    def _deliver(self, row: ReceiptRow, sealed: bytes) -> bool:
        try:
            self._channel.deliver(MessageKind.RECEIPT, row.claim_id, row.recipient, sealed)
        except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
            self._note(row, error.key)
            return False
        with self._store.write() as work:
            work.claims.receipt_arrived(row.id, self._clock.now())
            work.commit()
        return True

    def _note(self, row: ReceiptRow, trouble: str) -> None:
        with self._store.write() as work:
            work.claims.note_receipt(row.id, trouble=trouble, tried_at=self._clock.now())
            work.commit()


def _queue(row: ReceiptRow) -> tuple[str, ClaimId]:
    return row.recipient, row.claim_id


def _stood(delivery: DeliveryRow, filed: FiledClaim | None) -> Commitment:
    """Return the commitment that stood on the chain: what was accepted, or else what is there."""
    if delivery.reason is None and delivery.commitment is not None:
        return delivery.commitment
    return filed.commitment if filed is not None else NO_COMMITMENT
