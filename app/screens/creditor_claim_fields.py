"""The fields of a claim on a page: how they are read, filled and put in words.

A field is named by its place in the contents of a claim with an underscore for the dot: ``debtor_surname`` is the
``surname`` of the ``debtor``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from app.components import formats
from app.components.fields import (
    Amount,
    Area,
    BirthDate,
    Choice,
    CitizenNumber,
    Day,
    Field,
    Kvk,
    Line,
    People,
    Postcode,
    Whole,
    label_of,
)
from app.components.html import Html
from app.texts import t, word
from schuldhulp.domain.claims import ClaimContents, ClaimStage, normalised_reference
from schuldhulp.domain.claims.contents import MAX_OBJECTION, MAX_WHY
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import Bsn, canonical_surname
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.organisations import parse_iban
from schuldhulp.domain.records import ObligationType, Preference
from schuldhulp.errors import InvalidInput

GROUP = "filing"
"""Name under which the labels of these fields stand in the texts."""


@dataclass(frozen=True, kw_only=True)
class Surname(Line):
    """A surname in which there is something to look for."""

    def parse(self, text: str) -> str:
        """Return the name as it was typed; raises InvalidInput when there is no letter in it, or it is too long."""
        canonical_surname(text, self.name)
        return super().parse(text)


@dataclass(frozen=True, kw_only=True)
class DebtReference(Line):
    """The original creditor's own number of a debt."""

    def parse(self, text: str) -> str:
        """Return it as it was typed; raises InvalidInput when no id can be made of it."""
        normalised_reference(super().parse(text), self.name)
        return text


@dataclass(frozen=True, kw_only=True)
class Iban(Line):
    """An account to pay into."""

    def parse(self, text: str) -> str:
        """Return it in capitals without spaces; raises InvalidInput when its check digits are wrong."""
        return parse_iban(text, self.name)


@dataclass(frozen=True, kw_only=True)
class HowOften(Choice):
    """How often an instalment is paid; may stay open."""

    chosen = False

    def read(self, raw: Any) -> Any:
        """Return the choice, None when there is none."""
        return None if raw is None else super().read(raw)

    def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
        """Draw the list without what is no instalment."""
        options = [one for one in Frequency if one not in (Frequency.NONE, Frequency.ONCE)]
        st.selectbox(
            label,
            options,
            key=key,
            format_func=lambda option: word(self.group, option),
            placeholder=t("form.choose"),
        )


BSN = CitizenNumber(name="debtor_bsn")
ORIGINAL: tuple[Field, ...] = (
    Line(name="original_creditor_name", required=True),
    Kvk(name="original_creditor_kvk", required=True),
)
REFERENCE = DebtReference(name="reference", required=True)

SECTIONS: Mapping[str, tuple[Field, ...]] = {
    "debtor": (
        Surname(name="debtor_surname", required=True),
        Line(name="debtor_prefix", longest=40),
        Line(name="debtor_initials", longest=40),
        BirthDate(name="debtor_birth_date", required=True),
        Postcode(name="debtor_postcode", required=True),
        Whole(name="debtor_house_number", required=True, lowest=1, highest=99_999),
        Line(name="debtor_suffix", longest=20),
        BSN,
    ),
    "debt": (
        *ORIGINAL,
        REFERENCE,
        Line(name="holder_reference"),
        Choice(name="type", options=ObligationType, group="obligation_type"),
        Day(name="origin_date", required=True),
        Line(name="legal_ground", required=True, longest=500),
        Choice(name="preference", options=Preference, group="preference", default=Preference.CONCURRENT),
        Line(name="preference_ground", longest=500),
    ),
    "amounts": (
        Amount(name="principal", required=True),
        Amount(name="costs", nothing=0),
        Amount(name="interest", nothing=0),
        Day(name="statement_date", required=True),
    ),
    "paying": (
        Iban(name="iban", required=True),
        Amount(name="instalment_proposal_amount"),
        HowOften(name="instalment_proposal_frequency", options=Frequency, group="frequency"),
    ),
    "resident": (
        Area(name="why_owed", required=True, longest=MAX_WHY),
        Area(name="objection", required=True, longest=MAX_OBJECTION),
        Day(name="objection_until"),
    ),
    "contact": (
        Line(name="contact_name", required=True),
        Line(name="contact_email"),
        Line(name="contact_phone", longest=40),
    ),
}
"""Every field, in the order in which they are asked for."""

PARTS = ("debtor", "original_creditor", "instalment_proposal", "contact")
"""Parts of the contents with fields of their own."""

SAME_EACH_TIME = (
    "iban", "objection", "legal_ground", "type", "contact_name", "contact_email", "contact_phone",
)  # fmt: skip
"""What an organisation fills in alike in most claims, and says nothing about a person."""


def sections(*, stage: ClaimStage, bsn: bool, amending: bool) -> dict[str, tuple[Field, ...]]:
    """Return the fields that are asked for.

    Args:
        stage: what the organisation is; the original creditor need not be named by itself.
        bsn: whether it may use citizen service numbers.
        amending: whether original creditor and reference stand already.
    """
    left_out: set[Field] = set()
    if not bsn:
        left_out.add(BSN)
    if stage is ClaimStage.CREDITOR or amending:
        left_out.update(ORIGINAL)
    if amending:
        left_out.add(REFERENCE)
    return {name: tuple(item for item in fields if item not in left_out) for name, fields in SECTIONS.items()}


def fields_in(found: Mapping[str, Iterable[Field]]) -> list[Field]:
    """Return the fields of all sections."""
    return [item for fields in found.values() for item in fields]


def plain_of(values: Mapping[str, Any], *, stage: ClaimStage) -> dict[str, Any]:
    """Return what was filled in as the plain values of a claim's contents.

    Args:
        values: the value of each field by its name, as the fields read it.
        stage: what the organisation is.
    """
    plain: dict[str, Any] = {"stage": stage.value}
    for name, value in values.items():
        part = next((part for part in PARTS if name.startswith(f"{part}_")), None)
        if value is None and name != "objection_until":
            continue
        written = _plain(value)
        if part is None:
            plain[name] = written
        else:
            plain.setdefault(part, {})[name.removeprefix(f"{part}_")] = written
    return plain


def _plain(value: Any) -> Any:
    match value:
        case Bsn():
            return value.digits
        case PartialDate():
            return value.iso
        case date():
            return value.isoformat()
    return value


def raw_of(contents: ClaimContents, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return what the widgets hold for the contents of a claim.

    Args:
        contents: the contents.
        names: which fields; all when None.
    """
    wanted = None if names is None else set(names)
    found = {item.name: item for item in fields_in(SECTIONS) if wanted is None or item.name in wanted}
    return {name: item.start(_value(contents, name)) for name, item in found.items()}


def _value(contents: ClaimContents, name: str) -> Any:
    part = next((part for part in PARTS if name.startswith(f"{part}_")), None)
    if part is None:
        return getattr(contents, name)
    return getattr(getattr(contents, part), name.removeprefix(f"{part}_"), None)


def named(error: InvalidInput) -> InvalidInput:
    """Return an error about a field of the contents as one about the field of the page."""
    known = {item.name for item in fields_in(SECTIONS)}
    flat = "principal" if error.field == "total" else (error.field or "").replace(".", "_")
    if flat not in known:
        # A part that lacks a field: the first field of it is where to look.
        flat = next((name for name in sorted(known) if flat and name.startswith(f"{flat}_")), "")
    return InvalidInput(error.key, str(error), field=flat or None, **error.parameters)


def described(contents: ClaimContents) -> dict[str, list[tuple[str, Html]]]:
    """Return what a claim says, by section, as names and words; what was left open is left out."""
    found: dict[str, list[tuple[str, Html]]] = {}
    for section, fields in SECTIONS.items():
        pairs = ((label_of(GROUP, item.name), item.words(_value(contents, item.name), People())) for item in fields)
        found[section] = [(label, words) for label, words in pairs if words]
    found["debt"].insert(0, (t("filing.stage"), Html(t(f"filing.stage_{contents.stage}"))))
    found["amounts"].insert(-1, (t("filing.total"), formats.amount_cell(contents.total)))
    if contents.objection_until is None:
        found["resident"].append((label_of(GROUP, "objection_until"), Html(t("filing.no_term"))))
    return found
