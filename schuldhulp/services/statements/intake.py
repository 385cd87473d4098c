"""The worker's side of statements: takes them in, looks whether they open, and answers signed."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from schuldhulp.crypto.acknowledgements import acknowledgement_digest, seal_statement_receipt
from schuldhulp.crypto.statement_refusals import refusal_digest, seal_refusal
from schuldhulp.domain.acknowledgements import Acknowledgement, SignedAcknowledgement
from schuldhulp.domain.statement_refusals import SignedRefusal, StatementRefusal
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound, SchuldhulpError, Unreachable
from schuldhulp.services.claims.intake import Trouble
from schuldhulp.services.claims.ports import Channel, Message, MessageKind
from schuldhulp.services.ports import ChainReader, Clock, Store, UnitOfWork
from schuldhulp.services.statements.opening import StatementReader, chain_finding
from schuldhulp.services.statements.rows import StatementFinding, StatementRow, StatementState

LOG: Final = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""Statements that are opened, and receipts that are sent, in one run at most."""

PATIENCE: Final = timedelta(minutes=1)
"""Time before a receipt that could not be sent is tried again."""

NO_KEY: Final = "encryption_key_missing"
"""Trouble of a receipt whose sender has no key on the chain."""

BAD_KEY: Final = "encryption_key_invalid"
"""Trouble of a receipt whose sender has a key to which nothing can be sealed."""


class SenderKeys(Protocol):
    """Reads the keys of senders from the ClaimRegister (`chain.claims.RegisterReader`)."""

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the key of each account, 32 zero bytes where there is none.

        Raises:
            Unreachable: no chain answers, or it is another one.
        """


class StatementDeliveries:
    """Takes in statements; a `claims.collecting.MessageHandler`."""

    def __init__(self, municipality: MunicipalityCode) -> None:
        """Take whose mailbox it is."""
        self._municipality = municipality

    def keep(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Have the statement opened by the next step."""
        work.statements.add(
            StatementRow(
                message=message.message,
                municipality=self._municipality,
                statement_id=message.subject,
                sender=message.sender,
                organisation=message.organisation,
                received_at=message.received_at,
            )
        )

    def keep_again(self, work: UnitOfWork, message: Message, now: datetime) -> None:
        """Have the receipt sent again: an evaluator that forgot the statement has forgotten that too."""
        work.statements.receipt_again(message.message)


@dataclass(frozen=True, kw_only=True)
class StatementReport:
    """What one run did.

    Attributes:
        right: statements that opened and wait for a caseworker now.
        refused: statements that something is wrong with; staff sees them named.
        sent: answers that arrived, receipts and refusals.
        unsent: answers that something is in the way of.
        erased: statements whose sealed bytes were erased after their time.
        troubles: keys of what kept something back.
    """

    right: int = 0
    refused: int = 0
    sent: int = 0
    unsent: int = 0
    erased: int = 0
    troubles: tuple[str, ...] = ()


class StatementIntake:
    """Opens statements, and tells their senders that they came, or what is wrong with the message; nothing else."""

    def __init__(
        self,
        *,
        store: Store,
        chain: ChainReader,
        channel: Channel,
        keys: SenderKeys,
        clock: Clock,
        reader: StatementReader,
        receipt_signer: str,
        sign_digest: Callable[[bytes], bytes],
        retention: timedelta,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            chain: reads the registry.
            channel: the municipality's side of the channel.
            keys: tells the keys of senders.
            clock: the time.
            reader: opens statements.
            receipt_signer: checksummed address that receipts are signed with.
            sign_digest: signs 32 bytes with that account, 65 bytes r, s, v.
            retention: how long sealed bytes are kept after a caseworker decided.
        """
        self._store = store
        self._chain = chain
        self._channel = channel
        self._keys = keys
        self._clock = clock
        self._reader = reader
        self._municipality = reader.municipality
        self._receipt_signer = receipt_signer
        self._sign_digest = sign_digest
        self._retention = retention

    def work(self) -> tuple[int, int]:
        """Do everything that can be done now, as a chore of the worker (`working.Chore`).

        Returns:
            How much was done, and how many receipts something is in the way of.

        Raises:
            errors.Unreachable: the database does not answer, or something kept everything back (its key says what).
        """
        report = self.run_once()
        if report.troubles:
            raise Unreachable(report.troubles[0], f"statements are kept back: {' '.join(report.troubles)}")
        return report.right + report.refused + report.sent, report.unsent

    def run_once(self) -> StatementReport:
        """Do everything that can be done now.

        Raises:
            errors.Unreachable: the database does not answer.
        """
        report, troubles = StatementReport(), []
        try:
            troubles = self._differences()
            if not troubles:
                right, refused, faulty = self._open()
                report = dataclasses.replace(report, right=right, refused=refused)
                if faulty:
                    troubles.append(Trouble.FAULT.value)
                sent, unsent = self._send()
                report = dataclasses.replace(report, sent=sent, unsent=unsent)
        except SchuldhulpError as error:
            LOG.debug("statements: %s", error)
            troubles.append(error.key)
        return dataclasses.replace(report, erased=self._erase(), troubles=tuple(troubles))

    def _differences(self) -> list[str]:
        """Compare keys with the registry: nothing is opened or signed with others, it would tell what is not so."""
        state, found = self._chain.municipality(self._municipality), []
        if state.receipt_signer != self._receipt_signer:
            found.append(Trouble.SIGNER_DIFFERS.value)
        if state.claim_key != self._reader.opening_key.public_key:
            found.append(Trouble.CLAIM_KEY_DIFFERS.value)
        return found

    def _open(self) -> tuple[int, int, int]:
        with self._store.read() as work:
            rows = work.statements.in_state(self._municipality, StatementState.RECEIVED, limit=AT_ONCE)
            batch = [(row, work.mail.get(row.message)) for row in rows]
        findings: list[tuple[bytes, StatementFinding]] = []
        faulty = 0
        for row, mail in batch:
            try:
                findings.append((row.message, self._finding(row, mail.content if mail else b"")))
            except SchuldhulpError:
                raise
            except Exception as error:  # noqa: BLE001 - one message must not keep all others back
                # Not the text of the error: it could hold what is in the statement.
                LOG.warning("statements: message %s: %s", row.message.hex()[:16], type(error).__name__)
                faulty += 1
        with self._store.write() as work:
            written = [finding for message, finding in findings if work.statements.opened(message, finding)]
            work.commit()
        refused = sum(bool(finding) for finding in written)
        return len(written) - refused, refused, faulty

    def _finding(self, row: StatementRow, content: bytes) -> StatementFinding:
        found = self._reader.examined(row, content)
        if isinstance(found, StatementFinding):
            return found
        return chain_finding(self._chain, self._municipality, row, found)

    def _send(self) -> tuple[int, int]:
        now = self._clock.now()
        with self._store.read() as work:
            rows = work.statements.unreceipted(self._municipality, limit=AT_ONCE)
        ready = [row for row in rows if row.tried_at is None or now - row.tried_at >= PATIENCE]
        arrived = sum(self._deliver(row, receipt) for row, receipt in self._sign(ready))
        return arrived, len(rows) - arrived

    def _sign(self, rows: Sequence[StatementRow]) -> list[tuple[StatementRow, bytes]]:
        """Sign and seal what is not yet; sealed bytes are stored before they are sent, and sent again as they are."""
        keys = self._keys.encryption_keys(sorted({row.sender for row in rows if not row.receipt}))
        ready = []
        for row in rows:
            if row.receipt:
                ready.append((row, row.receipt))
                continue
            key = keys.get(row.sender, bytes(32))
            if not any(key):
                self._note(row, NO_KEY)
                continue
            try:
                receipt = self._answer(row, key)
            except InvalidInput:
                self._note(row, BAD_KEY)
                continue
            with self._store.write() as work:
                is_first = work.statements.sign(row.message, receipt)
                work.commit()
            # Where somebody else signed it meanwhile, the next run sends that.
            if is_first:
                ready.append((row, receipt))
        return ready

    def _answer(self, row: StatementRow, key: bytes) -> bytes:
        """Sign that a statement came, or what is wrong with it, and seal that to its sender."""
        now = self._clock.now().replace(microsecond=0)
        place: dict[str, Any] = {"chain_id": self._reader.chain_id, "claim_register": self._reader.claim_register}
        about: dict[str, Any] = {"message": row.message, "municipality": self._municipality, "account": row.sender}
        if row.finding:
            refusal = StatementRefusal(**about, reason=row.finding.value, refused_at=now)
            signature = self._sign_digest(refusal_digest(refusal, **place))
            return seal_refusal(key, row.statement_id, SignedRefusal(refusal=refusal, signature=signature))
        said = Acknowledgement(**about, acknowledged_at=now)
        signed = SignedAcknowledgement(
            acknowledgement=said, signature=self._sign_digest(acknowledgement_digest(said, **place))
        )
        return seal_statement_receipt(key, row.statement_id, signed)

    def _deliver(self, row: StatementRow, receipt: bytes) -> bool:
        try:
            self._channel.deliver(MessageKind.STATEMENT_RECEIPT, row.statement_id, row.sender, receipt)
        except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
            self._note(row, error.key)
            return False
        with self._store.write() as work:
            work.statements.receipted(row.message, self._clock.now())
            work.commit()
        return True

    def _note(self, row: StatementRow, trouble: str) -> None:
        with self._store.write() as work:
            work.statements.note(row.message, trouble=trouble, tried_at=self._clock.now())
            work.commit()

    def _erase(self) -> int:
        """Empty sealed bytes that nobody needs any more."""
        before = self._clock.now() - self._retention
        with self._store.read() as work:
            messages = work.statements.to_erase(self._municipality, decided_before=before)
        if messages:
            with self._store.write() as work:
                work.mail.erase(messages)
                work.commit()
        return len(messages)
