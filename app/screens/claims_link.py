"""Saying to which dossier a claim belongs: those that may fit, a search, and a look at both before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import claims, formats, forms, layout, notices
from app.components.errors import error_text
from app.components.forms import Draft
from app.components.html import Html, escape, join, show, tag
from app.components.table import facts
from app.screens.claims import PATH, claim_address
from app.screens.claims_case import Case, open_case
from app.screens.claims_contents import debtor
from app.screens.claims_steps import Step, step_address, steps_of
from app.screens.clients import LONGEST_SEARCH, STAFF, names_of
from app.screens.opened import form_number, open_dossier
from app.texts import t, word
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import Applicant
from schuldhulp.domain.types import DossierId

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.claims.matching import MatchSign
    from schuldhulp.services.views import DossierSummary, DossierView

SCREEN = "claims_link"
MOST = 10
"""Dossiers that a search shows; more than that is a search to make more precise."""


def page() -> None:
    """Show the dossiers to choose from, the look at both, or what was done."""
    actor = session.guard(*STAFF)
    case = open_case(actor)
    draft = forms.draft(SCREEN, (case.claim_id, form_number()), dict)
    if draft.submission.done:
        _done(case, draft)
        return
    show(tag("p", layout.link(claim_address(case.claim_id), t("claim.back_to_claim"), class_="back")))
    if case.opened is None or Step.LINK not in steps_of(case):
        layout.title(t("claim_link.title"))
        said = error_text(case.problem) if case.problem else t("error.claim_linked" if case.link else "claim.none")
        notices.notice("info", said)
        return
    if draft.checking:
        _check(actor, case, draft)
    else:
        _choose(actor, case, draft)


def _choose(actor: Actor, case: Case, draft: Draft) -> None:
    assert case.opened is not None  # noqa: S101 - `page` looks
    contents = case.opened.claim.contents
    layout.title(
        t("claim_link.title"),
        t(
            "claim_link.lead",
            holder=contents.holder.name,
            amount=formats.amount(contents.total),
            debtor=claims.debtor_name(contents.debtor),
            born=formats.birth_date(contents.debtor.birth_date),
            address=claims.debtor_address(contents.debtor),
        ),
    )
    show(layout.section(t("claim_link.candidates")))
    candidates = session.cockpit().claim_matching.candidates(actor=actor, claim_id=case.claim_id)
    if not candidates:
        show(
            layout.empty(t("claim_link.candidates_none")),
            tag("p", layout.link(step_address(Step.DECLINE, case.claim_id), t("claim_link.decline"))),
        )
    for number, one in enumerate(candidates[:MOST]):
        _offer(one.dossier, draft, f"candidate_{number}", _same(one.signs))
    show(layout.section(t("claim_link.search_title")))
    search = st.text_input(
        t("claim_link.search"),
        key=f"{SCREEN}_search",
        type="search",
        placeholder=t("clients.search_hint"),
        max_chars=LONGEST_SEARCH,
        live="500ms",
    )
    if (search or "").strip():
        _found(session.cockpit().dossiers.list(actor=actor, search=search.strip()), draft)


def _found(found: Sequence[DossierSummary], draft: Draft) -> None:
    if not found:
        show(layout.empty(t("clients.nothing")))
        return
    show(tag("p", t("clients.count", first=1, last=min(len(found), MOST), all=len(found)), class_="hint"))
    for number, one in enumerate(found[:MOST]):
        _offer(one, draft, f"found_{number}", None)


def _same(signs: frozenset[MatchSign]) -> Html:
    words = ", ".join(word("match_sign", sign) for sign in sorted(signs))
    return tag("p", t("claim_link.same"), ": ", words, class_="note")


def _offer(one: DossierSummary, draft: Draft, name: str, same: Html | None) -> None:
    born = ", ".join(map(formats.written_birth_date, one.birth_dates))
    ended = t("clients.is_ended") if one.ended else ""
    known = (t("dossier.file_number", number=one.file_number), t("dossier.born", days=born) if born else "", ended)
    show(
        tag(
            "article",
            tag("div", tag("h3", escape(names_of(one), 160), class_="subsection"), class_="card-head"),
            tag("p", " · ".join(filter(None, known))),
            same,
            class_="card",
        )
    )
    st.button(
        t("claim_link.choose", number=one.file_number),
        key=f"{SCREEN}_{name}",
        on_click=_take,
        args=(draft, one.id),
    )


def _take(draft: Draft, dossier: DossierId) -> None:
    draft.outcome, draft.checking = dossier, True


def _check(actor: Actor, case: Case, draft: Draft) -> None:
    assert case.opened is not None  # noqa: S101 - `page` looks
    view = open_dossier(actor, draft.outcome, purpose=Purpose.CLAIM_REVIEW)
    layout.title(t("claim_link.check_title"), t("claim_link.check"))
    if draft.submission.error is not None:
        notices.failure(draft.submission.error)
    show(
        layout.section(t("claim_link.claimed")),
        debtor(case.opened.claim.contents),
        layout.section(t("claim_link.chosen")),
        tag("p", t("dossier.file_number", number=view.summary.file_number)),
        _people(view),
    )
    with st.container(horizontal=True):
        st.button(
            t("claim_link.send"),
            type="primary",
            key=f"{SCREEN}_send",
            on_click=draft.submission.send,
            args=(lambda: _link(actor, case, view),),
            disabled=draft.submission.error is not None,
        )
        st.button(t("claim_link.other"), key=f"{SCREEN}_back", on_click=draft.back)


def _link(actor: Actor, case: Case, view: DossierView) -> str:
    session.cockpit().claim_desk.link(actor=actor, claim_id=case.claim_id, dossier=view.summary.id)
    return view.summary.file_number


def _people(view: DossierView) -> Html:
    def person(record: Applicant) -> Html:
        homes = (f"{home.postcode} {home.house_number}{home.suffix}" for home in record.addresses)
        return facts(
            (
                (t("claim.debtor_name"), record.full_name),
                (t("claim.debtor_born"), formats.birth_date(record.birth_date)),
                (t("claim.debtor_address"), join(map(escape, homes), "<br>") or t("people.no_address")),
                (t("claim.debtor_bsn"), record.bsn.digits if record.bsn else None),
            )
        )

    people = [each.record for each in view.records if isinstance(each.record, Applicant) and not each.withdrawn]
    return join((person(record) for record in people), "<br>")


def _done(case: Case, draft: Draft) -> None:
    layout.title(t("claim.title", number=claims.number_of(case.claim_id)))
    notices.notice(
        "good", t("claim_link.done_title", number=draft.submission.result), t("claim_link.done"), role="status"
    )
    show(
        tag(
            "p",
            layout.link(claim_address(case.claim_id), t("claim_link.done_next"), class_="button"),
            layout.link(PATH, t("claim_do.to_list"), class_="button"),
            class_="actions",
        )
    )
