"""Use up nonce 0 of the accounts in a keyring: ``brownie run first_transaction <keyring> --network <name>``.

The keyring is ``administrator``, ``network`` or ``worker``. Each account sends nothing to itself, once. Ganache runs a
transaction with nonce 0 again whenever it is sent again, and an account that has signed shows that its key is there:
no role is given to one that has not.
"""

from __future__ import annotations

from typing import Any

from schuldhulp import errors
from scripts.acting import agree, refusals, settings_here
from scripts.municipality import Signers, signers_of, use_up_first_nonces
from scripts.usage import typed


@typed("first_transaction administrator")
def administrator() -> None:
    """For the administrator of a municipality."""
    _use_up("administrator")


@typed("first_transaction network")
def network() -> None:
    """For the administrator of the network."""
    _use_up("network")


@typed("first_transaction worker")
def worker() -> None:
    """For the registrar and the reviewer."""
    _use_up("worker")


@typed("first_transaction")
def main() -> None:
    """Say how it is used."""
    print(__doc__)
    raise SystemExit(2)


def signers_in(keyring: str) -> Signers:
    """Open the accounts of a keyring that send transactions.

    Args:
        keyring: ``administrator``, ``network`` or ``worker``.

    Returns:
        Brownie's accounts by name.

    Raises:
        errors.Misconfigured: the keyring is missing or cannot be opened.
    """
    from schuldhulp.crypto.keyring import AdministratorKeys, NetworkKeys, WorkerKeys

    settings = settings_here()
    keys: dict[str, Any]
    if keyring == AdministratorKeys.purpose:
        keys = {"administrator": AdministratorKeys.open(settings.keys, private=settings.production).administrator}
    elif keyring == NetworkKeys.purpose:
        opened = NetworkKeys.open(settings.keys, private=settings.production)
        keys = {"network administrator": opened.network_administrator}
    else:
        worker_keys = WorkerKeys.open(settings.keys, private=settings.production)
        keys = {"registrar": worker_keys.registrar, "reviewer": worker_keys.reviewer}
    return signers_of(keys)


def _use_up(keyring: str) -> None:
    with refusals():
        unused = {name: account for name, account in signers_in(keyring).items() if account.nonce == 0}
        if not unused:
            print("Everything is so already; nothing was sent.")
            return
        agree(
            [f"{name} {account.address} sends nothing to itself" for name, account in unused.items()],
            f"Send {len(unused)} transaction(s)?",
        )
        use_up_first_nonces(unused)
        if any(account.nonce == 0 for account in unused.values()):
            raise errors.Deviation("nonce_unused", "the chain does not show the transactions; look at the node")
        print("Check: done and found on the chain")
