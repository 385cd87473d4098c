"""Types for the values that are all 32 bytes, or all whole numbers, and must not be mixed."""

from __future__ import annotations

from typing import NewType

MunicipalityCode = NewType("MunicipalityCode", int)
"""CBS code of a municipality, 1 to 65535."""

Epoch = NewType("Epoch", int)
"""Number of a period in which one pair of evaluator keys is in use; ascending."""

Cents = NewType("Cents", int)
"""An amount in whole eurocents."""

DossierId = NewType("DossierId", bytes)
"""``uint16 municipality || 30 random bytes``."""

RecordId = NewType("RecordId", bytes)
"""32 random bytes that name a record through all its versions."""

Salt = NewType("Salt", bytes)
"""32 random bytes without which nobody can guess what a commitment hides."""

Commitment = NewType("Commitment", bytes)
"""EIP-712 struct hash of one version of a record, 32 bytes."""

Root = NewType("Root", bytes)
"""Root of a dossier's Merkle tree, 32 bytes; 32 zero bytes where there is none yet."""

Tag = NewType("Tag", bytes)
"""Hashed citizen id: ``uint16 municipality || uint32 epoch || 26 bytes``."""

ClaimId = NewType("ClaimId", bytes)
"""``uint16 municipality || 30 bytes`` of a keyed hash over creditor and reference."""

NO_ROOT = Root(bytes(32))

NO_AMOUNT = Cents(0)
