"""The page on which a creditor's employee reads notices and signs for them."""

from __future__ import annotations

import pytest

from schuldhulp.errors import Unreachable
from schuldhulp.services.creditor_pages.claim_views import PageNotice
from tests.app.conftest import press, text_of
from tests.support.fake_cockpit import NOW
from tests.support.fake_notices import notice_view

PATH = "ontvangen-kennisgevingen"
MESSAGE = bytes.fromhex("ab" * 32)
SIGN = f"told_sign_{MESSAGE.hex()[:16]}"


def told(**changes):
    """Make a notice that came."""
    values = {"message": MESSAGE, "acknowledged_at": None, "sent_at": None, "days_left": 10, **changes}
    return PageNotice(notice=notice_view().notice, **values)


def test_page_says_when_nothing_came(visit):
    at = visit("creditor", PATH)
    assert "nog geen kennisgeving" in text_of(at)


def test_page_is_closed_without_an_account(visit, fake):
    fake.creditor_claims.open_ = False
    fake.creditor_claims.told = [told()]
    at = visit("creditor", PATH)
    assert "staat voor uw organisatie nog uit" in text_of(at)
    assert "Jansen" not in text_of(at)


@pytest.mark.parametrize("who", ["resident", "caseworker", "administrator", None])
def test_page_is_for_creditors_alone(visit, fake, who):
    fake.creditor_claims.told = [told()]
    at = visit(who, PATH)
    assert "Jansen" not in text_of(at)
    assert SIGN not in [button.key for button in at.button]


def test_notice_is_read_and_signed_for_once(visit, fake):
    fake.creditor_claims.told = [told()]
    at = visit("creditor", PATH)
    for part in ("4F2A-91C3-77B0", "Jansen", "K-1", "werkdagen over: 10", "Nog niet bevestigd"):
        assert part in text_of(at)
    at = press(at, SIGN)
    assert fake.creditor_claims.told[0].acknowledged_at == NOW
    assert "Bevestigd op" in text_of(at)
    assert SIGN not in [button.key for button in at.button]


def test_signature_that_was_not_sent_is_sent_again(visit, fake):
    fake.creditor_claims.told = [told(acknowledged_at=NOW, days_left=-1)]
    at = visit("creditor", PATH)
    assert "nog niet verstuurd" in text_of(at)
    assert "de termijn is voorbij" in text_of(at)
    fake.creditor_claims.failing = Unreachable("evaluator_unreachable", "the evaluator does not answer")
    at = press(at, SIGN)
    assert fake.creditor_claims.told[0].sent_at is None
    at = press(at, SIGN)
    assert fake.creditor_claims.told[0].sent_at == NOW
