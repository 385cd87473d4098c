"""Of which dossier a claim or statement may be: by citizen service number, or name, birth date and address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schuldhulp.crypto.blind_index import bsn_index
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.claims import Debtor
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import canonical_surname
from schuldhulp.domain.records import Applicant
from schuldhulp.domain.types import ClaimId, DossierId, RecordId
from schuldhulp.services.claims.inbox import ClaimInbox
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossiers import DossierService
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.views import DossierSummary

_UNKNOWN: Final = "00"


class MatchSign(StrEnum):
    """What a claim and an applicant have in common."""

    BSN = "bsn"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A dossier that a claim may belong to.

    Attributes:
        dossier: what a list shows of it; the rest is shown to whoever opens it.
        applicant: record of the applicant that the claim may be about.
        signs: what the two have in common.
    """

    dossier: DossierSummary
    applicant: RecordId
    signs: frozenset[MatchSign]


class ClaimMatching:
    """Looks for the dossiers that a claim may belong to; every look leaves a line in the processing log."""

    def __init__(
        self, *, inbox: ClaimInbox, dossiers: DossierService, reader: DossierReader, log: ProcessingLog
    ) -> None:
        """Take what it works with.

        Args:
            inbox: opens the claim.
            dossiers: lists the dossiers.
            reader: opens those that may be meant, in memory.
            log: the processing log.
        """
        self._inbox = inbox
        self._dossiers = dossiers
        self._reader = reader
        self._log = log

    def candidates(self, *, actor: Actor, claim_id: ClaimId) -> list[Candidate]:
        """Return the dossiers that a claim may belong to, the likeliest first; dossiers that ended come last.

        Same citizen service number, or a birth date that may be the same and the same surname or address. Somebody
        with another citizen service number is not meant.

        Args:
            actor: who looks.
            claim_id: the claim.

        Raises:
            NotAllowed: the actor does not decide on claims, or may not list dossiers.
            NotFound, Conflict, Undecryptable: as `ClaimInbox.open`.
            Unreachable: the database does not answer.
        """
        debtor = self._inbox.open(actor=actor, claim_id=claim_id).contents.debtor
        return self.of_person(actor=actor, debtor=debtor, reason=f"claim {claim_id.hex()}")

    def of_person(self, *, actor: Actor, debtor: Debtor, reason: str) -> list[Candidate]:
        """Return the dossiers that somebody may have, as `candidates`.

        Args:
            actor: who looks.
            debtor: whom another party says that something is about.
            reason: which claim or statement that is, for the processing log; nothing of what it says.

        Raises:
            NotAllowed, Unreachable: as `candidates`.
        """
        self._log.refuse(actor=actor, permission=Permission.LIST_DOSSIERS, purpose=Purpose.CLAIM_REVIEW, dossier=None)
        with self._reader.store.write() as work:
            self._log.write(
                work,
                actor=actor,
                action=LogAction.SEARCH,
                purpose=Purpose.CLAIM_REVIEW,
                reason=reason,
            )
            work.commit()
        indexed: set[DossierId] = set()
        if debtor.bsn is not None:
            with self._reader.store.read() as work:
                indexed = {row.dossier for row in work.index.find(bsn_index(self._reader.keys.index, debtor.bsn))}
        listed = {
            summary.id: summary
            for summary in self._dossiers.list(actor=actor)
            if summary.id in indexed or any(_may_be(debtor.birth_date, born) for born in summary.birth_dates)
        }
        found = [
            Candidate(dossier=listed[opened.dossier.id], applicant=record, signs=signs)
            for opened in self._reader.read_all(list(listed))
            for record, entry in opened.current.items()
            if entry.version is not None and not entry.version.withdrawn
            if isinstance(entry.version.record, Applicant)
            if (signs := signs_of(debtor, entry.version.record))
        ]
        return sorted(
            found,
            key=lambda one: (
                one.dossier.ended,
                MatchSign.BSN not in one.signs,
                -len(one.signs),
                one.dossier.file_number,
            ),
        )


def signs_of(debtor: Debtor, applicant: Applicant) -> frozenset[MatchSign]:
    """Return what a debtor and an applicant have in common; nothing when that is too little to show.

    Args:
        debtor: whom the creditor claims from.
        applicant: somebody in a dossier.
    """
    numbers = (debtor.bsn, applicant.bsn)
    if None not in numbers and numbers[0] != numbers[1]:
        return frozenset()
    found = set()
    if None not in numbers:
        found.add(MatchSign.BSN)
    if canonical_surname(debtor.surname) in _surnames((applicant.surname, *applicant.other_surnames)):
        found.add(MatchSign.NAME)
    if _may_be(debtor.birth_date, applicant.birth_date.iso):
        found.add(MatchSign.BIRTH_DATE)
    if any(
        (home.postcode, home.house_number) == (debtor.postcode, debtor.house_number) for home in applicant.addresses
    ):
        found.add(MatchSign.ADDRESS)
    is_enough = MatchSign.BSN in found or (MatchSign.BIRTH_DATE in found and len(found) > 1)
    return frozenset(found) if is_enough else frozenset()


def _surnames(names: Iterable[str]) -> set[str]:
    return {canonical_surname(name) for name in names}


def _may_be(birth_date: PartialDate, iso: str) -> bool:
    """Say whether two birth dates may be one; an unknown day or month may be any."""
    pairs = zip(birth_date.iso.split("-"), iso.split("-"), strict=True)
    return all(one == other or _UNKNOWN in (one, other) for one, other in pairs)
