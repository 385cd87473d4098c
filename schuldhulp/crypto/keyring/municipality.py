"""The keys of the municipality's processes but the evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.blind_index import IndexKey
from schuldhulp.crypto.envelope import KeyEncryptionKey
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.keyring.folder import open_keyring
from schuldhulp.crypto.keyring.process import ProcessKeys
from schuldhulp.crypto.keyring.purposes import ClientSecret, CookieKey, LogKey, SubjectKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.secret import require_distinct
from schuldhulp.errors import Misconfigured


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


def share_claim_key(folder: Path, claim: OpeningKey) -> None:
    """Put the claim key into a worker's keyring that was made before the worker had one.

    Args:
        folder: folder of the worker's keyring.
        claim: the cockpit's claim key.

    Raises:
        Misconfigured: the keyring cannot be opened or written.
    """
    keyring = open_keyring(folder, WorkerKeys.purpose, private=False)
    if "claim" not in keyring.names:
        keyring.change(add={"claim": claim.reveal()})
