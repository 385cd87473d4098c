"""Which process holds which keys: one class per keyring, each key named by its purpose.

A process opens its own keyring and no other. All classes are made with ``open(folder)``, where the folder holds
``<purpose>.keyring`` and ``<purpose>.passphrase``.
"""

from __future__ import annotations

from schuldhulp.crypto.keyring.creditors import (
    CreditorKeys,
    CustodialKeys,
    creditor_purpose,
    custodial_keys,
)
from schuldhulp.crypto.keyring.evaluator import (
    EvaluatorKeys,
    epoch_keys,
)
from schuldhulp.crypto.keyring.folder import (
    create_keyring,
    keyring_exists,
    keyring_paths,
)
from schuldhulp.crypto.keyring.municipality import (
    AdministratorKeys,
    CockpitKeys,
    NetworkKeys,
    RelayKeys,
    WorkerKeys,
    share_claim_key,
)
from schuldhulp.crypto.keyring.process import (
    ProcessKeys,
    RefreshedKeys,
)
from schuldhulp.crypto.keyring.purposes import (
    ClientSecret,
    CookieKey,
    LogKey,
    SubjectKey,
)
from schuldhulp.crypto.keyring_file import Keyring, require_private

__all__ = [
    "AdministratorKeys",
    "ClientSecret",
    "CockpitKeys",
    "CookieKey",
    "CreditorKeys",
    "CustodialKeys",
    "EvaluatorKeys",
    "Keyring",
    "LogKey",
    "NetworkKeys",
    "ProcessKeys",
    "RefreshedKeys",
    "RelayKeys",
    "SubjectKey",
    "WorkerKeys",
    "create_keyring",
    "creditor_purpose",
    "custodial_keys",
    "epoch_keys",
    "keyring_exists",
    "keyring_paths",
    "require_private",
    "share_claim_key",
]
