"""`schuldhulp notices` on a real database, as a caseworker types it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from schuldhulp.cli import notices
from schuldhulp.cli.context import Work
from schuldhulp.creditor.notice_proofs import CheckedList, ProofVerifier, read_proofs
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.access import Actor
from schuldhulp.domain.records import NoticeMeans, Party
from schuldhulp.errors import InvalidInput, Misconfigured, ProofInvalid
from schuldhulp.services.ports import Head
from tests.support.factories import MUNICIPALITY, RecordKeeping
from tests.support.notices import CHAIN_ID, COLLECTOR_KVK, REGISTER, NoticeDesks

COLLECTOR = Party(name="=Incasso", kvk=COLLECTOR_KVK, file_number="D-77")


@pytest.fixture
def desks(keeping: RecordKeeping, caseworker: Actor, monkeypatch: pytest.MonkeyPatch) -> NoticeDesks:
    desks = NoticeDesks(keeping)
    cockpit = SimpleNamespace(
        notices=desks.desk, notices_sent=desks.overview, notices_late=desks.late, dossiers=keeping.dossiers
    )

    @contextmanager
    def work_as(login: str) -> Iterator[Work]:
        yield Work(cockpit, caseworker, SimpleNamespace())  # type: ignore[arg-type]

    deployment = SimpleNamespace(
        chain_id=CHAIN_ID,
        contract=lambda name: SimpleNamespace(address=REGISTER),
        municipality=MUNICIPALITY,
        receipt_signer=desks.signer.address,
    )
    monkeypatch.setattr(notices, "work_as", work_as)
    monkeypatch.setattr(notices, "load_settings", SimpleNamespace)
    monkeypatch.setattr(notices, "proof_verifier", lambda settings, online: ProofVerifier(deployment))
    return desks


def number_of(desks: NoticeDesks, dossier: bytes) -> str:
    return desks.keeping.dossiers.file_numbers()[dossier]  # type: ignore[index]


def test_send_tells_those_on_the_channel_and_names_the_others(
    desks: NoticeDesks, caseworker: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier, _ = desks.enrolled(caseworker, collector=COLLECTOR)
    number = number_of(desks, dossier)
    notices.send(number)
    said = capsys.readouterr().out
    assert "Stroom en Gas BV, channel, to answer by 2026-12-07" in said
    assert "not told: =Incasso (collector) is not on the channel: write a letter" in said
    notices.send(number, means=NoticeMeans.LETTER, sent_on="2026-11-20", json=True)
    plain = json.loads(capsys.readouterr().out)
    assert [one["means"] for one in plain["sent"]] == ["letter"]
    assert plain["left"] == 0
    notices.send(number)
    assert "nobody is left" in capsys.readouterr().out
    desks.keeping.clock.advance(days=1)
    notices.send(number, again=True, json=True)
    assert len(json.loads(capsys.readouterr().out)["sent"]) == 1


def test_send_about_one_obligation_takes_its_first_digits(
    desks: NoticeDesks, caseworker: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier, debt = desks.enrolled(caseworker)
    with pytest.raises(InvalidInput):
        notices.send(number_of(desks, dossier), obligation="zz")
    notices.send(number_of(desks, dossier), obligation=debt.hex()[:8], json=True)
    assert len(json.loads(capsys.readouterr().out)["sent"]) == 1


def test_list_shows_where_each_notice_stands(
    desks: NoticeDesks, caseworker: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier, _ = desks.enrolled(caseworker)
    number = number_of(desks, dossier)
    notices.send(number)
    capsys.readouterr()
    notices.list_(number)
    assert "waiting" in capsys.readouterr().out
    desks.post.send()
    notices.list_(number, json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["state"], one["daysLeft"], one["recipient"]) == ("delivered", 10, "Stroom en Gas BV")


def test_late_lists_what_nobody_signed_for_in_time(
    desks: NoticeDesks, caseworker: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    dossier, _ = desks.enrolled(caseworker)
    number = number_of(desks, dossier)
    notices.send(number)
    desks.post.send()
    capsys.readouterr()
    notices.late(json=True)
    assert json.loads(capsys.readouterr().out) == []
    desks.keeping.clock.advance(days=16)
    notices.late(json=True)
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["dossier"], one["state"], one["daysLeft"]) == (number, "overdue", -2)
    notices.late()
    assert "Stroom en Gas BV" in capsys.readouterr().out


def test_proofs_are_written_and_verified(
    desks: NoticeDesks, caseworker: Actor, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dossier, _ = desks.enrolled(caseworker)
    number = number_of(desks, dossier)
    notices.send(number)
    desks.post.send()
    ((_, subject, _, _),) = desks.sent
    with desks.keeping.store.read() as work:
        row = work.notices.with_id(subject)
    assert row is not None
    desks.reply(desks.signed(row.message), subject)
    desks.check.check()
    file = tmp_path / "list.json"
    notices.proofs(number, out=file)
    assert "not on the ledger yet" in capsys.readouterr().err
    desks.keeping.anchor()
    notices.proofs(number, out=file)
    assert capsys.readouterr().err == ""
    assert file.stat().st_mode & 0o077 == 0
    notices.verify(file)
    said = capsys.readouterr().out
    assert f"signed for by {desks.account.address}" in said
    assert "the chain was not asked" in said
    assert f"sent by {desks.signer.address}" in said
    notices.verify(file, json=True)
    plain = json.loads(capsys.readouterr().out)
    assert (plain["notices"][0]["signedBy"], plain["strangers"]) == (desks.account.address, [])
    file.write_text(file.read_text().replace("Stroom en Gas BV", "Stroom en Gas NV"))
    with pytest.raises(ProofInvalid) as caught:
        notices.verify(file)
    assert caught.value.parameters["number"] == 1


def test_proofs_as_a_table_hold_no_formula(desks: NoticeDesks, caseworker: Actor, tmp_path: Path) -> None:
    dossier, _ = desks.enrolled(caseworker, creditor=COLLECTOR)
    number = number_of(desks, dossier)
    notices.send(number, means=NoticeMeans.PHONE)
    file = tmp_path / "list.csv"
    notices.proofs(number, out=file, csv=True)
    (row,) = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=";")
    assert (row["recipient"], row["means"], row["state"]) == ("'=Incasso", "phone", "by_hand")
    with pytest.raises(Misconfigured):
        notices.proofs(number, out=tmp_path / "nowhere" / "list.json")


def test_verify_names_an_account_that_the_deployment_file_does_not(
    desks: NoticeDesks, caseworker: Actor, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dossier, _ = desks.enrolled(caseworker)
    other = AccountKey.generate()
    desks.named = other.address
    desks.sign_with(other)
    number = number_of(desks, dossier)
    notices.send(number)
    assert desks.post.send() == (1, 0)
    file = tmp_path / "list.json"
    notices.proofs(number, out=file)
    with pytest.raises(typer.Exit) as left:
        notices.verify(file)
    assert left.value.exit_code == 4
    assert f"does not name {other.address}" in capsys.readouterr().err


def test_verify_that_another_than_the_receipt_signer_sent_leaves_with_an_error(
    desks: NoticeDesks, caseworker: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dossier, _ = desks.enrolled(caseworker)
    file = tmp_path / "list.json"
    notices.proofs(number_of(desks, dossier), out=file)
    found = desks.overview.proofs(actor=caseworker, dossier=dossier)
    block = Head(number=1, hash=b"\x01" * 32, timestamp=desks.keeping.clock.now())
    checked = CheckedList(proofs=found, notices=(), block=block, asked=True, strangers=(desks.account.address,))
    verifier = SimpleNamespace(verify=lambda plain: checked)
    monkeypatch.setattr(notices, "proof_verifier", lambda settings, online: verifier)
    with pytest.raises(typer.Exit) as left:
        notices.verify(file, online=True)
    assert left.value.exit_code == 1


def test_verify_that_the_ledger_never_had_the_root_leaves_with_an_error(
    desks: NoticeDesks, caseworker: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dossier, _ = desks.enrolled(caseworker)
    file = tmp_path / "list.json"
    notices.proofs(number_of(desks, dossier), out=file)
    found = desks.overview.proofs(actor=caseworker, dossier=dossier)
    checked = CheckedList(proofs=found, notices=(), block=None, asked=True)
    verifier = SimpleNamespace(verify=lambda plain: checked)
    monkeypatch.setattr(notices, "proof_verifier", lambda settings, online: verifier)
    with pytest.raises(typer.Exit) as left:
        notices.verify(file, online=True)
    assert left.value.exit_code == 1


def test_read_proofs_refuses_what_is_no_file_of_json(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    with pytest.raises(InvalidInput):
        read_proofs(file)
    file.write_text("{")
    with pytest.raises(InvalidInput):
        read_proofs(file)
