"""Fetches what municipalities send a creditor, checks it and keeps it before it is acknowledged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_receipts import CheckedReceipt, check_receipt, save_receipt
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.creditor.claims_work import municipality_of
from schuldhulp.creditor.journal import KIND_UNKNOWN, ClaimJournal
from schuldhulp.creditor.receipt_times import LEAD
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.claim_decisions import open_decision
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import SchuldhulpError, Unreachable
from schuldhulp.services.claims.ports import MAX_MESSAGES, Message, MessageKind

UNDERSTOOD: Final = (MessageKind.RECEIPT, MessageKind.DECISION)
"""Kinds that this version can use; others wait for a newer one."""


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
            receipts += self._look_again(municipality)
            _, channel = self._access.municipality(municipality)
            while found := channel.collect(self._journal.last_number(municipality), MAX_MESSAGES):
                for message in found:
                    kept, receipt = self._check(_kept(municipality, message))
                    if receipt is not None:
                        receipts.append((receipt, save_receipt(self._folder, message.message, receipt)))
                    if kept.problem is not None:
                        problems.append(kept.problem)
                    self._journal.keep_message(kept)
                self._journal.mark_read(municipality, max(message.number for message in found))
            # Only what is kept here is acknowledged, and only what this version understands: the evaluator may erase
            # it from then on.
            while waiting := self._journal.unacknowledged(municipality)[:MAX_MESSAGES]:
                channel.acknowledge(waiting)
                self._journal.mark_acknowledged(waiting)
        return Collected(receipts=tuple(receipts), problems=tuple(problems))

    def _look_again(self, municipality: MunicipalityCode) -> list[tuple[CheckedReceipt, Path]]:
        """Look at what an older version did not understand; return the receipts among it."""
        receipts = []
        for kept in self._journal.messages():
            if kept.municipality != municipality or kept.problem != KIND_UNKNOWN:
                continue
            # Where the kind was not kept, what it opens as tells: the kind is bound to the seal.
            checked = [self._check(replace(kept, kind=kind)) for kind in UNDERSTOOD if kept.kind in ("", kind)]
            right = [one for one in checked if one[0].problem is None] or (checked if kept.kind else [])
            for again, receipt in right[:1]:
                if receipt is not None:
                    receipts.append((receipt, save_receipt(self._folder, again.message, receipt)))
                self._journal.judge_message(again)
        return receipts

    def _check(self, kept: KeptMessage) -> tuple[KeptMessage, CheckedReceipt | None]:
        """Say what is wrong with a message; of a receipt, what it proves."""
        receipt, problem = None, None
        try:
            if kept.kind not in UNDERSTOOD:
                problem = KIND_UNKNOWN
            elif kept.message != message_hash(kept.content):
                problem = "message_other"
            elif kept.kind == MessageKind.DECISION:
                decision = open_decision(self._messages, kept.claim_id, kept.content)
                if not decision.municipality == kept.municipality == municipality_of(kept.claim_id):
                    problem = "decision_elsewhere"
            else:
                receipt = check_receipt(
                    deployment=self._access.deployment,
                    node=self._access.node,
                    head=self._access.head(),
                    messages=self._messages,
                    claim_id=kept.claim_id,
                    sealed=kept.content,
                    account=self._access.account,
                    steps=self._journal.steps(kept.claim_id),
                    lead=LEAD + self._access.max_age,
                )
        except Unreachable:
            raise
        except SchuldhulpError as error:
            problem = error.key
        # What a decision says stays sealed; whether the chain knows it is asked each time it is shown.
        document = None if receipt is None else json.dumps(receipt.to_plain())
        return replace(kept, problem=problem, document=document), receipt


def _kept(municipality: MunicipalityCode, message: Message) -> KeptMessage:
    return KeptMessage(
        message=message.message,
        municipality=municipality,
        claim_id=ClaimId(message.subject),
        number=message.number,
        problem=None,
        content=message.content,
        document=None,
        kind=str(message.kind),
    )
