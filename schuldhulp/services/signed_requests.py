"""What all signed requests to the evaluator have in common: how long they hold, and who may make it ask the chain."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from schuldhulp.errors import InvalidInput, LimitReached, NotAdmitted

MAX_AHEAD: Final = timedelta(minutes=5)
"""How long before its expiry a request may be made."""

STRANGERS_RATE: Final = 600
"""Questions to the chain within a minute about accounts that call themselves the municipality and never proved it."""

REMEMBERED: Final = timedelta(seconds=10)
"""How long it counts that an account had no role: somebody who was just given one does not wait much longer."""

PROVEN: Final = timedelta(days=1)
"""How long an account that had its role is asked about before strangers are; its role is read at each request."""

MOST_REMEMBERED: Final = 10_000
"""Accounts without a role that are remembered; the oldest are forgotten first."""


def check_expiry(expiry: int, now: datetime, *, field: str) -> None:
    """Check that a request holds now, and not for too long.

    Args:
        expiry: Unix time in seconds after which it is void.
        now: the time, UTC.
        field: name of the field, for the error.

    Raises:
        InvalidInput: it has expired, or holds for longer than `MAX_AHEAD`.
    """
    # Compared as numbers: not every number is a date.
    ahead = expiry - now.timestamp()
    if ahead <= 0:
        raise InvalidInput("request_expired", "the request has expired; check the clock and sign anew", field=field)
    if ahead > MAX_AHEAD.total_seconds():
        raise InvalidInput("expiry_too_far", "a request may be valid for five minutes at most", field=field)


def not_signed(*, field: str) -> NotAdmitted:
    """Return the one error for an unknown organisation and for another's account: who is admitted is nobody's business.

    Args:
        field: name of the field of the signature.
    """
    return NotAdmitted("signature_unknown", "the signature is not of an account of this organisation", field=field)


def until_midnight(now: datetime) -> int:
    """Return how many seconds the UTC day still has, rounded up."""
    midnight = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
    return math.ceil((midnight - now).total_seconds())


def until_next_minute(now: datetime) -> int:
    """Return how many seconds the minute still has."""
    return 60 - int(now.timestamp()) % 60


class MunicipalityAccounts:
    """Asks the chain whether an account is the municipality's, within bounds: anybody can sign and say so.

    An account that had no role is not asked about again for some seconds, and all that never had it share a rate a
    minute. Who had it does not share that rate, so that strangers cannot shut the municipality out. Safe to share
    between threads; each process counts for itself.
    """

    def __init__(self, has_role: Callable[[str], bool]) -> None:
        """Take the question.

        Args:
            has_role: asks the chain about an account.
        """
        self._has_role = has_role
        self._lock = threading.Lock()
        self._without: OrderedDict[str, datetime] = OrderedDict()
        self._proven: dict[str, datetime] = {}
        self._minute, self._asked = -1, 0

    def has_role(self, account: str, now: datetime) -> bool:
        """Say whether an account has the role.

        Args:
            account: checksummed address that signed.
            now: the time, UTC.

        Raises:
            LimitReached: strangers had too much asked within this minute.
            Unreachable: the node does not answer.
        """
        with self._lock:
            since = self._without.get(account)
            if since is not None and now - since < REMEMBERED:
                return False
            proven = self._proven.get(account)
            if proven is None or now - proven >= PROVEN:
                self._take(now)
        found = self._has_role(account)
        with self._lock:
            if found:
                self._without.pop(account, None)
                self._proven[account] = now
                return True
            self._proven.pop(account, None)
            self._without[account] = now
            self._without.move_to_end(account)
            if len(self._without) > MOST_REMEMBERED:
                self._without.popitem(last=False)
        return False

    def _take(self, now: datetime) -> None:
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._asked = minute, 0
        if self._asked >= STRANGERS_RATE:
            raise LimitReached(
                "burst_spent",
                "too much was asked within this minute; ask again in the next",
                field=None,
                retry_after=until_next_minute(now),
            )
        self._asked += 1
