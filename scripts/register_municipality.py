"""Another municipality on contracts that stand, in two steps by two parties.

    brownie run register_municipality register <municipality> <administrator> --network <name>

by the administrator of the network: registers the municipality in all three contracts, with its administrator. Then

    brownie run register_municipality join <published deployment file> --network <name>

by the municipality itself, with keyrings and settings of its own: compares the contracts with what it compiled itself,
gives its roles, sets what creditors read, opens its first epoch, and writes its own deployment file. Neither needs a
key of the other. Both show their plan, ask, act and check, and complete what was cut short.

    brownie run register_municipality complete --network <name>

adds to a deployment file from before there were claims the public key of claim ids, from public.json. It sends nothing.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import brownie

from schuldhulp import errors
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.node.deployment import Deployment
from scripts.accounts import read_account, require_own_key, require_used
from scripts.acting import (
    agree,
    network_signer,
    open_deployment,
    refusals,
    require_chain,
    save_deployment,
    send,
    settings_here,
)
from scripts.check_deployment import SPARE, check, contract_at, report, role_id
from scripts.manage_roles import number_of
from scripts.municipality import (
    expected_of,
    fund,
    municipal_signers,
    new_log_dossier,
    require_compiled_code,
    set_up,
    use_up_first_nonces,
)
from scripts.planning import CONTRACTS, Plan, plan_from_keys
from scripts.usage import typed

if TYPE_CHECKING:
    from schuldhulp.config import Settings


@typed("register_municipality register <municipality> <administrator>")
def register(municipality: str, administrator: str) -> None:
    """Register a municipality; signed by the administrator of the network."""
    with refusals():
        deployment = open_deployment()
        code, account = number_of(municipality), read_account(administrator, "administrator")
        missing = unregistered(deployment, code, account)
        if not missing:
            print("Everything is so already; nothing was sent.")
            return
        require_own_key(account, others=deployment.accounts.values(), field="administrator")
        require_used(account, "administrator", "administrator")
        agree(
            [
                f"Municipality {code} is registered, with {account} as its administrator, in",
                *(f"{name} {deployment.contracts[name].address}" for name in missing),
            ],
            f"Send {len(missing)} transaction(s)?",
        )
        signer = network_signer()
        if not all(contract_at(name, deployment).hasRole(bytes(32), signer.address).call() for name in missing):
            raise errors.NotAllowed("role_refused", f"{signer.address} does not administer the network")
        for name in missing:
            send(deployment, signer, name, "registerMunicipality", code, account)
        if unregistered(deployment, code, account):
            raise errors.Deviation("not_registered", "the chain does not show the change; look at the transactions")
        print("Check: done and found on the chain")
        print("Next: it joins by itself, with this deployment file: brownie run register_municipality join <file>")


@typed("register_municipality join <published deployment file>")
def join(published: str) -> None:
    """Set this installation's municipality up on the contracts of a published deployment file."""
    with refusals():
        settings, network = settings_here(), brownie.network.show_active()
        base = Deployment.load(Path(str(published)))
        plan = joining_plan(settings, network, base)
        agree(
            plan.joining_lines({name: contract.address for name, contract in base.contracts.items()}),
            "Join as planned?",
        )
        signers = municipal_signers(settings.keys, private=settings.production)
        fund(signers, signers["administrator"])
        use_up_first_nonces(signers)
        set_up(plan, base, signers["administrator"])
        deployment = dataclasses.replace(
            base,
            network=network,
            block=brownie.web3.eth.block_number,
            municipality=MunicipalityCode(plan.municipality),
            log_dossier=new_log_dossier(plan.municipality),
            accounts=dict(plan.addresses),
            claim_id_key=plan.claim_id_key,
        )
        expected = expected_of(plan)
        findings = check(deployment, expected)
        report(findings)
        # Who administers the network is the network's business and may change at any moment: it is said, and the file
        # of what was set up all the same is written.
        if findings and check(deployment, dataclasses.replace(expected, network_known=False)):
            print("The deployment file was not written.")
            raise SystemExit(1)
        deployment.save(plan.file)
        print(f"Written: {plan.file}")
        if findings:
            print("The findings are the network's: when its administration has changed, brownie run hand_over follow")
            raise SystemExit(1)


@typed("register_municipality complete")
def complete() -> None:
    """Add the public key of claim ids to a deployment file that has none; nothing is sent."""
    with refusals():
        deployment, settings = open_deployment(), settings_here()
        key = plan_from_keys(settings, deployment.network).claim_id_key
        if deployment.claim_id_key == key:
            print("The deployment file is complete already.")
            return
        if deployment.claim_id_key is not None:
            raise errors.Conflict(
                "claim_id_key_other",
                "the deployment file has another claimIdKey than public.json: which one does the evaluator have?",
                field="claim_id_key",
            )
        if deployment.municipality != settings.municipality:
            raise errors.Conflict(
                "municipality_other",
                "SCHULDHULP_MUNICIPALITY is not the municipality of the deployment file",
                field="municipality",
            )
        save_deployment(dataclasses.replace(deployment, claim_id_key=key))
        print("Next: publish the file anew; creditors need it before they file claims")


@typed("register_municipality")
def main() -> None:
    """Say how it is used."""
    print(__doc__)
    raise SystemExit(2)


def unregistered(deployment: Deployment, code: int, administrator: str) -> list[str]:
    """List the contracts in which a municipality is not registered yet.

    Args:
        deployment: the deployment.
        code: CBS code.
        administrator: its administrator.

    Returns:
        Names of contracts.

    Raises:
        errors.InvalidInput: not the code of a municipality.
        errors.Conflict: it is registered with another administrator.
    """
    if not 1 <= code <= 0xFFFF:
        raise errors.InvalidInput("municipality_invalid", "municipality must be 1 to 65535", field="municipality")
    missing = [name for name in CONTRACTS if not contract_at(name, deployment).isRegistered(code).call()]
    role = role_id("ADMINISTRATOR", code)
    for name in CONTRACTS:
        if name not in missing and not contract_at(name, deployment).hasRole(role, administrator).call():
            raise errors.Conflict(
                "municipality_registered",
                f"municipality {code} is registered in {name} with another administrator; to change it: hand_over",
                field="municipality",
            )
    return missing


def joining_plan(settings: Settings, network: str, base: Deployment) -> Plan:
    """Work out how this installation's municipality joins, and refuse what cannot be.

    Args:
        settings: the settings of this installation.
        network: name of Brownie's network.
        base: the published deployment.

    Returns:
        The plan.

    Raises:
        errors.Misconfigured: keys are missing, or are those of the municipality that published the file.
        errors.Conflict: there is a deployment file already.
        errors.ChainMismatch: another chain, or other code than was compiled here.
        errors.InvalidInput: the file is of this very municipality.
        errors.NotAllowed: the municipality is not registered with this administrator.
    """
    plan = plan_from_keys(settings, network)
    if plan.file.exists():
        raise errors.Conflict(
            "deployment_exists", f"{plan.file} is there already; brownie run check_deployment compares it", field="file"
        )
    if base.municipality == plan.municipality:
        raise errors.InvalidInput(
            "municipality_same",
            "SCHULDHULP_MUNICIPALITY is the municipality that published the file",
            field="municipality",
        )
    require_chain(base)
    for name, contract in base.contracts.items():
        require_compiled_code(name, contract.address, contract.instance_id)
    taken = set(base.accounts.values())
    own = {
        name: address for name, address in plan.addresses.items() if name not in ("deployer", "network_administrator")
    }
    for name, address in own.items():
        if address in taken:
            raise errors.Misconfigured(
                "account_taken", f"the {name} is an account of the municipality that published the file", field=name
            )
    for name in CONTRACTS:
        role = role_id("ADMINISTRATOR", plan.municipality)
        if not contract_at(name, base).hasRole(role, own["administrator"]).call():
            raise errors.NotAllowed(
                "not_registered",
                f"municipality {plan.municipality} is not registered in {name} with {own['administrator']}; the "
                "administrator of the network does that: brownie run register_municipality register",
            )
    shared = ("deployer", "network_administrator", SPARE)
    of_network = {name: base.accounts[name] for name in shared if name in base.accounts}
    return dataclasses.replace(plan, addresses={**plan.addresses, **of_network})
