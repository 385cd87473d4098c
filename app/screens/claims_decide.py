"""Deciding on a claim, or answering the resident who disputes it: fill in, check what will be read, done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import claims, formats, forms, layout, notices, summaries
from app.components.errors import error_text
from app.components.fields import Field, People
from app.components.forms import Draft
from app.components.html import Html, join, lines, show, tag
from app.components.recordforms import describe
from app.components.table import facts
from app.screens.claims import PATH, claim_address
from app.screens.claims_case import Case, open_case
from app.screens.claims_fields import debts_of, fields_of, known_of
from app.screens.claims_steps import DECIDED, Step, is_old, step_address, steps_of
from app.screens.clients import STAFF
from app.screens.dossier import people_of
from app.screens.opened import form_number
from app.texts import t, word
from schuldhulp.domain.claims import DecisionReason, check_reason, obligation_from
from schuldhulp.errors import InvalidInput
from schuldhulp.services.claims.decision_rows import PENDING

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.domain.records import Obligation
    from schuldhulp.domain.types import RecordId

SCREEN = "claim_do"
FIXED = {
    Step.INCLUDE: DecisionReason.INCLUDED,
    Step.SETTLE: DecisionReason.SETTLED,
    Step.UNREAD: DecisionReason.NO_CONTENTS,
}
"""Decisions that have one reason only."""


def page() -> None:
    """Show the form, the check of the answers, or what was done."""
    actor = session.guard(*STAFF)
    step = _step()
    case = open_case(actor, with_dossier=True)
    if step is None:
        layout.title(t("claims.title"))
        show(layout.empty(t("claim.none")), tag("p", layout.link(PATH, t("claim.back"))))
        return
    # What she saw when she opened the form, not what the creditor or a colleague made of it meanwhile.
    draft = forms.draft(SCREEN, (case.claim_id, step, form_number()), dict, base=_seen(case, step))
    if draft.submission.done:
        _done(case, step)
        return
    show(tag("p", layout.link(claim_address(case.claim_id), t("claim.back_to_claim"), class_="back")))
    if step not in steps_of(case):
        _impossible(case, step)
    elif not fields_of(case, step):
        draft.outcome = {}
        _check(actor, case, step, draft)
    elif draft.checking:
        _check(actor, case, step, draft)
    else:
        _form(actor, case, step, draft)


def _step() -> Step | None:
    wanted = st.query_params.get("besluit", "")
    return Step(wanted) if wanted in set(Step) - {Step.LINK} else None


def _seen(case: Case, step: Step) -> Any:
    if step is Step.ANSWER:
        return (case.record.record_id, case.record.version) if case.record else None
    return case.opened.row.commitment if case.opened else case.entry.commitment


def _impossible(case: Case, step: Step) -> None:
    layout.title(t(f"claim_do.{step}_title"))
    show(_about(case))
    why, instead = t("claim_do.step_closed"), None
    if case.problem is not None:
        why = error_text(case.problem)
    elif case.entry.decision in PENDING:
        why = t("error.decision_waits")
    elif not case.entry.status.is_open:
        why = t("error.claim_closed")
    elif case.link is None and step in (Step.INCLUDE, Step.SETTLE):
        why, instead = t("error.claim_not_linked"), Step.LINK
    elif step is Step.INCLUDE and case.waits_for_answer:
        why, instead = t("error.resident_unanswered"), Step.ANSWER
    elif step is Step.INCLUDE and is_old(case):
        why, instead = t("error.statement_old"), Step.ASK
    elif step is Step.ANSWER:
        why = t("error.nothing_to_answer")
    notices.notice("info", t("claim_do.not_possible"), why)
    if instead is not None and instead in steps_of(case):
        link = layout.link(step_address(instead, case.claim_id), t(f"claim.do_{instead}"), class_="button")
        show(tag("p", link, class_="actions"))


def _about(case: Case) -> Html:
    if case.opened is None:
        return facts(((t("claims.number"), claims.number_of(case.claim_id)),))
    contents = case.opened.claim.contents
    return facts(
        (
            (t("claims.number"), claims.number_of(case.claim_id)),
            (t("claim.holder"), claims.organisation(contents.holder)),
            (t("claim.reference"), contents.reference),
            (t("claim.debtor"), claims.debtor_name(contents.debtor)),
            (t("claim.total"), formats.amount_cell(contents.total)),
        )
    )


def _people(case: Case) -> People:
    return people_of(case.view) if case.view is not None else People()


def _form(actor: Actor, case: Case, step: Step, draft: Draft) -> None:
    layout.title(t(f"claim_do.{step}_title"), t(f"claim_do.{step}_lead"))
    show(_about(case))
    if step is Step.ANSWER and case.record is not None:
        show(facts(((t("claim.resident_reason"), lines(case.record.record.resident_reason)),)))
    alike = _alike(actor, case) if step is Step.INCLUDE else {}
    fields = fields_of(case, step, alike)
    if alike:
        notices.notice("warning", t("claim_do.alike", debts=", ".join(alike.values())))
    problems = st.container()
    with st.form(f"{SCREEN}_form", border=False):
        forms.draw_fields(SCREEN, SCREEN, fields, draft, _people(case))
        if step in DECIDED:
            show(tag("p", t("claim_do.private"), class_="hint"))
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{SCREEN}_check")
    if sent:
        values = forms.read_fields(SCREEN, SCREEN, fields, draft)
        if values is not None:
            try:
                _require_reason(step, values)
                draft.outcome, draft.checking = values, True
            except InvalidInput as error:
                forms.refused(SCREEN, fields, draft, error)
        st.rerun()
    with problems:
        forms.show_problems(SCREEN, fields, draft)


def _alike(actor: Actor, case: Case) -> dict[RecordId, str]:
    """Return the debts of the dossier that may be this one, and what they are called."""
    debts = debts_of(case)
    found = session.cockpit().claim_desk.known_debts(actor=actor, claim_id=case.claim_id)
    return {one.record: summaries.record_title(debts[one.record]) for one in found if one.record in debts}


def _require_reason(step: Step, values: dict[str, Any]) -> None:
    """Refuse a reason that says nothing without a text before the check of the answers."""
    if step in DECIDED:
        check_reason(DECIDED[step], values.get("reason") or FIXED[step], values["text"])


def _check(actor: Actor, case: Case, step: Step, draft: Draft) -> None:
    fields, values = fields_of(case, step), draft.outcome
    error = draft.submission.error
    if error is not None and any(item.name == error.field for item in fields):
        # A field can put it right: back to it, with what is wrong under it.
        draft.back()
        forms.refused(SCREEN, fields, draft, error)
        st.rerun()
    title, lead = ("check.title", "check.lead") if fields else (f"claim_do.{step}_title", f"claim_do.{step}_lead")
    layout.title(t(title), t(lead))
    if error is not None:
        notices.failure(error)
    show(_about(case), layout.section(t("claim_do.decision")), _answers(case, step, fields, values))
    if step in DECIDED:
        show(layout.section(t("claim_do.letter")), _letter(step, values))
    if step is Step.INCLUDE:
        show(layout.section(t("claim_do.becomes")), facts(describe(_obligation(case, values), _people(case))))
    with st.container(horizontal=True):
        st.button(
            t(f"claim_do.{step}_send"),
            type="primary",
            key=f"{SCREEN}_send",
            on_click=draft.submission.send,
            args=(lambda: _send(actor, case, step, draft),),
            disabled=error is not None,
        )
        if fields:
            st.button(t("check.back"), key=f"{SCREEN}_back", on_click=draft.back)


def _answers(case: Case, step: Step, fields: tuple[Field, ...], values: dict[str, Any]) -> Html:
    people = _people(case)
    own = [(t(f"field.{SCREEN}.{item.name}"), item.words(values[item.name], people)) for item in fields]
    # The text to the creditor stands below as the creditor reads it.
    shown = [pair for item, pair in zip(fields, own, strict=True) if item.name != "text"]
    return facts([(t("claim_do.decision"), t(f"claim_do.{step}_title")), *shown])


def _letter(step: Step, values: dict[str, Any]) -> Html:
    reason = values.get("reason") or FIXED[step]
    status = word("claim_status", DECIDED[step].name.lower())
    text = tag("p", lines(values["text"])) if values["text"] else tag("p", t("claim_do.letter_empty"), class_="note")
    # Of what has one reason only, the reason would say the same again.
    why = None if step in (Step.INCLUDE, Step.SETTLE) else f" – {word('decision_reason', reason)}"
    return tag("article", tag("p", tag("strong", status), why), text, class_="card")


def _obligation(case: Case, values: dict[str, Any]) -> Obligation:
    """Return the debt as the desk will write it."""
    assert case.opened is not None  # noqa: S101 - `steps_of` offers no decision without contents
    return obligation_from(case.opened.claim.contents, values["owed_by"], known=known_of(case, values["known"]))


def _send(actor: Actor, case: Case, step: Step, draft: Draft) -> object:
    values, cockpit = draft.outcome, session.cockpit()
    if step is Step.ANSWER:
        assert case.link is not None  # noqa: S101 - `steps_of` offers no answer without a dossier
        record_id, version = draft.base
        return cockpit.claim_objections.answer(
            actor=actor,
            dossier=case.link.dossier,
            record_id=record_id,
            expected_version=version,
            text=values["answer"],
        )
    desk, about = cockpit.claim_desk, {"actor": actor, "claim_id": case.claim_id}
    if step is Step.UNLINK:
        return desk.unlink(**about, reason=values["why"])
    if step is Step.TAKE_BACK:
        return desk.take_back(**about)
    if step is Step.NOTE:
        return desk.note_withdrawal(**about)
    return _decide(step, {**about, "judged": draft.base, "text": values["text"]}, values)


def _decide(step: Step, about: dict[str, Any], values: dict[str, Any]) -> None:
    desk = session.cockpit().claim_desk
    if step is Step.INCLUDE:
        desk.include(**about, owed_by=values["owed_by"], known=values["known"] or None)
    elif step is Step.ASK:
        desk.ask(**about, reason=values["reason"])
    elif step is Step.DECLINE:
        desk.decline(**about, reason=values["reason"])
    elif step is Step.UNREAD:
        desk.decline_unread(**about)
    elif step is Step.SETTLE:
        desk.settle(**about)


def _done(case: Case, step: Step) -> None:
    layout.title(t(f"claim_do.{step}_title"))
    notices.notice(
        "good",
        t("claim_do.done_title", number=claims.number_of(case.claim_id)),
        t(f"claim_do.done_{step}"),
        role="status",
    )
    show(
        tag(
            "p",
            join(
                (
                    layout.link(claim_address(case.claim_id), t("claim_do.to_claim"), class_="button"),
                    layout.link(PATH, t("claim_do.to_list"), class_="button"),
                )
            ),
            class_="actions",
        )
    )
