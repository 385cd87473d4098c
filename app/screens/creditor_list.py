"""A list of persons to ask about: a file in, progress, the same file with the answers out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import forms, layout, notices
from app.components.errors import error_text
from app.components.fields import People, field_error, label_of
from app.components.forms import Draft
from app.components.html import Html, show, tag
from app.components.table import Column, table
from app.screens import creditor_check
from app.texts import known, t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.signal import Signal
from schuldhulp.errors import InvalidInput, SchuldhulpError
from schuldhulp.services.creditor_pages.lists import KEPT, LONGEST_REFERENCE, MAX_BYTES, ListRun

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.checks import Desktop
    from schuldhulp.services.creditor_pages.history import Check

SCREEN = "asklist"
RUN = "asklist_run"
REFERENCE = creditor_check.Reference(name="reference", required=True, longest=LONGEST_REFERENCE)
BAD_ROWS = 20
"""Rows that cannot be read and are named on the page; all of them stand in the file."""


def page() -> None:
    """Show the upload, the progress, or the answers."""
    actor = session.guard(Role.CREDITOR)
    run: ListRun | None = st.session_state.get(RUN)
    if run is not None and run.forgotten:
        st.session_state[RUN] = run = None
    layout.title(t("asklist.title"), t("asklist.lead"))
    if run is None:
        desktop = session.cockpit().checks.desktop(actor=actor)
        if not desktop.open:
            creditor_check.closed()
        else:
            _upload(actor, desktop)
    elif run.finished:
        _answers(run)
    else:
        _progress(run)


def _upload(actor: Actor, desktop: Desktop) -> None:
    problems: dict[str, str] = st.session_state.setdefault("asklist_problems", {})
    size = t("asklist.size", count=MAX_BYTES // 1024)
    summary = st.container()
    show(
        tag("p", t("asklist.columns")),
        tag("pre", tag("code", t("asklist.example")), class_="command", tabindex="0"),
        tag("p", t("asklist.columns_bsn")) if desktop.bsn else None,
        tag("p", t("asklist.limits", rows=desktop.quota, size=size, left=desktop.left, quota=desktop.quota)),
    )
    # A file that was read is taken out of the field: a new key is an empty field.
    turn = st.session_state.setdefault("asklist_turn", 0)
    with st.form("asklist_form", border=False):
        file = st.file_uploader(t("asklist.file"), type=["csv"], key=f"asklist_file_{turn}", max_upload_size=1)
        if "file" in problems:
            show(field_error(f"asklist_file_{turn}", problems["file"]))
        forms.draw_field(SCREEN, "ask", REFERENCE, Draft(problems=problems), People())
        show(tag("p", t("ask.reference_hint"), class_="hint"))
        sent = st.form_submit_button(t("asklist.start"), type="primary", key="asklist_start")
    if sent:
        _start(actor, file.getvalue() if file is not None else None, problems)
        st.rerun()
    if problems:
        with summary:
            keys = {"file": f"asklist_file_{turn}", "reference": REFERENCE.key(SCREEN)}
            notices.error_summary([(keys.get(name, ""), sentence) for name, sentence in problems.items()])
    notices.notice("info", t("ask.private_title"), t("asklist.private"))


def _start(actor: Actor, content: bytes | None, problems: dict[str, str]) -> None:
    problems.clear()
    state = Draft()
    values = forms.read_fields(SCREEN, "ask", [REFERENCE], state)
    problems.update(state.problems)
    if content is None:
        problems["file"] = t("asklist.no_file")
    if values is None or content is None:
        return
    try:
        run = session.cockpit().lists.start(actor=actor, content=content, reference=values["reference"])
    except InvalidInput as error:
        named = "reference" if error.field == "reference" else "file"
        label = label_of("ask", "reference") if named == "reference" else _column(error.field)
        problems[named] = error_text(error, label)
    except SchuldhulpError as error:
        problems[""] = error_text(error)
    else:
        st.session_state[RUN] = run
        st.session_state["asklist_turn"] += 1


@st.fragment(run_every=1.0)
def _progress(run: ListRun) -> None:
    if run.finished:
        st.rerun(scope="app")
    show(layout.section(t("asklist.busy_title")))
    said = t("asklist.busy", done=run.done, total=run.total)
    show(
        tag("progress", said, max=str(run.total), value=str(run.done), aria_label=said, class_="progress"),
        tag("p", said, role="status"),
        tag("p", t("asklist.busy_more"), class_="hint"),
    )


def _answers(run: ListRun) -> None:
    green, red = run.count(Signal.GREEN), run.count(Signal.RED)
    if run.error is not None:
        notices.notice(
            "warning",
            t("asklist.stopped_title"),
            error_text(run.error),
            t("asklist.stopped", done=run.done, total=run.total),
            role="alert",
        )
    if run.done:
        notices.notice(
            "info" if run.error is None else "warning",
            t("asklist.done_title") if run.error is None else t("asklist.part_title"),
            t("asklist.done", green=green, red=red),
            role="status",
        )
    _bad(run)
    with st.container(horizontal=True):
        st.download_button(
            t("asklist.download"),
            data=run.content(_words, lambda fault: error_text(fault, _column(fault.field))),
            file_name=t("asklist.answers_file"),
            mime="text/csv",
            type="primary",
            key="asklist_download",
            on_click="ignore",
        )
        st.button(t("asklist.forget"), key="asklist_forget", on_click=_forget)
    show(
        tag("p", t("asklist.kept", minutes=int(KEPT.total_seconds() // 60)), class_="hint"),
        tag("p", layout.link("/mijn-toetsen", t("ask.to_history"))),
    )


def _bad(run: ListRun) -> None:
    if not run.bad:
        return
    count = len(run.bad)
    title = t("asklist.bad_title_one") if count == 1 else t("asklist.bad_title", count=count)
    more = count - BAD_ROWS
    show(
        layout.section(title),
        tag("p", t("asklist.bad")),
        _bad_rows(run.bad[:BAD_ROWS]),
        tag("p", t("asklist.bad_more_one") if more == 1 else t("asklist.bad_more", count=more)) if more > 0 else None,
    )


def _bad_rows(bad: list[tuple[int, InvalidInput]]) -> Html:
    return table(
        t("asklist.bad_caption"),
        (Column(heading=t("asklist.line")), Column(heading=t("asklist.field")), Column(heading=t("asklist.problem"))),
        ((f"{t('asklist.line')} {line}", _column(fault.field), _problem(fault)) for line, fault in bad),
    )


def _problem(fault: InvalidInput) -> str:
    """Return what is wrong without the name of the column, which stands beside it."""
    column = _column(fault.field)
    sentence = error_text(fault, column).removeprefix(f"{column}: ")
    return sentence[:1].upper() + sentence[1:]


def _column(field: str | None) -> str:
    return t(f"column.{field}") if known(f"column.{field}") else t("column.row")


def _words(check: Check) -> Mapping[str, Any]:
    return {
        "signal": check.signal.value,
        "municipality": session.cockpit().settings.municipality,
        "contact": check.contact,
        "checked_at": check.checked_at.isoformat(timespec="seconds"),
        "check_number": check.check_number,
        "block": check.block_number,
        "warning": " ".join(t(f"signal_warning.{warning}") for warning in check.warnings),
    }


def _forget() -> None:
    run: ListRun | None = st.session_state.pop(RUN, None)
    if run is not None:
        run.forget()
