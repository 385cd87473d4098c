"""Fetches what municipalities send a creditor, checks it and keeps it before it is acknowledged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_receipts import CheckedReceipt, check_receipt, save_receipt
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.creditor.journal import KIND_UNKNOWN, ClaimJournal
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import SchuldhulpError, Unreachable
from schuldhulp.services.claims.ports import MAX_MESSAGES, Message, MessageKind


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What came from the municipality.

    Attributes:
        receipts: receipts that were opened and checked, with the file in which each is kept.
        problems: keys of what is wrong with the others; their sealed contents are kept in the journal.
    """

    receipts: tuple[tuple[CheckedReceipt, Path], ...]
    problems: tuple[str, ...]


class Mailbox:
    """The mailboxes of one creditor at the evaluators of its municipalities."""

    def __init__(self, *, access: ClaimAccess, journal: ClaimJournal, messages: OpeningKey, folder: Path) -> None:
        """Take where messages come from and where they go.

        Args:
            access: chain and channels.
            journal: keeps every message.
            messages: opens what municipalities seal.
            folder: where receipts are kept as files.
        """
        self._access = access
        self._journal = journal
        self._messages = messages
        self._folder = folder

    def collect(self, municipalities: Iterable[MunicipalityCode]) -> Collected:
        """Fetch what is new, check it, keep it, and acknowledge it.

        Args:
            municipalities: whose mailboxes are emptied.

        Raises:
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        receipts, problems = [], []
        for municipality in municipalities:
            _, channel = self._access.municipality(municipality)
            while found := channel.collect(self._journal.last_number(municipality), MAX_MESSAGES):
                for message in found:
                    kept, receipt = self._check(municipality, message)
                    if receipt is not None:
                        receipts.append((receipt, save_receipt(self._folder, message.message, receipt)))
                    if kept.problem is not None:
                        problems.append(kept.problem)
                    self._journal.keep_message(kept)
            # Only what is kept here is acknowledged, and only what this version understands: the evaluator may erase
            # it from then on.
            while waiting := self._journal.unacknowledged(municipality)[:MAX_MESSAGES]:
                channel.acknowledge(waiting)
                self._journal.mark_acknowledged(waiting)
        return Collected(receipts=tuple(receipts), problems=tuple(problems))

    def _check(self, municipality: MunicipalityCode, message: Message) -> tuple[KeptMessage, CheckedReceipt | None]:
        claim_id, receipt, problem = ClaimId(message.subject), None, None
        try:
            if message.kind is not MessageKind.RECEIPT:
                problem = KIND_UNKNOWN
            elif message.message != message_hash(message.content):
                problem = "message_other"
            else:
                receipt = check_receipt(
                    deployment=self._access.deployment,
                    node=self._access.node,
                    head=self._access.head(),
                    messages=self._messages,
                    claim_id=claim_id,
                    sealed=message.content,
                )
        except Unreachable:
            raise
        except SchuldhulpError as error:
            problem = error.key
        kept = KeptMessage(
            message=message.message,
            municipality=municipality,
            claim_id=claim_id,
            number=message.number,
            problem=problem,
            content=message.content,
            document=None if receipt is None else json.dumps(receipt.to_plain()),
        )
        return kept, receipt
