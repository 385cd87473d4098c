"""One check by a creditor's employee: what is typed stays in the fields until there is an answer, nowhere after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices, signal
from app.components.errors import error_text
from app.components.fields import BirthDate, CitizenNumber, Field, Line, People, Postcode
from app.components.forms import Draft, Submission
from app.components.html import show, tag
from app.screens import creditor_claim_prefill
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.identifiers import (
    Identifier,
    bsn_identifier,
    canonical_house_number,
    canonical_surname,
    name_identifier,
)
from schuldhulp.domain.signal import Signal
from schuldhulp.errors import InvalidInput, NotAllowed, SchuldhulpError
from schuldhulp.services.creditor_pages.reference import check_reference

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.checks import Desktop
    from schuldhulp.services.creditor_pages.history import Check

SCREEN = "ask"


@dataclass(frozen=True, kw_only=True)
class Surname(Line):
    """A surname in which there is something to look for."""

    def parse(self, text: str) -> str:
        """Return the name as it was typed; raises InvalidInput when there is no letter in it, or it is too long."""
        canonical_surname(text, self.name)
        return super().parse(text)


@dataclass(frozen=True, kw_only=True)
class HouseNumber(Line):
    """A house number."""

    def parse(self, text: str) -> str:
        """Return the number as it was typed; raises InvalidInput when it does not begin with a number."""
        canonical_house_number(text, self.name)
        return super().parse(text)


@dataclass(frozen=True, kw_only=True)
class Reference(Line):
    """An own number of the organisation."""

    def parse(self, text: str) -> str:
        """Return the reference; raises InvalidInput when it is none, also when it names a person."""
        return check_reference(super().parse(text), field=self.name)


REFERENCE = Reference(name="reference", required=True)
BY_NAME: tuple[Field, ...] = (
    Surname(name="surname", required=True),
    BirthDate(name="birth_date", required=True),
    Postcode(name="postcode", required=True),
    HouseNumber(name="house_number", required=True),
    REFERENCE,
)
BY_BSN: tuple[Field, ...] = (CitizenNumber(name="bsn", required=True), REFERENCE)


@dataclass
class Visit:
    """What the page keeps from one run to the next: no field, only what was wrong with them, or the answer.

    Attributes:
        problems: sentence for each field that is wrong, by its name.
        error: why there is no answer.
        check: the answer.
        submission: the asking, which happens once however often the button is pressed.
    """

    problems: dict[str, str] = field(default_factory=dict)
    error: SchuldhulpError | None = None
    check: Check | None = None
    submission: Submission = field(default_factory=Submission)


def page() -> None:
    """Show the fields, or the answer."""
    actor = session.guard(Role.CREDITOR)
    desktop = session.cockpit().checks.desktop(actor=actor)
    visit: Visit = st.session_state.setdefault("creditor_check", Visit())
    if visit.check is not None:
        _answer(actor, visit.check, desktop)
    else:
        layout.title(t("ask.title"), t("ask.lead"))
        if not desktop.open:
            closed()
        elif desktop.left == 0:
            _nothing_left(desktop)
        else:
            _form(actor, desktop, visit)


def closed() -> None:
    """Say that the pages are not open to this organisation, and what to do."""
    contact = layout.contact(session.cockpit().settings.contact)
    notices.notice("info", t("ask.closed_title"), t("ask.closed"))
    show(tag("p", t("ask.closed_next"), " ", contact), tag("p", layout.link("/uitleg", t("ask.to_explanation"))))


def private() -> None:
    """Say what happens with what is typed."""
    minutes = int(creditor_claim_prefill.KEPT.total_seconds() // 60)
    notices.notice(
        "info",
        t("ask.private_title"),
        t("ask.private"),
        t("ask.private_green", minutes=minutes),
        t("ask.private_own"),
    )


def left(desktop: Desktop) -> None:
    """Say how much may be asked today."""
    show(tag("p", t("ask.left", left=desktop.left, quota=desktop.quota), class_="hint"))


def _nothing_left(desktop: Desktop) -> None:
    notices.notice("warning", t("ask.spent_title"), t("ask.spent", quota=desktop.quota), t("ask.spent_next"))


def _form(actor: Actor, desktop: Desktop, visit: Visit) -> None:
    fields = BY_NAME
    if desktop.bsn:
        by_bsn = st.radio(
            t("ask.by"), (False, True), key="ask_by", format_func=lambda bsn: t("ask.by_bsn" if bsn else "ask.by_name")
        )
        fields = BY_BSN if by_bsn else BY_NAME
    state = Draft(problems=visit.problems)
    problems = st.container()
    with st.form("ask_form", border=False):
        forms.draw_fields(SCREEN, SCREEN, fields, state, People())
        show(tag("p", t("ask.reference_hint"), class_="hint"))
        sent = st.form_submit_button(t("ask.send"), type="primary", key="ask_send")
    if sent:
        with st.spinner(t("ask.busy")):
            _send(actor, fields, visit)
        # The fields were drawn before it was known what is wrong with them; after an answer they are drawn no more,
        # and what was typed in them is gone.
        st.rerun()
    with problems:
        if visit.error is not None:
            no_answer(visit.error)
        forms.show_problems(SCREEN, fields, state)
    left(desktop)
    private()


def _send(actor: Actor, fields: Sequence[Field], visit: Visit) -> None:
    visit.error = None
    state = Draft()
    values = forms.read_fields(SCREEN, SCREEN, fields, state)
    if REFERENCE.name not in state.problems:
        try:
            # Whatever else is wrong: all that is wrong is said at once.
            check_reference(state.raw[REFERENCE.name], surname=state.raw.get("surname") or "")
        except InvalidInput as error:
            forms.refused(SCREEN, fields, state, error)
    visit.problems = dict(state.problems)
    if values is None or visit.problems:
        return
    asked, reference, surname = _identifier(values), values["reference"], values.get("surname", "")
    visit.submission.send(
        lambda: session.cockpit().checks.check(actor=actor, identifier=asked, reference=reference, surname=surname)
    )
    visit.error, visit.check = visit.submission.error, visit.submission.result
    visit.submission = Submission()
    if visit.check is not None and visit.check.signal is Signal.GREEN:
        creditor_claim_prefill.keep(visit.check.check_number, state.raw)


def _identifier(values: dict[str, Any]) -> Identifier:
    if "bsn" in values:
        return bsn_identifier(values["bsn"])
    return name_identifier(values["surname"], values["birth_date"], values["postcode"], values["house_number"])


def no_answer(error: SchuldhulpError) -> None:
    """Say that there is no answer, which is no red either."""
    if isinstance(error, NotAllowed):
        notices.notice("warning", t("ask.refused_title"), error_text(error), t("ask.not_red"), role="alert")
    else:
        notices.notice(
            "warning", t("ask.failed_title"), error_text(error), t("ask.not_red"), t("ask.try_again"), role="alert"
        )


def _answer(actor: Actor, check: Check, desktop: Desktop) -> None:
    layout.title(t("ask.answer_title"))
    show(signal.answer(check, municipality=session.cockpit().settings.municipality_name))
    if check.signal is Signal.GREEN and session.cockpit().creditor_claims.desktop(actor=actor).open:
        show(
            tag(
                "p",
                layout.link("/vordering-indienen", t("ask.to_claim"), class_="button"),
                class_="actions screen-only",
            )
        )
    with st.container(horizontal=True):
        st.button(t("ask.another"), type="primary", key="ask_another", on_click=_start_again)
    show(tag("p", layout.link("/mijn-toetsen", t("ask.to_history")), class_="screen-only"))
    show(tag("p", t("ask.print"), class_="hint screen-only"))
    left(desktop)


def _start_again() -> None:
    st.session_state["creditor_check"] = Visit()
    creditor_claim_prefill.drop()
