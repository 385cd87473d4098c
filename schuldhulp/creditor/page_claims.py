"""Claims on the municipality's pages, handed in by the creditor's own client with the account that is kept there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.claims_decisions import ShownDecision
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.creditor.notices import ReceivedNotice
from schuldhulp.domain.claims import ClaimContents, receipt_from_plain
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import SchuldhulpError
from schuldhulp.services.creditor_pages.claim_views import PageClaim, PageDecision, PageNotice, ReceiptFile, Unfinished


class PageFiler:
    """Implements `services.creditor_pages.claim_views.Filer`, as a context manager that closes the client."""

    def __init__(self, client: ClaimClient) -> None:
        """Take the client."""
        self._client = client

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client, so that others can work with its journal."""
        self._client.close()

    def set_up(self) -> None:
        """Make the account ready; what is done already is left."""
        self._client.set_up()

    def file(self, contents: ClaimContents) -> PageClaim:
        """File a claim; as `ClaimClient.file`."""
        return _page_claim(self._client.file(contents))

    def amend(self, contents: ClaimContents) -> PageClaim:
        """Amend a claim; as `ClaimClient.amend`."""
        return _page_claim(self._client.amend(contents))

    def withdraw(self, claim_id: ClaimId) -> PageClaim:
        """Take a claim back; as `ClaimClient.withdraw`."""
        return _page_claim(self._client.withdraw(claim_id))

    def hand_over(self, claim_id: ClaimId, holder: str) -> PageClaim:
        """Pass a claim on; as `ClaimClient.hand_over`."""
        return _page_claim(self._client.hand_over(claim_id, holder))

    def go_on(self, claim_id: ClaimId) -> PageClaim:
        """Finish the step that was begun; as `ClaimClient.go_on`."""
        return _page_claim(self._client.go_on(claim_id))

    def list(self) -> Sequence[PageClaim]:
        """Return all claims, in the order in which they were first handed in."""
        return [_page_claim(state) for state in self._client.list()]

    def state(self, claim_id: ClaimId) -> PageClaim:
        """Return one claim."""
        return _page_claim(self._client.state(claim_id))

    def known(self) -> Sequence[ClaimId]:
        """Return the ids of all claims; the chain is not asked."""
        return self._client.known()

    def contents(self, claim_id: ClaimId) -> ClaimContents:
        """Return what was handed in last; as `ClaimClient.contents`."""
        return self._client.contents(claim_id)

    def receipts(self, claim_id: ClaimId) -> Sequence[ReceiptFile]:
        """Return the receipts of a claim, newest first."""
        return [_receipt_file(document) for document in reversed(self._client.receipts(claim_id))]

    def notices(self) -> Sequence[PageNotice]:
        """Return the notices that came, in the order in which they did."""
        return [_page_notice(received) for received in self._client.notices.received()]

    def acknowledge(self, message: bytes) -> PageNotice:
        """Sign for a notice and send that; as `NoticeBox.acknowledge`."""
        return _page_notice(self._client.notices.acknowledge(message))

    def catch_up(self) -> Sequence[str]:
        """Finish what has left this machine and fetch what the municipality sent; return what stood in the way."""
        problems = list(self._client.resume())
        try:
            collected = self._client.collect()
        except SchuldhulpError as error:
            return [*problems, str(error)]
        return [*problems, *collected.problems]


def _page_claim(state: ClaimState) -> PageClaim:
    return PageClaim(
        claim_id=state.claim_id,
        reference=state.reference,
        status=state.status,
        filed_at=state.filed_at,
        changed_at=state.changed_at,
        is_holder=state.is_holder,
        is_current=state.is_current,
        delivered_at=state.delivered_at,
        unfinished=Unfinished(state.unfinished.value) if state.unfinished is not None else None,
        receipt=state.receipt,
        renewal_due=state.renewal_due,
        renewal_asked_at=state.renewal_asked_at,
        decision=_page_decision(state.decision) if state.decision is not None else None,
        awaits_reason=state.awaits_reason,
        problems=state.problems,
    )


def _page_decision(decision: ShownDecision) -> PageDecision:
    return PageDecision(
        status=decision.status,
        reason=decision.reason,
        text=decision.text,
        decided_at=decision.decided_at,
        is_of_present=decision.is_of_present,
        is_current=decision.is_current,
    )


def _page_notice(received: ReceivedNotice) -> PageNotice:
    return PageNotice(
        notice=received.notice,
        message=received.message,
        acknowledged_at=received.acknowledged_at,
        sent_at=received.delivered_at,
        days_left=received.days_left,
    )


def _receipt_file(document: str) -> ReceiptFile:
    plain = json.loads(document)
    receipt = receipt_from_plain({"receipt": plain["receipt"], "signature": plain["signature"]}).receipt
    return ReceiptFile(
        name=f"{receipt.claim_id.hex()[:20]}-{receipt.received_at:%Y%m%d-%H%M%S}.json",
        outcome=receipt.outcome,
        received_at=receipt.received_at,
        content=f"{json.dumps(plain, indent=2)}\n".encode(),
    )
