"""What became of a statement, encrypted: a copy of the database must not tell whose dossier it went to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from schuldhulp.crypto.envelope import EncryptionKey, decrypt, encrypt, subkey
from schuldhulp.crypto.framing import frame
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.statements import StatementDecline
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.services.statements.rows import StatementState

PADDED: Final = 512
"""A sealed outcome is a multiple of this many bytes: its length tells little."""


class OutcomeKey(EncryptionKey):
    """Encrypts the outcomes."""

    __slots__ = ()

    purpose = "statement outcome"

    @classmethod
    def of(cls, key: SecretKey) -> OutcomeKey:
        """Derive it from a key of the cockpit's own keyring."""
        return cls(subkey(key, "statement outcomes"))


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Outcome(Redacted):
    """What a caseworker did with a statement.

    Attributes:
        state: taken over or declined.
        dossier: where it was taken over; None where it was declined.
        record: the record that says it there; likewise.
        reason: why it was declined; None where it was taken over.
        text: what the caseworker added for colleagues, or empty.
    """

    state: StatementState
    dossier: DossierId | None = None
    record: RecordId | None = None
    reason: StatementDecline | None = None
    text: str = ""


def seal_outcome(key: OutcomeKey, message: bytes, outcome: Outcome) -> bytes:
    """Encrypt an outcome for the row of its statement.

    Args:
        key: the cockpit's key.
        message: hash of the statement.
        outcome: what became of it.
    """
    plain = json.dumps(
        {
            "state": outcome.state.value,
            "dossier": outcome.dossier.hex() if outcome.dossier else "",
            "record": outcome.record.hex() if outcome.record else "",
            "reason": outcome.reason.value if outcome.reason else "",
            "text": outcome.text,
        },
        ensure_ascii=False,
    ).encode("utf-8")
    return encrypt(key, plain + b" " * (-len(plain) % PADDED), _place(message))


def open_outcome(key: OutcomeKey, message: bytes, sealed: bytes) -> Outcome:
    """Decrypt an outcome.

    Raises:
        Undecryptable: somebody changed the row, or moved it.
    """
    plain = json.loads(decrypt(key, sealed, _place(message)))
    return Outcome(
        state=StatementState(plain["state"]),
        dossier=DossierId(bytes.fromhex(plain["dossier"])) if plain["dossier"] else None,
        record=RecordId(bytes.fromhex(plain["record"])) if plain["record"] else None,
        reason=StatementDecline(plain["reason"]) if plain["reason"] else None,
        text=plain["text"],
    )


def _place(message: bytes) -> bytes:
    return frame("statement outcome", message)
