"""The consents of a dossier: who may pass on what, until when, and recording another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import session
from app.components import formats, layout, trust
from app.components.fields import People
from app.components.html import Html, escape, show, tag
from app.components.notices import status
from app.components.table import Column, table
from app.screens.clients import STAFF
from app.screens.dossier import heading, people_of
from app.screens.opened import address, form_address, open_dossier
from app.texts import t, word
from schuldhulp.domain.records import Consent, RecordKind
from schuldhulp.domain.trust import TrustState

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView, RecordView


def page() -> None:
    """Show the consents."""
    actor = session.guard(*STAFF)
    view = open_dossier(actor)
    show(tag("p", layout.link(address("dossier", view.summary.id, deel="personen"), t("record.back"), class_="back")))
    heading(view)
    show(layout.section(t("consents.title")), tag("p", t("consents.explain")))
    if view.trust.state is TrustState.DEVIATES:
        show(trust.banner(view.trust, resident=False))
    else:
        new = form_address("invoeren", view.summary.id, soort=RecordKind.CONSENT)
        show(tag("p", layout.link(new, t("record.add_consent"), class_="button"), class_="actions"))
    found = view.of_kind(RecordKind.CONSENT)
    if not found:
        show(layout.empty(t("consents.none")))
        return
    show(_table(view, found, people_of(view)))


def _table(view: DossierView, found: list[RecordView], people: People) -> Html:
    rows = []
    for each in found:
        consent = each.record
        if not isinstance(consent, Consent):
            continue
        link = layout.link(address("gegeven", view.summary.id, gegeven=each.record_id), escape(consent.party, 120))
        rows.append(
            (
                link,
                word("consent_subject", consent.subject),
                people.name(consent.applicant),
                formats.day(consent.given_on),
                consent_status(consent),
            )
        )
    return table(
        t("consents.title"),
        (
            Column(heading=t("field.consent.party")),
            Column(heading=t("field.consent.subject")),
            Column(heading=t("field.consent.applicant")),
            Column(heading=t("field.consent.given_on")),
            Column(heading=t("statements.stands")),
        ),
        rows,
    )


def consent_status(consent: Consent) -> Html:
    """Return whether a consent holds today, as sign and words."""
    today = formats.today()
    if consent.ended_on is not None and consent.ended_on <= today:
        return status("stop", t("consents.ended", day=formats.day(consent.ended_on)))
    if consent.until is not None and consent.until < today:
        return status("stop", t("consents.over", day=formats.day(consent.until)))
    if consent.given_on > today:
        return status("busy", t("consents.later", day=formats.day(consent.given_on)))
    if consent.until is not None:
        return status("good", t("consents.holds_until", day=formats.day(consent.until)))
    return status("good", t("consents.holds"))
