"""Give, take and check roles: ``brownie run manage_roles <grant|revoke|check> <verb> <municipality> <account>``.

Each shows its plan, asks (on a network that others use, when a terminal is attached), acts with the account that may,
and checks the result on the chain. A role that is as it should be already costs no transaction. ``check`` needs no
account: ``brownie run manage_roles check REGISTRAR 14 --network <name>`` lists the holders.

Roles are given per contract: REGISTRAR in the registry and the ledger, CREDITOR in the registry and the claim register,
and so on. NETWORK with municipality 0 is the administration of the network itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils import is_address, to_checksum_address

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment
from scripts.accounts import VERBS, WORKER_VERBS, read_account, require_never_lost, require_own_key, require_used
from scripts.acting import administrator_signer, agree, network_signer, open_deployment, refusals, send
from scripts.check_deployment import CREDITOR_VERBS, NETWORK_ROLE, SPARE, contract_at, held_roles, role_id
from scripts.usage import typed

NETWORK = "NETWORK"

CONTRACTS_OF = {
    NETWORK: ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister"),
    "ADMINISTRATOR": ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister"),
    "REGISTRAR": ("EnrolmentRegistry", "ObligationLedger"),
    "EPOCH_KEEPER": ("EnrolmentRegistry",),
    "CREDITOR": ("EnrolmentRegistry", "ClaimRegister"),
    "BSN_CREDITOR": ("EnrolmentRegistry",),
    "REVIEWER": ("ClaimRegister",),
}
"""Where each verb exists."""

HOLDERS_OF = {
    NETWORK: ("network_administrator", SPARE),
    "ADMINISTRATOR": ("administrator",),
    "REGISTRAR": ("registrar",),
    "EPOCH_KEEPER": ("epoch_keeper", "administrator"),
    "REVIEWER": ("reviewer",),
}
"""Accounts of the deployment file that a verb is meant for."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One step of the plan.

    Attributes:
        contract: name of the contract.
        function: `grantRole` or `revokeRole`.
        role: id of the role, 32 bytes.
        account: checksummed address.
    """

    contract: str
    function: str
    role: bytes
    account: str


def role_of(verb: str, municipality: int) -> bytes:
    """Give the id of a role.

    Args:
        verb: a verb of `CONTRACTS_OF`.
        municipality: CBS code; 0 for NETWORK.

    Returns:
        32 bytes.

    Raises:
        errors.InvalidInput: no such verb, or a code that does not go with it.
    """
    if verb not in CONTRACTS_OF:
        raise errors.InvalidInput("verb_unknown", f"verb must be one of {', '.join(CONTRACTS_OF)}", field="verb")
    if (municipality == 0) != (verb == NETWORK) or not 0 <= municipality <= 0xFFFF:
        raise errors.InvalidInput(
            "municipality_invalid", "municipality must be 1 to 65535, and 0 with NETWORK only", field="municipality"
        )
    return NETWORK_ROLE if verb == NETWORK else role_id(verb, municipality)


def plan(deployment: Deployment, action: str, verb: str, municipality: int, account: str) -> list[Change]:
    """Work out what has to be sent.

    Args:
        deployment: the deployment.
        action: `grant` or `revoke`.
        verb: the verb.
        municipality: CBS code; 0 for NETWORK.
        account: address.

    Returns:
        The steps; none when everything is so already.

    Raises:
        errors.InvalidInput: verb, municipality or account is wrong.
    """
    role = role_of(verb, municipality)
    if not is_address(account) or not int(account, 16):
        raise errors.InvalidInput("address_invalid", "account must be an address", field="account")
    holder = to_checksum_address(account)
    return [
        Change(contract=name, function=f"{action}Role", role=role, account=holder)
        for name in CONTRACTS_OF[verb]
        if contract_at(name, deployment).hasRole(role, holder).call() != (action == "grant")
    ]


def carry_out(deployment: Deployment, changes: list[Change], signer: Any) -> None:
    """Send the steps.

    Args:
        deployment: the deployment.
        changes: the steps.
        signer: Brownie's account of whoever administers the role.

    Raises:
        errors.NotAllowed: that account may not; nothing has been sent.
    """
    for change in changes:
        contract = contract_at(change.contract, deployment)
        if not contract.hasRole(contract.getRoleAdmin(change.role).call(), signer.address).call():
            raise errors.NotAllowed("role_refused", f"{signer.address} does not administer this role")
    for change in changes:
        send(deployment, signer, change.contract, change.function, change.role, change.account)


def holders(deployment: Deployment, verb: str, municipality: int) -> dict[str, list[str]]:
    """List who has a role.

    Args:
        deployment: the deployment.
        verb: the verb.
        municipality: CBS code; 0 for NETWORK.

    Returns:
        Addresses by contract.
    """
    role = role_of(verb, municipality)
    return {
        name: sorted(account for held, account in held_roles(name, deployment) if held == role)
        for name in CONTRACTS_OF[verb]
    }


@typed("manage_roles grant <verb> <municipality> <account>")
def grant(verb: str, municipality: str, account: str) -> None:
    """Give a role: ``brownie run manage_roles grant <verb> <municipality> <account> --network <name>``."""
    _change("grant", verb, municipality, account)


@typed("manage_roles revoke <verb> <municipality> <account>")
def revoke(verb: str, municipality: str, account: str) -> None:
    """Take a role: ``brownie run manage_roles revoke <verb> <municipality> <account> --network <name>``."""
    _change("revoke", verb, municipality, account)


@typed("manage_roles check <verb> <municipality>")
def check(verb: str, municipality: str) -> None:
    """List who has a role: ``brownie run manage_roles check <verb> <municipality> --network <name>``."""
    with refusals():
        deployment = open_deployment()
        for name, accounts in holders(deployment, verb, number_of(municipality)).items():
            print(f"{name}: {', '.join(accounts) or 'nobody'}")


@typed("manage_roles")
def main() -> None:
    """Say how it is used."""
    print(__doc__)
    raise SystemExit(2)


def number_of(text: Any) -> int:
    """Read a municipality's code from the command line.

    Args:
        text: what was typed.

    Returns:
        The number.

    Raises:
        errors.InvalidInput: no number.
    """
    if not str(text).isdecimal():
        raise errors.InvalidInput("municipality_invalid", "municipality must be a number", field="municipality")
    return int(text)


def require_grantable(deployment: Deployment, verb: str, municipality: int, account: str) -> None:
    """Refuse to give a role to an account that should not have it.

    Args:
        deployment: the deployment.
        verb: the verb.
        municipality: CBS code; 0 for NETWORK.
        account: checksummed address.

    Raises:
        errors.InvalidInput: nobody's own key, one that does something else or has signed nothing, or that lost a role.
    """
    own = municipality in (0, deployment.municipality)
    meant = {deployment.accounts.get(name) for name in HOLDERS_OF.get(verb, ()) if own}
    require_own_key(account, others=set(deployment.accounts.values()) - meant)
    if verb in CREDITOR_VERBS:
        return  # A creditor's account signs questions, and transactions only when it files a claim.
    require_used(account, "network" if verb == NETWORK else "worker" if verb in WORKER_VERBS else "administrator")
    # An administrator may come back. What a worker's key signed before is on its disk still, or a thief's.
    lost = VERBS if verb in WORKER_VERBS else WORKER_VERBS
    require_never_lost(deployment, municipality or deployment.municipality, account, verbs=lost)


def _change(action: str, verb: str, municipality: str, account: str) -> None:
    with refusals():
        code, deployment = number_of(municipality), open_deployment()
        role_of(verb, code)
        account = read_account(account)
        changes = plan(deployment, action, verb, code, account)
        if not changes:
            print("Everything is so already; nothing was sent.")
            return
        if action == "grant":
            require_grantable(deployment, verb, code, account)
        agree(
            [f"{one.contract}: {one.function} {verb} of {code or 'the network'}, {one.account}" for one in changes],
            f"Send {len(changes)} transaction(s)?",
        )
        carry_out(deployment, changes, _signer(verb))
        if plan(deployment, action, verb, code, account):
            raise errors.Deviation("role_unchanged", "the chain does not show the change; look at the transactions")
        print("Check: done and found on the chain")


def _signer(verb: str) -> Any:
    """Open the account that administers a verb: the network's administrator, or the municipality's."""
    return network_signer() if verb in (NETWORK, "ADMINISTRATOR") else administrator_signer()
