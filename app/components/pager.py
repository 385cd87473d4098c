"""A long list in pages: the numbers above it, and the buttons below."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TypeVar

import streamlit as st

from app.components.html import show, tag
from app.texts import t

PER_PAGE = 20
Item = TypeVar("Item")


def part(screen: str, found: Sequence[Item], asked: object) -> Sequence[Item]:
    """Return what is on the page that is shown, and say which part that is.

    Args:
        screen: name of the screen, the first part of the keys.
        found: everything.
        asked: what was asked for; another question begins at the first page.
    """
    if st.session_state.get(f"{screen}_asked") != asked:
        st.session_state[f"{screen}_asked"] = asked
        st.session_state[f"{screen}_page"] = 1
    number = _number(screen, found)
    first = (number - 1) * PER_PAGE
    shown = found[first : first + PER_PAGE]
    show(
        tag(
            "p",
            t("clients.count", first=first + 1, last=first + len(shown), all=len(found)),
            class_="hint",
            role="status",
        )
    )
    return shown


def buttons(screen: str, found: Sequence[object]) -> None:
    """Put the buttons to the pages before and after below the list."""
    pages, number = ceil(len(found) / PER_PAGE), _number(screen, found)
    if pages < 2:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("clients.previous"),
            key=f"{screen}_previous",
            disabled=number == 1,
            on_click=_turn,
            args=(screen, number - 1),
        )
        st.html(tag("p", t("clients.page", number=number, pages=pages), class_="hint"), width="content")
        st.button(
            t("clients.next"), key=f"{screen}_next", disabled=number == pages, on_click=_turn, args=(screen, number + 1)
        )


def _number(screen: str, found: Sequence[object]) -> int:
    return min(max(st.session_state.get(f"{screen}_page", 1), 1), max(ceil(len(found) / PER_PAGE), 1))


def _turn(screen: str, number: int) -> None:
    st.session_state[f"{screen}_page"] = number
