"""How a municipality is set up on contracts that stand: its roles, what creditors read, and its first epoch.

Used when the contracts are deployed for the first municipality, and when another joins. Nothing is sent for what is so
already: whatever was cut short is completed by the next run.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brownie

from schuldhulp import errors
from schuldhulp.domain.types import DossierId
from schuldhulp.node.deployment import Deployment
from scripts.acting import send
from scripts.check_deployment import Expected, contract_at, role_id, roles_of
from scripts.planning import CONTRACTS, GRANTS, Plan

if TYPE_CHECKING:
    from schuldhulp.crypto.accounts import AccountKey

Signers = Mapping[str, Any]
"""Brownie's accounts that sign, by name."""


def municipal_signers(folder: Path, *, private: bool) -> Signers:
    """Open the keyrings that hold the accounts of a municipality.

    Args:
        folder: folder of the keyrings.
        private: refuse files that others can read.

    Returns:
        Brownie's accounts by name. The worker's are needed once only, to use up their nonce 0.

    Raises:
        errors.Misconfigured: a keyring is missing or cannot be opened.
    """
    from schuldhulp.crypto.keyring import AdministratorKeys, WorkerKeys

    worker = WorkerKeys.open(folder, private=private)
    return signers_of(
        {
            "administrator": AdministratorKeys.open(folder, private=private).administrator,
            "registrar": worker.registrar,
            "reviewer": worker.reviewer,
        }
    )


def signers_of(keys: Mapping[str, AccountKey]) -> Signers:
    """Give keys to Brownie, able to sign.

    Args:
        keys: keys of accounts by name.

    Returns:
        Brownie's accounts by name.
    """
    return {name: brownie.accounts.add(key.reveal()) for name, key in keys.items()}


def set_up(plan: Plan, deployment: Deployment, administrator: Any) -> None:
    """Give the roles, set what creditors read, and open the first epoch.

    Args:
        plan: what to do.
        deployment: the contracts; the municipality is registered in each.
        administrator: Brownie's account of the municipality's administrator, who is the epoch keeper too.

    Raises:
        errors.Conflict: the municipality has other epochs or other keys already.
    """
    for name, verb, holder in GRANTS:
        role = role_id(verb, plan.municipality)
        if not contract_at(name, deployment).hasRole(role, plan.addresses[holder]).call():
            send(deployment, administrator, name, "grantRole", role, plan.addresses[holder])
    set_up_registry(plan, deployment, administrator)


def set_up_registry(plan: Plan, deployment: Deployment, administrator: Any) -> None:
    """Set what creditors read, and open the first epoch.

    Args:
        plan: what to do.
        deployment: the contracts.
        administrator: Brownie's account of the municipality's administrator.

    Raises:
        errors.Conflict: the municipality has other epochs or other keys already.
    """
    registry, code = contract_at("EnrolmentRegistry", deployment), plan.municipality
    current, _, announced, claim_key, signer, contact, evaluator_url = registry.municipality(code).call()
    keys = tuple(bytes(registry.evaluatorKey(code, plan.epoch, kind).call()) for kind in (1, 2))
    if (
        current not in (0, plan.epoch)
        or announced not in (0, plan.epoch)
        or (announced and keys != plan.evaluator_keys)
    ):
        raise errors.Conflict(
            "epoch_exists", "the municipality has other epochs or keys already; nothing of them was changed"
        )
    wanted = (
        ("setClaimKey", bytes(claim_key), plan.claim_key),
        ("setReceiptSigner", signer, plan.addresses["receipt_signer"]),
        ("setContact", contact, plan.contact),
        ("setEvaluatorUrl", evaluator_url, plan.evaluator_url),
    )
    for function, found, value in wanted:
        if found != value:
            send(deployment, administrator, "EnrolmentRegistry", function, code, value)
    if not announced:
        send(
            deployment,
            administrator,
            "EnrolmentRegistry",
            "announceEpoch",
            code,
            plan.epoch,
            list(plan.evaluator_keys),
        )
    if not current:
        send(deployment, administrator, "EnrolmentRegistry", "openEpoch", code, plan.epoch)


def fund(signers: Signers, payer: Any) -> None:
    """Give every signing account without a balance a tenth of what the payer has.

    Where gas costs nothing the payer has nothing to give, and nobody needs any.

    Args:
        signers: the accounts.
        payer: who pays.
    """
    share = int(payer.balance()) // 10
    for account in signers.values():
        if share and account.balance() == 0:
            payer.transfer(account, share)


def use_up_first_nonces(signers: Signers) -> None:
    """Send nothing to itself from every account that has not sent anything yet.

    Ganache runs a signed transaction with nonce 0 again whenever it is sent again, and a replayed grant would undo a
    revocation. A replay of this one does nothing.

    Args:
        signers: the accounts.
    """
    for account in signers.values():
        if account.nonce == 0:
            account.transfer(account, 0)


def require_compiled_code(name: str, address: str, instance_id: bytes) -> None:
    """Refuse a contract whose code on the chain is not what was compiled here.

    Args:
        name: the contract.
        address: where it stands.
        instance_id: its random id; the only immutable, so the only difference from the compiled code.

    Raises:
        errors.ChainMismatch: other code is there.
    """
    found = bytes(brownie.web3.eth.get_code(address)).replace(instance_id, bytes(32))
    if found != bytes.fromhex(getattr(brownie, name)._build["deployedBytecode"]):
        raise errors.ChainMismatch("contract_code_other", f"{name}: the chain holds other code than was compiled here")


def new_log_dossier(municipality: int) -> DossierId:
    """Draw the id of the dossier that commits a municipality's processing log."""
    return DossierId(municipality.to_bytes(2, "big") + secrets.token_bytes(30))


def expected_of(plan: Plan) -> Expected:
    """Give what the check has to find after this plan.

    Args:
        plan: the plan.

    Returns:
        Roles, settings and keys as planned, and nothing else.
    """
    return Expected(
        roles={name: roles_of(name, plan.addresses, plan.municipality) for name in CONTRACTS},
        creditors_allowed=False,
        contact=plan.contact,
        evaluator_url=plan.evaluator_url,
        claim_key=plan.claim_key,
        claim_id_key=plan.claim_id_key,
        receipt_signer=plan.addresses["receipt_signer"],
        epoch=plan.epoch,
        evaluator_keys=plan.evaluator_keys,
    )
