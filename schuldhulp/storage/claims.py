"""Claims on the chain, the contents that were delivered for them, and the receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, or_, select, update

from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.rows import (
    ClaimRow,
    ContentsState,
    DeliveryRow,
    DeliveryState,
    EventRow,
    ReceiptRow,
)
from schuldhulp.storage import tables
from schuldhulp.storage.claim_columns import claim_of, delivery_of, event_of, plain, receipt_of
from schuldhulp.storage.repository import Repository, chunks

_CLOSED: Final = [status.value for status in ClaimStatus if status is not ClaimStatus.NONE and not status.is_open]


class Claims(Repository):
    """Tables ``claim_deliveries``, ``claim_events``, ``claims`` and ``claim_receipts``."""

    # --- deliveries ---------------------------------------------------------------------------------------------------

    def add_delivery(self, row: DeliveryRow) -> None:
        """Store a delivery; does nothing when it is here already."""
        self._run(self._insert(tables.claim_deliveries).values(**plain(row)).on_conflict_do_nothing())

    def delivery(self, message: bytes) -> DeliveryRow | None:
        """Return a delivery."""
        table = tables.claim_deliveries
        row = self._first(select(table).where(table.c.message == message))
        return None if row is None else delivery_of(row)

    def deliveries(
        self, municipality: MunicipalityCode, state: DeliveryState, *, limit: int | None = None
    ) -> Sequence[DeliveryRow]:
        """Return the deliveries in a state, oldest first."""
        table = tables.claim_deliveries
        wanted = (table.c.municipality == municipality) & (table.c.state == state.value)
        return self._deliveries(select(table).where(wanted).limit(limit))

    def all_deliveries(self, municipality: MunicipalityCode) -> Sequence[DeliveryRow]:
        """Return all deliveries, oldest first."""
        table = tables.claim_deliveries
        return self._deliveries(select(table).where(table.c.municipality == municipality))

    def loose_deliveries(self, municipality: MunicipalityCode, *, kept: bool) -> Sequence[DeliveryRow]:
        """Return the deliveries that were not accepted, oldest first; with ``kept`` those whose contents are here."""
        table, mail = tables.claim_deliveries, tables.channel_messages
        wanted = (table.c.municipality == municipality) & (table.c.state != DeliveryState.ACCEPTED.value)
        statement = select(table).where(wanted)
        if kept:
            statement = statement.join(mail, mail.c.message == table.c.message).where(mail.c.content != b"")
        return self._deliveries(statement)

    def deliveries_of(self, claims: Sequence[ClaimId]) -> Sequence[DeliveryRow]:
        """Return the deliveries for these claims, oldest first."""
        table = tables.claim_deliveries
        found: list[DeliveryRow] = []
        for piece in chunks(claims):
            found += self._deliveries(select(table).where(table.c.claim_id.in_(piece)))
        return sorted(found, key=lambda row: (row.received_at, row.message))

    def change_delivery(self, row: DeliveryRow, *, was: DeliveryState) -> bool:
        """Write what was found in a delivery and where it stands; False when it was no longer in the state ``was``."""
        table = tables.claim_deliveries
        statement = update(table).where(table.c.message == row.message, table.c.state == was.value)
        return self._run(statement.values(**plain(row))).rowcount == 1

    def _deliveries(self, statement: Any) -> list[DeliveryRow]:
        table = tables.claim_deliveries.c
        return [delivery_of(row) for row in self._all(statement.order_by(table.received_at, table.message))]

    # --- events -------------------------------------------------------------------------------------------------------

    def add_events(self, rows: Sequence[EventRow]) -> None:
        """Store events; those that are here already, from the same block, are passed over."""
        table = tables.claim_events
        for row in rows:
            same = (table.c.block_hash == row.block_hash) & (table.c.log_index == row.log_index)
            if self._first(select(table.c.id).where(same, table.c.dropped_at.is_(None))) is None:
                self._run(table.insert().values(**plain(row, without=("id",))))

    def events_of(self, claims: Sequence[ClaimId]) -> Sequence[EventRow]:
        """Return the events of these claims that the chain has not thrown out, in their order."""
        table = tables.claim_events
        found: list[EventRow] = []
        for piece in chunks(claims):
            wanted = table.c.claim_id.in_(piece) & table.c.dropped_at.is_(None)
            found += [event_of(row) for row in self._all(select(table).where(wanted))]
        return sorted(found, key=lambda row: (row.block_number, row.log_index))

    def event_blocks(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return number and hash of the newest blocks with events that were not thrown out, newest first."""
        table = tables.claim_events
        statement = (
            select(table.c.block_number, table.c.block_hash)
            .where(table.c.municipality == municipality, table.c.dropped_at.is_(None))
            .distinct()
            .order_by(table.c.block_number.desc())
            .limit(limit)
        )
        return [(int(row[0]), bytes(row[1])) for row in self._all(statement)]

    def drop_events(self, municipality: MunicipalityCode, *, after: int, at: datetime) -> Sequence[ClaimId]:
        """Write down that the chain has thrown out the events above a block; return the claims concerned."""
        table = tables.claim_events
        gone = and_(table.c.municipality == municipality, table.c.block_number > after, table.c.dropped_at.is_(None))
        claims = [ClaimId(row[0]) for row in self._all(select(table.c.claim_id).where(gone).distinct())]
        self._run(update(table).where(gone).values(dropped_at=at))
        return sorted(claims)

    # --- claims -------------------------------------------------------------------------------------------------------

    def claim(self, claim: ClaimId) -> ClaimRow | None:
        """Return a claim as it stands on the chain."""
        row = self._first(select(tables.claims).where(tables.claims.c.claim_id == claim))
        return None if row is None else claim_of(row)

    def claims(self, municipality: MunicipalityCode, *, open_only: bool = False) -> Sequence[ClaimRow]:
        """Return all claims, or those that are open, those filed first in front."""
        table = tables.claims.c
        own = table.municipality == municipality
        return self._claims(own & _is_open() if open_only else own)

    def claims_of(self, claims: Sequence[ClaimId]) -> Sequence[ClaimRow]:
        """Return these claims, as far as they are known, those filed first in front."""
        found: list[ClaimRow] = []
        for piece in chunks(claims):
            found += self._claims(tables.claims.c.claim_id.in_(piece))
        return sorted(found, key=lambda row: (row.filed_at, row.claim_id))

    def lacking(self, municipality: MunicipalityCode, contents: ContentsState) -> Sequence[ClaimRow]:
        """Return the open claims whose contents are in a state, oldest first."""
        table = tables.claims.c
        return self._claims((table.municipality == municipality) & (table.contents == contents.value) & _is_open())

    def put_claim(self, row: ClaimRow) -> None:
        """Store a claim, or write where it stands."""
        values = plain(row)
        changed = {name: value for name, value in values.items() if name != "claim_id"}
        statement = self._insert(tables.claims).values(**values)
        self._run(statement.on_conflict_do_update(index_elements=["claim_id"], set_=changed))

    def change_claim(self, row: ClaimRow, *, was: ClaimRow) -> bool:
        """Write where a claim stands when it still stands as in ``was``; say whether it did."""
        table = tables.claims
        same = [
            column.is_(None) if value is None else column == value
            for column, value in ((table.c[name], value) for name, value in plain(was).items())
        ]
        return self._run(update(table).where(*same).values(**plain(row))).rowcount == 1

    def remove_claim(self, claim: ClaimId) -> None:
        """Take away a claim whose filing the chain has thrown out; its events stay."""
        self._run(tables.claims.delete().where(tables.claims.c.claim_id == claim))

    def _claims(self, wanted: Any) -> list[ClaimRow]:
        table = tables.claims
        statement = select(table).where(wanted).order_by(table.c.filed_at, table.c.claim_id)
        return [claim_of(row) for row in self._all(statement)]

    # --- receipts -----------------------------------------------------------------------------------------------------

    def add_receipt(self, row: ReceiptRow) -> int:
        """Store a receipt and return its id."""
        return self._new_id(self._run(tables.claim_receipts.insert().values(**plain(row, without=("id",)))))

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[ReceiptRow]:
        """Return the receipts that have not arrived, those that were tried longest ago in front."""
        table = tables.claim_receipts
        statement = (
            select(table)
            .where(table.c.municipality == municipality, table.c.delivered_at.is_(None))
            .order_by(table.c.tried_at.is_not(None), table.c.tried_at, table.c.id)
            .limit(limit)
        )
        return [receipt_of(row) for row in self._all(statement)]

    def receipts_of(self, claims: Sequence[ClaimId]) -> Sequence[ReceiptRow]:
        """Return the receipts of these claims, oldest first."""
        table = tables.claim_receipts
        found: list[ReceiptRow] = []
        for piece in chunks(claims):
            found += [receipt_of(row) for row in self._all(select(table).where(table.c.claim_id.in_(piece)))]
        return sorted(found, key=lambda row: row.id)

    def seal_receipt(self, receipt: int, sealed: bytes) -> bool:
        """Write the sealed receipt unless there is one already; say whether there was none."""
        table = tables.claim_receipts
        statement = update(table).where(table.c.id == receipt, table.c.sealed == b"")
        return self._run(statement.values(sealed=sealed, trouble="")).rowcount == 1

    def note_receipt(self, receipt: int, *, trouble: str, tried_at: datetime) -> None:
        """Write why a receipt could not be sent."""
        table = tables.claim_receipts
        self._run(update(table).where(table.c.id == receipt).values(trouble=trouble, tried_at=tried_at))

    def receipt_arrived(self, receipt: int, at: datetime) -> None:
        """Write down that a receipt was delivered."""
        table = tables.claim_receipts
        self._run(update(table).where(table.c.id == receipt).values(trouble="", tried_at=at, delivered_at=at))

    def send_receipts_again(self, message: bytes) -> None:
        """Have the receipts of a message delivered once more, sealed as they are."""
        table = tables.claim_receipts
        arrived = (table.c.message == message) & table.c.delivered_at.is_not(None)
        self._run(update(table).where(arrived).values(tried_at=None, delivered_at=None))

    # --- retention ----------------------------------------------------------------------------------------------------

    def to_erase(self, municipality: MunicipalityCode, *, decided_before: datetime) -> Sequence[bytes]:
        """Return the messages with contents that nobody needs any more.

        Those of deliveries that were refused before a time, and of accepted ones whose claim was closed before it.
        """
        mail, delivery, claim = tables.channel_messages, tables.claim_deliveries, tables.claims
        statement = (
            select(delivery.c.message)
            .join(mail, mail.c.message == delivery.c.message)
            .outerjoin(claim, claim.c.claim_id == delivery.c.claim_id)
            .where(
                delivery.c.municipality == municipality,
                mail.c.content != b"",
                or_(
                    and_(
                        delivery.c.state == DeliveryState.REFUSED.value,
                        delivery.c.decided_at < decided_before,
                    ),
                    and_(
                        delivery.c.state == DeliveryState.ACCEPTED.value,
                        claim.c.status.in_(_CLOSED),
                        claim.c.changed_at < decided_before,
                    ),
                ),
            )
            .order_by(delivery.c.message)
        )
        return [bytes(row[0]) for row in self._all(statement)]


def _is_open() -> Any:
    return tables.claims.c.status.between(ClaimStatus.FILED.value, ClaimStatus.INCLUDED.value)
