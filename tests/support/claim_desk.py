"""Claims that stand in the database as the intake leaves them, and the desk of those who decide on them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_utils.crypto import keccak

from schuldhulp.crypto.claims import claim_commitment, seal_claim
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import Claim, ClaimStatus
from schuldhulp.domain.records import NO_COMMITMENT
from schuldhulp.domain.types import ClaimId, Salt
from schuldhulp.services.claims.decision_rows import DecisionRow
from schuldhulp.services.claims.decisions import ClaimDesk
from schuldhulp.services.claims.events import FiledClaim
from schuldhulp.services.claims.inbox import ClaimInbox
from schuldhulp.services.claims.links import LinkKey
from schuldhulp.services.claims.matching import ClaimMatching
from schuldhulp.services.claims.objections import ClaimObjections
from schuldhulp.services.claims.rows import ClaimRow, ContentsState, DeliveryRow, DeliveryState, MailRow
from schuldhulp.services.claims.told import DecisionHistory
from schuldhulp.services.ports import Head
from tests.support.claims_stage import contents
from tests.support.factories import MUNICIPALITY, RecordKeeping

HOLDER = "0x" + "11" * 20


@dataclass
class ClaimDesks:
    """The services around claims on one database, with a creditor whose key is known."""

    keeping: RecordKeeping
    claim_key: OpeningKey = field(default_factory=OpeningKey.generate)
    creditor: OpeningKey = field(default_factory=OpeningKey.generate)
    keys: dict[str, bytes] = field(default_factory=dict)
    chain: dict[ClaimId, FiledClaim] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keeping = self.keeping
        parts: dict[str, Any] = {
            "reader": keeping.reader,
            "writer": keeping.writer,
            "caseload": keeping.caseload,
        }
        self.keys[HOLDER] = self.creditor.public_key
        self.inbox = ClaimInbox(
            store=keeping.store,
            log=keeping.log,
            clock=keeping.clock,
            opening_key=self.claim_key,
            link_key=LinkKey.of(keeping.keys.log),
            municipality=MUNICIPALITY,
        )
        self.desk = ClaimDesk(
            **parts,
            log=keeping.log,
            opening_key=self.claim_key,
            link_key=LinkKey.of(keeping.keys.log),
            register=self,
            head=lambda: Head(number=1, hash=b"\x01" * 32, timestamp=keeping.clock.now()),
            municipality=MUNICIPALITY,
        )
        self.objections = ClaimObjections(**parts, link_key=LinkKey.of(keeping.keys.log))
        self.history = DecisionHistory(
            store=keeping.store, log=keeping.log, opening_key=self.claim_key, job_key=keeping.keys.job
        )
        self.matching = ClaimMatching(
            inbox=self.inbox, dossiers=keeping.dossiers, reader=keeping.reader, log=keeping.log
        )

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the keys of creditors, as the chain does."""
        return {account: self.keys.get(account, bytes(32)) for account in accounts}

    def claims(self, claims: Sequence[ClaimId], block: int) -> dict[ClaimId, FiledClaim]:
        """Return what the chain says: what the worker read of it, unless a test says otherwise."""
        with self.keeping.store.read() as work:
            rows = {row.claim_id: row for row in work.claims.claims_of(claims)}
        return {
            claim: self.chain.get(claim)
            or FiledClaim(
                holder=rows[claim].holder,
                status=rows[claim].status,
                filed_at=rows[claim].filed_at,
                changed_at=rows[claim].changed_at,
                commitment=rows[claim].commitment,
            )
            for claim in claims
        }

    def received(self, before: Claim | None = None, **changes: Any) -> Claim:
        """Store a claim, or its next version, as the intake leaves it."""
        now = self.keeping.clock.now()
        claim = Claim(
            claim_id=before.claim_id if before else ClaimId(MUNICIPALITY.to_bytes(2, "big") + secrets.token_bytes(30)),
            version=before.version + 1 if before else 1,
            replaces=claim_commitment(before) if before else NO_COMMITMENT,
            salt=Salt(secrets.token_bytes(32)),
            contents=contents(**{"municipality": MUNICIPALITY, "statement_date": "2026-11-20"} | changes),
        )
        sealed = seal_claim(self.claim_key.public_key, claim)
        message = keccak(sealed)
        sender = {"municipality": MUNICIPALITY, "sender": HOLDER, "organisation": "12345678", "received_at": now}
        with self.keeping.store.write() as work:
            found = work.claims.claim(claim.claim_id)
            work.mail.add(
                MailRow(
                    **sender,
                    message=message,
                    number=1,
                    kind="claim",
                    subject=claim.claim_id,
                    stored_at=now,
                    content=sealed,
                )
            )
            work.claims.add_delivery(
                DeliveryRow(
                    **sender,
                    message=message,
                    claim_id=claim.claim_id,
                    state=DeliveryState.ACCEPTED,
                    commitment=claim_commitment(claim),
                    version=claim.version,
                )
            )
            work.claims.put_claim(
                ClaimRow(
                    claim_id=claim.claim_id,
                    municipality=MUNICIPALITY,
                    holder=HOLDER,
                    status=found.status if found else ClaimStatus.FILED,
                    commitment=claim_commitment(claim),
                    filed_at=found.filed_at if found else now,
                    changed_at=now,
                    since=now,
                    block_number=1,
                    contents=ContentsState.COMPLETE,
                    message=message,
                )
            )
            work.commit()
        return claim

    def stands(self, claim: Claim, status: ClaimStatus) -> None:
        """Let the chain say where a claim stands."""
        with self.keeping.store.write() as work:
            row = work.claims.claim(claim.claim_id)
            assert row is not None
            work.claims.put_claim(replace(row, status=status))
            work.commit()

    def jobs(self, claim: Claim) -> Sequence[DecisionRow]:
        """Return the decisions on a claim, oldest first."""
        with self.keeping.store.read() as work:
            return work.decisions.of_claims([claim.claim_id])
