"""Migrations, transactions and what happens when the database does not answer."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from schuldhulp import storage
from schuldhulp.domain.access import Actor
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Misconfigured, SchuldhulpError, Unreachable
from schuldhulp.storage import SqlStore
from schuldhulp.storage.tables import metadata
from tests.support.database import empty_database, kinds
from tests.support.factories import MUNICIPALITY, NOON, RecordKeeping, make_applicant


@pytest.fixture(params=kinds())
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    with empty_database(request.param, tmp_path) as url:
        engine = storage.connect(url)
        yield engine
        engine.dispose()


def test_migrate_gives_the_tables_that_the_code_expects(empty: Engine) -> None:
    storage.migrate(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrate_twice_changes_nothing(empty: Engine) -> None:
    storage.migrate(empty)
    before = inspect(empty).get_table_names()
    storage.migrate(empty)
    assert inspect(empty).get_table_names() == before


def test_migrate_of_the_present_tables_waits_for_no_writer(store: SqlStore, engine: Engine) -> None:
    with store.write():
        storage.migrate(engine)


def test_migrate_refuses_a_database_of_a_newer_version(empty: Engine) -> None:
    storage.migrate(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'future'"))
    with pytest.raises(Misconfigured) as raised:
        storage.migrate(empty)
    assert raised.value.key == "database_newer"


def test_migrate_down_and_up_with_data(empty: Engine) -> None:
    storage.migrate(empty)
    keeping = RecordKeeping(SqlStore(empty))
    keeping.add_dossier(keeping.staff_member())
    keeping.anchor()
    storage.migrate(empty, "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]
    storage.migrate(empty)
    keeping.clients.add(actor=keeping.staff_member(), applicants=[make_applicant()])
    assert keeping.verification.all(actor=keeping.staff_member()).state is TrustState.BEING_RECORDED


def test_migrate_takes_claims_for_taken_in_and_leaves_other_messages_waiting(empty: Engine) -> None:
    storage.migrate(empty, "0004")
    with empty.begin() as connection:
        for number, kind in enumerate(("claim", "statement"), 1):
            connection.execute(
                text(
                    "INSERT INTO channel_messages (message, municipality, number, kind, subject, sender, organisation, "
                    "received_at, stored_at, content, acknowledged) VALUES "
                    "(:message, 14, :number, :kind, :subject, '0x1', '12345678', 1, 2, :content, :acknowledged)"
                ),
                {
                    "message": bytes([number]) * 32,
                    "number": number,
                    "kind": kind,
                    "subject": bytes(32),
                    "content": b"sealed",
                    "acknowledged": True,
                },
            )
    storage.migrate(empty)
    with SqlStore(empty).read() as work:
        waiting = work.mail.unhandled(MunicipalityCode(14), ["claim", "statement"], limit=10)
    assert [(row.kind, row.content) for row in waiting] == [("statement", b"sealed")]


def test_a_unit_of_work_without_commit_leaves_nothing(store: SqlStore, keeping: RecordKeeping) -> None:
    with store.write() as work:
        assert work.dossiers.next_file_number(keeping.reader.municipality, 2026) == 1
    with store.write() as work:
        assert work.dossiers.next_file_number(keeping.reader.municipality, 2026) == 1
        work.commit()
    with store.write() as work:
        assert work.dossiers.next_file_number(keeping.reader.municipality, 2026) == 2


def test_a_failure_in_the_middle_of_a_write_leaves_nothing(
    keeping: RecordKeeping, caseworker: Actor, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise Unreachable("database_unreachable", "gone")

    monkeypatch.setattr(keeping.log, "write", fail)
    with pytest.raises(Unreachable):
        keeping.add_dossier(caseworker)
    with engine.connect() as connection:
        for table in ("dossiers", "dossier_keys", "record_versions", "dossier_revisions", "outbox"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_reader_sees_one_moment(store: SqlStore, keeping: RecordKeeping, caseworker: Actor) -> None:
    keeping.add_dossier(caseworker)
    with store.read() as work:
        assert len(work.dossiers.list(keeping.reader.municipality)) == 1
        keeping.add_dossier(caseworker)
        assert len(work.dossiers.list(keeping.reader.municipality)) == 1
    with store.read() as work:
        assert len(work.dossiers.list(keeping.reader.municipality)) == 2


def test_a_lease_is_held_by_one_worker(store: SqlStore) -> None:
    from datetime import timedelta

    def acquire(holder: str, minutes: int) -> bool:
        with store.write() as work:
            now = NOON + timedelta(minutes=minutes)
            taken = work.leases.acquire("0xa", holder, now=now, until=now + timedelta(minutes=1))
            work.commit()
        return taken

    assert acquire("one", 0)
    assert not acquire("two", 0)
    assert acquire("one", 0)
    assert acquire("two", 2)
    assert not acquire("one", 2)
    with store.write() as work:
        work.leases.release("0xa", "one")
        work.leases.release("0xa", "two")
        work.commit()
    assert acquire("one", 2)


def test_a_request_stays_with_the_lease_until_it_is_answered(store: SqlStore) -> None:
    from datetime import timedelta

    def request() -> str | None:
        with store.read() as work:
            lease = work.leases.get("0xa")
        return lease.request if lease is not None else None

    with store.write() as work:
        assert work.leases.get("0xa") is None
        work.leases.ask("0xa", "lost")
        for holder, minutes in (("one", 0), ("two", 5)):
            now = NOON + timedelta(minutes=minutes)
            assert work.leases.acquire("0xa", holder, now=now, until=now + timedelta(minutes=1))
            work.leases.ask("0xa", "first" if holder == "one" else "second")
        work.commit()
    assert request() == "second"
    with store.write() as work:
        work.leases.answer("0xa", "first")
        # Whoever takes over takes the request over, too.
        later = NOON + timedelta(hours=1)
        assert work.leases.acquire("0xa", "three", now=later, until=later)
        work.commit()
    assert request() == "second"
    with store.write() as work:
        work.leases.answer("0xa", "second")
        work.commit()
    assert request() is None


def test_times_come_back_to_the_microsecond(store: SqlStore, keeping: RecordKeeping, caseworker: Actor) -> None:
    moment = NOON.replace(microsecond=123457)
    dossier = keeping.add_dossier(caseworker)
    keeping.dossiers.end(actor=caseworker, dossier=dossier, ended_at=moment)
    with store.read() as work:
        row = work.dossiers.get(dossier)
    assert row is not None
    assert row.ended_at == moment


UNREACHABLE = {
    "no folder": "sqlite:////nonexistent/folder/main.db",
    "no server": "postgresql://somebody:hunter2@127.0.0.1:1/nothing",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE)
def test_an_unreachable_database_is_said_so_without_details(url: str) -> None:
    store = SqlStore(storage.connect(url))
    for action in (lambda: store.read().__enter__(), lambda: store.write().__enter__()):
        with pytest.raises(Unreachable) as raised:
            action()
        assert not re.search("hunter2|nonexistent|SELECT|BEGIN|sqlite3|psycopg", str(raised.value))
        assert raised.value.__cause__ is None
    with pytest.raises(Unreachable):
        storage.migrate(storage.connect(url))


def test_a_database_without_tables_is_unreachable(empty: Engine) -> None:
    with SqlStore(empty).read() as work, pytest.raises(Unreachable) as raised:
        work.staff.list()
    assert "staff" not in str(raised.value)


def test_a_file_that_is_no_database_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "main.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unreachable):
        storage.migrate(storage.connect(f"sqlite:///{path}"))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b"])
def test_connect_refuses_another_kind_of_database(url: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        storage.connect(url)
    assert isinstance(raised.value, SchuldhulpError)
    assert raised.value.field == "DATABASE_URL"


def test_a_new_sqlite_file_is_for_its_owner_only_and_safe(tmp_path: Path) -> None:
    engine = storage.connect(f"sqlite:///{tmp_path / 'main.db'}")
    storage.migrate(engine)
    assert stat.S_IMODE((tmp_path / "main.db").stat().st_mode) == 0o600
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_what_was_deleted_is_not_left_in_a_sqlite_file(tmp_path: Path) -> None:
    """Who held a tag of a retired epoch, say."""
    file, secret = tmp_path / "main.sqlite", b"held by somebody"
    engine = storage.connect(f"sqlite:///{file}")
    storage.migrate(engine)
    with engine.connect() as connection:
        for number in range(200):
            connection.execute(
                text("INSERT INTO tag_jobs VALUES (:id, :tag, 14, 20264, 'enrol', 'queued', :who, NULL, :mac)"),
                {"id": number, "tag": bytes(32), "who": secret, "mac": bytes(32)},
            )
        connection.commit()
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        assert secret in file.read_bytes()
        connection.execute(text("DELETE FROM tag_jobs"))
        connection.commit()
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    assert secret not in file.read_bytes()


def test_require_own_refuses_the_database_of_another_municipality(
    engine: Engine, keeping: RecordKeeping, caseworker: Actor
) -> None:
    keeping.add_dossier(caseworker, make_applicant())
    storage.require_own(engine, MUNICIPALITY)
    for other in (MUNICIPALITY - 1, MUNICIPALITY + 1):
        with pytest.raises(Misconfigured) as raised:
            storage.require_own(engine, MunicipalityCode(other))
        assert raised.value.key == "database_of_another"
        assert "SCHULDHULP_MUNICIPALITY" in str(raised.value)
        assert "SCHULDHULP_DATABASE_URL" in str(raised.value)
