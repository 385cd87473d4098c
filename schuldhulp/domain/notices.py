"""A notice (kennisgeving): what the credit bank tells a creditor when somebody gets help, and where that stands.

The creditor is asked to stop running up costs and to hand in its claim. Parties in debt help answer each other within
ten working days (NVVK); nobody watches that clock unless this does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

from schuldhulp.domain.checks import Redacted, as_utc, check_bytes, check_date, check_line, check_second, check_whole
from schuldhulp.domain.identifiers import PartialDate, canonical_postcode
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.plain import Json, mapping, object_from_plain, object_to_plain
from schuldhulp.domain.records import Address, Applicant, Obligation
from schuldhulp.domain.types import MunicipalityCode, Salt
from schuldhulp.domain.working_days import ANSWER_DAYS, add_working_days
from schuldhulp.errors import InvalidInput


class NoticeState(StrEnum):
    """Where a notice stands."""

    WAITING = "waiting"
    """It has not left yet, or something is in its way."""
    DELIVERED = "delivered"
    """The evaluator took it for the creditor, who did not sign for it yet."""
    ACKNOWLEDGED = "acknowledged"
    """The creditor's account signed that it has it."""
    OVERDUE = "overdue"
    """Ten working days went by and the creditor did not sign."""
    BY_HAND = "by_hand"
    """It went by letter, electronic mail or telephone; nothing is signed there."""
    LOST = "lost"
    """Its delivery is not in this database, or was not written by this system."""


class NoticeRequest(StrEnum):
    """What the creditor is asked."""

    STOP_COSTS = "stop_costs"
    """Run up no further costs of collection."""
    HAND_IN_CLAIM = "hand_in_claim"
    """Hand the claim in, with what it consists of, by the day that is named."""


REQUESTS: Final = (NoticeRequest.STOP_COSTS, NoticeRequest.HAND_IN_CLAIM)
"""What every notice asks."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class NoticeClient(Redacted):
    """Somebody who gets help, as the creditor knows this person.

    Attributes:
        initials: for example ``A.B.``, or empty.
        prefix: what stands in front of the surname, or empty.
        surname: surname without the prefix.
        birth_date: unknown day or month as 0.
        street: street of the address that the creditor knows, or empty for who has none; then the rest is empty too.
        house_number: its number; 0 where there is no address.
        suffix: letter and addition, or empty.
        postcode: ``9711AB``.
        city: name of the place.
    """

    initials: str = ""
    prefix: str = ""
    surname: str
    birth_date: PartialDate
    street: str = ""
    house_number: int = 0
    suffix: str = ""
    postcode: str = ""
    city: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_line(self.initials, "initials", longest=40)
        check_line(self.prefix, "prefix", longest=40)
        check_line(self.surname, "surname", required=True)
        if not isinstance(self.birth_date, PartialDate):
            raise InvalidInput("type_wrong", "birth_date: date expected", field="birth_date")
        known = bool(self.street)
        check_line(self.street, "street")
        check_whole(self.house_number, "house_number", lowest=1 if known else 0, highest=99_999 if known else 0)
        check_line(self.suffix, "suffix", longest=20 if known else 0)
        check_line(self.postcode, "postcode", required=known, longest=6 if known else 0)
        if known and canonical_postcode(self.postcode) != self.postcode:
            raise InvalidInput("postcode_invalid", "postcode: write it as 9711AB", field="postcode")
        check_line(self.city, "city", required=known, longest=200 if known else 0)

    @property
    def full_name(self) -> str:
        """Initials, prefix and surname, for a screen or a letter."""
        return " ".join(part for part in (self.initials, self.prefix, self.surname) if part)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Notice(Redacted):
    """What is written to one creditor about one debt.

    Attributes:
        notice_id: ``uint16 municipality || 30 random bytes``.
        municipality: CBS code.
        sender: name of the municipality.
        contact: whom the creditor can turn to.
        recipient: name of the creditor, collector or bailiff.
        kvk: its number in the trade register, or empty.
        reference: under which number the recipient knows the debt, or empty.
        clients: the one or two persons who owe it.
        enrolled_since: first day on which creditors could see that they have help.
        requests: what is asked.
        answer_by: by which day.
        written_at: when it was written, UTC, whole seconds.
        salt: 32 random bytes; without them nobody can guess what the hash of a notice hides.
    """

    schema: ClassVar[int] = 1

    notice_id: bytes
    municipality: MunicipalityCode
    sender: str
    contact: str
    recipient: str
    kvk: str = ""
    reference: str = ""
    clients: tuple[NoticeClient, ...]
    enrolled_since: date
    requests: tuple[NoticeRequest, ...] = REQUESTS
    answer_by: date
    written_at: datetime
    salt: Salt

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_bytes(self.notice_id, "notice_id")
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        if self.notice_id[:2] != self.municipality.to_bytes(2, "big"):
            raise InvalidInput("municipality_other", "notice_id: of another municipality", field="notice_id")
        check_line(self.sender, "sender", required=True)
        check_line(self.contact, "contact", required=True, longest=500)
        check_line(self.recipient, "recipient", required=True)
        check_line(self.kvk, "kvk")
        if self.kvk and parse_kvk(self.kvk) != self.kvk:
            raise InvalidInput("kvk_invalid", "kvk: eight digits and nothing else", field="kvk")
        check_line(self.reference, "reference")
        if not 1 <= len(self.clients) <= 2 or not all(isinstance(one, NoticeClient) for one in self.clients):
            raise InvalidInput("count_range", "clients: 1 to 2 items", field="clients", lowest=1, highest=2)
        check_date(self.enrolled_since, "enrolled_since")
        if not self.requests or not all(isinstance(one, NoticeRequest) for one in self.requests):
            raise InvalidInput("choice_unknown", "requests: say what is asked", field="requests")
        check_date(self.answer_by, "answer_by")
        check_second(self.written_at, "written_at")
        check_bytes(self.salt, "salt")

    @property
    def number(self) -> str:
        """What to name it by on the telephone: twelve hexadecimal digits of its id."""
        return notice_number(self.notice_id)


def notice_number(notice_id: bytes) -> str:
    """Return the number of a notice, such as ``4F2A-91C3-77B0``; it says nothing about anybody."""
    digits = notice_id[2:8].hex().upper()
    return "-".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def notice_to_plain(notice: Notice) -> dict[str, Json]:
    """Return a notice as plain values: bytes hexadecimal, dates and times ISO 8601, enums their code."""
    return {"schema": notice.schema, **object_to_plain(notice)}


def notice_from_plain(plain: object) -> Notice:
    """Build a notice from what `notice_to_plain` gave.

    Raises:
        InvalidInput: unknown schema, unknown or missing field, or a wrong value; ``field`` names it.
    """
    fields = dict(mapping(plain, "notice"))
    schema = fields.pop("schema", None)
    # type() too: JSON's true is equal to 1.
    if type(schema) is not int or schema != Notice.schema:
        raise InvalidInput("schema_unknown", "schema: not known", field="schema")
    notice: Notice = object_from_plain(Notice, fields, "notice")
    return notice


def known_client(applicant: Applicant, obligation: Obligation | None, *, today: date) -> NoticeClient:
    """Return somebody as a creditor knows this person.

    The address is the one of the creditor's last statement or, without any, of when the debt arose: a creditor is not
    told where somebody lives now only because it was not told of a move.

    Args:
        applicant: who.
        obligation: the debt; None takes the address of today.
        today: the day in the Netherlands.
    """
    day = today
    if obligation is not None:
        day = obligation.statement_date or obligation.origin_date or today
    found = _address_on(applicant.addresses, day)
    who = {
        "initials": applicant.initials,
        "prefix": applicant.prefix,
        "surname": applicant.surname,
        "birth_date": applicant.birth_date,
    }
    if found is None:
        return NoticeClient(**who)  # type: ignore[arg-type]
    return NoticeClient(
        **who,  # type: ignore[arg-type]
        street=found.street,
        house_number=found.house_number,
        suffix=found.suffix,
        postcode=found.postcode,
        city=found.city,
    )


def _address_on(addresses: Iterable[Address], day: date) -> Address | None:
    """Return the address of a day; where there was none, the one nearest before it, else the first one after it."""
    ordered = sorted(addresses, key=lambda one: one.from_date)
    before = [one for one in ordered if one.from_date <= day]
    valid = [one for one in before if one.until is None or one.until >= day]
    return next((found[-1] for found in (valid, before) if found), ordered[0] if ordered else None)


def answer_day(written_on: date) -> date:
    """Return the last of the working days within which the creditor should answer."""
    return add_working_days(written_on, ANSWER_DAYS)


def notice_state(
    *, by_hand: bool, known: bool, delivered_at: datetime | None, acknowledged: bool, answer_by: date, today: date
) -> NoticeState:
    """Say where a notice stands.

    Args:
        by_hand: whether it went outside the channel.
        known: whether its delivery is here and was written by this system.
        delivered_at: when the evaluator took it, UTC; None while it waits.
        acknowledged: whether a signature of its recipient is here and holds.
        answer_by: last day of the term.
        today: the day in the Netherlands.
    """
    if by_hand:
        return NoticeState.BY_HAND
    if acknowledged:
        return NoticeState.ACKNOWLEDGED
    if not known:
        return NoticeState.LOST
    if delivered_at is None:
        return NoticeState.WAITING
    return NoticeState.OVERDUE if today > answer_by else NoticeState.DELIVERED


def whole_seconds(moment: datetime) -> datetime:
    """Return a moment in UTC without its fraction of a second, as a notice holds it."""
    return as_utc(moment).replace(microsecond=0)
