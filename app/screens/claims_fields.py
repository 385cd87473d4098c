"""The fields of the forms about a claim: why, to whom what is said, and which debt of the dossier it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import streamlit as st

from app.components import summaries
from app.components.fields import Area, Field, Line, People, Persons
from app.components.html import Html, escape, plain
from app.screens.claims_case import Case
from app.screens.claims_steps import DECIDED, Step
from app.texts import t, word
from schuldhulp.domain.claims import EXPLAINED, REASONS, DecisionReason
from schuldhulp.domain.claims.decision import MAX_DECISION_TEXT
from schuldhulp.domain.records import Obligation
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

NEW = RecordId(b"")
"""Stands for a debt that the dossier does not have yet."""

WITHOUT_DOSSIER = frozenset(
    {DecisionReason.CLIENT_UNKNOWN, DecisionReason.STATEMENT_OLD, DecisionReason.MORE_INFORMATION}
)
"""Reasons for a claim that belongs to no dossier; the desk refuses others."""


@dataclass(frozen=True, kw_only=True)
class Reason(Field):
    """Why it is decided so."""

    options: tuple[DecisionReason, ...]
    chosen: ClassVar[bool] = True

    def start(self, value: Any) -> Any:
        """Return the only reason there is, or none yet."""
        return self.options[0] if value is None and len(self.options) == 1 else value

    def read(self, raw: Any) -> DecisionReason:
        """Return the reason.

        Raises:
            InvalidInput: none was chosen.
        """
        if raw not in self.options:
            raise InvalidInput("choice_missing", f"{self.name}: choose one", field=self.name)
        return DecisionReason(raw)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the reason in words."""
        return escape(word("decision_reason", value))

    def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
        """Draw the list."""
        st.selectbox(
            label,
            list(self.options),
            key=key,
            format_func=lambda option: word("decision_reason", option),
            placeholder=t("form.choose"),
        )


@dataclass(frozen=True, kw_only=True)
class Known(Field):
    """The debt of the dossier that a claim is about, or a new one."""

    debts: Mapping[RecordId, str] = field(repr=False)
    first: RecordId | None = NEW
    chosen: ClassVar[bool] = True
    wide: ClassVar[bool] = True

    def start(self, value: Any) -> RecordId:
        """Return the debt that it became before, or a new one; nothing where one that is there may be meant."""
        return self.first if value is None else value

    def read(self, raw: Any) -> RecordId:
        """Return the record of the debt, `NEW` for a new one.

        Raises:
            InvalidInput: nothing was chosen.
        """
        if raw is None:
            raise InvalidInput("choice_missing", f"{self.name}: choose one", field=self.name)
        return raw if raw in self.debts else NEW

    def words(self, value: Any, _people: People) -> Html | None:
        """Return what the debt is called."""
        return escape(self._name(value))

    def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
        """Draw the list."""
        # What a claim became before is renewed: the desk makes no second debt of it.
        options = [*self.debts] if self.first else [NEW, *self.debts]
        st.selectbox(
            label,
            options,
            key=key,
            format_func=lambda option: plain(self._name(option)),
            placeholder=t("form.choose"),
        )

    def _name(self, record: RecordId) -> str:
        return self.debts.get(record) or t("claim_do.known_new")


def fields_of(case: Case, step: Step, alike: Collection[RecordId] = ()) -> tuple[Field, ...]:
    """Return the fields of the form for a step; none where there is only something to be sure of.

    Args:
        case: the claim.
        step: what is done.
        alike: debts of the dossier that may be this one; where there are some, nothing is chosen beforehand.
    """
    if step is Step.ANSWER:
        return (Area(name="answer", required=True),)
    if step is Step.UNLINK:
        return (Line(name="why", required=True, longest=500),)
    if step not in DECIDED:
        return ()
    text = Area(name="text", longest=MAX_DECISION_TEXT)
    if step is Step.INCLUDE:
        return Persons(name="owed_by"), _known(case, alike), text
    if step in (Step.SETTLE, Step.UNREAD):
        return (text,)
    return Reason(name="reason", options=reasons_of(case, step)), text


def reasons_of(case: Case, step: Step) -> tuple[DecisionReason, ...]:
    """Return the reasons that a decision can have, those that need no text in front."""
    found = [reason for reason in DecisionReason if reason in REASONS[DECIDED[step]]]
    if case.link is None:
        found = [reason for reason in found if reason in WITHOUT_DOSSIER]
    else:
        found = [reason for reason in found if reason is not DecisionReason.CLIENT_UNKNOWN]
    found = [reason for reason in found if reason is not DecisionReason.NO_CONTENTS]
    return tuple(sorted(found, key=lambda reason: reason in EXPLAINED))


def _known(case: Case, alike: Collection[RecordId]) -> Known:
    debts = debts_of(case)
    became = case.record.record.obligation if case.record else None
    likeliest = sorted(debts, key=lambda record: record not in alike)
    first = became if became in debts else None if alike else NEW
    return Known(
        name="known",
        debts={record: summaries.record_title(debts[record]) for record in likeliest},
        first=first,
    )


def debts_of(case: Case) -> dict[RecordId, Obligation]:
    """Return the debts of the claim's dossier."""
    if case.view is None:
        return {}
    return {
        each.record_id: each.record
        for each in case.view.records
        if isinstance(each.record, Obligation) and not each.withdrawn
    }


def known_of(case: Case, chosen: RecordId) -> Obligation | None:
    """Return the debt that was chosen; of a new one, what this claim became before, as the desk does."""
    became = case.record.record.obligation if case.record else None
    return debts_of(case).get(chosen or became or NEW)
