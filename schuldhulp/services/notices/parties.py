"""Who in a dossier can be told: the parties of its obligations. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.records import Obligation, ObligationStatus, ObligationType, Party, Record
from schuldhulp.domain.types import RecordId
from schuldhulp.services.dossier_state import Assessment


class PartyRole(StrEnum):
    """What somebody is to an obligation; who had it first and sold it has nothing to do with it any more."""

    CREDITOR = "creditor"
    COLLECTOR = "collector"
    BAILIFF = "bailiff"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class InvolvedParty(Redacted):
    """A party of an obligation.

    Attributes:
        obligation: record of the obligation.
        type: what is owed.
        status: where the obligation stands.
        role: what the party is to it.
        name: its name.
        kvk: its number in the trade register, or empty.
        reference: under which number it knows the debt, or empty.
    """

    obligation: RecordId
    type: ObligationType
    status: ObligationStatus
    role: PartyRole
    name: str
    kvk: str
    reference: str


def current(opened: Assessment) -> dict[RecordId, Record]:
    """Return the records of a dossier, withdrawn ones left out."""
    return {
        record: entry.version.record
        for record, entry in opened.current.items()
        if entry.version is not None and not entry.version.withdrawn
    }


def parties(opened: Assessment) -> list[InvolvedParty]:
    """Return the parties of all obligations that are not settled, by name of the creditor."""
    found = [
        InvolvedParty(
            obligation=record_id,
            type=record.type,
            status=record.status,
            role=role,
            name=party.name,
            kvk=party.kvk,
            reference=party.file_number or party.customer_number,
        )
        for record_id, record in current(opened).items()
        if isinstance(record, Obligation) and record.status is not ObligationStatus.SETTLED
        for role, party in _parties_of(record)
    ]
    owners = {one.obligation: one.name for one in found if one.role is PartyRole.CREDITOR}
    order = list(PartyRole)
    return sorted(found, key=lambda one: (owners[one.obligation].casefold(), one.obligation, order.index(one.role)))


def _parties_of(record: Obligation) -> list[tuple[PartyRole, Party]]:
    found = [
        (PartyRole.CREDITOR, record.creditor),
        (PartyRole.COLLECTOR, record.collector),
        (PartyRole.BAILIFF, record.bailiff),
    ]
    return [(role, party) for role, party in found if party is not None]
