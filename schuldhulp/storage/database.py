"""Engines: how a database is connected to, and how its errors become ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from schuldhulp.errors import Conflict, Misconfigured, Unreachable

BUSY_TIMEOUT: Final = 30_000
"""Milliseconds that a writer waits for another one on SQLite, before it says that the database is busy."""

WRITE: Final = "schuldhulp_write"
"""Execution option of a connection that is going to write."""


def connect(url: str) -> Engine:
    """Make an engine; nothing is opened before the first use.

    Args:
        url: SQLAlchemy URL of SQLite (``sqlite:////path/file.db``) or PostgreSQL (``postgresql+psycopg://...``).

    Returns:
        The engine; close it with ``dispose()``.

    Raises:
        Misconfigured: the URL cannot be read, or is of another kind of database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured("database_url_invalid", "the database URL cannot be read", field="DATABASE_URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        # Without it a database made in the C locale (SQL_ASCII) gives bytes for text.
        return create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args={"client_encoding": "utf8"})
    raise Misconfigured("database_kind_unknown", "the database must be SQLite or PostgreSQL", field="DATABASE_URL")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the database into ours, without statements or values.

    Raises:
        Conflict: a row is there already, or refers to one that is not.
        Unreachable: anything else that the database refuses.
    """
    try:
        yield
    except IntegrityError:
        raise Conflict("database_conflict", "the database refused a row that clashes with another one") from None
    except DBAPIError as error:
        if "locked" in str(error.orig):
            raise Unreachable("database_busy", "the database is busy; try again") from None
        raise Unreachable("database_unreachable", "the database does not answer or cannot be read") from None
    except SQLAlchemyError:
        raise Unreachable("database_unreachable", "the database does not answer or cannot be read") from None


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "do_connect")
    def create(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        if url.database and url.database != ":memory:":
            path = Path(url.database)
            # Nobody but the owner reads the file; SQLite gives its side files the same mode.
            if path.parent.is_dir() and not path.exists():
                path.touch(mode=0o600)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions by itself: readers and writers begin differently.
        connection.isolation_level = None
        connection.text_factory = _text
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            # What was deleted must not be found in the free pages of the file.
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _text(value: bytes) -> str:
    """Read text even where somebody put bytes that are none."""
    return value.decode("utf-8", "replace")
