"""The three things that an administrator decides about a creditor: fill in, check the answers, done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices
from app.components.fields import Area, Field, Kvk, Line, People, Whole, Yes, label_of
from app.components.forms import Draft
from app.components.html import Html, escape, lines, show, tag
from app.components.table import facts
from app.texts import t
from schuldhulp.domain.access import Actor
from schuldhulp.errors import Conflict, InvalidInput
from schuldhulp.services.admission import MAX_QUOTA, MAX_REASON, parse_account
from schuldhulp.services.creditor_pages.organisations import Application

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.organisations import AdmittedOrganisation

GROUP = "org"
PATH = "/schuldeisers"
NAME = Line(name="name", required=True)


@dataclass(frozen=True, kw_only=True)
class Account(Line):
    """The address of an account."""

    def parse(self, text: str) -> str:
        """Return the address with its checksum; raises InvalidInput that says what is wrong with it."""
        return parse_account(text, self.name)


ACCOUNT = Account(name="account", longest=42)
LIMITS: tuple[Field, ...] = (
    Whole(name="daily_quota", lowest=0, highest=MAX_QUOTA),
    Whole(name="epoch_quota", lowest=0, highest=MAX_QUOTA),
    Area(name="quota_reason", longest=MAX_REASON),
    Area(name="bsn_ground", longest=MAX_REASON),
)
PAGES = Yes(name="pages")
LIFT = Area(name="lift_suspension", required=True, longest=MAX_REASON)
REASON = Area(name="reason", required=True, longest=MAX_REASON)


def admit(actor: Actor, found: AdmittedOrganisation | None) -> None:
    """Admit an organisation, or change what holds for one.

    Args:
        actor: the administrator.
        found: the organisation, None for a new one.
    """
    fields: list[Field] = [NAME, ACCOUNT, *LIMITS]
    if found is None:
        fields.insert(0, Kvk(name="kvk", required=True))
    if found is None or found.pages is None:
        fields.append(PAGES)
    if found is not None and found.organisation.suspended:
        # Nothing of a suspended organisation changes without letting it in again, and that takes a reason.
        fields.append(LIFT)
    kvk = None if found is None else found.organisation.kvk
    title = t("orgs.admit") if found is None else t("orgs.change_title", name=found.organisation.name)

    def act(values: Mapping[str, Any]) -> object:
        application = Application(
            kvk=kvk or values["kvk"],
            name=values["name"],
            account=values["account"] or None,
            bsn_ground=values["bsn_ground"] or None,
            # The form shows the ground that it has, so what is left out is taken away.
            withdraw_bsn=not values["bsn_ground"],
            daily_quota=values["daily_quota"],
            epoch_quota=values["epoch_quota"],
            quota_reason=values["quota_reason"] or None,
            pages=values.get("pages", False) or (found is not None and found.pages is not None),
            lift_suspension=values.get("lift_suspension"),
        )
        return session.cockpit().organisations.admit(actor=actor, application=application)

    _steps("org_admit", kvk, title, fields, _start(found), act, lambda values: t("orgs.done_admit"))


def suspend(actor: Actor, found: AdmittedOrganisation) -> None:
    """Shut an organisation out."""
    kvk = found.organisation.kvk

    def act(values: Mapping[str, Any]) -> None:
        session.cockpit().organisations.suspend(actor=actor, kvk=kvk, reason=values["reason"])

    title = t("orgs.suspend_title", name=found.organisation.name)
    _steps(
        "org_suspend", kvk, title, [REASON], {}, act, lambda values: t("orgs.done_suspend"), t("orgs.suspend_warning")
    )


def remove_account(actor: Actor, found: AdmittedOrganisation) -> None:
    """Take one account away."""
    kvk = found.organisation.kvk
    accounts = found.organisation.accounts

    class Held(Line):
        """One of the accounts that it has."""

        def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
            """Draw the list."""
            st.selectbox(label, accounts, key=key, index=None, placeholder=t("form.choose"))

        def start(self, value: Any) -> Any:
            """Return the account itself."""
            return value

    def act(values: Mapping[str, Any]) -> object:
        return session.cockpit().organisations.remove_account(
            actor=actor, kvk=kvk, account=values["account"], reason=values["reason"]
        )

    title = t("orgs.remove_title", name=found.organisation.name)
    fields = [Held(name="account", required=True, longest=42), REASON]
    _steps("org_remove", kvk, title, fields, {}, act, lambda values: t("orgs.done_remove"))


def _start(found: AdmittedOrganisation | None) -> dict[str, Any]:
    if found is None:
        return {}
    one = found.organisation
    return {
        "name": one.name,
        "daily_quota": str(one.quota.daily),
        "epoch_quota": str(one.quota.per_epoch),
        "bsn_ground": one.bsn_ground or "",
    }


def _steps(
    screen: str,
    subject: str | None,
    title: str,
    fields: Sequence[Field],
    start: Mapping[str, Any],
    act: Callable[[Mapping[str, Any]], object],
    done: Callable[[Mapping[str, Any]], str],
    warning: str = "",
) -> None:
    back = PATH if subject is None else f"{PATH}?kvk={subject}"
    draft = forms.draft(screen, subject, lambda: {**{item.name: item.start(None) for item in fields}, **start})
    show(tag("p", layout.link(back, t("orgs.back_here") if subject else t("orgs.back"), class_="back")))
    if draft.submission.done:
        layout.title(title)
        notices.notice(
            "good", done(draft.outcome), t("orgs.done_note", kvk=subject or draft.outcome["kvk"]), role="status"
        )
        show(tag("p", layout.link(PATH, t("orgs.back"), class_="button"), class_="actions"))
        forms.forget(screen)
    elif draft.checking:
        _check(screen, title, fields, draft, act, warning)
    else:
        _fill_in(screen, title, fields, draft)


def _fill_in(screen: str, title: str, fields: Sequence[Field], draft: Draft) -> None:
    layout.title(title, t("form.lead"))
    problems = st.container()
    with st.form(f"{screen}_form", border=False):
        forms.draw_fields(screen, GROUP, fields, draft, People())
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{screen}_check")
    if sent:
        values = forms.read_fields(screen, GROUP, fields, draft)
        # A new one must have some account; this is said at once with whatever else is wrong.
        new = any(item.name == "kvk" for item in fields)
        if new and not draft.raw[PAGES.name] and not (draft.raw[ACCOUNT.name] or "").strip():
            draft.problems["account"] = t("orgs.account_or_pages")
        if values is not None and not draft.problems:
            draft.outcome, draft.checking = values, True
        st.rerun()
    with problems:
        forms.show_problems(screen, fields, draft)


def _check(
    screen: str,
    title: str,
    fields: Sequence[Field],
    draft: Draft,
    act: Callable[[Mapping[str, Any]], object],
    warning: str,
) -> None:
    layout.title(title, t("orgs.check_lead"))
    error = draft.submission.error
    if isinstance(error, InvalidInput | Conflict) and error.field:
        # Refused by what only the service can know: back to the fields, with what was typed.
        forms.refused(GROUP, fields, draft, error)
        draft.back()
        st.rerun()
    if error is not None:
        notices.failure(error)
        show(tag("p", t("orgs.repeat")))
    if warning:
        notices.notice("warning", warning)
    show(facts((label_of(GROUP, item.name), _words(item, draft.outcome[item.name])) for item in fields))
    with st.container(horizontal=True):
        sure = st.button(t("orgs.sure"), type="primary", key=f"{screen}_sure")
        st.button(t("check.back"), key=f"{screen}_back", on_click=draft.back)
    if sure:
        if error is not None:
            draft.submission = forms.Submission()
        values = draft.outcome
        with st.spinner(t("orgs.busy")):
            draft.submission.send(lambda: act(values))
        st.rerun()


def _words(item: Field, value: Any) -> Html | None:
    if isinstance(item, Area):
        return lines(value) or None
    if isinstance(item, Whole):
        return escape(t("orgs.standard")) if value is None else escape(str(value))
    return item.words(value, People())
