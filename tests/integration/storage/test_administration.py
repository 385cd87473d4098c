"""Staff and creditors as the commands and the demonstration change them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from schuldhulp.cli import creditors
from schuldhulp.crypto.accounts import checksummed
from schuldhulp.demonstration import loading
from schuldhulp.demonstration.loading import DemonstrationLoader
from schuldhulp.demonstration.words import ADMITTED, STAFF, WITHOUT_PAGES
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotAdmitted
from schuldhulp.services.admission import AdmissionService
from schuldhulp.services.creditor_pages.desk import Custody
from schuldhulp.services.creditor_pages.organisations import OrganisationService
from schuldhulp.services.keys import custodial_account
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.factories import ADMINISTRATOR, MUNICIPALITY, RecordKeeping

KVK = ADMITTED[0].kvk
ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # an example of ERC-55
SECOND = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"


class Roles:
    """A ChainAdministrator that writes down who has which roles."""

    def __init__(self) -> None:
        self.given: dict[str, bool] = {}

    def admit_creditor(self, *, municipality: MunicipalityCode, account: str, bsn: bool) -> None:
        self.given[account] = bsn

    def fund_creditor(self, *, account: str) -> None:
        assert account in self.given

    def suspend_creditor(self, *, municipality: MunicipalityCode, account: str) -> None:
        self.given.pop(account, None)


@pytest.fixture
def organisations(tmp_path: Path) -> Iterator[EvaluatorDatabase]:
    store = EvaluatorDatabase(f"sqlite:///{tmp_path / 'evaluator.sqlite'}")
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def admission(keeping: RecordKeeping, organisations: EvaluatorDatabase) -> AdmissionService:
    return AdmissionService(municipality=MUNICIPALITY, store=organisations, administrator=Roles(), clock=keeping.clock)


@pytest.fixture
def creditor(
    keeping: RecordKeeping, admission: AdmissionService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Any:
    """Run `schuldhulp creditor` as an administrator."""

    @contextmanager
    def opened() -> Iterator[AdmissionService]:
        yield admission

    custody = Custody(tmp_path / "keys")

    def account(kvk: str) -> str | None:
        key = custody.key(kvk)
        return None if key is None else key.address

    service = OrganisationService(
        ready=lambda: True,
        admission=opened,
        staff=keeping.staff,
        log=keeping.log,
        account=account,
        make_account=lambda kvk: custodial_account(tmp_path / "keys", kvk),
        pages_quota=50,
    )

    @contextmanager
    def work_as(login: str) -> Iterator[Any]:
        yield SimpleNamespace(
            actor=ADMINISTRATOR,
            cockpit=SimpleNamespace(admission=opened, organisations=service),
        )

    monkeypatch.setattr(creditors, "work_as", work_as)

    def run(*arguments: str, given: str = "") -> str:
        done = CliRunner().invoke(creditors.creditors, list(arguments), input=given, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def _active(keeping: RecordKeeping) -> dict[str, bool]:
    return {row.kvk: row.active for row in keeping.staff.creditors(actor=ADMINISTRATOR)}


def test_a_suspended_creditor_logs_in_no_longer_until_it_is_admitted_again(
    keeping: RecordKeeping, organisations: EvaluatorDatabase, creditor: Any
) -> None:
    admit = ("admit", "--kvk", KVK, "--name", "Stroom", "--account", ACCOUNT)
    creditor(*admit)
    assert _active(keeping) == {KVK: True}
    creditor("suspend", "--kvk", KVK, given="misbruik\n")
    assert _active(keeping) == {KVK: False}
    with pytest.raises(InvalidInput, match="--lift-suspension"):
        creditor(*admit)
    assert _active(keeping) == {KVK: False}
    creditor(*admit, "--lift-suspension", "uitgelegd")
    assert _active(keeping) == {KVK: True}


def test_a_command_sets_quotas_and_ground_and_takes_an_account_away(
    organisations: EvaluatorDatabase, creditor: Any
) -> None:
    admit = ("admit", "--kvk", KVK, "--name", "Stroom", "--account")
    creditor(*admit, ACCOUNT, "--bsn-ground", "Wet", "--daily-quota", "5", "--epoch-quota", "60")
    creditor(*admit, SECOND)
    [found] = organisations.organisations()
    assert (found.quota.daily, found.quota.per_epoch, found.bsn_ground) == (5, 60, "Wet")
    assert "1 left" in creditor("remove-account", "--kvk", KVK, "--account", SECOND, given="gelekt\n")
    creditor(*admit, ACCOUNT, "--no-bsn")
    [found] = organisations.organisations()
    assert (found.accounts, found.bsn_ground) == ((ACCOUNT,), None)


def test_a_command_gives_an_account_on_the_pages_with_a_small_quota_of_its_own(
    organisations: EvaluatorDatabase, creditor: Any
) -> None:
    admit = ("admit", "--kvk", KVK, "--name", "Stroom")
    said = creditor(*admit, "--account", ACCOUNT, "--pages")
    [found] = organisations.organisations()
    [custodial] = set(found.accounts) - {ACCOUNT}
    assert found.account_quotas == {custodial: 50}
    assert custodial in said
    creditor(*admit, "--pages", "--account-quota", "20")
    [found] = organisations.organisations()
    assert (found.account_quotas, len(found.accounts)) == ({custodial: 20}, 2)


def test_commands_show_what_was_decided_and_why(organisations: EvaluatorDatabase, creditor: Any) -> None:
    why = "verhuurder met 12 000 huurders"
    creditor(
        *("admit", "--kvk", KVK, "--name", "Stroom", "--account", ACCOUNT, "--account-quota", "9"),
        *("--daily-quota", "900", "--quota-reason", why),
    )
    creditor("suspend", "--kvk", KVK, given="misbruik\n")
    text = creditor("show", "--kvk", KVK)
    assert all(part in text for part in (why, "misbruik", "suspended", ACCOUNT, "900"))
    found = json.loads(creditor("show", "--kvk", KVK, "--json"))
    assert found["accounts"] == [{"account": ACCOUNT, "dailyQuota": 9}]
    assert [(line["action"], line["reason"]) for line in found["history"]] == [("admit", why), ("suspend", "misbruik")]
    assert "900" in creditor("list")
    assert json.loads(creditor("list", "--json"))[0]["dailyQuota"] == 900


@pytest.fixture
def loader(keeping: RecordKeeping, admission: AdmissionService, monkeypatch: pytest.MonkeyPatch) -> DemonstrationLoader:
    """The demonstration with its first households only."""

    @contextmanager
    def opened() -> Iterator[AdmissionService]:
        yield admission

    everybody = loading.households
    monkeypatch.setattr(loading, "households", lambda day: everybody(day)[:3])
    return DemonstrationLoader(
        access=keeping.access,
        clients=keeping.clients,
        dossiers=keeping.dossiers,
        records=keeping.records,
        enrolment=keeping.enrolment,
        staff=keeping.staff,
        admission=opened,
        accounts={one.kvk: f"0x{number:040x}" for number, one in enumerate(ADMITTED, start=1)},
        custodial=lambda kvk: checksummed(int(kvk).to_bytes(20)),
        pages_quota=7,
        clock=keeping.clock,
    )


def _nothing(done: int, total: int) -> None:
    pass


def test_the_demonstration_brings_back_nobody_who_was_closed(
    keeping: RecordKeeping, loader: DemonstrationLoader
) -> None:
    loader.load(_nothing)
    assert {row.login for row in keeping.staff.list(actor=ADMINISTRATOR)} == {who.login for who in STAFF}
    assert set(_active(keeping)) == {one.kvk for one in ADMITTED}
    closed = loading.CASEWORKERS[0]
    keeping.staff.deactivate(actor=ADMINISTRATOR, login=closed)
    keeping.staff.close_creditor(actor=ADMINISTRATOR, kvk=KVK)
    [leader] = [row for row in keeping.staff.list(actor=ADMINISTRATOR) if "team_leader" in row.roles]
    member = keeping.access.staff_member(leader.login)
    [first, *_] = keeping.dossiers.list(actor=member)
    keeping.dossiers.assign(actor=member, dossier=first.id, caseworker=leader.id, reason="verdeling")
    before = keeping.staff.list(actor=ADMINISTRATOR)
    loader.load(_nothing)
    assert keeping.staff.list(actor=ADMINISTRATOR) == before
    assert not _active(keeping)[KVK]
    with pytest.raises(NotAdmitted):
        keeping.access.staff_member(closed)
    view = keeping.dossiers.open(actor=member, dossier=first.id, purpose=Purpose.DEBT_HELP)
    assert view.summary.caseworker == leader.name


def test_the_demonstration_can_be_repeated_when_its_administrator_was_closed(
    keeping: RecordKeeping, loader: DemonstrationLoader
) -> None:
    loader.load(_nothing)
    keeping.staff.deactivate(actor=ADMINISTRATOR, login=loading.ADMINISTRATOR)
    loader.load(_nothing)
    with pytest.raises(NotAdmitted):
        keeping.access.staff_member(loading.ADMINISTRATOR)


def test_the_demonstration_opens_the_pages_and_leaves_an_account_that_was_taken_away(
    loader: DemonstrationLoader, admission: AdmissionService
) -> None:
    loader.load(_nothing)
    found = {one.kvk: one for one in admission.organisations(actor=ADMINISTRATOR)}
    pages = {kvk for kvk, one in found.items() if loader.custodial(kvk) in one.accounts}
    assert pages == {one.kvk for one in ADMITTED} - {WITHOUT_PAGES}
    account = loader.custodial(ADMITTED[0].kvk)
    assert found[ADMITTED[0].kvk].account_quotas == {account: 7}
    admission.remove_account(actor=ADMINISTRATOR, kvk=ADMITTED[0].kvk, account=account, reason="gelekt")
    admission.suspend(actor=ADMINISTRATOR, kvk=ADMITTED[1].kvk, reason="onderzoek")
    loader.load(_nothing)
    found = {one.kvk: one for one in admission.organisations(actor=ADMINISTRATOR)}
    assert account not in found[ADMITTED[0].kvk].accounts
    assert found[ADMITTED[1].kvk].suspended
