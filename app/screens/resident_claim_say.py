"""A resident says whether a claim is right: one question to be sure for yes; for no a reason, a check, and a number."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices
from app.components.errors import error_text
from app.components.fields import Area, Choice, Field, People, label_of
from app.components.forms import Draft
from app.components.html import lines, show
from app.components.table import facts
from app.texts import t, word
from schuldhulp.domain.records import ClaimDecisionState, ResidentView
from schuldhulp.errors import InvalidInput
from schuldhulp.services.claims.own_claims import ClaimStanding, OwnClaim

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.views import DossierView, RecordView

SCREEN = "say"
LONGEST = 2_000


class Wrong(StrEnum):
    """What a resident most often finds wrong."""

    PAID = "paid"
    AMOUNT = "amount"
    UNKNOWN = "unknown"
    SOMEBODY_ELSE = "somebody_else"
    ARRANGED = "arranged"
    OTHER = "other"


FIELDS: tuple[Field, ...] = (
    Choice(name="what", options=Wrong, group="wrong"),
    Area(name="reason", longest=LONGEST),
)


def buttons(actor: Actor, view: DossierView, one: OwnClaim) -> None:
    """Offer to say yes or no; also after having said the other, as long as the claim is not over.

    Args:
        actor: the resident.
        view: the dossier.
        one: the claim.
    """
    if one.standing.is_over:
        return
    kept = _draft_of(one)
    if kept is not None and kept.base["yes"] and not kept.submission.done:
        _sure(actor, view, one, kept)
        return
    said = one.record.resident_view
    is_first = said is ResidentView.NONE or one.standing.waits_for_resident
    show(layout.section(t("say.title" if is_first else "say.again_title")))
    with st.container(horizontal=True):
        if said is not ResidentView.AGREED:
            st.button(t("say.right"), key="say_right", on_click=_start, args=(one, True))
        if said is ResidentView.NONE:
            st.button(t("say.wrong"), key="say_wrong", on_click=_start, args=(one, False))
        elif one.standing is not ClaimStanding.DISPUTED:
            key = "say.still_wrong" if said is ResidentView.DISPUTED else "say.wrong"
            st.button(t(key), key="say_wrong", on_click=_start, args=(one, False))


def is_asking(one: OwnClaim) -> bool:
    """Say whether the resident is saying what is wrong with this claim, so that the form takes the page."""
    kept = _draft_of(one)
    return kept is not None and not kept.base["yes"] and not kept.submission.done and not one.standing.is_over


def ask(actor: Actor, view: DossierView, one: OwnClaim) -> None:
    """Show the form, or the check of what was filled in."""
    kept = _draft_of(one)
    assert kept is not None  # noqa: S101 - `is_asking` found it
    if isinstance(kept.submission.error, InvalidInput):
        # What the record does not take is what was written: back to that field.
        kept.problems["reason"] = error_text(kept.submission.error, label_of(SCREEN, "reason"))
        kept.back()
    if kept.checking:
        _check(actor, view, one, kept)
    else:
        _fill_in(one, kept)


def told(one: OwnClaim) -> None:
    """Say that what was said has been stored, under which number, and what happens now."""
    kept = _draft_of(one)
    if kept is None or not kept.submission.done:
        return
    stored: RecordView = kept.submission.result
    if stored.version != one.view.version:
        # Something else has happened to it since.
        return
    number = t("say.done", number=stored.record_id.hex()[:8].upper(), version=stored.version)
    if kept.base["yes"]:
        notices.notice("good", t("say.done_right_title"), number, role="status")
    else:
        notices.notice("good", t("say.done_wrong_title"), number, _next(one), role="status")


def _next(one: OwnClaim) -> str:
    included = one.record.decision is ClaimDecisionState.INCLUDED
    return t("say.done_wrong_included" if included else "say.done_wrong")


def _start(one: OwnClaim, yes: bool) -> None:
    forms.forget(SCREEN)
    start = {item.name: item.start(None) for item in FIELDS}
    st.session_state[f"{SCREEN}_draft"] = (
        one.view.record_id,
        Draft(raw=start, base={"yes": yes, "version": one.view.version}),
    )


def _draft_of(one: OwnClaim) -> Draft | None:
    kept = st.session_state.get(f"{SCREEN}_draft")
    return kept[1] if kept is not None and kept[0] == one.view.record_id else None


def _sure(actor: Actor, view: DossierView, one: OwnClaim, kept: Draft) -> None:
    if kept.submission.error is not None:
        _failure(one, kept)
    notices.notice("info", t("say.sure_title"), t("say.sure"))
    objections = session.cockpit().claim_objections
    with st.container(horizontal=True):
        st.button(
            t("say.yes"),
            key="say_yes",
            type="primary",
            on_click=kept.submission.send,
            args=(_saying(objections.agree, actor, view, one, kept),),
        )
        st.button(t("say.no"), key="say_no", on_click=forms.forget, args=(SCREEN,))


def _fill_in(one: OwnClaim, kept: Draft) -> None:
    included = one.record.decision is ClaimDecisionState.INCLUDED
    layout.title(t("say.wrong_title"), t("say.wrong_lead_included" if included else "say.wrong_lead"))
    problems = st.container()
    show(facts(_which(one)))
    with st.form("say_form", border=False):
        for item in FIELDS:
            forms.draw_field(SCREEN, SCREEN, item, kept, People())
        with st.container(horizontal=True):
            sent = st.form_submit_button(t("form.to_check"), type="primary", key="say_check")
            away = st.form_submit_button(t("say.nothing"), key="say_away")
    if away:
        forms.forget(SCREEN)
        st.rerun()
    if sent:
        values = forms.read_fields(SCREEN, SCREEN, FIELDS, kept)
        if values is not None and values["what"] is Wrong.OTHER and not values["reason"]:
            refusal = InvalidInput("required", "reason: must be filled in", field="reason")
            forms.refused(SCREEN, FIELDS, kept, refusal)
            values = None
        if values is not None:
            kept.outcome = reason_of(values)
            kept.checking = True
        # The fields were drawn before it was known what is wrong with them.
        st.rerun()
    with problems:
        forms.show_problems(SCREEN, FIELDS, kept)


def reason_of(values: dict[str, Any]) -> str:
    """Return what the caseworker reads: what is wrong in a few words, and the resident's own."""
    what, own = values["what"], values["reason"]
    if what is Wrong.OTHER:
        return str(own)
    return "\n".join(filter(None, (f"{word('wrong', what)}.", own)))


def _check(actor: Actor, view: DossierView, one: OwnClaim, kept: Draft) -> None:
    layout.title(t("say.check_title"), t("say.check_lead"))
    if kept.submission.error is not None:
        _failure(one, kept)
    show(facts((*_which(one), (t("say.what"), lines(kept.outcome, LONGEST * 2)))))
    objections = session.cockpit().claim_objections
    with st.container(horizontal=True):
        st.button(
            t("say.send"),
            key="say_send",
            type="primary",
            on_click=kept.submission.send,
            args=(_saying(objections.dispute, actor, view, one, kept, reason=kept.outcome),),
        )
        st.button(t("check.back"), key="say_back", on_click=kept.back)


def _which(one: OwnClaim) -> list[tuple[str, object]]:
    if one.contents is None:
        return [(t("own.title"), t("own.unreadable"))]
    return [
        (t("own.original_creditor"), one.contents.original_creditor.name),
        (t("own.reference"), one.contents.reference),
    ]


def _failure(one: OwnClaim, kept: Draft) -> None:
    """Say what went wrong; after somebody else's change the next try is about what stands there now."""
    error = kept.submission.error
    assert error is not None  # noqa: S101 - asked by whoever calls
    if error.key == "record_changed":
        notices.notice("warning", t("failure.conflict_title"), t("say.changed"), role="alert")
    else:
        notices.failure(error)
    kept.base["version"] = one.view.version
    kept.submission = forms.Submission()


def _saying(
    act: Callable[..., RecordView], actor: Actor, view: DossierView, one: OwnClaim, kept: Draft, **more: str
) -> Callable[[], RecordView]:
    dossier, record_id, version = view.summary.id, one.view.record_id, kept.base["version"]
    return lambda: act(actor=actor, dossier=dossier, record_id=record_id, expected_version=version, **more)
