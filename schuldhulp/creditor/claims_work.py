"""Carries out one step with a claim: transaction first, then the sealed contents. Killed anywhere, it goes on there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schuldhulp.creditor.claims_chain import CONTRACT, RegisterView, call_data, explain
from schuldhulp.creditor.claims_steps import Step, StepKind, StepState
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.transactions import Outcome, Transactions
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.claims import seal_claim
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import Conflict, Deviation, Misconfigured
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import Refusal
from schuldhulp.services.claims.ports import MUNICIPALITY, Channel, MessageKind
from schuldhulp.services.ports import MunicipalityState, SignedTransaction

Municipalities = Callable[[MunicipalityCode], tuple[MunicipalityState, Channel]]
"""Gives what the registry says of a municipality now, and the channel to its evaluator."""

TRIES: Final = 5
"""How often a step is signed anew when other transactions of the account take its place."""


def municipality_of(claim_id: ClaimId) -> MunicipalityCode:
    """Return the municipality that an id begins with."""
    return MunicipalityCode(int.from_bytes(claim_id[:2], "big"))


class ClaimWork:
    """Brings steps to their end."""

    def __init__(
        self,
        *,
        journal: ClaimJournal,
        transactions: Transactions,
        deployment: NetworkDeployment,
        municipalities: Municipalities,
        registers: Callable[[], RegisterView],
    ) -> None:
        """Take what is needed to sign, send and deliver.

        Args:
            journal: keeps how far each step is.
            transactions: signs for the creditor's account.
            deployment: where the ClaimRegister stands.
            municipalities: gives the claim key and the channel of a municipality.
            registers: gives the ClaimRegister at the newest block.
        """
        self._journal = journal
        self._transactions = transactions
        self._register = deployment.contract(CONTRACT).address
        self._municipalities = municipalities
        self._registers = registers

    def require_ready(self) -> None:
        """Refuse an account whose first nonce is not used up.

        A development chain carries a transaction with nonce 0 out again whenever it is sent again.

        Raises:
            Misconfigured: set-up was not run.
        """
        if self._transactions.used() == 0:
            raise Misconfigured(
                "account_not_set_up", "this account has sent nothing yet: run `schuldhulp claim set-up` first"
            )

    def finish(self, step: Step) -> Step:
        """Do what is left of a step.

        Args:
            step: as the journal has it.

        Returns:
            The step, done.

        Raises:
            Conflict, NotAllowed: the chain refuses it; the step has failed and nothing came of it.
            Unreachable: node or evaluator do not answer, or no block came in time; to be run again.
        """
        tries = 0
        while step.state in (StepState.BEGUN, StepState.SIGNED):
            if step.state is StepState.BEGUN:
                tries += 1
                if tries > TRIES:
                    raise Conflict("account_busy", "another program sends transactions of this account; run it alone")
                step = self._sign(step)
            step = self._settle(step)
        if step.state is StepState.MINED:
            step = self._deliver(step)
        return step

    def call_of(self, step: Step) -> bytes:
        """Return the call data of a step."""
        claim_id, commitment = step.claim_id, step.commitment
        match step.kind:
            case StepKind.FILE:
                inputs = ["bytes32", "uint16", "bytes32"]
                values = [claim_id, municipality_of(claim_id), commitment]
                return call_data("fileClaim(bytes32,uint16,bytes32)", inputs, values)
            case StepKind.AMEND if step.claim is not None:
                inputs = ["bytes32", "bytes32", "bytes32"]
                values = [claim_id, step.claim.replaces, commitment]
                return call_data("amendClaim(bytes32,bytes32,bytes32)", inputs, values)
            case StepKind.WITHDRAW:
                return call_data("withdrawClaim(bytes32)", ["bytes32"], [claim_id])
            case StepKind.HAND_OVER:
                return call_data("handOverClaim(bytes32,address)", ["bytes32", "address"], [claim_id, step.holder])
        raise Misconfigured("journal_invalid", "a step of the journal lacks its contents", field="journal")

    def _sign(self, step: Step) -> Step:
        data = self.call_of(step)
        try:
            gas = self._transactions.estimate(to=self._register, data=data)
        except Refusal as refusal:
            reason = explain(refusal)
            self._journal.advance(step, StepState.FAILED, failure=reason.key)
            raise reason from None
        signed = self._transactions.sign(to=self._register, data=data, nonce=self._transactions.used(), gas=gas)
        # Kept before it is sent: after a kill the same bytes are sent again, and carried out once.
        return self._journal.advance(
            step, StepState.SIGNED, raw=signed.raw, tx_hash=signed.tx_hash, nonce=signed.nonce, block_number=None
        )

    def _settle(self, step: Step) -> Step:
        transaction = step.transaction
        if transaction is None:
            return self._journal.advance(step, StepState.BEGUN)
        if (dearer := self._transactions.dearer(transaction)) is not None and self._is_open(transaction):
            transaction = dearer
            step = self._journal.advance(step, StepState.SIGNED, raw=dearer.raw, tx_hash=dearer.tx_hash)
        found = self._transactions.wait(transaction)
        done = StepState.MINED if step.kind.has_contents else StepState.DONE
        if found.outcome is Outcome.REPLACED:
            # By a copy of it at another price, or by something else of this account: the chain tells which.
            if self._stands(step):
                return self._journal.advance(step, done)
            return self._journal.advance(step, StepState.BEGUN, raw=None, tx_hash=None, nonce=None)
        if found.outcome is Outcome.REVERTED:
            return self._refused(step)
        return self._journal.advance(step, done, block_number=found.block_number)

    def _is_open(self, transaction: SignedTransaction) -> bool:
        return self._transactions.look(transaction).outcome is Outcome.OPEN

    def _stands(self, step: Step) -> bool:
        """Say whether what a step was to do is done on chain, by this account."""
        claim = self._registers().claim(step.claim_id)
        match step.kind:
            case StepKind.WITHDRAW:
                return claim.status is ClaimStatus.WITHDRAWN
            case StepKind.HAND_OVER:
                return claim.holder == step.holder
        # A commitment has a random salt of ours in it: nobody else can have put it there.
        return claim.commitment == step.commitment

    def _refused(self, step: Step) -> Step:
        """Name why a transaction failed that the node had found good: somebody else was first."""
        reason: Exception = Conflict("chain_refuses", "the claim register refused this step; look at the claim again")
        try:
            self._transactions.estimate(to=self._register, data=self.call_of(step))
        except Refusal as refusal:
            reason = explain(refusal)
        self._journal.advance(step, StepState.FAILED, failure=getattr(reason, "key", "chain_refuses"))
        raise reason

    def _deliver(self, step: Step) -> Step:
        if step.claim is None:
            raise Misconfigured("journal_invalid", "a step of the journal lacks its contents", field="journal")
        state, channel = self._municipalities(municipality_of(step.claim_id))
        if not any(state.claim_key):
            raise Misconfigured(
                "claim_key_missing", "the municipality has no claim key on chain, so nothing can be sealed to it"
            )
        sealed = step.sealed
        # The municipality may have taken a new key since: what is sealed to the old one might not open any more.
        if sealed is None or step.sealed_to != state.claim_key:
            sealed = seal_claim(state.claim_key, step.claim)
            step = self._journal.advance(step, StepState.MINED, sealed=sealed, sealed_to=state.claim_key)
        delivered = channel.deliver(MessageKind.CLAIM, step.claim_id, MUNICIPALITY, sealed)
        if delivered.message != message_hash(sealed):
            raise Deviation("message_other", "the evaluator acknowledged something else than was delivered")
        return self._journal.advance(
            step,
            StepState.DONE,
            message=delivered.message,
            delivered_at=delivered.received_at.isoformat(),
        )
