from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.admission import STANDARD_QUOTA, AdmissionService, parse_account
from schuldhulp.services.ports import Quota
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.evaluation import KVK, MUNICIPALITY, NOON, SetClock

ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # an example of ERC-55
SECOND = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
ADMINISTRATOR = Actor(kind="staff", id="a.beheer", roles=frozenset({Role.ADMINISTRATOR}))


class RoleList:
    """A ChainAdministrator that writes down who has which roles."""

    def __init__(self) -> None:
        self.roles: dict[str, bool | None] = {}
        self.works = True
        self.paid: list[str] = []
        self.trouble: dict[tuple[str, str], errors.SchuldhulpError] = {}

    def admit_creditor(self, *, municipality: MunicipalityCode, account: str, bsn: bool) -> None:
        self._work(municipality)
        self._fail("roles", account)
        self.roles[account] = bsn

    def fund_creditor(self, *, account: str) -> None:
        self._fail("pay", account)
        self.paid.append(account)

    def suspend_creditor(self, *, municipality: MunicipalityCode, account: str) -> None:
        self._work(municipality)
        self.roles[account] = None

    def _fail(self, what: str, account: str) -> None:
        if (what, account) in self.trouble:
            raise self.trouble[what, account]

    def _work(self, municipality: MunicipalityCode) -> None:
        assert municipality == MUNICIPALITY
        if not self.works:
            raise errors.Unreachable("chain_unreachable", "the node does not answer")


@pytest.fixture
def chain() -> RoleList:
    return RoleList()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvaluatorDatabase]:
    store = EvaluatorDatabase(f"sqlite:///{tmp_path / 'evaluator.sqlite'}")
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def admission(chain: RoleList, store: EvaluatorDatabase) -> AdmissionService:
    return AdmissionService(municipality=MUNICIPALITY, store=store, administrator=chain, clock=SetClock())


def admit(admission: AdmissionService, **changes: Any) -> None:
    admission.admit(**({"actor": ADMINISTRATOR, "kvk": KVK, "name": "Voorbeeld", "account": ACCOUNT} | changes))


def test_admit_gives_the_standard_quota_and_no_bsn(
    admission: AdmissionService, chain: RoleList, store: EvaluatorDatabase
) -> None:
    admit(admission)
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert (organisation.quota, organisation.bsn_ground) == (STANDARD_QUOTA, None)
    assert (STANDARD_QUOTA.daily, STANDARD_QUOTA.per_epoch) == (500, 10_000)
    assert chain.roles == {ACCOUNT: False}


def test_admit_leaves_the_quota_that_was_agreed(admission: AdmissionService, store: EvaluatorDatabase) -> None:
    agreed = Quota(daily=5, per_epoch=6)
    admit(admission, daily_quota=5, epoch_quota=6)
    admit(admission, account=SECOND)
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert organisation.quota == agreed
    admit(admission, daily_quota=7)
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert organisation.quota == Quota(daily=7, per_epoch=6)


@pytest.mark.parametrize("more", [{"daily_quota": 501}, {"epoch_quota": 10_001}])
def test_admit_asks_why_it_gets_more_than_the_standard(
    admission: AdmissionService, store: EvaluatorDatabase, more: dict[str, int]
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        admit(admission, **more)
    assert caught.value.field == "quota_reason"
    assert store.organisations() == []
    admit(admission, **more, quota_reason="grote verhuurder, 12 000 huurders")
    admit(admission, account=SECOND)
    with pytest.raises(errors.InvalidInput):
        admit(admission, **{name: value + 1 for name, value in more.items()})
    history = admission.history(actor=ADMINISTRATOR, kvk=KVK)
    assert [decision.reason for decision in history] == ["grote verhuurder, 12 000 huurders", None]


def test_admit_sets_the_quota_of_one_account_and_keeps_it(
    admission: AdmissionService, store: EvaluatorDatabase
) -> None:
    admit(admission)
    admit(admission, account=SECOND, account_quota=50)
    admit(admission, account=None, daily_quota=400)
    organisation = admission.organisation(actor=ADMINISTRATOR, kvk=KVK)
    assert organisation.account_quotas == {SECOND: 50}
    assert organisation.quota.daily == 400
    assert set(organisation.accounts) == {ACCOUNT, SECOND}
    admit(admission, account=SECOND, account_quota=60)
    assert admission.organisation(actor=ADMINISTRATOR, kvk=KVK).account_quotas == {SECOND: 60}


def test_admit_names_the_account_that_is_missing(admission: AdmissionService) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        admit(admission, account=None)
    assert caught.value.field == "account"
    admit(admission)
    with pytest.raises(errors.InvalidInput) as caught:
        admit(admission, account=None, account_quota=5)
    assert caught.value.field == "account"


def test_admit_refuses_an_account_more_than_its_organisation(
    admission: AdmissionService, store: EvaluatorDatabase
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        admit(admission, account_quota=STANDARD_QUOTA.daily + 1)
    assert (caught.value.key, caught.value.field) == ("account_quota_above", "account_quota")
    assert store.organisations() == []
    admit(admission, account_quota=STANDARD_QUOTA.daily)
    # What is decided at once counts.
    admit(admission, daily_quota=600, quota_reason="groter", account_quota=600)
    with pytest.raises(errors.InvalidInput):
        admit(admission, daily_quota=300, account_quota=301)


@pytest.mark.parametrize(
    ("account", "key"),
    [
        (ACCOUNT[:-1], "account_invalid"),
        (ACCOUNT[2:], "account_invalid"),
        ("0x" + "g" * 40, "account_invalid"),
        (ACCOUNT.replace("5aAeb", "5AAeb"), "account_checksum"),
        ("0x" + "0" * 40, "account_zero"),
    ],
)
def test_parse_account_says_what_is_wrong(account: str, key: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        parse_account(account)
    assert (caught.value.key, caught.value.field) == (key, "account")


@pytest.mark.parametrize("written", [ACCOUNT, ACCOUNT.lower(), "0x" + ACCOUNT[2:].upper(), f" {ACCOUNT} "])
def test_parse_account_gives_the_checksum(written: str) -> None:
    assert parse_account(written) == ACCOUNT


def test_history_tells_every_decision_with_who_and_when(admission: AdmissionService) -> None:
    admit(admission, bsn_ground="Wet SUWI, artikel 62")
    admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    admit(admission, account=SECOND, account_quota=5, lift_suspension="uitgelegd")
    admission.remove_account(actor=ADMINISTRATOR, kvk=KVK, account=ACCOUNT, reason="sleutel gelekt")
    found = admission.history(actor=ADMINISTRATOR, kvk=KVK)
    assert [(one.action, one.reason, one.account_quota, one.bsn_ground) for one in found] == [
        ("admit", None, None, "Wet SUWI, artikel 62"),
        ("suspend", "misbruik", None, None),
        ("admit", "uitgelegd", 5, "Wet SUWI, artikel 62"),
        ("remove", "sleutel gelekt", None, None),
    ]
    assert found[0].quota == STANDARD_QUOTA
    assert found[1].quota is None
    assert {one.by for one in found} == {"a.beheer"}
    assert {one.at for one in found} == {NOON}
    assert [one.accounts for one in found] == [(ACCOUNT,), (ACCOUNT,), (ACCOUNT, SECOND), (ACCOUNT,)]
    with pytest.raises(errors.NotFound):
        admission.history(actor=ADMINISTRATOR, kvk="87654321")


def test_admit_writes_addresses_in_one_way(admission: AdmissionService, store: EvaluatorDatabase) -> None:
    admit(admission, account=ACCOUNT.lower())
    admit(admission, account=f" {ACCOUNT} ")
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert organisation.accounts == (ACCOUNT,)


def test_admit_with_a_legal_ground_covers_every_account(admission: AdmissionService, chain: RoleList) -> None:
    admit(admission)
    admit(admission, account=SECOND, bsn_ground="Wet SUWI, artikel 62")
    assert chain.roles == {ACCOUNT: True, SECOND: True}


def test_admit_keeps_the_legal_ground_until_it_is_withdrawn(
    admission: AdmissionService, chain: RoleList, store: EvaluatorDatabase
) -> None:
    admit(admission, bsn_ground="Wet SUWI, artikel 62")
    admit(admission, account=SECOND)
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert organisation.bsn_ground == "Wet SUWI, artikel 62"
    assert chain.roles == {ACCOUNT: True, SECOND: True}
    with pytest.raises(errors.InvalidInput):
        admit(admission, bsn_ground="Wet SUWI, artikel 62", withdraw_bsn=True)
    admit(admission, withdraw_bsn=True)
    assert chain.roles == {ACCOUNT: False, SECOND: False}


def test_remove_account_takes_one_away_at_once_and_for_good(
    admission: AdmissionService, chain: RoleList, store: EvaluatorDatabase
) -> None:
    admit(admission)
    admit(admission, account=SECOND)
    remove = {"actor": ADMINISTRATOR, "kvk": KVK, "account": SECOND, "reason": "sleutel gelekt"}
    chain.works = False
    with pytest.raises(errors.Unreachable):
        admission.remove_account(**remove)  # type: ignore[arg-type]
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert organisation.accounts == (ACCOUNT,)
    chain.works = True
    assert admission.remove_account(**remove).accounts == (ACCOUNT,)  # type: ignore[arg-type]
    assert chain.roles == {ACCOUNT: False, SECOND: None}
    admit(admission)
    assert chain.roles == {ACCOUNT: False, SECOND: None}


def test_remove_account_refuses_what_is_not_theirs(admission: AdmissionService, chain: RoleList) -> None:
    admit(admission)
    admit(admission, kvk="87654321", account=SECOND)
    for kvk, account in ((KVK, SECOND), ("87654321", ACCOUNT), ("12121212", ACCOUNT)):
        with pytest.raises(errors.NotFound):
            admission.remove_account(actor=ADMINISTRATOR, kvk=kvk, account=account, reason="x")
    with pytest.raises(errors.InvalidInput):
        admission.remove_account(actor=ADMINISTRATOR, kvk=KVK, account=ACCOUNT, reason=" ")
    assert chain.roles == {ACCOUNT: False, SECOND: False}


def test_admit_can_be_repeated_after_the_chain_was_away(admission: AdmissionService, chain: RoleList) -> None:
    chain.works = False
    with pytest.raises(errors.Unreachable):
        admit(admission)
    assert chain.roles == {}
    chain.works = True
    admit(admission)
    assert chain.roles == {ACCOUNT: False}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kvk": "1234567"}, "kvk"),
        ({"kvk": "municipality"}, "kvk"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"account": ACCOUNT[:-1]}, "account"),
        ({"account": ACCOUNT.replace("5aAeb", "5AAeb")}, "account"),
        ({"account": "0x" + "0" * 40}, "account"),
        ({"account": "0x" + "g" * 40}, "account"),
        ({"daily_quota": -1}, "daily_quota"),
        ({"epoch_quota": 10**7}, "epoch_quota"),
        ({"bsn_ground": " "}, "bsn_ground"),
        ({"quota_reason": " "}, "quota_reason"),
        ({"account_quota": -1}, "account_quota"),
    ],
)
def test_admit_names_the_wrong_field_and_saves_nothing(
    admission: AdmissionService, chain: RoleList, store: EvaluatorDatabase, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        admit(admission, **changes)
    assert caught.value.field == field
    assert (chain.roles, store.organisations()) == ({}, [])


def test_admit_refuses_the_account_of_another_organisation(admission: AdmissionService) -> None:
    admit(admission)
    with pytest.raises(errors.Conflict):
        admit(admission, kvk="87654321")


def test_suspend_works_at_once_also_when_the_chain_is_away(
    admission: AdmissionService, chain: RoleList, store: EvaluatorDatabase
) -> None:
    admit(admission)
    chain.works = False
    with pytest.raises(errors.Unreachable):
        admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    organisation = store.organisation(KVK)
    assert organisation is not None
    assert organisation.suspended
    chain.works = True
    admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    assert chain.roles == {ACCOUNT: None}


def test_suspend_refuses_an_unknown_organisation(admission: AdmissionService) -> None:
    with pytest.raises(errors.NotFound):
        admission.suspend(actor=ADMINISTRATOR, kvk="87654321", reason="misbruik")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_every_other_role_is_refused(admission: AdmissionService, chain: RoleList, role: Role) -> None:
    kind: Any = {Role.RESIDENT: "resident", Role.CREDITOR: "creditor"}.get(role, "staff")
    stranger = Actor(kind=kind, id="x", roles=frozenset({role}))
    with pytest.raises(errors.NotAllowed):
        admit(admission, actor=stranger)
    with pytest.raises(errors.NotAllowed):
        admission.suspend(actor=stranger, kvk=KVK, reason="x")
    with pytest.raises(errors.NotAllowed):
        admission.remove_account(actor=stranger, kvk=KVK, account=ACCOUNT, reason="x")
    with pytest.raises(errors.NotAllowed):
        admission.organisations(actor=stranger)
    with pytest.raises(errors.NotAllowed):
        admission.organisation(actor=stranger, kvk=KVK)
    with pytest.raises(errors.NotAllowed):
        admission.history(actor=stranger, kvk=KVK)
    assert chain.roles == {}


THIRD = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"


def admit_three(admission: AdmissionService, chain: RoleList) -> None:
    """Admit an organisation with three accounts, and forget what that did on the chain."""
    for account in (ACCOUNT, SECOND, THIRD):
        admit(admission, account=account)
    chain.roles.clear()
    chain.paid.clear()


def test_admit_gives_all_accounts_their_roles_when_one_cannot_be_paid(
    admission: AdmissionService, chain: RoleList
) -> None:
    admit_three(admission, chain)
    chain.trouble["pay", ACCOUNT] = errors.Conflict("funds_short", "too little to pay", account=ACCOUNT)
    with pytest.raises(errors.Conflict) as caught:
        admit(admission, account=None)
    assert caught.value is chain.trouble["pay", ACCOUNT]
    assert set(chain.roles) == {ACCOUNT, SECOND, THIRD}
    assert set(chain.paid) == {SECOND, THIRD}


def test_admit_names_every_account_that_something_is_wrong_with(admission: AdmissionService, chain: RoleList) -> None:
    admit_three(admission, chain)
    chain.trouble["roles", ACCOUNT] = errors.NotAllowed("role_refused", "refused by the contract")
    chain.trouble["pay", SECOND] = errors.Conflict("funds_short", "too little to pay", account=SECOND)
    with pytest.raises(errors.Conflict) as caught:
        admit(admission, account=None)
    assert caught.value.key == "funds_short"
    for words in (ACCOUNT, "refused by the contract", SECOND, "too little to pay"):
        assert words in str(caught.value)
    # Who has no role gets no money.
    assert set(chain.roles) == {SECOND, THIRD}
    assert chain.paid == [THIRD]


def test_admit_asks_a_silent_chain_once(admission: AdmissionService, chain: RoleList) -> None:
    admit_three(admission, chain)
    chain.trouble["roles", ACCOUNT] = errors.Unreachable("chain_unreachable", "the node does not answer")
    with pytest.raises(errors.Unreachable):
        admit(admission, account=None)
    assert chain.roles == {}
    assert chain.paid == []


def test_admit_lifts_a_suspension_only_with_a_reason(
    admission: AdmissionService, chain: RoleList, store: EvaluatorDatabase
) -> None:
    admit(admission)
    admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    before = store.organisation(KVK)
    for changes in ({}, {"account": SECOND}, {"account": None, "daily_quota": 400}):
        with pytest.raises(errors.InvalidInput) as caught:
            admit(admission, **changes)
        assert (caught.value.key, caught.value.field) == ("suspension_stands", "lift_suspension")
    with pytest.raises(errors.InvalidInput) as caught:
        admit(admission, lift_suspension=" ")
    assert caught.value.field == "lift_suspension"
    assert (store.organisation(KVK), chain.roles) == (before, {ACCOUNT: None})
    more = {"daily_quota": 900, "quota_reason": "grote verhuurder", "lift_suspension": "uitgelegd"}
    chain.works = False
    with pytest.raises(errors.Unreachable):
        admit(admission, **more)
    chain.works = True
    admit(admission, **more)
    lifted = store.organisation(KVK)
    assert lifted is not None
    assert not lifted.suspended
    assert chain.roles == {ACCOUNT: False}
    history = admission.history(actor=ADMINISTRATOR, kvk=KVK)
    assert [one.reason for one in history] == [None, "misbruik", "uitgelegd; grote verhuurder", "grote verhuurder"]
