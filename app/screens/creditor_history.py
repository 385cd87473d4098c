"""What an organisation asked on the pages before, by its own references."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, pager, signal
from app.components.html import Html, show, tag
from app.components.table import Column, table
from app.texts import t
from schuldhulp.domain.access import Role
from schuldhulp.domain.signal import Signal
from schuldhulp.services.processing_log import trace_id

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.history import Check

PATH = "/mijn-toetsen"
ANSWERS: Mapping[str, str] = {"all": "", "green": "groen", "red": "rood"}
PERIODS: Mapping[str, str] = {"all": "", "today": "vandaag", "week": "week"}
WEEK = timedelta(days=7)


def page() -> None:
    """Show the list with its filters."""
    actor = session.guard(Role.CREDITOR)
    history = session.cockpit().history
    layout.title(t("asked.title"), t("asked.lead"))
    everything = history.of(actor=actor)
    kept = tag("p", t("asked.kept", days=history.days), class_="hint")
    if not everything:
        show(layout.empty(t("asked.none")), kept)
        return
    answer, period = _chosen("antwoord", ANSWERS), _chosen("periode", PERIODS)
    # A count says what is left when that filter is chosen beside the other one.
    _filter(
        "answers", ANSWERS, answer, lambda name: _address(name, period),
        lambda name: sum(_answers(check, name) and _within(check, period) for check in everything),
    )  # fmt: skip
    _filter(
        "periods", PERIODS, period, lambda name: _address(answer, name),
        lambda name: sum(_answers(check, answer) and _within(check, name) for check in everything),
    )  # fmt: skip
    if (answer, period) != ("all", "all"):
        show(tag("p", layout.link(PATH, t("asked.clear"))))
    found = [check for check in everything if _answers(check, answer) and _within(check, period)]
    if not found:
        show(layout.empty(t("asked.nothing")), kept)
        return
    show(_table(pager.part("asked", found, (answer, period)), login=trace_id(actor).hex()[:8]))
    pager.buttons("asked", found)
    st.download_button(
        t("asked.download"),
        data=written(found),
        file_name=t("asked.file"),
        mime="text/csv",
        key="asked_download",
        on_click="ignore",
    )
    show(kept)


def _chosen(parameter: str, options: Mapping[str, str]) -> str:
    wanted = st.query_params.get(parameter, "")
    return next((name for name, value in options.items() if value and value == wanted), "all")


def _address(answer: str, period: str) -> str:
    # A filter says nothing about a person: it may stand in the address and be kept as a bookmark.
    chosen = {"antwoord": ANSWERS[answer], "periode": PERIODS[period]}
    query = "&".join(f"{name}={value}" for name, value in chosen.items() if value)
    return f"{PATH}?{query}" if query else PATH


def _filter(
    group: str,
    options: Mapping[str, str],
    chosen: str,
    address: Callable[[str], str],
    count: Callable[[str], int],
) -> None:
    singular = group.removesuffix("s")
    items = (
        tag(
            "li",
            layout.link(
                address(name),
                t(f"asked.{singular}_{name}"),
                tag("span", str(count(name)), class_="count"),
                aria_current="true" if name == chosen else None,
            ),
        )
        for name in options
    )
    show(tag("nav", tag("ul", *items), class_="filters", aria_label=t(f"asked.{group}")))


def _answers(check: Check, name: str) -> bool:
    return name == "all" or check.signal is Signal(name)


def _within(check: Check, name: str) -> bool:
    day = formats.local_day(check.checked_at)
    if name == "today":
        return day == formats.today()
    return name == "all" or day > formats.today() - WEEK


def _table(found: Sequence[Check], *, login: str) -> Html:
    return table(
        t("asked.title"),
        (
            Column(heading=t("asked.reference")),
            Column(heading=t("asked.answer")),
            Column(heading=t("asked.at")),
            Column(heading=t("asked.number")),
            Column(heading=t("asked.login")),
        ),
        (
            (
                check.reference,
                signal.word(check.signal),
                formats.moment(check.checked_at),
                tag("span", check.check_number, class_="check-number"),
                t("asked.login_this" if check.login == login else "asked.login_other", login=check.login),
            )
            for check in found
        ),
    )


def written(found: Sequence[Check]) -> bytes:
    """Return checks as CSV, with a mark by which spreadsheets know that it is UTF-8.

    Args:
        found: the checks. A reference begins with a letter or digit: no spreadsheet takes it for a formula.
    """
    file = io.StringIO()
    lines = csv.writer(file, delimiter=";")
    lines.writerow(t(f"asked.column_{name}") for name in ("reference", "at", "answer", "number", "block", "login"))
    for check in found:
        lines.writerow(
            (
                check.reference,
                check.checked_at.isoformat(timespec="seconds"),
                t(f"asked.csv_{check.signal}"),
                check.check_number,
                check.block_number,
                check.login,
            )
        )
    return file.getvalue().encode("utf-8-sig")
