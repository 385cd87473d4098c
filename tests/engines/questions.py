"""Every question that the contracts answer, about everything that a history may have touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engines.accounts import CONTRACTS, address_of
from tests.engines.history import (
    ACTORS,
    CLAIMS,
    CODES,
    COMMITMENTS,
    DOSSIERS,
    EPOCHS,
    INTERFACES,
    LATE,
    NOWHERE,
    SIBLING,
    TAGS,
    VERBS,
)
from tests.engines.model import MODELS, NETWORK, ZERO_WORD, role_of, verb

MUNICIPALITIES = (0, *CODES, NOWHERE, *LATE)
ROLES = tuple(
    role_of(name, code) for name in ("ADMINISTRATOR", "AUDITOR", *VERBS) for code in (*CODES, NOWHERE, LATE[0])
)
PROOFS: tuple[tuple[bytes, ...], ...] = ((), (SIBLING,), (SIBLING, SIBLING))

Question = tuple[str, str, tuple[Any, ...]]
"""Contract, function, arguments."""


def questions() -> Iterator[Question]:
    """Give all questions."""
    for contract in CONTRACTS:
        for function, arguments in _of_every_contract(MODELS[contract].VERBS):
            yield contract, function, arguments
        for function, entry in INTERFACES[contract].functions.items():
            if not entry["inputs"]:
                yield contract, function, ()
    for name, asked in (
        ("EnrolmentRegistry", _of_the_registry()),
        ("ObligationLedger", _of_the_ledger()),
        ("ClaimRegister", _of_the_register()),
    ):
        for function, arguments in asked:
            yield name, function, arguments


def _of_every_contract(verbs: tuple[str, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for code in MUNICIPALITIES:
        yield "isRegistered", (code,)
        yield "roleOf", (verb("REGISTRAR"), code)
    for role in (NETWORK, *ROLES):
        yield "verbOf", (role,)
        yield "getRoleAdmin", (role,)
    for role in (NETWORK, *(role_of(name, code) for name in ("ADMINISTRATOR", *verbs) for code in (*CODES, NOWHERE))):
        for actor in ACTORS:
            yield "hasRole", (role, address_of(actor))
    for number in ("01ffc9a7", "7965db0b", "ffffffff"):
        yield "supportsInterface", (bytes.fromhex(number),)


def _of_the_registry() -> Iterator[tuple[str, tuple[Any, ...]]]:
    for code in MUNICIPALITIES:
        yield "municipality", (code,)
    for code in CODES:
        for epoch in EPOCHS:
            for kind in range(4):
                yield "evaluatorKey", (code, epoch, kind)
    yield "evaluatorKey", (NOWHERE, EPOCHS[0], 1)
    for tags in TAGS.values():
        yield "areKnown", (tags,)
        yield "knownBitmap", (tags,)
        for tag in tags[::20]:
            yield "isKnown", (tag,)
            yield "municipalityOf", (tag,)
    yield "isKnown", (ZERO_WORD,)
    for code in CODES:
        yield "knownBitmap", ([tag for (of, _), tags in TAGS.items() if of == code for tag in tags],)
    yield "knownBitmap", ((),)


def _of_the_ledger() -> Iterator[tuple[str, tuple[Any, ...]]]:
    for dossier in DOSSIERS:
        yield "rootOf", (dossier,)
        for proof in PROOFS:
            yield "isCommitted", (dossier, COMMITMENTS[0], proof)
    yield "isCommitted", (DOSSIERS[0], ZERO_WORD, ())
    yield "isCommitted", (DOSSIERS[0], COMMITMENTS[1], ())


def _of_the_register() -> Iterator[tuple[str, tuple[Any, ...]]]:
    for claim_id in (ZERO_WORD, *CLAIMS):
        yield "claim", (claim_id,)
    for actor in ACTORS:
        yield "encryptionKeyOf", (address_of(actor),)
