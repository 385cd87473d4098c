from __future__ import annotations

from datetime import timedelta

import pytest

from schuldhulp.errors import LimitReached
from schuldhulp.services import signed_requests
from schuldhulp.services.signed_requests import MOST_REMEMBERED, PROVEN, REMEMBERED, STRANGERS_RATE
from schuldhulp.services.signed_requests import MunicipalityAccounts as Accounts
from tests.support.evaluation import NOON

OURS = "0x" + "1" * 40


class Chain:
    """A chain that has been told who has the role, and remembers about whom it was asked."""

    def __init__(self) -> None:
        self.roles = {OURS}
        self.asked: list[str] = []

    def has_role(self, account: str) -> bool:
        self.asked.append(account)
        return account in self.roles


def stranger(number: int) -> str:
    return f"0x{number:040x}"


def test_has_role_remembers_for_some_seconds_who_has_none() -> None:
    chain = Chain()
    accounts = Accounts(chain.has_role)
    assert not any(accounts.has_role(stranger(1), NOON) for _ in range(5))
    assert chain.asked == [stranger(1)]
    chain.roles.add(stranger(1))
    assert accounts.has_role(stranger(1), NOON + REMEMBERED)


def test_has_role_reads_the_role_of_who_had_it_each_time() -> None:
    chain = Chain()
    accounts = Accounts(chain.has_role)
    assert accounts.has_role(OURS, NOON)
    chain.roles.clear()
    assert not accounts.has_role(OURS, NOON)
    assert chain.asked == [OURS, OURS]


def test_has_role_asks_about_strangers_so_often_in_a_minute_and_about_ours_always() -> None:
    chain = Chain()
    accounts = Accounts(chain.has_role)
    assert accounts.has_role(OURS, NOON)
    for number in range(2 * STRANGERS_RATE):
        if number < STRANGERS_RATE - 1:
            assert not accounts.has_role(stranger(number), NOON)
        else:
            with pytest.raises(LimitReached) as caught:
                accounts.has_role(stranger(number), NOON)
    assert (caught.value.key, caught.value.retry_after) == ("burst_spent", 60)
    assert len(chain.asked) == STRANGERS_RATE
    assert accounts.has_role(OURS, NOON)
    assert not accounts.has_role(stranger(0), NOON + timedelta(minutes=1))


def test_has_role_counts_who_had_it_long_ago_as_a_stranger() -> None:
    chain = Chain()
    accounts = Accounts(chain.has_role)
    assert accounts.has_role(OURS, NOON)
    later = NOON + PROVEN
    for number in range(STRANGERS_RATE):
        accounts.has_role(stranger(number), later)
    with pytest.raises(LimitReached):
        accounts.has_role(OURS, later)


def test_has_role_remembers_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_requests, "STRANGERS_RATE", 3 * MOST_REMEMBERED)
    chain = Chain()
    accounts = Accounts(chain.has_role)
    for number in range(MOST_REMEMBERED + 1):
        accounts.has_role(stranger(number), NOON)
    accounts.has_role(stranger(MOST_REMEMBERED), NOON)
    accounts.has_role(stranger(0), NOON)
    assert chain.asked.count(stranger(0)) == 2
    assert chain.asked.count(stranger(MOST_REMEMBERED)) == 1
