"""Sends decisions that stand on the chain to whom they are for, until they arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from schuldhulp.crypto.claim_decisions import decision_hash, open_decision, seal_decision
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound, Undecryptable
from schuldhulp.services.claims.decision_outcome import Trouble, is_of
from schuldhulp.services.claims.decision_rows import DecisionRow, DecisionState, decision_mac, is_decision_valid
from schuldhulp.services.claims.events import ClaimReader
from schuldhulp.services.claims.ports import Channel, MessageKind
from schuldhulp.services.ports import Clock, Store

AT_ONCE: Final = 200
"""Decisions that one run sends at most."""

PATIENCE: Final = timedelta(minutes=1)
"""Time before a decision that could not be sent is tried again."""


class DecisionPost:
    """Seals and delivers decisions; the same bytes however often it is killed."""

    def __init__(
        self,
        *,
        store: Store,
        channel: Channel,
        reader: ClaimReader,
        clock: Clock,
        opening_key: OpeningKey,
        job_key: JobKey,
        municipality: MunicipalityCode,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            reader: reads the ClaimRegister.
            clock: the time.
            opening_key: the municipality's claim key.
            job_key: tells which decisions the cockpit wrote.
            municipality: whose decisions.
        """
        self._store = store
        self._channel = channel
        self._reader = reader
        self._clock = clock
        self._opening_key = opening_key
        self._job_key = job_key
        self._municipality = municipality

    def send(self) -> tuple[int, int]:
        """Send what stands on the chain for good and has not arrived.

        What the chain has on contents that nobody judged is sent too: it tells its holder what was judged.

        Returns:
            How many arrived, and how many something is in the way of.

        Raises:
            errors.Unreachable: evaluator, chain or database do not answer; what did not arrive is sent again.
            errors.ChainMismatch: another chain answers; likewise.
        """
        now = self._clock.now()
        with self._store.read() as work:
            rows = list(work.decisions.undelivered(self._municipality, limit=AT_ONCE))
            rows += [
                row
                for row in work.decisions.in_state(self._municipality, DecisionState.OVERTAKEN)
                if row.trouble == Trouble.DECIDED_ON_AMENDED and row.delivered_at is None
            ]
        ready = [row for row in rows if not row.trouble or row.tried_at is None or now - row.tried_at >= PATIENCE]
        arrived = sum(self._send(row) for row in ready)
        return arrived, len(rows) - arrived

    def _send(self, row: DecisionRow) -> bool:
        if not is_decision_valid(self._job_key, row):
            self._note(row, Trouble.FORGED)
            return False
        if not self._has_landed(row):
            self._note(row, Trouble.NOT_FOLLOWED)
            return False
        try:
            sealed = row.sealed or self._seal(row)
            if not sealed:
                # Another worker did meanwhile; the next run sends that.
                return False
            self._channel.deliver(MessageKind.DECISION, row.claim_id, row.recipient, sealed)
        except (Conflict, InvalidInput, NotAllowed, NotFound, Undecryptable) as error:
            self._note(row, error.key)
            return False
        with self._store.write() as work:
            work.decisions.arrived(row.id, self._clock.now())
            if row.state is DecisionState.OVERTAKEN:
                # The caseworker has still to decide anew.
                work.decisions.set_state(row.id, row.state, was=row.state, batch=row.batch, trouble=row.trouble)
            work.commit()
        return True

    def _seal(self, row: DecisionRow) -> bytes:
        """Seal a decision to the key that its recipient has now, and store that before it is sent.

        Returns:
            The sealed bytes; none where they were stored meanwhile.

        Raises:
            Conflict: the recipient has no key (``encryption_key_missing``), or what was kept is not what was decided
                (``decision_differs``).
            InvalidInput, Undecryptable: the key is none, or what was kept does not open.
        """
        decision = open_decision(self._opening_key, row.claim_id, row.kept)
        if decision_hash(decision) != row.decision:
            raise Conflict("decision_differs", "what was kept of the decision is not what was decided")
        key = self._reader.encryption_keys([row.recipient])[row.recipient]
        if not any(key):
            raise Conflict("encryption_key_missing", "the creditor has no key to which anything can be sealed")
        sealed = seal_decision(key, decision)
        mac = decision_mac(self._job_key, replace(row, sealed=sealed))
        with self._store.write() as work:
            stored = work.decisions.seal(row.id, sealed, mac=mac)
            work.commit()
        return sealed if stored else b""

    def _has_landed(self, row: DecisionRow) -> bool:
        """Say whether the chain holds a decision; the database only says where to look.

        Its authentication code does not cover how far it got: who writes in the database alone must not have a
        creditor told of what can still be taken back.
        """
        with self._store.read() as work:
            batch = work.batches.get(row.batch) if row.batch is not None else None
            blocks = {event.block_number for event in work.claims.events_of([row.claim_id]) if is_of(event, row)}
        if batch is not None and batch.block_number is not None:
            blocks.add(batch.block_number)
        return any(
            is_of(event, row)
            for block in sorted(blocks)
            for event in self._reader.events(self._municipality, block, block)
        )

    def _note(self, row: DecisionRow, trouble: str) -> None:
        # What was overtaken keeps its name, by which it is found again.
        kept = row.trouble if row.state is DecisionState.OVERTAKEN else trouble
        with self._store.write() as work:
            work.decisions.note(row.id, trouble=kept, tried_at=self._clock.now())
            work.commit()
