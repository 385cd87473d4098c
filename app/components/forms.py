"""A form in three steps: fill in, check the answers, done.

Streamlit forgets what is in a field that is not on the page; the draft keeps it while the answers are being checked, so
that going back loses nothing. What is sent is sent once: `Submission` says whether that has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import streamlit as st

from app.components.errors import error_text
from app.components.fields import Field, People, field_error, hint_of, label_of, short_label
from app.components.html import show
from app.components.notices import error_summary
from app.texts import t
from schuldhulp.errors import InvalidInput, SchuldhulpError


@dataclass
class Submission:
    """One thing that is sent to a service, however often the button is pressed.

    A second press starts the page anew while the first is still at work, and whatever the first would have stored in
    the session afterwards is lost. So the outcome is kept here, in an object that both know.

    Attributes:
        result: what the service returned.
        error: what went wrong instead.
    """

    result: Any = None
    error: SchuldhulpError | None = None
    _sent: bool = False
    _lock: Lock = field(default_factory=Lock, repr=False)

    def send(self, act: Callable[[], Any]) -> None:
        """Do it, unless it was done before.

        Args:
            act: calls the service; an error of our own family is kept.
        """
        with self._lock:
            if self._sent:
                return
            self._sent = True
            try:
                self.result = act()
            except SchuldhulpError as error:
                self.error = error

    @property
    def done(self) -> bool:
        """Whether it was sent and accepted."""
        return self._sent and self.error is None


@dataclass
class Draft:
    """What somebody is filling in.

    Attributes:
        raw: what each widget holds, by the name of the field.
        problems: sentence for each field that is wrong, by its name.
        checking: whether the answers are being checked.
        base: the version of the record that the form was filled with, None for something new; a change that a
            colleague makes meanwhile is seen by it.
        outcome: what was made of the answers.
        submission: the sending of it.
    """

    raw: dict[str, Any] = field(default_factory=dict, repr=False)
    problems: dict[str, str] = field(default_factory=dict)
    checking: bool = False
    base: Any = field(default=None, repr=False)
    outcome: Any = field(default=None, repr=False)
    submission: Submission = field(default_factory=Submission)

    def back(self) -> None:
        """Return to the fields."""
        self.checking = False
        self.submission = Submission()


def draft(screen: str, subject: object, values: Callable[[], Mapping[str, Any]], base: object = None) -> Draft:
    """Return the draft of a form, a new one when the form is about something else than before.

    Args:
        screen: name of the form, the first part of the keys of its widgets.
        subject: what it is about: dossier, record, and the number that the link to the form gave.
        values: what the widgets hold at the start, by the name of the field.
        base: the version of the record that is changed.
    """
    kept = st.session_state.get(f"{screen}_draft")
    if kept is None or kept[0] != subject:
        forget(screen)
        kept = (subject, Draft(raw=dict(values()), base=base))
        st.session_state[f"{screen}_draft"] = kept
    return kept[1]


def forget(screen: str) -> None:
    """Forget the draft of a form and all that its widgets hold."""
    for key in [key for key in st.session_state if isinstance(key, str) and key.startswith(f"{screen}_")]:
        del st.session_state[key]


def draw_fields(screen: str, group: str, fields: Iterable[Field], state: Draft, people: People) -> None:
    """Draw fields in two columns, wide ones across both; below each what is wrong with it.

    Args:
        screen: name of the form.
        group: kind of record, which chooses the labels.
        fields: the fields.
        state: the draft.
        people: the applicants to choose from.
    """
    row: list[Field] = []

    def flush() -> None:
        if row:
            for column, item in zip(st.columns(2, gap="medium"), row, strict=False):
                with column:
                    draw_field(screen, group, item, state, people)
            row.clear()

    for item in fields:
        if item.wide:
            flush()
            draw_field(screen, group, item, state, people)
            continue
        row.append(item)
        if len(row) == 2:
            flush()
    flush()


def draw_field(screen: str, group: str, item: Field, state: Draft, people: People) -> None:
    """Draw one field with what the draft holds."""
    key = item.key(screen)
    if key not in st.session_state:
        st.session_state[key] = state.raw.get(item.name, item.start(None))
    label = short_label(group, item.name)
    if not item.required and not item.chosen:
        label = t("form.optional", label=label)
    item.draw(key, label, hint_of(group, item), people)
    if item.name in state.problems:
        show(field_error(key, state.problems[item.name]))


def read_fields(screen: str, group: str, fields: Sequence[Field], state: Draft) -> dict[str, Any] | None:
    """Read all fields into the draft.

    Returns:
        The value of each field by its name, or None when one is wrong; the draft then says which and why.
    """
    state.problems.clear()
    values: dict[str, Any] = {}
    for item in fields:
        state.raw[item.name] = st.session_state.get(item.key(screen), state.raw.get(item.name))
        try:
            values[item.name] = item.read(state.raw[item.name])
        except InvalidInput as error:
            state.problems[item.name] = error_text(error, label_of(group, item.name))
    return None if state.problems else values


def refused(group: str, fields: Sequence[Field], state: Draft, error: SchuldhulpError) -> None:
    """Note in the draft that a record or service refused what was filled in.

    Args:
        group: kind of record.
        fields: the fields of the form.
        state: the draft.
        error: why; where its field is not one of the form, the sentence stands above the form alone.
    """
    named = next((item.name for item in fields if item.name == error.field), "")
    state.problems[named] = error_text(error, label_in(group, fields, error))


def label_in(group: str, fields: Iterable[Field], error: SchuldhulpError) -> str:
    """Return the label of the field that an error is about; empty when the form has no such field."""
    named = next((item.name for item in fields if item.name == error.field), "")
    return label_of(group, named) if named else ""


def show_problems(screen: str, fields: Sequence[Field], state: Draft) -> None:
    """Put the list of what is wrong above the form, in the order of the fields."""
    keys = {item.name: item.key(screen) for item in fields}
    ordered = sorted(state.problems.items(), key=lambda pair: list(keys).index(pair[0]) if pair[0] in keys else -1)
    if ordered:
        error_summary([(keys.get(name, ""), sentence) for name, sentence in ordered])
