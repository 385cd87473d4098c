"""Answering questions to the node for creditors who have none of their own: reading, and sending to our contracts.

What is passed on is in `node_questions`; how much, is counted by network address and in total. An address is marked
under a secret of the day (crypto.marks) and is neither kept nor logged.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from schuldhulp.crypto.marks import address_mark
from schuldhulp.errors import InvalidInput, SchuldhulpError, Unreachable
from schuldhulp.services.node_questions import (
    INVALID_REQUEST,
    LIMIT_EXCEEDED,
    MAX_BLOCKS,
    NODE_REFUSED,
    REVERTED,
    NodeQuestion,
    QuestionRules,
)
from schuldhulp.services.node_values import INVALID_PARAMS, QuestionRefused, block_number
from schuldhulp.services.ports import Clock, Organisation
from schuldhulp.services.refusals import RefusalStore, RefusalTally

MAX_BATCH: Final = 100
"""Questions in one request."""

OWN_VERSION: Final = "schuldhulp"
"""What `web3_clientVersion` is answered with; which node stands behind is nobody's business."""

KNOWN_FOR: Final = timedelta(hours=12)
"""How long an address is known after its last request that an admitted organisation signed."""

MOST_KNOWN: Final = 10_000
"""Addresses that one process knows; those that were silent longest are forgotten first."""

PARSE_ERROR: Final = -32700
INTERNAL_ERROR: Final = -32603

# What nodes say when they refuse, and clients look for. Anything else that a node says stays here.
_PHRASES: Final = (
    "nonce too low",
    "nonce too high",
    "already known",
    "known transaction",
    "insufficient funds",
    "replacement transaction underpriced",
    "transaction underpriced",
    "intrinsic gas too low",
    "exceeds block gas limit",
    "max fee per gas less than block base fee",
    "out of gas",
    "header not found",
    "unknown block",
)


@dataclass(frozen=True, kw_only=True)
class NodeRefusal:
    """The node refused a question.

    Attributes:
        message: its text, which is not passed on.
        data: bytes of a revert; empty when there are none.
    """

    message: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class SentTransaction:
    """What stands in a signed transaction.

    Attributes:
        chain_id: chain that the signature is bound to; None when it is bound to none.
        sender: checksummed address that signed it.
        to: checksummed address; None when it makes a contract.
        value: wei that it moves.
        data: call data.
    """

    chain_id: int | None
    sender: str
    to: str | None
    value: int
    data: bytes


class AskedNode(Protocol):
    """A node."""

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Any | NodeRefusal]:
        """Ask questions at once; gives results as JSON values, or why one was refused, in the same order."""
        ...


class NodeAccessStore(RefusalStore, Protocol):
    """What is counted and looked up for each request."""

    def take(self, takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        """Take units from subjects, given as (subject, units, limit a minute): all of them, or say False."""
        ...

    def day_secret(self, day: date) -> bytes:
        """The random secret of a UTC day, 32 bytes."""
        ...

    def organisation_of(self, account: str) -> Organisation | None:
        """The organisation that an account belongs to, also a suspended one."""
        ...


@dataclass(frozen=True, kw_only=True)
class NodeAnswer:
    """What a request is answered with.

    Attributes:
        status: HTTP status.
        body: JSON value.
        retry_after: seconds to wait, where that helps.
    """

    status: int
    body: Any
    retry_after: int | None = None


class NodeAccess:
    """Answers JSON-RPC requests within the rules of one deployment."""

    def __init__(
        self,
        *,
        chain_id: int,
        contracts: Collection[str],
        node: AskedNode,
        read_transaction: Callable[[bytes], SentTransaction],
        store: NodeAccessStore,
        clock: Clock,
        rate: int,
        total: int,
    ) -> None:
        """Serve one deployment.

        Args:
            chain_id: its chain.
            contracts: checksummed addresses of its contracts.
            node: what is asked.
            read_transaction: decodes a signed transaction; InvalidInput when it is none.
            store: limits and organisations, shared by all processes.
            clock: tells the time.
            rate: questions that one address may ask within a minute.
            total: questions of all addresses together; half of it is for those that are known, see `know`.
        """
        self._chain_id = chain_id
        self._contracts = frozenset(contracts)
        self._rules = QuestionRules(contracts)
        self._node = node
        self._read_transaction = read_transaction
        self._store = store
        self._tally = RefusalTally(store)
        self._clock = clock
        self._rate = rate
        self._total = total
        self._secret: tuple[date, bytes] | None = None
        self._known: OrderedDict[str, datetime] = OrderedDict()
        self._known_lock = threading.Lock()

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods that may be asked."""
        return self._rules.methods

    def answer(self, body: Any, client: str) -> NodeAnswer:
        """Answer a request.

        Args:
            body: what was sent, as JSON value: one question or a list.
            client: network address of whoever asks.

        Returns:
            The answer, refusals included.

        Raises:
            Unreachable: the database does not answer.
        """
        questions = body if isinstance(body, list) else [body]
        if not 1 <= len(questions) <= MAX_BATCH:
            return self._refuse(400, INVALID_REQUEST, f"1 to {MAX_BATCH} questions are expected")
        read = [self._read(question) for question in questions]
        now = self._clock.now()
        units = sum(one.weight if isinstance(one, NodeQuestion) else 1 for one in read)
        mark = address_mark(self._secret_of(now), client)
        if not self._take(mark, units, now):
            self._tally.note("", "rpc_rate_spent", now)
            wait = 60 - int(now.timestamp()) % 60
            refused = self._refuse(429, LIMIT_EXCEEDED, "too much was asked within this minute; ask again in the next")
            return NodeAnswer(status=429, body=refused.body, retry_after=wait)
        try:
            answers = self._answers(read, mark, now)
        except Unreachable as error:
            if error.key == "chain_answer_too_large":
                return self._refuse(200, LIMIT_EXCEEDED, "the answer is too large; ask about fewer blocks")
            return self._refuse(503, INTERNAL_ERROR, "the node does not answer")
        plain = [
            {"jsonrpc": "2.0", "id": _id_of(question), **answer}
            for question, answer in zip(questions, answers, strict=True)
        ]
        return NodeAnswer(status=200, body=plain if isinstance(body, list) else plain[0])

    def know(self, client: str) -> None:
        """Note that an address sent a request that an admitted organisation signed.

        Half of the total is for such addresses: a few others cannot shut them out. What is remembered is the same mark
        that is counted by, in this process alone.

        Args:
            client: network address of whoever asked.

        Raises:
            Unreachable: the database does not answer.
        """
        now = self._clock.now()
        self._remember(address_mark(self._secret_of(now), client), now)

    def _remember(self, mark: str, now: datetime) -> None:
        with self._known_lock:
            self._known[mark] = now
            self._known.move_to_end(mark)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def _take(self, mark: str, units: int, now: datetime) -> bool:
        kept = self._total // 2
        own = (f"rpc/{mark}", units, self._rate)
        with self._known_lock:
            seen = self._known.get(mark)
        if seen is not None and now - seen < KNOWN_FOR and self._store.take([own, ("rpc/known", units, kept)], now):
            return True
        return self._store.take([own, ("rpc", units, self._total - kept)], now)

    def close(self) -> None:
        """Keep what was counted and not kept yet; at the end of the process."""
        self._tally.keep()

    def unreadable(self, message: str, status: int) -> NodeAnswer:
        """Answer what is no JSON at all."""
        return self._refuse(status, PARSE_ERROR, message)

    def _refuse(self, status: int, code: int, message: str) -> NodeAnswer:
        return NodeAnswer(status=status, body={"jsonrpc": "2.0", "id": None, **_error(code, message)})

    def _secret_of(self, now: datetime) -> bytes:
        day = now.date()
        if self._secret is None or self._secret[0] != day:
            self._secret = (day, self._store.day_secret(day))
        return self._secret[1]

    def _read(self, question: Any) -> NodeQuestion | QuestionRefused | str:
        """Give the question to pass on, what we answer ourselves, or why neither."""
        if not isinstance(question, dict) or question.get("jsonrpc") != "2.0" or _id_of(question) is None:
            return QuestionRefused(INVALID_REQUEST, "a question has jsonrpc 2.0, an id and a method")
        if question.get("method") == "web3_clientVersion":
            return OWN_VERSION
        try:
            return self._rules.read(question.get("method"), question.get("params"))
        except QuestionRefused as refused:
            return refused

    def _answers(
        self, read: Sequence[NodeQuestion | QuestionRefused | str], mark: str, now: datetime
    ) -> list[dict[str, Any]]:
        head: int | None = None
        if any(isinstance(one, NodeQuestion) and one.spans for one in read):
            answer = self._node.ask([("eth_blockNumber", ())])[0]
            if not isinstance(answer, str):
                raise Unreachable("chain_refused", "the node does not name its newest block")
            head = int(answer, 16)
        ready: list[NodeQuestion | QuestionRefused | str] = []
        for one in read:
            try:
                ready.append(self._checked(one, head, mark, now) if isinstance(one, NodeQuestion) else one)
            except QuestionRefused as refused:
                ready.append(refused)
        passed = [one for one in ready if isinstance(one, NodeQuestion)]
        results = iter(self._node.ask([(one.method, one.params) for one in passed]) if passed else [])
        answers: list[dict[str, Any]] = []
        for one in ready:
            if isinstance(one, QuestionRefused):
                answers.append(_error(one.code, one.message))
            elif isinstance(one, str):
                answers.append({"result": one})
            else:
                answers.append(_answer(next(results)))
        return answers

    def _checked(self, question: NodeQuestion, head: int | None, mark: str, now: datetime) -> NodeQuestion:
        """Check what a look at the question alone does not show.

        Raises:
            QuestionRefused: too many blocks, or a transaction that is not for us.
        """
        if question.method == "eth_sendRawTransaction":
            self._check_transaction(bytes.fromhex(question.params[0][2:]), mark, now)
        if question.spans and head is not None:
            asked = dict(question.params[0])
            first, last = (
                head if (number := block_number(asked[bound])) is None else number for bound in ("fromBlock", "toBlock")
            )
            if last - first >= MAX_BLOCKS:
                raise QuestionRefused(LIMIT_EXCEEDED, f"at most {MAX_BLOCKS} blocks can be asked about at once")
            asked |= {"fromBlock": hex(first), "toBlock": hex(last)}
            return NodeQuestion(method=question.method, params=(asked,), weight=question.weight)
        return question

    def _check_transaction(self, raw: bytes, mark: str, now: datetime) -> None:
        try:
            sent = self._read_transaction(raw)
        except InvalidInput as error:
            raise QuestionRefused(INVALID_PARAMS, "a signed transaction of type 0 or 2 is expected") from error
        if sent.chain_id != self._chain_id:
            raise QuestionRefused(INVALID_PARAMS, "the transaction is not bound to this chain")
        # Of nothing to itself: that is how an account uses up its first nonce.
        to_itself = sent.to == sent.sender and not sent.data
        if sent.value or not (to_itself or sent.to in self._contracts):
            raise QuestionRefused(INVALID_PARAMS, "only transactions without value to our contracts are passed on")
        organisation = self._store.organisation_of(sent.sender)
        if organisation is None or organisation.suspended:
            self._tally.note("" if organisation is None else organisation.kvk, "rpc_sender_refused", now)
            raise QuestionRefused(NODE_REFUSED, "the sender is no account of an admitted organisation")
        self._remember(mark, now)


def unreachable_answer(error: SchuldhulpError) -> NodeAnswer:
    """Answer when our own side fails."""
    body = {"jsonrpc": "2.0", "id": None, **_error(INTERNAL_ERROR, error.key.replace("_", " "))}
    return NodeAnswer(status=503, body=body)


def _id_of(question: Any) -> int | str | None:
    value = question.get("id") if isinstance(question, dict) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and abs(value) < 2**64:
        return value
    return value if isinstance(value, str) and len(value) <= 64 else None


def _error(code: int, message: str, data: str | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"error": error}


def _answer(result: Any | NodeRefusal) -> dict[str, Any]:
    if not isinstance(result, NodeRefusal):
        return {"result": result}
    said = result.message.lower()
    if result.data or "revert" in said:
        return _error(REVERTED, "execution reverted", "0x" + result.data.hex())
    phrase = next((phrase for phrase in _PHRASES if phrase in said), "the node refused the question")
    return _error(NODE_REFUSED, phrase)
