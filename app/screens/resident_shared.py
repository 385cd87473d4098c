"""Who knows that a resident has help: what creditors can ask, who was sent a notice, and which consents there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices, summaries, trust
from app.components.forms import Submission
from app.components.html import Html, escape, join, show, tag
from app.components.notices import Tone, status
from app.components.table import Column, table
from app.screens import resident_opened
from app.texts import t, word
from schuldhulp.domain.records import Consent, RecordKind, SentNotice
from schuldhulp.services.views import EnrolmentStep

if TYPE_CHECKING:
    from datetime import datetime

    from schuldhulp.domain.access import Actor
    from schuldhulp.services.views import DossierView, RecordView

_VISIBLE = {
    EnrolmentStep.WAITING: "shared.visible_wait",
    EnrolmentStep.VISIBLE: "shared.visible_yes",
    EnrolmentStep.ENDING: "shared.visible_ending",
}


def page() -> None:
    """Show who knows."""
    actor, view = resident_opened.opened(t("shared.title"), t("shared.lead"))
    resident_opened.warning(view)
    show(layout.section(t("shared.visible")), tag("p", _visible(view)))
    show(layout.section(t("shared.notices")), _notices(actor, view))
    consents = [each for each in view.of_kind(RecordKind.CONSENT) if isinstance(each.record, Consent)]
    show(
        layout.section(t("shared.consents")),
        tag("p", t("shared.consents_hint"), class_="hint") if consents else layout.empty(t("shared.consents_none")),
    )
    for each in sorted(consents, key=lambda one: (not _holds(one.record), -one.record.given_on.toordinal())):
        show(_card(actor, view, each))
        _ending(actor, view, each)
    resident_opened.calm(view)


def _visible(view: DossierView) -> str:
    since = formats.day(view.enrolment.since)
    key = _VISIBLE.get(view.enrolment.step)
    return t("shared.visible_no") if key is None else t(key, day=since)


def _notices(actor: Actor, view: DossierView) -> Html:
    sent = [each for each in view.of_kind(RecordKind.NOTICE) if isinstance(each.record, SentNotice)]
    if not sent:
        return layout.empty(t("shared.notices_none"))
    signed = {
        one.record: one.acknowledged_at
        for one in session.cockpit().notices_sent.told(actor=actor, dossier=view.summary.id)
        if one.acknowledged_at is not None
    }
    shown = table(
        t("shared.notices"),
        (
            Column(heading=t("shared.who")),
            Column(heading=t("shared.reference")),
            Column(heading=t("shared.how")),
            Column(heading=t("shared.sent_on")),
            Column(heading=t("shared.proof")),
        ),
        (
            (
                escape(each.record.recipient, summaries.CELL),
                escape(each.record.reference, summaries.CELL),
                word("notice_means", each.record.means),
                tag("span", formats.day(each.record.sent_on), _signed(signed.get(each.record_id))),
                trust.record_status(view.trust, each),
            )
            for each in sorted(sent, key=lambda one: one.record.sent_on, reverse=True)
        ),
    )
    return join((tag("p", t("shared.notices_hint"), class_="hint"), shown))


def _signed(moment: datetime | None) -> Html | None:
    return tag("span", t("shared.signed", when=formats.moment(moment)), class_="note") if moment else None


def _holds(consent: Consent) -> bool:
    return consent.holds_on(formats.today())


def _card(actor: Actor, view: DossierView, each: RecordView) -> Html:
    consent: Consent = each.record
    given = t("shared.given", day=formats.day(consent.given_on), how=word("consent_form", consent.how).lower())
    until = t("shared.until", day=formats.day(consent.until)) if consent.until else None
    ended = t("shared.ended", day=formats.day(consent.ended_on)) if consent.ended_on else None
    return tag(
        "article",
        tag(
            "div",
            tag("h3", escape(consent.party, summaries.CELL), class_="subsection"),
            status(*_state(consent)),
            class_="card-head",
        ),
        tag("p", t("shared.may", subject=word("consent_subject", consent.subject).lower())),
        tag("p", join((part for part in (given, until, ended) if part), ". "), ".", class_="note"),
        tag("p", _of_whom(actor, view, consent), class_="note"),
        tag("p", trust.record_status(view.trust, each)),
        class_="card",
    )


def _state(consent: Consent) -> tuple[Tone, str]:
    if consent.ended_on is not None:
        return "stop", t("shared.is_ended")
    if _holds(consent):
        return "good", t("shared.holds")
    if formats.today() < consent.given_on:
        return "busy", t("shared.begins", day=formats.day(consent.given_on))
    return "stop", t("shared.run_out")


def _of_whom(actor: Actor, view: DossierView, consent: Consent) -> Html:
    """Return whose consent it is; of the partner's, that only the partner can end it."""
    people = {each.record_id: each.record.full_name for each in view.of_kind(RecordKind.APPLICANT)}
    name = escape(people.get(consent.applicant) or t("people.unknown"), summaries.CELL)
    whose = t("shared.whose", name=name)
    if consent.applicant == actor.applicant or _is_over(consent):
        return Html(whose + ".")
    return Html(f"{whose}. {t('shared.partner', name=name)}")


def _is_over(consent: Consent) -> bool:
    return consent.ended_on is not None or (consent.until is not None and consent.until < formats.today())


def _ending(actor: Actor, view: DossierView, each: RecordView) -> None:
    """Let the resident end a consent: one click to ask, one to be sure."""
    consent: Consent = each.record
    key = f"consent_{each.record_id.hex()[:12]}"
    submission: Submission | None = st.session_state.get(f"{key}_submission")
    if submission is not None and submission.done:
        number = submission.result.record_id.hex()[:8].upper()
        notices.notice("good", t("shared.end_done_title"), t("shared.end_done", number=number), role="status")
        return
    if consent.applicant != actor.applicant or _is_over(consent) or resident_opened.deviates(view):
        return
    party = escape(consent.party, summaries.CELL)
    if submission is None:
        st.button(t("shared.end_of", party=party), key=f"{key}_ask", on_click=_ask, args=(key,))
        return
    if submission.error is not None:
        notices.failure(submission.error)
        submission = st.session_state[f"{key}_submission"] = Submission()
    notices.notice("info", t("shared.end_sure_title"), t("shared.end_sure", party=party))
    with st.container(horizontal=True):
        st.button(
            t("shared.end_yes"),
            key=f"{key}_yes",
            type="primary",
            on_click=submission.send,
            args=(_sending(actor, view, each),),
        )
        st.button(t("shared.end_no"), key=f"{key}_no", on_click=_unask, args=(key,))


def _ask(key: str) -> None:
    st.session_state[f"{key}_submission"] = Submission()


def _unask(key: str) -> None:
    st.session_state.pop(f"{key}_submission", None)


def _sending(actor: Actor, view: DossierView, each: RecordView) -> Callable[[], RecordView]:
    consents = session.cockpit().consent_ending
    return lambda: consents.end(
        actor=actor, dossier=view.summary.id, record_id=each.record_id, expected_version=each.version
    )
