"""Clients: find one and open the dossier. What is searched for never stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout
from app.components.html import Html, escape, join, show, tag
from app.components.notices import status
from app.components.table import Column, table
from app.screens.opened import address
from app.texts import t
from schuldhulp.domain.access import Role

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierSummary

STAFF = (Role.CASEWORKER, Role.TEAM_LEADER)
PER_PAGE = 20
LONGEST_SEARCH = 100
FILTERS = ("all", "mine", "enrolled", "ended")


def page() -> None:
    """Show the list with its search."""
    actor = session.guard(*STAFF)
    layout.title(t("clients.title"), t("clients.lead"))
    search = st.text_input(
        t("clients.search"),
        key="clients_search",
        type="search",
        placeholder=t("clients.search_hint"),
        max_chars=LONGEST_SEARCH,
        live="500ms",
    )
    found = session.cockpit().dossiers.list(actor=actor, search=(search or "").strip())
    groups = {name: [one for one in found if _belongs(one, name)] for name in FILTERS}
    chosen = _filter(groups)
    _first_page_of(((search or "").strip(), chosen))
    _results(groups[chosen], searched=bool((search or "").strip()) or chosen != FILTERS[0])


def _first_page_of(asked: tuple[str, str]) -> None:
    """Begin at the first page of what was not asked for before."""
    if st.session_state.get("clients_asked") != asked:
        st.session_state["clients_asked"] = asked
        st.session_state["clients_page"] = 1


def _belongs(summary: DossierSummary, name: str) -> bool:
    if name == "mine":
        return summary.own
    if name == "enrolled":
        return summary.enrolled
    if name == "ended":
        return summary.ended_at is not None
    return True


def _filter(groups: dict[str, list[DossierSummary]]) -> str:
    # The filter, unlike the search, says nothing about a person: it may stand in the address and be kept as a bookmark.
    chosen = st.query_params.get("filter", FILTERS[0])
    chosen = chosen if chosen in FILTERS else FILTERS[0]
    items = (
        tag(
            "li",
            layout.link(
                "/" if name == FILTERS[0] else f"/?filter={name}",
                t(f"clients.filter_{name}"),
                tag("span", str(len(groups[name])), class_="count"),
                aria_current="true" if name == chosen else None,
            ),
        )
        for name in FILTERS
    )
    show(tag("nav", tag("ul", *items), class_="filters", aria_label=t("clients.filters")))
    return chosen


def _results(found: Sequence[DossierSummary], *, searched: bool) -> None:
    if not found:
        show(layout.empty(t("clients.nothing") if searched else t("clients.none")))
        return
    pages = ceil(len(found) / PER_PAGE)
    number = min(max(st.session_state.get("clients_page", 1), 1), pages)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    first = (number - 1) * PER_PAGE + 1
    count = t("clients.count", first=first, last=first + len(shown) - 1, all=len(found))
    show(tag("p", count, class_="hint", role="status"), _table(shown))
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                t("clients.previous"), key="clients_previous", disabled=number == 1, on_click=_turn, args=(number - 1,)
            )
            st.html(tag("p", t("clients.page", number=number, pages=pages), class_="hint"), width="content")
            st.button(
                t("clients.next"), key="clients_next", disabled=number == pages, on_click=_turn, args=(number + 1,)
            )


def _turn(number: int) -> None:
    st.session_state["clients_page"] = number


def _table(found: Sequence[DossierSummary]) -> Html:
    return table(
        t("clients.title"),
        (
            Column(heading=t("clients.name")),
            Column(heading=t("clients.birth_date")),
            Column(heading=t("clients.file_number")),
            Column(heading=t("clients.caseworker")),
            Column(heading=t("clients.state")),
        ),
        (
            (
                layout.link(address("dossier", one.id), escape(names_of(one), 90)),
                join(map(formats.written_birth_date, one.birth_dates), "<br>"),
                one.file_number,
                one.caseworker or t("clients.nobody"),
                enrolment_status(one),
            )
            for one in found
        ),
    )


def names_of(summary: DossierSummary) -> str:
    """Return the names of the applicants, or what to say when they cannot be read."""
    if not summary.readable:
        return t("clients.unreadable")
    return " & ".join(summary.names) or t("people.unknown")


def enrolment_status(summary: DossierSummary) -> Html:
    """Return whether creditors can see that somebody is a client here, as sign and words."""
    if summary.ended_at is not None:
        return status("stop", t("clients.is_ended"))
    return status("good", t("clients.is_enrolled")) if summary.enrolled else escape(t("clients.is_not_enrolled"))
