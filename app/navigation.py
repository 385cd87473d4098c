"""Who is looking, which pages there are for her, and the one that she is on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app import session
from app.components import layout, notices
from app.screens import (
    claims,
    claims_decide,
    claims_link,
    claims_one,
    clients,
    consents,
    creditor,
    creditor_check,
    creditor_claim,
    creditor_claims,
    creditor_history,
    creditor_list,
    creditor_notices,
    dossier,
    enrolment,
    late_notices,
    organisations,
    record,
    record_form,
    resident,
    resident_claims,
    resident_shared,
    sent_notices,
    statements,
    statements_decide,
    status,
    welcome,
)
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.errors import NotAdmitted, SchuldhulpError

ICON = Path(__file__).resolve().parent / "assets" / "icon.png"

Pages = list[tuple[str, Callable[[], None], str]]
"""Path, function and key of the title of each page; the first one is where a visitor lands."""

RESIDENT: Pages = [
    ("", resident.overview, "overview.title"),
    ("schulden", resident.debts, "debts.title"),
    (resident_claims.PAGE, resident_claims.page, "own.title"),
    ("inkomen-en-uitgaven", resident.budget, "budget.title"),
    ("afspraken", resident.agreements, "agreements.title"),
    ("wie-keek", resident.looked, "looked.title"),
    ("wie-weet-ervan", resident_shared.page, "shared.title"),
]
STAFF: Pages = [
    ("", clients.page, "clients.title"),
    ("dossier", dossier.page, "dossier.title"),
    ("gegeven", record.page, "record.title"),
    ("invoeren", record_form.page, "record.form_title"),
    ("aanmelden", enrolment.page, "enrolment.title"),
    ("kennisgevingen", sent_notices.page, "notices.title"),
    (late_notices.PATH, late_notices.page, "late.title"),
    ("vorderingen", claims.page, "claims.title"),
    ("beoordelen", claims_one.page, "claims.number"),
    ("koppelen", claims_link.page, "claim.do_link"),
    ("besluiten", claims_decide.page, "claim_do.decision"),
    ("opgaven", statements.inbox, "statements.title"),
    ("opgave", statements.page, "statements.one"),
    ("opgave-overnemen", statements_decide.take_over, "statements.take_over"),
    ("opgave-afwijzen", statements_decide.decline, "statements.decline"),
    ("toestemmingen", consents.page, "consents.title"),
]
ADMINISTRATOR: Pages = [
    ("status", status.page, "status.title"),
    ("schuldeisers", organisations.page, "orgs.title"),
]
CREDITOR: Pages = [
    ("", creditor_check.page, "ask.title"),
    ("lijst-toetsen", creditor_list.page, "asklist.title"),
    ("vordering-indienen", creditor_claim.page, "filing.title"),
    ("mijn-vorderingen", creditor_claims.page, "filed.title"),
    (creditor_notices.PATH[1:], creditor_notices.page, "told.title"),
    ("mijn-toetsen", creditor_history.page, "asked.title"),
    ("uitleg", creditor.page, "explain.title"),
]

PATHS = frozenset(path for pages in (RESIDENT, STAFF, ADMINISTRATOR, CREDITOR) for path, _, _ in pages)
"""Every path that is a page for somebody."""

IN_THE_MENU = {
    "", "schulden", "inkomen-en-uitgaven", "afspraken", "wie-keek", "wie-weet-ervan", "status",
    "lijst-toetsen", "mijn-toetsen", "uitleg",
    "vordering-indienen", "mijn-vorderingen", "ontvangen-kennisgevingen", "schuldeisers", "vorderingen", "opgaven",
    "late-kennisgevingen",
}  # fmt: skip
"""Pages that a visitor can always go to; the others are about something that she opened first."""


def pages_of(actor: Actor) -> Pages:
    """Return the pages for somebody; more than one role gives the pages of each.

    Args:
        actor: who is looking.
    """
    found: Pages = []
    if Role.RESIDENT in actor.roles:
        found += RESIDENT
    if actor.roles.intersection(clients.STAFF):
        found += STAFF
    if Role.CREDITOR in actor.roles:
        found += CREDITOR
    if Role.ADMINISTRATOR in actor.roles:
        found += ADMINISTRATOR if found else [("", status.page, "status.title"), *ADMINISTRATOR]
    return found


def main() -> None:
    """Show one page."""
    actor = None
    admitted = True
    trouble: SchuldhulpError | None = None
    try:
        actor = session.actor()
    except NotAdmitted:
        admitted = False
    except SchuldhulpError as error:
        trouble = error
    pages = pages_of(actor) if actor is not None else []
    if not pages:
        landing = welcome.page if admitted and actor is None else welcome.not_admitted
        pages = [("", landing, "app.title")]
    # Streamlit has an English dialog for a path it does not know; a page of somebody else gets our own words instead.
    own = {path for path, _, _ in pages}
    instead = pages[0][1] if actor is None else session.refuse
    others: Pages = [(path, instead, "app.title") for path in sorted(PATHS - own)]
    registered = [
        st.Page(function, title=t(title), url_path=path or None, default=number == 0)
        for number, (path, function, title) in enumerate([*pages, *others])
    ]
    chosen = st.navigation(registered, position="hidden")
    name = t("app.title") if chosen.title == t("app.title") else f"{chosen.title} – {t('app.title')}"
    st.set_page_config(page_title=name, page_icon=str(ICON), layout="wide", initial_sidebar_state="collapsed")
    layout.header(actor, logged_in=actor is not None or not admitted)
    menu = [(path, t(title)) for path, _, title in pages if path in IN_THE_MENU]
    # An administrator who is nothing else has the state of the system under two paths.
    menu = [entry for number, entry in enumerate(menu) if entry[1] not in {name for _, name in menu[:number]}]
    current = next((path for path, name in menu if name == chosen.title), chosen.url_path)
    if len(menu) > 1 or len(pages) > 1:
        layout.navigation_bar(menu, current)
    if trouble is not None:
        notices.failure(trouble)
    else:
        try:
            chosen.run()
        except SchuldhulpError as error:
            notices.failure(error)
    layout.foot(resident=actor is not None and Role.RESIDENT in actor.roles)
