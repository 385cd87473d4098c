"""`schuldhulp claims` on a real database, as a caseworker types it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from schuldhulp.cli import claims_desk, claims_inbox, claims_steps
from schuldhulp.cli.claims_desk import Step, decide, link, show
from schuldhulp.cli.claims_inbox import list_claims
from schuldhulp.cli.claims_steps import note_withdrawal, take_back, unlink
from schuldhulp.cli.context import Work
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.domain.access import Actor
from schuldhulp.domain.claims import Claim, ClaimStatus
from schuldhulp.domain.records import Obligation, ObligationType, Party, Source
from schuldhulp.errors import InvalidInput
from schuldhulp.services.claims.rows import ContentsState
from tests.support.claim_desk import ClaimDesks
from tests.support.factories import RecordKeeping


@pytest.fixture
def anna(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()


@pytest.fixture
def desks(keeping: RecordKeeping, anna: Actor, monkeypatch: pytest.MonkeyPatch) -> ClaimDesks:
    desks = ClaimDesks(keeping)
    cockpit = SimpleNamespace(
        claims=desks.inbox,
        claim_desk=desks.desk,
        claim_matching=desks.matching,
        claim_decisions=desks.history,
        dossiers=keeping.dossiers,
    )

    @contextmanager
    def work_as(login: str) -> Iterator[Work]:
        yield Work(cockpit, anna, SimpleNamespace())

    for module in (claims_desk, claims_inbox, claims_steps):
        monkeypatch.setattr(module, "work_as", work_as)
    return desks


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def shown(claim: Claim, capsys: pytest.CaptureFixture[str]) -> dict:
    capsys.readouterr()
    show(claim.claim_id.hex(), json=True)
    return json.loads(capsys.readouterr().out)


def listed(capsys: pytest.CaptureFixture[str], **options) -> list[dict]:
    capsys.readouterr()
    list_claims(**options, json=True)
    return json.loads(capsys.readouterr().out)["claims"]


def test_claim_is_shown_linked_and_included(
    desks: ClaimDesks, anna: Actor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier = desks.keeping.add_dossier(anna)
    number = desks.keeping.dossiers.file_numbers()[dossier]
    claim = desks.received()
    before = shown(claim, capsys)
    assert before["dossier"] is None
    assert [(one["dossier"], one["same"]) for one in before["candidates"]] == [
        (number, ["address", "birth_date", "name"])
    ]
    assert before["contents"]["principal"] == claim.contents.principal
    link(claim.claim_id.hex(), number)
    typed(monkeypatch, "owed_by: first\ntext: Opgenomen.\n")
    decide(claim.claim_id.hex(), Step.INCLUDE, before["judged"][:8])
    after = shown(claim, capsys)
    assert (after["dossier"], after["candidates"]) == (number, [])
    (made,) = after["decisions"]
    assert (made["status"], made["reason"], made["text"], made["state"]) == (
        "included",
        "included",
        "Opgenomen.",
        "waiting",
    )


def test_show_says_the_same_in_words(desks: ClaimDesks, anna: Actor, capsys: pytest.CaptureFixture[str]) -> None:
    desks.keeping.add_dossier(anna)
    claim = desks.received()
    show(claim.claim_id.hex())
    said = capsys.readouterr().out
    assert f"judged: {claim_commitment(claim).hex()}" in said
    assert "dossier: none yet" in said
    assert "address, birth_date, name" in said


def test_decide_takes_reason_and_text_from_standard_input(desks: ClaimDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = desks.received()
    judged = claim_commitment(claim).hex()
    typed(monkeypatch, "reason: more_information\ntext: Stuur de factuur.\n")
    decide(claim.claim_id.hex(), Step.ASK, judged)
    assert [job.status for job in desks.jobs(claim)] == [ClaimStatus.ASKED]
    other = desks.received(reference="r2")
    typed(monkeypatch, "reason: client_unknown\n")
    decide(other.claim_id.hex(), Step.DECLINE, f"0x{claim_commitment(other).hex()}")
    assert [job.status for job in desks.jobs(other)] == [ClaimStatus.DECLINED]


@pytest.mark.parametrize(
    ("step", "judged", "text", "field"),
    [
        (Step.DECLINE, "", "reason: client_unknown", "judged"),
        (Step.DECLINE, "zz", "reason: client_unknown", "judged"),
        (Step.DECLINE, "short", "reason: client_unknown", "judged"),
        (Step.DECLINE, None, "", "reason"),
        (Step.DECLINE, None, "reason: because", "reason"),
        (Step.DECLINE, None, "reason: client_unknown\nmore: x", "field"),
        (Step.ASK, None, "reason: more_information", "text"),
        (Step.INCLUDE, None, "owed_by: nobody", "owed_by"),
    ],
)
def test_decide_names_what_is_wrong_and_decides_nothing(
    desks: ClaimDesks, monkeypatch: pytest.MonkeyPatch, step: Step, judged: str | None, text: str, field: str
) -> None:
    claim = desks.received()
    typed(monkeypatch, text)
    whole = claim_commitment(claim).hex()
    with pytest.raises(InvalidInput) as caught:
        decide(claim.claim_id.hex(), step, {None: whole, "short": whole[:7]}.get(judged, judged))
    assert caught.value.field == field
    assert desks.jobs(claim) == []


def test_commands_refuse_what_is_no_claim(desks: ClaimDesks) -> None:
    for text in ("", "zz", "11" * 31):
        with pytest.raises(InvalidInput) as caught:
            show(text)
        assert caught.value.field == "CLAIM"


def test_steps_are_undone_by_command(
    desks: ClaimDesks, anna: Actor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier = desks.keeping.add_dossier(anna)
    number = desks.keeping.dossiers.file_numbers()[dossier]
    claim = desks.received()
    name = claim.claim_id.hex()
    link(name, number)
    typed(monkeypatch, "owed_by: first\n")
    decide(name, Step.INCLUDE, claim_commitment(claim).hex())
    take_back(name)
    assert [made["state"] for made in shown(claim, capsys)["decisions"]] == ["taken_back"]
    typed(monkeypatch, "Een andere Jansen.\n")
    unlink(name)
    assert shown(claim, capsys)["dossier"] is None
    link(name, number)
    desks.stands(claim, ClaimStatus.WITHDRAWN)
    (found,) = listed(capsys, withdrawn=True)
    assert (found["claim"], found["toNote"]) == (name, True)
    note_withdrawal(name)
    assert listed(capsys) == []


def test_claim_without_contents_is_shown_and_declined(
    desks: ClaimDesks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claim = desks.received()
    with desks.keeping.store.write() as work:
        row = work.claims.claim(claim.claim_id)
        assert row is not None
        work.claims.put_claim(replace(row, contents=ContentsState.MISSING, message=None))
        work.commit()
    told = shown(claim, capsys)
    assert (told["state"], told["contents"]) == ("contents_missing", None)
    typed(monkeypatch, "reason: no_contents\n")
    decide(claim.claim_id.hex(), Step.DECLINE, told["judged"])
    assert [job.status for job in desks.jobs(claim)] == [ClaimStatus.DECLINED]


def test_show_names_debts_that_the_dossier_knows(
    desks: ClaimDesks, anna: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier = desks.keeping.add_dossier(anna)
    claim = desks.received()
    desks.desk.link(actor=anna, claim_id=claim.claim_id, dossier=dossier)
    debt = Obligation(
        type=ObligationType.RENT,
        owed_by=(desks.keeping.first_applicant(dossier),),
        creditor=Party(name="Woningstichting Voorbeeld"),
        amount_resident=120000,
        source=Source.RESIDENT,
    )
    known = desks.keeping.records.add(actor=anna, dossier=dossier, record=debt).record_id
    assert [one["record"] for one in shown(claim, capsys)["known"]] == [known.hex()]


def test_list_comes_in_pages(desks: ClaimDesks, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        desks.received(reference=f"r{number}")
    list_claims(page=2, size=2)
    assert "page 2 of 2, 3 claims" in capsys.readouterr().out
