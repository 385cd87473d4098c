"""`schuldhulp notice` as a creditor types it, over the real channel."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from schuldhulp.cli import notices_received
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.errors import InvalidInput, NotFound, Unreachable
from tests.integration.claims.test_notices import posted, taken_in, written
from tests.support.intake import Town


@pytest.fixture
def told(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Two notices wait in the creditor's mailbox, and the commands open its client."""
    monkeypatch.setattr(notices_received, "load_settings", SimpleNamespace)
    monkeypatch.setattr(notices_received, "claim_client", lambda settings, organisation: town.stage.client())
    for number in (1, 2):
        written(town, number)
    assert posted(town) == (2, 0)
    return town


def test_list_fetches_what_is_new_and_says_what_is_to_sign_for(told: Town, capsys: pytest.CaptureFixture[str]) -> None:
    notices_received.list_(collect=False)
    assert "0101-0101-0101" not in capsys.readouterr().out
    notices_received.list_()
    said = capsys.readouterr().out
    for part in ("0101-0101-0101", "0202-0202-0202", "K-1", "2 to sign for: schuldhulp notice show NOTICE"):
        assert part in said
    notices_received.list_(collect=False, json=True)
    plain = json.loads(capsys.readouterr().out)
    assert plain["problems"] == []
    assert [(one["daysLeft"], one["acknowledgedAt"]) for one in plain["notices"]] == [(10, None), (10, None)]


def test_list_shows_what_is_here_when_the_evaluator_is_silent(
    told: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    notices_received.list_()
    capsys.readouterr()

    def silent(*_: object) -> None:
        raise Unreachable("evaluator_silent", "does not answer")

    monkeypatch.setattr(HttpChannel, "collect", silent)
    notices_received.list_()
    found = capsys.readouterr()
    assert "0101-0101-0101" in found.out
    assert "new notices could not be fetched" in found.err


def test_show_says_who_gets_help_and_what_is_asked(told: Town, capsys: pytest.CaptureFixture[str]) -> None:
    notices_received.list_()
    capsys.readouterr()
    notices_received.show("0202")
    said = capsys.readouterr().out
    for part in (
        "notice 0202-0202-0202 of Gemeente Teststad, signed by its municipality at 20",
        "gets help: Jansen, born 1980-02-00",
        "your reference: K-1",
        "run up no further costs",
        "contact: schuldhulp@example.nl",
        "signed for: no",
    ):
        assert part in said
    notices_received.show("0202", json=True)
    plain = json.loads(capsys.readouterr().out)
    assert (plain["number"], plain["notice"]["recipient"]) == ("0202-0202-0202", "Nutsbedrijf Voorbeeld")
    with pytest.raises(NotFound):
        notices_received.show("0303")


def test_acknowledge_signs_for_one_and_then_for_all_that_are_left(
    told: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    notices_received.list_()
    capsys.readouterr()
    notices_received.acknowledge("0101-0101-0101")
    assert capsys.readouterr().out == "0101-0101-0101: signed for, the municipality has it\n"
    notices_received.acknowledge(every=True, json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert one["number"] == "0202-0202-0202"
    assert one["deliveredAt"]
    notices_received.acknowledge(every=True)
    assert capsys.readouterr().out == "nothing to sign for\n"
    notices_received.list_()
    assert "to sign for" not in capsys.readouterr().out
    assert taken_in(told) == (2, 0)


@pytest.mark.parametrize(("notice", "every"), [("", False), ("0101", True)])
def test_acknowledge_wants_one_notice_or_all(notice: str, every: bool) -> None:
    with pytest.raises(InvalidInput) as caught:
        notices_received.acknowledge(notice, every=every)
    assert caught.value.field == "NOTICE"
