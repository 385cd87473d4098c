"""Asks whoever holds a claim for a new statement as soon as the one in it is six months old.

The question is signed by the receipt signer and stored before it is sealed, sealed before it is sent, and sent until it
arrives. Once for each version and holder: an amendment answers it, and whoever is handed the claim is asked anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from schuldhulp.crypto.claims import claim_commitment, open_claim
from schuldhulp.crypto.renewals import renewal_digest, seal_renewal
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import Claim
from schuldhulp.domain.renewals import RenewalRequest, SignedRenewal, renew_from, renewal_from_plain, renewal_to_plain
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import ChainMismatch, Conflict, InvalidInput, NotAllowed, NotFound, Undecryptable
from schuldhulp.services.claims.events import ClaimReader
from schuldhulp.services.claims.ports import Channel, MessageKind
from schuldhulp.services.claims.receipts import BAD_KEY, NO_KEY
from schuldhulp.services.claims.renewal_rows import RenewalRow
from schuldhulp.services.ports import ChainReader, Clock, Head, Store

AT_ONCE: Final = 200
"""Claims that are looked at, or questions that are sent, at a time."""

BATCHES: Final = 50
"""Times that one run looks at that many claims; the next one goes on."""

PATIENCE: Final = timedelta(minutes=1)
"""Time before a question that could not be sent is tried again."""

AGAIN: Final = timedelta(days=30)
"""Time before contents are looked at again in which no statement can be found: they should have been refused."""


class RenewalDesk:
    """Signs questions for new statements."""

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

    def sign(self, request: RenewalRequest) -> SignedRenewal:
        """Sign a question."""
        digest = renewal_digest(request, chain_id=self._chain_id, claim_register=self._claim_register)
        return SignedRenewal(request=request, signature=self._sign_digest(digest))


class RenewalPost:
    """Finds claims whose statement is too old, and asks their holders for a new one."""

    def __init__(
        self,
        *,
        store: Store,
        channel: Channel,
        chain: ChainReader,
        reader: ClaimReader,
        clock: Clock,
        municipality: MunicipalityCode,
        opening_key: OpeningKey,
        desk: RenewalDesk,
        head_max_age: int,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            chain: reads the registry.
            reader: reads the ClaimRegister.
            clock: the time.
            municipality: whose claims.
            opening_key: the municipality's claim key.
            desk: signs.
            head_max_age: seconds that the newest block may be old.
        """
        self._store = store
        self._channel = channel
        self._chain = chain
        self._reader = reader
        self._clock = clock
        self._municipality = municipality
        self._opening_key = opening_key
        self._desk = desk
        self._head_max_age = head_max_age

    def ask(self) -> int:
        """Write a question for each claim whose statement has become too old and whose holder was not asked yet.

        Returns:
            How many were written.

        Raises:
            errors.Unreachable: chain or database do not answer; what was written stays.
            errors.ChainMismatch: another chain answers, it stands still, or it names another receipt signer.
        """
        head = self._chain.require_fresh_head(self._clock.now(), self._head_max_age)
        if self._chain.municipality(self._municipality).receipt_signer != self._desk.signer:
            raise ChainMismatch(
                "receipt_signer_differs", "the registry names another receipt signer than the worker has"
            )
        asked, looked_at = 0, set[ClaimId]()
        for _ in range(BATCHES):
            with self._store.read() as work:
                due = work.renewals.due(self._municipality, self._clock.now(), limit=AT_ONCE + len(looked_at))
            fresh = [one for one in due if one[0] not in looked_at][:AT_ONCE]
            if not fresh:
                break
            looked_at |= {claim_id for claim_id, _ in fresh}
            asked += self._ask(fresh, head)
        return asked

    def _ask(self, due: Sequence[tuple[ClaimId, bytes]], head: Head) -> int:
        filed = self._reader.claims([claim_id for claim_id, _ in due], head.number)
        written = 0
        for claim_id, message in due:
            claim = self._contents(claim_id, message)
            now = self._clock.now()
            renew_at = now + AGAIN if claim is None else renew_from(claim.contents.statement_date)
            stands = filed[claim_id]
            row = None
            # What the database says of the claim may be older than the chain; then there is nothing to ask any more,
            # or it is asked when that was read.
            if (
                claim is not None
                and renew_at <= now
                and stands.status.is_undecided
                and stands.commitment == claim_commitment(claim)
            ):
                row = self._question(claim, stands.holder)
            with self._store.write() as work:
                work.renewals.note_day(message, renew_at)
                written += row is not None and work.renewals.add(row)
                work.commit()
        return written

    def _contents(self, claim_id: ClaimId, message: bytes) -> Claim | None:
        with self._store.read() as work:
            mail = work.mail.get(message)
        try:
            return open_claim(self._opening_key, claim_id, mail.content if mail else b"")
        except (Undecryptable, InvalidInput):
            return None

    def _question(self, claim: Claim, holder: str) -> RenewalRow:
        request = RenewalRequest(
            claim_id=claim.claim_id,
            commitment=claim_commitment(claim),
            municipality=self._municipality,
            holder=holder,
            statement_date=claim.contents.statement_date,
            asked_at=self._clock.now().replace(microsecond=0),
        )
        return RenewalRow(
            claim_id=request.claim_id,
            commitment=request.commitment,
            recipient=holder,
            municipality=self._municipality,
            document=json.dumps(renewal_to_plain(self._desk.sign(request)), sort_keys=True).encode("ascii"),
            created_at=self._clock.now(),
        )

    def send(self) -> tuple[int, int]:
        """Send what was asked and has not arrived; what was answered meanwhile is not asked any more.

        Returns:
            How many questions arrived, and how many something is in the way of.

        Raises:
            errors.Unreachable: evaluator, chain or database do not answer; what did not arrive is sent again.
        """
        now = self._clock.now()
        with self._store.read() as work:
            rows = work.renewals.undelivered(self._municipality, limit=AT_ONCE)
        ready = [row for row in rows if row.tried_at is None or now - row.tried_at >= PATIENCE]
        keys = self._reader.encryption_keys(sorted({row.recipient for row in ready if not row.sealed}))
        arrived = sum(self._send(row, keys.get(row.recipient, b"")) for row in ready)
        return arrived, len(rows) - arrived

    def _send(self, row: RenewalRow, key: bytes) -> bool:
        sealed = row.sealed
        if not sealed:
            if not any(key):
                self._note(row, NO_KEY)
                return False
            try:
                sealed = seal_renewal(key, renewal_from_plain(json.loads(row.document)))
            except InvalidInput:
                self._note(row, BAD_KEY)
                return False
            with self._store.write() as work:
                stored = work.renewals.seal(row, sealed)
                work.commit()
            if not stored:
                # Somebody else sealed it meanwhile; the next run sends that.
                return False
        try:
            self._channel.deliver(MessageKind.RENEWAL, row.claim_id, row.recipient, sealed)
        except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
            self._note(row, error.key)
            return False
        with self._store.write() as work:
            work.renewals.arrived(row, self._clock.now())
            work.commit()
        return True

    def _note(self, row: RenewalRow, trouble: str) -> None:
        with self._store.write() as work:
            work.renewals.note(row, trouble=trouble, tried_at=self._clock.now())
            work.commit()
