"""The life of an epoch: ``brownie run epochs <announce|open|retire> --network <name>``.

Each shows its plan, asks (on a network that others use, when a terminal is attached), acts with the administrator's
account, and checks the result on the chain. What is so already costs no transaction, so that each can be repeated.
Between announcing and opening the epoch is filled: ``schuldhulp epoch fill``, ``schuldhulp epoch status``.

``announce`` publishes the newest keys of public.json, once the evaluator serves them. ``open`` is refused while the
epoch holds fewer tags than the current one, and while anybody who is visible is missing: whoever is not in it would be
red. Where the database is not at hand, it needs what ``schuldhulp epoch status --json`` says where that is, as a file:
``brownie run epochs open <file>``. ``retire`` closes every epoch before the current one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brownie
import requests

from schuldhulp import errors
from schuldhulp.domain.types import Epoch
from schuldhulp.node.deployment import Deployment
from scripts.acting import administrator_signer, agree, open_deployment, refusals, send, settings_here
from scripts.check_deployment import contract_at, role_id
from scripts.usage import typed

if TYPE_CHECKING:
    from schuldhulp.services.epochs import EpochProgress

REGISTRY = "EnrolmentRegistry"
KINDS = (1, 2)
PATIENCE = 10
"""Seconds to wait for the evaluator."""

LARGEST_ANSWER = 64 * 1024
"""Bytes that the evaluator's answer may have."""

NAMED = 20
"""Clients that are named in a refusal."""

Keys = tuple[bytes, bytes]


@dataclass(frozen=True, kw_only=True)
class State:
    """The epochs of the municipality on the chain.

    Attributes:
        current: the one that signals count in.
        oldest: the oldest that still answers.
        announced: the newest with published keys.
        evaluator_url: where the evaluator answers.
    """

    current: int
    oldest: int
    announced: int
    evaluator_url: str


def state_of(deployment: Deployment) -> State:
    """Read the epochs of a municipality.

    Args:
        deployment: the deployment.

    Returns:
        What the registry says.

    Raises:
        errors.Conflict: no epoch was ever opened; the first one is opened by the deployment.
    """
    current, oldest, announced, _, _, _, url = registry(deployment).municipality(deployment.municipality).call()
    if not current:
        raise errors.Conflict("epoch_missing", "the municipality has opened no epoch yet")
    return State(current=current, oldest=oldest, announced=announced, evaluator_url=url)


def registry(deployment: Deployment) -> Any:
    """Give the functions of the registry."""
    return contract_at(REGISTRY, deployment)


def published_keys(deployment: Deployment, epoch: int) -> Keys:
    """Read the public keys of an epoch from the chain; zero bytes where there are none."""
    bsn, nadb = (
        bytes(registry(deployment).evaluatorKey(deployment.municipality, epoch, kind).call()) for kind in KINDS
    )
    return bsn, nadb


def keys_of_evaluator(url: str) -> Mapping[tuple[int, int], bytes]:
    """Ask the evaluator which keys it serves.

    Args:
        url: its address, from the chain.

    Returns:
        Public keys by epoch and kind.

    Raises:
        errors.Unreachable: it does not answer, or with something else.
    """
    from schuldhulp.node.http import read_json, session

    try:
        with session() as opened:
            answer = opened.get(f"{url.rstrip('/')}/v1/keys", timeout=PATIENCE, stream=True, allow_redirects=False)
            answer.raise_for_status()
            plain = read_json(answer, limit=LARGEST_ANSWER)
        return {(one["epoch"], one["kind"]): bytes.fromhex(one["key"]) for one in plain["keys"]}
    except (requests.RequestException, ValueError, TypeError, KeyError) as error:
        raise errors.Unreachable("evaluator_unreachable", f"the evaluator at {url} does not answer") from error


def require_served(url: str, epoch: int, keys: Keys) -> None:
    """Refuse to go on while the evaluator does not serve the keys of an epoch: nobody could ask, or be enrolled.

    Args:
        url: the evaluator's address.
        epoch: the epoch.
        keys: its public keys, BSN first.

    Raises:
        errors.Unreachable: the evaluator does not answer, or serves other keys or none.
    """
    served = keys_of_evaluator(url)
    if tuple(served.get((epoch, kind)) for kind in KINDS) != keys:
        raise errors.Unreachable(
            "evaluator_key_missing",
            f"the evaluator does not serve these keys of epoch {epoch}: make them with `schuldhulp keys epoch` on its "
            "machine, and take over the public.json from there",
        )


def keeper(deployment: Deployment) -> Any:
    """Open the administrator's account, and see that it may look after epochs.

    Args:
        deployment: the deployment.

    Returns:
        Brownie's account.

    Raises:
        errors.NotAllowed: it lacks the role.
    """
    signer = administrator_signer()
    if not registry(deployment).hasRole(role_id("EPOCH_KEEPER", deployment.municipality), signer.address).call():
        raise errors.NotAllowed("role_missing", f"{signer.address} is no EPOCH_KEEPER of this municipality")
    return signer


def sizes(deployment: Deployment) -> Mapping[int, int]:
    """Count on the chain how many tags each epoch holds: what was enrolled, less what was ended.

    Args:
        deployment: the deployment.

    Returns:
        Number of tags by epoch; epochs without any are left out.
    """
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.node.rpc import JsonRpc

    gateway = Gateway(deployment, JsonRpc(brownie.web3.provider.endpoint_uri))
    return {int(epoch): len(tags) for epoch, tags in gateway.tags_of(deployment.municipality).items()}


def progress_of(deployment: Deployment, epoch: int) -> EpochProgress | None:
    """Compare every client with an epoch, where the database and the cockpit's keyring are at hand.

    Args:
        deployment: the deployment.
        epoch: the epoch.

    Returns:
        How far its filling is; None where this machine cannot tell.

    Raises:
        errors.Unreachable: the database or the chain does not answer.
    """
    from schuldhulp.bootstrap import open_cockpit
    from schuldhulp.crypto.keyring import CockpitKeys, keyring_exists
    from schuldhulp.domain.access import Actor

    settings = settings_here()
    if settings.network != deployment.network or not keyring_exists(settings.keys, CockpitKeys.purpose):
        return None
    with open_cockpit(settings) as cockpit:
        return cockpit.epochs.progress(actor=Actor(kind="system", id="epochs"), epoch=Epoch(epoch))


def require_large_enough(target: int, current: int, held: Mapping[int, int]) -> None:
    """Refuse an epoch that holds fewer tags than the current one.

    Args:
        target: the epoch that is to be opened.
        current: the current epoch.
        held: tags on the chain by epoch.

    Raises:
        errors.Conflict: names both numbers.
    """
    if held.get(target, 0) < held.get(current, 0):
        raise errors.Conflict(
            "epoch_short",
            f"epoch {target} holds {held.get(target, 0)} tags and epoch {current} holds {held.get(current, 0)}: "
            "whoever is not in it would be red; fill it first (schuldhulp epoch fill)",
        )


def require_everybody(found: EpochProgress) -> None:
    """Refuse an epoch in which anybody who is visible is missing.

    Args:
        found: how far its filling is.

    Raises:
        errors.Conflict: names how many, and the first of them by file number.
    """
    if found.is_filled:
        return
    left = [
        *(f"{client.file_number} (no tags yet)" for client in found.missing),
        *(f"{client.file_number} (not on the chain yet)" for client in found.underway),
        *(f"{client.file_number} ({client.obstacle})" for client in found.unfillable),
    ]
    named = ", ".join(left[:NAMED]) + (f" and {len(left) - NAMED} more" if len(left) > NAMED else "")
    waiting = "; a filling waits for the worker" if found.waiting else ""
    strangers = f"; {found.strangers} publications belong to no dossier that can be read" if found.strangers else ""
    raise errors.Conflict(
        "epoch_unfilled",
        f"{len(left)} of {found.clients} clients are not visible in epoch {found.target}: {named or 'nobody'}"
        f"{waiting}{strangers}; see: schuldhulp epoch status",
    )


def require_status(file: Path, state: State, held: Mapping[int, int]) -> str:
    """Refuse to open the announced epoch unless ``schuldhulp epoch status --json`` said that it is complete.

    Args:
        file: what that command printed, where the database is.
        state: the epochs on the chain now.
        held: tags on the chain now, by epoch.

    Returns:
        What it says, in a line.

    Raises:
        errors.InvalidInput: the file cannot be read, or is something else.
        errors.Conflict: it says that somebody is missing, or the chain has changed since.
    """
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        epochs = (plain["current"], plain["announced"], plain["target"])
        counted = (plain["tags"]["current"], plain["tags"]["target"])
        clients, filled, may_open = plain["clients"], plain["filled"], plain["mayOpen"]
        left = [plain[name] for name in ("underway", "missing", "unfillable", "strangers", "waiting")]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise errors.InvalidInput(
            "status_invalid", "status must be a file with what schuldhulp epoch status --json printed", field="status"
        ) from error
    if epochs != (state.current, state.announced, state.announced):
        raise errors.Conflict(
            "status_other", "status is of other epochs than the chain's; print it anew", field="status"
        )
    if may_open is not True or any(left) or filled != clients:
        raise errors.Conflict(
            "epoch_unfilled", f"status says that epoch {state.announced} is not filled", field="status"
        )
    # Whatever was enrolled or ended since is not in it.
    if counted != (held.get(state.current, 0), held.get(state.announced, 0)):
        raise errors.Conflict("status_old", "status is older than the tags on the chain; print it anew", field="status")
    return f"Clients visible in it, as epoch status says: {filled} of {clients}"


def require_ready(deployment: Deployment, state: State, status: str) -> list[str]:
    """Refuse to open the announced epoch while anybody would be red, or could not ask.

    Args:
        deployment: the deployment.
        state: the epochs on the chain.
        status: name of a file with what ``epoch status --json`` printed; needed where the database is not at hand.

    Returns:
        What was found, in lines.

    Raises:
        errors.Conflict: the epoch is not filled.
        errors.InvalidInput: the file is needed, or is not that.
        errors.Unreachable: the evaluator does not serve the keys.
    """
    target, held = state.announced, sizes(deployment)
    require_large_enough(target, state.current, held)
    found = progress_of(deployment, target)
    if found is not None:
        require_everybody(found)
        exact = f"Clients visible in it: {found.filled} of {found.clients}"
    elif status:
        exact = require_status(Path(status), state, held)
    else:
        # Equal numbers do not say that everybody is in it.
        raise errors.InvalidInput(
            "status_missing",
            "the database is not at hand: print `schuldhulp epoch status --json` into a file where it is, and give "
            "that file here: brownie run epochs open <file>",
            field="status",
        )
    require_served(state.evaluator_url, target, published_keys(deployment, target))
    return [
        f"Tags on the chain: {held.get(target, 0)} in {target}, {held.get(state.current, 0)} in {state.current}",
        exact,
    ]


@typed("epochs announce [<epoch>]")
def announce(epoch: str = "") -> None:
    """Publish the keys of an epoch: ``brownie run epochs announce [<epoch>] --network <name>``."""
    from schuldhulp.services.keys import read_public_keys

    with refusals():
        deployment = open_deployment()
        state, public = state_of(deployment), read_public_keys(settings_here().keys)
        number = number_of(epoch) if epoch else max(public.evaluator_keys, default=0)
        keys = public.evaluator_keys.get(Epoch(number))
        if keys is None:
            raise errors.InvalidInput(
                "epoch_unknown", f"public.json has no keys of epoch {number}; see: schuldhulp keys epoch", field="epoch"
            )
        if published_keys(deployment, number) == keys:
            print(f"Epoch {number} is announced already; nothing was sent.")
            return
        if number <= state.announced:
            raise errors.Conflict(
                "epoch_not_ascending",
                f"epoch {state.announced} was announced with other keys or is newer: choose a higher number",
                field="epoch",
            )
        require_served(state.evaluator_url, number, keys)
        signer = keeper(deployment)
        skipped = (
            [f"Epoch {state.announced} was announced and never opened: it is skipped, and this one filled instead."]
            if state.announced > state.current
            else []
        )
        agree(
            [
                f"Municipality {deployment.municipality}: epoch {state.current} is current.",
                *skipped,
                f"Announce epoch {number} with these keys, which the evaluator serves:",
                *(f"   0x{key.hex()}" for key in keys),
                "Nobody's signal changes. Afterwards fill it: schuldhulp epoch fill",
            ],
            "Announce it?",
        )
        send(deployment, signer, REGISTRY, "announceEpoch", deployment.municipality, number, list(keys))
        if state_of(deployment).announced != number or published_keys(deployment, number) != keys:
            raise errors.Deviation("epoch_unchanged", "the chain does not show the epoch; look at the transaction")
        print(f"Check: epoch {number} is announced")


@typed("epochs open [<file with what schuldhulp epoch status --json printed>]")
def open(status: str = "") -> None:  # noqa: A001 - the word that is typed
    """Let signals count in the announced epoch: ``brownie run epochs open [<file>] --network <name>``."""
    with refusals():
        deployment = open_deployment()
        state = state_of(deployment)
        target = state.announced
        if target == state.current:
            print(f"Epoch {target} is open, and no newer one is announced; nothing was sent.")
            return
        found = require_ready(deployment, state, status)
        signer = keeper(deployment)
        agree(
            [
                f"Municipality {deployment.municipality}: open epoch {target} in place of {state.current}.",
                *found,
                f"From then on a signal counts in {target} only; {state.current} stays open for who is underway.",
            ],
            "Open it?",
        )
        # Somebody may have taken an hour to answer.
        if state_of(deployment) != state:
            raise errors.Conflict("epoch_changed", "the epochs on the chain changed meanwhile; nothing was sent")
        require_ready(deployment, state, status)
        send(deployment, signer, REGISTRY, "openEpoch", deployment.municipality, target)
        if state_of(deployment).current != target:
            raise errors.Deviation("epoch_unchanged", "the chain does not show the change; look at the transaction")
        print(f"Check: epoch {target} is open")


@typed("epochs retire")
def retire() -> None:
    """Close every epoch before the current one: ``brownie run epochs retire --network <name>``."""
    with refusals():
        deployment = open_deployment()
        state = state_of(deployment)
        if state.oldest == state.current:
            print(f"No epoch before {state.current} is open; nothing was sent.")
            return
        found = progress_of(deployment, state.current)
        if found is not None:
            require_everybody(found)
        signer = keeper(deployment)
        agree(
            [
                f"Municipality {deployment.municipality}: retire every epoch before {state.current}.",
                f"The oldest that is open is {state.oldest}.",
                "Nobody can ask about their tags any more. The worker then throws away which tags were whose.",
                "Afterwards destroy their keys on the evaluator's machine: schuldhulp keys destroy-epochs",
            ],
            "Retire them?",
        )
        send(deployment, signer, REGISTRY, "retireEpochsBefore", deployment.municipality, state.current)
        if state_of(deployment).oldest != state.current:
            raise errors.Deviation("epoch_unchanged", "the chain does not show the change; look at the transaction")
        print(f"Check: {state.current} is the oldest open epoch")


def number_of(text: Any) -> int:
    """Read the number of an epoch from the command line.

    Args:
        text: what was typed.

    Returns:
        The number.

    Raises:
        errors.InvalidInput: not the number of an epoch.
    """
    if not str(text).isdecimal() or not 1 <= int(text) < 2**32:
        raise errors.InvalidInput("epoch_invalid", "an epoch is 1 to 4294967295", field="epoch")
    return int(text)


@typed("epochs")
def main() -> None:
    """Say how it is used."""
    print(__doc__)
    raise SystemExit(2)
