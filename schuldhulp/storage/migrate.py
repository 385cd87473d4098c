"""Bringing a database to the present tables, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine, text

from schuldhulp.errors import Misconfigured
from schuldhulp.storage.database import WRITE, translated

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 5_346_112
"""Number of the advisory lock that lets one process migrate at a time on PostgreSQL; any number would do."""


def migrate(engine: Engine, revision: str = "head", *, scripts: Path = _SCRIPTS) -> None:
    """Bring the tables to a revision, in one transaction; safe to repeat and to run from several processes.

    Args:
        engine: the database.
        revision: name of a migration, ``head`` for the newest, ``base`` for an empty database.
        scripts: folder with the migrations.

    Raises:
        Unreachable: the database does not answer.
        Misconfigured: a newer version of this software has been at work on it.
    """
    config = Config()
    config.set_main_option("script_location", str(scripts))
    newest = ScriptDirectory.from_config(config).get_current_head()
    # Every process asks for this when it starts; nearly always there is nothing to do and no writer to hold up.
    if revision == "head" and _present(engine) == newest:
        return
    try:
        _run(engine, config, revision)
    except CommandError:
        raise Misconfigured(
            "database_newer", "the database was made by a newer version of this software", field="DATABASE_URL"
        ) from None


def _present(engine: Engine) -> str | None:
    with translated(), engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _run(engine: Engine, config: Config, revision: str) -> None:
    with translated(), engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = connection
        if revision == "base" or revision.startswith("-"):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
