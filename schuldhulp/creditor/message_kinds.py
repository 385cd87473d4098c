"""What a creditor can make of the messages that municipalities send it: one check for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_chain import CONTRACT
from schuldhulp.creditor.claims_receipts import CheckedReceipt, check_receipt
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.creditor.claims_work import municipality_of
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.notice_contents import current_signer, notice_problem
from schuldhulp.creditor.receipt_times import LEAD
from schuldhulp.creditor.statement_receipts import checked_statement_receipt
from schuldhulp.crypto.claim_decisions import open_decision
from schuldhulp.crypto.renewals import open_renewal, renewal_signer
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.renewals import renewal_to_plain
from schuldhulp.services.claims.ports import MessageKind


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a message comes to.

    Attributes:
        problem: key of what is wrong with it, None when nothing is.
        document: what is kept of it opened, beside the sealed bytes, as JSON text; None when nothing is.
        receipt: of a receipt what it proves; None for other kinds.
    """

    problem: str | None = None
    document: str | None = field(default=None, repr=False)
    receipt: CheckedReceipt | None = None


class MessageHandler(Protocol):
    """Checks the messages of one kind, after it was found that the bytes are those that their hash names."""

    def check(self, kept: KeptMessage) -> Judged:
        """Say what a message comes to; nothing is written here.

        Raises:
            Unreachable: what is needed for it does not answer; the message is collected again.
            SchuldhulpError: any other: its key is what is wrong with the message, and it is kept with that.
        """


class ReceiptCheck:
    """Checks receipts of claims."""

    def __init__(self, *, access: ClaimAccess, journal: ClaimJournal, messages: OpeningKey) -> None:
        """Take the chain, the creditor's own steps, and what opens messages."""
        self._access = access
        self._journal = journal
        self._messages = messages

    def check(self, kept: KeptMessage) -> Judged:
        """Open a receipt and find out who signed it."""
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
        return Judged(document=json.dumps(receipt.to_plain()), receipt=receipt)


class DecisionCheck:
    """Checks decisions on claims. What one says stays sealed; the chain is asked each time it is shown."""

    def __init__(self, messages: OpeningKey) -> None:
        """Take what opens messages."""
        self._messages = messages

    def check(self, kept: KeptMessage) -> Judged:
        """See that it opens, and is of the municipality whose claim it is."""
        decision = open_decision(self._messages, kept.claim_id, kept.content)
        is_own = decision.municipality == kept.municipality == municipality_of(kept.claim_id)
        return Judged(problem=None if is_own else "decision_elsewhere")


class RenewalCheck:
    """Checks the municipality's questions for a new statement of a claim."""

    def __init__(self, *, access: ClaimAccess, messages: OpeningKey) -> None:
        """Take the chain, and what opens messages."""
        self._access = access
        self._messages = messages

    def check(self, kept: KeptMessage) -> Judged:
        """Open a question and see that the municipality's receipt signer asks it, of this account."""
        signed = open_renewal(self._messages, kept.claim_id, kept.content)
        request = signed.request
        if not request.municipality == kept.municipality == municipality_of(kept.claim_id):
            return Judged(problem="renewal_elsewhere")
        if request.holder.lower() != self._access.account.lower():
            return Judged(problem="holder_other")
        deployment = self._access.deployment
        signer = renewal_signer(
            signed, chain_id=deployment.chain_id, claim_register=deployment.contract(CONTRACT).address
        )
        if signer != current_signer(request.municipality, access=self._access):
            return Judged(problem="signer_other")
        return Judged(document=json.dumps(renewal_to_plain(signed)))


class StatementReceiptCheck:
    """Checks the municipality's signatures under statements."""

    def __init__(self, *, access: ClaimAccess, messages: OpeningKey) -> None:
        """Take the chain, and what opens messages."""
        self._access = access
        self._messages = messages

    def check(self, kept: KeptMessage) -> Judged:
        """Open a receipt and see that the municipality's receipt signer signed it, for this account."""
        problem, document = checked_statement_receipt(kept, access=self._access, messages=self._messages)
        return Judged(problem=problem, document=document)


class NoticeCheck:
    """Checks notices that somebody gets help. What one says stays sealed."""

    def __init__(self, *, access: ClaimAccess, messages: OpeningKey) -> None:
        """Take the chain, and what opens messages."""
        self._access = access
        self._messages = messages

    def check(self, kept: KeptMessage) -> Judged:
        """See that it opens and stands for what it says, and that the municipality sends it to this account."""
        return Judged(problem=notice_problem(kept, access=self._access, messages=self._messages))


def message_handlers(
    *, access: ClaimAccess, journal: ClaimJournal, messages: OpeningKey
) -> Mapping[MessageKind, MessageHandler]:
    """Return the check of each kind that this version can use; other kinds wait for a newer one.

    Args:
        access: chain and channels.
        journal: the creditor's own steps.
        messages: opens what municipalities seal.
    """
    return {
        MessageKind.RECEIPT: ReceiptCheck(access=access, journal=journal, messages=messages),
        MessageKind.DECISION: DecisionCheck(messages),
        MessageKind.NOTICE: NoticeCheck(access=access, messages=messages),
        MessageKind.RENEWAL: RenewalCheck(access=access, messages=messages),
        MessageKind.STATEMENT_RECEIPT: StatementReceiptCheck(access=access, messages=messages),
    }
