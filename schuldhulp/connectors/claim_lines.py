"""A claim as lines of text, ``field: value``, with English or Dutch names, the way a creditor's command reads it.

Amounts are typed as ``1.234,56`` and dates as ``dd-mm-jjjj``. Both languages may stand in one text; errors name a field
the way it was typed, and one that was not typed in the language of most others. Personal data never stand in the
arguments of a command; hence this form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from schuldhulp.connectors.lines import read_numbered
from schuldhulp.domain.claims import ClaimContents, ClaimStage, contents_from_plain, contents_to_plain
from schuldhulp.domain.dates import parse_date
from schuldhulp.domain.identifiers import canonical_postcode
from schuldhulp.domain.money import Frequency, parse_amount
from schuldhulp.domain.organisations import parse_iban, parse_kvk
from schuldhulp.domain.records import Json, ObligationType, Preference
from schuldhulp.errors import InvalidInput

Reader = Callable[[str, str], Json]
"""Turns what was typed into a plain value; the second argument names the field."""


class Language(StrEnum):
    """In which language fields are named."""

    ENGLISH = "en"
    DUTCH = "nl"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One line of a claim.

    Attributes:
        dutch: its Dutch name; the English one is the key of the table.
        read: turns what was typed into a plain value.
        hint: what to type, in English.
        tip: the same in Dutch.
    """

    dutch: str
    read: Reader
    hint: str
    tip: str


def contents_from_lines(text: str, *, now: datetime, base: ClaimContents | None = None) -> ClaimContents:
    """Build the contents of a claim from lines.

    Args:
        text: lines ``field: value``; empty lines and lines that start with # do not count.
        now: when it is handed in.
        base: contents that are changed; what no line names stays, an empty line clears a field.

    Returns:
        The contents, checked.

    Raises:
        InvalidInput: a line or value is wrong, a field is unknown or missing; ``field`` names it in English.
    """
    plain: dict[str, Json] = contents_to_plain(base) if base is not None else {}
    typed: dict[str, str] = {}
    lines = read_numbered(text)
    for name, (number, value) in lines.items():
        path = _BY_NAME.get(name)
        if path is None:
            raise _unknown(name, number)
        if path in typed:
            raise InvalidInput("field_twice", f"{name}: stands there twice, in two languages", field=path)
        typed[path] = name
        _put(plain, path, None if not value else FIELDS[path].read(value, name))
    plain["sent_at"] = now.astimezone(UTC).replace(microsecond=0).isoformat()
    try:
        return contents_from_plain(_without_empty_parts(plain))
    except InvalidInput as error:
        field = error.field or ""
        name = typed.get(field) or (_dutch(field) if _mostly_dutch(lines) else "")
        if not name or name == error.field:
            raise
        raise InvalidInput(error.key, f"{name} ({error})", field=error.field, **error.parameters) from None


def _unknown(name: str, line: int) -> InvalidInput:
    """Name the line of a field that is unknown, and what was probably meant; never what was typed."""
    near = get_close_matches(name, _BY_NAME, n=1, cutoff=0.75)
    meant = f"; did you mean {near[0]}?" if near else "; `schuldhulp claim template` shows them all"
    return InvalidInput("field_unknown", f"line {line}: this field is unknown{meant}", field=name[:60], line=line)


def _mostly_dutch(names: Iterable[str]) -> bool:
    english = [name in FIELDS for name in names]
    return 2 * sum(english) < len(english)


def _dutch(path: str) -> str:
    """Return the Dutch name of a field or of a part with fields, empty for what has no line."""
    if path in FIELDS:
        return FIELDS[path].dutch
    parts = (field.dutch.partition(".")[0] for name, field in FIELDS.items() if name.startswith(f"{path}."))
    return next(parts, "")


def claim_template(language: Language = Language.ENGLISH) -> str:
    """Return the lines of a claim without values, each with a hint."""
    if language is Language.DUTCH:
        return "\n".join(f"# {field.tip}\n{field.dutch}:" for field in FIELDS.values())
    return "\n".join(f"# {field.hint}\n{name}:" for name, field in FIELDS.items())


def _put(plain: dict[str, Json], path: str, value: Json) -> None:
    part, dot, name = path.partition(".")
    if not dot:
        owner, key = plain, path
    else:
        held = plain.get(part)
        owner, key = (held if isinstance(held, dict) else {}), name
        plain[part] = owner
    if value is None:
        owner.pop(key, None)
    else:
        owner[key] = value


def _without_empty_parts(plain: dict[str, Json]) -> dict[str, Json]:
    kept = {name: value for name, value in plain.items() if value != {}}
    if kept.get("objection_until") == _NO_TERM_VALUE:
        kept["objection_until"] = None
    return kept


# --- what is typed ---

_NO_TERM_VALUE: Final = "none"


def _text(value: str, field: str) -> Json:
    return value


def _date(value: str, field: str) -> Json:
    return parse_date(value, field).isoformat()


def _term(value: str, field: str) -> Json:
    return _NO_TERM_VALUE if value.lower() in ("none", "geen") else _date(value, field)


def _whole(value: str, field: str) -> Json:
    if not (value.isascii() and value.isdecimal()) or len(value) > 9:
        raise InvalidInput("number_wrong", f"{field}: a whole number", field=field)
    return int(value)


def _choice(choices: type[StrEnum], dutch: Mapping[str, StrEnum]) -> Reader:
    def read(value: str, field: str) -> Json:
        word = value.lower().replace(" ", "_")
        if word in dutch:
            return dutch[word].value
        if word in set(choices):
            return word
        # In the language of the name, as in the template.
        known = ", ".join(choices if field in FIELDS else dutch)
        raise InvalidInput("choice_unknown", f"{field}: choose one of {known}", field=field, choices=known)

    return read


_STAGES: Final = {
    "schuldeiser": ClaimStage.CREDITOR,
    "incassant": ClaimStage.COLLECTOR,
    "deurwaarder": ClaimStage.BAILIFF,
}
_TYPES: Final = {
    "huur": ObligationType.RENT,
    "hypotheek": ObligationType.MORTGAGE,
    "energie": ObligationType.ENERGY,
    "water": ObligationType.WATER,
    "zorgverzekering": ObligationType.HEALTH_INSURANCE,
    "gemeentelijke_belasting": ObligationType.MUNICIPAL_TAX,
    "rijksbelasting": ObligationType.NATIONAL_TAX,
    "terugvordering": ObligationType.BENEFIT_REPAYMENT,
    "krediet": ObligationType.CONSUMER_CREDIT,
    "telecom": ObligationType.TELECOM,
    "boete": ObligationType.FINE,
    "familie": ObligationType.FAMILY,
    "overig": ObligationType.OTHER,
}
_FREQUENCIES: Final = {
    "wekelijks": Frequency.WEEKLY,
    "vierwekelijks": Frequency.FOUR_WEEKLY,
    "maandelijks": Frequency.MONTHLY,
    "per_kwartaal": Frequency.QUARTERLY,
    "jaarlijks": Frequency.YEARLY,
    "eenmalig": Frequency.ONCE,
}
_RANKS: Final = {"preferent": Preference.PREFERENT, "concurrent": Preference.CONCURRENT}


def _field(dutch: str, read: Reader, hint: str, tip: str) -> Field:
    return Field(dutch=dutch, read=read, hint=hint, tip=tip)


_AMOUNT: Final[tuple[Any, str, str]] = (parse_amount, "amount, 1.234,56", "bedrag, 1.234,56")
_DAY: Final[tuple[Any, str, str]] = (_date, "date, dd-mm-jjjj", "datum, dd-mm-jjjj")
_KVK: Final[tuple[Any, str, str]] = (parse_kvk, "KvK number, 8 digits", "KvK-nummer, 8 cijfers")
_OPTIONAL: Final[tuple[Any, str, str]] = (_text, "text; may stay empty", "tekst; mag leeg blijven")
_REQUIRED: Final[tuple[Any, str, str]] = (_text, "text", "tekst")

FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "municipality": _field("gemeente", _whole, "CBS code of the municipality", "CBS-code van de gemeente"),
        "debtor.surname": _field("schuldenaar.achternaam", *_REQUIRED),
        "debtor.prefix": _field("schuldenaar.tussenvoegsel", *_OPTIONAL),
        "debtor.initials": _field("schuldenaar.voorletters", *_OPTIONAL),
        "debtor.birth_date": _field(
            "schuldenaar.geboortedatum", _text, "dd-mm-jjjj, 00 for what is unknown", "dd-mm-jjjj, 00 bij onbekend"
        ),
        "debtor.postcode": _field("schuldenaar.postcode", canonical_postcode, "9711AB", "9711AB"),
        "debtor.house_number": _field("schuldenaar.huisnummer", _whole, "whole number", "geheel getal"),
        "debtor.suffix": _field("schuldenaar.toevoeging", *_OPTIONAL),
        "debtor.bsn": _field(
            "schuldenaar.bsn", _text, "only for bodies entitled to it", "alleen voor wie het mag verwerken"
        ),
        "original_creditor.name": _field("oorspronkelijke_schuldeiser.naam", *_REQUIRED),
        "original_creditor.kvk": _field("oorspronkelijke_schuldeiser.kvk", *_KVK),
        "reference": _field(
            "referentie",
            _text,
            "the original creditor's own number of this debt, such as an invoice number",
            "eigen nummer van deze schuld bij de oorspronkelijke schuldeiser, zoals een factuurnummer",
        ),
        "holder.name": _field("houder.naam", _text, "your organisation", "uw organisatie"),
        "holder.kvk": _field("houder.kvk", *_KVK),
        "stage": _field("fase", _choice(ClaimStage, _STAGES), ", ".join(ClaimStage), ", ".join(_STAGES)),
        "holder_reference": _field("nummer_houder", *_OPTIONAL),
        "type": _field("soort", _choice(ObligationType, _TYPES), ", ".join(ObligationType), ", ".join(_TYPES)),
        "principal": _field("hoofdsom", *_AMOUNT),
        "costs": _field("kosten", *_AMOUNT),
        "interest": _field("rente", *_AMOUNT),
        "statement_date": _field("opgavedatum", *_DAY),
        "origin_date": _field("ontstaansdatum", *_DAY),
        "preference": _field("rang", _choice(Preference, _RANKS), ", ".join(Preference), ", ".join(_RANKS)),
        "preference_ground": _field(
            "grond_preferentie", _text, "law; only for a preferent claim", "wet; alleen bij een preferente vordering"
        ),
        "legal_ground": _field("rechtsgrond", _text, "contract, law or judgment", "contract, wet of vonnis"),
        "instalment_proposal.amount": _field(
            "termijnvoorstel.bedrag", parse_amount, "amount; may stay empty", "bedrag; mag leeg blijven"
        ),
        "instalment_proposal.frequency": _field(
            "termijnvoorstel.frequentie",
            _choice(Frequency, _FREQUENCIES),
            ", ".join(one for one in Frequency if one is not Frequency.NONE),
            ", ".join(_FREQUENCIES),
        ),
        "contact.name": _field("contact.naam", *_REQUIRED),
        "contact.email": _field("contact.e-mail", _text, "this or the telephone", "dit of de telefoon"),
        "contact.phone": _field("contact.telefoon", _text, "this or the e-mail", "dit of de e-mail"),
        "iban": _field("rekening", parse_iban, "IBAN to pay into", "IBAN om op te betalen"),
        "why_owed": _field(
            "waarom", _text, "why it is owed; the resident reads this", "waarom dit te betalen is; de inwoner leest dit"
        ),
        "objection": _field("bezwaar", _text, "how to object", "hoe bezwaar te maken is"),
        "objection_until": _field(
            "bezwaar_tot", _term, "last day, dd-mm-jjjj, or none", "laatste dag, dd-mm-jjjj, of geen"
        ),
    }
)
"""Every line of a claim, by its English name."""

_BY_NAME: Final = {name: path for path, field in FIELDS.items() for name in (path, field.dutch)}
