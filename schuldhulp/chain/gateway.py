"""Reads the contracts, from the chain that they were deployed to and from no other.

An address without code answers ``0x`` without an error, and a wiped chain has the same addresses and chain id. So the
chain is recognised before anything is believed: chain id, genesis hash, and of each contract the code and the instance
id. That is done at the start, after every lost connection, and whenever the chain has become shorter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from schuldhulp import errors
from schuldhulp.chain.abi import contract_interface
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.signal import read_bitmap
from schuldhulp.domain.types import DossierId, Epoch, MunicipalityCode, Root, Tag
from schuldhulp.node import bitmap
from schuldhulp.node.answers import block_of, data_of, number_of
from schuldhulp.node.deployment import CONTRACTS, Deployment
from schuldhulp.node.logs import Log, logs_between, words_of
from schuldhulp.node.rpc import JsonRpc, Question, Refusal
from schuldhulp.services.ports import (
    ContractCall,
    Head,
    MunicipalityState,
    Receipt,
    RootChange,
    RootCommitted,
)


def role(verb: str, municipality: MunicipalityCode) -> bytes:
    """Give the identifier of a role.

    Args:
        verb: what its holder may do, such as ``REGISTRAR``.
        municipality: where.

    Returns:
        ``keccak256(abi.encode(keccak256(verb), municipality))``, 32 bytes.
    """
    return keccak(encode(["bytes32", "uint16"], [keccak(text=verb), municipality]))


class Gateway:
    """A `ChainReader` over JSON-RPC. Safe to use from several threads."""

    def __init__(self, deployment: Deployment, rpc: JsonRpc) -> None:
        """Take a deployment and a connection; nothing is sent yet.

        Args:
            deployment: what must be there.
            rpc: connection to a node.
        """
        self.deployment = deployment
        self._rpc = rpc
        self._lock = threading.Lock()
        self._recognised = False
        self._highest = 0

    # --- the chain itself ---------------------------------------------------------------------------------------------

    def check_identity(self) -> None:
        """Compare the chain and the contracts with the deployment file.

        Raises:
            errors.ChainMismatch: another chain, other code or another instance; the error names which.
            errors.Unreachable: the node does not answer.
        """
        self._recognised = False
        seen = self._seen()
        questions: list[tuple[str, Sequence[Any]]] = [
            ("eth_chainId", ()),
            ("eth_getBlockByNumber", ("0x0", False)),
            ("eth_getBlockByNumber", ("latest", False)),
        ]
        for name in CONTRACTS:
            address = self.deployment.contracts[name].address
            instance = "0x" + contract_interface(name).call("instanceId").hex()
            questions.append(("eth_getCode", (address, "latest")))
            questions.append(("eth_call", ({"to": address, "data": instance}, "latest")))
        answers = self._rpc.batch(questions)
        if number_of(answers[0]) != self.deployment.chain_id:
            raise errors.ChainMismatch("chain_id_other", "the chain has another chain id than the deployment")
        if block_of(answers[1]).hash != self.deployment.genesis_hash:
            raise errors.ChainMismatch("genesis_other", "the chain begins with another block than the deployment")
        head = block_of(answers[2])
        for index, name in enumerate(CONTRACTS):
            self._check_contract(name, answers[3 + 2 * index], answers[4 + 2 * index])
        if head.number < seen:
            raise self._went_back(head.number)
        with self._lock:
            self._highest = max(self._highest, head.number)
            self._recognised = True

    def _check_contract(self, name: str, code: Any, instance: Any) -> None:
        expected = self.deployment.contracts[name]
        if keccak(data_of(code)) != expected.code_hash:
            raise errors.ChainMismatch(
                "contract_code_other", f"the code of {name} is not the deployed code", contract=name
            )
        if isinstance(instance, Refusal) or data_of(instance) != expected.instance_id:
            raise errors.ChainMismatch(
                "contract_instance_other", f"{name} is another instance than the deployed one", contract=name
            )

    def head(self) -> Head:
        """Return the newest block.

        Raises:
            errors.ChainMismatch: the chain has become shorter than it was.
        """
        seen = self._seen()
        head = block_of(self._ask("eth_getBlockByNumber", "latest", False))
        if head.number < seen:
            self.check_identity()
            raise self._went_back(head.number)
        with self._lock:
            self._highest = max(self._highest, head.number)
        return head

    def _seen(self) -> int:
        """Return the height to compare an answer with, before it is asked: another thread may see a block meanwhile."""
        with self._lock:
            return self._highest

    def _went_back(self, number: int) -> errors.ChainMismatch:
        return errors.ChainMismatch(
            "chain_went_back",
            "the chain is shorter than it was: it was rolled back, or another node answers that lags behind",
            seen=self._highest,
            now=number,
        )

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Return the newest block when it is young enough for an answer to count.

        Args:
            now: the time, UTC.
            max_age: seconds that the newest block may be old.

        Raises:
            errors.ChainMismatch: the chain stands still, or has become shorter.
        """
        head = self.head()
        if (now - head.timestamp).total_seconds() > max_age:
            raise errors.ChainMismatch("chain_stale", "the newest block of the chain is too old", limit=max_age)
        return head

    def is_canonical(self, number: int, block_hash: bytes) -> bool:
        """Return whether the block at height `number` has this hash."""
        block = self._ask("eth_getBlockByNumber", hex(number), False)
        return block is not None and block_of(block).hash == block_hash

    # --- ledger -------------------------------------------------------------------------------------------------------

    def root_of(self, dossier: DossierId) -> Root:
        """Return the root on the chain, 32 zero bytes when there is none."""
        return self.roots_of([dossier])[dossier]

    def roots_of(self, dossiers: Sequence[DossierId]) -> dict[DossierId, Root]:
        """Return the roots of many dossiers in few requests."""
        calls = [("ObligationLedger", "rootOf", (dossier,)) for dossier in dossiers]
        return {dossier: Root(answer[0]) for dossier, answer in zip(dossiers, self._views(calls), strict=True)}

    def commits_of(self, dossier: DossierId) -> list[RootCommitted]:
        """Return every commit of a dossier, oldest first."""
        topic = contract_interface("ObligationLedger").topic("DossierCommitted")
        return [_commit(log) for log in self._logs("ObligationLedger", ["0x" + topic.hex(), "0x" + dossier.hex()])]

    # --- registry -----------------------------------------------------------------------------------------------------

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Return what the registry says about a municipality."""
        values = self._view("EnrolmentRegistry", "municipality", code)
        return MunicipalityState(
            current_epoch=Epoch(values[0]),
            oldest_epoch=Epoch(values[1]),
            announced_epoch=Epoch(values[2]),
            claim_key=values[3],
            receipt_signer=to_checksum_address(values[4]),
            contact=values[5],
            evaluator_url=values[6],
        )

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Return the published key, 32 bytes; zero bytes when there is none."""
        return bytes(self._view("EnrolmentRegistry", "evaluatorKey", code, epoch, int(kind))[0])

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        """Return whether an account holds the role of a verb in a municipality."""
        return bool(self._view(contract, "hasRole", role(verb, municipality), account)[0])

    def is_known(self, tag: Tag) -> bool:
        """Answer the signal.

        Raises:
            errors.Conflict: key ``epoch_not_open``, for a tag of a closed epoch.
        """
        return bool(self._view("EnrolmentRegistry", "isKnown", tag)[0])

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Answer the signal for many tags, in their order, asked 1 000 at a time.

        Raises:
            errors.Conflict: key ``epoch_not_open``, when one is a tag of a closed epoch.
        """
        address = self.deployment.contracts["EnrolmentRegistry"].address
        answers: list[bool] = []
        self._ready()
        for batch in bitmap.batches(tags):
            answer = self._send([("eth_call", (bitmap.question(address, batch), "latest"))])[0]
            answers += read_bitmap(self._answered("EnrolmentRegistry", bitmap.FUNCTION, answer), len(batch))
        return answers

    def published(self, municipality: MunicipalityCode, tags: Sequence[Tag], registrar: str) -> list[bool]:
        """Return which tags stand on the chain, those of an epoch that is not open yet included, in their order.

        No view tells that of an announced epoch; what would become of ending the tag does.
        """
        interface = contract_interface("EnrolmentRegistry")
        answers = self._batch(
            [("EnrolmentRegistry", interface.call("endEnrolment", municipality, [tag]), registrar) for tag in tags]
        )
        found: list[bool] = []
        for answer in answers:
            name = interface.error_name(answer.data) if isinstance(answer, Refusal) else ""
            if isinstance(answer, Refusal) and name != "TagNotEnrolled":
                raise errors.Conflict("contract_refused", f"the registry refused: {name or 'unknown'}", error=name)
            found.append(not isinstance(answer, Refusal))
        return found

    def tags_of(self, municipality: MunicipalityCode) -> dict[Epoch, frozenset[Tag]]:
        """Return all tags of a municipality that stand on the chain, by epoch, those of an announced epoch included.

        Told from the events up to the newest block.
        """
        interface = contract_interface("EnrolmentRegistry")
        enrolled, ended = interface.topic("TagsEnrolled"), interface.topic("EnrolmentsEnded")
        topics = [["0x" + enrolled.hex(), "0x" + ended.hex()], "0x" + municipality.to_bytes(32, "big").hex()]
        here: set[Tag] = set()
        for log in self._logs("EnrolmentRegistry", topics):
            tags = {Tag(word) for word in words_of(log)}
            here = here | tags if log.topics[0] == enrolled else here - tags
        found: dict[Epoch, set[Tag]] = {}
        for tag in here:
            found.setdefault(Epoch(int.from_bytes(tag[2:6], "big")), set()).add(tag)
        return {epoch: frozenset(tags) for epoch, tags in found.items()}

    # --- transactions -------------------------------------------------------------------------------------------------

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, None while it is not mined."""
        plain = self._ask("eth_getTransactionReceipt", "0x" + tx_hash.hex())
        if plain is None:
            return None
        if not isinstance(plain, dict):
            raise errors.ChainMismatch("chain_answer_wrong", "the node gave something else than a receipt")
        if plain.get("blockHash") is None:
            return None
        return Receipt(
            succeeded=number_of(plain.get("status")) == 1,
            block_number=number_of(plain.get("blockNumber")),
            block_hash=data_of(plain.get("blockHash")),
            gas_used=number_of(plain.get("gasUsed")),
        )

    def nonce_of(self, account: str, *, depth: int = 0) -> int:
        """Return how many transactions of an account were mined, as of `depth` blocks below the head."""
        block = hex(max(0, self.head().number - depth)) if depth else "latest"
        return number_of(self._ask("eth_getTransactionCount", account, block))

    def balance_of(self, account: str) -> int:
        """Return what an account has to pay for transactions, in wei."""
        return number_of(self._ask("eth_getBalance", account, "latest"))

    def refusal_of(self, call: ContractCall, account: str) -> str | None:
        """Try a call without sending it; return the name of the error that would stop it, None when it would pass."""
        question = {
            "from": account,
            "to": self.deployment.contracts[call.contract].address,
            "data": "0x" + call.data.hex(),
            "gas": hex(call.gas),
        }
        self._ready()
        answer = self._send([("eth_call", (question, "latest"))])[0]
        if isinstance(answer, Refusal):
            return contract_interface(call.contract).error_name(answer.data) or "refused"
        return None

    # --- asking -------------------------------------------------------------------------------------------------------

    def _ready(self) -> None:
        if not self._recognised:
            self.check_identity()

    def _ask(self, method: str, *parameters: Any) -> Any:
        self._ready()
        answer = self._send([(method, parameters)])[0]
        if isinstance(answer, Refusal):
            raise errors.Unreachable("chain_refused", f"the node refused {method}: {answer.message}") from answer
        return answer

    def _logs(self, contract: str, topics: list[Any]) -> Iterator[Log]:
        """Read the events of a contract up to the newest block."""
        return logs_between(
            self._send,
            address=self.deployment.contracts[contract].address,
            topics=topics,
            first=self.deployment.block,
            last=self.head().number,
        )

    def _send(self, questions: Sequence[Question]) -> list[Any]:
        """Ask; after a lost connection the chain must be recognised again before anything is believed."""
        try:
            return self._rpc.batch(questions)
        except errors.Unreachable:
            self._recognised = False
            raise

    def _view(self, contract: str, function: str, *arguments: Any) -> tuple[Any, ...]:
        return self._views([(contract, function, arguments)])[0]

    def _views(self, calls: Sequence[tuple[str, str, Sequence[Any]]]) -> list[tuple[Any, ...]]:
        answers = self._batch(
            [
                (contract, contract_interface(contract).call(function, *arguments), None)
                for contract, function, arguments in calls
            ]
        )
        return [
            self._read(contract, function, answer)
            for (contract, function, _), answer in zip(calls, answers, strict=True)
        ]

    def _batch(self, calls: Sequence[tuple[str, bytes, str | None]]) -> list[Any]:
        """Send calls (contract, data, sender) to the newest block, a limited number a request."""
        self._ready()
        questions = []
        for contract, data, sender in calls:
            question = {"to": self.deployment.contracts[contract].address, "data": "0x" + data.hex()}
            questions.append(("eth_call", (question | ({"from": sender} if sender else {}), "latest")))
        return self._send(questions)

    def _read(self, contract: str, function: str, answer: Any) -> tuple[Any, ...]:
        return contract_interface(contract).answer(function, self._answered(contract, function, answer))

    def _answered(self, contract: str, function: str, answer: Any) -> bytes:
        """Give the undecoded answer of a view function, or raise what its refusal means."""
        if isinstance(answer, Refusal):
            name = contract_interface(contract).error_name(answer.data)
            if name == "EpochNotOpen":
                raise errors.Conflict("epoch_not_open", "the tag belongs to an epoch that is not open")
            if name:
                raise errors.Conflict("contract_refused", f"{contract}.{function} refused: {name}", error=name)
            raise errors.Unreachable("chain_refused", f"the node refused {contract}.{function}") from answer
        data = data_of(answer)
        if not data:
            # No code at the address any more: look again before anything else is believed.
            self._recognised = False
        return data


def _commit(log: Log) -> RootCommitted:
    """Read an event of the ledger: indexed values stand in topics, the others follow in the data, all of 32 bytes."""
    words = b"".join(log.topics[1:]) + log.data
    return RootCommitted(
        change=RootChange(dossier=DossierId(words[:32]), previous_root=Root(words[32:64]), new_root=Root(words[64:96])),
        block_number=log.block_number,
        tx_hash=log.tx_hash,
    )
