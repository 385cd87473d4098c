"""The channel of sealed messages as the evaluator serves it: who may send, collect and ask what, and how much.

The evaluator faces the network and opens nothing: it looks at who signed, notes, keeps and hands out ciphertext.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from schuldhulp.crypto import voprf
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.errors import InvalidInput, LimitReached, NotAllowed, SchuldhulpError, Unreachable
from schuldhulp.services.claims.callers import Callers, ChannelRequest
from schuldhulp.services.claims.channel_rules import (
    REVIEWER_BOUND,
    check_elements,
    check_way,
    quota_of,
    warn_of_bound,
)
from schuldhulp.services.claims.ports import (
    MAX_CONTENT,
    MAX_MESSAGES,
    MAX_ORGANISATIONS,
    Allowance,
    Correspondent,
    Delivered,
    Message,
    MessageKind,
    MessageStore,
    Posting,
)
from schuldhulp.services.ports import Clock, EvaluatedBatch
from schuldhulp.services.refusals import RefusalStore, RefusalTally
from schuldhulp.services.signed_requests import until_midnight

ALLOWANCE: Final = Allowance(waiting=2_000, waiting_bytes=32 * 1024 * 1024, held=50_000, held_bytes=256 * 1024 * 1024)
"""What one organisation may leave here: four days of a standard quota while nobody fetches, and a month of it kept."""

COLLECTED: Final = 512 * 1024
"""Bytes of content in one answer to a collector, unless the first message alone is larger."""


class ChannelService:
    """Checks each request from cheap to dear, and carries it out together with noting its nonce."""

    def __init__(
        self,
        *,
        callers: Callers,
        claim_id_key: bytes | None,
        keys: EvaluatorKeys,
        messages: MessageStore,
        refusals: RefusalStore,
        clock: Clock,
        retention: timedelta,
        reviewer_claim_ids: int = REVIEWER_BOUND,
        reviewer_messages: int = REVIEWER_BOUND,
    ) -> None:
        """Serve one municipality.

        Args:
            callers: finds out who signed a request.
            claim_id_key: public claim-id key of the deployment file, 32 bytes; None when it names none.
            keys: the evaluator's opened keyring.
            messages: mailboxes, counters and nonces.
            refusals: keeps how often was refused, for the report.
            clock: tells the time.
            retention: how long the contents of an acknowledged message are kept.
            reviewer_claim_ids: claim ids that the municipality itself may have computed in a UTC day.
            reviewer_messages: messages that it may deliver in a UTC day.
        """
        self._claim_id_key = claim_id_key
        self._callers = callers
        self._keys = keys
        self._messages = messages
        self._clock = clock
        self._retention = retention
        self._reviewer_claim_ids = reviewer_claim_ids
        self._reviewer_messages = reviewer_messages
        self._tally = RefusalTally(refusals)

    def claim_ids(self, request: ChannelRequest, elements: Sequence[bytes]) -> EvaluatedBatch:
        """Evaluate blinded inputs of claim ids under the standing key.

        A request whose answer got lost may be sent again, the same to the last byte, also after it has expired: as long
        as its nonce is remembered (a day) it is answered again and not charged again.

        Args:
            request: who asks.
            elements: 1 to 100 blinded inputs, 32 bytes each.

        Returns:
            Evaluated elements, one proof for all, and the public key.

        Raises:
            InvalidInput: expired and never answered, valid for too long, or an element is no valid point.
            NotAdmitted: no account of the organisation signed it.
            NotAllowed: the organisation is suspended, or the account lacks the role on the chain.
            LimitReached: the quota of the day is spent, or that of the minute, as for all requests.
            Conflict: the nonce was used in another request.
            Unreachable: chain or database does not answer, or the key is not the one of the deployment.
        """
        with self._counting() as (now, proven):
            caller = self._callers.identify(
                request, now, sends=True, was_answered=self._messages.was_charged, proven=proven
            )
            check_elements(elements)
            key = self._keys.claim_id
            if self._claim_id_key is not None and voprf.public_key(key) != self._claim_id_key:
                # Nobody would accept the answer, so nobody pays for it.
                raise Unreachable(
                    "evaluator_key_missing", "the claim-id key of the deployment is not in this evaluator"
                )
            sufficed = self._messages.charge_claim_ids(
                organisation=caller.name,
                account=caller.account,
                quota=quota_of(caller, self._reviewer_claim_ids),
                elements=len(elements),
                nonce=request.nonce,
                at=now,
                request=caller.request,
            )
            if not sufficed:
                warn_of_bound(caller, "claim ids", self._reviewer_claim_ids)
                raise LimitReached(
                    "claim_id_quota_spent",
                    "the quota of claim ids of today does not suffice; ask again tomorrow (UTC)",
                    field="elements",
                    retry_after=until_midnight(now),
                )
            evaluation = voprf.evaluate(key, elements)
            if evaluation.proof is None or evaluation.key is None:
                raise AssertionError("the verifiable mode always gives a proof")
            return EvaluatedBatch(evaluated=evaluation.evaluated, proof=evaluation.proof, key=evaluation.key)

    def deliver(
        self, request: ChannelRequest, *, kind: MessageKind, subject: bytes, recipient: str, content: bytes
    ) -> Delivered:
        """Take a sealed message in; the same one again gives the answer of the first time.

        A creditor sends to the municipality only. The municipality sends to any account, also to one that is not or
        no longer admitted: who holds a claim is the chain's to say, and what is not fetched waits.

        Args:
            request: who sends.
            kind: what it is.
            subject: what it is about, 32 bytes.
            recipient: checksummed address, or ``municipality``.
            content: the sealed bytes.

        Returns:
            The name of the message, and when it came first.

        Raises:
            InvalidInput: expired or valid for too long; content or subject has a wrong length.
            NotAdmitted: no account of the organisation signed it.
            NotAllowed: suspended, or without the role; or this kind does not go this way.
            LimitReached: the organisation has left too much here, or the municipality reached its bound of the day.
            Conflict: the request was answered before, or the content was handed in as something else.
            Unreachable: chain or database does not answer.
        """
        with self._counting() as (now, proven):
            if not 1 <= len(content) <= MAX_CONTENT:
                raise InvalidInput("content_invalid", f"a content is 1 to {MAX_CONTENT} bytes", field="content")
            if len(subject) != 32:
                raise InvalidInput("subject_invalid", "a subject is 32 bytes", field="subject")
            check_way(request.organisation, kind, recipient)
            caller = self._callers.identify(request, now, sends=True, proven=proven)
            posting = Posting(
                message=message_hash(content),
                kind=kind,
                subject=subject,
                sender=caller.mailbox,
                organisation=caller.name,
                recipient=recipient,
                content=content,
            )
            is_municipality = caller.organisation is None
            try:
                return self._messages.deliver(
                    posting,
                    allowance=None if is_municipality else ALLOWANCE,
                    daily=self._reviewer_messages if is_municipality else None,
                    nonce=request.nonce,
                    at=now,
                )
            except LimitReached:
                warn_of_bound(caller, "messages", self._reviewer_messages)
                raise

    def collect(self, request: ChannelRequest, *, after: int, limit: int) -> list[Message]:
        """Hand out what was sent to whoever signed, acknowledged or not, until it is erased.

        A creditor that was suspended collects nothing until it is let in again; what was sent to it waits.

        Args:
            request: who asks.
            after: number after which it wants messages; 0 for all.
            limit: how many at most, 1 to 100.

        Returns:
            Messages by number, together about `COLLECTED` bytes at most; none when there are no more.

        Raises:
            InvalidInput: expired or valid for too long, or a number is out of range.
            NotAdmitted: no account of the organisation signed it.
            NotAllowed: the organisation is suspended, or the municipality's account is not its reviewer.
            Conflict: the request was answered before.
            Unreachable: chain or database does not answer.
        """
        with self._counting() as (now, proven):
            if not 0 <= after < 2**63:
                raise InvalidInput("after_invalid", "after is the number of a message, or 0", field="after")
            if not 1 <= limit <= MAX_MESSAGES:
                raise InvalidInput("limit_invalid", f"a limit is 1 to {MAX_MESSAGES}", field="limit")
            caller = self._callers.identify(request, now, sends=False, proven=proven)
            return self._messages.collect(
                organisation=caller.name,
                recipient=caller.mailbox,
                after=after,
                limit=limit,
                size=COLLECTED,
                nonce=request.nonce,
                at=now,
            )

    def acknowledge(self, request: ChannelRequest, hashes: Sequence[bytes]) -> int:
        """Note that messages to whoever signed were stored; can be repeated, and passes over what is not there.

        Args:
            request: who says so.
            hashes: names of 1 to 100 messages, 32 bytes each.

        Returns:
            How many of them are acknowledged now.

        Raises:
            InvalidInput: expired or valid for too long, or too many.
            NotAdmitted: no account of the organisation signed it.
            NotAllowed: the organisation is suspended, or the municipality's account is not its reviewer.
            Conflict: the request was answered before.
            Unreachable: chain or database does not answer.
        """
        with self._counting() as (now, proven):
            if not 1 <= len(hashes) <= MAX_MESSAGES:
                raise InvalidInput("messages_invalid", f"1 to {MAX_MESSAGES} messages are expected", field="messages")
            caller = self._callers.identify(request, now, sends=False, proven=proven)
            return self._messages.acknowledge(
                organisation=caller.name, recipient=caller.mailbox, hashes=hashes, nonce=request.nonce, at=now
            )

    def organisations(self, request: ChannelRequest, *, after: str, limit: int) -> list[Correspondent]:
        """Tell the municipality who is admitted and at which accounts, so that it knows whom it can write to.

        Args:
            request: who asks.
            after: KvK number after which it wants organisations; empty for all.
            limit: how many at most, 1 to 100.

        Returns:
            Organisations by number, suspended ones included; none when there are no more.

        Raises:
            InvalidInput: expired or valid for too long, or a limit out of range.
            NotAllowed: a creditor asks, or the account is not the municipality's reviewer.
            Conflict: the request was answered before.
            Unreachable: chain or database does not answer.
        """
        with self._counting() as (now, proven):
            if not 1 <= limit <= MAX_ORGANISATIONS:
                raise InvalidInput("limit_invalid", f"a limit is 1 to {MAX_ORGANISATIONS}", field="limit")
            caller = self._callers.identify(request, now, sends=False, proven=proven)
            if caller.organisation is not None:
                raise NotAllowed(
                    "role_missing", "only the municipality is told who is admitted", field="Schuldhulp-Organisation"
                )
            return self._messages.organisations(
                organisation=caller.name, after=after, limit=limit, nonce=request.nonce, at=now
            )

    def close(self) -> None:
        """Keep what was counted and not kept yet; at the end of the process."""
        self._tally.keep()

    @contextmanager
    def _counting(self) -> Iterator[tuple[datetime, list[str]]]:
        """Give the time of a request, and a list that gets who asks as soon as that is certain; count its refusal."""
        now = self._clock.now()
        proven: list[str] = []
        try:
            yield now, proven
        except SchuldhulpError as error:
            self._tally.note(proven[0] if proven else "", f"channel/{error.key}", now)
            raise

    def erase_old(self) -> int:
        """Empty the contents of messages that were acknowledged longer ago than they are kept; return how many.

        Raises:
            Unreachable: the database does not answer.
        """
        now = self._clock.now()
        return self._messages.erase(fetched_before=now - self._retention, at=now)
