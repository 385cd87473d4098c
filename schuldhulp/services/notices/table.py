"""Who was told what and when, as CSV for a spreadsheet: semicolons, as Dutch Excel expects them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from schuldhulp.services.notices.overview import NoticeView

COLUMNS = (
    "number",
    "recipient",
    "kvk",
    "reference",
    "means",
    "sent_on",
    "answer_by",
    "state",
    "delivered_at",
    "acknowledged_at",
    "acknowledged_by",
)
"""Columns in their order."""


def notice_table(found: Iterable[NoticeView]) -> str:
    """Write notices as CSV with a heading; times are UTC.

    Args:
        found: the notices, in the order in which they are to stand.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in found:
        writer.writerow(
            [
                one.number,
                _plain(one.recipient),
                one.kvk,
                _plain(one.reference),
                one.means.value,
                one.sent_on.isoformat(),
                one.answer_by.isoformat(),
                one.state.value,
                one.delivered_at.isoformat() if one.delivered_at else "",
                one.acknowledged_at.isoformat() if one.acknowledged_at else "",
                one.acknowledged_by,
            ]
        )
    return text.getvalue()


def _plain(value: str) -> str:
    """Keep a spreadsheet from taking somebody's text for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
