"""A stand-in for the service with which a creditor hands in claims on the pages, in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.claims import (
    ClaimContents,
    ClaimReceipt,
    ClaimStatus,
    DecisionReason,
    ReceiptOutcome,
    RefusalReason,
    contents_from_plain,
    contents_to_plain,
)
from schuldhulp.domain.types import ClaimId, Commitment
from schuldhulp.errors import InvalidInput, NotFound, SchuldhulpError
from schuldhulp.services.admission import parse_account
from schuldhulp.services.creditor_pages.claim_views import (
    ClaimDesktop,
    ClaimFile,
    PageClaim,
    PageDecision,
    PageNotice,
    ReceiptFile,
)

ACCOUNT = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


def claim_id_of(reference: str) -> ClaimId:
    """Return the id of a claim by its reference."""
    return ClaimId((14).to_bytes(2, "big") + hashlib.sha256(reference.encode()).digest()[:30])


def make_contents(now: datetime, **changes: Any) -> ClaimContents:
    """Return the contents of a claim."""
    plain: dict[str, Any] = {
        "municipality": 14,
        "debtor": {"surname": "Wolkenstein", "birth_date": "1981-03-17", "postcode": "9712QX", "house_number": 417},
        "original_creditor": {"name": "Energie voor Elkaar", "kvk": "12345678"},
        "reference": "FAC-1",
        "holder": {"name": "Energie voor Elkaar", "kvk": "12345678"},
        "stage": "creditor",
        "type": "energy",
        "principal": 120000,
        "costs": 4000,
        "interest": 500,
        "statement_date": now.date().isoformat(),
        "origin_date": "2024-03-01",
        "preference": "concurrent",
        "legal_ground": "leveringsovereenkomst",
        "contact": {"name": "Incasso", "email": "incasso@example.nl"},
        "iban": "NL91ABNA0417164300",
        "why_owed": "De jaarrekening is niet betaald.",
        "objection": "Schrijf naar incasso@example.nl.",
        "objection_until": None,
        "sent_at": now.isoformat(),
    }
    return contents_from_plain(plain | changes)


@dataclass
class FakeClaimPages:
    """Takes claims in and shows them.

    Attributes:
        now: the time.
        claims: where each stands, by its id.
        said: what was handed in last, by the id.
        receipts: receipts, by the id.
        told: the notices that came.
        done: what was asked for, as name and id.
        failing: raised by the next step, once.
    """

    now: datetime
    open_: bool = True
    bsn: bool = False
    claims: dict[ClaimId, PageClaim] = field(default_factory=dict)
    said: dict[ClaimId, ClaimContents] = field(default_factory=dict)
    receipts: dict[ClaimId, list[ReceiptFile]] = field(default_factory=dict)
    done: list[tuple[str, ClaimId]] = field(default_factory=list)
    failing: SchuldhulpError | None = None
    problems: Sequence[str] = ()
    told: list[PageNotice] = field(default_factory=list)

    def desktop(self, *, actor: Actor) -> ClaimDesktop:
        """Return what the pages offer."""
        require(actor, Permission.FILE_CLAIM)
        return ClaimDesktop(open=self.open_, bsn=self.bsn, account=ACCOUNT if self.open_ else "")

    def read(self, *, actor: Actor, fields: Mapping[str, Any], base: ClaimContents | None = None) -> ClaimContents:
        """Build contents as the service does."""
        require(actor, Permission.FILE_CLAIM)
        plain: dict[str, Any] = {
            **fields,
            "municipality": 14,
            "holder": {"name": actor.name, "kvk": actor.organisation},
            "sent_at": self.now.isoformat(),
        }
        if base is not None:
            kept = contents_to_plain(base)
            plain |= {
                name: kept[name] for name in ("municipality", "original_creditor", "reference", "holder", "stage")
            }
        return contents_from_plain(plain)

    def file(self, *, actor: Actor, contents: ClaimContents) -> PageClaim:
        """File a claim."""
        claim_id = claim_id_of(contents.reference)
        self._step(actor, "file", claim_id)
        self.said[claim_id] = contents
        self.claims[claim_id] = self._claim(contents.reference)
        return self.claims[claim_id]

    def amend(self, *, actor: Actor, contents: ClaimContents) -> PageClaim:
        """Amend a claim."""
        claim_id = claim_id_of(contents.reference)
        self._step(actor, "amend", claim_id)
        self.said[claim_id] = contents
        return self._change(claim_id, renewal_due=False, status=ClaimStatus.FILED, decision=None)

    def withdraw(self, *, actor: Actor, claim_id: ClaimId) -> PageClaim:
        """Take a claim back."""
        self._step(actor, "withdraw", claim_id)
        return self._change(claim_id, status=ClaimStatus.WITHDRAWN)

    def hand_over(self, *, actor: Actor, claim_id: ClaimId, holder: str) -> PageClaim:
        """Pass a claim on."""
        if parse_account(holder, "holder") == ACCOUNT:
            raise InvalidInput("holder_same", "holder: your own", field="holder")
        self._step(actor, "hand over", claim_id)
        return self._change(claim_id, is_holder=False)

    def go_on(self, *, actor: Actor, claim_id: ClaimId) -> PageClaim:
        """Finish what was begun."""
        self._step(actor, "go on", claim_id)
        return self._change(claim_id, unfinished=None)

    def list(self, *, actor: Actor) -> Sequence[PageClaim]:
        """Return the claims."""
        require(actor, Permission.FILE_CLAIM)
        return [*self.claims.values()]

    def open(self, *, actor: Actor, claim_id: ClaimId) -> ClaimFile:
        """Return one claim."""
        require(actor, Permission.FILE_CLAIM)
        if claim_id not in self.claims:
            raise NotFound("claim_unknown", "not yours", field="claim")
        return ClaimFile(
            claim=self.claims[claim_id],
            contents=self.said.get(claim_id),
            receipts=tuple(self.receipts.get(claim_id, ())),
        )

    def last_contents(self, *, actor: Actor) -> ClaimContents | None:
        """Return what was handed in last."""
        require(actor, Permission.FILE_CLAIM)
        return [*self.said.values()][-1] if self.said else None

    def notices(self, *, actor: Actor) -> Sequence[PageNotice]:
        """Return the notices that came."""
        require(actor, Permission.FILE_CLAIM)
        return [*self.told]

    def acknowledge(self, *, actor: Actor, message: bytes) -> PageNotice:
        """Sign for a notice."""
        require(actor, Permission.FILE_CLAIM)
        self._fail()
        (at,) = [number for number, one in enumerate(self.told) if one.message == message]
        self.told[at] = replace(self.told[at], acknowledged_at=self.now, sent_at=self.now)
        return self.told[at]

    def refresh(self, *, actor: Actor) -> Sequence[str]:
        """Fetch what came."""
        require(actor, Permission.FILE_CLAIM)
        self._fail()
        return self.problems

    def put(self, reference: str, *, said: bool = True, **changes: Any) -> ClaimId:
        """Have a claim there; return its id."""
        claim_id = claim_id_of(reference)
        self.claims[claim_id] = replace(self._claim(reference), **changes)
        if said:
            self.said[claim_id] = make_contents(self.now, reference=reference)
        return claim_id

    def receipt(self, claim_id: ClaimId, reason: RefusalReason | None = None) -> None:
        """Have a receipt of a claim come."""
        outcome = ReceiptOutcome.REFUSED if reason else ReceiptOutcome.ACCEPTED
        receipt = ClaimReceipt(
            claim_id=claim_id, commitment=Commitment(b"\x01" * 32), municipality=14, holder=ACCOUNT,
            message=b"\x02" * 32, outcome=outcome, reason=reason, received_at=self.now, block_number=7,
            block_hash=b"\x03" * 32,
        )  # fmt: skip
        self._change(claim_id, receipt=receipt)
        kept = ReceiptFile(name="receipt.json", outcome=outcome, received_at=self.now, content=b"{}")
        self.receipts.setdefault(claim_id, []).insert(0, kept)

    def decide(self, claim_id: ClaimId, status: ClaimStatus, reason: DecisionReason, text: str = "") -> None:
        """Have the credit bank decide."""
        decision = PageDecision(
            status=status, reason=reason, text=text, decided_at=self.now, is_of_present=True, is_current=True
        )
        self._change(claim_id, status=status, decision=decision)

    def _claim(self, reference: str) -> PageClaim:
        return PageClaim(
            claim_id=claim_id_of(reference),
            reference=reference,
            status=ClaimStatus.FILED,
            filed_at=self.now - timedelta(days=2),
            changed_at=self.now - timedelta(days=1),
            is_holder=True,
            is_current=True,
            delivered_at=self.now - timedelta(days=2),
            unfinished=None,
            receipt=None,
            renewal_due=False,
        )

    def _change(self, claim_id: ClaimId, **changes: Any) -> PageClaim:
        self.claims[claim_id] = replace(self.claims[claim_id], **changes)
        return self.claims[claim_id]

    def _step(self, actor: Actor, name: str, claim_id: ClaimId) -> None:
        require(actor, Permission.FILE_CLAIM)
        self._fail()
        self.done.append((name, claim_id))

    def _fail(self) -> None:
        if self.failing is not None:
            failing, self.failing = self.failing, None
            raise failing
