"""What an account must be before it is given anything: an address of a key that signs, and nobody else's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import brownie
from eth_utils import is_address, is_checksum_address, keccak, to_checksum_address

from schuldhulp import errors
from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS
from schuldhulp.node.deployment import Deployment
from scripts.acting import settings_here
from scripts.check_deployment import CREDITOR_VERBS, role_id

WORKER_VERBS = ("REGISTRAR", "REVIEWER")
"""Roles of the worker, whose transactions are signed beforehand and sent again."""

VERBS = ("ADMINISTRATOR", "EPOCH_KEEPER", *WORKER_VERBS, *CREDITOR_VERBS)
"""Every role of a municipality."""


def read_account(text: Any, field: str = "account") -> str:
    """Read an address from the command line.

    Args:
        text: what was typed.
        field: its name.

    Returns:
        The address with its checksum.

    Raises:
        errors.InvalidInput: no address, the zero address, or a wrong checksum.
    """
    address = str(text)
    if not is_address(address) or not int(address, 16):
        raise errors.InvalidInput("address_invalid", f"{field} must be an address, 0x and 40 digits", field=field)
    if address.lower() != address and not is_checksum_address(address):
        raise errors.InvalidInput("address_invalid", f"{field} has a wrong checksum: a digit was mistyped", field=field)
    return to_checksum_address(address)


def require_own_key(account: str, *, others: Collection[str] = (), field: str = "account") -> None:
    """Refuse an account that cannot be one person's or process's own.

    Args:
        account: checksummed address.
        others: accounts that do something else already.
        field: name of the input.

    Raises:
        errors.InvalidInput: a contract, a public test account in production, or one of `others`.
    """
    if settings_here().production and account.lower() in PUBLIC_TEST_ACCOUNTS:
        raise errors.InvalidInput(
            "account_public", f"{field} is a test account whose private key everybody has", field=field
        )
    if brownie.web3.eth.get_code(account):
        raise errors.InvalidInput("account_contract", f"{field} is a contract, which cannot sign", field=field)
    if account in others:
        raise errors.InvalidInput("account_taken", f"{field} does something else here already", field=field)


def require_used(account: str, keyring: str, field: str = "account") -> None:
    """Refuse an account that has never sent a transaction: nothing shows that anybody has its key.

    Args:
        account: checksummed address.
        keyring: purpose of the keyring that holds its key.
        field: name of the input.

    Raises:
        errors.InvalidInput: its nonce is 0.
    """
    if brownie.web3.eth.get_transaction_count(account) == 0:
        raise errors.InvalidInput(
            "account_unused",
            f"{field} has never sent a transaction; where its key is, first: brownie run first_transaction {keyring}",
            field=field,
        )


def require_never_lost(
    deployment: Deployment, municipality: int, account: str, *, verbs: Collection[str] = VERBS, field: str = "account"
) -> None:
    """Refuse an account that a role was taken from: its key may be stolen, and what it signed be carried out yet.

    Args:
        deployment: the deployment.
        municipality: CBS code.
        account: checksummed address.
        verbs: which roles are looked at.
        field: name of the input.

    Raises:
        errors.InvalidInput: it lost one of them, in any contract.
    """
    logs = brownie.web3.eth.get_logs(
        {
            "address": [contract.address for contract in deployment.contracts.values()],
            "fromBlock": 0,
            "toBlock": "latest",
            "topics": [
                "0x" + keccak(text="RoleRevoked(bytes32,address,address)").hex(),
                ["0x" + role_id(verb, municipality).hex() for verb in verbs],
                "0x" + bytes(12).hex() + account[2:].lower(),
            ],
        }
    )
    if logs:
        raise errors.InvalidInput(
            "account_replaced",
            f"{field} lost a role of this municipality before: what it signed then could be carried out after all, and "
            "its key may be a thief's; draw a new key",
            field=field,
        )
