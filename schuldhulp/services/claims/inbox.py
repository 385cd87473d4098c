"""What came in, for the staff who treat claims: by age, with what is missing, and the contents of one at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import Claim, ClaimStatus
from schuldhulp.domain.claims.duplicates import Duplicate, duplicates
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotFound, Undecryptable
from schuldhulp.services.claims.inbox_entries import ALL, CLOSED, Answer, Inbox, InboxEntry, InboxFilter
from schuldhulp.services.claims.inbox_reading import Links, answers, by_claim, of_claims, of_contents
from schuldhulp.services.claims.links import LinkKey, open_link
from schuldhulp.services.claims.opening import OpenedClaim, opened_claim
from schuldhulp.services.claims.rows import ClaimRow
from schuldhulp.services.clock import today
from schuldhulp.services.ports import Clock, Store, UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog

__all__ = ["CLOSED", "Answer", "ClaimInbox", "Inbox", "InboxEntry", "InboxFilter"]

LINK_CHANGED: Final = "claim_link_changed"
"""Named as a trouble when somebody changed the link between a claim and its dossier; that claim shows as unlinked."""

_FLAGS: Final = ("late", "disputed", "returned", "to_note")


class ClaimInbox:
    """Shows claims to those who decide on them; every look leaves a line in the processing log."""

    def __init__(
        self,
        *,
        store: Store,
        log: ProcessingLog,
        clock: Clock,
        opening_key: OpeningKey,
        link_key: LinkKey,
        municipality: MunicipalityCode,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log.
            clock: the time.
            opening_key: the municipality's claim key.
            link_key: decrypts which claim belongs to which dossier.
            municipality: whose claims.
        """
        self._store = store
        self._log = log
        self._clock = clock
        self._opening_key = opening_key
        self._link_key = link_key
        self._municipality = municipality

    def list(
        self,
        *,
        actor: Actor,
        closed: bool = False,
        wanted: InboxFilter = ALL,
        page: int = 1,
        size: int | None = None,
    ) -> Inbox:
        """Return what came in, oldest first; nothing of the contents.

        Args:
            actor: who looks.
            closed: whether claims that were closed are shown too, and refused contents that were erased since.
            wanted: which entries; all by default.
            page: which page, from 1.
            size: entries on a page; None for everything on one.

        Raises:
            NotAllowed: the actor does not decide on claims.
        """
        self._admit(actor, LogAction.LIST)
        now = self._clock.now()
        with self._store.read() as work:
            links, changed = self._links(work)
            entries = self._entries(work, links, closed=closed)
            follow = work.mail.follow(self._municipality)
            chosen = [entry for entry in entries if wanted.wants(entry, now)]
            pages = 1 if size is None else max(1, -(-len(chosen) // size))
            page = min(max(page, 1), pages)
            part = chosen if size is None else chosen[(page - 1) * size : page * size]
            shown = sorted({entry.claim_id for entry in part})
            receipts = by_claim(work.claims.receipts_of(shown))
            asked: dict[tuple[ClaimId, Commitment | None, str], datetime] = {
                (row.claim_id, row.commitment, row.recipient): row.created_at for row in work.renewals.of_claims(shown)
            }
        counts = dict(Counter(entry.state for entry in entries))
        counts |= {flag: sum(getattr(entry, flag) for entry in entries) for flag in _FLAGS}
        return Inbox(
            entries=tuple(
                replace(
                    entry,
                    answers=answers(entry, receipts),
                    # Another version or another holder has still to be asked, if its statement is old too.
                    renewal_asked_at=asked.get((entry.claim_id, entry.commitment, entry.holder)),
                )
                for entry in part
            ),
            checked_at=follow.checked_at,
            troubles=(*follow.trouble.split(), *((LINK_CHANGED,) if changed else ())),
            total=len(chosen),
            page=page,
            pages=pages,
            counts=MappingProxyType(counts),
        )

    def entry(self, *, actor: Actor, claim_id: ClaimId) -> InboxEntry:
        """Return one claim as `list` shows it, open or closed.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound: no claim was filed under this id.
        """
        self._admit(actor, LogAction.LIST, reason=f"claim {claim_id.hex()}")
        with self._store.read() as work:
            links, _ = self._links(work)
            rows = work.claims.claims_of([claim_id])
            if not rows:
                raise NotFound("claim_unknown", "there is no such claim", field="claim_id")
            (found,) = self._told(work, rows, links)
            return replace(found, answers=answers(found, by_claim(work.claims.receipts_of([claim_id]))))

    def _links(self, work: UnitOfWork) -> tuple[Links, bool]:
        """Return where claims belong, and whether somebody changed one of the links."""
        links, changed = {}, False
        for row in work.decisions.links():
            try:
                links[row.claim_id, row.filed_at] = open_link(self._link_key, row)
            except Undecryptable:
                changed = True
        return links, changed

    def _entries(self, work: UnitOfWork, links: Links, *, closed: bool) -> Sequence[InboxEntry]:
        """Return everything that is shown, oldest first, without the receipts."""
        claims = list(work.claims.claims(self._municipality, open_only=not closed))
        if not closed:
            known = {row.claim_id for row in claims}
            unsaid = sorted({claim for (claim, _), link in links.items() if not link.over} - known)
            claims += [row for row in work.claims.claims_of(unsaid) if row.status is ClaimStatus.WITHDRAWN]
        loose = work.claims.loose_deliveries(self._municipality, kept=not closed)
        entries = self._told(work, claims, links)
        status = {row.claim_id: row.status for row in claims}
        everything = (*entries, *of_contents(loose, status))
        shown = [entry for entry in everything if closed or entry.state != CLOSED or entry.to_note]
        return sorted(shown, key=lambda entry: (entry.since, entry.claim_id, entry.message or b""))

    def _told(self, work: UnitOfWork, claims: Sequence[ClaimRow], links: Links) -> Sequence[InboxEntry]:
        ids = sorted(row.claim_id for row in claims)
        decisions = {row.claim_id: row for row in work.decisions.of_claims(ids)}
        entries = []
        for entry in of_claims(claims, work.claims.deliveries_of(ids), links, today(self._clock)):
            made = decisions.get(entry.claim_id)
            state = made.state if made is not None and made.created_at >= entry.since else None
            entries.append(replace(entry, decision=state))
        return entries

    def open(self, *, actor: Actor, claim_id: ClaimId) -> Claim:
        """Open the contents of a claim as they stand on the chain.

        Args:
            actor: who looks.
            claim_id: the claim.

        Returns:
            The claim, known to be what was filed.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound: there is no such claim, or its contents are not here.
            Conflict: what is stored is not what was filed.
            Undecryptable: what is stored does not open.
        """
        return self.opened(actor=actor, claim_id=claim_id).claim

    def opened(self, *, actor: Actor, claim_id: ClaimId) -> OpenedClaim:
        """As `open`, with where the claim stands and when the contents came in."""
        self._admit(actor, LogAction.OPEN, reason=f"claim {claim_id.hex()}")
        with self._store.read() as work:
            return opened_claim(work, self._opening_key, claim_id)

    def duplicates(self, *, actor: Actor, claim_id: ClaimId) -> tuple[Duplicate[ClaimId], ...]:
        """Return the open claims that may be about the same debt, the most alike first; claims are opened in memory.

        Claims whose contents are not here, or do not open, are passed over: the list names them.

        Raises:
            NotAllowed: the actor does not decide on claims.
            NotFound, Conflict, Undecryptable: as `open`, for the claim itself.
        """
        contents = {claim_id: self.open(actor=actor, claim_id=claim_id).contents}
        self._admit(actor, LogAction.SEARCH, reason=f"claim {claim_id.hex()}")
        with self._store.read() as work:
            for row in work.claims.claims(self._municipality, open_only=True):
                if row.claim_id != claim_id:
                    with suppress(NotFound, Conflict, Undecryptable, InvalidInput):
                        contents[row.claim_id] = opened_claim(work, self._opening_key, row.claim_id).claim.contents
        return tuple(pair for pair in duplicates(contents) if claim_id in (pair.one, pair.other))

    def _admit(self, actor: Actor, action: LogAction, *, reason: str = "") -> None:
        self._log.refuse(actor=actor, permission=Permission.DECIDE_CLAIMS, purpose=Purpose.CLAIM_REVIEW, dossier=None)
        with self._store.write() as work:
            self._log.write(work, actor=actor, action=action, purpose=Purpose.CLAIM_REVIEW, reason=reason)
            work.commit()
