from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from schuldhulp.creditor.claims_state import newest_receipt
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.domain.claims import (
    ClaimReceipt,
    ReceiptOutcome,
    RefusalReason,
    SignedReceipt,
    receipt_to_plain,
)
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode

CLAIM = ClaimId(bytes(32))
VERSION, BEFORE, NONE = (Commitment(bytes([number]) * 32) for number in (1, 2, 0))
OWN, OTHER, NOTHING = (bytes([number]) * 32 for number in (3, 4, 0))


def kept(number: int, commitment: Commitment, message: bytes, reason: RefusalReason | None) -> KeptMessage:
    receipt = ClaimReceipt(
        claim_id=CLAIM,
        commitment=commitment,
        municipality=MunicipalityCode(14),
        holder="0x" + "ab" * 20,
        message=message,
        outcome=ReceiptOutcome.REFUSED if reason else ReceiptOutcome.ACCEPTED,
        reason=reason,
        received_at=datetime(2026, 11, 23, tzinfo=UTC),
        block_number=number,
        block_hash=bytes(32),
    )
    document = json.dumps(receipt_to_plain(SignedReceipt(receipt=receipt, signature=bytes(65))))
    return KeptMessage(
        message=bytes([number]) * 32,
        municipality=MunicipalityCode(14),
        claim_id=CLAIM,
        number=number,
        problem=None,
        content=b"",
        document=document,
        kind="receipt",
    )


UNREADABLE = KeptMessage(
    message=b"\x99" * 32,
    municipality=MunicipalityCode(14),
    claim_id=CLAIM,
    number=99,
    problem="undecryptable",
    content=b"",
    document=None,
)


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ([], None),
        ([(BEFORE, OWN, None)], None),
        ([(VERSION, OWN, RefusalReason.UNDECRYPTABLE), (VERSION, OWN, None)], 2),
        ([(VERSION, OWN, None), (VERSION, OTHER, RefusalReason.COMMITMENT_MISMATCH)], 1),
        ([(VERSION, OTHER, RefusalReason.COMMITMENT_MISMATCH), (BEFORE, OWN, None)], 1),
        ([(VERSION, NOTHING, RefusalReason.CONTENTS_MISSING), (VERSION, OTHER, RefusalReason.COMMITMENT_MISMATCH)], 1),
        ([(NONE, OWN, RefusalReason.NOT_FILED), (VERSION, OWN, RefusalReason.HOLDER_MISMATCH)], 2),
        ([(NONE, OWN, RefusalReason.NOT_FILED)], 1),
    ],
)
def test_newest_receipt_is_the_one_that_counts_for_the_version_on_chain(said, counts):
    messages = [kept(number, *one) for number, one in enumerate(said, start=1)]
    found = newest_receipt([*messages, UNREADABLE], VERSION, OWN)
    assert (found.block_number if found else None) == counts
