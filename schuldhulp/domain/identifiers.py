"""Who somebody is to those who may know the citizen service number (BSN) and to those who may not.

Both identifiers are brought to one canonical spelling here, so that a creditor and a municipality that never exchange
them still hash the same bytes. The rules are pinned by tests/vectors/identifiers.json; changing one changes every tag.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from schuldhulp.domain.checks import MAX_LINE, Redacted
from schuldhulp.domain.dates import PartialDate, parse_partial_date
from schuldhulp.errors import InvalidInput

__all__ = [
    "Bsn",
    "Identifier",
    "IdentifierKind",
    "PartialDate",
    "bsn_identifier",
    "canonical_house_number",
    "canonical_postcode",
    "canonical_surname",
    "name_identifier",
    "parse_bsn",
    "parse_partial_date",
    "parse_person",
]


class IdentifierKind(IntEnum):
    """Which identifier a tag was made from; the number goes into the tag."""

    BSN = 1
    """For bodies that the law entitles to the citizen service number."""
    NADB = 2
    """Name, address, date of birth: for everyone else."""


_WEIGHTS: Final = (9, 8, 7, 6, 5, 4, 3, 2, -1)


@dataclass(frozen=True, slots=True, repr=False)
class Bsn(Redacted):
    """A citizen service number that passes the eleven test. Neither ``repr`` nor ``str`` shows it.

    Attributes:
        digits: nine digits.
    """

    digits: str

    def __post_init__(self) -> None:
        """Refuse what is no citizen service number.

        Raises:
            InvalidInput: not nine digits, all zeros, or the eleven test fails.
        """
        _check_bsn(self.digits, "bsn")

    def __str__(self) -> str:
        """Return the redacted form, so that no text can be built from it by accident."""
        return repr(self)

    @property
    def is_test(self) -> bool:
        """Whether it lies in the range 999990000 to 999999999, which is never issued."""
        return self.digits.startswith("99999")


def parse_bsn(text: str, field: str = "bsn") -> Bsn:
    """Read a citizen service number.

    Args:
        text: nine digits, or eight where the leading zero was left out; spaces and dots between them do not count.
        field: name of the field, for the error.

    Returns:
        The number.

    Raises:
        InvalidInput: empty, not a number, or the eleven test fails.
    """
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    digits = re.sub(r"[ .\u00a0]", "", stripped)
    if len(digits) == 8:
        digits = f"0{digits}"
    _check_bsn(digits, field)
    return Bsn(digits)


def _check_bsn(digits: str, field: str) -> None:
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise InvalidInput("bsn_invalid", f"{field}: nine digits expected", field=field)
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    if total % 11 or digits == "000000000":
        raise InvalidInput("bsn_invalid", f"{field}: the number does not pass the eleven test", field=field)


@dataclass(frozen=True, slots=True, repr=False, order=True)
class Identifier(Redacted):
    """What is hashed into a tag.

    Attributes:
        kind: which of the two.
        text: its canonical form, for example ``NL.NADB:jansen|1980-02-00|9711AB|12``.
    """

    kind: IdentifierKind
    text: str

    @property
    def encoded(self) -> bytes:
        """The bytes that are blinded."""
        return self.text.encode("utf-8")


# What NFKD leaves as a letter of its own, after lower case; from the scripts that Dutch civil registration (BRP,
# Teletex and later the Latin part of Unicode) can hold.
_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ı": "i",
        "ĸ": "k",
        "ŋ": "n",
        "ŧ": "t",
        "ə": "e",
        "ƒ": "f",
    }
)

# Tussenvoegsels as in table 36 of the Dutch civil registration (BRP), apostrophes taken as spaces, and how people
# shorten the commonest ("v.d.", "vd"). Longest first is how they are matched, not how they stand here.
_PREFIX_TABLE: Final = """
aan, aan de, aan den, aan der, aan het, aan t, af, al, am, am de, auf, auf dem, auf den, auf der, auf ter,
aus, aus dem, aus den, aus der, aus m, ben, bij, bij de, bij den, bij het, bij t, bin, boven d, boven den,
d, da, dal, dall, dalla, das, de, de die, de die le, de l, de la, de las, de le, de los, de van der, degli,
dei, del, dell, della, dello, den, der, des, di, die, die le, do, don, dos, du, e, el, het, im, in, in de,
in den, in der, in het, in t, l, la, las, le, les, lo, los, of, onder, onder de, onder den, onder het,
onder t, op, op de, op den, op der, op gen, op het, op t, op ten, over, over de, over den, over het, over t,
s, t, te, ten, ter, tho, thoe, thor, to, toe, tot, tot den, tot der, tot t, uijt, uijt de, uijt den,
uijt te de, uijt ten, uit, uit de, uit den, uit het, uit t, uit te de, uit ten, unter, v, v d, van, van de,
van de l, van den, van der, van gen, van het, van la, van t, van ter, van van de, vd, ver, vom, vom und zu,
von, von dem, von den, von der, von t, voor, voor de, voor den, voor in t, vor, vor der, y, zu, zum, zur
"""
_PREFIXES: Final = frozenset(tuple(prefix.split()) for prefix in _PREFIX_TABLE.split(","))
_LONGEST_PREFIX: Final = max(map(len, _PREFIXES))

_POSTCODE: Final = re.compile(r"([1-9][0-9]{3})[ \u00a0]*([A-Za-z]{2})")
_HOUSE_NUMBER: Final = re.compile(r"0*([1-9][0-9]{0,4})(?![0-9]).*", re.DOTALL)


def canonical_surname(text: str, field: str = "surname") -> str:
    """Bring a surname to the spelling that is hashed.

    NFKD without the marks it splits off, lower case, a table for letters that NFKD leaves, everything that is no letter
    taken as a space, prefixes dropped wherever a further word follows them (also behind the hyphen of a double name),
    and the words joined. ``van der Berg-d'Ancona`` becomes ``bergancona``. A surname that is nothing but a prefix,
    such as ``Le``, stays.

    Args:
        text: the surname as it is written, with or without prefixes.
        field: name of the field, for the error.

    Returns:
        Letters only, at least one.

    Raises:
        InvalidInput: empty, longer than `MAX_LINE` characters, or without a letter.
    """
    if not text.strip():
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    if len(text) > MAX_LINE:
        raise InvalidInput("text_too_long", f"{field}: at most {MAX_LINE} characters", field=field, limit=MAX_LINE)
    words = _words(text)
    kept: list[str] = []
    position = 0
    while position < len(words):
        length = _prefix_length(words, position)
        if length == 0:
            kept.append(words[position])
        position += length or 1
    if not kept:
        raise InvalidInput("surname_invalid", f"{field}: a name with letters expected", field=field)
    return "".join(kept)


def _words(text: str) -> list[str]:
    # Lower case can bring back what NFKD takes apart (İ), so both are done until nothing changes any more.
    folded = unicodedata.normalize("NFKD", text)
    while (again := unicodedata.normalize("NFKD", folded.lower().translate(_LETTERS))) != folded:
        folded = again
    # Marks and invisible characters (soft hyphen, joiners, direction) vanish; they do not part words.
    visible = (character for character in folded if unicodedata.category(character) not in ("Mn", "Me", "Mc", "Cf"))
    return "".join(character if character.isalpha() else " " for character in visible).split()


def _prefix_length(words: list[str], position: int) -> int:
    for length in range(min(_LONGEST_PREFIX, len(words) - position - 1), 0, -1):
        if tuple(words[position : position + length]) in _PREFIXES:
            return length
    return 0


def canonical_postcode(text: str, field: str = "postcode") -> str:
    """Bring a Dutch postcode to ``9711AB``.

    Raises:
        InvalidInput: anything but four digits, of which the first is not 0, and two letters.
    """
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    found = _POSTCODE.fullmatch(stripped)
    if found is None:
        raise InvalidInput("postcode_invalid", f"{field}: four digits and two letters expected", field=field)
    return found[1] + found[2].upper()


def canonical_house_number(text: str, field: str = "house_number") -> str:
    """Bring a house number to its digits; letter and addition are left out: ``12-a 3`` becomes ``12``.

    Not all digits are joined: 12-3 would become the house number 123 in the same street.

    Raises:
        InvalidInput: it does not begin with a number from 1 to 99999.
    """
    stripped = text.strip()
    if not stripped:
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    found = _HOUSE_NUMBER.fullmatch(stripped)
    if found is None or len(stripped) > MAX_LINE:
        raise InvalidInput("house_number_invalid", f"{field}: begin with the number", field=field)
    return found[1]


def bsn_identifier(bsn: Bsn) -> Identifier:
    """Return the identifier for bodies entitled to the citizen service number."""
    return Identifier(IdentifierKind.BSN, f"NL.BSN:{bsn.digits}")


def name_identifier(surname: str, birth_date: PartialDate, postcode: str, house_number: str) -> Identifier:
    """Return the identifier for everyone else.

    Args:
        surname: as it is written, with or without prefixes.
        birth_date: unknown day or month as 0.
        postcode: as it is written.
        house_number: as it is written, with or without an addition.

    Raises:
        InvalidInput: one of the parts has no canonical form; ``field`` names it.
    """
    parts = (
        canonical_surname(surname),
        birth_date.iso,
        canonical_postcode(postcode),
        canonical_house_number(house_number),
    )
    return Identifier(IdentifierKind.NADB, f"NL.NADB:{'|'.join(parts)}")


def parse_person(line: str) -> Identifier:
    """Read one person as a creditor writes it: ``surname;birth date;postcode;house number``.

    Args:
        line: four parts between semicolons; the date as dd-mm-jjjj or jjjj-mm-dd, an unknown day or month as 00.

    Returns:
        The identifier of that person.

    Raises:
        InvalidInput: another number of parts (field ``person``), or a part that is wrong (field names the part).
    """
    parts = line.strip().split(";")
    if len(parts) != 4:
        raise InvalidInput(
            "person_parts",
            "person: write surname;birth date;postcode;house number on one line",
            field="person",
            found=len(parts),
        )
    surname, birth_date, postcode, house_number = parts
    return name_identifier(surname, parse_partial_date(birth_date), postcode, house_number)
