"""Replace an account of the worker whose key was lost or stolen: ``brownie run replace_key <name> <new account>``.

``registrar``, ``reviewer`` or ``receipt_signer``. The old account loses its role first, everywhere; then the new one
gets it, and the deployment file names it. Creditors' signals go on throughout: asking needs no registrar. Whatever was
cut short is completed by the same command. The new key is drawn where the worker runs, by ``schuldhulp keys renew``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import brownie

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment
from scripts.accounts import read_account, require_never_lost, require_own_key, require_used
from scripts.acting import (
    administrator_signer,
    agree,
    open_deployment,
    refusals,
    save_deployment,
    send,
    settings_here,
)
from scripts.check_deployment import check, contract_at, expected_of, report
from scripts.manage_roles import carry_out, plan
from scripts.municipality import fund, use_up_first_nonces
from scripts.usage import typed

VERBS = {"registrar": "REGISTRAR", "reviewer": "REVIEWER"}


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """What is to be done.

    Attributes:
        holder: name of the account in the deployment file.
        old: the account that loses the role.
        new: the account that gets it.
        keyring: Brownie's account of the new one, where its key is here; used for its first transaction only.
    """

    holder: str
    old: str
    new: str
    keyring: Any = None

    def lines(self, deployment: Deployment) -> list[str]:
        """Say everything that is left to do, in the order in which it is done; nothing when all is done."""
        code, lines = deployment.municipality, []
        if self.holder in VERBS:
            verb = VERBS[self.holder]
            if self.old != self.new:
                lines += [f"{one.contract}: take {verb} from {self.old}" for one in self._losing(deployment)]
            if brownie.web3.eth.get_transaction_count(self.new) == 0:
                lines.append(f"{self.new} sends nothing to itself, so that its nonce 0 is used up")
            lines += [
                f"{one.contract}: give {verb} to {self.new}" for one in plan(deployment, "grant", verb, code, self.new)
            ]
        elif receipt_signer_of(deployment) != self.new:
            lines.append(f"EnrolmentRegistry: receipts are signed by {self.new}, no longer by {self.old}")
        if deployment.accounts.get(self.holder) != self.new:
            lines.append(f"Deployment file: the {self.holder} is {self.new}")
        return lines

    def carry_out(self, deployment: Deployment, administrator: Any) -> None:
        """Do what is left to do on the chain; the old account loses its role before anything else happens.

        Args:
            deployment: the deployment.
            administrator: Brownie's account of the municipality's administrator.
        """
        if self.holder not in VERBS:
            if receipt_signer_of(deployment) != self.new:
                send(
                    deployment,
                    administrator,
                    "EnrolmentRegistry",
                    "setReceiptSigner",
                    deployment.municipality,
                    self.new,
                )
            return
        carry_out(deployment, self._losing(deployment), administrator)
        if self.keyring is not None:
            fund({self.holder: self.keyring}, administrator)
            use_up_first_nonces({self.holder: self.keyring})
        verb = VERBS[self.holder]
        carry_out(deployment, plan(deployment, "grant", verb, deployment.municipality, self.new), administrator)

    def _losing(self, deployment: Deployment) -> list[Any]:
        if self.old == self.new:
            return []
        return plan(deployment, "revoke", VERBS[self.holder], deployment.municipality, self.old)


@typed("replace_key registrar <new account>")
def registrar(account: str) -> None:
    """Replace the account that enrols and commits."""
    _replace("registrar", account)


@typed("replace_key reviewer <new account>")
def reviewer(account: str) -> None:
    """Replace the account that decides on claims."""
    _replace("reviewer", account)


@typed("replace_key receipt_signer <new account>")
def receipt_signer(account: str) -> None:
    """Replace the account that signs receipts of claims."""
    _replace("receipt_signer", account)


@typed("replace_key")
def main() -> None:
    """Say how it is used."""
    print(__doc__)
    raise SystemExit(2)


def replacement_of(deployment: Deployment, holder: str, account: str) -> Replacement:
    """Work out and check what is to be done.

    Args:
        deployment: the deployment.
        holder: name of the account in the deployment file.
        account: the new account, as typed.

    Returns:
        The replacement.

    Raises:
        errors.InvalidInput: the new account is no usable one, or lost a role before.
    """
    new, old = read_account(account), deployment.accounts[holder]
    require_own_key(new, others=[other for name, other in deployment.accounts.items() if name != holder])
    require_never_lost(deployment, deployment.municipality, new)
    keyring = None
    if holder in VERBS:
        keyring = _keyring_account(holder, new)
        if keyring is None:
            require_used(new, "worker")
    return Replacement(holder=holder, old=old, new=new, keyring=keyring)


def receipt_signer_of(deployment: Deployment) -> str:
    """Return the account that signs receipts according to the registry."""
    return str(contract_at("EnrolmentRegistry", deployment).municipality(deployment.municipality).call()[4])


def _keyring_account(holder: str, new: str) -> Any:
    """Open the new account where the worker's keyring is on this machine; None where it is elsewhere."""
    from schuldhulp.crypto.keyring import WorkerKeys, keyring_exists

    settings = settings_here()
    if not keyring_exists(settings.keys, WorkerKeys.purpose):
        return None
    keys = WorkerKeys.open(settings.keys, private=settings.production)
    key = keys.registrar if holder == "registrar" else keys.reviewer
    return brownie.accounts.add(key.reveal()) if key.address == new else None


def _replace(holder: str, account: str) -> None:
    with refusals():
        deployment = open_deployment()
        replacement = replacement_of(deployment, holder, account)
        lines = replacement.lines(deployment)
        if not lines:
            print("Everything is so already; nothing was sent.")
            return
        agree([f"The {holder} of municipality {deployment.municipality} is replaced", *lines], "Replace it?")
        replacement.carry_out(deployment, administrator_signer())
        changed = dataclasses.replace(deployment, accounts={**deployment.accounts, holder: replacement.new})
        if replacement.lines(changed):
            raise errors.Deviation("role_unchanged", "the chain does not show the change; look at the transactions")
        # Before the check: whatever else it finds, the file must name the account that has the role.
        save_deployment(changed)
        findings = check(changed, expected_of(changed))
        report(findings)
        if findings:
            raise SystemExit(1)
        print("Next: restart the worker with its new keyring.")
