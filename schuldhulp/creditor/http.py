"""What every HTTP request of the creditor's client has in common."""

from __future__ import annotations

import json
from typing import Any

import requests


def session() -> requests.Session:
    """Open a session that takes no proxy, password or certificate from the environment."""
    opened = requests.Session()
    opened.trust_env = False
    return opened


def read_json(response: requests.Response, *, limit: int) -> Any:
    """Read the body of a streamed response, up to a limit.

    Args:
        response: a response that was asked with ``stream=True``.
        limit: bytes that the body may have.

    Returns:
        The decoded JSON.

    Raises:
        requests.RequestException: the connection broke, or the body is shorter than was announced.
        ValueError: not JSON, or too large.
    """
    body = bytearray()
    for part in response.iter_content(64 * 1024):
        body += part
        if len(body) > limit:
            raise ValueError("the answer is too large")
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error
