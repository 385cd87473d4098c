"""The claims that an organisation handed in on the pages: where each stands, and one of them whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices, pager
from app.components.errors import error_text
from app.components.html import Html, join, lines, show, tag
from app.components.table import Column, facts, table
from app.screens import creditor_claim, creditor_claim_steps
from app.screens.creditor_claim_words import (
    GROUPS,
    MINE,
    claim_number,
    decision_words,
    group_of,
    name_of,
    next_step,
    read_number,
    remarks,
    status_words,
    to_do,
)
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.errors import NotFound, SchuldhulpError

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.claim_views import ClaimDesktop, ClaimFile, PageClaim

SHOWN = {"all": "", "todo": "doen", "waiting": "wacht", "included": "opgenomen", "closed": "gesloten"}
"""Filters by the word in the address."""


def page() -> None:
    """Show the list, one claim, or a step with it, by what the address asks for."""
    actor = session.guard(Role.CREDITOR)
    desktop = session.cockpit().creditor_claims.desktop(actor=actor)
    claim_id = read_number(st.query_params.get("vordering", ""))
    if not desktop.open:
        layout.title(t("filed.title"), t("filed.lead"))
        creditor_claim.closed()
        return
    if claim_id is not None:
        try:
            found = session.cockpit().creditor_claims.open(actor=actor, claim_id=claim_id)
        except NotFound:
            found = None
        if found is not None:
            if not creditor_claim_steps.step(actor, found.claim, st.query_params.get("stap", "")):
                _one(actor, found)
            return
    _list(actor, desktop)


def _list(actor: Actor, desktop: ClaimDesktop) -> None:
    layout.title(t("filed.title"), t("filed.lead"))
    _news(actor)
    everything = session.cockpit().creditor_claims.list(actor=actor)
    if not everything:
        show(layout.empty(t("filed.none")), tag("p", layout.link("/", t("creditor.to_check"))))
        _account(desktop)
        return
    wanted = st.query_params.get("toon", "")
    chosen = next((name for name, word in SHOWN.items() if word and word == wanted), "all")
    groups = [group_of(claim) for claim in everything]
    items = (
        tag(
            "li",
            layout.link(
                f"{MINE}?toon={SHOWN[name]}" if SHOWN[name] else MINE,
                t(f"filed.group_{name}"),
                tag("span", str(len(groups) if name == "all" else groups.count(name)), class_="count"),
                aria_current="true" if name == chosen else None,
            ),
        )
        for name in GROUPS
    )
    show(tag("nav", tag("ul", *items), class_="filters", aria_label=t("filed.groups")))
    if chosen != "all":
        show(tag("p", layout.link(MINE, t("asked.clear"))))
    found = [claim for claim, group in zip(everything, groups, strict=True) if chosen in ("all", group)]
    if not found:
        show(layout.empty(t("filed.nothing")))
    else:
        show(_table(pager.part("filed", found, chosen)))
        pager.buttons("filed", found)
    _account(desktop)


def _news(actor: Actor) -> None:
    """Offer to fetch what the municipality sent; in the background that happens by itself."""
    with st.container(horizontal=True, vertical_alignment="center"):
        fetch = st.button(t("filed.fetch"), key="filed_fetch")
        st.html(tag("p", t("filed.fetch_hint"), class_="hint"), width="content")
    if not fetch:
        return
    try:
        with st.spinner(t("filed.fetching")):
            problems = session.cockpit().creditor_claims.refresh(actor=actor)
    except SchuldhulpError as error:
        notices.notice("warning", t("filed.fetch_failed"), error_text(error), role="alert")
        return
    if problems:
        notices.notice("warning", t("filed.fetch_part"), t("filed.fetch_part_next"), role="alert")
    else:
        notices.notice("good", t("filed.fetched"), role="status")


def _table(found: Sequence[PageClaim]) -> Html:
    return table(
        t("filed.title"),
        (
            Column(heading=t("filed.reference")),
            Column(heading=t("filed.status")),
            Column(heading=t("filed.filed_at")),
            Column(heading=t("filed.changed_at")),
            Column(heading=t("filed.todo")),
        ),
        (
            (
                layout.link(f"{MINE}?vordering={claim.claim_id.hex()}", name_of(claim)),
                status_words(claim),
                formats.moment(claim.filed_at),
                formats.moment(claim.changed_at),
                (to_do(claim) or [t("filed.todo_nothing")])[0],
            )
            for claim in found
        ),
    )


def _account(desktop: ClaimDesktop) -> None:
    show(
        layout.explained(
            t("filed.account_question"), t("filed.account"), tag("code", desktop.account, class_="break"),
            t("filed.account_more"),
        )
    )  # fmt: skip


def _one(actor: Actor, found: ClaimFile) -> None:
    claim = found.claim
    show(tag("p", layout.link(MINE, t("filed.back"), class_="back")))
    layout.title(t("filed.one_title", name=name_of(claim)))
    for sentence in to_do(claim):
        notices.notice("warning", sentence)
    if not to_do(claim) and next_step(claim):
        notices.notice("info", next_step(claim))
    for sentence in remarks(claim):
        show(tag("p", sentence))
    creditor_claim_steps.go_on(actor, claim)
    _actions(claim)
    show(
        facts(
            (
                (t("filed.number"), tag("span", claim_number(claim.claim_id), class_="check-number")),
                (t("filed.status"), status_words(claim)),
                (t("filed.filed_at"), formats.moment(claim.filed_at)),
                (t("filed.changed_at"), formats.moment(claim.changed_at)),
                (t("filed.delivered_at"), formats.moment(claim.delivered_at)),
                (t("filed.received"), _received(claim)),
                (t("filed.asked_at"), formats.moment(claim.renewal_asked_at) if claim.renewal_asked_at else None),
                (t("filed.decision"), _decision(claim)),
            )
        )
    )
    _receipts(found)
    if found.contents is None:
        show(layout.section(t("filed.contents")), layout.empty(t("filed.no_contents")))
    else:
        show(layout.section(t("filed.contents")), tag("p", t("filed.contents_hint"), class_="hint"))
        with st.expander(t("filed.contents_open"), key="filed_contents"):
            creditor_claim.show_contents(found.contents)


def _received(claim: PageClaim) -> str:
    if claim.receipt is None:
        return t("filed.no_receipt")
    return t(f"filed.outcome_{claim.receipt.outcome}", when=formats.moment(claim.receipt.received_at))


def _decision(claim: PageClaim) -> Html | None:
    decision = claim.decision
    if decision is None:
        return None
    said = tag("p", t("filed.writes"), " ", lines(decision.text)) if decision.text else None
    return join((tag("p", decision_words(decision)), said))


def _actions(claim: PageClaim) -> None:
    address = f"{MINE}?vordering={claim.claim_id.hex()}"
    items = []
    if claim.may_amend:
        items.append(
            layout.link(f"{creditor_claim.PATH}?vordering={claim.claim_id.hex()}", t("filed.amend"), class_="button")
        )
    if claim.may_withdraw:
        items += [
            layout.link(f"{address}&stap=overdragen", t("filed.hand_over"), class_="button"),
            layout.link(f"{address}&stap=intrekken", t("filed.withdraw"), class_="button"),
        ]
    if items:
        show(tag("p", join(items, " "), class_="actions"))


def _receipts(found: ClaimFile) -> None:
    show(layout.section(t("filed.receipts")))
    if not found.receipts:
        show(layout.empty(t("filed.receipts_none")))
        return
    show(tag("p", t("filed.receipts_hint"), class_="hint"))
    for number, receipt in enumerate(found.receipts):
        st.download_button(
            t(f"filed.receipt_{receipt.outcome}", when=formats.moment(receipt.received_at)),
            data=receipt.content,
            file_name=receipt.name,
            mime="application/json",
            key=f"filed_receipt_{number}",
            on_click="ignore",
        )
