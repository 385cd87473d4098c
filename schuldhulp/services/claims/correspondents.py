"""Whom the municipality can write to over the channel: which organisations are admitted, and at which accounts.

The evaluator keeps that, and the cockpit has no way to its database; so the worker fetches the list at each run, and
the cockpit reads the worker's copy. That an account belongs to a KvK number is the evaluator's word. Which key it reads
with, and whether it holds a role, stands on the chain: only what is sealed to the key of an account that an
administrator gave the role CREDITOR may be personal. So an evaluator that was broken into can have a message go to
another admitted creditor, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Unreachable
from schuldhulp.services.claims.ports import MAX_ORGANISATIONS, Channel, Correspondent
from schuldhulp.services.ports import Store

PAGES: Final = 1_000
"""Answers of the evaluator after which it is not believed that there are more organisations."""


class CorrespondentRepository(Protocol):
    """Table ``correspondents``."""

    def replace(self, municipality: MunicipalityCode, found: Sequence[Correspondent]) -> None:
        """Keep these organisations and no others."""

    def of(self, municipality: MunicipalityCode, kvk: str) -> Correspondent | None:
        """Return an organisation by its number, its accounts newest first; None when it has none or is not there."""

    def all(self, municipality: MunicipalityCode) -> Sequence[Correspondent]:
        """Return all organisations by number."""


class Correspondents:
    """Tells whether an organisation can be written to, and where; for the cockpit and the worker."""

    def __init__(self, *, store: Store, municipality: MunicipalityCode) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            municipality: whose correspondents.
        """
        self._store = store
        self._municipality = municipality

    def of(self, kvk: str) -> Correspondent | None:
        """Return the organisation with a KvK number, suspended ones included; None when it is not on the channel.

        Raises:
            errors.Unreachable: the database does not answer.
        """
        with self._store.read() as work:
            return work.correspondents.of(self._municipality, kvk)


class CorrespondentList:
    """Keeps the worker's copy of the list."""

    def __init__(self, *, store: Store, channel: Channel, municipality: MunicipalityCode) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: the municipality's side of the channel.
            municipality: whose correspondents.
        """
        self._store = store
        self._channel = channel
        self._municipality = municipality

    def refresh(self) -> int:
        """Fetch the list and keep it in place of the one before; return how many organisations are on it.

        Raises:
            errors.Unreachable: evaluator or database do not answer; the list before stays.
            errors.NotAllowed: the evaluator refuses the municipality's account.
        """
        found: list[Correspondent] = []
        for _ in range(PAGES):
            page = self._channel.organisations(found[-1].kvk if found else "", MAX_ORGANISATIONS)
            found += page
            if not page:
                break
        else:
            raise Unreachable("evaluator_answer_wrong", "the evaluator's list of organisations has no end")
        with self._store.read() as work:
            if list(work.correspondents.all(self._municipality)) == [one for one in found if one.accounts]:
                return len(found)
        with self._store.write() as work:
            work.correspondents.replace(self._municipality, found)
            work.commit()
        return len(found)
