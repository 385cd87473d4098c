"""The main database of this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schuldhulp.config import Settings
from schuldhulp.domain.types import MunicipalityCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from schuldhulp.storage import SqlStore


def open_store(settings: Settings, engine: Engine) -> SqlStore:
    """Bring the main database to the present tables, and see to it that no other municipality works on it."""
    from schuldhulp.storage import SqlStore, migrate, require_own

    migrate(engine)
    require_own(engine, MunicipalityCode(settings.municipality))
    return SqlStore(engine)
