from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schuldhulp.cli.statements import REFUSALS, _plain, _state
from schuldhulp.creditor.statements import StatementStanding
from schuldhulp.domain.statement_refusals import SignedRefusal, StatementRefusal
from schuldhulp.services.statements.rows import StatementFinding
from tests.support.statements import SENDER, make_statement


def refused(reason: str) -> StatementStanding:
    moment = datetime(2026, 11, 2, 9, 31, tzinfo=UTC)
    statement = make_statement()
    refusal = StatementRefusal(
        message=b"\x11" * 32,
        municipality=statement.municipality,
        account=SENDER.address,
        reason=reason,
        refused_at=moment,
    )
    return StatementStanding(
        statement=statement,
        message=refusal.message,
        delivered_at=moment,
        receipt=None,
        refusal=SignedRefusal(refusal=refusal, signature=bytes(65)),
        is_late=False,
    )


@pytest.mark.parametrize("finding", [one for one in StatementFinding if one])
def test_state_says_of_every_finding_what_is_wrong(finding: StatementFinding) -> None:
    assert _state(refused(finding.value)) == f"refused: {REFUSALS[finding]}"


def test_state_shows_the_code_of_a_newer_municipality() -> None:
    assert _state(refused("something_new")) == "refused: something_new"


def test_plain_holds_the_refusal_and_nothing_of_the_client() -> None:
    plain = _plain(refused("undecryptable"))
    assert plain["refusal"]["refusal"]["reason"] == "undecryptable"
    assert plain["receipt"] is None
    assert "Jansen" not in str(plain)
