"""Which process holds which keys: one class per keyring, each key named by its purpose.

A process opens its own keyring and no other. All classes are made with ``open(folder)``, where the folder holds
``<purpose>.keyring`` and ``<purpose>.passphrase``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.blind_index import IndexKey
from schuldhulp.crypto.envelope import EncryptionKey, KeyEncryptionKey
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.keyring_file import KEYRING_SUFFIX, PASSPHRASE_SUFFIX, Keyring, require_private
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.secret import SecretKey, require_distinct
from schuldhulp.crypto.voprf import VoprfKey, public_key
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import InvalidInput, Misconfigured

__all__ = [
    "AdministratorKeys",
    "CockpitKeys",
    "CreditorKeys",
    "CustodialKeys",
    "EvaluatorKeys",
    "Keyring",
    "NetworkKeys",
    "RelayKeys",
    "WorkerKeys",
    "keyring_exists",
    "require_private",
    "share_claim_key",
]


class LogKey(EncryptionKey):
    """Encrypts what the processing log holds of no single dossier."""

    __slots__ = ()

    purpose = "log"


class SubjectKey(SecretKey):
    """Secret of the relay's lookup of a person by BSN, KvK number or login (HMAC)."""

    __slots__ = ()

    purpose = "subject"


class CookieKey(SecretKey):
    """Signs cookies."""

    __slots__ = ()

    purpose = "cookie"


class ClientSecret(SecretKey):
    """Secret by which the cockpit shows the relay that it is the cockpit; sent in hexadecimal."""

    __slots__ = ()

    purpose = "client"

    @property
    def text(self) -> str:
        """The secret as it is sent, 64 hexadecimal digits."""
        return self.reveal().hex()


class ProcessKeys(ABC):
    """The keys of one process."""

    purpose: ClassVar[str]

    def __init__(self, keyring: Keyring) -> None:
        """Read the keys from an open keyring.

        Args:
            keyring: the keyring of this process.

        Raises:
            Misconfigured: a key is missing or is no key for its purpose, or one serves two purposes.
        """
        self._keyring = keyring
        try:
            self._read()
        except InvalidInput as error:
            raise Misconfigured(
                "keyring_damaged",
                f"a key in the {keyring.purpose} keyring is invalid or serves two purposes",
                purpose=keyring.purpose,
            ) from error

    @classmethod
    def open(cls, folder: Path, *, private: bool = False) -> Self:
        """Open the keyring of this process.

        Args:
            folder: folder of the keyrings and passphrase files.
            private: refuse files that others can read; set in production.

        Returns:
            The keys.

        Raises:
            Misconfigured: a file is missing, damaged or readable by others, or the passphrase is another one.
        """
        return cls(_open(folder, cls.purpose, private=private))

    @abstractmethod
    def _read(self) -> None:
        """Take each key from the keyring."""

    def __repr__(self) -> str:
        """Name the purpose and nothing else."""
        return f"<{type(self).__name__} redacted>"


class CockpitKeys(ProcessKeys):
    """Keys of the cockpit and the command line.

    Attributes:
        data: wraps the data keys of dossiers.
        index: finds a dossier by BSN.
        claim: opens what creditors seal to the municipality.
        job: authenticates jobs for the worker.
        identity: opens what the relay seals about who logged in.
        log: encrypts what the processing log holds of no single dossier.
        cookie: signs the cockpit's own cookies.
        client_secret: shows the relay that the cockpit is the cockpit.
    """

    purpose = "cockpit"

    data: KeyEncryptionKey
    index: IndexKey
    claim: OpeningKey
    job: JobKey
    identity: OpeningKey
    log: LogKey
    cookie: CookieKey
    client_secret: ClientSecret

    def _read(self) -> None:
        get = self._keyring.get
        self.data = KeyEncryptionKey(get("data"))
        self.index = IndexKey(get("index"))
        self.claim = OpeningKey(get("claim"))
        self.job = JobKey(get("job"))
        self.identity = OpeningKey(get("identity"))
        self.log = LogKey(get("log"))
        self.cookie = CookieKey(get("cookie"))
        self.client_secret = ClientSecret(get("client-secret"))
        require_distinct(
            self.data, self.index, self.claim, self.job, self.identity, self.log, self.cookie, self.client_secret
        )


class RefreshedKeys(ProcessKeys):
    """Keys that a process takes over anew when its file was changed while it runs."""

    _source: tuple[Path, bool] | None = None
    _stamp: tuple[int, int, int] | None = None

    @classmethod
    def open(cls, folder: Path, *, private: bool = False) -> Self:
        """Open the keyring; as `ProcessKeys.open`."""
        # Before reading, so that a change meanwhile is seen as one.
        stamp = _stamp_of(folder, cls.purpose)
        keys = super().open(folder, private=private)
        keys._source, keys._stamp = (folder, private), stamp
        return keys

    def refresh(self) -> None:
        """Take over what the file holds when it was changed: keys that were added, or keys that were destroyed.

        Raises:
            Misconfigured: the changed file is damaged, readable by others, or under another passphrase; the keys stay
                as they were until it is changed again.
        """
        if self._source is None:
            return
        folder, private = self._source
        stamp = _stamp_of(folder, self.purpose)
        if stamp is None or stamp == self._stamp:
            return
        # Also of a file that does not open: trying costs a second of work, and whoever asks must not make that happen.
        self._stamp = stamp
        self._keyring = type(self).open(folder, private=private)._keyring
        self._read()


class EvaluatorKeys(RefreshedKeys):
    """Keys of the evaluator: two for each epoch, and the standing one for claim ids.

    Attributes:
        claim_id: key under which claim ids are computed.
    """

    purpose = "evaluator"

    claim_id: VoprfKey

    _voprf: dict[tuple[int, int], VoprfKey]

    def _read(self) -> None:
        self.claim_id = VoprfKey(self._keyring.get("claim-id"))
        voprf: dict[tuple[int, int], VoprfKey] = {}
        for name in self._keyring.names:
            match = re.fullmatch(r"voprf/(\d+)/(\d+)", name)
            if match:
                voprf[int(match[1]), int(match[2])] = VoprfKey(self._keyring.get(name))
        require_distinct(self.claim_id, *voprf.values())
        self._voprf = voprf

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """Epochs with keys, ascending."""
        return tuple(Epoch(epoch) for epoch in sorted({epoch for epoch, _ in self._voprf}))

    def voprf(self, epoch: Epoch, kind: IdentifierKind) -> VoprfKey | None:
        """Give the key of an epoch and kind; None when there is none, or no longer."""
        return self._voprf.get((epoch, kind))

    def public_keys(self, epoch: Epoch) -> tuple[bytes, bytes]:
        """Give the public keys of an epoch, BSN first, as the registry holds them.

        Raises:
            Misconfigured: there are no keys of this epoch.
        """
        keys = [self.voprf(epoch, kind) for kind in IdentifierKind]
        bsn, nadb = (None if key is None else public_key(key) for key in keys)
        if bsn is None or nadb is None:
            raise Misconfigured("epoch_unknown", f"the evaluator keyring has no keys of epoch {epoch}", epoch=epoch)
        return bsn, nadb

    def add_epoch(self, epoch: Epoch) -> tuple[bytes, bytes]:
        """Make the keys of an epoch and store them.

        Args:
            epoch: 1 to 2**32 - 1; without keys so far.

        Returns:
            The public keys, BSN first, for ``announceEpoch``.

        Raises:
            InvalidInput: not the number of an epoch.
            Misconfigured: this epoch has keys already, or the file cannot be written.
        """
        if not 1 <= epoch < 2**32:
            raise InvalidInput("epoch_invalid", "an epoch is 1 to 4294967295", field="epoch")
        self._keyring.change(add=epoch_keys(epoch))
        self._read()
        return self.public_keys(epoch)

    def destroy_epoch(self, epoch: Epoch) -> None:
        """Destroy the keys of an epoch, and with them the link between its tags and persons.

        Args:
            epoch: an epoch with keys.

        Raises:
            Misconfigured: there are no keys of this epoch, or the file cannot be written.
        """
        self._keyring.change(destroy=tuple(_voprf_name(epoch, kind) for kind in IdentifierKind))
        self._read()


class WorkerKeys(ProcessKeys):
    """Keys of the worker.

    Attributes:
        registrar: account that enrols and commits.
        reviewer: account that decides on claims.
        receipt: account that signs receipts of claims.
        job: authenticates the cockpit's jobs.
        publication: opens the sealed identifiers of publication jobs.
        claim: opens what creditors seal to the municipality, for the moment in which the worker checks it.
    """

    purpose = "worker"

    accounts: ClassVar[Mapping[str, str]] = {
        "registrar": "ethereum",
        "reviewer": "reviewer",
        "receipt_signer": "receipt",
    }
    """Key of each account in the keyring, by the name of the account in ``public.json`` and the deployment file."""

    registrar: AccountKey
    reviewer: AccountKey
    receipt: AccountKey
    job: JobKey
    publication: OpeningKey
    claim: OpeningKey

    def address(self, account: str) -> str:
        """Give the address of an account, by its name in `accounts`."""
        return AccountKey(self._keyring.get(self.accounts[account])).address

    def renew(self, account: str) -> str:
        """Draw a new key for an account and destroy the one it had; all other keys stay.

        Args:
            account: a name of `accounts`.

        Returns:
            The new address.

        Raises:
            Misconfigured: the file cannot be written.
        """
        name = self.accounts[account]
        self._keyring.change(add={name: AccountKey.generate().reveal()}, destroy=(name,))
        self._read()
        return self.address(account)

    def _read(self) -> None:
        get = self._keyring.get
        self.registrar = AccountKey(get("ethereum"))
        self.reviewer = AccountKey(get("reviewer"))
        self.receipt = AccountKey(get("receipt"))
        self.job = JobKey(get("job"))
        self.publication = OpeningKey(get("publication"))
        if "claim" not in self._keyring.names:
            raise Misconfigured(
                "claim_key_missing",
                "the worker keyring is of an older version and has no claim key: run `schuldhulp keys init` where the "
                "cockpit keyring is too, and bring the worker keyring back (docs/runbook.md)",
                purpose=self.purpose,
            )
        self.claim = OpeningKey(get("claim"))
        require_distinct(self.registrar, self.reviewer, self.receipt, self.job, self.publication, self.claim)


class RelayKeys(ProcessKeys):
    """Keys of the login relay.

    Attributes:
        subject: looks up a person that logged in before.
        cookie: signs the relay's own cookies.
        client_secret: by which the cockpit is known.
    """

    purpose = "relay"

    subject: SubjectKey
    cookie: CookieKey
    client_secret: ClientSecret

    def _read(self) -> None:
        get = self._keyring.get
        self._oidc_signing = get("oidc-signing")
        self.subject = SubjectKey(get("subject"))
        self.cookie = CookieKey(get("cookie"))
        self.client_secret = ClientSecret(get("client-secret"))
        require_distinct(self.subject, self.cookie, self.client_secret)

    def oidc_signing_pem(self) -> bytes:
        """Give the private key that signs ID tokens: P-256, PKCS #8 in PEM."""
        return self._oidc_signing


class NetworkKeys(ProcessKeys):
    """Accounts that set the network up; used a few times a year, and kept apart from all others.

    Attributes:
        deployer: deploys the contracts and keeps no role.
        network_administrator: registers municipalities and names their administrators.
    """

    purpose = "network"

    deployer: AccountKey
    network_administrator: AccountKey

    def _read(self) -> None:
        get = self._keyring.get
        self.deployer = AccountKey(get("deployer"))
        self.network_administrator = AccountKey(get("network-administrator"))
        require_distinct(self.deployer, self.network_administrator)


class AdministratorKeys(ProcessKeys):
    """Account of the municipality's administrator, who admits creditors; needed by no process that keeps running.

    Attributes:
        administrator: gives and takes the roles of the municipality, and looks after its epochs.
    """

    purpose = "administrator"

    administrator: AccountKey

    def _read(self) -> None:
        self.administrator = AccountKey(self._keyring.get("administrator"))


class CreditorKeys(ProcessKeys):
    """Keys of a creditor.

    Attributes:
        account: account that asks and hands in claims.
        messages: opens what the municipality seals to the creditor.
    """

    purpose = "creditor"

    account: AccountKey
    messages: OpeningKey

    @classmethod
    def open(cls, folder: Path, *, kvk: str, private: bool = False) -> Self:  # type: ignore[override]  # one a creditor
        """Open the keyring of a creditor.

        Args:
            folder: folder of the keyrings and passphrase files.
            kvk: the creditor's KvK number, eight digits.
            private: refuse files that others can read; set in production.

        Returns:
            The keys.

        Raises:
            Misconfigured: a file is missing, damaged or readable by others, or the passphrase is another one.
            InvalidInput: not a KvK number.
        """
        return cls(_open(folder, creditor_purpose(kvk), private=private))

    def _read(self) -> None:
        self.account = AccountKey(self._keyring.get("ethereum"))
        self.messages = OpeningKey(self._keyring.get("messages"))
        require_distinct(self.account, self.messages)


class CustodialKeys(RefreshedKeys):
    """Accounts that the cockpit keeps for organisations whose staff ask on its pages: one account for each.

    An account asks within the organisation's quota and a smaller one of its own; it hands in nothing
    and holds no money.
    """

    purpose = "custodial"

    _accounts: dict[str, AccountKey]

    def _read(self) -> None:
        accounts: dict[str, AccountKey] = {}
        for name in self._keyring.names:
            match = re.fullmatch(r"account/([0-9]{8})", name)
            if match:
                accounts[match[1]] = AccountKey(self._keyring.get(name))
        require_distinct(*accounts.values())
        self._accounts = accounts

    @property
    def organisations(self) -> tuple[str, ...]:
        """KvK numbers of the organisations with an account here, ascending."""
        return tuple(sorted(self._accounts))

    def account(self, kvk: str) -> AccountKey | None:
        """Give the account of an organisation, by its KvK number; None when there is none."""
        return self._accounts.get(kvk)

    def add(self, kvk: str) -> AccountKey:
        """Draw the account of an organisation and store it.

        Args:
            kvk: KvK number without an account so far, eight digits.

        Returns:
            The account.

        Raises:
            Misconfigured: there is an account already, or the file cannot be written.
            InvalidInput: not a KvK number.
        """
        self._keyring.change(add=custodial_key(kvk))
        self._read()
        return self._accounts[kvk]


def custodial_key(kvk: str) -> dict[str, bytes]:
    """Draw the account that the cockpit keeps for an organisation, by its name in the keyring.

    Raises:
        InvalidInput: not a KvK number.
    """
    if not re.fullmatch(r"[0-9]{8}", kvk):
        raise InvalidInput("kvk_invalid", "a KvK number is eight digits", field="kvk")
    return {f"account/{kvk}": AccountKey.generate().reveal()}


def share_claim_key(folder: Path, claim: OpeningKey) -> None:
    """Put the claim key into a worker's keyring that was made before the worker had one.

    Args:
        folder: folder of the worker's keyring.
        claim: the cockpit's claim key.

    Raises:
        Misconfigured: the keyring cannot be opened or written.
    """
    keyring = _open(folder, WorkerKeys.purpose, private=False)
    if "claim" not in keyring.names:
        keyring.change(add={"claim": claim.reveal()})


def keyring_paths(folder: Path, purpose: str) -> tuple[Path, Path]:
    """Give the keyring file and the passphrase file of a purpose."""
    return folder / f"{purpose}{KEYRING_SUFFIX}", folder / f"{purpose}{PASSPHRASE_SUFFIX}"


def keyring_exists(folder: Path, purpose: str) -> bool:
    """Tell whether there is a keyring with this purpose."""
    return keyring_paths(folder, purpose)[0].exists()


def create_keyring(folder: Path, purpose: str, keys: Mapping[str, bytes]) -> Keyring:
    """Write a new keyring and, where there is none, its passphrase file.

    Args:
        folder: folder of the keyrings.
        purpose: whose keyring it is.
        keys: names and secret values.

    Returns:
        The keyring.

    Raises:
        Misconfigured: it is there already, or cannot be written.
    """
    path, passphrase_file = keyring_paths(folder, purpose)
    return Keyring.create(path, passphrase_file, keys, purpose=purpose)


def creditor_purpose(kvk: str) -> str:
    """Give the purpose of a creditor's keyring.

    Raises:
        InvalidInput: not a KvK number.
    """
    if not re.fullmatch(r"[0-9]{8}", kvk):
        raise InvalidInput("kvk_invalid", "a KvK number is eight digits", field="kvk")
    return f"{CreditorKeys.purpose}-{kvk}"


def epoch_keys(epoch: Epoch) -> dict[str, bytes]:
    """Draw the evaluator's keys of an epoch, by their names in the keyring."""
    return {_voprf_name(epoch, kind): VoprfKey.generate().reveal() for kind in IdentifierKind}


def _voprf_name(epoch: Epoch, kind: IdentifierKind) -> str:
    return f"voprf/{epoch}/{kind.value}"


def _stamp_of(folder: Path, purpose: str) -> tuple[int, int, int] | None:
    """Tell one state of a keyring file from another; None when it is not there."""
    try:
        found = keyring_paths(folder, purpose)[0].stat()
    except OSError:
        return None
    # The time of any change, of its mode too.
    return found.st_ino, found.st_ctime_ns, found.st_size


def _open(folder: Path, purpose: str, *, private: bool) -> Keyring:
    path, passphrase_file = keyring_paths(folder, purpose)
    keyring = Keyring.open(path, passphrase_file, purpose=purpose)
    if private:
        require_private(path)
        require_private(passphrase_file)
    return keyring
