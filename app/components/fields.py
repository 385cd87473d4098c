"""Fields of a form: how each kind is drawn, read, and put in words.

What a widget holds is text (or the choice); what a record holds is a value of the domain. A field turns one into the
other and says in one sentence what is wrong when that cannot be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

import streamlit as st

from app.components import formats
from app.components.html import LONGEST, Html, escape, join, lines, plain, tag
from app.texts import known, t, word
from schuldhulp.domain.checks import MAX_LINE, MAX_TEXT
from schuldhulp.domain.dates import PartialDate, parse_date, parse_partial_date
from schuldhulp.domain.identifiers import Bsn, canonical_postcode, parse_bsn
from schuldhulp.domain.money import parse_amount
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

TYPED_LIMIT = MAX_TEXT + 1
"""What a widget takes: one more than any field allows, so that a text that is too long is refused and not cut off."""


@dataclass(frozen=True)
class People:
    """The applicants of the dossier that a form is about.

    Attributes:
        names: name of each applicant by the identifier of the record.
    """

    names: Mapping[RecordId, str] = field(default_factory=dict, repr=False)

    def name(self, record: RecordId) -> str:
        """Return the name of an applicant, or a word for one that is no longer there."""
        return self.names.get(record) or t("people.unknown")

    def listed(self, records: Sequence[RecordId]) -> str:
        """Return the names of several applicants."""
        return t("people.and").join(self.name(record) for record in records)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a form.

    Attributes:
        name: attribute of the record; with a dot for one of a part of it, such as ``creditor.kvk``.
        required: whether it must be filled in.
    """

    name: str
    required: bool = False
    wide: ClassVar[bool] = False
    """Whether it takes the whole width of the form."""
    chosen: ClassVar[bool] = False
    """Whether it always holds something, so that its label need not say that it may stay empty."""

    def key(self, screen: str) -> str:
        """Return the key of the widget."""
        return f"{screen}_{self.name.replace('.', '_')}"

    def start(self, value: Any) -> Any:
        """Return what the widget holds for a value of the record."""
        return "" if value is None else str(value)

    def read(self, raw: Any) -> Any:
        """Return the value for what the widget holds.

        Raises:
            InvalidInput: it cannot be read; ``field`` is the name of this field.
        """
        text = (raw or "").strip()
        if not text:
            if self.required:
                raise InvalidInput("required", f"{self.name}: must be filled in", field=self.name)
            return self.empty()
        return self.parse(text)

    def empty(self) -> Any:
        """Return the value of a field that was left empty."""
        return None

    def parse(self, text: str) -> Any:
        """Return the value of a text that is not empty."""
        return text

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the value as a reader sees it, or None when there is nothing to show."""
        return escape(value) or None

    def draw(self, key: str, label: str, hint: str | None, _people: People) -> None:
        """Draw the widget; its state is there already."""
        st.text_input(label, key=key, help=None, placeholder=hint, max_chars=TYPED_LIMIT)


@dataclass(frozen=True, kw_only=True)
class Line(Field):
    """Text of one line."""

    longest: int = MAX_LINE

    def empty(self) -> str:
        """Return an empty text."""
        return ""

    def parse(self, text: str) -> str:
        """Return the text.

        Raises:
            InvalidInput: longer than the record takes.
        """
        if len(text) > self.longest:
            raise InvalidInput("text_too_long", f"{self.name}: too long", field=self.name, limit=self.longest)
        return text


@dataclass(frozen=True, kw_only=True)
class Area(Line):
    """Text of several lines."""

    longest: int = MAX_TEXT
    wide: ClassVar[bool] = True

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the text with its lines."""
        return lines(value, LONGEST) or None

    def draw(self, key: str, label: str, hint: str | None, _people: People) -> None:
        """Draw a box."""
        st.text_area(label, key=key, placeholder=hint, max_chars=TYPED_LIMIT, height=120)


@dataclass(frozen=True, kw_only=True)
class Items(Area):
    """Short texts, one on each line."""

    def start(self, value: Any) -> str:
        """Return the items on a line each."""
        return "\n".join(value or ())

    def empty(self) -> tuple[str, ...]:  # type: ignore[override]
        """Return no items."""
        return ()

    def parse(self, text: str) -> tuple[str, ...]:  # type: ignore[override]
        """Return the lines that are not empty."""
        return tuple(line.strip() for line in text.splitlines() if line.strip())

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the items below each other."""
        return join((escape(item) for item in value), "<br>") or None


@dataclass(frozen=True, kw_only=True)
class Amount(Field):
    """An amount, typed as ``1.234,56``."""

    nothing: int | None = None

    def start(self, value: Any) -> str:
        """Return the amount as it is typed; what stands for nothing stays empty."""
        return "" if value is None or (value == 0 and self.nothing == 0) else formats.typed_amount(value)

    def empty(self) -> int | None:
        """Return what an empty field stands for."""
        return self.nothing

    def parse(self, text: str) -> int:
        """Return whole cents."""
        return parse_amount(text, self.name)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the amount in euro."""
        return None if value is None or (value == 0 and self.nothing == 0) else formats.amount_cell(value)


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A date, typed as ``31-12-2026``."""

    def start(self, value: Any) -> str:
        """Return the date in digits."""
        return formats.short_day(value)

    def parse(self, text: str) -> date:
        """Return the date."""
        return parse_date(text, self.name)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the date in words."""
        return escape(formats.day(value)) if value else None


@dataclass(frozen=True, kw_only=True)
class BirthDate(Field):
    """A birth date of which day and month may be unknown."""

    def start(self, value: Any) -> str:
        """Return the date in digits."""
        return value.dutch if value else ""

    def parse(self, text: str) -> PartialDate:
        """Return the date."""
        return parse_partial_date(text, self.name)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the date in words."""
        return escape(formats.birth_date(value)) if value else None


@dataclass(frozen=True, kw_only=True)
class CitizenNumber(Field):
    """A BSN."""

    def start(self, value: Any) -> str:
        """Return the nine digits."""
        return value.digits if value else ""

    def parse(self, text: str) -> Bsn:
        """Return the number."""
        return parse_bsn(text, self.name)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the nine digits: who sees this may know them."""
        return escape(value.digits) if value else None


@dataclass(frozen=True, kw_only=True)
class Kvk(Line):
    """A number in the trade register."""

    def parse(self, text: str) -> str:
        """Return eight digits."""
        return parse_kvk(text, self.name)


@dataclass(frozen=True, kw_only=True)
class Postcode(Line):
    """A Dutch postcode."""

    def parse(self, text: str) -> str:
        """Return it as ``9711AB``."""
        return canonical_postcode(text, self.name)


@dataclass(frozen=True, kw_only=True)
class Whole(Field):
    """A whole number between two bounds."""

    lowest: int
    highest: int

    def parse(self, text: str) -> int:
        """Return the number.

        Raises:
            InvalidInput: not a number, or outside the bounds.
        """
        limits = {"lowest": self.lowest, "highest": self.highest}
        # The length goes first: int() has an error of its own for thousands of digits.
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not self.lowest <= int(text) <= self.highest:
            raise InvalidInput("number_range", f"{self.name}: number expected", field=self.name, **limits)
        return int(text)


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of the values of an enumeration.

    Attributes:
        options: the enumeration.
        group: name under which its words stand in the texts.
        default: what is chosen at the start, or None for a choice that must be made.
    """

    options: type[StrEnum]
    group: str
    default: StrEnum | None = None

    chosen: ClassVar[bool] = True

    def start(self, value: Any) -> Any:
        """Return the value itself."""
        return value if value is not None else self.default

    def read(self, raw: Any) -> Any:
        """Return the value.

        Raises:
            InvalidInput: none was chosen.
        """
        if raw is None:
            raise InvalidInput("choice_missing", f"{self.name}: choose one", field=self.name)
        return self.options(raw)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return the word for the value."""
        # "Does not apply" is what a form offers to choose; there is nothing to tell.
        return escape(word(self.group, value)) if value is not None and value != "none" else None

    def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
        """Draw a list to choose from."""
        st.selectbox(
            label,
            list(self.options),
            key=key,
            format_func=lambda option: word(self.group, option),
            placeholder=t("form.choose"),
        )


@dataclass(frozen=True, kw_only=True)
class Yes(Field):
    """A box to tick."""

    wide: ClassVar[bool] = True
    chosen: ClassVar[bool] = True

    def start(self, value: Any) -> bool:
        """Return whether it is ticked."""
        return bool(value)

    def read(self, raw: Any) -> bool:
        """Return whether it is ticked."""
        return bool(raw)

    def words(self, value: Any, _people: People) -> Html | None:
        """Return yes or no."""
        return None if value is None else escape(t("form.yes") if value else t("form.no"))

    def draw(self, key: str, label: str, _hint: str | None, _people: People) -> None:
        """Draw the box."""
        st.checkbox(label, key=key)


@dataclass(frozen=True, kw_only=True)
class Person(Field):
    """One of the applicants."""

    chosen: ClassVar[bool] = True

    def start(self, value: Any) -> Any:
        """Return the identifier of the record."""
        return value

    def options(self, people: People) -> list[Any]:
        """Return what can be chosen."""
        return list(people.names)

    def read(self, raw: Any) -> Any:
        """Return the identifier.

        Raises:
            InvalidInput: nobody was chosen.
        """
        if raw is None:
            raise InvalidInput("choice_missing", f"{self.name}: choose one", field=self.name)
        return raw

    def words(self, value: Any, people: People) -> Html | None:
        """Return the name."""
        return escape(people.name(value)) if value else None

    def draw(self, key: str, label: str, _hint: str | None, people: People) -> None:
        """Draw the list; who is the only one is chosen already."""
        options = self.options(people)
        if st.session_state.get(key) not in options:
            st.session_state[key] = options[0] if len(options) == 1 else None
        st.selectbox(
            label,
            options,
            key=key,
            format_func=lambda option: plain(
                people.name(option) if isinstance(option, bytes) else people.listed(option)
            ),
            placeholder=t("form.choose"),
        )


@dataclass(frozen=True, kw_only=True)
class Persons(Person):
    """One of the applicants, or both."""

    def options(self, people: People) -> list[Any]:
        """Return each applicant, and both when there are two."""
        each: list[Any] = [(record,) for record in people.names]
        return [*each, tuple(people.names)] if len(each) == 2 else each

    def words(self, value: Any, people: People) -> Html | None:
        """Return the names."""
        return escape(people.listed(value)) if value else None


def label_of(group: str, name: str) -> str:
    """Return the name of a field as a person reads it.

    Args:
        group: kind of record, or name of the form.
        name: name of the field; the part before a dot only says which of several parts it is.
    """
    own = f"field.{group}.{name}"
    if known(own):
        return t(own)
    part, dot, inner = name.rpartition(".")
    if dot:
        of, _, position = part.partition(".")
        field_name = t(f"field.part.{inner}")
        if position.strip("0"):
            return t(f"field.{of}_part_number", number=int(position) + 1, field=field_name)
        return t(f"field.{of}_part", field=field_name)
    return t(f"field.{name}")


def short_label(group: str, name: str) -> str:
    """Return the name of a field below the heading that says of which part it is."""
    inner = name.rpartition(".")[2]
    return t(f"field.part.{inner}") if "." in name else label_of(group, name)


def hint_of(group: str, item: Field) -> str | None:
    """Return an example of what to type, or None."""
    for key in (f"hint.{group}.{item.name}", f"hint.{item.name.rpartition('.')[2]}", f"hint.{type(item).__name__}"):
        if known(key):
            return t(key)
    return None


def field_error(key: str, sentence: str) -> Html:
    """Return the sentence that stands below a field that is wrong.

    Args:
        key: key of the field's widget.
        sentence: what is wrong and what to do.
    """
    return tag("p", t("form.error_word"), " ", sentence, class_="field-error", id=f"fout-{key}", data_field=key)
