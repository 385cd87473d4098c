"""What is to be deployed: worked out completely before anything is sent, so that it can be shown and asked about."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schuldhulp import errors

if TYPE_CHECKING:
    from schuldhulp.config import Settings

THROW_AWAY = "development"
"""Brownie's network that lives as long as the command; its accounts are Ganache's own."""

LOCAL_NETWORKS = (THROW_AWAY, "local")
CONTRACTS = ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")

HOLDERS = ("network_administrator", "administrator", "registrar", "reviewer", "epoch_keeper", "receipt_signer")
"""Accounts of a deployment by what they do; the keys of `accounts` in the deployment file, with `deployer`."""

SIGNING = ("deployer", "network_administrator", "administrator", "registrar", "reviewer")
"""Accounts that send transactions, so that nonce 0 of each is to be used up by a transaction that does nothing."""

GRANTS = (
    ("EnrolmentRegistry", "REGISTRAR", "registrar"),
    ("EnrolmentRegistry", "EPOCH_KEEPER", "epoch_keeper"),
    ("ObligationLedger", "REGISTRAR", "registrar"),
    ("ClaimRegister", "REVIEWER", "reviewer"),
)
"""Contract, verb and holder of every role that the administrator gives; creditors are admitted later."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A deployment before it happens.

    Attributes:
        network: name of Brownie's network.
        municipality: CBS code.
        contact: what a creditor reads after a green signal.
        evaluator_url: where the evaluator answers.
        epoch: first epoch to be opened.
        evaluator_keys: its public keys, for the BSN and for name, birth date and address; 32 bytes each.
        claim_key: X25519 key that claims are sealed to, 32 bytes.
        claim_id_key: public key of the evaluator's standing key for claim ids, 32 bytes; stands in the deployment file.
        addresses: of `deployer` and every holder in `HOLDERS`.
        file: where the deployment file goes.
    """

    network: str
    municipality: int
    contact: str
    evaluator_url: str
    epoch: int
    evaluator_keys: tuple[bytes, bytes]
    claim_key: bytes
    claim_id_key: bytes
    addresses: Mapping[str, str]
    file: Path

    def lines(self) -> list[str]:
        """Say everything that is going to happen, in the order in which it does."""
        return [
            *self._head(),
            "1. Fund every signing account that has nothing, and use up its nonce 0.",
            f"2. Deploy {', '.join(CONTRACTS)}, each with a random instance id.",
            "3. Register the municipality in each, with its administrator.",
            *self._roles(),
            *self._settings("4", "5"),
            "6. Hand the network over to its administrator; the deployer keeps no role.",
            f"7. Check the result and write {self.file}.",
        ]

    def joining_lines(self, contracts: Mapping[str, str]) -> list[str]:
        """Say everything that happens when the municipality joins contracts that stand.

        Args:
            contracts: their addresses by name.
        """
        return [
            *self._head(),
            "1. Use these contracts, whose code is the one that was compiled here:",
            *(f"   {name} {address}" for name, address in contracts.items()),
            "2. Fund registrar and reviewer where they have nothing, and use up their nonce 0.",
            "3. Give the roles of the municipality.",
            *self._roles(),
            *self._settings("4", "5"),
            f"6. Check the result and write {self.file}.",
        ]

    def _head(self) -> list[str]:
        return [
            f"Network                {self.network}",
            f"Municipality           {self.municipality}",
            *(f"{name.replace('_', ' ').capitalize():<22} {address}" for name, address in self.addresses.items()),
            "",
        ]

    @staticmethod
    def _roles() -> list[str]:
        return [f"   {contract}: {verb} to the {holder.replace('_', ' ')}" for contract, verb, holder in GRANTS]

    def _settings(self, settings: str, epoch: str) -> list[str]:
        return [
            f"{settings}. Set the contact to {self.contact!r}, the evaluator to {self.evaluator_url},",
            f"   the claim key to 0x{self.claim_key.hex()}, and the receipt signer.",
            f"{epoch}. Announce and open epoch {self.epoch} with keys",
            *(f"   0x{key.hex()}" for key in self.evaluator_keys),
            f"   Claim ids are made under 0x{self.claim_id_key.hex()}.",
        ]


def plan_from_keys(settings: Settings, network: str) -> Plan:
    """Make the plan of a network from the settings and from what is public of the keys.

    Args:
        settings: the settings of this installation.
        network: name of Brownie's network.

    Returns:
        The plan.

    Raises:
        errors.Misconfigured: the keys are missing or incomplete.
    """
    from schuldhulp.services.keys import read_public_keys

    public = read_public_keys(settings.keys)
    addresses = {**public.addresses, "epoch_keeper": public.addresses.get("administrator", "")}
    for name in ("deployer", *HOLDERS):
        if not addresses.get(name):
            raise errors.Misconfigured("account_missing", f"there is no account for the {name}", field=name)
    if not public.evaluator_keys:
        raise errors.Misconfigured("epoch_missing", "the evaluator has no keys of any epoch", field="evaluator_keys")
    if public.claim_id_key is None:
        raise errors.Misconfigured(
            "claim_id_key_missing",
            "public.json is from before claim ids had a key: run schuldhulp keys epoch where the evaluator's keyring "
            "is, and bring its public.json here (schuldhulp keys merge)",
            field="claim_id_key",
        )
    epoch = max(public.evaluator_keys)
    plan = Plan(
        network=network,
        municipality=settings.municipality,
        contact=settings.contact,
        evaluator_url=settings.evaluator_url,
        epoch=int(epoch),
        evaluator_keys=public.evaluator_keys[epoch],
        claim_key=public.claim_key,
        claim_id_key=public.claim_id_key,
        addresses={name: addresses[name] for name in ("deployer", *HOLDERS)},
        file=settings.deployments / f"{network}.json",
    )
    if settings.production:
        refuse_known_accounts(plan)
    return plan


def throw_away_plan(settings: Settings, accounts: Any) -> Plan:
    """Make the plan of a chain that nobody keeps: Ganache's accounts, and keys that are drawn and forgotten.

    Args:
        settings: the settings of this installation.
        accounts: Brownie's accounts, at least six.

    Returns:
        The plan.
    """
    from schuldhulp.crypto.sealed import OpeningKey
    from schuldhulp.crypto.voprf import VoprfKey, public_key

    names = ("deployer", "network_administrator", "administrator", "registrar", "reviewer", "receipt_signer")
    addresses = {name: accounts[number].address for number, name in enumerate(names)}
    addresses["epoch_keeper"] = addresses["administrator"]
    return Plan(
        network=THROW_AWAY,
        municipality=settings.municipality,
        contact=settings.contact,
        evaluator_url=settings.evaluator_url,
        epoch=20264,
        evaluator_keys=(public_key(VoprfKey.generate()), public_key(VoprfKey.generate())),
        claim_key=OpeningKey.generate().public_key,
        claim_id_key=public_key(VoprfKey.generate()),
        addresses={name: addresses[name] for name in ("deployer", *HOLDERS)},
        file=settings.deployments / f"{THROW_AWAY}.json",
    )


def refuse_known_accounts(plan: Plan) -> None:
    """Refuse accounts whose private keys are public.

    Args:
        plan: the plan.

    Raises:
        errors.Misconfigured: names what the account was to be.
    """
    from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS

    for name, address in plan.addresses.items():
        if address.lower() in PUBLIC_TEST_ACCOUNTS:
            raise errors.Misconfigured(
                "account_public", f"the {name} is a test account whose private key everybody has", field=name
            )


def confirm(network: str, question: str) -> bool:
    """Ask before something happens on a network that others use, when there is somebody to ask.

    Args:
        network: name of Brownie's network.
        question: what is asked, without the choices.

    Returns:
        Whether to go on.
    """
    if network in LOCAL_NETWORKS or os.environ.get("SCHULDHULP_ASSUME_YES") == "1":
        return True
    if not sys.stdin.isatty():
        print(f"{question} Nobody is here to answer; set SCHULDHULP_ASSUME_YES=1 to go on unasked.")
        return False
    return input(f"{question} [yes/NO] ").strip().lower() == "yes"
