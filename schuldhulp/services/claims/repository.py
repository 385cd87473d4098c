"""What the intake of claims needs from the main database, as Protocols that the storage adapter implements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.rows import (
    ClaimRow,
    ContentsState,
    DeliveryRow,
    DeliveryState,
    EventRow,
    FollowRow,
    MailRow,
    ReceiptRow,
)


class MailRepository(Protocol):
    """Tables ``channel_messages`` and ``claim_follow``: what came in, and how far channel and chain were read."""

    def add(self, row: MailRow) -> bool:
        """Store a message, and say whether it was new; one that is here is to be acknowledged again."""

    def get(self, message: bytes) -> MailRow | None:
        """Return a message."""

    def unhandled(self, municipality: MunicipalityCode, kinds: Sequence[str], *, limit: int) -> Sequence[MailRow]:
        """Return the messages of some kinds that were handed to nobody, by number."""

    def handled(self, message: bytes, at: datetime) -> None:
        """Write down that a message was handed to whom its kind concerns."""

    def unacknowledged(self, municipality: MunicipalityCode) -> Sequence[bytes]:
        """Return the messages that the evaluator does not know to be safe here, by number."""

    def acknowledge(self, messages: Sequence[bytes]) -> None:
        """Write down that the evaluator knows them to be safe."""

    def erase(self, messages: Sequence[bytes]) -> None:
        """Empty the contents of messages for good."""

    def follow(self, municipality: MunicipalityCode) -> FollowRow:
        """Return how far everything was read; from the beginning when nothing was yet."""

    def put_follow(self, row: FollowRow) -> None:
        """Write how far everything was read."""


class ClaimRepository(Protocol):
    """Tables ``claim_deliveries``, ``claim_events``, ``claims`` and ``claim_receipts``."""

    def add_delivery(self, row: DeliveryRow) -> None:
        """Store a delivery; does nothing when it is here already."""

    def delivery(self, message: bytes) -> DeliveryRow | None:
        """Return a delivery."""

    def deliveries(
        self, municipality: MunicipalityCode, state: DeliveryState, *, limit: int | None = None
    ) -> Sequence[DeliveryRow]:
        """Return the deliveries in a state, oldest first."""

    def all_deliveries(self, municipality: MunicipalityCode) -> Sequence[DeliveryRow]:
        """Return all deliveries, oldest first."""

    def loose_deliveries(self, municipality: MunicipalityCode, *, kept: bool) -> Sequence[DeliveryRow]:
        """Return the deliveries that were not accepted, oldest first; with ``kept`` those whose contents are here."""

    def deliveries_of(self, claims: Sequence[ClaimId]) -> Sequence[DeliveryRow]:
        """Return the deliveries for these claims, oldest first."""

    def change_delivery(self, row: DeliveryRow, *, was: DeliveryState) -> bool:
        """Write what was found in a delivery and where it stands; False when it was no longer in the state ``was``."""

    def add_events(self, rows: Sequence[EventRow]) -> None:
        """Store events; those that are here already, from the same block, are passed over."""

    def events_of(self, claims: Sequence[ClaimId]) -> Sequence[EventRow]:
        """Return the events of these claims that the chain has not thrown out, in their order."""

    def event_blocks(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return number and hash of the newest blocks with events that were not thrown out, newest first."""

    def drop_events(self, municipality: MunicipalityCode, *, after: int, at: datetime) -> Sequence[ClaimId]:
        """Write down that the chain has thrown out the events above a block; return the claims concerned."""

    def claim(self, claim: ClaimId) -> ClaimRow | None:
        """Return a claim as it stands on the chain."""

    def claims(self, municipality: MunicipalityCode, *, open_only: bool = False) -> Sequence[ClaimRow]:
        """Return all claims, or those that are open, those filed first in front."""

    def claims_of(self, claims: Sequence[ClaimId]) -> Sequence[ClaimRow]:
        """Return these claims, as far as they are known, those filed first in front."""

    def lacking(self, municipality: MunicipalityCode, contents: ContentsState) -> Sequence[ClaimRow]:
        """Return the open claims whose contents are in a state, oldest first."""

    def put_claim(self, row: ClaimRow) -> None:
        """Store a claim, or write where it stands."""

    def change_claim(self, row: ClaimRow, *, was: ClaimRow) -> bool:
        """Write where a claim stands when it still stands as in ``was``; say whether it did."""

    def remove_claim(self, claim: ClaimId) -> None:
        """Take away a claim whose filing the chain has thrown out; its events stay."""

    def add_receipt(self, row: ReceiptRow) -> int:
        """Store a receipt and return its id."""

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[ReceiptRow]:
        """Return the receipts that have not arrived, those that were tried longest ago in front."""

    def receipts_of(self, claims: Sequence[ClaimId]) -> Sequence[ReceiptRow]:
        """Return the receipts of these claims, oldest first."""

    def seal_receipt(self, receipt: int, sealed: bytes) -> bool:
        """Write the sealed receipt unless there is one already; say whether there was none."""

    def note_receipt(self, receipt: int, *, trouble: str, tried_at: datetime) -> None:
        """Write why a receipt could not be sent."""

    def receipt_arrived(self, receipt: int, at: datetime) -> None:
        """Write down that a receipt was delivered."""

    def send_receipts_again(self, message: bytes) -> None:
        """Have the receipts of a message delivered once more, as they are."""

    def to_erase(self, municipality: MunicipalityCode, *, decided_before: datetime) -> Sequence[bytes]:
        """Return the messages with contents that nobody needs any more.

        Those of deliveries that were refused before a time, and of accepted ones whose claim was closed before it.
        """
