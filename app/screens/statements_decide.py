"""Taking a statement over into a dossier, or declining it: fill in, check what it becomes, done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import streamlit as st

from app import session
from app.components import claims, forms, layout, notices, summaries
from app.components.fields import Area, Choice, Field, People
from app.components.forms import Draft
from app.components.html import Html, escape, plain, show, tag
from app.components.recordforms import describe
from app.components.table import facts
from app.screens.clients import STAFF
from app.screens.dossier import people_of
from app.screens.opened import address, form_number, identifier, open_dossier
from app.screens.statements import PATH, entry_of, said, statement_address
from app.texts import t
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.statements import StatementDecline
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput, SchuldhulpError
from schuldhulp.services.statements.desk import TEXT_LENGTH
from schuldhulp.services.statements.rows import StatementState

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.statements.inbox import StatementEntry
    from schuldhulp.services.views import DossierView

TAKE = "statement_take"
DECLINE = "statement_decline"
NEW = RecordId(b"")
"""Stands for a record that the dossier does not have yet."""

DECLINE_FIELDS: tuple[Field, ...] = (
    Choice(name="reason", options=StatementDecline, group="statement_decline"),
    Area(name="text", longest=TEXT_LENGTH),
)


@dataclass(frozen=True, kw_only=True)
class Renews(Field):
    """The record of the dossier that a statement renews, or a new one."""

    records: Mapping[RecordId, str] = field(repr=False)
    first: RecordId | None = NEW
    chosen: ClassVar[bool] = True
    wide: ClassVar[bool] = True

    def start(self, value: Any) -> RecordId | None:
        """Return the record of this party; nothing where one of another party may be meant."""
        return self.first if value is None else RecordId(value)

    def read(self, raw: Any) -> RecordId:
        """Return the record, `NEW` for a new one.

        Raises:
            InvalidInput: nothing was chosen.
        """
        if raw is None:
            raise InvalidInput("choice_missing", f"{self.name}: choose one", field=self.name)
        return raw if raw in self.records else NEW

    def words(self, value: Any, _people: People) -> Html | None:
        """Return what the record is called."""
        return escape(self._name(value))

    def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
        """Draw the list."""
        st.selectbox(
            label,
            [*self.records, NEW],
            key=key,
            format_func=lambda option: plain(self._name(option)),
            placeholder=t("form.choose"),
        )

    def _name(self, record: RecordId) -> str:
        return self.records.get(record) or t("statements.new_record")


def take_over() -> None:
    """Show the form, the check of what the statement becomes, or what was done."""
    actor = session.guard(*STAFF)
    entry, applicant = entry_of(actor), identifier("persoon")
    if entry is None or applicant is None:
        _nothing()
        return
    draft = forms.draft(TAKE, (entry.message, applicant, form_number()), dict)
    if draft.submission.done:
        _taken(entry, draft)
        return
    _back(entry)
    view = open_dossier(actor, purpose=Purpose.CLAIM_REVIEW)
    if entry.state is not StatementState.WAITING:
        layout.title(t("statements.take_over"))
        notices.notice("info", t("error.statement_decided"))
        return
    _fill_in(actor, entry, view, RecordId(applicant), draft)


def _fill_in(actor: Actor, entry: StatementEntry, view: DossierView, applicant: RecordId, draft: Draft) -> None:
    cockpit, people = session.cockpit(), people_of(view)
    statement = cockpit.statements.opened(actor=actor, message=entry.message).statement
    found = cockpit.statement_desk.renewable(
        actor=actor, message=entry.message, dossier=view.summary.id, applicant=applicant
    )
    # The record of another party may be the same money or not: somebody has to say so.
    own = next((one.record_id for one in found if one.is_own), None if found else NEW)
    records = {one.record_id: summaries.record_title(one.record) for one in found}
    fields = (Renews(name="known", records=records, first=own),)
    error = draft.submission.error
    layout.title(
        t("statements.take_over"),
        t("statements.take_over_lead", name=plain(people.name(applicant)), number=view.summary.file_number),
    )
    if error is not None:
        notices.failure(error)
    show(said(statement))
    if not draft.checking:
        problems = st.container()
        with st.form(f"{TAKE}_form", border=False):
            forms.draw_fields(TAKE, "statement", fields, draft, people)
            sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{TAKE}_check")
        if sent:
            values = forms.read_fields(TAKE, "statement", fields, draft)
            if values is not None:
                draft.outcome, draft.checking = values, True
            st.rerun()
        with problems:
            forms.show_problems(TAKE, fields, draft)
        return
    known = draft.outcome["known"]
    renews = None if known == NEW else known
    before = next((one.record for one in found if one.record_id == known), None)
    if before is not None:
        show(layout.section(t("statements.stood")), facts(describe(before, people)))
    try:
        becomes = cockpit.statement_desk.becomes(
            actor=actor, message=entry.message, dossier=view.summary.id, applicant=applicant, known=renews
        )
    except SchuldhulpError as refused:
        if error is None:
            notices.failure(refused)
        st.button(t("check.back"), key=f"{TAKE}_back", on_click=draft.back)
        return
    for one in becomes:
        heading = t("statements.becomes_new" if one.is_new else "statements.becomes")
        show(layout.section(heading), facts(describe(one.record, people)))
    with st.container(horizontal=True):
        st.button(
            t("statements.take_over_send"),
            type="primary",
            key=f"{TAKE}_send",
            on_click=draft.submission.send,
            args=(
                lambda: cockpit.statement_desk.take_over(
                    actor=actor,
                    message=entry.message,
                    dossier=view.summary.id,
                    applicant=applicant,
                    known=renews,
                ),
            ),
            disabled=error is not None,
        )
        st.button(t("check.back"), key=f"{TAKE}_back", on_click=draft.back)


def _taken(entry: StatementEntry, draft: Draft) -> None:
    layout.title(t("statements.take_over"))
    number = claims.number_of(entry.message)
    notices.notice("good", t("statements.taken_title"), t("statements.taken", number=number), role="status")
    if entry.dossier is not None:
        record = draft.submission.result.record_id
        show(tag("p", layout.link(address("gegeven", entry.dossier, gegeven=record), t("statements.to_record"))))
    show(tag("p", layout.link(PATH, t("statements.back"))))


def decline() -> None:
    """Show the form, the check of the answers, or what was done."""
    actor = session.guard(*STAFF)
    entry = entry_of(actor)
    if entry is None:
        _nothing()
        return
    draft = forms.draft(
        DECLINE, (entry.message, form_number()), lambda: {item.name: item.start(None) for item in DECLINE_FIELDS}
    )
    layout.title(t("statements.decline"), t("statements.decline_lead"))
    if draft.submission.done:
        number = claims.number_of(entry.message)
        notices.notice("good", t("statements.declined_title"), t("statements.declined", number=number), role="status")
        show(tag("p", layout.link(PATH, t("statements.back"))))
        return
    _back(entry)
    if draft.checking:
        _check_decline(actor, entry, draft)
        return
    problems = st.container()
    with st.form(f"{DECLINE}_form", border=False):
        forms.draw_fields(DECLINE, "statement", DECLINE_FIELDS, draft, People())
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{DECLINE}_check")
    if sent:
        values = forms.read_fields(DECLINE, "statement", DECLINE_FIELDS, draft)
        if values is not None:
            draft.outcome, draft.checking = values, True
        st.rerun()
    with problems:
        forms.show_problems(DECLINE, DECLINE_FIELDS, draft)


def _check_decline(actor: Actor, entry: StatementEntry, draft: Draft) -> None:
    error = draft.submission.error
    if error is not None and any(item.name == error.field for item in DECLINE_FIELDS):
        # A field can put it right: back to it, with what is wrong under it.
        draft.back()
        forms.refused("statement", DECLINE_FIELDS, draft, error)
        st.rerun()
    if error is not None:
        notices.failure(error)
    values = draft.outcome
    show(
        tag("p", t("check.lead")),
        facts((t(f"field.statement.{item.name}"), item.words(values[item.name], People())) for item in DECLINE_FIELDS),
    )
    with st.container(horizontal=True):
        st.button(
            t("statements.decline_send"),
            type="primary",
            key=f"{DECLINE}_send",
            on_click=draft.submission.send,
            args=(lambda: session.cockpit().statement_desk.decline(actor=actor, message=entry.message, **values),),
            disabled=error is not None,
        )
        st.button(t("check.back"), key=f"{DECLINE}_back", on_click=draft.back)


def _back(entry: StatementEntry) -> None:
    show(tag("p", layout.link(statement_address(entry.message), t("statements.back_to_it"), class_="back")))


def _nothing() -> None:
    layout.title(t("statements.one"))
    show(layout.empty(t("statements.unknown")), tag("p", layout.link(PATH, t("statements.back"))))
