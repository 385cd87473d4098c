"""Databases for tests: a SQLite file, or a schema of its own in the PostgreSQL of SCHULDHULP_TEST_POSTGRES."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

from schuldhulp import storage
from schuldhulp.storage.tables import metadata

POSTGRES = os.environ.get("SCHULDHULP_TEST_POSTGRES", "")


def kinds() -> list[str]:
    """Return the databases that tests run on here."""
    return ["sqlite", "postgresql"] if POSTGRES else ["sqlite"]


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database of one kind, and take it away afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'main.db'}"
        return
    schema = f"test_{secrets.token_hex(6)}"
    server = create_engine(make_url(POSTGRES).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
            yield url.render_as_string(hide_password=False)
        finally:
            with server.connect() as connection:
                connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    finally:
        server.dispose()


@contextmanager
def migrated_engine(kind: str, folder: Path) -> Iterator[Engine]:
    """Give an engine on a database with all tables."""
    with empty_database(kind, folder) as url:
        engine = storage.connect(url)
        try:
            storage.migrate(engine)
            yield engine
        finally:
            engine.dispose()


class Databases:
    """Gives tests empty databases with all tables, quickly: migrated once, then copied or emptied.

    Tests that migrate or that need two databases at once use the functions above.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._engines: dict[str, Engine] = {}

    @contextmanager
    def engine(self, kind: str, folder: Path) -> Iterator[Engine]:
        """Give an engine on a database with all tables and no rows; SQLite's lies in ``folder``."""
        if kind not in self._engines:
            self._engines[kind] = self._open.enter_context(migrated_engine(kind, self._folder))
        template = self._engines[kind]
        if kind == "postgresql":
            with template.begin() as connection:
                tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
                connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
            yield template
            return
        template.dispose()
        copy = folder / "main.db"
        shutil.copyfile(self._folder / "main.db", copy)
        engine = storage.connect(f"sqlite:///{copy}")
        try:
            yield engine
        finally:
            engine.dispose()

    def close(self) -> None:
        """Take everything away."""
        self._open.close()
