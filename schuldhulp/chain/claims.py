"""Reads the ClaimRegister: claims as they stood at a block, what happened to them, and creditors' keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from eth_utils.address import to_checksum_address

from schuldhulp import errors
from schuldhulp.chain.abi import contract_interface
from schuldhulp.chain.gateway import Gateway, role
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.node.answers import block_of, data_of
from schuldhulp.node.logs import WORD_BYTES, Log, logs_between
from schuldhulp.node.rpc import JsonRpc, Question, Refusal
from schuldhulp.services.claims.events import FiledClaim
from schuldhulp.services.claims.rows import EventKind, EventRow
from schuldhulp.services.ports import Head

REGISTER: Final = "ClaimRegister"

_Value = TypeVar("_Value")
_NAMES: Final = {
    "ClaimFiled": EventKind.FILED,
    "ClaimAmended": EventKind.AMENDED,
    "ClaimHandedOver": EventKind.HANDED_OVER,
    "ClaimWithdrawn": EventKind.WITHDRAWN,
    "ClaimDecided": EventKind.DECIDED,
}
_WORDS: Final = {
    EventKind.FILED: 4,
    EventKind.AMENDED: 3,
    EventKind.HANDED_OVER: 3,
    EventKind.WITHDRAWN: 1,
    EventKind.DECIDED: 4,
}
"""How many words an event holds: indexed ones stand in topics, the others follow in the data."""


class RegisterReader:
    """A `services.claims.events.ClaimReader` over JSON-RPC."""

    def __init__(self, gateway: Gateway, rpc: JsonRpc) -> None:
        """Take what recognises the chain, and a connection to the same node; nothing is sent yet.

        Args:
            gateway: recognises the chain before anything is read.
            rpc: connection to the node.
        """
        self._gateway = gateway
        self._rpc = rpc
        self._address = gateway.deployment.contracts[REGISTER].address
        # After a lost connection another chain may answer.
        self._lost = False
        interface = contract_interface(REGISTER)
        self._kinds = {interface.topic(name): kind for name, kind in _NAMES.items()}

    @property
    def first_block(self) -> int:
        """Number of the block below which there is nothing of the contract."""
        return self._gateway.deployment.block

    def block(self, number: int) -> Head | None:
        """Return a block of the chain as it is now; None when it is not that high."""
        answer = self._ask([("eth_getBlockByNumber", (hex(number), False))])[0]
        return None if answer is None else block_of(answer)

    def claims(self, claims: Sequence[ClaimId], block: int) -> dict[ClaimId, FiledClaim]:
        """Return these claims as they stood at a block."""
        answers = self._views("claim", [(claim,) for claim in claims], hex(block))
        return {claim: _filed(answer) for claim, answer in zip(claims, answers, strict=True)}

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the key to which messages to each account are sealed, 32 zero bytes where there is none."""
        answers = self._views("encryptionKeyOf", [(account,) for account in accounts], "latest")
        return {account: bytes(answer[0]) for account, answer in zip(accounts, answers, strict=True)}

    def creditors(self, municipality: MunicipalityCode, accounts: Sequence[str]) -> set[str]:
        """Return which of these accounts have the role CREDITOR of a municipality in the ClaimRegister."""
        answers = self._views("hasRole", [(role("CREDITOR", municipality), account) for account in accounts], "latest")
        return {account for account, answer in zip(accounts, answers, strict=True) if answer[0] is True}

    def events(self, municipality: MunicipalityCode, first: int, last: int) -> list[EventRow]:
        """Return what happened to the claims of a municipality from one block to another, both included, in order.

        Raises:
            errors.ChainMismatch: the chain changed while it was read, or an answer has another shape.
        """
        end = self.block(last)
        topics = [["0x" + topic.hex() for topic in self._kinds]]
        logs = logs_between(self._send, address=self._address, topics=topics, first=first, last=last)
        prefix = municipality.to_bytes(2, "big")
        # Only a filing names the municipality in a topic of its own; all others begin with the claim's id.
        own = [log for log in logs if _claim_of(log).startswith(prefix)]
        blocks = self._blocks({log.block_number for log in own})
        found = [self._event(log, municipality, blocks) for log in own]
        if end is None or self.block(last) != end:
            raise errors.ChainMismatch("chain_changed", "the chain changed while its events were read")
        return found

    def _event(self, log: Log, municipality: MunicipalityCode, blocks: dict[int, Head]) -> EventRow:
        block = blocks[log.block_number]
        if log.block_hash != block.hash:
            raise errors.ChainMismatch("chain_changed", "the chain changed while its events were read")
        kind = self._kinds.get(log.topics[0])
        body = b"".join(log.topics[1:]) + log.data
        if kind is None or len(body) != _WORDS[kind] * WORD_BYTES:
            raise _wrong_shape()
        words = [body[start : start + WORD_BYTES] for start in range(0, len(body), WORD_BYTES)]
        return EventRow(
            id=0,
            municipality=municipality,
            kind=kind,
            claim_id=ClaimId(words[0]),
            account=_address(words[2]) if kind in (EventKind.FILED, EventKind.HANDED_OVER) else None,
            commitment=_pick(kind, words, {EventKind.FILED: 3, EventKind.AMENDED: 2, EventKind.DECIDED: 2}, Commitment),
            previous=_pick(kind, words, {EventKind.AMENDED: 1}, Commitment),
            status=_pick(kind, words, {EventKind.DECIDED: 1}, _status),
            decision=_pick(kind, words, {EventKind.DECIDED: 3}, bytes),
            block_number=block.number,
            block_hash=block.hash,
            block_time=block.timestamp,
            log_index=log.index,
        )

    def _blocks(self, numbers: set[int]) -> dict[int, Head]:
        ordered = sorted(numbers)
        answers = self._ask([("eth_getBlockByNumber", (hex(number), False)) for number in ordered])
        return {number: block_of(answer) for number, answer in zip(ordered, answers, strict=True)}

    def _views(self, function: str, calls: Sequence[tuple[Any, ...]], block: str) -> list[tuple[Any, ...]]:
        interface = contract_interface(REGISTER)
        questions = [
            ("eth_call", ({"to": self._address, "data": "0x" + interface.call(function, *arguments).hex()}, block))
            for arguments in calls
        ]
        return [interface.answer(function, data_of(answer)) for answer in self._ask(questions)]

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        answers = self._send(questions)
        for (method, _), answer in zip(questions, answers, strict=True):
            if isinstance(answer, Refusal):
                raise errors.Unreachable("chain_refused", f"the node refused {method}") from answer
        return answers

    def _send(self, questions: Sequence[Question]) -> list[Any]:
        """Ask, once the chain is recognised; what the node refuses stands among the answers."""
        if not questions:
            return []
        if self._lost:
            self._gateway.check_identity()
        # Recognises the chain when that has not been done yet.
        self._gateway.head()
        self._lost = True
        answers = self._rpc.batch(questions)
        self._lost = False
        return answers


def _claim_of(log: Log) -> bytes:
    if len(log.topics) < 2:
        raise _wrong_shape()
    return log.topics[1]


def _wrong_shape() -> errors.ChainMismatch:
    return errors.ChainMismatch("chain_answer_wrong", "the node gave an event of the wrong shape")


def _pick(
    kind: EventKind, words: Sequence[bytes], places: dict[EventKind, int], read: Callable[[bytes], _Value]
) -> _Value | None:
    return read(words[places[kind]]) if kind in places else None


def _address(word: bytes) -> str:
    return to_checksum_address(word[12:])


def _status(word: bytes | int) -> ClaimStatus:
    try:
        return ClaimStatus(int.from_bytes(word, "big") if isinstance(word, bytes) else word)
    except ValueError as error:
        raise errors.ChainMismatch("chain_answer_wrong", "the node gave a status that there is not") from error


def _filed(answer: tuple[Any, ...]) -> FiledClaim:
    holder, _, status, filed_at, changed_at, commitment = answer
    return FiledClaim(
        holder=to_checksum_address(holder),
        status=_status(status),
        filed_at=datetime.fromtimestamp(filed_at, UTC),
        changed_at=datetime.fromtimestamp(changed_at, UTC),
        commitment=Commitment(commitment),
    )
