"""The made-up people: names, numbers, addresses, and which of them has an awkward case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from random import Random

from schuldhulp.demonstration.words import CITY, FIRST_NAMES, LONG_SURNAME, POSTCODES, STREETS, SURNAMES
from schuldhulp.domain.identifiers import Bsn, PartialDate
from schuldhulp.domain.records import Address, Applicant, Position
from schuldhulp.errors import InvalidInput

SEED = 20181
HOUSEHOLDS = 64


class Case(Enum):
    """What makes a household awkward, or nothing."""

    PLAIN = "plain"
    COUPLE = "couple"
    MANY_CREDITORS = "many creditors"
    NO_ADDRESS = "no address"
    LONG_NAME = "long name"
    EMPTY = "empty"
    ENDED = "ended"
    STALE_STATEMENT = "stale statement"
    DISPUTED = "disputed"
    CHAIN_OF_COLLECTORS = "chain of collectors"
    MOVED = "moved"


_CASES = {
    2: Case.COUPLE,
    3: Case.MANY_CREDITORS,
    4: Case.NO_ADDRESS,
    5: Case.LONG_NAME,
    6: Case.EMPTY,
    7: Case.ENDED,
    8: Case.STALE_STATEMENT,
    9: Case.DISPUTED,
    10: Case.CHAIN_OF_COLLECTORS,
    11: Case.MOVED,
    23: Case.COUPLE,
    38: Case.COUPLE,
    51: Case.COUPLE,
}


@dataclass(frozen=True, kw_only=True)
class Household:
    """One dossier of the demonstration.

    Attributes:
        number: 1 and up; also its place in the file numbers.
        case: what is awkward about it.
        applicants: one person or two.
    """

    number: int
    case: Case
    applicants: tuple[Applicant, ...]


def test_numbers() -> Iterator[Bsn]:
    """Yield the citizen service numbers of the test range that pass the eleven test, ascending."""
    for number in range(999_990_000, 1_000_000_000):
        try:
            yield Bsn(str(number))
        except InvalidInput:
            continue


def households(today: date) -> list[Household]:
    """Return the households, the same for the same day.

    Args:
        today: the day that periods are counted back from.
    """
    random = Random(SEED)  # noqa: S311 - made-up people must be the same each time
    numbers = test_numbers()
    found = []
    for number in range(1, HOUSEHOLDS + 1):
        case = _CASES.get(number, Case.PLAIN)
        first = _applicant(random, next(numbers), number, case, today)
        people = [first]
        if case is Case.COUPLE:
            people.append(_partner(random, next(numbers), first))
        found.append(Household(number=number, case=case, applicants=tuple(people)))
    return found


def _applicant(random: Random, bsn: Bsn, number: int, case: Case, today: date) -> Applicant:
    prefix, surname = SURNAMES[number % len(SURNAMES)] if case is not Case.LONG_NAME else ("", LONG_SURNAME)
    first_name = FIRST_NAMES[(number * 7 + number // len(SURNAMES)) % len(FIRST_NAMES)]
    unknown_day = number % 29 == 0
    birth_date = PartialDate(
        random.randint(1958, 2004), random.randint(1, 12), 0 if unknown_day else random.randint(1, 28)
    )
    return Applicant(
        initials=f"{first_name[0]}.",
        first_names=first_name,
        prefix=prefix,
        surname=surname,
        birth_date=birth_date,
        bsn=bsn,
        addresses=_addresses(random, case, today),
        phone=f"06 000 {random.randint(0, 99):02} {random.randint(0, 999):03}",
        email=f"client{number}@example.nl" if number % 5 else "",
    )


def _partner(random: Random, bsn: Bsn, first: Applicant) -> Applicant:
    prefix, surname = random.choice(SURNAMES)
    first_name = random.choice(FIRST_NAMES)
    married = " ".join(part for part in (first.prefix, first.surname) if part)
    return Applicant(
        initials=f"{first_name[0]}.",
        first_names=first_name,
        prefix=prefix,
        surname=surname,
        other_surnames=(married,) if (prefix, surname) != (first.prefix, first.surname) else (),
        birth_date=PartialDate(
            first.birth_date.year + random.randint(-4, 4), random.randint(1, 12), random.randint(1, 28)
        ),
        bsn=bsn,
        addresses=first.addresses,
        position=Position.PARTNER,
    )


def _addresses(random: Random, case: Case, today: date) -> tuple[Address, ...]:
    if case is Case.NO_ADDRESS:
        return ()
    moved_on = today - timedelta(days=random.randint(800, 4000))
    if case is not Case.MOVED:
        return (_address(random, moved_on, None),)
    recently = today - timedelta(days=150)
    return (_address(random, moved_on, recently - timedelta(days=1)), _address(random, recently, None))


def _address(random: Random, from_date: date, until: date | None) -> Address:
    return Address(
        street=random.choice(STREETS),
        house_number=random.randint(1, 240),
        suffix=random.choice(("", "", "", "a", "b", "bis", "2")),
        postcode=random.choice(POSTCODES) + random.choice("ABCDEGHJKLNPRSTVWXZ") + random.choice("ABCDEGHJKLNPRSTVWXZ"),
        city=CITY,
        from_date=from_date,
        until=until,
    )
