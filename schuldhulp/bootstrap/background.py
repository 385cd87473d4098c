"""What a process does again and again beside its work."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from schuldhulp.errors import SchuldhulpError

LOG = logging.getLogger(__name__)


def keep_doing(name: str, task: Callable[[], object], *, every: float) -> None:
    """Do something from now on for as long as the process runs, in a thread of its own.

    Args:
        name: what to call it in the log.
        task: what to do; whatever it raises is told in the log and does not end it.
        every: seconds between two times.
    """
    threading.Thread(target=_keep_doing, args=(name, task, every), name=name, daemon=True).start()


def _keep_doing(name: str, task: Callable[[], object], every: float) -> None:
    while True:
        try:
            task()
        except SchuldhulpError as error:
            LOG.warning("%s: %s", name, error)
        except Exception as error:  # noqa: BLE001 - the thread must not end, or nobody does it any more
            # Not the text of the error: nobody knows what it holds.
            LOG.warning("%s: internal error: %s", name, type(error).__name__)
        time.sleep(every)
