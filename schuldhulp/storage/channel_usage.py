"""Who used the channel of sealed messages how much, counted from what stands there anyway."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Connection, func, select, type_coerce

from schuldhulp.services.ports import ChannelLine
from schuldhulp.storage.message_tables import claim_ids_asked, messages

_EPOCH: Final = date(1970, 1, 1)
_MICROSECONDS: Final = 24 * 60 * 60 * 1_000_000
"""Of a day: times are stored as microseconds since 1970."""


def channel_usage(connection: Connection, first: date, last: date) -> list[ChannelLine]:
    """Return what was asked and delivered on some days, both included, by day and asker.

    Args:
        connection: reads.
        first: first UTC day.
        last: last UTC day.
    """
    table = claim_ids_asked.c
    asked = select(table.day, table.asker, func.sum(table.used))
    asked = asked.where(table.day.between(first, last)).group_by(table.day, table.asker)
    claim_ids = {(row[0], row[1]): int(row[2]) for row in connection.execute(asked)}

    day = (type_coerce(messages.c.received_at, BigInteger) // _MICROSECONDS).label("day")
    begin = datetime.combine(first, datetime.min.time(), UTC)
    end = datetime.combine(last, datetime.max.time(), UTC)
    sent = select(day, messages.c.organisation, func.count(), func.sum(messages.c.size))
    sent = sent.where(messages.c.received_at.between(begin, end)).group_by(day, messages.c.organisation)
    delivered = {
        (_EPOCH + timedelta(days=int(row[0])), row[1]): (int(row[2]), int(row[3])) for row in connection.execute(sent)
    }
    return [
        ChannelLine(
            day=one[0],
            asker=one[1],
            claim_ids=claim_ids.get(one, 0),
            messages=delivered.get(one, (0, 0))[0],
            size=delivered.get(one, (0, 0))[1],
        )
        for one in sorted(claim_ids.keys() | delivered.keys())
    ]
