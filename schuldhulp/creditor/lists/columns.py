"""Which columns of a list say whom it is about, and what their cells mean.

Cells are read as spreadsheets leave them: ``="0123"``, a leading apostrophe, a time behind a date, spaces at the ends.
A cell that could be understood in two ways is refused: a mistake here would give red for somebody who is known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schuldhulp.domain.dates import parse_partial_date
from schuldhulp.domain.identifiers import Identifier, bsn_identifier, name_identifier, parse_bsn
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

PERSON: Final = ("surname", "birth_date", "postcode", "house_number")
"""Fields of a person who is looked for by name."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "surname": ("achternaam", "geslachtsnaam", "familienaam", "surname", "lastname", "familyname"),
    "prefix": ("voorvoegsel", "voorvoegsels", "tussenvoegsel", "tussenvoegsels", "prefix", "surnameprefix"),
    "birth_date": ("geboortedatum", "gebdatum", "gebdat", "birthdate", "dateofbirth", "dob"),
    "postcode": ("postcode", "postalcode", "zipcode", "zip"),
    "house_number": ("huisnummer", "huisnr", "housenumber", "housenr", "houseno"),
    "bsn": ("bsn", "burgerservicenummer", "citizenservicenumber"),
    "municipality": ("gemeente", "gemeentecode", "gemeentenummer", "municipality", "municipalitycode", "cbscode"),
}
"""What a column may be called; capitals, spaces, hyphens, dots and underscores do not matter."""

_FIELDS: Final = {name: field for field, names in NAMES.items() for name in names}
_FORMULA: Final = re.compile(r'="(.*)"', re.DOTALL)
_TIME: Final = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")
_CODE: Final = re.compile(r"(?:GM)?0*([1-9][0-9]{0,4})", re.IGNORECASE)
_UNREADABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
"""Control characters, bytes that are no text in the encoding of the list, and what stands for a lost character."""
_INVISIBLE: Final = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a row asks.

    Attributes:
        identifier: whom it is about.
        municipality: CBS code of the municipality to ask.
    """

    identifier: Identifier
    municipality: MunicipalityCode


def field_of(name: str) -> str | None:
    """Return the field that a column holds by its name, None for a column that is only passed on."""
    plain = unicodedata.normalize("NFKC", _clean(name)).casefold()
    return _FIELDS.get(re.sub(r"[\s_.\-/]", "", plain))


def require_person(fields: Iterable[str]) -> None:
    """Refuse a list whose columns cannot say whom it is about.

    Args:
        fields: fields of its columns.

    Raises:
        InvalidInput: neither a BSN nor all that a name needs; the text says what is missing.
    """
    present = set(fields)
    missing = [name for name in PERSON if name not in present]
    if missing and "bsn" not in present:
        raise InvalidInput(
            "list_columns_missing",
            f"the list has no column for {', '.join(missing)}; the first line must name the columns",
            field=missing[0],
        )


def cells_of(columns: Iterable[tuple[str | None, str]]) -> dict[str, str]:
    """Gather the cells of a row by field.

    Args:
        columns: field and cell of each column; the field is None for a column that is only passed on.

    Returns:
        Cleaned cells by field.

    Raises:
        InvalidInput: two columns for one field hold different things, or a cell holds unreadable characters.
    """
    cells: dict[str, str] = {}
    for field, raw in columns:
        if field is None:
            continue
        cell = _clean(raw)
        if _UNREADABLE.search(cell):
            raise InvalidInput(
                "character_unreadable", f"{field}: an unreadable character; save the list as UTF-8", field=field
            )
        if cells.get(field) and cell and cells[field] != cell:
            raise InvalidInput("column_twice", f"{field}: two columns hold different things", field=field)
        cells[field] = cells.get(field) or cell
    return cells


def asked_of(cells: Mapping[str, str], municipality: MunicipalityCode) -> Asked:
    """Read whom a row is about: by citizen service number where there is one, by name otherwise.

    Args:
        cells: cells by field, from `cells_of`.
        municipality: CBS code for a row that names none.

    Returns:
        What the row asks.

    Raises:
        InvalidInput: a cell is empty or wrong; ``field`` names it, and nothing repeats it.
    """
    return Asked(identifier=_identifier(cells), municipality=_municipality(cells.get("municipality", ""), municipality))


def _identifier(cells: Mapping[str, str]) -> Identifier:
    if cells.get("bsn") or not any(name in cells for name in PERSON):
        return bsn_identifier(parse_bsn(cells.get("bsn", "")))
    surname = cells.get("surname", "")
    if "," in surname:
        # "Berg, van den" would become another name than "van den Berg".
        raise InvalidInput("surname_comma", "surname: write it without a comma, prefix first", field="surname")
    # The prefix takes no part in a tag, wherever it stands.
    birth_date = parse_partial_date(_TIME.sub("", cells.get("birth_date", "")))
    return name_identifier(surname, birth_date, cells.get("postcode", ""), cells.get("house_number", ""))


def _municipality(text: str, default: MunicipalityCode) -> MunicipalityCode:
    if not text:
        return default
    found = _CODE.fullmatch(text)
    if found is None or int(found[1]) > 65535:
        raise InvalidInput(
            "municipality_invalid", "municipality: a CBS code expected, such as 14", field="municipality"
        )
    return MunicipalityCode(int(found[1]))


def _clean(cell: str) -> str:
    cell = cell.strip().strip(_INVISIBLE).strip()
    if found := _FORMULA.fullmatch(cell):
        cell = found[1].strip()
    return cell.removeprefix("'").strip()
