"""The keys of a creditor, on its own machine or kept for it by the cockpit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.keyring.folder import open_keyring
from schuldhulp.crypto.keyring.process import ProcessKeys, RefreshedKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.secret import require_distinct
from schuldhulp.errors import InvalidInput


class CreditorKeys(ProcessKeys):
    """Keys of a creditor.

    Attributes:
        account: account that asks and hands in claims.
        messages: opens what the municipality seals to the creditor.
    """

    purpose = "creditor"

    account: AccountKey
    messages: OpeningKey

    @classmethod
    def open(cls, folder: Path, *, kvk: str, private: bool = False) -> Self:  # type: ignore[override]  # one a creditor
        """Open the keyring of a creditor.

        Args:
            folder: folder of the keyrings and passphrase files.
            kvk: the creditor's KvK number, eight digits.
            private: refuse files that others can read; set in production.

        Returns:
            The keys.

        Raises:
            Misconfigured: a file is missing, damaged or readable by others, or the passphrase is another one.
            InvalidInput: not a KvK number.
        """
        return cls(open_keyring(folder, creditor_purpose(kvk), private=private))

    def _read(self) -> None:
        self.account = AccountKey(self._keyring.get("ethereum"))
        self.messages = OpeningKey(self._keyring.get("messages"))
        require_distinct(self.account, self.messages)


class CustodialKeys(RefreshedKeys):
    """Accounts that the cockpit keeps for organisations whose staff ask on its pages: one account for each.

    An account asks within the organisation's quota and a smaller one of its own; it hands in nothing
    and holds no money.
    """

    purpose = "custodial"

    _accounts: dict[str, AccountKey]

    def _read(self) -> None:
        accounts: dict[str, AccountKey] = {}
        for name in self._keyring.names:
            match = re.fullmatch(r"account/([0-9]{8})", name)
            if match:
                accounts[match[1]] = AccountKey(self._keyring.get(name))
        require_distinct(*accounts.values())
        self._accounts = accounts

    @property
    def organisations(self) -> tuple[str, ...]:
        """KvK numbers of the organisations with an account here, ascending."""
        return tuple(sorted(self._accounts))

    def account(self, kvk: str) -> AccountKey | None:
        """Give the account of an organisation, by its KvK number; None when there is none."""
        return self._accounts.get(kvk)

    def add(self, kvk: str) -> AccountKey:
        """Draw the account of an organisation and store it.

        Args:
            kvk: KvK number without an account so far, eight digits.

        Returns:
            The account.

        Raises:
            Misconfigured: there is an account already, or the file cannot be written.
            InvalidInput: not a KvK number.
        """
        self._keyring.change(add=custodial_key(kvk))
        self._read()
        return self._accounts[kvk]


def custodial_key(kvk: str) -> dict[str, bytes]:
    """Draw the account that the cockpit keeps for an organisation, by its name in the keyring.

    Raises:
        InvalidInput: not a KvK number.
    """
    if not re.fullmatch(r"[0-9]{8}", kvk):
        raise InvalidInput("kvk_invalid", "a KvK number is eight digits", field="kvk")
    return {f"account/{kvk}": AccountKey.generate().reveal()}


def creditor_purpose(kvk: str) -> str:
    """Give the purpose of a creditor's keyring.

    Raises:
        InvalidInput: not a KvK number.
    """
    if not re.fullmatch(r"[0-9]{8}", kvk):
        raise InvalidInput("kvk_invalid", "a KvK number is eight digits", field="kvk")
    return f"{CreditorKeys.purpose}-{kvk}"
