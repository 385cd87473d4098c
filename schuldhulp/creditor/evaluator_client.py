"""Asks a municipality's evaluator over HTTP. Only blinded elements leave this machine."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.evaluator_http import EvaluatorHttp, batch_from, elements_to_text
from schuldhulp.crypto.commitments import evaluation_request_digest
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.errors import InvalidInput
from schuldhulp.services.ports import Clock, EvaluatedBatch

VALIDITY: Final = timedelta(minutes=2)
"""How long a request may be on its way; half of what the evaluator takes leaves room for clocks that differ."""

MAX_ELEMENTS: Final = 1_000
"""Elements in one request."""

EVALUATIONS: Final = "/v1/evaluations"


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
        ca_file: Path | None = None,
    ) -> None:
        """Take who asks whom.

        Args:
            url: public address of the evaluator, as it stands in the registry.
            organisation: KvK number, or ``municipality``.
            chain_id: chain id of the deployment; part of what is signed.
            registry_address: checksummed address of the EnrolmentRegistry; likewise.
            sign_digest: signs a 32-byte digest with the organisation's account, 65 bytes r, s, v.
            clock: tells the time, for the expiry.
            ca_file: PEM file with the only certificate authorities that are believed; None: the usual ones.

        Raises:
            Misconfigured: the address is not https, nor http on this machine.
        """
        self._http = EvaluatorHttp(url, ca_file=ca_file)
        self._organisation = organisation
        self._chain_id = chain_id
        self._registry_address = registry_address
        self._sign_digest = sign_digest
        self._clock = clock

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
        return batch_from(self._http.post(EVALUATIONS, body))

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
            "elements": elements_to_text(elements),
            "nonce": nonce.hex(),
            "expiry": expiry,
            "signature": self._sign_digest(digest).hex(),
        }
