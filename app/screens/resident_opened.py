"""The dossier that a resident has open: which one, and what its check against the chain gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import layout, summaries, trust
from app.components.html import Html, show
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import DossierId

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView


def chosen(title: str, lead: str | None = None) -> tuple[Actor, DossierId]:
    """Put the title, and return which dossier of the resident the page is about.

    Args:
        title: of the page; empty for a page that puts its own once it knows what it is about.
        lead: sentence below the title.
    """
    actor = session.guard(Role.RESIDENT)
    dossiers = sorted(actor.dossiers)
    if not dossiers:
        layout.title(title or t("app.title"))
        show(layout.empty(t("resident.no_dossier")))
        st.stop()
    found = dossiers[0]
    if title:
        layout.title(title, lead)
    if len(dossiers) > 1:
        found = st.selectbox(
            t("resident.which_dossier"),
            dossiers,
            format_func=lambda dossier: t("resident.dossier_number", number=dossiers.index(dossier) + 1),
            key="resident_dossier",
        )
    return actor, found


def opened(title: str = "", lead: str | None = None) -> tuple[Actor, DossierView]:
    """Put the title and open the dossier; as `chosen`."""
    actor, found = chosen(title, lead)
    return actor, session.cockpit().dossiers.open(actor=actor, dossier=found, purpose=Purpose.OWN_VIEW)


def deviates(view: DossierView) -> bool:
    """Say whether the dossier is not what was recorded."""
    return view.trust.state is TrustState.DEVIATES


def warning(view: DossierView) -> None:
    """Where something deviates, say so before anything that it may have changed."""
    if deviates(view):
        show(_trust(view))


def calm(view: DossierView) -> None:
    """Where nothing deviates, say so below what it is about."""
    if not deviates(view):
        show(_trust(view))


def _trust(view: DossierView) -> Html:
    """Return the state of the dossier; where something deviates, with what that is."""
    names = {
        each.record_id: summaries.plain_name(each.record_id, summaries.record_title(each.record))
        for each in view.records
    }
    return trust.banner(view.trust, resident=True, details=trust.findings(view.trust.findings, names) or None)
