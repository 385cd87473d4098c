"""The notices that a municipality sent to an organisation on the pages, and its signature that it has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices, pager
from app.components.errors import error_text
from app.components.forms import Submission
from app.components.html import Html, show, tag
from app.components.table import facts
from app.screens import creditor_claim
from app.screens.sent_notices import letter
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.errors import SchuldhulpError

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.claim_views import PageNotice

PATH = "/ontvangen-kennisgevingen"


def page() -> None:
    """Show the notices, newest first, each with the button to sign for it."""
    actor = session.guard(Role.CREDITOR)
    pages = session.cockpit().creditor_claims
    layout.title(t("told.title"), t("told.lead"))
    if not pages.desktop(actor=actor).open:
        creditor_claim.closed()
        return
    _fetch(actor)
    found = pages.notices(actor=actor)
    if not found:
        show(layout.empty(t("told.none")))
        return
    for one in pager.part("told", found, None):
        _one(actor, one)
    pager.buttons("told", found)


def _fetch(actor: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        fetch = st.button(t("filed.fetch"), key="told_fetch")
        st.html(tag("p", t("filed.fetch_hint"), class_="hint"), width="content")
    if not fetch:
        return
    try:
        with st.spinner(t("filed.fetching")):
            problems: Sequence[str] = session.cockpit().creditor_claims.refresh(actor=actor)
    except SchuldhulpError as error:
        notices.notice("warning", t("filed.fetch_failed"), error_text(error), role="alert")
        return
    if problems:
        notices.notice("warning", t("filed.fetch_part"), t("filed.fetch_part_next"), role="alert")
    else:
        notices.notice("good", t("filed.fetched"), role="status")


def _one(actor: Actor, one: PageNotice) -> None:
    notice = one.notice
    who = ", ".join(
        t("told.person", name=person.full_name, born=formats.birth_date(person.birth_date)) for person in notice.clients
    )
    show(
        layout.section(t("told.one", number=notice.number)),
        facts(
            (
                (t("told.who"), who),
                (t("told.reference"), notice.reference or t("told.no_reference")),
                (t("told.answer_by"), _term(one)),
                (t("told.state"), _state(one)),
            )
        ),
        tag("details", tag("summary", t("notices.texts")), *(tag("p", line) for line in letter(notice))),
    )
    if one.sent_at is not None:
        return
    if one.acknowledged_at is None:
        show(tag("p", t("told.sign_hint"), class_="hint"))
    name = "told.sign" if one.acknowledged_at is None else "told.send_again"
    if st.button(t(name, number=notice.number), type="primary", key=f"told_sign_{one.message.hex()[:16]}"):
        sending = Submission()
        with st.spinner(t("filing.busy")):
            sending.send(lambda: session.cockpit().creditor_claims.acknowledge(actor=actor, message=one.message))
        if sending.error is None:
            st.rerun()
        notices.failure(sending.error)


def _term(one: PageNotice) -> str:
    day = formats.day(one.notice.answer_by)
    if one.days_left < 0:
        return t("told.term_over", day=day)
    return t("told.term", day=day, days=one.days_left)


def _state(one: PageNotice) -> Html:
    if one.acknowledged_at is None:
        return notices.status("warning", t("told.unsigned"))
    when = formats.moment(one.acknowledged_at)
    if one.sent_at is None:
        return notices.status("busy", t("told.under_way", when=when))
    return notices.status("good", t("told.signed", when=when))
