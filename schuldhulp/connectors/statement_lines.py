"""A statement as lines of text, ``field: value``, with English or Dutch names, the way a party's command reads it.

Amounts are typed as ``1.234,56`` and dates as ``dd-mm-jjjj``. Personal data never stand in the arguments of a command.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from schuldhulp.connectors.claim_lines import Field, Language
from schuldhulp.connectors.lines import read_numbered
from schuldhulp.domain.dates import parse_date
from schuldhulp.domain.identifiers import canonical_postcode
from schuldhulp.domain.money import Frequency, parse_amount
from schuldhulp.domain.organisations import parse_iban, parse_kvk
from schuldhulp.domain.records import ConsentSubject, Json
from schuldhulp.domain.statements import PERIODIC, Statement, statement_from_plain
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

_SUBJECTS: Final = {
    "huur": ConsentSubject.RENT,
    "energie": ConsentSubject.ENERGY,
    "water": ConsentSubject.WATER,
    "zorgverzekering": ConsentSubject.HEALTH_INSURANCE,
    "uitkering": ConsentSubject.BENEFIT,
    "loon": ConsentSubject.SALARY,
}
_FREQUENCIES: Final = {
    "wekelijks": Frequency.WEEKLY,
    "vierwekelijks": Frequency.FOUR_WEEKLY,
    "maandelijks": Frequency.MONTHLY,
    "per_kwartaal": Frequency.QUARTERLY,
    "jaarlijks": Frequency.YEARLY,
}


def _text(value: str, field: str) -> Json:
    return value


def _date(value: str, field: str) -> Json:
    return parse_date(value, field).isoformat()


def _whole(value: str, field: str) -> Json:
    if not (value.isascii() and value.isdecimal()) or len(value) > 9:
        raise InvalidInput("number_wrong", f"{field}: a whole number", field=field)
    return int(value)


def _subject(value: str, field: str) -> Json:
    return _chosen(value, field, tuple(ConsentSubject), _SUBJECTS)


def _frequency(value: str, field: str) -> Json:
    return _chosen(value, field, tuple(PERIODIC), _FREQUENCIES)


def _chosen(value: str, field: str, english: tuple[str, ...], dutch: Mapping[str, str]) -> Json:
    word = value.lower().replace(" ", "_")
    if word in dutch:
        return str(dutch[word])
    if word in english:
        return word
    known = ", ".join(english if field in FIELDS else dutch)
    raise InvalidInput("choice_unknown", f"{field}: choose one of {known}", field=field, choices=known)


def _field(dutch: str, read: object, hint: str, tip: str) -> Field:
    return Field(dutch=dutch, read=read, hint=hint, tip=tip)  # type: ignore[arg-type]


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "municipality": _field("gemeente", _whole, "CBS code of the municipality", "CBS-code van de gemeente"),
        "client.surname": _field("cliënt.achternaam", _text, "text", "tekst"),
        "client.prefix": _field("cliënt.tussenvoegsel", _text, "text; may stay empty", "tekst; mag leeg blijven"),
        "client.initials": _field("cliënt.voorletters", _text, "text; may stay empty", "tekst; mag leeg blijven"),
        "client.birth_date": _field(
            "cliënt.geboortedatum", _text, "dd-mm-jjjj, 00 for what is unknown", "dd-mm-jjjj, 00 bij onbekend"
        ),
        "client.postcode": _field("cliënt.postcode", canonical_postcode, "9711AB", "9711AB"),
        "client.house_number": _field("cliënt.huisnummer", _whole, "whole number", "geheel getal"),
        "client.suffix": _field("cliënt.toevoeging", _text, "text; may stay empty", "tekst; mag leeg blijven"),
        "client.bsn": _field(
            "cliënt.bsn", _text, "only for bodies entitled to it", "alleen voor wie het mag verwerken"
        ),
        "sender.name": _field("afzender.naam", _text, "your organisation", "uw organisatie"),
        "sender.kvk": _field("afzender.kvk", parse_kvk, "KvK number, 8 digits", "KvK-nummer, 8 cijfers"),
        "reference": _field(
            "kenmerk", _text, "your own number of the contract or client", "uw nummer van het contract of de cliënt"
        ),
        "subject": _field("onderwerp", _subject, ", ".join(ConsentSubject), ", ".join(_SUBJECTS)),
        "amount": _field("bedrag", parse_amount, "amount each time, 1.234,56", "bedrag per keer, 1.234,56"),
        "frequency": _field("frequentie", _frequency, ", ".join(PERIODIC), ", ".join(_FREQUENCIES)),
        "from_date": _field("vanaf", _date, "first day, dd-mm-jjjj", "eerste dag, dd-mm-jjjj"),
        "until": _field(
            "tot_en_met", _date, "last day, dd-mm-jjjj; may stay empty", "laatste dag, dd-mm-jjjj; mag leeg blijven"
        ),
        "iban": _field("rekening", parse_iban, "IBAN; may stay empty", "IBAN; mag leeg blijven"),
    }
)
"""Every line of a statement, by its English name."""

_BY_NAME: Final = {name: path for path, field in FIELDS.items() for name in (path, field.dutch)} | {
    # Who types without a trema is understood too.
    field.dutch.replace("ë", "e"): path
    for path, field in FIELDS.items()
}


def statement_template(language: Language = Language.ENGLISH) -> str:
    """Return the lines of a statement without values, each with a hint."""
    if language is Language.DUTCH:
        return "\n".join(f"# {field.tip}\n{field.dutch}:" for field in FIELDS.values())
    return "\n".join(f"# {field.hint}\n{name}:" for name, field in FIELDS.items())


def statement_from_lines(text: str, *, now: datetime, new_id: bytes) -> Statement:
    """Build a statement from lines.

    Args:
        text: lines ``field: value``; empty lines and lines that start with # do not count.
        now: when it is sent.
        new_id: 30 random bytes; with the municipality in front they become its id.

    Returns:
        The statement, checked.

    Raises:
        InvalidInput: a line or value is wrong, a field is unknown or missing; ``field`` names it in English, the text
            as it was typed.
    """
    plain: dict[str, Json] = {"schema": Statement.schema}
    typed: dict[str, str] = {}
    for name, (number, value) in read_numbered(text).items():
        path = _BY_NAME.get(name)
        if path is None:
            raise _unknown(name, number)
        if path in typed:
            raise InvalidInput("field_twice", f"{name}: stands there twice, in two languages", field=path)
        typed[path] = name
        if value:
            _put(plain, path, FIELDS[path].read(value, name))
    municipality = plain.get("municipality")
    if not isinstance(municipality, int) or not 1 <= municipality <= 65_535:
        raise InvalidInput("required", "municipality: the CBS code of the municipality", field="municipality")
    plain["statement_id"] = (MunicipalityCode(municipality).to_bytes(2, "big") + new_id).hex()
    plain["sent_at"] = now.astimezone(UTC).replace(microsecond=0).isoformat()
    try:
        return statement_from_plain(plain)
    except InvalidInput as error:
        name = typed.get(error.field or "", "")
        if not name or name == error.field:
            raise
        raise InvalidInput(error.key, f"{name} ({error})", field=error.field, **error.parameters) from None


def _unknown(name: str, line: int) -> InvalidInput:
    """Name the line of a field that is unknown, and what was probably meant; never what was typed."""
    near = get_close_matches(name, _BY_NAME, n=1, cutoff=0.75)
    meant = f"; did you mean {near[0]}?" if near else "; `schuldhulp statement template` shows them all"
    return InvalidInput("field_unknown", f"line {line}: this field is unknown{meant}", field=name[:60], line=line)


def _put(plain: dict[str, Json], path: str, value: Json) -> None:
    part, dot, name = path.partition(".")
    if not dot:
        plain[path] = value
        return
    held = plain.setdefault(part, {})
    if isinstance(held, dict):
        held[name] = value
