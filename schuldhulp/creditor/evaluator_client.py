"""Asks a municipality's evaluator over HTTP. Only blinded elements leave this machine."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import requests

from schuldhulp.crypto.commitments import evaluation_request_digest
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
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
from schuldhulp.services.ports import Clock, EvaluatedBatch

TIMEOUT: Final = (3.0, 30.0)
"""Seconds to connect, and to wait for the answer: 1 000 elements take a few tenths."""

VALIDITY: Final = timedelta(minutes=2)
"""How long a request may be on its way; half of what the evaluator takes leaves room for clocks that differ."""

MAX_ANSWER: Final = 1024 * 1024
MAX_ELEMENTS: Final = 1_000
"""Elements in one request."""

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


class HttpEvaluator:
    """Implements ports.Evaluator and ports.AskedEvaluator for a creditor, or for the municipality itself."""

    def __init__(
        self,
        *,
        url: str,
        organisation: str,
        chain_id: int,
        registry_address: str,
        sign_digest: Callable[[bytes], bytes],
        clock: Clock,
    ) -> None:
        """Take who asks whom.

        Args:
            url: public address of the evaluator, as it stands in the registry.
            organisation: KvK number, or ``municipality``.
            chain_id: chain id of the deployment; part of what is signed.
            registry_address: checksummed address of the EnrolmentRegistry; likewise.
            sign_digest: signs a 32-byte digest with the organisation's account, 65 bytes r, s, v.
            clock: tells the time, for the expiry.

        Raises:
            Misconfigured: the address is not https, nor http on this machine.
        """
        if not _is_safe(url):
            raise Misconfigured("evaluator_url_invalid", "the evaluator's address is not https", field="evaluator_url")
        self._url = url.rstrip("/") + "/v1/evaluations"
        self._organisation = organisation
        self._chain_id = chain_id
        self._registry_address = registry_address
        self._sign_digest = sign_digest
        self._clock = clock
        self._session = session()

    def evaluate(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> EvaluatedBatch:
        """Have blinded elements evaluated. The proof in the answer is not checked here.

        Args:
            municipality: CBS code.
            epoch: epoch of the key.
            kind: kind of the identifiers.
            elements: 1 to 1 000 blinded elements, 32 bytes each.

        Returns:
            What the evaluator answered.

        Raises:
            InvalidInput: too many elements, or the evaluator finds the request wrong.
            NotAllowed: the evaluator refuses this organisation or its account, or the quota is spent.
            Conflict: the epoch is not open, or the request was answered before.
            NotFound: the evaluator serves another municipality.
            Unreachable: the evaluator does not answer, or not in the agreed form.
        """
        return self.send(self.prepare(municipality, epoch, kind, elements))

    def prepare(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> bytes:
        """Sign a question, for `send`; it is valid for two minutes.

        Args:
            municipality: CBS code.
            epoch: epoch of the key.
            kind: kind of the identifiers.
            elements: 1 to 1 000 blinded elements, 32 bytes each.

        Returns:
            The body of the request, JSON.

        Raises:
            InvalidInput: no elements, or too many.
        """
        if not 1 <= len(elements) <= MAX_ELEMENTS:
            raise InvalidInput("batch_invalid", f"1 to {MAX_ELEMENTS} elements fit in a request", field="elements")
        return json.dumps(self._signed(municipality, epoch, kind, elements)).encode("ascii")

    def send(self, body: bytes) -> EvaluatedBatch:
        """Send a signed question. The same again within a day is answered again and not charged again.

        Args:
            body: what `prepare` gave.

        Returns:
            What the evaluator answered; its proof is not checked here.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `evaluate`.
        """
        headers = {"Content-Type": "application/json"}
        try:
            with self._session.post(
                self._url, data=body, headers=headers, timeout=TIMEOUT, stream=True, allow_redirects=False
            ) as response:
                answer = read_json(response, limit=MAX_ANSWER)
                status, wait = response.status_code, response.headers.get("Retry-After", "")
        except (requests.RequestException, ValueError) as error:
            raise Unreachable(
                "evaluator_unreachable", f"the evaluator does not answer: {type(error).__name__}"
            ) from error
        if status != 200:
            _refuse(status, answer, wait)
        return _batch(answer)

    def _signed(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> dict[str, Any]:
        nonce = secrets.token_bytes(32)
        expiry = int((self._clock.now() + VALIDITY).timestamp())
        digest = evaluation_request_digest(
            chain_id=self._chain_id,
            registry=self._registry_address,
            municipality=municipality,
            kind=kind,
            epoch=epoch,
            organisation=self._organisation,
            elements=elements,
            nonce=nonce,
            expiry=expiry,
        )
        return {
            "municipality": municipality,
            "kind": int(kind),
            "epoch": epoch,
            "organisation": self._organisation,
            "elements": [base64.urlsafe_b64encode(element).rstrip(b"=").decode() for element in elements],
            "nonce": nonce.hex(),
            "expiry": expiry,
            "signature": self._sign_digest(digest).hex(),
        }


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _batch(answer: Any) -> EvaluatedBatch:
    try:
        return EvaluatedBatch(
            evaluated=tuple(base64.b64decode(point + "=", b"-_", validate=True) for point in answer["evaluated"]),
            proof=bytes.fromhex(answer["proof"]),
            key=bytes.fromhex(answer["key"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        # An answer without a proof ends here, before anybody could take it for one.
        raise ProofInvalid("proof_missing", "the evaluator's answer has no points, proof or key") from error


def _refuse(status: int, answer: Any, wait: str) -> NoReturn:
    """Raise what the evaluator's refusal means, in words of our own: its text could be anything."""
    key = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(key, str) or not _KEY.fullmatch(key) or status not in _REFUSALS:
        raise Unreachable("evaluator_unreachable", f"the evaluator answers with status {status}")
    parameters: dict[str, Any] = {"retry_after": int(wait)} if wait.isdecimal() and len(wait) < 10 else {}
    raise _REFUSALS[status](key, f"the evaluator refuses: {key.replace('_', ' ')}", **parameters)
