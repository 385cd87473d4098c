"""Admitting on a page: in the evaluator, on the chain and for logging in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schuldhulp.crypto.accounts import checksummed
from schuldhulp.domain.access import Actor, Role
from schuldhulp.errors import InvalidInput, NotAllowed, NotFound, Unreachable
from schuldhulp.services.admission import AdmissionService
from schuldhulp.services.creditor_pages.organisations import Application, OrganisationService
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.factories import ADMINISTRATOR, MUNICIPALITY, RecordKeeping

KVK = "12345678"
OWN = checksummed(b"\x11" * 20)


class Roles:
    """Writes down who has which roles on the chain."""

    def __init__(self) -> None:
        self.given: dict[str, bool] = {}
        self.silent: set[str] = set()

    def admit_creditor(self, *, municipality: object, account: str, bsn: bool) -> None:
        self.given[account] = bsn

    def fund_creditor(self, *, account: str) -> None:
        assert account in self.given

    def suspend_creditor(self, *, municipality: object, account: str) -> None:
        if account in self.silent:
            raise Unreachable("chain_unreachable", "the node does not answer")
        self.given.pop(account, None)


@pytest.fixture
def roles() -> Roles:
    return Roles()


class SetUp:
    """Writes down which accounts of the pages were made ready for claims, and what they had by then."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self.done: list[tuple[str, set[str]]] = []
        self.silent = False

    def do(self, kvk: str) -> None:
        if self.silent:
            raise Unreachable("chain_unreachable", "the node does not answer")
        self.done.append((kvk, set(self.roles.given)))


@pytest.fixture
def set_up(roles: Roles) -> SetUp:
    return SetUp(roles)


@pytest.fixture
def service(keeping: RecordKeeping, roles: Roles, set_up: SetUp, tmp_path: Path) -> Iterator[OrganisationService]:
    store = EvaluatorDatabase(f"sqlite:///{tmp_path / 'evaluator.sqlite'}")
    store.prepare()
    admission = AdmissionService(municipality=MUNICIPALITY, store=store, administrator=roles, clock=keeping.clock)

    @contextmanager
    def opened() -> Iterator[AdmissionService]:
        yield admission

    made: dict[str, str] = {}
    yield OrganisationService(
        ready=lambda: True,
        admission=opened,
        staff=keeping.staff,
        log=keeping.log,
        account=made.get,
        make_account=lambda kvk: made.setdefault(kvk, checksummed(int(kvk).to_bytes(20))),
        pages_quota=7,
        set_up=set_up.do,
    )
    store.close()


def apply(**changes: object) -> Application:
    values = {
        "kvk": KVK, "name": "Wonen", "account": OWN, "bsn_ground": None, "withdraw_bsn": False,
        "daily_quota": None, "epoch_quota": None, "quota_reason": None, "pages": False, **changes,
    }  # fmt: skip
    return Application(**values)  # type: ignore[arg-type]


def test_admit_makes_the_account_of_the_pages_ready_for_claims_last_of_all(
    service: OrganisationService, set_up: SetUp, keeping: RecordKeeping
) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply())
    assert set_up.done == []
    set_up.silent = True
    with pytest.raises(Unreachable):
        service.admit(actor=ADMINISTRATOR, application=apply(pages=True))
    # Asking and logging in do not wait for it.
    found = service.organisation(actor=ADMINISTRATOR, kvk=KVK)
    assert found.pages is not None
    assert {row.kvk for row in keeping.staff.creditors(actor=ADMINISTRATOR) if row.active} == {KVK}
    set_up.silent = False
    service.admit(actor=ADMINISTRATOR, application=apply(pages=True))
    assert set_up.done == [(KVK, {OWN, found.pages})]


def test_admit_gives_the_pages_an_account_with_a_quota_of_its_own(
    service: OrganisationService, roles: Roles, keeping: RecordKeeping
) -> None:
    admitted = service.admit(actor=ADMINISTRATOR, application=apply(pages=True, bsn_ground="Wet"))
    [pages] = set(admitted.organisation.accounts) - {OWN}
    assert admitted.pages == pages
    assert admitted.organisation.account_quotas == {pages: 7}
    assert roles.given == {OWN: True, pages: True}
    assert [row.name for row in keeping.staff.creditors(actor=ADMINISTRATOR) if row.active] == ["Wonen"]
    found = service.organisation(actor=ADMINISTRATOR, kvk=KVK)
    assert (found.pages, len(found.decisions)) == (pages, 2)
    # The ground stays where it is left out, and goes for every account.
    service.admit(actor=ADMINISTRATOR, application=apply(account=None, pages=True))
    assert roles.given == {OWN: True, pages: True}
    service.admit(actor=ADMINISTRATOR, application=apply(account=None, pages=True, withdraw_bsn=True))
    assert roles.given == {OWN: False, pages: False}


def test_admit_gives_the_pages_no_more_than_the_organisation_has(service: OrganisationService) -> None:
    admitted = service.admit(actor=ADMINISTRATOR, application=apply(pages=True, daily_quota=4))
    assert admitted.organisation.account_quotas == {admitted.pages: 4}
    admitted = service.admit(actor=ADMINISTRATOR, application=apply(account=None, pages=True))
    assert admitted.organisation.account_quotas == {admitted.pages: 4}


def test_admit_takes_the_account_of_the_pages_alone(service: OrganisationService) -> None:
    admitted = service.admit(actor=ADMINISTRATOR, application=apply(account=None, pages=True, account_quota=3))
    assert admitted.organisation.account_quotas == {admitted.pages: 3}
    assert admitted.organisation.accounts == (admitted.pages,)
    with pytest.raises(InvalidInput) as caught:
        service.admit(actor=ADMINISTRATOR, application=apply(kvk="87654321", account=None))
    assert caught.value.field == "account"


def test_suspend_shuts_every_account_and_the_login(
    service: OrganisationService, roles: Roles, keeping: RecordKeeping
) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply(pages=True))
    service.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="onderzoek")
    assert roles.given == {}
    assert not any(row.active for row in keeping.staff.creditors(actor=ADMINISTRATOR))
    [found] = service.organisations(actor=ADMINISTRATOR)
    assert found.organisation.suspended


def _may_log_in(keeping: RecordKeeping) -> bool:
    return any(row.active for row in keeping.staff.creditors(actor=ADMINISTRATOR))


def _silent(**_: object) -> None:
    raise Unreachable("database_unreachable", "it does not answer")


def test_suspend_shuts_what_it_can_when_an_account_cannot_be(
    service: OrganisationService, roles: Roles, keeping: RecordKeeping
) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply(pages=True))
    # The pages' account sorts before its own one.
    roles.silent = {min(roles.given)}
    with pytest.raises(Unreachable):
        service.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="onderzoek")
    assert set(roles.given) == roles.silent
    assert not _may_log_in(keeping)
    assert service.organisations(actor=ADMINISTRATOR)[0].organisation.suspended


def test_suspend_shuts_evaluator_and_chain_when_the_login_cannot_be(
    service: OrganisationService, roles: Roles, keeping: RecordKeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply())
    monkeypatch.setattr(keeping.staff, "close_creditor", _silent)
    with pytest.raises(Unreachable) as caught:
        service.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="onderzoek")
    assert caught.value.key == "database_unreachable"
    assert roles.given == {}
    assert service.organisations(actor=ADMINISTRATOR)[0].organisation.suspended


@pytest.mark.parametrize("part", ["organisation", "suspend", "all"])
def test_suspend_closes_the_login_when_the_evaluator_is_away(
    service: OrganisationService, keeping: RecordKeeping, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply())
    if part == "all":
        # It does not even open.
        monkeypatch.setattr(service, "_admission", _silent)
    else:
        monkeypatch.setattr(EvaluatorDatabase, part, lambda *_args, **_named: _silent())
    with pytest.raises(Unreachable):
        service.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="onderzoek")
    assert not _may_log_in(keeping)


def test_suspend_without_a_reason_closes_nothing(service: OrganisationService, keeping: RecordKeeping) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply())
    with pytest.raises(InvalidInput):
        service.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="")
    assert _may_log_in(keeping)


def test_suspend_of_nobody_closes_nothing(service: OrganisationService) -> None:
    with pytest.raises(NotFound):
        service.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="onderzoek")


def test_remove_account_closes_the_pages(service: OrganisationService, roles: Roles) -> None:
    service.admit(actor=ADMINISTRATOR, application=apply(pages=True))
    pages = service.organisation(actor=ADMINISTRATOR, kvk=KVK).pages
    assert pages is not None
    service.remove_account(actor=ADMINISTRATOR, kvk=KVK, account=pages, reason="gelekt")
    assert service.organisation(actor=ADMINISTRATOR, kvk=KVK).pages is None
    assert set(roles.given) == {OWN}


def test_nothing_is_for_who_does_not_manage_creditors(service: OrganisationService, caseworker: Actor) -> None:
    for act in (
        lambda: service.ready(actor=caseworker),
        lambda: service.organisations(actor=caseworker),
        lambda: service.organisation(actor=caseworker, kvk=KVK),
        lambda: service.admit(actor=caseworker, application=apply()),
        lambda: service.suspend(actor=caseworker, kvk=KVK, reason="x"),
        lambda: service.remove_account(actor=caseworker, kvk=KVK, account=OWN, reason="x"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_organisation_says_who_decided(service: OrganisationService, keeping: RecordKeeping) -> None:
    row = keeping.staff.add(
        actor=ADMINISTRATOR, login="a.beheer", name="A. Beheer", function="beheerder", roles=[Role.ADMINISTRATOR]
    )
    decider = Actor(kind="staff", id=str(row.id), roles=frozenset({Role.ADMINISTRATOR}))
    service.admit(actor=decider, application=apply())
    found = service.organisation(actor=ADMINISTRATOR, kvk=KVK)
    assert found.people == {str(row.id): "beheerder (a.beheer)"}
    assert [one.by for one in found.decisions] == [str(row.id)]
