"""Deploy the contracts, hand them over, and check the result: ``brownie run deploy --network <name>``.

Prints its whole plan and asks before it acts, when a terminal is attached and the network is not a local one
(``SCHULDHULP_ASSUME_YES=1`` answers yes). The deployment file is written last and whole, after every check has passed:
whatever interrupts it, nothing half done is ever found, and the next run starts afresh with new contracts.
"""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

import brownie
import brownie.network.contract
from eth_utils import keccak

from schuldhulp import errors
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.node.deployment import DeployedContract, Deployment
from scripts.acting import agree, refusals, send
from scripts.check_deployment import NETWORK_ROLE, check, report
from scripts.municipality import (
    Signers,
    expected_of,
    fund,
    municipal_signers,
    new_log_dossier,
    require_compiled_code,
    set_up,
    signers_of,
    use_up_first_nonces,
)
from scripts.planning import CONTRACTS, SIGNING, THROW_AWAY, Plan, plan_from_keys, throw_away_plan
from scripts.usage import typed


@typed("deploy")
def main() -> None:
    """Deploy to the network that Brownie is connected to."""
    from schuldhulp.config import load_settings

    with refusals():
        settings, network = load_settings(), brownie.network.show_active()
        if network == THROW_AWAY:
            plan = throw_away_plan(settings, brownie.accounts)
            signers: Signers = {name: brownie.accounts.at(plan.addresses[name]) for name in SIGNING}
        else:
            plan = plan_from_keys(settings, network)
            refuse_second_deployment(plan)
            signers = signers_from_keyrings(settings.keys, private=settings.production)
        agree(plan.lines(), "Deploy as planned?")
        deployment = deploy(plan, signers)
        findings = check(deployment, expected_of(plan))
        report(findings)
        if findings:
            print("The deployment file was not written.")
            raise SystemExit(1)
        deployment.save(plan.file)
        print(f"Written: {plan.file}")


def signers_from_keyrings(folder: Any, *, private: bool) -> Signers:
    """Open the keyrings of the network and of its first municipality; as `municipal_signers`."""
    from schuldhulp.crypto.keyring import NetworkKeys

    network = NetworkKeys.open(folder, private=private)
    own = {"deployer": network.deployer, "network_administrator": network.network_administrator}
    return {**signers_of(own), **municipal_signers(folder, private=private)}


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
    fund(signers, signers["deployer"])
    use_up_first_nonces(signers)
    instances = {name: secrets.token_bytes(32) for name in CONTRACTS}
    deployer = signers["deployer"]
    # Brownie would also keep a record of its own on a live network, and its compiled build crashes on that. Our record
    # is the deployment file.
    brownie.network.contract._add_deployment = lambda contract, alias=None: None
    contracts = {name: getattr(brownie, name).deploy(instances[name], {"from": deployer}) for name in CONTRACTS}
    for name, contract in contracts.items():
        require_compiled_code(name, contract.address, instances[name])
    deployment = Deployment(
        network=plan.network,
        chain_id=brownie.web3.eth.chain_id,
        genesis_hash=bytes(brownie.web3.eth.get_block(0)["hash"]),
        block=brownie.web3.eth.block_number,
        municipality=MunicipalityCode(plan.municipality),
        log_dossier=new_log_dossier(plan.municipality),
        contracts={
            name: DeployedContract(
                address=contract.address,
                code_hash=keccak(bytes(brownie.web3.eth.get_code(contract.address))),
                instance_id=instances[name],
            )
            for name, contract in contracts.items()
        },
        accounts=dict(plan.addresses),
        claim_id_key=plan.claim_id_key,
    )
    for name in CONTRACTS:
        send(deployment, deployer, name, "registerMunicipality", plan.municipality, plan.addresses["administrator"])
    set_up(plan, deployment, signers["administrator"])
    for name in CONTRACTS:
        send(deployment, deployer, name, "grantRole", NETWORK_ROLE, plan.addresses["network_administrator"])
        send(deployment, deployer, name, "renounceRole", NETWORK_ROLE, deployer.address)
    return dataclasses.replace(deployment, block=brownie.web3.eth.block_number)
