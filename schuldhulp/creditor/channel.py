"""Sends and collects sealed messages through a municipality's evaluator, over HTTP."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.evaluator_http import READ_TIMEOUT, EvaluatorHttp, batch_from, elements_to_text
from schuldhulp.crypto.accounts import checksummed
from schuldhulp.crypto.channel import channel_request_digest, message_hash
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, Unreachable
from schuldhulp.services.claims.ports import (
    MAX_CLAIM_IDS,
    MAX_CONTENT,
    MAX_MESSAGES,
    MAX_ORGANISATIONS,
    Correspondent,
    Delivered,
    Message,
    MessageKind,
)
from schuldhulp.services.ports import Clock, EvaluatedBatch

VALIDITY: Final = timedelta(minutes=2)
"""How long a request may be on its way; half of what the evaluator takes leaves room for clocks that differ."""

CLAIM_IDS: Final = "/v1/claim-ids"
DELIVER: Final = "/v1/messages"
COLLECT: Final = "/v1/messages/collect"
ACKNOWLEDGE: Final = "/v1/messages/acknowledge"
ORGANISATIONS: Final = "/v1/messages/organisations"


class HttpChannel:
    """Implements claims.ports.Channel for one account: a creditor's, or the municipality's reviewer. For one thread."""

    def __init__(
        self,
        *,
        url: str,
        municipality: MunicipalityCode,
        organisation: str,
        chain_id: int,
        registry_address: str,
        sign_digest: Callable[[bytes], bytes],
        clock: Clock,
        read_timeout: float = READ_TIMEOUT,
        ca_file: Path | None = None,
    ) -> None:
        """Take who asks whom; nothing is sent yet.

        Args:
            url: public address of the evaluator, as it stands in the registry.
            municipality: CBS code of the municipality whose evaluator it is.
            organisation: KvK number, or ``municipality``.
            chain_id: chain id of the deployment; part of what is signed.
            registry_address: checksummed address of the EnrolmentRegistry; likewise.
            sign_digest: signs a 32-byte digest with the account, 65 bytes r, s, v.
            clock: tells the time, for the expiry.
            read_timeout: seconds within which an answer must be there, to its last byte.
            ca_file: PEM file with the only certificate authorities that are believed; None: the usual ones.

        Raises:
            Misconfigured: the address is not https, nor http on this machine.
        """
        self._http = EvaluatorHttp(url, read_timeout=read_timeout, ca_file=ca_file)
        self._municipality = municipality
        self._organisation = organisation
        self._chain_id = chain_id
        self._registry_address = registry_address
        self._sign_digest = sign_digest
        self._clock = clock

    def claim_ids(self, elements: Sequence[bytes]) -> EvaluatedBatch:
        """Have blinded inputs evaluated under the claim-id key. The proof in the answer is not checked here.

        Args:
            elements: 1 to 100 blinded inputs, 32 bytes each.

        Returns:
            What the evaluator answered.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `EvaluatorHttp.post`; ProofInvalid when the answer has no proof.
        """
        return self.send_claim_ids(self.prepare_claim_ids(elements))

    def prepare_claim_ids(self, elements: Sequence[bytes]) -> bytes:
        """Sign a request for `send_claim_ids`; it is valid for two minutes.

        Args:
            elements: 1 to 100 blinded inputs, 32 bytes each.

        Returns:
            Headers and body, as JSON.

        Raises:
            InvalidInput: no elements, or too many.
        """
        if not 1 <= len(elements) <= MAX_CLAIM_IDS:
            raise InvalidInput("batch_invalid", f"1 to {MAX_CLAIM_IDS} elements fit in a request", field="elements")
        body, headers = self._signed(CLAIM_IDS, {"elements": elements_to_text(elements)})
        return json.dumps({"headers": headers, "body": body.decode("ascii")}).encode("ascii")

    def send_claim_ids(self, prepared: bytes) -> EvaluatedBatch:
        """Send a signed request. The same again within a day is answered again and not charged again.

        Args:
            prepared: what `prepare_claim_ids` gave.

        Returns:
            What the evaluator answered; its proof is not checked here.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `claim_ids`.
        """
        plain = json.loads(prepared)
        return batch_from(self._http.post(CLAIM_IDS, plain["body"].encode("ascii"), plain["headers"]))

    def deliver(self, kind: MessageKind, subject: bytes, recipient: str, content: bytes) -> Delivered:
        """Hand in a sealed message; the same content again gives the answer of the first time.

        Args:
            kind: what it is.
            subject: what it is about, 32 bytes.
            recipient: checksummed address of an account, or ``municipality``.
            content: the sealed bytes.

        Returns:
            The evaluator's acknowledgement, for this very content.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `EvaluatorHttp.post`.
        """
        if not 1 <= len(content) <= MAX_CONTENT:
            raise InvalidInput("content_invalid", f"a content is 1 to {MAX_CONTENT} bytes", field="content")
        answer = self._post(
            DELIVER,
            {
                "kind": str(kind),
                "subject": subject.hex(),
                "recipient": recipient,
                "content": base64.b64encode(content).decode(),
            },
        )
        try:
            delivered = Delivered(message=bytes.fromhex(answer["message"]), received_at=_time(answer["receivedAt"]))
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise _unclear() from error
        if delivered.message != message_hash(content):
            raise _unclear()
        return delivered

    def collect(self, after: int, limit: int = MAX_MESSAGES) -> list[Message]:
        """Return messages to this account with a number above ``after``, by number; an empty list is the end.

        Args:
            after: number of the last message that was seen, 0 for none.
            limit: how many at most, 1 to 100; fewer may come while there are more.

        Returns:
            The messages, each with the content that its hash names.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `EvaluatorHttp.post`.
        """
        answer = self._post(COLLECT, {"after": after, "limit": limit})
        try:
            found = [_message(plain) for plain in answer["messages"]]
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise _unclear() from error
        numbers = [after, *(message.number for message in found)]
        if len(found) > limit or any(low >= high for low, high in pairwise(numbers)):
            raise _unclear()
        return found

    def acknowledge(self, messages: Sequence[bytes]) -> None:
        """Say that messages were stored safely; any number, can be repeated.

        Args:
            messages: their hashes, 32 bytes each.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `EvaluatorHttp.post`.
        """
        for start in range(0, len(messages), MAX_MESSAGES):
            part = messages[start : start + MAX_MESSAGES]
            self._post(ACKNOWLEDGE, {"messages": [message.hex() for message in part]})

    def organisations(self, after: str, limit: int = MAX_ORGANISATIONS) -> list[Correspondent]:
        """Return admitted organisations with a KvK number above ``after``; an empty list is the end.

        Args:
            after: number of the last one that was seen, empty for none.
            limit: how many at most, 1 to 100.

        Returns:
            The organisations, by number.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `EvaluatorHttp.post`; NotAllowed when a creditor asks.
        """
        answer = self._post(ORGANISATIONS, {"after": after, "limit": limit})
        try:
            found = [_correspondent(plain) for plain in answer["organisations"]]
        except (KeyError, TypeError, ValueError) as error:
            raise _unclear() from error
        numbers = [after, *(one.kvk for one in found)]
        if len(found) > limit or any(low >= high for low, high in pairwise(numbers)):
            raise _unclear()
        return found

    def _post(self, path: str, plain: dict[str, Any]) -> Any:
        body, headers = self._signed(path, plain)
        return self._http.post(path, body, headers)

    def _signed(self, path: str, plain: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(plain, separators=(",", ":")).encode("ascii")
        nonce = secrets.token_bytes(32)
        expiry = int((self._clock.now() + VALIDITY).timestamp())
        digest = channel_request_digest(
            chain_id=self._chain_id,
            registry=self._registry_address,
            municipality=self._municipality,
            organisation=self._organisation,
            path=path,
            body=body,
            nonce=nonce,
            expiry=expiry,
        )
        return body, {
            "Schuldhulp-Organisation": self._organisation,
            "Schuldhulp-Nonce": nonce.hex(),
            "Schuldhulp-Expiry": str(expiry),
            "Schuldhulp-Signature": self._sign_digest(digest).hex(),
        }


def _message(plain: Any) -> Message:
    content = base64.b64decode(plain["content"], validate=True)
    kind, sender, organisation = (plain[name] for name in ("kind", "sender", "organisation"))
    message = Message(
        number=_whole(plain["number"]),
        message=bytes.fromhex(plain["message"]),
        kind=MessageKind(kind) if kind in set(MessageKind) else kind,
        subject=bytes.fromhex(plain["subject"]),
        sender=sender,
        organisation=organisation,
        received_at=_time(plain["receivedAt"]),
        content=content,
    )
    if not all(isinstance(text, str) for text in (kind, sender, organisation)) or len(message.subject) != 32:
        raise ValueError("a field of another shape")
    if message.message != message_hash(content):
        raise ValueError("a content that is not the one of its hash")
    return message


def _correspondent(plain: Any) -> Correspondent:
    kvk, name, accounts, suspended = (plain[part] for part in ("kvk", "name", "accounts", "suspended"))
    if not all(isinstance(text, str) for text in (kvk, name, *accounts)) or type(suspended) is not bool:
        raise ValueError("a field of another shape")
    return Correspondent(
        kvk=kvk,
        name=name,
        accounts=tuple(checksummed(bytes.fromhex(account.removeprefix("0x"))) for account in accounts),
        suspended=suspended,
    )


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("a whole number is expected")
    return value


def _time(value: Any) -> datetime:
    return datetime.fromtimestamp(_whole(value), UTC)


def _unclear() -> Unreachable:
    return Unreachable("evaluator_answer_wrong", "the evaluator's answer is not of the agreed form")
