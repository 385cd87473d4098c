"""Decisions on claims for tests: written as the cockpit does, carried out by the worker's real parts."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from schuldhulp.chain.claims import RegisterReader
from schuldhulp.chain.signer import ReviewerWriter
from schuldhulp.crypto.claim_decisions import decision_hash, seal_decision
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.domain.claims import Claim, ClaimDecision, ClaimStatus, DecisionReason
from schuldhulp.domain.types import ClaimId, Commitment, Salt
from schuldhulp.services.claims.carrying_out import CarryingOut
from schuldhulp.services.claims.decision_rows import DecisionRow, decision_mac
from schuldhulp.services.claims.telling import DecisionPost
from schuldhulp.services.sending import REVIEWER, Sender
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import Party
from tests.support.intake import JOB_KEY, Town

REASON = {
    ClaimStatus.ASKED: DecisionReason.STATEMENT_OLD,
    ClaimStatus.INCLUDED: DecisionReason.INCLUDED,
    ClaimStatus.DECLINED: DecisionReason.CLIENT_UNKNOWN,
    ClaimStatus.SETTLED: DecisionReason.SETTLED,
}


def decision_on(
    town: Town,
    claim_id: ClaimId,
    commitment: bytes,
    status: ClaimStatus = ClaimStatus.INCLUDED,
    *,
    reason: DecisionReason | None = None,
    text: str = "",
) -> ClaimDecision:
    """Make the document of a decision."""
    return ClaimDecision(
        claim_id=claim_id,
        commitment=Commitment(commitment),
        municipality=MUNICIPALITY,
        status=status,
        reason=reason or REASON[status],
        text=text,
        decided_at=town.clock.now().replace(microsecond=0),
        salt=Salt(secrets.token_bytes(32)),
    )


def write(town: Town, document: ClaimDecision, party: Party | None = None, **changes: Any) -> DecisionRow:
    """Store a decision for the worker, as the cockpit does; `changes` are made after it was authenticated."""
    holder = party or town.stage.creditor
    row = DecisionRow(
        id=secrets.token_bytes(16),
        municipality=MUNICIPALITY,
        claim_id=document.claim_id,
        commitment=document.commitment,
        status=document.status,
        decision=decision_hash(document),
        recipient=holder.account.address,
        sealed=b"",
        kept=seal_decision(town.stage.claim_key.public_key, document),
        created_at=town.clock.now(),
    )
    row = replace(replace(row, mac=decision_mac(JOB_KEY, row)), **changes)
    with town.store.write() as work:
        work.decisions.add(row)
        work.commit()
    return row


def decide(town: Town, claim: Claim, status: ClaimStatus = ClaimStatus.INCLUDED, **changes: Any) -> DecisionRow:
    """Decide on a version of a claim."""
    return write(town, decision_on(town, claim.claim_id, claim_commitment(claim), status), **changes)


def stored(town: Town, row: DecisionRow) -> DecisionRow:
    """Return a decision as it is stored now."""
    with town.store.read() as work:
        found = work.decisions.get(row.id)
    assert found is not None
    return found


def carrying_out(town: Town, **changes: Any) -> CarryingOut:
    """Put the worker's part together, as after a restart.

    Args:
        town: whose.
        changes: `store`, `chain`, `reader`, `writer`, `signer`, `confirmations` or `head_max_age` that differ.
    """
    gateway, rpc = town.stage.chain.gateway(), town.stage.chain.rpc()
    store, chain = changes.get("store", town.store), changes.get("chain", gateway)
    signer = town.stage.chain.signer(changes.get("signer", "reviewer"))
    writer = changes.get("writer") or ReviewerWriter(gateway.deployment, rpc, signer)
    return CarryingOut(
        store=store,
        chain=chain,
        reader=changes.get("reader") or RegisterReader(gateway, rpc),
        writer=writer,
        sender=Sender(
            store=store,
            reader=chain,
            writer=writer,
            clock=town.clock,
            pause=lambda _: None,
            confirmations=changes.get("confirmations", 0),
            municipality=MUNICIPALITY,
            verb=REVIEWER,
            receipt_timeout=changes.get("receipt_timeout", 1.0),
            # One name: a restarted process need not wait until the lease of the killed one has run out.
            holder="worker",
        ),
        clock=town.clock,
        job_key=JOB_KEY,
        municipality=MUNICIPALITY,
        head_max_age=changes.get("head_max_age", 10**9),
    )


def post(town: Town, **changes: Any) -> DecisionPost:
    """Put the delivery together, as after a restart; `store`, `channel` or `reader` may differ."""
    chain = town.stage.chain
    return DecisionPost(
        store=changes.get("store", town.store),
        channel=changes.get("channel") or town.stage.municipality(),
        reader=changes.get("reader") or RegisterReader(chain.gateway(), chain.rpc()),
        clock=town.clock,
        opening_key=town.stage.claim_key,
        job_key=JOB_KEY,
        municipality=MUNICIPALITY,
    )
