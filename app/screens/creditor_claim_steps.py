"""Steps with a claim that was handed in: take it back, pass it on, finish what was begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices
from app.components.fields import Field, Line, People, label_of
from app.components.forms import Draft, Submission
from app.components.html import show, tag
from app.components.table import facts
from app.screens.creditor_claim_words import MINE, claim_number
from app.texts import t
from schuldhulp.domain.access import Actor
from schuldhulp.services.admission import parse_account

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.claim_views import PageClaim

GROUP = "filed"


@dataclass(frozen=True, kw_only=True)
class Address(Line):
    """The address of an account."""

    def parse(self, text: str) -> str:
        """Return the address with its checksum; raises InvalidInput that says what is wrong with it."""
        return parse_account(text, self.name)


HOLDER = Address(name="holder", required=True, longest=42)


def step(actor: Actor, claim: PageClaim, name: str) -> bool:
    """Show a step when it is one and possible; say whether it was shown."""
    pages = session.cockpit().creditor_claims
    if name == "intrekken":
        return _step("withdraw", claim, [], lambda values: pages.withdraw(actor=actor, claim_id=claim.claim_id))
    if name == "overdragen":
        return _step(
            "hand_over",
            claim,
            [HOLDER],
            lambda values: pages.hand_over(actor=actor, claim_id=claim.claim_id, holder=values["holder"]),
        )
    return False


def go_on(actor: Actor, claim: PageClaim) -> None:
    """Offer to finish what was begun."""
    if claim.unfinished is None:
        return
    sent = st.button(t("filed.go_on"), type="primary", key="filed_go_on")
    if sent:
        once = Submission()
        with st.spinner(t("filing.busy")):
            once.send(lambda: session.cockpit().creditor_claims.go_on(actor=actor, claim_id=claim.claim_id))
        if once.error is None:
            st.rerun()
        notices.failure(once.error)


def _step(name: str, claim: PageClaim, fields: list[Field], act: Callable[[dict[str, Any]], PageClaim]) -> bool:
    screen = f"filed_{name}"
    state = forms.draft(screen, claim.claim_id, lambda: {item.name: item.start(None) for item in fields})
    if not claim.may_withdraw and not state.submission.done:
        return False
    back = f"{MINE}?vordering={claim.claim_id.hex()}"
    show(tag("p", layout.link(back, t("filed.back_claim"), class_="back")))
    layout.title(t(f"filed.{name}_title"))
    if state.submission.done:
        notices.notice("good", t(f"filed.{name}_done"), t(f"filed.{name}_done_next"), role="status")
        show(tag("p", layout.link(MINE, t("filed.back"), class_="button"), class_="actions"))
        forms.forget(screen)
        return True
    if fields and not state.checking:
        _fill_in(name, screen, claim, fields, state)
        return True
    _check(name, screen, claim, fields, state, act)
    return True


def _fill_in(name: str, screen: str, claim: PageClaim, fields: list[Field], state: Draft) -> None:
    show(tag("p", t(f"filed.{name}_lead")), facts(_which(claim)))
    problems = st.container()
    with st.form(f"{screen}_form", border=False):
        forms.draw_fields(screen, GROUP, fields, state, People())
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{screen}_check")
    if sent:
        values = forms.read_fields(screen, GROUP, fields, state)
        if values is not None:
            state.outcome, state.checking = values, True
        st.rerun()
    with problems:
        forms.show_problems(screen, fields, state)


def _check(
    name: str,
    screen: str,
    claim: PageClaim,
    fields: list[Field],
    state: Draft,
    act: Callable[[dict[str, Any]], PageClaim],
) -> None:
    error = state.submission.error
    if error is not None and any(item.name == error.field for item in fields):
        forms.refused(GROUP, fields, state, error)
        state.back()
        st.rerun()
    if error is not None:
        notices.failure(error)
        show(tag("p", t("filing.repeat")))
    notices.notice("warning", t(f"filed.{name}_warning"))
    values: dict[str, Any] = state.outcome or {}
    show(
        facts(
            (
                *_which(claim),
                *((label_of(GROUP, item.name), tag("span", values[item.name], class_="break")) for item in fields),
            )
        )
    )
    with st.container(horizontal=True):
        sure = st.button(t(f"filed.{name}_sure"), type="primary", key=f"{screen}_sure")
        if fields:
            st.button(t("check.back"), key=f"{screen}_back", on_click=state.back)
    if sure:
        if error is not None:
            state.submission = Submission()
        with st.spinner(t("filing.busy")):
            state.submission.send(lambda: act(values))
        st.rerun()


def _which(claim: PageClaim) -> list[tuple[str, object]]:
    """Return by what a claim is known."""
    number = tag("span", claim_number(claim.claim_id), class_="check-number")
    return [(t("filed.number"), number), (t("filed.reference"), claim.reference)]
