"""Where an organisation can be written to: at an account that the chain knows as a creditor's, under its key there.

Which accounts belong to an organisation is the evaluator's word. Of those only one counts that an administrator gave
the role CREDITOR: else whoever broke into the evaluator could have notices sealed to an account that it made itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.claims.ports import Correspondent


class Directory(Protocol):
    """Tells which accounts an organisation has (`services.claims.correspondents.Correspondents`)."""

    def of(self, kvk: str) -> Correspondent | None:
        """Return the organisation with a KvK number; None when it is not on the channel."""


class CreditorRegister(Protocol):
    """Reads from the ClaimRegister what it knows of accounts (`chain.claims.RegisterReader`)."""

    def encryption_keys(self, accounts: Sequence[str]) -> Mapping[str, bytes]:
        """Return the key of each account, 32 zero bytes where there is none.

        Raises:
            Unreachable: no chain answers, or it is another one.
        """

    def creditors(self, municipality: MunicipalityCode, accounts: Sequence[str]) -> Collection[str]:
        """Return which of these accounts have the role CREDITOR of a municipality.

        Raises:
            Unreachable: no chain answers, or it is another one.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """Where a party reads what is sealed to it.

    Attributes:
        account: checksummed address.
        key: X25519 key of that account in the ClaimRegister, 32 bytes.
    """

    account: str
    key: bytes


class Mailboxes:
    """Finds where organisations can be written to."""

    def __init__(
        self,
        *,
        directory: Directory,
        register: CreditorRegister,
        municipality: MunicipalityCode,
        kept: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        """Take what it asks.

        Args:
            directory: tells which accounts an organisation has.
            register: tells which of them are a creditor's, and their keys.
            municipality: who writes.
            kept: the account that the cockpit keeps for an organisation, by KvK number; None where it keeps none.
        """
        self._kept = kept
        self._directory = directory
        self._register = register
        self._municipality = municipality

    def of(self, numbers: Collection[str]) -> tuple[dict[str, Mailbox], set[str]]:
        """Return where organisations read: at the newest account with role and key; and who is shut out.

        An account that the cockpit keeps comes last: what the organisation signs with keys of its own proves more.

        Args:
            numbers: their KvK numbers.

        Returns:
            Mailboxes by KvK number, and the numbers of organisations that the evaluator says are suspended.

        Raises:
            Unreachable: the database does not answer; or the chain.
        """
        known = {kvk: found for kvk in sorted(numbers) if (found := self._directory.of(kvk)) is not None}
        accounts = sorted({account for one in known.values() for account in one.accounts})
        admitted = set(self._register.creditors(self._municipality, accounts)) if accounts else set()
        keys = self._register.encryption_keys(sorted(admitted)) if admitted else {}
        boxes = {}
        for kvk, one in known.items():
            able = [account for account in one.accounts if any(keys.get(account, b""))]
            kept = self._kept(kvk)
            account = next((account for account in able if account != kept), able[0] if able else None)
            if account is not None:
                boxes[kvk] = Mailbox(account=account, key=keys[account])
        return boxes, {kvk for kvk, one in known.items() if one.suspended}
