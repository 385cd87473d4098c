"""Brings a claim to a status, by the shortest way."""

from tests.contracts.conftest import account_of
from tests.contracts.values import MUNICIPALITY, ClaimStatus, make_claim_id, word

CLAIM = make_claim_id("claim")
CONTENTS = word("contents")
DECISION = word("decision")

S = ClaimStatus
ALLOWED = {
    S.FILED: {S.UNDER_REVIEW, S.ASKED, S.INCLUDED, S.DECLINED},
    S.UNDER_REVIEW: {S.ASKED, S.INCLUDED, S.DECLINED},
    S.ASKED: {S.UNDER_REVIEW, S.INCLUDED, S.DECLINED},
    S.INCLUDED: {S.ASKED, S.DECLINED, S.SETTLED},
    S.DECLINED: set(),
    S.SETTLED: set(),
    S.WITHDRAWN: set(),
}
"""Steps that a reviewer may take."""

OPEN = (S.FILED, S.UNDER_REVIEW, S.ASKED, S.INCLUDED)
UNDECIDED = (S.FILED, S.UNDER_REVIEW, S.ASKED)
CLOSED = (S.DECLINED, S.SETTLED, S.WITHDRAWN)


def bring_to(register, status: ClaimStatus, claim_id: bytes = CLAIM) -> None:
    """File a claim and take it to `status`."""
    creditor, reviewer = account_of("creditor"), account_of("reviewer")
    register.fileClaim(claim_id, MUNICIPALITY, CONTENTS, {"from": creditor})
    if status is S.WITHDRAWN:
        register.withdrawClaim(claim_id, {"from": creditor})
    elif status is S.SETTLED:
        register.decideClaim(claim_id, S.INCLUDED, DECISION, {"from": reviewer})
        register.decideClaim(claim_id, S.SETTLED, DECISION, {"from": reviewer})
    elif status is not S.FILED:
        register.decideClaim(claim_id, status, DECISION, {"from": reviewer})
    assert register.claim(claim_id)[2] == status
