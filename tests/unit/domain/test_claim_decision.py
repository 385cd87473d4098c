from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from schuldhulp.domain.claims import (
    DECISIONS,
    EXPLAINED,
    REASONS,
    ClaimDecision,
    ClaimStatus,
    DecisionReason,
    decision_from_plain,
    decision_to_plain,
    statement_is_old,
)
from schuldhulp.errors import InvalidInput

DECISION = ClaimDecision(
    claim_id=b"\x00\x0e" + b"\x01" * 30,
    commitment=b"\x02" * 32,
    municipality=14,
    status=ClaimStatus.DECLINED,
    reason=DecisionReason.CLIENT_UNKNOWN,
    decided_at=datetime(2026, 11, 3, 10, 0, tzinfo=UTC),
    salt=b"\x03" * 32,
)


def test_reasons_belong_to_steps_of_the_contract_and_none_is_left_over():
    steps = set().union(*DECISIONS.values())
    assert set(REASONS) == steps - {ClaimStatus.UNDER_REVIEW}
    assert set().union(*REASONS.values()) == set(DecisionReason)


@pytest.mark.parametrize("status", REASONS)
@pytest.mark.parametrize("reason", DecisionReason)
def test_claim_decision_takes_the_reasons_of_its_status_only(status, reason):
    def made() -> ClaimDecision:
        return dataclasses.replace(DECISION, status=status, reason=reason, text="Daarom.")

    if reason in REASONS[status]:
        assert made().reason is reason
        return
    with pytest.raises(InvalidInput) as caught:
        made()
    assert caught.value.field == "reason"


@pytest.mark.parametrize("status", [status for status in ClaimStatus if status not in REASONS])
def test_claim_decision_refuses_what_is_no_decision(status):
    with pytest.raises(InvalidInput) as caught:
        dataclasses.replace(DECISION, status=status)
    assert caught.value.field == "status"


@pytest.mark.parametrize("reason", sorted(EXPLAINED))
def test_claim_decision_needs_a_text_where_the_reason_says_nothing(reason):
    for text in ("", "  ", "x" * 2001):
        with pytest.raises(InvalidInput) as caught:
            dataclasses.replace(DECISION, status=ClaimStatus.ASKED, reason=reason, text=text)
        assert caught.value.field == "text"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("claim_id", b"\x01"),
        ("commitment", b""),
        ("salt", b"\x01" * 31),
        ("municipality", 0),
        ("decided_at", datetime(2026, 11, 3)),  # noqa: DTZ001 - without a zone
        ("decided_at", datetime(2026, 11, 3, microsecond=1, tzinfo=UTC)),
    ],
)
def test_claim_decision_names_the_field_that_is_wrong(field, value):
    with pytest.raises(InvalidInput) as caught:
        dataclasses.replace(DECISION, **{field: value})
    assert caught.value.field == field


def test_decision_from_plain_gives_back_what_went_in():
    assert decision_from_plain(decision_to_plain(DECISION)) == DECISION


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schema": 2}, "schema"),
        ({"schema": True}, "schema"),
        ({"status": "filed"}, "status"),
        ({"status": 5}, "status"),
        ({"reason": "because"}, "reason"),
        ({"more": 1}, "decision"),
        ({"decided_at": "2026-11-03"}, "decided_at"),
        ({"salt": "zz"}, "salt"),
    ],
)
def test_decision_from_plain_names_what_is_wrong(change, field):
    with pytest.raises(InvalidInput) as caught:
        decision_from_plain(decision_to_plain(DECISION) | change)
    assert caught.value.field == field


def test_decision_from_plain_names_what_is_missing():
    plain = decision_to_plain(DECISION)
    del plain["text"]
    with pytest.raises(InvalidInput) as caught:
        decision_from_plain(plain)
    assert caught.value.field == "text"


def test_repr_of_a_decision_shows_nothing_of_it():
    assert "client_unknown" not in repr(DECISION)


@pytest.mark.parametrize(
    ("statement", "today", "old"),
    [
        ("2026-05-23", "2026-11-23", False),
        ("2026-05-22", "2026-11-23", True),
        ("2026-05-24", "2026-11-23", False),
        ("2026-08-31", "2027-02-28", False),
        ("2026-08-31", "2027-03-01", True),
        ("2026-11-23", "2026-11-23", False),
    ],
)
def test_statement_is_old_after_six_months(statement, today, old):
    assert statement_is_old(date.fromisoformat(statement), date.fromisoformat(today)) is old
