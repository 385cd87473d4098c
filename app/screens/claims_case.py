"""The claim that a member of staff looks at: what came in, its dossier, and the claim's record there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import layout
from app.components.html import show, tag
from app.screens.claims import PATH
from app.screens.opened import identifier, is_open_to, open_dossier
from app.texts import t
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.records import ReceivedClaim
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import Conflict, InvalidInput, NotFound, SchuldhulpError, Undecryptable

if TYPE_CHECKING:
    from schuldhulp.services.claims.inbox import InboxEntry
    from schuldhulp.services.claims.links import Link
    from schuldhulp.services.claims.opening import OpenedClaim
    from schuldhulp.services.claims.told import MadeDecision
    from schuldhulp.services.views import DossierView, RecordView


@dataclass(frozen=True, kw_only=True)
class Case:
    """A claim and all that belongs to it.

    Attributes:
        claim_id: the claim.
        entries: what came in under this id; what stands on the chain in front.
        opened: the claim with its contents; None where they are not here, or do not open.
        problem: why there are no contents; None where there are.
        made: what was decided on it, oldest first.
        link: the dossier that it belongs to; None when it belongs to none yet.
        view: that dossier, where it was opened.
    """

    claim_id: ClaimId
    entries: Sequence[InboxEntry]
    opened: OpenedClaim | None = field(default=None, repr=False)
    problem: SchuldhulpError | None = None
    made: Sequence[MadeDecision] = field(default=(), repr=False)
    link: Link | None = field(default=None, repr=False)
    view: DossierView | None = field(default=None, repr=False)

    @property
    def entry(self) -> InboxEntry:
        """What stands on the chain, or came in first."""
        return self.entries[0]

    @property
    def record(self) -> RecordView | None:
        """The claim's record in the dossier; None where there is none, or the dossier was not opened."""
        if self.view is None:
            return None
        return next(
            (
                each
                for each in self.view.records
                if isinstance(each.record, ReceivedClaim)
                and not each.withdrawn
                and each.record.claim_id == self.claim_id.hex()
            ),
            None,
        )

    @property
    def waits_for_answer(self) -> bool:
        """Whether the resident disputes it and nobody answered yet."""
        record = self.record
        return record is not None and record.record.waits_for_answer


def open_case(actor: Actor, *, with_dossier: bool = False) -> Case:
    """Return the claim of the address.

    Args:
        actor: who looks.
        with_dossier: whether its dossier is needed, so that a reason is asked for where one has to be given;
            otherwise it is opened only where nothing has to be asked.

    Raises:
        SchuldhulpError: the database does not answer, or the dossier cannot be read.
    """
    found = identifier("vordering")
    cockpit = session.cockpit()
    entries = _entries(actor, found) if found is not None else []
    if found is None or not entries:
        layout.title(t("claims.title"))
        show(layout.empty(t("claim.none")), tag("p", layout.link(PATH, t("claim.back"))))
        st.stop()
    claim_id = ClaimId(found)
    opened, problem, link, view = None, None, None, None
    if any(one.status is not ClaimStatus.NONE for one in entries):
        try:
            opened = cockpit.claims.opened(actor=actor, claim_id=claim_id)
        except (NotFound, Conflict, InvalidInput, Undecryptable) as error:
            problem = error
        link = cockpit.claim_desk.link_of(actor=actor, claim_id=claim_id)
    if link is not None and (with_dossier or is_open_to(actor, link.dossier)):
        view = open_dossier(actor, link.dossier, purpose=Purpose.CLAIM_REVIEW)
    made = cockpit.claim_decisions.of(actor=actor, claim_id=claim_id)
    return Case(claim_id=claim_id, entries=entries, opened=opened, problem=problem, made=made, link=link, view=view)


def _entries(actor: Actor, found: bytes) -> list[InboxEntry]:
    """Look among the open claims first: those that are over are many."""
    for closed in (False, True):
        listed = session.cockpit().claims.list(actor=actor, closed=closed).entries
        entries = [one for one in listed if one.claim_id == found]
        if entries:
            return sorted(entries, key=lambda one: one.status is ClaimStatus.NONE)
    return []
