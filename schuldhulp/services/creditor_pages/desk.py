"""Who may ask on the pages, and in whose name: the accounts that the cockpit keeps for organisations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.keyring import CustodialKeys, keyring_exists
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import SignalAnswer
from schuldhulp.domain.types import MunicipalityCode


class Asker(Protocol):
    """Asks for signals in the name of one organisation; the creditor's own client is one."""

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        """Ask about persons; an answer for each in the same order, or an error and no answer at all."""
        ...


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Finds the account with which the cockpit asks for an organisation.

    Attributes:
        account: address of an organisation's account, None when the pages are not open to it.
        asker: what asks with that account.
        may_use_bsn: whether the account may ask by citizen service number, by its role on the chain.
    """

    account: Callable[[str], str | None]
    asker: Callable[[str], Asker | None]
    may_use_bsn: Callable[[str], bool]


class Custody:
    """The keyring with those accounts, opened when somebody asks and again when it was changed."""

    def __init__(self, folder: Path, *, private: bool = False) -> None:
        """Take the folder of the keyrings.

        Args:
            folder: where they are; without the keyring there the pages are open to nobody.
            private: refuse files that others can read.
        """
        self._folder = folder
        self._private = private
        self._keys: CustodialKeys | None = None
        self._lock = threading.Lock()

    def key(self, organisation: str) -> AccountKey | None:
        """Give the account of an organisation, None when there is none.

        Raises:
            Misconfigured: the keyring is damaged, readable by others, or under another passphrase.
        """
        with self._lock:
            found = self._opened()
            return None if found is None else found.account(organisation)

    def address(self, organisation: str) -> str | None:
        """Give the address of that account.

        Raises:
            Misconfigured: as `key`.
        """
        key = self.key(organisation)
        return None if key is None else key.address

    def keys_for_claims(self, organisation: str) -> tuple[AccountKey, OpeningKey] | None:
        """Give that account with the key that opens the messages to it, None when one of them is not there.

        Raises:
            Misconfigured: as `key`.
        """
        with self._lock:
            found = self._opened()
            account = None if found is None else found.account(organisation)
            messages = None if found is None else found.messages(organisation)
            return None if account is None or messages is None else (account, messages)

    def organisations(self) -> tuple[str, ...]:
        """Give the KvK numbers of all organisations with such an account, ascending.

        Raises:
            Misconfigured: as `key`.
        """
        with self._lock:
            found = self._opened()
            return () if found is None else found.organisations

    def _opened(self) -> CustodialKeys | None:
        if self._keys is not None:
            self._keys.refresh()
        elif keyring_exists(self._folder, CustodialKeys.purpose):
            self._keys = CustodialKeys.open(self._folder, private=self._private)
        return self._keys
