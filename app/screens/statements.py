"""What parties stated about clients: by age, and one at a time with the dossiers that it may belong to."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import claims, formats, layout, notices, pager
from app.components.errors import error_text
from app.components.html import Html, escape, show, tag
from app.components.notices import Tone, status
from app.components.table import Column, facts, table
from app.screens.claims import sender_of
from app.screens.clients import STAFF, names_of
from app.screens.opened import address, form_address, identifier
from app.texts import t, word
from schuldhulp.errors import NotFound, SchuldhulpError, Undecryptable
from schuldhulp.services.statements.rows import StatementState

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.domain.statements import Statement
    from schuldhulp.services.statements.inbox import StatementCandidate, StatementEntry

PATH = "/opgaven"
PARAMETER = "stand"
ALL = "alle"

_TONES: dict[StatementState, Tone] = {
    StatementState.RECEIVED: "busy",
    StatementState.WAITING: "busy",
    StatementState.REFUSED: "warning",
    StatementState.TAKEN_OVER: "good",
    StatementState.DECLINED: "stop",
}


def statement_address(message: bytes) -> str:
    """Return the address of the page about a statement; the hash of what was sent sealed says nothing about anybody."""
    return f"/opgave?opgave={message.hex()}"


def step_address(page: str, message: bytes) -> str:
    """Return the address of a form about a statement."""
    return f"/{page}?opgave={message.hex()}&nr={secrets.token_hex(4)}"


def inbox() -> None:
    """Show the list."""
    actor = session.guard(*STAFF)
    layout.title(t("statements.title"), t("statements.lead"))
    decided = st.query_params.get(PARAMETER, "") == ALL
    found = session.cockpit().statements.list(actor=actor, decided=decided)
    _filter(decided)
    if not found:
        show(layout.empty(t("statements.none")))
        return
    show(_table(pager.part("statements", found, decided)))
    pager.buttons("statements", found)


def _filter(decided: bool) -> None:
    options = (
        (PATH, "statements.filter_todo", not decided),
        (f"{PATH}?{PARAMETER}={ALL}", "statements.filter_all", decided),
    )
    items = (
        tag("li", layout.link(where, t(label), aria_current="true" if chosen else None))
        for where, label, chosen in options
    )
    show(tag("nav", tag("ul", *items), class_="filters", aria_label=t("statements.filters")))


def _table(found: Sequence[StatementEntry]) -> Html:
    senders = {kvk: sender_of(kvk) for kvk in {one.organisation for one in found}}
    return table(
        t("statements.title"),
        (
            Column(heading=t("statements.number")),
            Column(heading=t("statements.from")),
            Column(heading=t("statements.since")),
            Column(heading=t("statements.answer_by")),
            Column(heading=t("statements.stands")),
        ),
        (
            (
                layout.link(
                    statement_address(one.message), tag("span", claims.number_of(one.message), class_="check-number")
                ),
                senders[one.organisation],
                formats.day(formats.local_day(one.received_at)),
                claims.term(one.answer_by),
                entry_status(one),
            )
            for one in found
        ),
    )


def entry_status(one: StatementEntry) -> Html:
    """Return where a statement stands as sign and words."""
    if one.altered:
        return status("error", t("statements.altered"))
    text = word("statement_state", one.state)
    if one.finding:
        text = f"{text}: {word('statement_finding', one.finding)}"
    if one.reason:
        text = f"{text}: {word('statement_decline', one.reason)}"
    return status(_TONES[one.state], text)


def page() -> None:
    """Show one statement."""
    actor = session.guard(*STAFF)
    show(tag("p", layout.link(PATH, t("statements.back"), class_="back")))
    entry = entry_of(actor)
    if entry is None:
        layout.title(t("statements.one"))
        show(layout.empty(t("statements.unknown")))
        return
    layout.title(t("statements.one"), sender_of(entry.organisation))
    show(
        facts(
            (
                (t("statements.number"), claims.number_of(entry.message)),
                (t("statements.stands"), entry_status(entry)),
                (t("statements.since"), formats.moment(entry.received_at)),
                (t("statements.answer_by"), claims.term(entry.answer_by) if entry.answer_by else None),
                (
                    t("statements.receipt"),
                    formats.moment(entry.receipted_at) if entry.receipted_at else t("statements.receipt_waits"),
                ),
            )
        )
    )
    waits = entry.state is StatementState.WAITING
    statement = _contents(actor, entry)
    if statement is not None:
        show(layout.section(t("statements.says")), said(statement))
        if waits:
            _candidates(actor, entry, statement)
    if waits or entry.state is StatementState.REFUSED:
        button = layout.link(step_address("opgave-afwijzen", entry.message), t("statements.decline"), class_="button")
        show(layout.section(t("statements.decline")), tag("p", t("statements.decline_lead")), tag("p", button))
    elif entry.dossier is not None:
        show(tag("p", layout.link(address("dossier", entry.dossier), t("statements.to_dossier"))))


def entry_of(actor: Actor) -> StatementEntry | None:
    """Return the statement of the address, or None when the address names none."""
    message = identifier("opgave")
    return None if message is None else session.cockpit().statements.entry(actor=actor, message=message)


def _contents(actor: Actor, entry: StatementEntry) -> Statement | None:
    try:
        return session.cockpit().statements.opened(actor=actor, message=entry.message).statement
    except (NotFound, Undecryptable) as error:
        notices.notice("info", error_text(error))
    return None


def said(statement: Statement) -> Html:
    """Return what a statement says."""
    client = statement.client
    home = f"{client.postcode} {client.house_number}{client.suffix}"
    return facts(
        (
            (t("statements.sender"), claims.organisation(statement.sender)),
            (t("field.statement.reference"), statement.reference),
            (t("field.statement.client"), claims.debtor_name(client)),
            (t("field.statement.birth_date"), formats.birth_date(client.birth_date)),
            (t("field.statement.address"), escape(home)),
            (t("field.consent.subject"), word("consent_subject", statement.subject)),
            (t("field.amount"), formats.amount_cell(statement.amount)),
            (t("field.frequency"), word("frequency", statement.frequency)),
            (t("field.from_date"), formats.day(statement.from_date)),
            (t("field.until"), formats.day(statement.until) if statement.until else None),
            (t("field.statement.iban"), statement.iban),
            (t("field.statement.sent_at"), formats.moment(statement.sent_at)),
        )
    )


def _candidates(actor: Actor, entry: StatementEntry, statement: Statement) -> None:
    show(layout.section(t("statements.candidates")))
    try:
        found = session.cockpit().statements.candidates(actor=actor, message=entry.message)
    except SchuldhulpError as error:
        notices.failure(error)
        return
    if not found:
        show(layout.empty(t("statements.candidates_none")))
    for one in found:
        show(_candidate(entry, statement, one))


def _candidate(entry: StatementEntry, statement: Statement, one: StatementCandidate) -> Html:
    dossier = one.candidate.dossier
    same = ", ".join(word("match_sign", sign) for sign in sorted(one.candidate.signs))
    if one.consent is not None:
        consent = status("good", t("statements.consent_there"))
        step = layout.link(
            form_address("opgave-overnemen", dossier.id, opgave=entry.message, persoon=one.candidate.applicant),
            t("statements.take_over_in", number=dossier.file_number),
            class_="button",
        )
    else:
        subject = word("consent_subject", statement.subject).lower()
        consent = status("warning", t("statements.consent_missing", party=statement.sender.name, subject=subject))
        step = layout.link(address("toestemmingen", dossier.id), t("statements.to_consents"))
    return tag(
        "article",
        tag("h3", escape(names_of(dossier), 160), class_="subsection"),
        tag("p", t("dossier.file_number", number=dossier.file_number)),
        tag("p", t("statements.same"), ": ", same, class_="note"),
        tag("p", consent),
        tag("p", step, class_="actions"),
        class_="card",
    )
