"""What to do when evaluator or chain do not answer: wait a little longer each time, and give up in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from schuldhulp.errors import ChainMismatch, Conflict, NotAllowed, SchuldhulpError, Unreachable
from schuldhulp.services.tags import QUOTA_SPENT

FIRST: Final = 1.0
"""Seconds before the second try; each further time twice as long."""
LONGEST: Final = 30.0
PASSING: Final = frozenset(
    {"head_stale", "head_lower", "head_future", "chain_replaced", "signal_old_epoch", "epoch_not_open"}
)
"""Keys of errors that may be gone the next moment, among the kinds that mostly stay."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for an answer.

    Attributes:
        seconds: how long to wait in all for one answer; 0 to give up at once.
        sleep: waits.
        tell: told of the error, and how many seconds are waited.
        only_when_asked: wait only where the other side says how long.
    """

    seconds: float
    sleep: Callable[[float], None]
    tell: Callable[[SchuldhulpError, float], None]
    only_when_asked: bool = False

    def have(self, ask: Callable[[], _Found]) -> _Found:
        """Ask until there is an answer.

        Args:
            ask: may be called again after an error.

        Returns:
            The answer.

        Raises:
            schuldhulp.errors.SchuldhulpError: the error of the last try, or one that waiting does not cure.
        """
        waited, pause = 0.0, FIRST
        while True:
            try:
                return ask()
            except SchuldhulpError as error:
                wait = max(pause, _asked_wait(error))
                if self.only_when_asked and "retry_after" not in error.parameters:
                    raise
                if not _passes(error) or waited + wait > self.seconds:
                    raise
                self.tell(error, wait)
                self.sleep(wait)
                waited, pause = waited + wait, min(2 * pause, LONGEST)


def _passes(error: SchuldhulpError) -> bool:
    if isinstance(error, ChainMismatch | Conflict):
        return error.key in PASSING
    if isinstance(error, NotAllowed):
        return error.key not in QUOTA_SPENT and "retry_after" in error.parameters
    return isinstance(error, Unreachable)


def _asked_wait(error: SchuldhulpError) -> float:
    wait = error.parameters.get("retry_after", 0)
    return float(wait) if isinstance(wait, int) else 0.0
