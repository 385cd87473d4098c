"""What a creditor's journal and the chain say together of its claims."""

from __future__ import annotations

from collections.abc import Sequence

from schuldhulp.creditor.claims_chain import ClaimOnChain, RegisterView
from schuldhulp.creditor.claims_decisions import DecidedOnChain, decided_on_chain, judged
from schuldhulp.creditor.claims_state import ClaimState, claim_state
from schuldhulp.creditor.claims_steps import KeptMessage, StepState
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.crypto.claim_decisions import open_decision
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import ClaimContents
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import NotFound
from schuldhulp.services.claims.ports import MessageKind
from schuldhulp.services.ports import Clock


class ClaimReading:
    """Reads the claims of one creditor; changes nothing."""

    def __init__(self, *, journal: ClaimJournal, messages: OpeningKey, account: str, clock: Clock) -> None:
        """Take what is read.

        Args:
            journal: steps and messages.
            messages: opens decisions.
            account: checksummed address of the creditor's account.
            clock: tells which day it is.
        """
        self._journal = journal
        self._messages = messages
        self._account = account
        self._clock = clock

    def list(self, register: RegisterView) -> Sequence[ClaimState]:
        """Return all claims that the journal knows, in the order in which they were first handed in."""
        claim_ids = self.known()
        decided = decided_on_chain(register, claim_ids)
        return [
            self._state(claim_id, on_chain, decided[claim_id])
            for claim_id, on_chain in zip(claim_ids, register.claims(claim_ids), strict=True)
        ]

    def known(self) -> Sequence[ClaimId]:
        """Return the ids of all claims that the journal knows.

        A claim with which every step was refused was never this creditor's. One that was handed to this creditor is
        known from what the municipality decided or asked about it.
        """
        own = [step.claim_id for step in self._journal.steps() if step.state is not StepState.FAILED]
        sent = [*self._sent(MessageKind.DECISION), *self._sent(MessageKind.RENEWAL)]
        return tuple(dict.fromkeys([*own, *(message.claim_id for message in sent)]))

    def state(self, register: RegisterView, claim_id: ClaimId) -> ClaimState:
        """Return the state of one claim."""
        return self._state(claim_id, register.claim(claim_id), decided_on_chain(register, [claim_id])[claim_id])

    def contents(self, claim_id: ClaimId) -> ClaimContents:
        """Return the contents that this creditor handed in last.

        Raises:
            NotFound: it never handed in any.
        """
        step = next((one for one in reversed(self._journal.steps(claim_id)) if one.claim and not one.failure), None)
        if step is None or step.claim is None:
            raise NotFound("claim_unknown", "this journal holds no contents of that claim", field="claim")
        return step.claim.contents

    def receipts(self, claim_id: ClaimId) -> Sequence[str]:
        """Return the receipts of a claim as their files hold them, JSON, oldest first."""
        kept = self._journal.messages(claim_id)
        return [one.document for one in kept if one.kind == MessageKind.RECEIPT and one.document is not None]

    def _sent(self, kind: MessageKind, claim_id: ClaimId | None = None) -> Sequence[KeptMessage]:
        kept = self._journal.messages(claim_id)
        return [one for one in kept if one.kind == kind and one.problem is None]

    def _state(self, claim_id: ClaimId, on_chain: ClaimOnChain, decided: Sequence[DecidedOnChain]) -> ClaimState:
        documents = [
            open_decision(self._messages, claim_id, message.content)
            for message in self._sent(MessageKind.DECISION, claim_id)
        ]
        return claim_state(
            claim_id,
            on_chain=on_chain,
            steps=self._journal.steps(claim_id),
            messages=self._journal.messages(claim_id),
            account=self._account,
            today=self._clock.now().date(),
            judgement=judged(documents, decided, on_chain.status),
        )
