"""What every step of a caseworker on a claim needs: the right to it, the claim as the chain has it, and its link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.types import ClaimId, DossierId, MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotFound, Undecryptable
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.claims.decision_rows import PENDING
from schuldhulp.services.claims.events import FiledClaim
from schuldhulp.services.claims.links import Link, LinkKey, find_link, seal_link
from schuldhulp.services.claims.opening import OpenedClaim, opened_claim
from schuldhulp.services.claims.rows import ClaimRow
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_writer import DossierWriter
from schuldhulp.services.ports import Head, UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog


class Register(Protocol):
    """Reads the ClaimRegister (`chain.claims.RegisterReader`).

    Both raise errors.Unreachable when no chain answers, or it is another one.
    """

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the key of each account, 32 zero bytes where there is none."""

    def claims(self, claims: Sequence[ClaimId], block: int) -> dict[ClaimId, FiledClaim]:
        """Return these claims as they stood at a block."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A claim that somebody is about to do something with.

    Attributes:
        row: where it stands.
        opened: its contents; None where they are not here, or cannot be read.
        link: the dossier that it belongs to; None when it belongs to none yet.
    """

    row: ClaimRow
    opened: OpenedClaim | None
    link: Link | None


class DeskBase:
    """The parts that linking and deciding share."""

    def __init__(
        self,
        *,
        reader: DossierReader,
        writer: DossierWriter,
        caseload: Caseload,
        log: ProcessingLog,
        opening_key: OpeningKey,
        link_key: LinkKey,
        register: Register,
        head: Callable[[], Head],
        municipality: MunicipalityCode,
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            writer: writes to dossiers.
            caseload: lets people in.
            log: the processing log.
            opening_key: the municipality's claim key.
            link_key: encrypts which claim belongs to which dossier.
            register: tells what stands on the chain, and to which key a decision is sealed.
            head: gives the newest block, young enough to count; raises Unreachable when there is none.
            municipality: whose claims.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._log = log
        self._store = reader.store
        self._clock = reader.clock
        self._opening_key = opening_key
        self._link_key = link_key
        self._register = register
        self._head = head
        self._municipality = municipality

    def _standing(self, claim_id: ClaimId) -> Standing:
        """Read a claim, with its contents where those are here."""
        opened = None
        with self._store.read() as work:
            row = work.claims.claim(claim_id)
            if row is None:
                raise NotFound("claim_unknown", "there is no such claim", field="claim_id")
            with suppress(NotFound, Conflict, Undecryptable, InvalidInput):
                opened = opened_claim(work, self._opening_key, claim_id)
            link = find_link(work, self._link_key, claim_id, row.filed_at)
        return Standing(row=row, opened=opened, link=link)

    def _contents(self, claim_id: ClaimId) -> tuple[OpenedClaim, Link | None]:
        """Read a claim whose contents are needed."""
        with self._store.read() as work:
            claim = opened_claim(work, self._opening_key, claim_id)
            return claim, find_link(work, self._link_key, claim_id, claim.row.filed_at)

    def _require_on_chain(self, row: ClaimRow) -> None:
        """Refuse what the chain does not say: who writes in the database alone must not have anything taken in.

        Raises:
            Conflict: the chain says something else, or more than the worker has read.
            Unreachable: no chain answers that counts.
        """
        head = self._head()
        there = self._register.claims([row.claim_id], head.number)[row.claim_id]
        stored = (row.holder, row.status, row.commitment, row.filed_at)
        if (there.holder, there.status, there.commitment, there.filed_at) != stored:
            raise changed()

    def _require_unchanged(self, work: UnitOfWork, row: ClaimRow) -> None:
        """Refuse to write on a claim that changed since it was looked at; nobody else treats one until the end."""
        # The lock that the line in the log needs anyway comes first: one of two who treat one claim waits.
        work.log.last(self._municipality, lock=True)
        now = work.claims.claim(row.claim_id)
        if now is None or (now.commitment, now.status, now.holder, now.filed_at) != (
            row.commitment,
            row.status,
            row.holder,
            row.filed_at,
        ):
            raise changed()

    def _link_to(self, work: UnitOfWork, row: ClaimRow, link: Link) -> None:
        """Write where a claim belongs, and what its record there says, as that is written in the same transaction."""
        now = self._clock.now()
        work.decisions.put_link(seal_link(self._link_key, row.claim_id, row.filed_at, link, linked_at=now))

    def _require_link(self, work: UnitOfWork, row: ClaimRow, link: Link | None) -> None:
        """As `_require_unchanged`, for the claim and where it belongs."""
        self._require_unchanged(work, row)
        if find_link(work, self._link_key, row.claim_id, row.filed_at) != link:
            raise changed()

    def _admit(self, actor: Actor, dossier: DossierId | None) -> None:
        self._log.refuse(
            actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=dossier
        )

    def _require_opened(self, actor: Actor, dossier: DossierId) -> None:
        with self._store.read() as work:
            row = self._reader.dossier(work, dossier)
        self._caseload.require_opened(row, actor=actor)


def require_none_waits(work: UnitOfWork, claim_id: ClaimId) -> None:
    """Refuse a step while a decision on the claim is on its way.

    Raises:
        Conflict: one is.
    """
    if any(row.state in PENDING for row in work.decisions.of_claims([claim_id])):
        raise Conflict("decision_waits", "a decision on this claim is on its way", field="claim_id")


def changed() -> Conflict:
    """Return the refusal of a step on something that is no longer so."""
    return Conflict("claim_changed", "this claim changed meanwhile; look at it and decide anew", field="judged")
