"""Make the keys of an installation: one keyring for each process, random for each folder."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.keyring import (
    AdministratorKeys,
    CockpitKeys,
    CreditorKeys,
    CustodialKeys,
    EvaluatorKeys,
    NetworkKeys,
    RelayKeys,
    WorkerKeys,
    create_keyring,
    creditor_purpose,
    custodial_keys,
    epoch_keys,
    keyring_exists,
    share_claim_key,
)
from schuldhulp.crypto.keyring_file import write_whole
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.crypto.signing import generate_signing_pem
from schuldhulp.crypto.voprf import VoprfKey, public_key
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, InvalidInput, Misconfigured

PUBLIC_FILE = "public.json"


@dataclass(frozen=True, kw_only=True)
class PublicKeys:
    """What everybody may know of the keys.

    Attributes:
        addresses: account address (``0x`` and 40 hexadecimal digits) of ``deployer``, ``network_administrator``,
            ``administrator``, ``registrar``, ``reviewer`` and ``receipt_signer``.
        claim_key: X25519 key to which creditors seal claims, 32 bytes.
        publication_key: X25519 key to which the cockpit seals publication jobs, 32 bytes.
        identity_key: X25519 key to which the relay seals who logged in, 32 bytes.
        evaluator_keys: public keys of each epoch, BSN first, 32 bytes each.
        creditors: account address of each creditor, by KvK number.
        creditor_keys: X25519 key to which each creditor's messages are sealed, 32 bytes, by KvK number.
        claim_id_key: public key of the evaluator's standing key for claim ids, 32 bytes; None in a file from before
            there was one: `keys init` or `keys merge` completes it.
    """

    addresses: Mapping[str, str]
    claim_key: bytes
    publication_key: bytes
    identity_key: bytes
    evaluator_keys: Mapping[Epoch, tuple[bytes, bytes]]
    creditors: Mapping[str, str]
    creditor_keys: Mapping[str, bytes]
    claim_id_key: bytes | None = None


def create_keys(folder: Path, *, epoch: Epoch, creditors: Sequence[str]) -> PublicKeys:
    """Make every keyring that is not there yet, and write what is public of them to ``public.json``.

    A keyring that is there stays as it is; an epoch or creditor that is new is added. Calling it twice changes nothing,
    and a call that was cut short is completed by the next.

    Args:
        folder: folder of the keyrings; made with mode 0700.
        epoch: epoch for which the evaluator needs keys.
        creditors: KvK numbers of the creditors that get a keyring here.

    Returns:
        The public keys.

    Raises:
        InvalidInput: the epoch or a KvK number is invalid.
        Misconfigured: a keyring cannot be opened or written.
    """
    if not 1 <= epoch < 2**32:
        raise InvalidInput("epoch_invalid", "an epoch is 1 to 4294967295", field="epoch")
    purposes = {kvk: creditor_purpose(kvk) for kvk in creditors}
    _make_cockpit_and_partners(folder)
    _make(folder, EvaluatorKeys.purpose, lambda: {"claim-id": VoprfKey.generate().reveal(), **epoch_keys(epoch)})
    _make(folder, NetworkKeys.purpose, _network_keys)
    _make(folder, AdministratorKeys.purpose, _administrator_keys)
    for purpose in purposes.values():
        _make(folder, purpose, _creditor_keys)
    evaluator = EvaluatorKeys.open(folder)
    if epoch not in evaluator.epochs:
        evaluator.add_epoch(epoch)
    public = _public_keys(folder, evaluator, sorted({*purposes, *_known_creditors(folder)}))
    write_public_keys(folder, public)
    return public


def create_administration(folder: Path, purpose: str) -> str:
    """Make the keyring of a new administrator, and nothing else; one that is there stays as it is.

    Args:
        folder: folder of the keyrings; made with mode 0700.
        purpose: ``administrator`` (of a municipality) or ``network``.

    Returns:
        Address of the administrator's account.

    Raises:
        InvalidInput: another purpose.
        Misconfigured: the keyring cannot be opened or written.
    """
    if purpose == AdministratorKeys.purpose:
        _make(folder, purpose, _administrator_keys)
        return AdministratorKeys.open(folder).administrator.address
    if purpose == NetworkKeys.purpose:
        _make(folder, purpose, _network_keys)
        return NetworkKeys.open(folder).network_administrator.address
    raise InvalidInput("purpose_unknown", "only must be administrator or network", field="only")


def custodial_account(folder: Path, kvk: str, *, private: bool = False) -> str:
    """Give the account with which the cockpit works for an organisation; makes keyring, account and key when missing.

    Can be repeated: an account that is there stays as it is. One from before there were claims on the pages gets the
    key that opens the messages to it.

    Args:
        folder: folder of the keyrings; made with mode 0700.
        kvk: KvK number of the organisation, eight digits.
        private: refuse files that others can read.

    Returns:
        Address of the account, ``0x`` and 40 hexadecimal digits.

    Raises:
        InvalidInput: not a KvK number.
        Misconfigured: the keyring cannot be opened or written.
    """
    drawn = custodial_keys(kvk)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Two that admit at once would each write the file with their own account only.
    with (folder / f"{CustodialKeys.purpose}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make(folder, CustodialKeys.purpose, lambda: drawn)
        keys = CustodialKeys.open(folder, private=private)
        return keys.add(kvk).address


def create_creditor(folder: Path, kvk: str) -> str:
    """Make the keyring of a creditor, on its own machine, and nothing else; one that is there stays as it is.

    Args:
        folder: folder of the keyrings; made with mode 0700.
        kvk: its number in the trade register, 8 digits.

    Returns:
        Address of the account that the municipality is to admit.

    Raises:
        InvalidInput: the number is invalid.
        Misconfigured: the keyring cannot be opened or written.
    """
    _make(folder, creditor_purpose(kvk), _creditor_keys)
    return CreditorKeys.open(folder, kvk=kvk).account.address


def renew_account(folder: Path, account: str, *, instead_of: str, private: bool = False) -> str:
    """Give an account of the worker a new key, in the worker's keyring and in ``public.json`` where that is.

    The old key is destroyed. It is the caller's to have the chain take the role from the old address.

    Args:
        folder: folder of the worker's keyring.
        account: ``registrar``, ``reviewer`` or ``receipt_signer``.
        instead_of: address that is to be replaced, so that doing it twice does not draw a third key.
        private: refuse files that others can read.

    Returns:
        The new address.

    Raises:
        InvalidInput: no such account.
        Conflict: the account has another address, perhaps since it was renewed already; the keyring was not changed.
        Misconfigured: the keyring cannot be opened or written.
    """
    if account not in WorkerKeys.accounts:
        raise InvalidInput(
            "account_unknown", f"account must be one of {', '.join(WorkerKeys.accounts)}", field="account"
        )
    keys = WorkerKeys.open(folder, private=private)
    present = keys.address(account)
    if present.lower() == instead_of.lower():
        present = keys.renew(account)
        _publish_account(folder, account, present)
        return present
    # The keyring may have been written and the public file not.
    _publish_account(folder, account, present)
    raise Conflict("account_other", f"the {account} of the keyring is {present}; nothing was drawn", field="instead_of")


def _publish_account(folder: Path, account: str, address: str) -> None:
    if (folder / PUBLIC_FILE).exists():
        public = read_public_keys(folder)
        write_public_keys(folder, dataclasses.replace(public, addresses={**public.addresses, account: address}))


def merge_public_keys(folder: Path, file: Path, *, source: str) -> list[str]:
    """Take over what the evaluator's or the worker's machine changed in its ``public.json``, and nothing else.

    Both machines write theirs: whoever copied the one over the other would undo what was done there. Can be repeated.

    Args:
        folder: folder with the ``public.json`` that is completed.
        file: the ``public.json`` of the other machine.
        source: whose it is: ``evaluator``, for the keys of epochs, or ``worker``, for the addresses of its accounts.

    Returns:
        What was changed, a line each.

    Raises:
        InvalidInput: another source.
        Conflict: the keyring of that process is here, so that this is the file to believe; or the files contradict
            each other in what nobody changes. Nothing was changed.
        Misconfigured: a file is missing or damaged.
    """
    if source not in (EvaluatorKeys.purpose, WorkerKeys.purpose):
        raise InvalidInput("source_unknown", "from must be evaluator or worker", field="from")
    if keyring_exists(folder, source):
        raise Conflict(
            "source_here",
            f"the {source}'s keyring is on this machine: bring its public.json to the others",
            field="from",
        )
    here, there = read_public_keys(folder), _read_public_file(file)
    for name in ("claim_key", "publication_key", "identity_key"):
        if getattr(here, name) != getattr(there, name):
            raise Conflict("public_keys_differ", f"the file has another {name}: it is of another installation")
    if source == EvaluatorKeys.purpose:
        if None not in (here.claim_id_key, there.claim_id_key) and here.claim_id_key != there.claim_id_key:
            # It stands for as long as the municipality does: claim ids under another key would be other ids.
            raise Conflict("public_keys_differ", "the file has another claim_id_key: it is of another installation")
        claim_id_key = here.claim_id_key or there.claim_id_key
        merged = dataclasses.replace(here, evaluator_keys=there.evaluator_keys, claim_id_key=claim_id_key)
        changes = _changed_epochs(here.evaluator_keys, there.evaluator_keys)
        if here.claim_id_key != claim_id_key:
            changes.append("claim-id key: added")
    else:
        accounts = {name: _account_address(there, name) for name in WorkerKeys.accounts}
        merged = dataclasses.replace(here, addresses={**here.addresses, **accounts})
        changes = [
            f"{name}: {address}, was {here.addresses.get(name, 'not there')}"
            for name, address in accounts.items()
            if here.addresses.get(name) != address
        ]
    write_public_keys(folder, merged)
    return changes


def _changed_epochs(here: Mapping[Epoch, tuple[bytes, bytes]], there: Mapping[Epoch, tuple[bytes, bytes]]) -> list[str]:
    for epoch in here.keys() & there.keys():
        if here[epoch] != there[epoch]:
            # Keys of an epoch are drawn once: one of the two files is not what the evaluator wrote.
            raise Conflict("public_keys_differ", f"the file has other keys of epoch {epoch}; they never change")
    return [f"epoch {epoch}: added" for epoch in sorted(there.keys() - here.keys())] + [
        f"epoch {epoch}: destroyed" for epoch in sorted(here.keys() - there.keys())
    ]


def _account_address(public: PublicKeys, name: str) -> str:
    address = public.addresses.get(name)
    if not isinstance(address, str) or not re.fullmatch("0x[0-9a-fA-F]{40}", address):
        raise Misconfigured("public_keys_damaged", f"the file has no address of the {name}", file=PUBLIC_FILE)
    return address


def read_public_keys(folder: Path) -> PublicKeys:
    """Read ``public.json``.

    Args:
        folder: folder of the keyrings.

    Returns:
        The public keys.

    Raises:
        Misconfigured: the file is missing or damaged.
    """
    return _read_public_file(folder / PUBLIC_FILE)


def _read_public_file(path: Path) -> PublicKeys:
    try:
        document = json.loads(path.read_bytes())
        return PublicKeys(
            addresses=dict(document["addresses"]),
            claim_key=bytes.fromhex(document["claim_key"]),
            publication_key=bytes.fromhex(document["publication_key"]),
            identity_key=bytes.fromhex(document["identity_key"]),
            evaluator_keys={
                Epoch(int(epoch)): (bytes.fromhex(bsn), bytes.fromhex(nadb))
                for epoch, (bsn, nadb) in document["evaluator_keys"].items()
            },
            creditors=dict(document["creditors"]),
            creditor_keys={kvk: bytes.fromhex(key) for kvk, key in document["creditor_keys"].items()},
            claim_id_key=bytes.fromhex(document["claim_id_key"]) if "claim_id_key" in document else None,
        )
    except OSError as error:
        raise Misconfigured("public_keys_missing", "there is no file with public keys", file=PUBLIC_FILE) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Misconfigured("public_keys_damaged", "the file with public keys is damaged", file=PUBLIC_FILE) from error


def _make_cockpit_and_partners(folder: Path) -> None:
    """Make the three keyrings that share secrets: job and claim key with the worker, client secret with the relay."""
    made = {
        purpose: keyring_exists(folder, purpose)
        for purpose in (CockpitKeys.purpose, WorkerKeys.purpose, RelayKeys.purpose)
    }
    # The cockpit comes first, so that after a call that was cut short the others can take the shared keys from it.
    if not made[CockpitKeys.purpose]:
        if made[WorkerKeys.purpose] or made[RelayKeys.purpose]:
            raise Misconfigured(
                "keyring_missing",
                "the cockpit keyring is gone, and worker or relay share keys with it: restore it from a backup",
                purpose=CockpitKeys.purpose,
            )
        create_keyring(folder, CockpitKeys.purpose, _cockpit_keys())
    cockpit = CockpitKeys.open(folder)
    _make(folder, WorkerKeys.purpose, lambda: _worker_keys(cockpit))
    # A worker of before claims were received has none.
    share_claim_key(folder, cockpit.claim)
    _make(folder, RelayKeys.purpose, lambda: _relay_keys(cockpit))


def _cockpit_keys() -> dict[str, bytes]:
    keys = {name: _random() for name in ("data", "index", "job", "log", "cookie", "client-secret")}
    return {**keys, "claim": _opening(), "identity": _opening()}


def _worker_keys(cockpit: CockpitKeys) -> dict[str, bytes]:
    accounts = {name: _account() for name in ("ethereum", "reviewer", "receipt")}
    return {**accounts, "job": cockpit.job.reveal(), "publication": _opening(), "claim": cockpit.claim.reveal()}


def _network_keys() -> dict[str, bytes]:
    return {"deployer": _account(), "network-administrator": _account()}


def _administrator_keys() -> dict[str, bytes]:
    return {"administrator": _account()}


def _creditor_keys() -> dict[str, bytes]:
    return {"ethereum": _account(), "messages": _opening()}


def _relay_keys(cockpit: CockpitKeys) -> dict[str, bytes]:
    return {
        "oidc-signing": generate_signing_pem(),
        "subject": _random(),
        "cookie": _random(),
        "client-secret": cockpit.client_secret.reveal(),
    }


def _make(folder: Path, purpose: str, keys: Callable[[], Mapping[str, bytes]]) -> None:
    if not keyring_exists(folder, purpose):
        create_keyring(folder, purpose, keys())


def _known_creditors(folder: Path) -> list[str]:
    prefix = f"{CreditorKeys.purpose}-"
    return [path.stem.removeprefix(prefix) for path in folder.glob(f"{prefix}*.keyring")]


def _public_keys(folder: Path, evaluator: EvaluatorKeys, creditors: Sequence[str]) -> PublicKeys:
    cockpit = CockpitKeys.open(folder)
    worker = WorkerKeys.open(folder)
    network, administrator = NetworkKeys.open(folder), AdministratorKeys.open(folder)
    opened = {kvk: CreditorKeys.open(folder, kvk=kvk) for kvk in creditors}
    return PublicKeys(
        addresses={
            "deployer": network.deployer.address,
            "network_administrator": network.network_administrator.address,
            "administrator": administrator.administrator.address,
            "registrar": worker.registrar.address,
            "reviewer": worker.reviewer.address,
            "receipt_signer": worker.receipt.address,
        },
        claim_key=cockpit.claim.public_key,
        publication_key=worker.publication.public_key,
        identity_key=cockpit.identity.public_key,
        evaluator_keys={epoch: evaluator.public_keys(epoch) for epoch in evaluator.epochs},
        creditors={kvk: keys.account.address for kvk, keys in opened.items()},
        creditor_keys={kvk: keys.messages.public_key for kvk, keys in opened.items()},
        claim_id_key=public_key(evaluator.claim_id),
    )


def write_public_keys(folder: Path, public: PublicKeys) -> None:
    """Write ``public.json``, whole or not at all, unless it says so already.

    Args:
        folder: folder of the keyrings.
        public: the public keys.
    """
    path = folder / PUBLIC_FILE
    document: dict[str, Any] = {
        "addresses": dict(public.addresses),
        "claim_key": public.claim_key.hex(),
        "publication_key": public.publication_key.hex(),
        "identity_key": public.identity_key.hex(),
        "evaluator_keys": {str(epoch): [key.hex() for key in keys] for epoch, keys in public.evaluator_keys.items()},
        "creditors": dict(public.creditors),
        "creditor_keys": {kvk: key.hex() for kvk, key in public.creditor_keys.items()},
    }
    if public.claim_id_key is not None:
        document["claim_id_key"] = public.claim_id_key.hex()
    content = (json.dumps(document, indent=2) + "\n").encode("ascii")
    if not path.exists() or path.read_bytes() != content:
        write_whole(path, content, replace=True, mode=0o644)


def _random() -> bytes:
    return SecretKey.generate().reveal()


def _opening() -> bytes:
    return OpeningKey.generate().reveal()


def _account() -> bytes:
    return AccountKey.generate().reveal()
