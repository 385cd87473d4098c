"""The claims in a dossier as the resident sees them: what each says, and where it stands in one word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.claims import ClaimContents, ClaimStatus
from schuldhulp.domain.claims.received import received_contents
from schuldhulp.domain.records import ClaimDecisionState, ReceivedClaim, ResidentView
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput
from schuldhulp.services.claims.rows import ClaimRow
from schuldhulp.services.ports import Store
from schuldhulp.services.views import DossierView, RecordView


class ClaimStanding(StrEnum):
    """Where a claim stands for the resident; the first that holds.

    ``declined`` and ``settled``: decided. ``withdrawn``: the creditor took it back. ``disputed``: the resident says
    that it is wrong and nobody answered yet. ``included``, ``asked``: decided. ``answered``: the caseworker answered,
    the resident has the last word. ``agreed``: the resident says that it is right. ``to_check``: nobody said anything.
    """

    TO_CHECK = "to_check"
    ANSWERED = "answered"
    DISPUTED = "disputed"
    AGREED = "agreed"
    ASKED = "asked"
    INCLUDED = "included"
    SETTLED = "settled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def is_over(self) -> bool:
        """Whether nothing happens with it any more."""
        return self in _OVER

    @property
    def waits_for_resident(self) -> bool:
        """Whether the next word is the resident's."""
        return self in _RESIDENT


_OVER: Final = frozenset({ClaimStanding.SETTLED, ClaimStanding.DECLINED, ClaimStanding.WITHDRAWN})
_RESIDENT: Final = frozenset({ClaimStanding.TO_CHECK, ClaimStanding.ANSWERED})
_ORDER: Final = {standing: position for position, standing in enumerate(ClaimStanding)}
_DECIDED: Final = {
    ClaimDecisionState.DECLINED: ClaimStanding.DECLINED,
    ClaimDecisionState.SETTLED: ClaimStanding.SETTLED,
    ClaimDecisionState.INCLUDED: ClaimStanding.INCLUDED,
    ClaimDecisionState.ASKED: ClaimStanding.ASKED,
}


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class OwnClaim(Redacted):
    """A claim in the own dossier.

    Attributes:
        view: its record, with version, seal and whether that is proven.
        record: what the record says.
        contents: what the creditor wrote; None where it cannot be read.
        standing: where it stands.
        withdrawn_at: when the creditor took it back, UTC; None when it did not.
        is_newer_on_chain: whether the creditor changed it since, and the caseworker has not taken that over yet.
    """

    view: RecordView
    record: ReceivedClaim
    contents: ClaimContents | None
    standing: ClaimStanding
    withdrawn_at: datetime | None
    is_newer_on_chain: bool


class OwnClaims:
    """Shows claims to whoever has opened the dossier that they stand in."""

    def __init__(self, *, store: Store) -> None:
        """Take what it works with.

        Args:
            store: the main database, which holds where each claim stands on the chain.
        """
        self._store = store

    def of(self, view: DossierView) -> list[OwnClaim]:
        """Return the claims of a dossier; what waits for the resident in front, what is over last, then the newest.

        Args:
            view: the dossier as `DossierService.open` gave it: who has it was let in, and that was written down.

        Raises:
            Unreachable: the database does not answer.
        """
        held = [(each, each.record) for each in view.records if isinstance(each.record, ReceivedClaim)]
        held = [(each, record) for each, record in held if not each.withdrawn]
        if not held:
            return []
        with self._store.read() as work:
            rows = {record.claim_id: work.claims.claim(_id_of(record)) for _, record in held}
        found = [_own(each, record, rows[record.claim_id]) for each, record in held]
        return sorted(found, key=lambda one: (_ORDER[one.standing], -one.record.received_at.timestamp()))


def standing_of(record: ReceivedClaim, *, withdrawn: bool) -> ClaimStanding:
    """Return where a claim stands for the resident.

    Args:
        record: the claim as the dossier has it.
        withdrawn: whether the creditor took it back.
    """
    decided = _DECIDED.get(record.decision)
    if decided in _OVER:
        return decided
    if withdrawn:
        return ClaimStanding.WITHDRAWN
    if record.waits_for_answer:
        return ClaimStanding.DISPUTED
    if decided is not None:
        return decided
    if record.resident_view is ResidentView.DISPUTED:
        return ClaimStanding.ANSWERED
    return ClaimStanding.AGREED if record.resident_view is ResidentView.AGREED else ClaimStanding.TO_CHECK


def _own(view: RecordView, record: ReceivedClaim, row: ClaimRow | None) -> OwnClaim:
    withdrawn_at = row.changed_at if row is not None and row.status is ClaimStatus.WITHDRAWN else None
    try:
        contents = received_contents(record)
    except InvalidInput:
        # Written by newer software: the rest of the page is still there.
        contents = None
    return OwnClaim(
        view=view,
        record=record,
        contents=contents,
        standing=standing_of(record, withdrawn=withdrawn_at is not None),
        withdrawn_at=withdrawn_at,
        is_newer_on_chain=row is not None and row.status.is_open and row.commitment.hex() != record.commitment,
    )


def _id_of(record: ReceivedClaim) -> ClaimId:
    return ClaimId(bytes.fromhex(record.claim_id))
