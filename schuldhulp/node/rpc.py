"""JSON-RPC over HTTP: one request for one question, a batch for many, short timeouts, nothing taken on trust.

web3.py asks three times over HTTP for every call (two of them for the chain id), and its sessions read proxy settings
from the environment. Reading goes through this transport instead; see docs/architecture.md for the measurement.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import requests

from schuldhulp import errors
from schuldhulp.node.http import TooLarge, read_json, session

CONNECT_TIMEOUT: Final = 3.0
"""Seconds within which the node must take the connection."""

READ_TIMEOUT: Final = 15.0
"""Seconds within which the whole answer must be there; Ganache needs about 5 for a batch of 12 million gas."""

MAX_BATCH: Final = 100
"""Questions in one request, as many as the evaluator's ``/rpc`` takes; a larger batch is split."""

MAX_WAIT: Final = 3_600
"""Seconds that a node may ask to wait; a longer time is not believed."""

TOO_MANY_REQUESTS: Final = 429
SERVER_FAULTS: Final = 500

TRY: Final = "look at its address, the network and the proxy, or try later"
"""What to do about a node that does not answer."""

MAX_ANSWER: Final = 32 * 1024 * 1024
"""Bytes of an answer; more is refused before it fills the memory."""

Question = tuple[str, Sequence[Any]]
"""Method and parameters, as JSON values."""


class Refusal(Exception):
    """The node answered with an error of its own: the question arrived and was refused.

    Attributes:
        code: JSON-RPC error code.
        message: text of the node.
        data: bytes of the revert, empty when the node gave none.
    """

    def __init__(self, *, code: int, message: str, data: bytes = b"") -> None:
        """Take over what the node said."""
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message
        self.data = data


def _revert_data(error: dict[str, Any]) -> bytes:
    """Find the bytes of a revert: geth puts them into `data`, Ganache into `data` or `data.result`."""
    data = error.get("data")
    if isinstance(data, dict):
        data = data.get("result") or data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        try:
            return bytes.fromhex(data[2:])
        except ValueError:
            return b""
    return b""


class JsonRpc:
    """A connection to one node. Safe to use from several threads: each has a session of its own."""

    def __init__(self, url: str, *, read_timeout: float = READ_TIMEOUT, ca_file: Path | None = None) -> None:
        """Remember where the node is; nothing is sent yet.

        Args:
            url: address of the node, http or https.
            read_timeout: seconds within which an answer must be there, to its last byte.
            ca_file: PEM file with the only certificate authorities that are believed; None: the usual ones.
        """
        self.url = url
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._ca_file = ca_file
        self._local = threading.local()
        self._numbers = itertools.count(1)

    def call(self, method: str, *parameters: Any) -> Any:
        """Ask one question.

        Args:
            method: JSON-RPC method, such as ``eth_call``.
            parameters: its parameters as JSON values.

        Returns:
            The result as JSON value.

        Raises:
            Refusal: the node refused the question.
            errors.Unreachable: no answer, or one that is not JSON-RPC.
        """
        answer = self.batch([(method, parameters)])[0]
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def batch(self, questions: Sequence[Question]) -> list[Any]:
        """Ask many questions in few requests.

        Args:
            questions: pairs of method and parameters.

        Returns:
            The results in the order of the questions; a `Refusal` stands where the node refused one.

        Raises:
            errors.Unreachable: no answer, a cut one, or one that does not belong to the questions.
        """
        results: list[Any] = []
        for start in range(0, len(questions), MAX_BATCH):
            results.extend(self._batch(questions[start : start + MAX_BATCH]))
        return results

    def _batch(self, questions: Sequence[Question]) -> list[Any]:
        numbered = [
            {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": list(parameters)}
            for method, parameters in questions
        ]
        status, answer = self._post(numbered if len(numbered) > 1 else numbered[0])
        if isinstance(answer, dict) and answer.get("id") is None and answer.get("error") is not None:
            # One error for the whole request, as JSON-RPC has it for a request that was not read.
            if status >= SERVER_FAULTS:
                raise errors.Unreachable("chain_unreachable", f"the node does not answer (status {status}): {TRY}")
            return [self._result(answer)] * len(numbered)
        answers = answer if isinstance(answer, list) else [answer]
        by_number = {item["id"]: item for item in answers if isinstance(item, dict) and isinstance(item.get("id"), int)}
        results: list[Any] = []
        for question in numbered:
            item = by_number.get(question["id"])
            if item is None:
                raise errors.Unreachable("chain_answer_incomplete", "the node left a question without an answer")
            results.append(self._result(item))
        return results

    @staticmethod
    def _result(item: dict[str, Any]) -> Any:
        error = item.get("error")
        if error is None:
            if "result" not in item:
                raise errors.Unreachable("chain_answer_incomplete", "the node answered without a result")
            return item["result"]
        if not isinstance(error, dict):
            raise errors.Unreachable("chain_answer_incomplete", "the node answered with an error of an unknown shape")
        code = error.get("code")
        return Refusal(
            code=code if isinstance(code, int) else 0,
            message=str(error.get("message", ""))[:300],
            data=_revert_data(error),
        )

    def _post(self, body: Any) -> tuple[int, Any]:
        opened: requests.Session | None = getattr(self._local, "session", None)
        if opened is None:
            opened = self._local.session = session(self._ca_file)
        try:
            with opened.post(self.url, json=body, timeout=self._timeout, stream=True, allow_redirects=False) as answer:
                if answer.status_code == TOO_MANY_REQUESTS:
                    raise _asked_too_much(answer)
                return answer.status_code, read_json(answer, limit=MAX_ANSWER)
        except errors.Unreachable:
            self._local.session = None
            raise
        except TooLarge as error:
            self._local.session = None
            raise errors.Unreachable("chain_answer_too_large", "the node's answer is too large") from error
        except (requests.RequestException, OSError, ValueError) as error:
            # A session whose connection broke half-way may hold the rest of an old answer.
            self._local.session = None
            reason = type(error).__name__
            raise errors.Unreachable("chain_unreachable", f"the node does not answer ({reason}): {TRY}") from error


def _asked_too_much(answer: requests.Response) -> errors.Unreachable:
    wait = answer.headers.get("Retry-After", "")
    named: dict[str, Any] = {"retry_after": min(int(wait), MAX_WAIT)} if wait.isdecimal() and len(wait) < 10 else {}
    return errors.Unreachable("chain_unreachable", "the node was asked too much; ask again later", **named)
