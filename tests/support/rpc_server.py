"""A small real JSON-RPC server over HTTP that plays a node with an EnrolmentRegistry, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

CODE = b"\x60\x80\x60\x40 registry"
ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def selector(signature: str) -> bytes:
    """Return the first four bytes of a function's or error's hash."""
    return keccak(text=signature)[:4]


class Reverted(Exception):
    """The contract reverts with these bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__("execution reverted")
        self.data = data


@dataclass
class ToldNode:
    """What the node answers; every part can be changed between two questions.

    `instead` replaces the result of a method or of a function of the contract (by its signature), whatever the
    question; `events` are what the contract told (see `happened`), and questions about more than `max_span` blocks are
    refused; `body` replaces the bytes of a whole HTTP answer. A `cut` answer ends half-way; a `stalled` one stops
    half-way and keeps the connection until the client hangs up.
    """

    chain_id: int = 1337
    genesis_hash: bytes = keccak(b"genesis")
    number: int = 100
    timestamp: int = 0
    fork: int = 0
    code: bytes = CODE
    instance_id: bytes = keccak(b"instance")
    epochs: tuple[int, int, int] = (20264, 20263, 20271)
    contact: str = "schuldhulp@example.nl"
    evaluator_url: str = ""
    keys: dict[tuple[int, int], bytes] = field(default_factory=dict)
    known: set[bytes] = field(default_factory=set)
    events: list[dict[str, Any]] = field(default_factory=list)
    max_span: int = 1_000_000_000
    instead: dict[str, Any] = field(default_factory=dict)
    body: Callable[[bytes], bytes] | None = None
    status: int = 200
    retry_after: str = ""
    cut: bool = False
    stalled: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def block_hash(self, number: int) -> bytes:
        """Return the hash of a block."""
        return self.genesis_hash if number == 0 else keccak(b"%d/%d" % (self.fork, number) + self.genesis_hash)

    def answer(self, method: str, parameters: list[Any]) -> Any:
        """Answer one question."""
        self.asked.append(method)
        if method in self.instead:
            return _told(self.instead[method])
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "eth_getBlockByNumber":
            number = self.number if parameters[0] == "latest" else int(parameters[0], 16)
            if number > self.number:
                return None
            return {
                "number": hex(number),
                "hash": "0x" + self.block_hash(number).hex(),
                "timestamp": hex(self.timestamp),
            }
        if method == "eth_getCode":
            return "0x" + self.code.hex()
        if method == "eth_call":
            return self._call(bytes.fromhex(parameters[0]["data"][2:]))
        if method == "eth_getLogs":
            return self._logs(**parameters[0])
        raise AssertionError(f"the client must not ask {method}")

    def _logs(self, *, address: str, fromBlock: str, toBlock: str, topics: list[Any]) -> list[dict[str, Any]]:  # noqa: N803 - the names in the question
        first, last = int(fromBlock, 16), int(toBlock, 16)
        if last - first >= self.max_span:
            raise Reverted(b"")
        kinds, municipality = topics
        return [
            event
            for event in self.events
            if first <= int(event["blockNumber"], 16) <= last
            and event["address"].lower() == address.lower()
            and event["topics"][0] in kinds
            and event["topics"][1] == municipality
        ]

    def happened(self, number: int, signature: str, topics: list[int], data: bytes) -> dict[str, Any]:
        """Put an event into a block, behind those that happened so far, and return it."""
        event = {
            "address": ADDRESS.lower(),
            "blockNumber": hex(number),
            "blockHash": "0x" + self.block_hash(number).hex(),
            "logIndex": hex(len(self.events)),
            "transactionHash": "0x" + keccak(b"transaction %d" % len(self.events)).hex(),
            "topics": ["0x" + keccak(text=signature).hex(), *("0x" + topic.to_bytes(32).hex() for topic in topics)],
            "data": "0x" + data.hex(),
            "removed": False,
        }
        self.events.append(event)
        return event

    def _call(self, data: bytes) -> Any:
        for signature, function in self._functions().items():
            if data[:4] == selector(signature):
                if signature in self.instead:
                    return _told(self.instead[signature])
                return "0x" + function(data[4:]).hex() if self.code else "0x"
        raise AssertionError("the client must not call this function")

    def _functions(self) -> dict[str, Callable[[bytes], bytes]]:
        return {
            "instanceId()": lambda _: self.instance_id,
            "municipality(uint16)": self._municipality,
            "evaluatorKey(uint16,uint32,uint8)": self._evaluator_key,
            "isKnown(bytes32)": self._is_known,
            "knownBitmap(bytes32[])": self._known_bitmap,
        }

    def _municipality(self, arguments: bytes) -> bytes:
        types = ["uint32", "uint32", "uint32", "bytes32", "address", "string", "string"]
        if decode(["uint16"], arguments)[0] != 14:
            return encode(types, [0, 0, 0, bytes(32), "0x" + "00" * 20, "", ""])
        return encode(types, [*self.epochs, bytes(32), ADDRESS, self.contact, self.evaluator_url])

    def _evaluator_key(self, arguments: bytes) -> bytes:
        _, epoch, kind = decode(["uint16", "uint32", "uint8"], arguments)
        return self.keys.get((epoch, kind), bytes(32))

    def _is_known(self, tag: bytes) -> bytes:
        municipality, epoch = int.from_bytes(tag[:2], "big"), int.from_bytes(tag[2:6], "big")
        current, oldest, _ = self.epochs
        if not oldest <= epoch <= current:
            raise Reverted(
                selector("EpochNotOpen(uint16,uint32)") + encode(["uint16", "uint32"], [municipality, epoch])
            )
        return encode(["bool"], [tag in self.known])

    def _known_bitmap(self, arguments: bytes) -> bytes:
        (tags,) = decode(["bytes32[]"], arguments)
        words = [0] * ((len(tags) + 255) // 256)
        for index, tag in enumerate(tags):
            words[index // 256] |= self._is_known(tag)[31] << (index % 256)
        return encode(["uint256[]"], [words])


def _told(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


@contextmanager
def running_node(node: ToldNode) -> Iterator[ToldNode]:
    """Serve a node on a free port of loopback for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: in two, the second waits 40 ms for the acknowledgement of the first.
        wbufsize = 64 * 1024

        def do_POST(self) -> None:
            questions = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            batch = questions if isinstance(questions, list) else [questions]
            answers = [self._answer(question) for question in batch]
            body = json.dumps(answers if isinstance(questions, list) else answers[0]).encode()
            if node.body is not None:
                body = node.body(body)
            self.send_response(node.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if node.retry_after:
                self.send_header("Retry-After", node.retry_after)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if node.cut or node.stalled else body)
            self.close_connection = node.cut or node.stalled
            if node.stalled:
                self.wfile.flush()
                self.rfile.read(1)

        def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
            head = {"jsonrpc": "2.0", "id": question["id"]}
            try:
                return head | {"result": node.answer(question["method"], question["params"])}
            except Reverted as reverted:
                error = {"code": 3, "message": "execution reverted", "data": "0x" + reverted.data.hex()}
                return head | {"error": error}

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name in the base class
            """Keep the tests' output clean."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of a client that hung up on an answer that is too long."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    node.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
