"""Deploy the contracts, hand them over, and check the result: ``brownie run deploy --network <name>``.

Prints its whole plan and asks before it acts, when a terminal is attached and the network is not a local one
(``SCHULDHULP_ASSUME_YES=1`` answers yes). The deployment file is written last and whole, after every check has passed:
whatever interrupts it, nothing half done is ever found, and the next run starts afresh with new contracts.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import brownie
import brownie.network.contract
from eth_utils import keccak

from schuldhulp import errors
from schuldhulp.chain.deployment import DeployedContract, Deployment
from schuldhulp.domain.types import DossierId, MunicipalityCode
from scripts.check_deployment import Expected, check, report, roles_of
from scripts.planning import (
    CONTRACTS,
    GRANTS,
    SIGNING,
    THROW_AWAY,
    Plan,
    confirm,
    plan_from_keys,
    throw_away_plan,
)

Signers = Mapping[str, Any]
"""Brownie's accounts that sign, by name."""


def main() -> None:
    """Deploy to the network that Brownie is connected to."""
    from schuldhulp.config import load_settings

    try:
        settings, network = load_settings(), brownie.network.show_active()
        if network == THROW_AWAY:
            plan = throw_away_plan(settings, brownie.accounts)
            signers: Signers = {name: brownie.accounts.at(plan.addresses[name]) for name in SIGNING}
        else:
            plan = plan_from_keys(settings, network)
            refuse_second_deployment(plan)
            signers = signers_from_keyrings(settings.keys, private=settings.production)
        print("\n".join(plan.lines()), flush=True)
        if not confirm(network, "Deploy as planned?"):
            print("Nothing was done.")
            raise SystemExit(1)
        deployment = deploy(plan, signers)
        findings = check(deployment, expected_of(plan))
        report(findings)
        if findings:
            print("The deployment file was not written.")
            raise SystemExit(1)
        deployment.save(plan.file)
        print(f"Written: {plan.file}")
    except errors.SchuldhulpError as error:
        print(f"Refused: {error}")
        raise SystemExit(error.exit_code) from None


def signers_from_keyrings(folder: Any, *, private: bool) -> Signers:
    """Open the keyrings that hold the accounts of a deployment.

    Args:
        folder: folder of the keyrings.
        private: refuse files that others can read.

    Returns:
        Brownie's accounts by name. The worker's are needed once only, to use up their nonce 0.

    Raises:
        errors.Misconfigured: a keyring is missing or cannot be opened.
    """
    from schuldhulp.crypto.keyring import AdministratorKeys, NetworkKeys, WorkerKeys

    network, worker = NetworkKeys.open(folder, private=private), WorkerKeys.open(folder, private=private)
    keys = {
        "deployer": network.deployer,
        "network_administrator": network.network_administrator,
        "administrator": AdministratorKeys.open(folder, private=private).administrator,
        "registrar": worker.registrar,
        "reviewer": worker.reviewer,
    }
    return {name: brownie.accounts.add(key.reveal()) for name, key in keys.items()}


def refuse_second_deployment(plan: Plan) -> None:
    """Refuse to replace contracts that stand on this very chain: dossiers and tags would be left behind.

    Args:
        plan: the plan.

    Raises:
        errors.Conflict: the deployment file names contracts that are there.
    """
    if not plan.file.exists():
        return
    present = Deployment.load(plan.file)
    same_chain = present.genesis_hash == bytes(brownie.web3.eth.get_block(0)["hash"])
    if same_chain and any(brownie.web3.eth.get_code(contract.address) for contract in present.contracts.values()):
        raise errors.Conflict(
            "deployment_exists",
            f"{plan.file} names contracts that stand on this chain; move the file away to deploy new ones",
        )


def deploy(plan: Plan, signers: Signers) -> Deployment:
    """Carry the plan out.

    Args:
        plan: what to do.
        signers: the accounts of `SIGNING`, able to sign.

    Returns:
        What stands on the chain now; nothing has been written to disk.
    """
    fund(signers)
    use_up_first_nonces(signers)
    instances = {name: secrets.token_bytes(32) for name in CONTRACTS}
    deployer, administrator = {"from": signers["deployer"]}, {"from": signers["administrator"]}
    # Brownie would also keep a record of its own on a live network, and its compiled build crashes on that. Our record
    # is the deployment file.
    brownie.network.contract._add_deployment = lambda contract, alias=None: None
    contracts = {name: getattr(brownie, name).deploy(instances[name], deployer) for name in CONTRACTS}
    for name, contract in contracts.items():
        require_compiled_code(name, contract, instances[name])
    for contract in contracts.values():
        contract.registerMunicipality(plan.municipality, plan.addresses["administrator"], deployer)
    for name, verb, holder in GRANTS:
        contract = contracts[name]
        role = contract.roleOf(keccak(text=verb), plan.municipality)
        contract.grantRole(role, plan.addresses[holder], administrator)
    set_up_registry(plan, contracts["EnrolmentRegistry"], administrator)
    for contract in contracts.values():
        network_role = contract.DEFAULT_ADMIN_ROLE()
        contract.grantRole(network_role, plan.addresses["network_administrator"], deployer)
        contract.renounceRole(network_role, signers["deployer"], deployer)
    return Deployment(
        network=plan.network,
        chain_id=brownie.web3.eth.chain_id,
        genesis_hash=bytes(brownie.web3.eth.get_block(0)["hash"]),
        block=brownie.web3.eth.block_number,
        municipality=MunicipalityCode(plan.municipality),
        log_dossier=DossierId(plan.municipality.to_bytes(2, "big") + secrets.token_bytes(30)),
        contracts={
            name: DeployedContract(
                address=contract.address,
                code_hash=keccak(bytes(brownie.web3.eth.get_code(contract.address))),
                instance_id=instances[name],
            )
            for name, contract in contracts.items()
        },
        accounts=dict(plan.addresses),
    )


def require_compiled_code(name: str, contract: Any, instance_id: bytes) -> None:
    """Refuse to go on with a contract whose code on the chain is not what was compiled here.

    Args:
        name: the contract.
        contract: Brownie's contract, just deployed.
        instance_id: its random id; the only immutable, so the only difference from the compiled code.

    Raises:
        errors.ChainMismatch: the node put other code there.
    """
    found = bytes(brownie.web3.eth.get_code(contract.address)).replace(instance_id, bytes(32))
    if found != bytes.fromhex(contract._build["deployedBytecode"]):
        raise errors.ChainMismatch("contract_code_other", f"{name}: the chain holds other code than was deployed")


def set_up_registry(plan: Plan, registry: Any, administrator: dict[str, Any]) -> None:
    """Set what creditors read, and open the first epoch.

    Args:
        plan: what to do.
        registry: the EnrolmentRegistry.
        administrator: Brownie's transaction options with the administrator, who is the epoch keeper too.
    """
    code = plan.municipality
    registry.setClaimKey(code, plan.claim_key, administrator)
    registry.setReceiptSigner(code, plan.addresses["receipt_signer"], administrator)
    registry.setContact(code, plan.contact, administrator)
    registry.setEvaluatorUrl(code, plan.evaluator_url, administrator)
    registry.announceEpoch(code, plan.epoch, list(plan.evaluator_keys), administrator)
    registry.openEpoch(code, plan.epoch, administrator)


def fund(signers: Signers) -> None:
    """Give every signing account without a balance a tenth of what the deployer has.

    Where gas costs nothing the deployer has nothing to give, and nobody needs any.

    Args:
        signers: the accounts.
    """
    share = int(signers["deployer"].balance()) // 10
    for account in signers.values():
        if share and account.balance() == 0:
            signers["deployer"].transfer(account, share)


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
        receipt_signer=plan.addresses["receipt_signer"],
        epoch=plan.epoch,
        evaluator_keys=plan.evaluator_keys,
    )
