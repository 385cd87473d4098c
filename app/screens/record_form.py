"""Adding a record and changing one: fill in, check the answers, done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices, trust
from app.components.errors import function_name
from app.components.fields import People
from app.components.forms import Draft
from app.components.html import show, tag
from app.components.recordforms import SECTIONS, build, describe, fields_of, sections_of, value_of
from app.components.table import facts
from app.screens.clients import STAFF
from app.screens.dossier import people_of
from app.screens.opened import address, form_number, open_dossier, record_of
from app.texts import t
from schuldhulp.domain.access import Actor
from schuldhulp.domain.records import Agreement, Applicant, Confirmation, ConfirmationRole, Position, Record, RecordKind
from schuldhulp.domain.trust import TrustState
from schuldhulp.errors import InvalidInput
from schuldhulp.services.processing_log import role_of

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView, RecordView

OF_A_COLLEAGUE = ("record_changed", "record_withdrawn")
"""Refusals after which there is something to look at: what a colleague did to the same record."""


def page() -> None:
    """Show the form, the check of the answers or the confirmation."""
    actor = session.guard(*STAFF)
    view = open_dossier(actor)
    asked = st.query_params.get("soort", "")
    kind = RecordKind(asked) if asked in SECTIONS else None
    each = record_of(view)
    show(tag("p", layout.link(address("dossier", view.summary.id), t("record.back"), class_="back")))
    if kind is None or (each is not None and (each.withdrawn or each.record.kind is not kind)):
        layout.title(t("record.title"))
        show(layout.empty(t("record.none")))
        return
    people = people_of(view)
    if kind is not RecordKind.APPLICANT and not people.names:
        layout.title(t(f"record.add_{kind}"))
        show(layout.empty(t("record.no_applicant")))
        return
    subject = (view.summary.id, each.record_id if each else None, form_number())
    draft = forms.draft(str(kind), subject, lambda: _start(kind, each.record if each else None, view), each)
    # From here on the version that the form was filled with counts, not one that a colleague wrote meanwhile.
    each = draft.base
    if draft.submission.done:
        _done(view, kind, each, draft)
    elif draft.checking:
        _check(actor, view, kind, each, draft, people)
    else:
        _fill_in(view, kind, each, draft, people, _confirmer(actor))


def _start(kind: RecordKind, record: Record | None, view: DossierView) -> dict[str, Any]:
    start = {
        item.name: item.start(None if record is None else value_of(record, item.name))
        for item in fields_of(kind, record)
    }
    if record is None and kind is RecordKind.EXPENSE:
        start["fixed"] = True
    if record is None and kind is RecordKind.APPLICANT and people_of(view).names:
        start["position"] = Position.PARTNER
    return start


def _confirmer(actor: Actor) -> Callable[[ConfirmationRole], Confirmation]:
    def confirm(role: ConfirmationRole) -> Confirmation:
        function = function_name(role_of(actor) or "")
        # Only the resident's own click bears the name of the resident; this yes is what somebody else heard.
        by = actor.name or function if role is ConfirmationRole.CASEWORKER else t("confirmation.passed_on", by=function)
        return Confirmation(by=by, role=role, at=datetime.now(tz=UTC))

    return confirm


def _fill_in(
    view: DossierView,
    kind: RecordKind,
    each: RecordView | None,
    draft: Draft,
    people: People,
    confirm: Callable[[ConfirmationRole], Confirmation],
) -> None:
    layout.title(t(f"record.change_{kind}") if each else t(f"record.add_{kind}"), t("form.lead"))
    if view.trust.state is TrustState.DEVIATES:
        show(trust.banner(view.trust, resident=False))
    sections = sections_of(kind, each.record if each else None)
    screen, fields = str(kind), [item for section in sections for item in section.fields]
    problems = st.container()
    with st.form(f"{screen}_form", border=False):
        for number, section in enumerate(sections):
            title = t(f"section.{kind}.{section.name}")
            if section.folded:
                filled = any(draft.raw.get(item.name) for item in section.fields)
                wrong = any(item.name in draft.problems for item in section.fields)
                with st.expander(title, expanded=filled or wrong, key=f"{screen}_section_{number}"):
                    forms.draw_fields(screen, kind, section.fields, draft, people)
            else:
                show(layout.section(title))
                forms.draw_fields(screen, kind, section.fields, draft, people)
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{screen}_check")
    if sent:
        values = forms.read_fields(screen, kind, fields, draft)
        if values is not None:
            try:
                draft.outcome = build(kind, values, each.record if each else None, confirm)
                draft.checking = True
            except InvalidInput as error:
                forms.refused(kind, fields, draft, error)
        # The fields were drawn before it was known what is wrong with them.
        st.rerun()
    with problems:
        forms.show_problems(screen, fields, draft)


def _check(
    actor: Actor, view: DossierView, kind: RecordKind, each: RecordView | None, draft: Draft, people: People
) -> None:
    layout.title(t("check.title"), t("check.lead"))
    record: Record = draft.outcome
    if draft.submission.error is not None:
        label = forms.label_in(kind, fields_of(kind, record), draft.submission.error)
        notices.failure(draft.submission.error, label)
        if each is not None and draft.submission.error.key in OF_A_COLLEAGUE:
            show(
                tag("p", layout.link(address("gegeven", view.summary.id, gegeven=each.record_id), t("check.see_other")))
            )
    if _lost_yes(each, record):
        notices.notice("warning", t("check.yes_lost_title"), t("check.yes_lost"))
    show(facts(describe(record, people)))
    if isinstance(record, Applicant) and not record.addresses:
        notices.notice("warning", t("check.no_address_title"), t("check.no_address"))
    with st.container(horizontal=True):
        st.button(
            t("check.save"),
            type="primary",
            key=f"{kind}_save",
            on_click=draft.submission.send,
            args=(_saving(actor, view, each, record),),
            disabled=draft.submission.error is not None,
        )
        st.button(t("check.back"), key=f"{kind}_back", on_click=draft.back)


def _lost_yes(each: RecordView | None, record: Record) -> bool:
    """Return whether somebody's yes to an agreement does not hold for what it is to say."""
    if each is None or not isinstance(record, Agreement) or not isinstance(each.record, Agreement):
        return False
    return any(given not in record.confirmations for given in each.record.confirmations)


def _saving(actor: Actor, view: DossierView, each: RecordView | None, record: Record) -> Callable[[], RecordView]:
    records = session.cockpit().records

    def save() -> RecordView:
        if each is None:
            return records.add(actor=actor, dossier=view.summary.id, record=record)
        return records.change(
            actor=actor,
            dossier=view.summary.id,
            record_id=each.record_id,
            expected_version=each.version,
            record=record,
        )

    return save


def _done(view: DossierView, kind: RecordKind, each: RecordView | None, draft: Draft) -> None:
    saved: RecordView = draft.submission.result
    layout.title(t("done.changed") if each else t("done.added"))
    notices.notice(
        "good",
        t("done.title", number=saved.record_id.hex()[:8].upper(), version=saved.version),
        t("done.next"),
        role="status",
    )
    show(
        tag(
            "p",
            layout.link(address("gegeven", view.summary.id, gegeven=saved.record_id), t("done.see"), class_="button"),
            class_="actions",
        ),
        tag("p", layout.link(address("dossier", view.summary.id), t("record.back"))),
    )
    if each is None:
        st.button(t("done.another"), key=f"{kind}_another", on_click=forms.forget, args=(str(kind),))
