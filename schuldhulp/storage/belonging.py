"""Whose database it is: one belongs to one municipality."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, func, select

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Misconfigured
from schuldhulp.storage import tables
from schuldhulp.storage.database import translated

_TELLING: Final = (tables.dossiers, tables.processing_log, tables.decoys)


def require_own(engine: Engine, municipality: MunicipalityCode) -> None:
    """Refuse a database in which another municipality has been at work.

    Its jobs carry codes of other keys, so a worker would take them for forged and refuse them for good.

    Args:
        engine: the database, with the present tables.
        municipality: the one that this process works for.

    Raises:
        Misconfigured: the database holds dossiers, decoys or log lines of another municipality.
        Unreachable: the database does not answer.
    """
    with translated(), engine.connect() as connection:
        for table in _TELLING:
            for outermost in (func.min, func.max):
                found = connection.execute(select(outermost(table.c.municipality))).scalar()
                if found not in (None, municipality):
                    raise Misconfigured(
                        "database_of_another",
                        f"the database is that of municipality {found}, not of {municipality}: "
                        "check SCHULDHULP_MUNICIPALITY and SCHULDHULP_DATABASE_URL",
                        field="DATABASE_URL",
                    )
