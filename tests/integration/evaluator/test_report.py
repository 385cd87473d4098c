from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from schuldhulp import errors
from schuldhulp.cli import evaluator as command
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.domain.access import Actor, Role
from schuldhulp.services.claims.ports import ClaimIdQuota
from schuldhulp.services.evaluator_report import EvaluatorReports, MunicipalityDay, ReviewerDay
from schuldhulp.services.ports import ChannelLine, RefusalLine, UsageLine
from schuldhulp.storage.messages import MessageDatabase
from tests.support.evaluation import CURRENT, KVK, NOON, OLDEST, Evaluator, make_elements, make_evaluator, parsed

ADMINISTRATOR = Actor(kind="staff", id="a.beheer", roles=frozenset({Role.ADMINISTRATOR}))
TODAY = NOON.date()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def asked(tmp_path: Path, evaluator_keys: EvaluatorKeys) -> Evaluator:
    """An evaluator of which was asked something on two days."""
    made = make_evaluator(tmp_path, evaluator_keys)
    made.admit(daily=5)
    ask(made, elements=make_elements(2))
    ask(made, elements=make_elements(1), epoch=OLDEST)
    for _ in range(3):
        refuse(made, elements=make_elements(3))
    refuse(made, organisation="87654321")
    ask(made, organisation="municipality", signer=made.registrar, elements=make_elements(8))
    ask_claim_ids(made, 3)
    ask_claim_ids(made, 5, organisation="municipality", nonce=bytes([1] * 32))
    made.clock.advance(days=1)
    ask(made, elements=make_elements(4))
    ask(made, organisation="municipality", signer=made.registrar, elements=make_elements(7))
    made.service.close()
    return made


def ask(evaluator: Evaluator, **changes: Any) -> None:
    evaluator.service.evaluate(parsed(evaluator.request(**changes)))


def ask_claim_ids(evaluator: Evaluator, elements: int, *, organisation: str = KVK, nonce: bytes = bytes(32)) -> None:
    database = MessageDatabase(evaluator.url)
    assert database.charge_claim_ids(
        organisation=organisation,
        account=evaluator.creditor.address,
        quota=ClaimIdQuota(organisation=5, account=None),
        elements=elements,
        nonce=nonce,
        at=evaluator.clock.now(),
    )
    database.close()


def refuse(evaluator: Evaluator, **changes: Any) -> None:
    with pytest.raises(errors.SchuldhulpError):
        ask(evaluator, **changes)


@pytest.fixture
def reports(asked: Evaluator) -> EvaluatorReports:
    return EvaluatorReports(
        store=asked.store, clock=asked.clock, municipality_quota=10, reviewer_claim_ids=6, reviewer_messages=4
    )


def line(day: date, asker: str, epoch: int, requests: int, elements: int) -> UsageLine:
    return UsageLine(day=day, asker=asker, epoch=epoch, requests=requests, elements=elements)


def test_report_says_who_asked_how_much_by_day_and_epoch_and_what_was_refused(reports: EvaluatorReports) -> None:
    found = reports.report(actor=ADMINISTRATOR)
    assert (found.first, found.last) == (TOMORROW - timedelta(days=6), TOMORROW)
    assert found.usage == (
        line(TODAY, KVK, OLDEST, 1, 1),
        line(TODAY, KVK, CURRENT, 1, 2),
        line(TODAY, "municipality", CURRENT, 1, 8),
        line(TOMORROW, KVK, CURRENT, 1, 4),
        line(TOMORROW, "municipality", CURRENT, 1, 7),
    )
    assert found.channel == (
        ChannelLine(day=TODAY, asker=KVK, claim_ids=3, messages=0, size=0),
        ChannelLine(day=TODAY, asker="municipality", claim_ids=5, messages=0, size=0),
    )
    assert found.reviewer == (ReviewerDay(day=TODAY, claim_ids=5, messages=0, alarm=True),)
    assert (found.reviewer_claim_ids, found.reviewer_messages) == (6, 4)
    assert found.refusals == (
        RefusalLine(day=TODAY, asker="", reason="signature_unknown", times=1),
        RefusalLine(day=TODAY, asker=KVK, reason="daily_quota_spent", times=3),
    )
    assert found.municipality == (
        MunicipalityDay(day=TODAY, elements=8, alarm=True),
        MunicipalityDay(day=TOMORROW, elements=7, alarm=False),
    )
    assert found.names == {KVK: "Nutsbedrijf Voorbeeld"}


def test_report_takes_both_days_in(reports: EvaluatorReports) -> None:
    found = reports.report(actor=ADMINISTRATOR, first=TOMORROW, last=TOMORROW)
    assert {row.day for row in found.usage} == {TOMORROW}
    assert found.refusals == ()
    with pytest.raises(errors.InvalidInput):
        reports.report(actor=ADMINISTRATOR, first=TOMORROW, last=TODAY)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_report_is_for_administrators(reports: EvaluatorReports, role: Role) -> None:
    kind: Any = {Role.RESIDENT: "resident", Role.CREDITOR: "creditor"}.get(role, "staff")
    with pytest.raises(errors.NotAllowed):
        reports.report(actor=Actor(kind=kind, id="x", roles=frozenset({role})))


@pytest.fixture
def run(reports: EvaluatorReports, monkeypatch: pytest.MonkeyPatch) -> Any:
    @contextmanager
    def work_as(_login: str) -> Iterator[Any]:
        @contextmanager
        def opened() -> Iterator[EvaluatorReports]:
            yield reports

        yield SimpleNamespace(actor=ADMINISTRATOR, cockpit=SimpleNamespace(evaluator_reports=opened))

    monkeypatch.setattr(command, "work_as", work_as)

    def invoke(*arguments: str) -> str:
        done = CliRunner().invoke(command.app, ["report", *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return invoke


def test_command_shows_the_alarm_and_names_nobody_who_was_asked_about(run: Any) -> None:
    text = run()
    assert f"ALARM {TODAY}: it asked 8" in text
    assert f"ALARM {TODAY}: it had 5 claim ids computed and sent 0 messages" in text
    assert f"ALARM {TOMORROW}" not in text
    assert "Nutsbedrijf Voorbeeld" in text
    assert "daily_quota_spent" in text


def test_command_answers_as_json(run: Any) -> None:
    found = json.loads(run("--json", "--from", TODAY.isoformat(), "--to", TODAY.isoformat()))
    assert [row["questions"] for row in found["asked"]] == [1, 2, 8]
    assert {row["asker"] for row in found["refused"]} == {None, KVK}
    assert found["channel"] == [
        {"day": TODAY.isoformat(), "asker": asker, "claim_ids": ids, "messages": 0, "bytes": 0}
        for asker, ids in ((KVK, 3), ("municipality", 5))
    ]
    assert found["reviewer"] == {
        "claim_ids": 6,
        "messages": 4,
        "days": [{"day": TODAY.isoformat(), "claim_ids": 5, "messages": 0, "alarm": True}],
    }
    assert found["municipality"]["days"] == [{"day": TODAY.isoformat(), "questions": 8, "alarm": True}]


def test_command_names_a_day_that_is_none(run: Any) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run("--from", "gisteren")
    assert caught.value.field == "from"
