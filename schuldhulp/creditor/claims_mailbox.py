"""Fetches what municipalities send a creditor, checks it and keeps it before it is acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_receipts import CheckedReceipt, save_receipt
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.creditor.journal import KIND_UNKNOWN, ClaimJournal
from schuldhulp.creditor.message_kinds import Judged, message_handlers
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
        messages: all that is right and was collected or understood just now, receipts included, as the journal has it.
    """

    receipts: tuple[tuple[CheckedReceipt, Path], ...]
    problems: tuple[str, ...]
    messages: tuple[KeptMessage, ...] = ()


@dataclass
class _Found:
    receipts: list[tuple[CheckedReceipt, Path]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    messages: list[KeptMessage] = field(default_factory=list)


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
        self._handlers = message_handlers(access=access, journal=journal, messages=messages)
        self._folder = folder

    def collect(self, municipalities: Iterable[MunicipalityCode]) -> Collected:
        """Fetch what is new, check it, keep it, and acknowledge it.

        Args:
            municipalities: whose mailboxes are emptied.

        Raises:
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        found = _Found()
        for municipality in municipalities:
            self._look_again(municipality, found)
            _, channel = self._access.municipality(municipality)
            while messages := channel.collect(self._journal.last_number(municipality), MAX_MESSAGES):
                for message in messages:
                    kept, receipt = self._check(_kept(municipality, message))
                    self._note(found, kept, receipt)
                    self._journal.keep_message(kept)
                self._journal.mark_read(municipality, max(message.number for message in messages))
            # Only what is kept here is acknowledged, and only what this version understands: the evaluator may erase
            # it from then on.
            while waiting := self._journal.unacknowledged(municipality)[:MAX_MESSAGES]:
                channel.acknowledge(waiting)
                self._journal.mark_acknowledged(waiting)
        return Collected(receipts=tuple(found.receipts), problems=tuple(found.problems), messages=tuple(found.messages))

    def _look_again(self, municipality: MunicipalityCode, found: _Found) -> None:
        """Look at what an older version did not understand."""
        for kept in self._journal.messages():
            if kept.municipality != municipality or kept.problem != KIND_UNKNOWN:
                continue
            # Where the kind was not kept, what it opens as tells: the kind is bound to the seal.
            checked = [self._check(replace(kept, kind=kind)) for kind in self._handlers if kept.kind in ("", kind)]
            right = [one for one in checked if one[0].problem is None]
            for again, receipt in right[:1] or (checked[:1] if kept.kind else []):
                self._note(found, again, receipt)
                self._journal.judge_message(again)

    def _note(self, found: _Found, kept: KeptMessage, receipt: CheckedReceipt | None) -> None:
        if receipt is not None:
            found.receipts.append((receipt, save_receipt(self._folder, kept.message, receipt)))
        if kept.problem is None:
            found.messages.append(kept)
        else:
            found.problems.append(kept.problem)

    def _check(self, kept: KeptMessage) -> tuple[KeptMessage, CheckedReceipt | None]:
        """Say what is wrong with a message; of a receipt, what it proves."""
        handler = self._handlers.get(MessageKind(kept.kind)) if kept.kind in set(MessageKind) else None
        if handler is None:
            return replace(kept, problem=KIND_UNKNOWN), None
        if kept.message != message_hash(kept.content):
            return replace(kept, problem="message_other"), None
        try:
            judged = handler.check(kept)
        except Unreachable:
            raise
        except SchuldhulpError as error:
            judged = Judged(problem=error.key)
        return replace(kept, problem=judged.problem, document=judged.document), judged.receipt


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
