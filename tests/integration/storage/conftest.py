"""Every test here runs on SQLite, and on PostgreSQL where SCHULDHULP_TEST_POSTGRES is set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from schuldhulp.domain.access import Actor
from schuldhulp.storage import SqlStore
from tests.support.database import Databases, kinds
from tests.support.factories import RecordKeeping


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture(params=kinds())
def engine(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Engine]:
    """A database with all tables and no rows."""
    with databases.engine(request.param, tmp_path) as engine:
        yield engine


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    return SqlStore(engine)


@pytest.fixture
def keeping(store: SqlStore) -> RecordKeeping:
    """The services of record keeping."""
    return RecordKeeping(store)


@pytest.fixture
def caseworker(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member()
