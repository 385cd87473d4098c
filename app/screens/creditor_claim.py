"""Handing in a claim, or amending one: fill in, check the answers, done. Nothing is kept before it is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices
from app.components.fields import People
from app.components.forms import Draft, Submission
from app.components.html import Html, lines, show, tag
from app.components.table import facts
from app.screens.creditor_claim_fields import (
    GROUP,
    SAME_EACH_TIME,
    SECTIONS,
    described,
    fields_in,
    named,
    plain_of,
    raw_of,
    sections,
)
from app.screens.creditor_claim_prefill import drop, forget_fields, prefill
from app.screens.creditor_claim_words import MINE, claim_number, decision_words, read_number
from app.texts import known, t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.claims import ClaimContents, ClaimStage, doubts
from schuldhulp.errors import InvalidInput, NotFound, SchuldhulpError

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.claim_views import ClaimDesktop, PageClaim

SCREEN = "filing"
STAGE = "filing_stage"
BASE = "claim_base"
PATH = "/vordering-indienen"


def page() -> None:
    """Show the form, the check of the answers or the confirmation."""
    actor = session.guard(Role.CREDITOR)
    pages = session.cockpit().creditor_claims
    desktop = pages.desktop(actor=actor)
    claim_id = read_number(st.query_params.get("vordering", ""))
    if not desktop.open:
        layout.title(t("filing.title"), t("filing.lead"))
        closed()
        return
    base: ClaimContents | None = None
    kept: Any = None
    if claim_id is not None:
        kept = st.session_state.get(BASE)
        if kept is None or kept[0] != claim_id:
            try:
                kept = (claim_id, pages.open(actor=actor, claim_id=claim_id))
            except NotFound:
                kept = None
            st.session_state[BASE] = kept
        if kept is None or not (kept[1].claim.may_amend or _handed_in(claim_id)):
            layout.title(t("filing.amend_title"))
            show(layout.empty(t("filing.amend_gone")), tag("p", layout.link(MINE, t("filing.to_mine"))))
            return
        base = kept[1].contents
    first = prefill()
    subject = (claim_id, first.number if first is not None and claim_id is None else "")
    state = forms.draft(SCREEN, subject, lambda: _start(actor, base, first.raw if first is not None else {}))
    if state.submission.done:
        _done(state, amended=claim_id is not None)
    elif state.checking:
        _check(actor, state, amending=claim_id is not None)
    else:
        _fill_in(actor, desktop, state, base, amended=None if claim_id is None else kept[1].claim)


def closed() -> None:
    """Say that the pages hand in nothing for this organisation, and what to do."""
    contact = layout.contact(session.cockpit().settings.contact)
    notices.notice("info", t("filing.closed_title"), t("filing.closed"))
    show(tag("p", t("filing.closed_next"), " ", contact), tag("p", layout.link("/uitleg", t("ask.to_explanation"))))


def _handed_in(claim_id: object) -> bool:
    kept = st.session_state.get(f"{SCREEN}_draft")
    return kept is not None and kept[0] == (claim_id, "") and kept[1].submission.done


def _start(actor: Actor, base: ClaimContents | None, typed: Mapping[str, Any]) -> dict[str, Any]:
    start = {item.name: item.start(None) for item in fields_in(SECTIONS)}
    stage = ClaimStage.CREDITOR
    if base is not None:
        start |= raw_of(base)
        stage = base.stage
    else:
        try:
            last = session.cockpit().creditor_claims.last_contents(actor=actor)
        except SchuldhulpError:
            # It only saves typing.
            last = None
        if last is not None:
            start |= raw_of(last, SAME_EACH_TIME)
            stage = last.stage
        start |= typed
    return {**start, "stage": stage}


def _fill_in(
    actor: Actor, desktop: ClaimDesktop, state: Draft, base: ClaimContents | None, *, amended: PageClaim | None
) -> None:
    if amended is None:
        layout.title(t("filing.title"), t("filing.lead"))
    else:
        layout.title(t("filing.amend_title"), t("filing.amend_lead"))
        decision = amended.decision
        if decision is not None and decision.is_current:
            notices.notice("info", decision_words(decision), lines(decision.text))
    if base is not None:
        show(
            facts(((t("field.filing.reference"), base.reference), (t("filing.creditor"), base.original_creditor.name)))
        )
        stage = base.stage
        show(tag("p", t("filing.amend_hint"), class_="hint"))
    else:
        if amended is None:
            _begin()
        if STAGE not in st.session_state:
            st.session_state[STAGE] = state.raw.get("stage", ClaimStage.CREDITOR)
        stage = st.radio(
            t("filing.stage"), list(ClaimStage), key=STAGE, format_func=lambda one: t(f"filing.stage_{one}")
        )
        state.raw["stage"] = stage
    found = sections(stage=stage, bsn=desktop.bsn, amending=base is not None)
    fields = fields_in(found)
    problems = st.container()
    with st.form(f"{SCREEN}_form", border=False):
        for name, items in found.items():
            show(layout.section(t(f"filing.section_{name}")))
            if known(f"filing.hint_{name}"):
                show(tag("p", t(f"filing.hint_{name}"), class_="hint"))
            forms.draw_fields(SCREEN, GROUP, items, state, People())
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{SCREEN}_check")
    if sent:
        values = forms.read_fields(SCREEN, GROUP, fields, state)
        if values is not None:
            _read(actor, state, values, stage, base)
        st.rerun()
    with problems:
        forms.show_problems(SCREEN, fields, state)
    notices.notice("info", t("ask.private_title"), t("filing.private"), t("filing.private_kept"))


def _begin() -> None:
    """Say with what the form begins."""
    first = prefill()
    if first is not None and first.raw:
        notices.notice("good", t("filing.prefilled_title", number=first.number), t("filing.prefilled"))
    else:
        notices.notice("info", t("filing.check_first_title"), t("filing.check_first"))
        show(tag("p", layout.link("/", t("creditor.to_check"))))


def _read(actor: Actor, state: Draft, values: dict[str, Any], stage: ClaimStage, base: ClaimContents | None) -> None:
    plain = plain_of(values, stage=stage)
    if stage is ClaimStage.CREDITOR and base is None:
        # Who claims for itself is the original creditor.
        plain["original_creditor"] = {"name": actor.name, "kvk": actor.organisation}
    try:
        state.outcome = session.cockpit().creditor_claims.read(actor=actor, fields=plain, base=base)
        state.checking = True
    except InvalidInput as error:
        forms.refused(GROUP, fields_in(SECTIONS), state, named(error))


def _check(actor: Actor, state: Draft, *, amending: bool) -> None:
    layout.title(t("check.title"), t("filing.check_lead"))
    contents: ClaimContents = state.outcome
    error = state.submission.error
    if isinstance(error, SchuldhulpError) and error.field and named_field(error):
        # Refused by what only the chain can know: back to the fields, with what was typed.
        forms.refused(GROUP, fields_in(SECTIONS), state, named(InvalidInput(error.key, str(error), field=error.field)))
        state.back()
        st.rerun()
    if error is not None:
        notices.failure(error)
        show(tag("p", t("filing.repeat")))
    for name, _ in doubts(contents):
        field = name.replace(".", "_")
        notices.notice("warning", t("filing.doubt_title"), t(f"filing.doubt_{field}"))
    show_contents(contents)
    with st.container(horizontal=True):
        sure = st.button(t("filing.sure_amend") if amending else t("filing.sure"), type="primary", key=f"{SCREEN}_sure")
        st.button(t("check.back"), key=f"{SCREEN}_back", on_click=state.back)
    if sure:
        if error is not None:
            state.submission = Submission()
        pages = session.cockpit().creditor_claims
        act = pages.amend if amending else pages.file
        with st.spinner(t("filing.busy")):
            state.submission.send(lambda: act(actor=actor, contents=contents))
        st.rerun()


def named_field(error: SchuldhulpError) -> bool:
    """Say whether an error is about one of the fields."""
    return (error.field or "").replace(".", "_") in {item.name for item in fields_in(SECTIONS)}


def show_contents(contents: ClaimContents) -> None:
    """Put what a claim says on the page, by section."""
    for name, pairs in described(contents).items():
        if pairs:
            show(layout.section(t(f"filing.section_{name}")), facts(pairs))


def _done(state: Draft, *, amended: bool) -> None:
    # Handed in: nothing of it is needed here any more.
    state.raw, state.outcome = {}, None
    forget_fields()
    claim: PageClaim = state.submission.result
    number: Html = tag("span", claim_number(claim.claim_id), class_="check-number")
    layout.title(t("filing.amended_title") if amended else t("filing.done_title"))
    notices.notice("good", t("filing.amended") if amended else t("filing.done"), t("filing.done_next"), role="status")
    show(facts(((t("filed.number"), number), (t("field.filing.reference"), claim.reference))))
    show(
        tag(
            "p",
            layout.link(f"{MINE}?vordering={claim.claim_id.hex()}", t("filing.see"), class_="button"),
            class_="actions",
        ),
        tag("p", layout.link(MINE, t("filing.to_mine"))),
    )
    st.button(t("filing.another"), key=f"{SCREEN}_another", on_click=_another)


def _another() -> None:
    forms.forget(SCREEN)
    drop()
