"""JSON-RPC for a handful of questions: no proxy from the environment, no redirect, no endless answer or wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import requests

from schuldhulp.creditor.http import read_json, session
from schuldhulp.errors import ChainMismatch, Unreachable

TIMEOUT: Final = (3.0, 15.0)
"""Seconds to connect, and to wait for the answer."""

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes of an answer."""

Question = tuple[str, Sequence[Any]]
"""Method and parameters."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The node answered with an error.

    Attributes:
        data: what the contract reverted with, empty when it was not the contract.
    """

    data: bytes


class Node:
    """One node of the chain, over HTTP."""

    def __init__(self, url: str) -> None:
        """Remember the address; nothing is sent yet.

        Args:
            url: http or https address of the JSON-RPC.
        """
        self._url = url
        self._session = session()

    def ask(self, *questions: Question) -> list[Any]:
        """Ask questions in one request.

        Args:
            questions: methods with their parameters.

        Returns:
            The answers in the same order, a `Refused` where the node gave an error.

        Raises:
            Unreachable: no answer, or not a whole one.
        """
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}
            for number, (method, parameters) in enumerate(questions)
        ]
        try:
            with self._session.post(
                self._url, json=body, timeout=TIMEOUT, stream=True, allow_redirects=False
            ) as response:
                answers = read_json(response, limit=MAX_ANSWER)
        except (requests.RequestException, ValueError) as error:
            raise Unreachable("chain_unreachable", f"the node does not answer: {type(error).__name__}") from error
        by_number: dict[int, dict[str, Any]] = {}
        for answer in answers if isinstance(answers, list) else ():
            if isinstance(answer, dict) and isinstance(answer.get("id"), int):
                by_number[answer["id"]] = answer
        return [_result(by_number.get(number)) for number in range(len(questions))]


def data_of(answer: Any) -> bytes:
    """Decode the bytes that a node gave.

    Args:
        answer: ``0x`` and an even number of hexadecimal digits.

    Returns:
        The bytes.

    Raises:
        ChainMismatch: it is something else, a refusal included.
    """
    if isinstance(answer, str) and answer.startswith("0x"):
        try:
            return bytes.fromhex(answer[2:])
        except ValueError:
            pass
    raise ChainMismatch("chain_answer_wrong", "the node gave something else than bytes")


def number_of(answer: Any) -> int:
    """Decode the number that a node gave.

    Args:
        answer: ``0x`` and hexadecimal digits.

    Returns:
        The number.

    Raises:
        ChainMismatch: it is something else, a refusal included.
    """
    if isinstance(answer, str) and answer.startswith("0x"):
        try:
            return int(answer[2:], 16)
        except ValueError:
            pass
    raise ChainMismatch("chain_answer_wrong", "the node gave something else than a number")


def _result(answer: dict[str, Any] | None) -> Any:
    if answer is None:
        raise Unreachable("chain_answer_incomplete", "the node left a question without an answer")
    if answer.get("error") is not None:
        return Refused(data=_revert_data(answer["error"]))
    if "result" not in answer:
        raise Unreachable("chain_answer_incomplete", "the node gave an answer without a result")
    return answer["result"]


def _revert_data(error: Any) -> bytes:
    # geth and Besu put the bytes into `data`, Ganache into `data` or `data.result`.
    data = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict):
        data = data.get("result")
    try:
        return data_of(data)
    except ChainMismatch:
        return b""
