"""What creditors handed in: by age, with the term of ten working days. Nothing of the contents stands here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import claims, formats, layout, notices, pager
from app.components.html import Html, escape, join, show, tag
from app.components.notices import status
from app.components.table import Column, table
from app.screens.clients import STAFF
from app.texts import t
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.decision_rows import PENDING
from schuldhulp.services.claims.inbox import CLOSED

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.claims.inbox import Inbox, InboxEntry

PATH = "/vorderingen"
PARAMETER = "stand"

FILTERS: Mapping[str, tuple[str, Callable[[InboxEntry], bool]]] = MappingProxyType(
    {
        "todo": ("", claims.is_to_do),
        "late": ("te-laat", claims.is_late),
        "disputed": ("betwist", lambda entry: entry.disputed),
        "underway": ("onderweg", lambda entry: entry.state == "complete" and entry.decision in PENDING),
        "asked": ("gevraagd", lambda entry: _rests(entry, ClaimStatus.ASKED)),
        "incomplete": ("niet-compleet", lambda entry: entry.state in claims.INCOMPLETE),
        "included": ("opgenomen", lambda entry: _rests(entry, ClaimStatus.INCLUDED)),
        "closed": ("gesloten", lambda entry: entry.state == CLOSED),
        "all": ("alle", lambda _entry: True),
    }
)
"""What each filter is called in the address, and which claims it shows."""

CLOSED_TOO = ("closed", "all")
"""Filters for which the claims that are over are looked up as well; they are not counted under another one."""

WHOSE: Mapping[str, str] = MappingProxyType({"all": "", "mine": "mijn", "unlinked": "zonder-dossier"})
"""Of whom: everybody's, those of the own clients, and those of no dossier yet."""


def claim_address(claim_id: ClaimId) -> str:
    """Return the address of the page about a claim; its id is a random number that stands on the chain."""
    return f"/beoordelen?vordering={claim_id.hex()}"


def page() -> None:
    """Show the list with its filters."""
    actor = session.guard(*STAFF)
    layout.title(t("claims.title"), t("claims.lead"))
    chosen = _chosen({name: value for name, (value, _) in FILTERS.items()}, PARAMETER)
    whose = _chosen(WHOSE, "van")
    inbox = session.cockpit().claims.list(actor=actor, closed=chosen in CLOSED_TOO)
    _troubles(inbox)
    own = {name: [one for one in inbox.entries if _is_of(actor, one, name)] for name in WHOSE}
    groups = {name: [one for one in own[whose] if belongs(one)] for name, (_, belongs) in FILTERS.items()}
    # A count says what is left when that filter is chosen beside the other one.
    _filter(
        t("claims.filters"),
        {name: (_address(value, WHOSE[whose]), t(f"claims.filter_{name}")) for name, (value, _) in FILTERS.items()},
        {name: len(found) for name, found in groups.items() if chosen in CLOSED_TOO or name not in CLOSED_TOO},
        chosen,
    )
    belongs = FILTERS[chosen][1]
    _filter(
        t("claims.whose"),
        {name: (_address(FILTERS[chosen][0], value), t(f"claims.whose_{name}")) for name, value in WHOSE.items()},
        {name: sum(map(belongs, found)) for name, found in own.items()},
        whose,
    )
    if (chosen, whose) != ("todo", "all"):
        show(tag("p", layout.link(PATH, t("claims.clear"))))
    _results(groups[chosen], chosen, whose)
    show(
        layout.explained(t("claims.how_long"), t("claims.how_long_text")),
        tag("p", t("claims.checked_at", when=formats.moment(inbox.checked_at)), class_="hint")
        if inbox.checked_at
        else None,
    )


def _rests(entry: InboxEntry, status: ClaimStatus) -> bool:
    return entry.state == "complete" and entry.status is status and entry.decision not in PENDING


def _troubles(inbox: Inbox) -> None:
    if inbox.checked_at is None:
        notices.notice("warning", t("claims.never_checked_title"), t("claims.never_checked"))
    elif inbox.troubles:
        codes = ", ".join(inbox.troubles)
        notices.notice("warning", t("claims.trouble_title"), t("claims.trouble", codes=codes))


def _is_of(actor: Actor, entry: InboxEntry, whose: str) -> bool:
    if whose == "mine":
        return entry.dossier in actor.dossiers
    return whose == "all" or not entry.linked


def _chosen(options: Mapping[str, str], parameter: str) -> str:
    # A filter says nothing about a person: it may stand in the address and be kept as a bookmark.
    wanted = st.query_params.get(parameter, "")
    return next((name for name, value in options.items() if value == wanted), next(iter(options)))


def _address(state: str, whose: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in ((PARAMETER, state), ("van", whose)) if value)
    return f"{PATH}?{query}" if query else PATH


def _filter(name: str, options: Mapping[str, tuple[str, str]], counts: Mapping[str, int], chosen: str) -> None:
    items = (
        tag(
            "li",
            layout.link(
                address,
                label,
                tag("span", str(counts[option]), class_="count") if option in counts else None,
                aria_current="true" if option == chosen else None,
            ),
        )
        for option, (address, label) in options.items()
    )
    show(tag("nav", tag("ul", *items), class_="filters", aria_label=name))


def _results(found: Sequence[InboxEntry], chosen: str, whose: str) -> None:
    if not found:
        own = f"claims.none_{chosen}" if chosen in ("todo", "late") and whose == "all" else "claims.none"
        show(layout.empty(t(own)))
        return
    show(_table(pager.part("claims", found, (chosen, whose))))
    pager.buttons("claims", found)


def sender_of(kvk: str) -> str:
    """Return who handed something in: the name that an administrator admitted it under, and its number."""
    known = session.cockpit().correspondents.of(kvk)
    return t("claim.organisation", name=known.name, kvk=kvk) if known else t("claims.from", kvk=kvk)


def _table(found: Sequence[InboxEntry]) -> Html:
    senders = {kvk: sender_of(kvk) for kvk in {one.organisation for one in found} if kvk}
    return table(
        t("claims.title"),
        (
            Column(heading=t("claims.number")),
            Column(heading=t("claims.since")),
            Column(heading=t("claims.answer_by")),
            Column(heading=t("claims.stands")),
            Column(heading=t("claims.in_dossier")),
        ),
        (
            (
                _named(one, senders.get(one.organisation) or t("claims.unknown_sender")),
                _since(one),
                claims.term(one.answer_by if claims.is_to_judge(one) else None),
                join((claims.entry_status(one), _renewal(one))),
                _place(one),
            )
            for one in found
        ),
    )


def _named(one: InboxEntry, sender: str) -> Html:
    number = tag("span", claims.number_of(one.claim_id), class_="check-number")
    return join((layout.link(claim_address(one.claim_id), number), tag("span", escape(sender, 120), class_="note")))


def _place(one: InboxEntry) -> Html:
    where = escape(t("claims.is_linked" if one.linked else "claims.is_not_linked"))
    if not one.disputed:
        return where
    return join((where, status("warning", t("claims.is_disputed"))), "<br>")


def _renewal(one: InboxEntry) -> Html | None:
    if one.renewal_asked_at is None:
        return None
    day = formats.day(formats.local_day(one.renewal_asked_at))
    return tag("span", t("claims.renewal", day=day), class_="note")


def _since(one: InboxEntry) -> Html:
    day = formats.local_day(one.since)
    return join((claims.whole_day(day), tag("span", claims.age(day), class_="note")))
