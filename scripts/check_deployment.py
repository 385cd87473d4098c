"""Compare a deployment file with the chain: ``brownie run check_deployment --network <name>``.

Names everything that is not as it should be, and ends with exit code 1 then. Reads only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import brownie
from eth_abi import encode
from eth_utils import keccak

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment
from scripts.planning import CONTRACTS, GRANTS, SIGNING, THROW_AWAY
from scripts.usage import typed

if TYPE_CHECKING:
    from schuldhulp.config import Settings

VERSION = "1.0.0"
NETWORK_ROLE = bytes(32)
CREDITOR_VERBS = ("CREDITOR", "BSN_CREDITOR")

SPARE = "spare_network_administrator"
"""Name of the account in the deployment file that keeps the network's role for the day that the other key is lost."""

Holding = tuple[bytes, str]
"""Role and account that has it."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What should be found beside what stands in the deployment file. None: any value that works will do.

    Attributes:
        roles: role and holder of everything that should be, by contract.
        creditors_allowed: whether accounts may hold a creditor's role, as they do once organisations were admitted.
        network_known: whether the holders of the network's role are looked at; they are none of a municipality's doing.
        contact: what a creditor reads after a green signal.
        evaluator_url: where the evaluator answers.
        claim_key: X25519 key that claims are sealed to, 32 bytes.
        claim_id_key: public key of the evaluator's standing key for claim ids, 32 bytes.
        receipt_signer: account that signs receipts.
        epoch: epoch that is open.
        evaluator_keys: its keys, 32 bytes each.
    """

    roles: Mapping[str, frozenset[Holding]]
    creditors_allowed: bool = True
    network_known: bool = True
    contact: str | None = None
    evaluator_url: str | None = None
    claim_key: bytes | None = None
    claim_id_key: bytes | None = None
    receipt_signer: str | None = None
    epoch: int | None = None
    evaluator_keys: tuple[bytes, bytes] | None = None


def role_id(verb: str, municipality: int) -> bytes:
    """Give the id of a role, as `roleOf` of the contracts does.

    Args:
        verb: name of the verb.
        municipality: CBS code.

    Returns:
        32 bytes.
    """
    return keccak(encode(["bytes32", "uint16"], [keccak(text=verb), municipality]))


def roles_of(contract: str, addresses: Mapping[str, str], municipality: int) -> frozenset[Holding]:
    """Give the roles that a contract should know after a deployment.

    Args:
        contract: name of the contract.
        addresses: accounts by name.
        municipality: CBS code.

    Returns:
        Role and holder of each.
    """
    given = {(role_id(verb, municipality), addresses[holder]) for name, verb, holder in GRANTS if name == contract}
    of_network = {addresses[name] for name in ("network_administrator", SPARE) if name in addresses}
    return frozenset(
        given
        | {(NETWORK_ROLE, address) for address in of_network}
        | {(role_id("ADMINISTRATOR", municipality), addresses["administrator"])}
    )


def expected_of(deployment: Deployment) -> Expected:
    """Give what a deployment in use should show.

    Args:
        deployment: the deployment file.

    Returns:
        Its roles; creditors may have been admitted and settings may have been changed since.
    """
    return Expected(
        roles={name: roles_of(name, deployment.accounts, deployment.municipality) for name in CONTRACTS},
        receipt_signer=deployment.accounts.get("receipt_signer"),
    )


def check(deployment: Deployment, expected: Expected) -> list[str]:
    """Compare a deployment with the chain that Brownie is connected to.

    Args:
        deployment: what was deployed.
        expected: what should be found beside it.

    Returns:
        One sentence for everything that is wrong; empty when all is well.
    """
    findings = check_chain(deployment)
    if findings:
        return findings  # Nothing on another chain says anything about this deployment.
    for name in CONTRACTS:
        code_findings = check_code(name, deployment)
        findings += code_findings
        if not code_findings:
            findings += check_contract(name, deployment) + check_roles(name, deployment, expected)
    findings += check_nonces(deployment) + check_claim_ids(deployment, expected)
    if not findings:
        findings += check_settings(deployment, expected)
    return findings


def check_chain(deployment: Deployment) -> list[str]:
    """Compare chain id and genesis block."""
    findings = []
    if brownie.web3.eth.chain_id != deployment.chain_id:
        findings.append(f"chain: the id is {brownie.web3.eth.chain_id}, deployed was to {deployment.chain_id}")
    if bytes(brownie.web3.eth.get_block(0)["hash"]) != deployment.genesis_hash:
        findings.append("chain: another genesis block, so another chain or one that was wiped")
    return findings


def check_code(name: str, deployment: Deployment) -> list[str]:
    """Compare the code at the address with the hash in the file."""
    contract = deployment.contracts[name]
    code = bytes(brownie.web3.eth.get_code(contract.address))
    if not code:
        return [f"{name}: no code at {contract.address}"]
    if keccak(code) != contract.code_hash:
        return [f"{name}: other code at {contract.address}"]
    return []


def check_contract(name: str, deployment: Deployment) -> list[str]:
    """Compare instance id and version, and look for the municipality."""
    contract = contract_at(name, deployment)
    findings = []
    if bytes(contract.instanceId().call()) != deployment.contracts[name].instance_id:
        findings.append(f"{name}: another instance id")
    if contract.version().call() != VERSION:
        findings.append(f"{name}: version {contract.version().call()} instead of {VERSION}")
    if not contract.isRegistered(deployment.municipality).call():
        findings.append(f"{name}: municipality {deployment.municipality} is not registered")
    return findings


def check_roles(name: str, deployment: Deployment, expected: Expected) -> list[str]:
    """Compare every role that was ever given, as it stands now, with the plan.

    Roles of other municipalities are theirs to check, but the deployer must not hold one anywhere. Whoever holds a role
    of this municipality without being planned is named, also an account of another municipality.
    """
    contract, code = contract_at(name, deployment), deployment.municipality
    held = held_roles(name, deployment)
    creditors = {role_id(verb, code) for verb in CREDITOR_VERBS}
    foreign = {
        role for role, _ in held if verb_name(contract, role) and role != role_id(verb_name(contract, role), code)
    }
    findings = []
    lacking, surplus = expected.roles[name] - held, held - expected.roles[name]
    if not expected.network_known:
        lacking, surplus = ({one for one in some if one[0] != NETWORK_ROLE} for some in (lacking, surplus))
    for role, account in sorted(lacking):
        findings.append(f"{name}: {account} lacks {describe(contract, role)}")
    for role, account in sorted(surplus):
        if account == deployment.accounts.get("deployer"):
            findings.append(f"{name}: the deployer still holds {describe(contract, role)}")
        elif role in foreign or (expected.creditors_allowed and role in creditors):
            continue
        else:
            findings.append(f"{name}: {account} holds {describe(contract, role)}, which nobody planned")
    for role, account in sorted(held):
        if not contract.hasRole(role, account).call():
            findings.append(f"{name}: the events and hasRole disagree about {account}")
    return findings


def held_roles(name: str, deployment: Deployment) -> set[Holding]:
    """Fold the events of granting and revoking into what is held now.

    Args:
        name: name of the contract.
        deployment: the deployment.

    Returns:
        Role and holder of every role, of all municipalities.
    """
    web3, held = brownie.web3, set()
    granted = keccak(text="RoleGranted(bytes32,address,address)")
    revoked = keccak(text="RoleRevoked(bytes32,address,address)")
    logs = web3.eth.get_logs(
        {
            "address": deployment.contracts[name].address,
            "fromBlock": 0,
            "toBlock": "latest",
            "topics": [["0x" + granted.hex(), "0x" + revoked.hex()]],
        }
    )
    for log in sorted(logs, key=lambda entry: (entry["blockNumber"], entry["logIndex"])):
        holding = (bytes(log["topics"][1]), web3.to_checksum_address(bytes(log["topics"][2])[12:]))
        if bytes(log["topics"][0]) == granted:
            held.add(holding)
        else:
            held.discard(holding)
    return held


def check_nonces(deployment: Deployment) -> list[str]:
    """Look for a signing account whose first transaction could still be one that matters."""
    return [
        f"nonce 0 of the {name} {deployment.accounts[name]} has not been used up"
        for name in SIGNING
        if name in deployment.accounts and brownie.web3.eth.get_transaction_count(deployment.accounts[name]) == 0
    ]


def check_claim_ids(deployment: Deployment, expected: Expected) -> list[str]:
    """Look at the key of claim ids in the file: creditors prove with it that everybody gets the same id for a debt."""
    if deployment.claim_id_key is None:
        return ["deployment file: no claimIdKey, so no claim can be filed; brownie run register_municipality complete"]
    if expected.claim_id_key not in (None, deployment.claim_id_key):
        return ["deployment file: the claimIdKey is not the one in public.json, so no claim can be filed"]
    return []


def check_settings(deployment: Deployment, expected: Expected) -> list[str]:
    """Look at epochs, keys, contact and evaluator of the municipality."""
    registry, code = contract_at("EnrolmentRegistry", deployment), deployment.municipality
    current, oldest, announced, claim_key, signer, contact, evaluator_url = registry.municipality(code).call()
    keys = tuple(bytes(registry.evaluatorKey(code, current, kind).call()) for kind in (1, 2))
    findings = []
    if not 0 < oldest <= current <= announced:
        findings.append(f"EnrolmentRegistry: no epoch is open (current {current}, announced {announced})")
    elif not all(map(any, keys)):
        findings.append(f"EnrolmentRegistry: epoch {current} has no keys")
    found = {
        "claim key": (bytes(claim_key), expected.claim_key),
        "receipt signer": (signer, expected.receipt_signer),
        "contact": (contact, expected.contact),
        "evaluator address": (evaluator_url, expected.evaluator_url),
        "current epoch": (current, expected.epoch),
        "evaluator keys": (keys, expected.evaluator_keys),
    }
    for name, (value, wanted) in found.items():
        if wanted is not None and value != wanted:
            findings.append(f"EnrolmentRegistry: the {name} is not the planned one")
    if not any(claim_key) or not contact or not evaluator_url or not int(signer, 16):
        findings.append("EnrolmentRegistry: claim key, receipt signer, contact or evaluator address is not set")
    return findings


def contract_at(name: str, deployment: Deployment) -> Any:
    """Give the functions of a deployed contract, straight from the node: Brownie's own contract objects keep state."""
    address = deployment.contracts[name].address
    return brownie.web3.eth.contract(address=address, abi=getattr(brownie, name).abi).functions


def verb_name(contract: Any, role: bytes) -> str:
    """Name the verb of a role, or an empty text for a role that the contract does not know."""
    verb = bytes(contract.verbOf(role).call())
    names = ("ADMINISTRATOR", "REGISTRAR", "EPOCH_KEEPER", "REVIEWER", *CREDITOR_VERBS)
    return next((name for name in names if keccak(text=name) == verb), "")


def describe(contract: Any, role: bytes) -> str:
    """Name a role in words."""
    if role == NETWORK_ROLE:
        return "the administration of the network"
    return verb_name(contract, role) or f"the unknown role 0x{role.hex()}"


def report(findings: Sequence[str]) -> None:
    """Print what was found."""
    for finding in findings:
        print(f"Finding: {finding}")
    print("Check: " + (f"{len(findings)} finding(s)" if findings else "everything is as planned"))


def claim_id_key_of(settings: Settings) -> bytes | None:
    """Give the key of claim ids in public.json; None where there is no such file or key, as on a creditor's machine."""
    from schuldhulp.services.keys import PUBLIC_FILE, read_public_keys

    return read_public_keys(settings.keys).claim_id_key if (settings.keys / PUBLIC_FILE).exists() else None


@typed("check_deployment")
def main() -> None:
    """Check the deployment of the network that Brownie is connected to."""
    from schuldhulp.config import load_settings

    network = brownie.network.show_active()
    try:
        if network == THROW_AWAY:
            raise errors.Misconfigured("network_empty", "the development network starts empty: nothing to check")
        settings = load_settings()
        deployment = Deployment.load(settings.deployments / f"{network}.json")
        expected = dataclasses.replace(expected_of(deployment), claim_id_key=claim_id_key_of(settings))
        findings = check(deployment, expected)
    except errors.SchuldhulpError as error:
        print(f"Refused: {error}")
        raise SystemExit(error.exit_code) from None
    report(findings)
    if findings:
        raise SystemExit(1)
