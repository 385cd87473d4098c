"""HTTP to a municipality's evaluator: what its questions and its channel have in common."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import requests

from schuldhulp.errors import (
    Conflict,
    InvalidInput,
    Misconfigured,
    NotAllowed,
    NotFound,
    ProofInvalid,
    SchuldhulpError,
    Unreachable,
)
from schuldhulp.node.http import read_json, session
from schuldhulp.services.ports import EvaluatedBatch

CONNECT_TIMEOUT: Final = 3.0
"""Seconds within which the evaluator must take the connection."""

READ_TIMEOUT: Final = 30.0
"""Seconds within which the whole answer must be there: 1 000 elements take a few tenths."""

MAX_ANSWER: Final = 1024 * 1024
"""Bytes of an answer."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY: Final = re.compile(r"[a-z_]{1,40}")

# What the evaluator's status means to whoever asked; any other status is an evaluator that does not work.
_REFUSALS: Final[dict[int, type[SchuldhulpError]]] = {
    400: InvalidInput,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: InvalidInput,
    422: InvalidInput,
    429: NotAllowed,
}


# What to do about a refusal; docs/creditors.md says more.
_ADVICE: Final = {
    "signature_unknown": (
        "it knows no such account of this organisation: check the KvK number and your keys, or ask the municipality to "
        "admit the account"
    ),
    "role_missing": "your account has no role on the chain, any longer or yet: ask the municipality",
    "organisation_suspended": "the municipality has shut your organisation out: ask it why",
    "bsn_not_allowed": "ask by name, birth date and address, or have the municipality admit you to ask by BSN",
    "burst_spent": "go on in the next minute",
    "daily_quota_spent": "go on tomorrow (UTC)",
    "account_quota_spent": "go on tomorrow (UTC)",
    "epoch_quota_spent": "ask the municipality for more, or go on in the next epoch",
    "request_expired": "set the clock of this machine right",
    "epoch_not_open": "the epoch changed while you asked: ask again",
}


class EvaluatorHttp:
    """Posts JSON to an evaluator; for one thread."""

    def __init__(self, url: str, *, read_timeout: float = READ_TIMEOUT, ca_file: Path | None = None) -> None:
        """Take the address of the evaluator; nothing is sent yet.

        Args:
            url: its public address, as it stands in the registry.
            read_timeout: seconds within which an answer must be there, to its last byte.
            ca_file: PEM file with the only certificate authorities that are believed; None: the usual ones.

        Raises:
            Misconfigured: the address is not https, nor http on this machine.
        """
        if not _is_safe(url):
            raise Misconfigured("evaluator_url_invalid", "the evaluator's address is not https", field="evaluator_url")
        self._url = url.rstrip("/")
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._session = session(ca_file)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Any:
        """Post a body and read the answer.

        Args:
            path: path of the route, as the specification writes it.
            body: JSON, sent as it is.
            headers: headers besides the content type.

        Returns:
            The JSON of an answer with status 200.

        Raises:
            InvalidInput: the evaluator finds the request wrong.
            NotAllowed: it refuses this organisation or its account, or a limit was reached: then the parameter
                ``retry_after`` tells the seconds to wait.
            Conflict: what was asked does not fit what is there, or the request was answered before.
            NotFound: it serves another municipality.
            Unreachable: it does not answer, or not in the agreed form.
        """
        try:
            with self._session.post(
                self._url + path,
                data=body,
                headers={"Content-Type": "application/json", **(headers or {})},
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                answer = read_json(response, limit=MAX_ANSWER)
                status, wait = response.status_code, response.headers.get("Retry-After", "")
        except (requests.RequestException, ValueError) as error:
            raise Unreachable(
                "evaluator_unreachable",
                f"the evaluator does not answer ({type(error).__name__}): look at network and proxy, or try later",
            ) from error
        if status != 200:
            _refuse(status, answer, wait)
        return answer


def elements_to_text(elements: Sequence[bytes]) -> list[str]:
    """Write points of 32 bytes as the evaluator reads them: base64url without padding."""
    return [base64.urlsafe_b64encode(element).rstrip(b"=").decode() for element in elements]


def batch_from(answer: Any) -> EvaluatedBatch:
    """Read evaluated points with their proof and key.

    Raises:
        ProofInvalid: one of these is missing: the answer must not be taken for one.
    """
    try:
        return EvaluatedBatch(
            evaluated=tuple(base64.b64decode(point + "=", b"-_", validate=True) for point in answer["evaluated"]),
            proof=bytes.fromhex(answer["proof"]),
            key=bytes.fromhex(answer["key"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProofInvalid("proof_missing", "the evaluator's answer has no points, proof or key") from error


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _refuse(status: int, answer: Any, wait: str) -> NoReturn:
    """Raise what the evaluator's refusal means, in words of our own: its text could be anything."""
    key = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(key, str) or not _KEY.fullmatch(key) or status not in _REFUSALS:
        raise Unreachable("evaluator_unreachable", f"the evaluator answers with status {status}")
    parameters: dict[str, Any] = {"retry_after": int(wait)} if wait.isdecimal() and len(wait) < 10 else {}
    advice = f"; {_ADVICE[key]}" if key in _ADVICE else ""
    raise _REFUSALS[status](key, f"the evaluator refuses: {key.replace('_', ' ')}{advice}", **parameters)
