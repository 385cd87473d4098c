"""Under which identifiers a client is made known to creditors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.dates import add_months
from schuldhulp.domain.identifiers import Identifier, bsn_identifier, name_identifier
from schuldhulp.domain.records import Address, Applicant

ADDRESS_MONTHS: Final = 24
"""How long an address that was left still counts: creditors hear of a move late or never."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class PublishedIdentifiers(Redacted):
    """Everything that tags are made from for one applicant.

    Attributes:
        identifiers: in a fixed order, each once.
        warnings: keys of sentences: ``no_address`` when nobody can find this client by name, ``no_bsn`` when bodies
            entitled to the citizen service number cannot.
    """

    identifiers: tuple[Identifier, ...]
    warnings: tuple[str, ...] = ()


def identifiers_of(applicant: Applicant, *, today: date) -> PublishedIdentifiers:
    """Return every identifier of an applicant: the BSN, and every surname in use x every recent address.

    Args:
        applicant: the person.
        today: the date to look from; addresses of the `ADDRESS_MONTHS` before it count, future ones do not.

    Returns:
        The identifiers, with a warning where there is no address or no BSN.
    """
    found = {
        name_identifier(surname, applicant.birth_date, address.postcode, str(address.house_number))
        for surname in _surnames(applicant)
        for address in recent_addresses(applicant, today=today)
    }
    warnings = [] if found else ["no_address"]
    if applicant.bsn is None:
        warnings.append("no_bsn")
    else:
        found.add(bsn_identifier(applicant.bsn))
    return PublishedIdentifiers(identifiers=tuple(sorted(found)), warnings=tuple(warnings))


def recent_addresses(applicant: Applicant, *, today: date) -> tuple[Address, ...]:
    """Return the addresses where somebody lives or has lived in the last `ADDRESS_MONTHS`."""
    oldest = add_months(today, -ADDRESS_MONTHS)
    return tuple(
        address
        for address in applicant.addresses
        if address.from_date <= today and (address.until is None or address.until >= oldest)
    )


def _surnames(applicant: Applicant) -> set[str]:
    # With its prefix too: one that is not in the table is not dropped when a creditor writes it.
    surnames = {applicant.surname, *applicant.other_surnames}
    if applicant.prefix:
        surnames.add(f"{applicant.prefix} {applicant.surname}")
    return surnames
