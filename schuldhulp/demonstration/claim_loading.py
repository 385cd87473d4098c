"""Has the demonstration's creditors hand in their claims, and staff and residents treat them, as people do.

It can be stopped anywhere and repeated: a claim that a creditor's journal knows is not filed again, and what somebody
did with it since is left alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from schuldhulp.creditor import ClaimClient
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.demonstration.claims import Fate, Filing, filings
from schuldhulp.demonstration.loading import Progress, caseworker_of, file_number
from schuldhulp.demonstration.people import households
from schuldhulp.demonstration.services import CockpitServices
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import ClaimStatus, DecisionReason, ReceiptOutcome
from schuldhulp.domain.records import Applicant, Obligation, Position, ReceivedClaim, RecordKind, ResidentView
from schuldhulp.domain.types import ClaimId, DossierId, MunicipalityCode, RecordId
from schuldhulp.errors import Conflict, NotAllowed, NotFound, Unreachable
from schuldhulp.services.clock import today
from schuldhulp.services.ports import Clock
from schuldhulp.services.views import DossierView

PAUSE: Final = 2.0
"""Seconds between two looks at whether the worker took a claim in."""

LOOKS: Final = 60
"""Looks after which the worker is taken not to run."""

_REASON: Final = "demonstratiegegevens"


@dataclass(frozen=True, kw_only=True)
class ClaimLoader:
    """Loads the claims of the demonstration; evaluator and worker have to run.

    Attributes:
        cockpit: the services of staff and residents.
        client: opens what hands claims in, by KvK number.
        municipality: CBS code.
        clock: the time.
        sleep: waits some seconds.
    """

    cockpit: CockpitServices
    client: Callable[[str], AbstractContextManager[ClaimClient]]
    municipality: MunicipalityCode
    clock: Clock
    sleep: Callable[[float], None]

    def load(self, progress: Progress) -> tuple[str, ...]:
        """File what is not filed yet, and treat what was not treated.

        Args:
            progress: is told how many claims of how many are done.

        Returns:
            For each claim that could not be filed or treated, which and why; its dossier or creditor may have changed
            since.

        Raises:
            Unreachable: chain or evaluator do not answer, or the worker takes nothing in; repeat it then.
        """
        day, now = today(self.clock), self.clock.now().replace(microsecond=0)
        everything = filings(households(day), municipality=self.municipality, today=day, now=now)
        left = []
        filed: list[tuple[Filing, ClaimId]] = []
        for done, filing in enumerate(everything):
            progress(done, 2 * len(everything))
            try:
                filed.append((filing, self._file(filing)))
            except (Conflict, NotAllowed, NotFound) as error:
                left.append(f"{filing.contents.reference}: {error}")
        for done, (filing, claim_id) in enumerate(filed):
            progress(len(everything) + done, 2 * len(everything))
            try:
                self._treat(filing, claim_id)
            except (Conflict, NotAllowed, NotFound) as error:
                left.append(f"{filing.contents.reference}: {error}")
        progress(2 * len(everything), 2 * len(everything))
        return tuple(left)

    # --- the creditor ---

    def _file(self, filing: Filing) -> ClaimId:
        """File a claim with the account of its creditor, unless it was filed before."""
        with self.client(filing.contents.holder.kvk) as client:
            client.set_up()
            known = _known(client, filing)
            if known is None:
                return client.file(filing.contents).claim_id
            state = client.state(known)
            if state.unfinished is not None or _lies_undelivered(state):
                client.file(client.contents(known))
            return known

    def _wait(self, filing: Filing, claim_id: ClaimId) -> ClaimState:
        """Wait until the municipality answered with a receipt; return where the claim stands."""
        for _ in range(LOOKS):
            with self.client(filing.contents.holder.kvk) as client:
                client.collect()
                state = client.state(claim_id)
            if state.receipt is not None or not state.status.is_open:
                return state
            self.sleep(PAUSE)
        raise Unreachable("worker_silent", "the worker takes no claims in: is it running? see schuldhulp status")

    # --- staff and resident ---

    def _treat(self, filing: Filing, claim_id: ClaimId) -> None:
        state = self._wait(filing, claim_id)
        if filing.fate is Fate.WAITS or state.status is not ClaimStatus.FILED:
            return
        if state.receipt is None or state.receipt.outcome is not ReceiptOutcome.ACCEPTED:
            return
        actor = caseworker_of(self.cockpit.access, filing.household)
        if self.cockpit.claim_decisions.of(actor=actor, claim_id=claim_id):
            return
        dossier = self.cockpit.dossiers.find(actor=actor, name=file_number(filing.household))
        link = self.cockpit.claim_desk.link_of(actor=actor, claim_id=claim_id)
        if link is not None and link.dossier != dossier:
            return
        self._open(actor, dossier)
        record = link.record if link else self.cockpit.claim_desk.link(actor=actor, claim_id=claim_id, dossier=dossier)
        view = self._open(actor, dossier)
        if filing.fate is Fate.DISPUTED:
            self._dispute(filing, view, record)
        else:
            self._decide(filing, actor, claim_id, view)

    def _open(self, actor: Actor, dossier: DossierId) -> DossierView:
        return self.cockpit.dossiers.open(actor=actor, dossier=dossier, purpose=Purpose.DEMONSTRATION, reason=_REASON)

    def _decide(self, filing: Filing, actor: Actor, claim_id: ClaimId, view: DossierView) -> None:
        desk = self.cockpit.claim_desk
        judged = self.cockpit.claims.opened(actor=actor, claim_id=claim_id).row.commitment
        match filing.fate:
            case Fate.INCLUDED:
                known, owed_by = _known_debt(view, filing.contents.original_creditor.kvk)
                desk.include(
                    actor=actor, claim_id=claim_id, judged=judged, owed_by=owed_by, known=known, text=filing.text
                )
            case Fate.DECLINED:
                reason = DecisionReason.RECENT_FINAL_DISCHARGE
                desk.decline(actor=actor, claim_id=claim_id, judged=judged, reason=reason, text=filing.text)
            case Fate.ASKED:
                reason = DecisionReason.MORE_INFORMATION
                desk.ask(actor=actor, claim_id=claim_id, judged=judged, reason=reason, text=filing.text)

    def _dispute(self, filing: Filing, view: DossierView, record_id: RecordId) -> None:
        """Say in the resident's place that a claim is wrong, unless the resident has spoken."""
        entry = next(one for one in view.of_kind(RecordKind.CLAIM) if one.record_id == record_id)
        if not isinstance(entry.record, ReceivedClaim) or entry.record.resident_view is not ResidentView.NONE:
            return
        applicant, person = _first(view)
        resident = Actor(
            kind="resident",
            id="demonstration",
            name=person.full_name,
            roles=frozenset({Role.RESIDENT}),
            dossiers=frozenset({view.summary.id}),
            applicant=applicant,
            session=secrets.token_urlsafe(24),
        )
        self.cockpit.claim_objections.dispute(
            actor=resident,
            dossier=view.summary.id,
            record_id=record_id,
            expected_version=entry.version,
            reason=filing.text,
        )


def _known(client: ClaimClient, filing: Filing) -> ClaimId | None:
    """Return the claim that a creditor's journal holds under this reference."""
    wanted = (filing.contents.original_creditor.kvk, filing.contents.reference)
    for claim_id in client.known():
        try:
            contents = client.contents(claim_id)
        except NotFound:
            continue
        if (contents.original_creditor.kvk, contents.reference) == wanted:
            return claim_id
    return None


def _lies_undelivered(state: ClaimState) -> bool:
    return state.status.is_open and state.is_holder and state.is_current and state.delivered_at is None


def _known_debt(view: DossierView, kvk: str) -> tuple[RecordId | None, tuple[RecordId, ...]]:
    """Return the obligation to a creditor that the dossier has already, and who owes it; the first applicant else."""
    for entry in view.of_kind(RecordKind.OBLIGATION):
        debt = entry.record
        if isinstance(debt, Obligation) and not entry.withdrawn and debt.creditor.kvk == kvk:
            return entry.record_id, debt.owed_by
    return None, (_first(view)[0],)


def _first(view: DossierView) -> tuple[RecordId, Applicant]:
    return next(
        (entry.record_id, entry.record)
        for entry in view.of_kind(RecordKind.APPLICANT)
        if isinstance(entry.record, Applicant) and entry.record.position is Position.FIRST
    )
