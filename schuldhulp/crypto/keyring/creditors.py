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
    """Keys that the cockpit keeps for organisations whose staff work on its pages: one account for each, and one key.

    An account asks within the organisation's quota and a smaller one of its own, and hands in the claims that are
    filled in on the pages. The key opens what the municipality seals to that account.
    """

    purpose = "custodial"

    _accounts: dict[str, AccountKey]
    _messages: dict[str, OpeningKey]

    def _read(self) -> None:
        accounts: dict[str, AccountKey] = {}
        messages: dict[str, OpeningKey] = {}
        for name in self._keyring.names:
            match = re.fullmatch(r"(account|messages)/([0-9]{8})", name)
            if match and match[1] == "account":
                accounts[match[2]] = AccountKey(self._keyring.get(name))
            elif match:
                messages[match[2]] = OpeningKey(self._keyring.get(name))
        require_distinct(*accounts.values(), *messages.values())
        self._accounts, self._messages = accounts, messages

    @property
    def organisations(self) -> tuple[str, ...]:
        """KvK numbers of the organisations with an account here, ascending."""
        return tuple(sorted(self._accounts))

    def account(self, kvk: str) -> AccountKey | None:
        """Give the account of an organisation, by its KvK number; None when there is none."""
        return self._accounts.get(kvk)

    def messages(self, kvk: str) -> OpeningKey | None:
        """Give the key that opens messages to an organisation's account; None from before there were claims here."""
        return self._messages.get(kvk)

    def add(self, kvk: str) -> AccountKey:
        """Draw what is missing of an organisation's account and key, and store it; what is there stays as it is.

        Args:
            kvk: KvK number, eight digits.

        Returns:
            The account.

        Raises:
            Misconfigured: the file cannot be written.
            InvalidInput: not a KvK number.
        """
        missing = {name: key for name, key in custodial_keys(kvk).items() if name not in self._keyring.names}
        if missing:
            self._keyring.change(add=missing)
            self._read()
        return self._accounts[kvk]


def custodial_keys(kvk: str) -> dict[str, bytes]:
    """Draw the account that the cockpit keeps for an organisation and its key, by their names in the keyring.

    Raises:
        InvalidInput: not a KvK number.
    """
    if not re.fullmatch(r"[0-9]{8}", kvk):
        raise InvalidInput("kvk_invalid", "a KvK number is eight digits", field="kvk")
    return {f"account/{kvk}": AccountKey.generate().reveal(), f"messages/{kvk}": OpeningKey.generate().reveal()}


def creditor_purpose(kvk: str) -> str:
    """Give the purpose of a creditor's keyring.

    Raises:
        InvalidInput: not a KvK number.
    """
    if not re.fullmatch(r"[0-9]{8}", kvk):
        raise InvalidInput("kvk_invalid", "a KvK number is eight digits", field="kvk")
    return f"{CreditorKeys.purpose}-{kvk}"
