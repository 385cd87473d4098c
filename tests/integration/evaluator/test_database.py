"""The evaluator's database, on SQLite and, where SCHULDHULP_TEST_POSTGRES names one, on PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from schuldhulp import errors
from schuldhulp.domain.types import Epoch
from schuldhulp.services.ports import Charge, Organisation, Quota
from schuldhulp.storage.database import connect
from schuldhulp.storage.evaluation import NONCES_KEPT, SCRIPTS, EvaluatorDatabase, metadata
from schuldhulp.storage.migrate import migrate
from tests.support.database import empty_database, kinds
from tests.support.evaluation import CURRENT, KVK, NOON

ACCOUNT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ORGANISATION = Organisation(
    kvk=KVK,
    name="Voorbeeld",
    accounts=(ACCOUNT,),
    quota=Quota(daily=10, per_epoch=15),
    bsn_ground=None,
    suspended=False,
)


@pytest.fixture(params=kinds())
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as address:
        yield address


@pytest.fixture
def database(url: str) -> Iterator[EvaluatorDatabase]:
    database = EvaluatorDatabase(url)
    database.prepare()
    database.admit(ORGANISATION, by="administrator", at=NOON)
    yield database
    database.close()


def charge(
    database: EvaluatorDatabase, elements: int, *, nonce: bytes | None = None, epoch: int = CURRENT, hours: int = 0
) -> Charge:
    return database.charge(
        organisation=KVK,
        quota=ORGANISATION.quota,
        epoch=Epoch(epoch),
        elements=elements,
        nonce=nonce or secrets.token_bytes(32),
        at=NOON + timedelta(hours=hours),
    )


def test_prepare_makes_the_tables_that_the_code_knows(url: str, database: EvaluatorDatabase) -> None:
    database.prepare()
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "evaluator_version"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrations_go_back_with_data(url: str, database: EvaluatorDatabase) -> None:
    assert charge(database, 1) is Charge.DONE
    engine = connect(url)
    migrate(engine, "base", scripts=SCRIPTS)
    assert set(inspect(engine).get_table_names()) <= {"evaluator_version"}
    migrate(engine, scripts=SCRIPTS)
    engine.dispose()
    assert database.organisations() == []


def test_check_refuses_a_database_without_tables(url: str) -> None:
    database = EvaluatorDatabase(url)
    with pytest.raises(errors.Unreachable):
        database.check()
    database.close()


def test_check_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(errors.Unreachable):
        EvaluatorDatabase(f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite'}").check()


def test_admit_renews_and_adds_accounts(database: EvaluatorDatabase) -> None:
    second = "0x" + "1" * 40
    renewed = replace(
        ORGANISATION, name="Ander", accounts=(second,), quota=Quota(daily=1, per_epoch=2), bsn_ground="Wet"
    )
    database.admit(renewed, by="administrator", at=NOON)
    assert database.organisation(KVK) == replace(renewed, accounts=tuple(sorted((ACCOUNT, second))))


def test_admit_refuses_the_account_of_another_and_changes_nothing(database: EvaluatorDatabase) -> None:
    with pytest.raises(errors.Conflict) as caught:
        database.admit(replace(ORGANISATION, kvk="87654321"), by="administrator", at=NOON)
    assert (caught.value.key, caught.value.field) == ("account_taken", "account")
    assert database.organisations() == [ORGANISATION]


def test_suspend_is_kept_until_admitted_again(database: EvaluatorDatabase) -> None:
    database.suspend(KVK, reason="misuse", by="administrator", at=NOON)
    assert database.organisation(KVK) == replace(ORGANISATION, suspended=True)
    database.admit(ORGANISATION, by="administrator", at=NOON)
    assert database.organisation(KVK) == ORGANISATION


def test_suspend_refuses_an_unknown_organisation(database: EvaluatorDatabase) -> None:
    with pytest.raises(errors.NotFound):
        database.suspend("87654321", reason="misuse", by="administrator", at=NOON)


def test_admissions_keep_every_decision_with_its_ground(url: str, database: EvaluatorDatabase) -> None:
    database.admit(replace(ORGANISATION, bsn_ground="Wet SUWI"), by="administrator", at=NOON)
    database.suspend(KVK, reason="misuse", by="other", at=NOON)
    engine = connect(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT action, bsn_ground, reason, done_by, accounts FROM admissions ORDER BY id")
        ).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [
        ("admit", None, None, "administrator", ACCOUNT),
        ("admit", "Wet SUWI", None, "administrator", ACCOUNT),
        ("suspend", None, "misuse", "other", ACCOUNT),
    ]


def test_charge_stops_at_the_limit_of_the_day_and_begins_anew_at_midnight(database: EvaluatorDatabase) -> None:
    assert charge(database, 10) is Charge.DONE
    assert charge(database, 1) is Charge.DAY_SPENT
    assert charge(database, 1, hours=11) is Charge.DAY_SPENT
    assert charge(database, 1, hours=12) is Charge.DONE


def test_charge_stops_at_the_limit_of_the_epoch(database: EvaluatorDatabase) -> None:
    assert charge(database, 10) is Charge.DONE
    assert charge(database, 6, hours=24) is Charge.EPOCH_SPENT
    assert charge(database, 5, hours=24) is Charge.DONE
    assert charge(database, 5, epoch=CURRENT - 1, hours=24) is Charge.DONE


def test_charge_that_is_refused_does_not_spend_the_nonce(database: EvaluatorDatabase) -> None:
    nonce = bytes(32)
    assert charge(database, 11, nonce=nonce) is Charge.DAY_SPENT
    assert charge(database, 10, nonce=nonce) is Charge.DONE


def test_charge_refuses_a_nonce_twice_and_spends_nothing(database: EvaluatorDatabase) -> None:
    nonce = bytes(32)
    assert charge(database, 1, nonce=nonce) is Charge.DONE
    assert charge(database, 1, nonce=nonce) is Charge.REPLAYED
    assert charge(database, 9) is Charge.DONE


def test_charge_tells_a_repetition_from_another_request_with_the_same_nonce(database: EvaluatorDatabase) -> None:
    def ask(nonce: bytes, request: bytes) -> Charge:
        return database.charge(
            organisation=KVK, quota=ORGANISATION.quota, epoch=CURRENT, elements=1, nonce=nonce, at=NOON, request=request
        )

    one, other = secrets.token_bytes(32), secrets.token_bytes(32)
    assert not database.was_charged(other)
    assert [ask(one, other), ask(one, other)] == [Charge.DONE, Charge.REPEATED]
    assert database.was_charged(other)
    assert ask(one, secrets.token_bytes(32)) is Charge.REPLAYED
    # The digest of a request to come cannot be had noted by spending it as a nonce.
    ahead = secrets.token_bytes(32)
    assert ask(ahead, secrets.token_bytes(32)) is Charge.DONE
    assert not database.was_charged(ahead)


def test_charge_without_quota_notes_the_nonce(database: EvaluatorDatabase) -> None:
    def ask() -> Charge:
        return database.charge(
            organisation="municipality", quota=None, epoch=CURRENT, elements=10**6, nonce=bytes(32), at=NOON
        )

    assert [ask(), ask()] == [Charge.DONE, Charge.REPLAYED]


def test_charge_forgets_nonces_long_after_their_requests_expired(url: str, database: EvaluatorDatabase) -> None:
    charge(database, 1)
    charge(database, 1, hours=int(NONCES_KEPT.total_seconds() // 3600) + 1)
    engine = connect(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM nonces")).scalar_one() == 1
    engine.dispose()


def test_charge_of_many_at_once_spends_no_more_than_there_is(url: str, database: EvaluatorDatabase) -> None:
    other = EvaluatorDatabase(url)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda number: charge((database, other)[number % 2], 3), range(16)))
    other.close()
    assert (results.count(Charge.DONE), results.count(Charge.DAY_SPENT)) == (3, 13)


def test_charge_of_the_municipality_at_once_for_many_epochs_spends_no_more_than_there_is(
    url: str, database: EvaluatorDatabase
) -> None:
    other = EvaluatorDatabase(url)

    def ask(number: int) -> Charge:
        return (database, other)[number % 2].charge(
            organisation="municipality",
            quota=Quota(daily=10, per_epoch=10**9),
            epoch=Epoch(CURRENT + number),
            elements=3,
            nonce=secrets.token_bytes(32),
            at=NOON,
        )

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(ask, range(32)))
    other.close()
    assert (results.count(Charge.DONE), results.count(Charge.DAY_SPENT)) == (3, 29)


def test_charge_of_one_nonce_at_once_is_done_once(database: EvaluatorDatabase) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: charge(database, 1, nonce=bytes(32)), range(8)))
    assert sorted(result.value for result in results) == ["done"] + ["replayed"] * 7


def test_charge_takes_from_the_quota_of_the_account_too(database: EvaluatorDatabase) -> None:
    second = "0x" + "1" * 40
    both = replace(ORGANISATION, accounts=tuple(sorted((ACCOUNT, second))), account_quotas={second: 3})
    database.admit(both, by="administrator", at=NOON)
    assert database.organisation_of(second) == both

    def ask(account: str, elements: int) -> Charge:
        return database.charge(
            organisation=KVK,
            account=account,
            quota=both.quota,
            epoch=CURRENT,
            elements=elements,
            nonce=secrets.token_bytes(32),
            at=NOON,
        )

    assert [ask(second, 2), ask(second, 2), ask(second, 1), ask(ACCOUNT, 7)] == [
        Charge.DONE,
        Charge.ACCOUNT_SPENT,
        Charge.DONE,
        Charge.DONE,
    ]
    # What was refused to the account was not taken from the organisation either.
    assert ask(ACCOUNT, 1) is Charge.DAY_SPENT


def test_take_takes_everything_or_nothing(database: EvaluatorDatabase) -> None:
    assert database.take([("a", 3, 5), ("b", 3, 5)], NOON)
    assert not database.take([("a", 2, 5), ("b", 3, 5)], NOON)
    assert database.take([("a", 2, 5), ("b", 2, 5)], NOON)
    assert not database.take([("a", 1, 5)], NOON)
    assert database.take([("a", 5, 5)], NOON + timedelta(minutes=1))


def test_take_of_many_at_once_gives_no_more_than_there_is(url: str, database: EvaluatorDatabase) -> None:
    other = EvaluatorDatabase(url)
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda number: (database, other)[number % 2].take([("a", 1, 5), ("b", 1, 99)], NOON), range(24))
        )
    other.close()
    assert results.count(True) == 5


def test_day_secret_is_one_for_all_and_gone_the_next_day(url: str, database: EvaluatorDatabase) -> None:
    other = EvaluatorDatabase(url)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda number: (database, other)[number % 2].day_secret(NOON.date()), range(16)))
    other.close()
    assert len(found) == 1
    assert len(found.pop()) == 32
    tomorrow = NOON + timedelta(days=1)
    assert database.day_secret(tomorrow.date()) != database.day_secret(NOON.date())
    database.take([("a", 1, 5)], tomorrow)
    engine = connect(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM day_secrets")).scalar_one() == 1
    engine.dispose()


def test_refusals_and_usage_add_up(database: EvaluatorDatabase) -> None:
    day = NOON.date()
    for _ in range(2):
        database.add_refusals({(day, KVK, "daily_quota_spent"): 2, (day, "", "signature_unknown"): 1})
    assert [(line.asker, line.times) for line in database.refusals(day, day)] == [("", 2), (KVK, 4)]
    assert database.refusals(day + timedelta(days=1), day + timedelta(days=2)) == []
    charge(database, 2)
    charge(database, 3)
    charge(database, 6)
    [line] = database.usage(day, day)
    assert (line.asker, line.epoch, line.requests, line.elements) == (KVK, CURRENT, 2, 5)


def test_migration_takes_over_what_was_counted(url: str) -> None:
    engine = connect(url)
    migrate(engine, "0002", scripts=SCRIPTS)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO organisations VALUES ('12345678', 'Voorbeeld', 10, 15, NULL, false)"))
        connection.execute(text("INSERT INTO daily_usage VALUES ('12345678', '2026-11-23', 8)"))
        connection.execute(text(f"INSERT INTO epoch_usage VALUES ('12345678', {CURRENT}, 12)"))
    engine.dispose()
    database = EvaluatorDatabase(url)
    database.prepare()
    assert charge(database, 3) is Charge.DAY_SPENT
    assert charge(database, 2) is Charge.DONE
    assert charge(database, 2, hours=24) is Charge.EPOCH_SPENT
    assert charge(database, 1, hours=24) is Charge.DONE
    database.close()


def test_migration_takes_over_the_claim_ids_that_were_asked_for(url: str) -> None:
    engine = connect(url)
    migrate(engine, "0003", scripts=SCRIPTS)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO organisations VALUES ('12345678', 'Voorbeeld', 10, 15, NULL, false)"))
        connection.execute(
            text(f"INSERT INTO claim_id_usage VALUES ('12345678', '2026-11-23', '{'0x' + '1' * 40}', 8)")
        )
    migrate(engine, scripts=SCRIPTS)
    database = EvaluatorDatabase(url)
    day = date(2026, 11, 23)
    assert [(line.asker, line.claim_ids) for line in database.channel_usage(day, day)] == [("12345678", 8)]
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO claim_ids_asked VALUES ('municipality', '2026-11-23', '', 5)"))
    migrate(engine, "-1", scripts=SCRIPTS)
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(text("SELECT kvk, used FROM claim_id_usage"))] == [
            ("12345678", 8)
        ]
    engine.dispose()
    database.close()
