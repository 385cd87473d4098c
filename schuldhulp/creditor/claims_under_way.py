"""Goes on with steps that have left this machine: signed transactions, and contents of what stands on chain."""

from __future__ import annotations

from typing import Final

from schuldhulp.creditor.claims_steps import Step, StepKind, StepState
from schuldhulp.creditor.claims_work import ClaimWork
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.transactions import Outcome, Transactions
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import SchuldhulpError

SETTLED_DEPTH: Final = 64
"""Blocks after which a step that stands on chain is not looked at any more."""


class UnderWay:
    """The steps of a journal that were begun and are not over."""

    def __init__(self, *, journal: ClaimJournal, work: ClaimWork, transactions: Transactions) -> None:
        """Take what is needed to go on.

        Args:
            journal: the steps.
            work: brings one to its end.
            transactions: tells what became of a transaction.
        """
        self._journal = journal
        self._work = work
        self._transactions = transactions

    def resume(self, height: int) -> tuple[str, ...]:
        """Finish what has left this machine, and send anew what the chain has lost again.

        Args:
            height: number of the newest block.

        Returns:
            Texts of the errors that stood in the way; none when nothing is left.
        """
        errors = []
        for step in self._journal.steps():
            try:
                if step.state is StepState.DONE and self._was_lost(step, height):
                    step = self._journal.advance(step, StepState.SIGNED)
                if step.state in (StepState.SIGNED, StepState.MINED):
                    self._go_on(step)
            except SchuldhulpError as error:
                errors.append(str(error))
        return tuple(errors)

    def finish_others(self, claim_id: ClaimId) -> None:
        """Finish what is under way; a transaction without a known end would share its nonce with the next one."""
        for step in self._journal.steps():
            if step.state not in (StepState.SIGNED, StepState.MINED):
                continue
            try:
                self._go_on(step)
            except SchuldhulpError:
                now = next(one for one in self._journal.steps(step.claim_id) if one.number == step.number)
                if now.state is StepState.SIGNED or (step.claim_id == claim_id and now.state is StepState.FAILED):
                    raise

    def drop_replaced(self, claim_id: ClaimId) -> None:
        """Give up contents of a claim that were never delivered, where a later step took their place on chain."""
        for step in self._journal.steps(claim_id):
            self._is_replaced(step)

    def _go_on(self, step: Step) -> None:
        if not self._is_replaced(step):
            self._work.finish(step)

    def _is_replaced(self, step: Step) -> bool:
        later = [one for one in self._journal.steps(step.claim_id) if one.number > step.number]
        on_chain = (StepState.MINED, StepState.DONE)
        if step.state is not StepState.MINED or not any(
            one.state in on_chain and one.kind is not StepKind.HAND_OVER for one in later
        ):
            return False
        # A later version stands on chain, or none at all: the municipality could only refuse this one.
        self._journal.advance(step, StepState.DONE, failure="superseded")
        return True

    def _was_lost(self, step: Step, height: int) -> bool:
        if step.transaction is None or step.block_number is None or height - step.block_number >= SETTLED_DEPTH:
            return False
        return self._transactions.look(step.transaction).outcome is not Outcome.MINED
