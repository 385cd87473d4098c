"""Numbers of organisations and accounts: KvK, OIN and IBAN."""

from __future__ import annotations

import re
from typing import Final

from schuldhulp.errors import InvalidInput

_KVK = re.compile(r"[0-9]{8}")
_OIN = re.compile(r"[0-9]{20}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DUTCH_IBAN = re.compile(r"NL[0-9]{2}[A-Z]{4}[0-9]{10}")
_SPACES: Final = str.maketrans("", "", " \u00a0")


def parse_kvk(text: str, field: str = "kvk") -> str:
    """Read a number of the trade register (Kamer van Koophandel).

    Returns:
        Eight digits.

    Raises:
        InvalidInput: anything else.
    """
    number = text.strip().translate(_SPACES)
    if not _KVK.fullmatch(number):
        raise InvalidInput("kvk_invalid", f"{field}: eight digits expected", field=field)
    return number


def parse_oin(text: str, field: str = "oin") -> str:
    """Read an identification number of a government organisation (OIN).

    Returns:
        Twenty digits.

    Raises:
        InvalidInput: anything else.
    """
    number = text.strip().translate(_SPACES)
    if not _OIN.fullmatch(number):
        raise InvalidInput("oin_invalid", f"{field}: twenty digits expected", field=field)
    return number


def parse_iban(text: str, field: str = "iban") -> str:
    """Read an account number and check it by ISO 13616: moved around and taken as a number, modulo 97 is 1.

    Returns:
        The number in capitals without spaces; a Dutch one has 18 characters.

    Raises:
        InvalidInput: another shape or a wrong check number.
    """
    number = text.strip().translate(_SPACES)
    # upper() before the shape would let in letters such as ß, which becomes SS.
    if not number.isascii():
        raise InvalidInput("iban_invalid", f"{field}: no account number", field=field)
    number = number.upper()
    if not _IBAN.fullmatch(number) or (number.startswith("NL") and not _DUTCH_IBAN.fullmatch(number)):
        raise InvalidInput("iban_invalid", f"{field}: no account number", field=field)
    digits = "".join(str(int(character, 36)) for character in number[4:] + number[:4])
    if int(digits) % 97 != 1:
        raise InvalidInput("iban_invalid", f"{field}: the check number is wrong", field=field)
    return number
