"""The keys that record keeping works with."""

from __future__ import annotations

from typing import Protocol

from schuldhulp.crypto.blind_index import IndexKey
from schuldhulp.crypto.envelope import KeyEncryptionKey
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.keyring import LogKey


class RecordKeys(Protocol):
    """What record keeping needs of the cockpit's keyring (`crypto.keyring.CockpitKeys`).

    Attributes:
        data: wraps the data keys of dossiers.
        index: finds a dossier by BSN.
        job: authenticates jobs for the worker.
        log: encrypts what the processing log holds of no single dossier.
    """

    data: KeyEncryptionKey
    index: IndexKey
    job: JobKey
    log: LogKey
