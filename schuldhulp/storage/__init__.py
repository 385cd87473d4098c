"""The main database: tables of ciphertext, units of work and migrations, on SQLite and PostgreSQL."""

from __future__ import annotations

from schuldhulp.storage.belonging import require_own
from schuldhulp.storage.database import connect
from schuldhulp.storage.migrate import migrate
from schuldhulp.storage.unit_of_work import SqlStore, SqlSubjectStore

__all__ = ["SqlStore", "SqlSubjectStore", "connect", "migrate", "require_own"]
