"""A chain in memory with the rules of ledger and registry, for tests that need thousands of blocks.

It keeps what everybody could see: who committed what when. The real contracts are tried in tests/integration.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import NO_ROOT, DossierId, Epoch, MunicipalityCode, Root, Tag
from schuldhulp.errors import Unreachable
from schuldhulp.services.ports import (
    ContractCall,
    Head,
    MunicipalityState,
    Receipt,
    RootChange,
    RootCommitted,
    SignedTransaction,
)
from tests.support.worker import SetClock

EPOCH = Epoch(20264)


@dataclass(frozen=True)
class Seen:
    """One accepted transaction as an observer sees it."""

    time: datetime
    kind: str
    changes: tuple[RootChange, ...] = ()
    tags: tuple[Tag, ...] = ()


@dataclass
class FakeChain:
    """Reader and writer in one; every transaction is a block of its own."""

    clock: SetClock
    epoch: Epoch = EPOCH
    oldest: Epoch | None = None
    announced: Epoch | None = None
    keys: dict[IdentifierKind, bytes] = field(default_factory=dict)
    account: str = "0x00000000000000000000000000000000000000A1"
    roots: dict[DossierId, Root] = field(default_factory=dict)
    tags: set[Tag] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    commits: list[RootCommitted] = field(default_factory=list)
    receipts: dict[bytes, Receipt] = field(default_factory=dict)
    nonce: int = 1
    number: int = 10
    down: bool = False
    deaf: bool = False
    sent: list[bytes] = field(default_factory=list)
    _calls: dict[bytes, tuple[int, tuple[Any, ...]]] = field(default_factory=dict)
    _encoded: dict[bytes, tuple[Any, ...]] = field(default_factory=dict)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _answer(self) -> None:
        if self.down:
            raise Unreachable("chain_unreachable", "the node does not answer")

    def check_identity(self) -> None:
        self._answer()

    def head(self) -> Head:
        self._answer()
        return Head(number=self.number, hash=self._block(self.number), timestamp=self.clock.now())

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        return self.head()

    def is_canonical(self, number: int, block_hash: bytes) -> bool:
        self._answer()
        return number <= self.number and block_hash == self._block(number)

    def root_of(self, dossier: DossierId) -> Root:
        return self.roots_of([dossier])[dossier]

    def roots_of(self, dossiers: Sequence[DossierId]) -> dict[DossierId, Root]:
        self._answer()
        return {dossier: self.roots.get(dossier, NO_ROOT) for dossier in dossiers}

    def commits_of(self, dossier: DossierId) -> list[RootCommitted]:
        return [commit for commit in self.commits if commit.change.dossier == dossier]

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        self._answer()
        return MunicipalityState(
            current_epoch=self.epoch,
            oldest_epoch=self.oldest or self.epoch,
            announced_epoch=self.announced or self.epoch,
            claim_key=bytes(32),
            receipt_signer=self.account,
            contact="",
            evaluator_url="",
        )

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        return self.keys[kind]

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        return account == self.account

    def is_known(self, tag: Tag) -> bool:
        return tag in self.tags

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        return [tag in self.tags for tag in tags]

    def published(self, municipality: MunicipalityCode, tags: Sequence[Tag], registrar: str) -> list[bool]:
        self._answer()
        return self.known(tags)

    def tags_of(self, municipality: MunicipalityCode) -> dict[Epoch, frozenset[Tag]]:
        self._answer()
        found: dict[Epoch, set[Tag]] = {}
        for tag in self.tags:
            found.setdefault(Epoch(int.from_bytes(tag[2:6], "big")), set()).add(tag)
        return {epoch: frozenset(tags) for epoch, tags in found.items()}

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        self._answer()
        return self.receipts.get(tx_hash)

    def nonce_of(self, account: str, *, depth: int = 0) -> int:
        self._answer()
        return self.nonce if depth == 0 else max(0, self.nonce - depth)

    def refusal_of(self, call: ContractCall, account: str) -> str | None:
        return self._refusal(self._encoded[call.data])

    # --- writing ------------------------------------------------------------------------------------------------------

    def commit(self, municipality: MunicipalityCode, changes: Sequence[RootChange]) -> ContractCall:
        return self._encode("ObligationLedger", ("commit", tuple(changes)))

    def enrol(self, municipality: MunicipalityCode, epoch: Epoch, tags: Sequence[Tag]) -> ContractCall:
        return self._encode("EnrolmentRegistry", ("enrol", tuple(tags)))

    def end_enrolment(self, municipality: MunicipalityCode, tags: Sequence[Tag]) -> ContractCall:
        return self._encode("EnrolmentRegistry", ("end", tuple(tags)))

    def sign(self, call: ContractCall, nonce: int) -> SignedTransaction:
        self._answer()
        raw = nonce.to_bytes(8, "big") + call.data
        self._calls[raw] = (nonce, self._encoded[call.data])
        return SignedTransaction(raw=raw, tx_hash=hashlib.sha256(raw).digest(), nonce=nonce)

    def send(self, raw: bytes) -> str:
        self._answer()
        self.sent.append(raw)
        nonce, call = self._calls[raw]
        if self.deaf or nonce != self.nonce:
            return "" if self.deaf else "nonce too low"
        self.nonce += 1
        self.number += 1
        tx_hash = hashlib.sha256(raw).digest()
        succeeded = self._refusal(call) is None
        self.receipts[tx_hash] = Receipt(
            succeeded=succeeded, block_number=self.number, block_hash=self._block(self.number), gas_used=0
        )
        if succeeded:
            self._carry_out(call, tx_hash)
        return ""

    # --- inside -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _block(number: int) -> bytes:
        return hashlib.sha256(f"block {number}".encode()).digest()

    def _encode(self, contract: str, call: tuple[Any, ...]) -> ContractCall:
        data = hashlib.sha256(repr(call).encode()).digest()
        self._encoded[data] = call
        return ContractCall(contract=contract, data=data, gas=1)

    def _refusal(self, call: tuple[Any, ...]) -> str | None:
        kind, items = call
        if kind == "commit":
            dossiers = [change.dossier for change in items]
            if dossiers != sorted(set(dossiers)):
                return "DossiersNotAscending"
            stale = any(self.roots.get(change.dossier, NO_ROOT) != change.previous_root for change in items)
            return "StalePreviousRoot" if stale else None
        if list(items) != sorted(set(items)):
            return "TagsNotAscending"
        if kind == "enrol":
            return "TagAlreadyEnrolled" if self.tags & set(items) else None
        return None if self.tags >= set(items) else "TagNotEnrolled"

    def _carry_out(self, call: tuple[Any, ...], tx_hash: bytes) -> None:
        kind, items = call
        if kind == "commit":
            self.roots |= {change.dossier: change.new_root for change in items}
            self.commits += [
                RootCommitted(change=change, block_number=self.number, tx_hash=tx_hash) for change in items
            ]
            self.seen.append(Seen(time=self.clock.now(), kind=kind, changes=items))
            return
        self.tags = self.tags | set(items) if kind == "enrol" else self.tags - set(items)
        self.seen.append(Seen(time=self.clock.now(), kind=kind, tags=items))
