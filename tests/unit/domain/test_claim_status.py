from __future__ import annotations

from itertools import product

import pytest

from schuldhulp.domain.claims import DECISIONS, ClaimStatus, check_decision, may_decide, may_file
from schuldhulp.errors import InvalidInput

OPEN = {ClaimStatus.FILED, ClaimStatus.UNDER_REVIEW, ClaimStatus.ASKED, ClaimStatus.INCLUDED}


def test_claim_status_has_the_numbers_of_the_contract():
    assert [status.name for status in ClaimStatus] == [
        "NONE", "FILED", "UNDER_REVIEW", "ASKED", "INCLUDED", "DECLINED", "SETTLED", "WITHDRAWN",
    ]  # fmt: skip
    assert list(ClaimStatus) == list(range(8))


@pytest.mark.parametrize("status", ClaimStatus)
def test_claim_is_open_from_filed_up_to_included(status):
    assert status.is_open == (status in OPEN)
    assert status.is_undecided == (status in OPEN - {ClaimStatus.INCLUDED})
    assert may_file(status) == (status not in OPEN)


@pytest.mark.parametrize(("current", "step"), list(product(ClaimStatus, ClaimStatus)))
def test_check_decision_follows_the_table(current, step):
    allowed = step in DECISIONS.get(current, ())
    assert may_decide(current, step) == allowed
    if allowed:
        check_decision(current, step)
    else:
        with pytest.raises(InvalidInput):
            check_decision(current, step)


def test_decisions_start_at_open_claims_and_never_file_or_withdraw():
    assert set(DECISIONS) == OPEN
    for steps in DECISIONS.values():
        assert not steps & {ClaimStatus.NONE, ClaimStatus.FILED, ClaimStatus.WITHDRAWN}
