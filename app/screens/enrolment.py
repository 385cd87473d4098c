"""Making a client visible to creditors, and ending that: two acts apart from being a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import forms, layout, notices, trust
from app.components.fields import Choice, Day, Field, Line, People, Persons
from app.components.forms import Draft
from app.components.html import join, show, tag
from app.components.table import facts
from app.screens.clients import STAFF
from app.screens.dossier import heading, people_of
from app.screens.opened import address, form_number, open_dossier
from app.screens.sent_notices import send_address
from app.texts import t
from schuldhulp.domain.access import Actor
from schuldhulp.domain.enrolment import identifiers_of
from schuldhulp.domain.records import Applicant, Enrolment, EnrolmentBasis
from schuldhulp.domain.trust import TrustState
from schuldhulp.services.views import EnrolmentStep

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView

ENROL = "enrol"
END = "ending"

ENROL_FIELDS: tuple[Field, ...] = (
    Persons(name="applicants"),
    Line(name="ground", required=True, longest=500),
    Choice(name="basis", options=EnrolmentBasis, group="enrolment_basis"),
    Day(name="basis_date", required=True),
)
END_FIELDS: tuple[Field, ...] = (Line(name="end_reason", required=True, longest=500),)


def page() -> None:
    """Show whether creditors can see this client, and the form that changes it."""
    actor = session.guard(*STAFF)
    view = open_dossier(actor)
    show(tag("p", layout.link(address("dossier", view.summary.id, deel="personen"), t("record.back"), class_="back")))
    heading(view)
    show(layout.section(t("enrolment.title")), tag("p", t("enrolment.explain")))
    if view.trust.state is TrustState.DEVIATES:
        show(trust.banner(view.trust, resident=False))
        return
    people = people_of(view)
    enrolment = _running(view)
    if not people.names:
        show(layout.empty(t("record.no_applicant")))
        return
    if view.enrolment.step is EnrolmentStep.REFUSED:
        notices.notice("error", t("enrolment.refused_title"), t("enrolment.refused"))
    # What was just sent is said first: the form for the opposite would only puzzle.
    if _just_sent(ENROL, view) or (enrolment is None and not _just_sent(END, view)):
        _form(ENROL, ENROL_FIELDS, actor, view, people)
        return
    if enrolment is not None:
        show(_state(enrolment, people))
    _form(END, END_FIELDS, actor, view, people)


def _just_sent(screen: str, view: DossierView) -> bool:
    kept = st.session_state.get(f"{screen}_draft")
    return kept is not None and kept[0] == (view.summary.id, form_number()) and kept[1].submission.done


def _running(view: DossierView) -> Enrolment | None:
    """Return the enrolment that holds now."""
    return next(
        (
            each.record
            for each in view.records
            if isinstance(each.record, Enrolment) and not each.withdrawn and each.record.end is None
        ),
        None,
    )


def _state(enrolment: Enrolment, people: People) -> object:
    from app.components import formats

    return facts(
        (
            (t("enrolment.who"), people.listed(enrolment.applicants)),
            (t("field.enrolment.ground"), enrolment.ground),
            (t("field.enrolment.basis"), t(f"enrolment_basis.{enrolment.basis}")),
            (t("field.enrolment.basis_date"), formats.day(enrolment.basis_date)),
            (t("field.agreement.start"), formats.day(enrolment.start)),
        )
    )


def _form(screen: str, fields: tuple[Field, ...], actor: Actor, view: DossierView, people: People) -> None:
    draft = forms.draft(
        screen, (view.summary.id, form_number()), lambda: {item.name: item.start(None) for item in fields}
    )
    show(layout.subsection(t(f"enrolment.{screen}_title")))
    if draft.submission.done:
        notices.notice("good", t(f"enrolment.{screen}_done"), t(f"enrolment.{screen}_next"), role="status")
        if screen == ENROL:
            link = layout.link(send_address(view.summary.id), t("notices.to_form"), class_="button")
            show(tag("p", link, class_="actions"))
        return
    if draft.checking:
        _check(screen, fields, actor, view, people, draft)
        return
    problems = st.container()
    with st.form(f"{screen}_form", border=False):
        forms.draw_fields(screen, "enrolment", fields, draft, people)
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{screen}_check")
    if sent:
        values = forms.read_fields(screen, "enrolment", fields, draft)
        if values is not None:
            draft.outcome, draft.checking = values, True
        st.rerun()
    with problems:
        forms.show_problems(screen, fields, draft)


def _check(
    screen: str, fields: tuple[Field, ...], actor: Actor, view: DossierView, people: People, draft: Draft
) -> None:
    values = draft.outcome
    if draft.submission.error is not None:
        notices.failure(draft.submission.error, forms.label_in("enrolment", fields, draft.submission.error))
    show(
        tag("p", t("check.lead")),
        facts((t(f"field.enrolment.{item.name}"), item.words(values[item.name], people)) for item in fields),
    )
    if screen == ENROL:
        show(_warnings(view, values["applicants"], people))
    with st.container(horizontal=True):
        st.button(
            t(f"enrolment.{screen}_send"),
            type="primary",
            key=f"{screen}_send",
            on_click=draft.submission.send,
            args=(lambda: _send(screen, actor, view, values),),
            disabled=draft.submission.error is not None,
        )
        st.button(t("check.back"), key=f"{screen}_back", on_click=draft.back)


def _send(screen: str, actor: Actor, view: DossierView, values: dict[str, object]) -> object:
    service = session.cockpit().enrolment
    if screen == ENROL:
        return service.enrol(actor=actor, dossier=view.summary.id, **values)
    return service.end(actor=actor, dossier=view.summary.id, reason=values["end_reason"])


def _warnings(view: DossierView, applicants: tuple[bytes, ...], people: People) -> object:
    from app.components import formats

    found = []
    for each in view.records:
        if each.record_id in applicants and isinstance(each.record, Applicant):
            for warning in identifiers_of(each.record, today=formats.today()).warnings:
                name = people.name(each.record_id)
                found.append(
                    notices.notice_html(
                        "warning", t(f"enrolment.{warning}_title", name=name), t(f"enrolment.{warning}")
                    )
                )
    return join(found)
