"""Who is admitted and at which accounts, as the evaluator tells the municipality."""

from __future__ import annotations

from sqlalchemy import Connection, select

from schuldhulp.services.claims.ports import Correspondent
from schuldhulp.storage.evaluation_tables import accounts, admissions, organisations


def correspondents(connection: Connection, after: str, limit: int) -> list[Correspondent]:
    """Return organisations by number, each with its accounts, the one that was admitted last in front.

    Args:
        connection: reads.
        after: number after which they are given; empty for all.
        limit: how many at most.
    """
    found = connection.execute(
        select(organisations).where(organisations.c.kvk > after).order_by(organisations.c.kvk).limit(limit)
    ).all()
    numbers = [row.kvk for row in found]
    newest: dict[str, int] = {}
    for row in connection.execute(
        select(admissions.c.id, admissions.c.accounts)
        .where(admissions.c.kvk.in_(numbers), admissions.c.action == "admit")
        .order_by(admissions.c.id)
    ):
        newest |= dict.fromkeys(row.accounts.split(), row.id)
    own: dict[str, list[str]] = {kvk: [] for kvk in numbers}
    for row in connection.execute(select(accounts).where(accounts.c.kvk.in_(numbers)).order_by(accounts.c.account)):
        own[row.kvk].append(row.account)
    return [
        Correspondent(
            kvk=row.kvk,
            name=row.name,
            accounts=tuple(sorted(own[row.kvk], key=lambda account: -newest.get(account, 0))),
            suspended=row.suspended,
        )
        for row in found
    ]
