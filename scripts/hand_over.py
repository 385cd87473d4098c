"""Hand administration over: ``brownie run hand_over <step> <network | municipality> ... --network <name>``.

The new account shows first, on the chain, that its key exists and works; only then the old one loses its role. At every
moment somebody can act, wherever it is cut short, and each step can be repeated.

    offer <of> <account>      The administrator of the network gives the new account the role in all three contracts.
    take <of>                 Signed by the new account, with its own keyring. The network: it takes the role from
                              whoever else has it. A municipality: it takes the role EPOCH_KEEPER, which only an
                              administrator can, and which nobody can do in its name.
    release <of> <account>    A municipality only: the old administrator gives its role up, where its keyring is; else
                              the administrator of the network takes it. Refused before the new one has taken.
    withdraw <of> <account>   The administrator of the network takes an offer back that was not taken.
    follow <of>               Sends nothing: brings the deployment file of another machine up to date.
    spare <account | none>    The network only: names the account that keeps its role beside the administrator's, for
                              the day that the other key is lost; ``none`` ends that. Where the chain is so already, it
                              brings the deployment file up to date.

``<of>`` is the word network, or the CBS code of a municipality. Before the offer, the new administrator makes its
keyring (``schuldhulp keys init --only administrator``) and signs once (``brownie run first_transaction``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import brownie
from eth_utils import keccak

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment
from scripts.accounts import WORKER_VERBS, read_account, require_never_lost, require_own_key, require_used
from scripts.acting import (
    administrator_signer,
    agree,
    network_signer,
    open_deployment,
    refusals,
    save_deployment,
    send,
    settings_here,
)
from scripts.check_deployment import SPARE, contract_at, role_id
from scripts.manage_roles import NETWORK, Change, carry_out, holders, number_of, plan
from scripts.planning import CONTRACTS
from scripts.usage import typed

ADMINISTRATOR = "ADMINISTRATOR"
EPOCH_KEEPER = "EPOCH_KEEPER"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Office:
    """What is handed over.

    Attributes:
        code: CBS code of the municipality; 0 for the network.
    """

    code: int

    @property
    def verb(self) -> str:
        """Verb of its role."""
        return ADMINISTRATOR if self.code else NETWORK

    @property
    def keyring(self) -> str:
        """Purpose of the keyring that holds its key."""
        return "administrator" if self.code else "network"

    def __str__(self) -> str:
        """Name it in a plan."""
        return f"municipality {self.code}" if self.code else "the network"

    def in_file(self, deployment: Deployment) -> str | None:
        """Return who has it according to a deployment file; None when the file is another municipality's."""
        if not self.code:
            return deployment.accounts.get("network_administrator")
        return deployment.accounts.get("administrator") if deployment.municipality == self.code else None

    def written(self, deployment: Deployment, account: str) -> Deployment:
        """Return a deployment file with another account in this office; the same when it is another municipality's."""
        names = ("administrator", "epoch_keeper") if self.code else ("network_administrator",)
        if self.code not in (0, deployment.municipality):
            return deployment
        accounts = {**deployment.accounts, **dict.fromkeys(names, account)}
        if not self.code and accounts.get(SPARE) == account:
            del accounts[SPARE]  # It is no longer the spare.
        return dataclasses.replace(deployment, accounts=accounts)


def office_of(text: Any, deployment: Deployment) -> Office:
    """Read what is to be handed over.

    Args:
        text: what was typed: ``network``, or a CBS code.
        deployment: the deployment.

    Returns:
        The office.

    Raises:
        errors.InvalidInput: neither, or a municipality that is not registered.
    """
    if str(text) == "network":
        return Office(code=0)
    code = number_of(text)
    if not 0 < code <= 0xFFFF or not all(contract_at(name, deployment).isRegistered(code).call() for name in CONTRACTS):
        raise errors.InvalidInput(
            "municipality_unknown", "municipality must be the word network or a code that is registered", field="of"
        )
    return Office(code=code)


@typed("hand_over offer <network | municipality> <account>")
def offer(of: str, account: str) -> None:
    """Give the new account the role; signed by the administrator of the network."""
    with refusals():
        deployment = open_deployment()
        office, new = office_of(of, deployment), read_account(account)
        if new == office.in_file(deployment):
            raise errors.InvalidInput("account_same", f"account administers {office} already", field="account")
        if not office.code and new == deployment.accounts.get(SPARE):
            raise errors.InvalidInput(
                "account_spare", "account is the spare, which has the role: it needs no offer to take", field="account"
            )
        require_own_key(new, others=deployment.accounts.values())
        require_used(new, office.keyring)
        require_never_lost(deployment, office.code or deployment.municipality, new, verbs=WORKER_VERBS)
        changes = plan(deployment, "grant", office.verb, office.code, new)
        if not changes:
            print("Everything is so already; nothing was sent.")
            return
        agree(
            [
                f"Offer of the administration of {office}",
                f"Now        {office.in_file(deployment) or '(in the file of its municipality)'}",
                f"New        {new}, from then on able to do everything that the present one can",
                *(f"{change.contract}: grant {office.verb}" for change in changes),
            ],
            "Offer it?",
        )
        carry_out(deployment, changes, network_signer())
        _found(not plan(deployment, "grant", office.verb, office.code, new))
        print(f"Next: {new} takes it, with its own keyring: brownie run hand_over take {of}")


@typed("hand_over take <network | municipality>")
def take(of: str) -> None:
    """Take what was offered; signed by the new account."""
    with refusals():
        deployment = open_deployment()
        office = office_of(of, deployment)
        signer = network_signer() if not office.code else administrator_signer()
        new = signer.address
        if plan(deployment, "grant", office.verb, office.code, new):
            raise errors.NotAllowed("not_offered", f"{new} was not offered the administration of {office}")
        changes = _taking(deployment, office, new)
        if changes and new == office.in_file(deployment):
            raise errors.NotAllowed("not_new", f"{new} is the present one; the new account takes, with its own keyring")
        if changes:
            agree(
                [
                    f"{new} takes over the administration of {office}",
                    *(f"{one.contract}: {one.function} {_verb_of(one, office)}, {one.account}" for one in changes),
                ],
                f"Send {len(changes)} transaction(s)?",
            )
            for change in changes:
                send(deployment, signer, change.contract, change.function, change.role, change.account)
        else:
            print("Everything on the chain is so already.")
        _found(not _taking(deployment, office, new))
        _write(deployment, office.written(deployment, new))
        if office.code:
            print(f"Next: the old administrator loses its role: brownie run hand_over release {of} <old account>")


@typed("hand_over release <municipality> <old account>")
def release(of: str, account: str) -> None:
    """Take the role from the old administrator of a municipality; signed by itself, or by the network's."""
    with refusals():
        deployment = open_deployment()
        office, old = office_of(of, deployment), read_account(account)
        if not office.code:
            raise errors.InvalidInput(
                "office_wrong", "of must be a municipality: taking the network ends it", field="of"
            )
        successor = successor_of(deployment, office, old)
        changes = plan(deployment, "revoke", ADMINISTRATOR, office.code, old)
        if changes:
            signer, function = _releasing(old)
            agree(
                [
                    f"{old} loses the administration of {office}; {successor} has it",
                    *(f"{change.contract}: {function} {ADMINISTRATOR}" for change in changes),
                ],
                f"Send {len(changes)} transaction(s)?",
            )
            if function == "revokeRole":
                carry_out(deployment, changes, signer)
            else:
                for change in changes:
                    send(deployment, signer, change.contract, function, change.role, old)
        else:
            print("Everything on the chain is so already.")
        _found(not plan(deployment, "revoke", ADMINISTRATOR, office.code, old))
        _write(deployment, office.written(deployment, successor))


@typed("hand_over withdraw <network | municipality> <account>")
def withdraw(of: str, account: str) -> None:
    """Take an offer back; signed by the administrator of the network."""
    with refusals():
        deployment = open_deployment()
        office, offered = office_of(of, deployment), read_account(account)
        others = set(complete_holders(deployment, office)) - {offered, _spare_of(deployment, office)}
        if not office.code and offered == deployment.accounts.get(SPARE):
            raise errors.NotAllowed("account_spare", f"{offered} is the spare: brownie run hand_over spare none")
        if (
            offered == office.in_file(deployment)
            or not others
            or (office.code and has_acted(deployment, office, offered))
        ):
            raise errors.NotAllowed("taken", f"{offered} has the administration of {office} already: it is no offer")
        changes = plan(deployment, "revoke", office.verb, office.code, offered)
        if not changes:
            print("Everything is so already; nothing was sent.")
            return
        agree(
            [
                f"The offer of the administration of {office} to {offered} is taken back",
                *(f"{change.contract}: revoke {office.verb}" for change in changes),
            ],
            f"Send {len(changes)} transaction(s)?",
        )
        carry_out(deployment, changes, network_signer())
        _found(not plan(deployment, "revoke", office.verb, office.code, offered))


@typed("hand_over follow <network | municipality>")
def follow(of: str) -> None:
    """Write into the deployment file of this machine what was handed over elsewhere."""
    with refusals():
        deployment = open_deployment()
        office = office_of(of, deployment)
        if office.in_file(deployment) is None:
            raise errors.InvalidInput("municipality_other", "of must be this file's own municipality", field="of")
        found = set().union(*holders(deployment, office.verb, office.code).values())
        new = found - {_spare_of(deployment, office)} or found
        if len(new) != 1 or found != set(complete_holders(deployment, office)):
            raise errors.NotAllowed(
                "not_finished",
                f"the administration of {office} is being handed over: not finished"
                + ("" if office.code else "; or a spare was named that is not in this file: hand_over spare"),
            )
        (new,) = new
        if office.code and holders(deployment, EPOCH_KEEPER, office.code) != {"EnrolmentRegistry": [new]}:
            raise errors.NotAllowed("not_finished", f"{new} has not taken the administration of {office} yet")
        changed = office.written(deployment, new)
        if changed != deployment:
            agree(
                [f"{office}: {office.in_file(deployment)} was replaced by {new}, says the chain"],
                "Write it into the deployment file?",
            )
        _write(deployment, changed)


@typed("hand_over spare <account | none>")
def spare(account: str) -> None:
    """Name the spare administrator of the network, or none; signed by the administrator of the network."""
    with refusals():
        deployment = open_deployment()
        present = deployment.accounts.get(SPARE)
        new = None if str(account) == "none" else read_account(account)
        changes = []
        if new is not None:
            if new == deployment.accounts.get("network_administrator"):
                raise errors.InvalidInput("account_same", "account administers the network already", field="account")
            changes += plan(deployment, "grant", NETWORK, 0, new)
            require_own_key(new, others=set(deployment.accounts.values()) - {present})
            require_used(new, "network")
            require_never_lost(deployment, deployment.municipality, new, verbs=WORKER_VERBS)
        if present not in (None, new):
            changes += plan(deployment, "revoke", NETWORK, 0, present)
        if deployment.accounts.get("network_administrator") not in complete_holders(deployment, Office(code=0)):
            raise errors.NotAllowed(
                "not_finished",
                "the administrator in the file lacks the role: first hand_over follow network",
            )
        kept = {name: address for name, address in deployment.accounts.items() if name != SPARE}
        changed = dataclasses.replace(deployment, accounts=kept if new is None else {**kept, SPARE: new})
        if changes or changed != deployment:
            agree(
                [
                    f"The spare administrator of the network is {new or 'nobody'}; until now {present or 'nobody'}",
                    *([f"{new} can do everything that the administrator can"] if new else []),
                    *(f"{one.contract}: {one.function} {NETWORK}, {one.account}" for one in changes),
                ],
                f"Send {len(changes)} transaction(s), and write it into the deployment file?",
            )
        if changes:
            carry_out(deployment, changes, network_signer())
        else:
            print("Everything on the chain is so already.")
        _found(
            (new is None or not plan(deployment, "grant", NETWORK, 0, new))
            and (present in (None, new) or not plan(deployment, "revoke", NETWORK, 0, present))
        )
        _write(deployment, changed)


@typed("hand_over")
def main() -> None:
    """Say how it is used."""
    print(__doc__)
    raise SystemExit(2)


def complete_holders(deployment: Deployment, office: Office) -> list[str]:
    """List who has the role of an office in every contract.

    Args:
        deployment: the deployment.
        office: the office.

    Returns:
        Addresses, in order.
    """
    found: Mapping[str, list[str]] = holders(deployment, office.verb, office.code)
    return sorted(set.intersection(*(set(accounts) for accounts in found.values())))


def successor_of(deployment: Deployment, office: Office, old: str) -> str:
    """Tell who has taken over from an administrator of a municipality, completely.

    Args:
        deployment: the deployment.
        office: a municipality's.
        old: who is to lose its role.

    Returns:
        The one account that keeps its epochs, has the role everywhere, and has signed.

    Raises:
        errors.NotAllowed: there is none yet.
    """
    taking = [one for one in complete_holders(deployment, office) if one != old and has_acted(deployment, office, one)]
    keepers = holders(deployment, EPOCH_KEEPER, office.code)["EnrolmentRegistry"]
    if len(keepers) == 1 and keepers[0] in taking:
        return keepers[0]
    # An old administrator that still keeps the epochs could open an empty one after it was released.
    if taking and len(keepers) > 1:
        raise errors.NotAllowed(
            "not_taken",
            f"the taking is not finished: {', '.join(keepers)} all keep the epochs; whoever is to stay repeats "
            f"brownie run hand_over take {office.code}",
        )
    raise errors.NotAllowed(
        "not_taken", f"nobody has taken over from {old} yet: it would leave an unproven key in charge, or none"
    )


def has_acted(deployment: Deployment, office: Office, account: str) -> bool:
    """Tell whether an administrator of a municipality has signed something as such since it was made one.

    Args:
        deployment: the deployment.
        office: a municipality's.
        account: who is asked about.

    Returns:
        Whether the registry holds a change of the role EPOCH_KEEPER that this account sent, later than the grant.
    """
    words = [keccak(text=f"{name}(bytes32,address,address)") for name in ("RoleGranted", "RoleRevoked")]
    person = "0x" + bytes(12).hex() + account[2:].lower()

    def newest(topics: list[Any]) -> tuple[int, int]:
        logs = brownie.web3.eth.get_logs(
            {
                "address": deployment.contracts["EnrolmentRegistry"].address,
                "fromBlock": 0,
                "toBlock": "latest",
                "topics": topics,
            }
        )
        return max(((log["blockNumber"], log["logIndex"]) for log in logs), default=(-1, -1))

    granted = newest(["0x" + words[0].hex(), "0x" + role_id(ADMINISTRATOR, office.code).hex(), person])
    acted = newest(
        [["0x" + word.hex() for word in words], "0x" + role_id(EPOCH_KEEPER, office.code).hex(), None, person]
    )
    return acted > granted


def _taking(deployment: Deployment, office: Office, new: str) -> list[Change]:
    """Work out what the new account has to sign."""
    if not office.code:
        others = set().union(*holders(deployment, NETWORK, 0).values()) - {new, _spare_of(deployment, office)}
        return [change for other in sorted(others) for change in plan(deployment, "revoke", NETWORK, 0, other)]
    keepers = holders(deployment, EPOCH_KEEPER, office.code)["EnrolmentRegistry"]
    changes = [
        *plan(deployment, "grant", EPOCH_KEEPER, office.code, new),
        *(one for old in keepers if old != new for one in plan(deployment, "revoke", EPOCH_KEEPER, office.code, old)),
    ]
    if not changes and not has_acted(deployment, office, new):
        # Somebody gave it the role beforehand: taken and given anew, so that its own signature is on the chain.
        (gone,) = plan(deployment, "revoke", EPOCH_KEEPER, office.code, new)
        changes = [gone, dataclasses.replace(gone, function="grantRole")]
    return changes


def _spare_of(deployment: Deployment, office: Office) -> str | None:
    return None if office.code else deployment.accounts.get(SPARE)


def _verb_of(change: Change, office: Office) -> str:
    return EPOCH_KEEPER if office.code else office.verb


def _releasing(old: str) -> tuple[Any, str]:
    """Choose who takes the role from the old administrator: itself where its keyring is, else the network's."""
    from schuldhulp.crypto.keyring import keyring_exists

    if keyring_exists(settings_here().keys, "administrator"):
        signer = administrator_signer()
        if signer.address == old:
            return signer, "renounceRole"
    return network_signer(), "revokeRole"


def _found(good: bool) -> None:
    if not good:
        raise errors.Deviation("role_unchanged", "the chain does not show the change; look at the transactions")
    print("Check: done and found on the chain")


def _write(before: Deployment, after: Deployment) -> None:
    if after != before:
        save_deployment(after)
    else:
        print("The deployment file needs no change.")
