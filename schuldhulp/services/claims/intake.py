"""The municipality's side of receiving claims, one run after the other.

A run collects, reads the chain, opens, decides and answers. Each step stores what it did before the next one relies on
it, and each takes up what an earlier run left, so that a worker may be killed anywhere. What keeps a step back is named
and stops the steps that need it, no others.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from schuldhulp import errors
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.claims.checking import ContentsCheck
from schuldhulp.services.claims.collecting import Collector
from schuldhulp.services.claims.correspondents import CorrespondentList
from schuldhulp.services.claims.deciding import Decider
from schuldhulp.services.claims.following import Followed, Follower
from schuldhulp.services.claims.receipts import ReceiptSender
from schuldhulp.services.ports import ChainReader, Clock, Head, Store

LOG: Final = logging.getLogger(__name__)


class Trouble(StrEnum):
    """What keeps the intake back, beside what an error of another part is called."""

    SIGNER_DIFFERS = "receipt_signer_differs"
    """The registry names another receipt signer than the worker has: no creditor would believe a receipt."""
    CLAIM_KEY_DIFFERS = "claim_key_differs"
    """The registry names another claim key than the worker has: nothing that comes would open."""
    CLAIM_ID_KEY_MISSING = "claim_id_key_missing"
    """The deployment file does not say under which key claim ids are made."""
    EVENTS_DIFFER = "claim_events_differ"
    """The events in the database do not tell what the chain says of some claim; nothing is decided on it."""
    TAMPERED = "delivery_tampered"
    """What the database said of a delivery was not found by this system; it is opened anew."""
    FAULT = "delivery_fault"
    """A delivery cannot be checked because of a fault in this program; it waits."""


@dataclass(frozen=True, kw_only=True)
class IntakeReport:
    """What one run did.

    Attributes:
        collected: messages that were new.
        checked: deliveries that were opened.
        accepted: deliveries that were accepted.
        refused: deliveries that were refused.
        missing: claims whose contents were named as missing.
        sent: receipts that arrived.
        unsent: receipts that something is in the way of.
        erased: messages whose contents were erased after their time.
        troubles: keys of what kept something back.
    """

    collected: int = 0
    checked: int = 0
    accepted: int = 0
    refused: int = 0
    missing: int = 0
    sent: int = 0
    unsent: int = 0
    erased: int = 0
    troubles: tuple[str, ...] = ()


@dataclass
class _Run:
    report: IntakeReport = field(default_factory=IntakeReport)
    troubles: list[str] = field(default_factory=list)
    emptied: bool = False
    """Whether everything that was in the mailbox is stored; only then can contents be missing."""

    def note(self, **values: Any) -> None:
        self.report = dataclasses.replace(self.report, **values)

    def found(self, trouble: str) -> None:
        if trouble not in self.troubles:
            self.troubles.append(trouble)

    def step(self, task: Callable[[], object]) -> bool:
        """Do one step; say whether it was done."""
        try:
            task()
        except errors.SchuldhulpError as error:
            LOG.debug("claims: %s", error)
            self.found(error.key)
            return False
        return True


class ClaimIntake:
    """Receives the claims of one municipality."""

    def __init__(
        self,
        *,
        store: Store,
        chain: ChainReader,
        clock: Clock,
        municipality: MunicipalityCode,
        collector: Collector,
        follower: Follower,
        check: ContentsCheck | None,
        decider: Decider,
        sender: ReceiptSender,
        claim_key: bytes,
        receipt_signer: str,
        confirmations: int,
        head_max_age: int,
        retention: timedelta,
        correspondents: CorrespondentList | None = None,
    ) -> None:
        """Take the steps and what they depend on.

        Args:
            store: the main database.
            chain: reads the registry.
            clock: the time.
            municipality: whose claims.
            collector: fetches messages.
            follower: reads events.
            check: opens deliveries; None when the deployment file has no key of claim ids.
            decider: decides and signs.
            sender: sends receipts.
            claim_key: public claim key that the worker can open with, 32 bytes.
            receipt_signer: checksummed address that the worker signs receipts with.
            confirmations: blocks on top before a block counts.
            head_max_age: seconds that the newest block may be old.
            retention: how long contents are kept that were refused, or whose claim was closed.
            correspondents: keeps up with who can be written to; None where nobody writes.
        """
        self._store = store
        self._chain = chain
        self._clock = clock
        self._municipality = municipality
        self._collector = collector
        self._follower = follower
        self._check = check
        self._decider = decider
        self._sender = sender
        self._claim_key = claim_key
        self._receipt_signer = receipt_signer
        self._confirmations = confirmations
        self._head_max_age = head_max_age
        self._retention = retention
        self._correspondents = correspondents

    def run_once(self) -> IntakeReport:
        """Do everything that can be done now.

        Returns:
            What was done, and what kept something back.

        Raises:
            errors.Unreachable: the database does not answer.
        """
        run = _Run()
        if run.step(lambda: self._collect(run)) and self._correspondents is not None:
            run.step(self._correspondents.refresh)
        found: list[tuple[Head, Followed]] = []
        if run.step(lambda: found.append(self._follow())):
            head, followed = found[0]
            if run.step(lambda: self._compare_settings(run)) and not self._holds(run):
                if self._check is not None:
                    run.step(lambda: self._open(run))
                if followed.block is not None and followed.complete:
                    block = followed.block
                    decided = run.step(lambda: self._decide(run, block, head))
                    if decided and run.emptied:
                        run.step(lambda: run.note(missing=self._decider.name_missing(block)))
                run.step(lambda: self._send(run))
        run.note(erased=self._erase())
        self._write_down(run)
        return dataclasses.replace(run.report, troubles=tuple(run.troubles))

    def _collect(self, run: _Run) -> None:
        new, run.emptied = self._collector.collect()
        run.note(collected=new)

    def _follow(self) -> tuple[Head, Followed]:
        # On a chain that stands still nobody can tell what was not filed.
        head = self._chain.require_fresh_head(self._clock.now(), self._head_max_age)
        return head, self._follower.follow(head, confirmations=self._confirmations)

    def _compare_settings(self, run: _Run) -> None:
        state = self._chain.municipality(self._municipality)
        if state.receipt_signer != self._receipt_signer:
            run.found(Trouble.SIGNER_DIFFERS.value)
        if state.claim_key != self._claim_key:
            run.found(Trouble.CLAIM_KEY_DIFFERS.value)
        if self._check is None:
            run.found(Trouble.CLAIM_ID_KEY_MISSING.value)

    @staticmethod
    def _holds(run: _Run) -> bool:
        """Say whether nothing may be opened or signed: it would tell creditors what is not so."""
        return bool({Trouble.SIGNER_DIFFERS.value, Trouble.CLAIM_KEY_DIFFERS.value} & set(run.troubles))

    def _open(self, run: _Run) -> None:
        if self._check is None:
            return
        checked, faulty = self._check.check()
        run.note(checked=checked)
        if faulty:
            run.found(Trouble.FAULT.value)

    def _decide(self, run: _Run, block: Head, head: Head) -> None:
        decided = self._decider.decide(block, head)
        run.note(accepted=decided.accepted, refused=decided.refused)
        if decided.differing:
            run.found(Trouble.EVENTS_DIFFER.value)
        if decided.tampered:
            run.found(Trouble.TAMPERED.value)

    def _send(self, run: _Run) -> None:
        sent, unsent = self._sender.send()
        run.note(sent=sent, unsent=unsent)

    def _erase(self) -> int:
        """Empty contents that nobody needs any more."""
        before = self._clock.now() - self._retention
        with self._store.read() as work:
            messages = work.claims.to_erase(self._municipality, decided_before=before)
        if messages:
            with self._store.write() as work:
                work.mail.erase(messages)
                work.commit()
        return len(messages)

    def _write_down(self, run: _Run) -> None:
        with self._store.write() as work:
            follow = work.mail.follow(self._municipality)
            work.mail.put_follow(
                dataclasses.replace(follow, checked_at=self._clock.now(), trouble=" ".join(run.troubles))
            )
            work.commit()
