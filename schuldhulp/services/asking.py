"""Working at once while a worker runs: it holds the lease and may alone sign, so it is asked, and waited for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from schuldhulp import errors
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.rows import JobState, PublicationState
from schuldhulp.services.sending import LeaseLost, Sender
from schuldhulp.services.working import RunReport, Worker

POLL: Final = 0.5
"""Seconds between two looks at what still waits."""

STILL: Final = 240
"""Looks in a row at which nothing has moved, after which waiting is given up: longer than a dead worker keeps its
lease, and than a running one waits for a receipt."""

AGAIN: Final = 10
"""Looks after which a worker that has answered is asked again, when something still waits."""

TURNS: Final = 5
"""How often the lease may slip from hand to hand before this gives up."""

Progress = Callable[[int, int], None]
"""Told how many of the things that were waiting are on the chain."""


class WorkerStuck(errors.SchuldhulpError):
    """The running worker keeps its lease, but what waits does not get on the chain."""


@dataclass(frozen=True, kw_only=True)
class AskReport:
    """What the running worker put on the chain.

    Attributes:
        changes: changes of dossiers that were waiting when it was asked.
        publications: enrolments and endings that were waiting.
    """

    changes: int
    publications: int


def work_now(worker: Worker, *, progress: Progress) -> RunReport | AskReport:
    """Put everything that waits on the chain, whatever the schedule says, also while another worker runs.

    Args:
        worker: a worker that is not running.
        progress: is told how far the running worker is.

    Returns:
        What this worker did; where another one holds the lease, what that one was waited for.

    Raises:
        WorkerStuck: nothing moves, though the other worker keeps its lease.
        LeaseLost: the lease slipped from hand to hand.
        errors.Unreachable: chain or database do not answer.
        errors.ChainMismatch: another chain answers.
        errors.Deviation: the chain is behind the database.
    """
    for _ in range(TURNS):
        try:
            return worker.run_once()
        except LeaseLost:
            report = ask(worker.sender, progress=progress)
            if report is not None:
                return report
    raise LeaseLost


def ask(sender: Sender, *, progress: Progress) -> AskReport | None:
    """Ask the worker that holds the lease to work at once, and wait until what waits now is on the chain.

    Args:
        sender: a sender of the same account.
        progress: is told how far it is.

    Returns:
        What is on the chain now that was not; None when nobody holds the lease any more, so that this worker may work.

    Raises:
        WorkerStuck: nothing moves for two minutes.
        errors.Unreachable: chain or database do not answer.
        errors.ChainMismatch: another chain answers.
    """
    account, name = sender.writer.account, secrets.token_hex(8)
    with sender.store.read() as work:
        wanted = _waiting(work)
    looks = still = count = start = 0
    seen: tuple[int, int] | None = None
    while True:
        head = sender.reader.head().number
        with sender.store.read() as work:
            lease = work.leases.get(account)
            left = wanted & _waiting(work)
        progress(len(wanted) - len(left), len(wanted))
        if not left:
            return _report(wanted)
        if lease is None or lease.until <= sender.clock.now():
            return None
        if lease.request is None and looks % AGAIN == 0:
            with sender.store.write() as work:
                work.leases.ask(account, name)
                work.commit()
        looks += 1
        if len(left) != count:
            count, start = len(left), head
        # What is mined waits for blocks on top of it; as long as those come, it gets on.
        step = (count, min(head - start, sender.confirmations + 1))
        still = still + 1 if step == seen else 0
        seen = step
        if still == STILL:
            raise WorkerStuck(
                "worker_stuck",
                f"{len(left)} of {len(wanted)} changes do not get on the chain, though a worker is running: "
                "see its log, and `schuldhulp status`",
            )
        sender.pause(POLL)


_Waiting = frozenset[tuple[str, int | bytes]]


def _waiting(work: UnitOfWork) -> _Waiting:
    """Return what is on its way to the chain: the ids of jobs and publications."""
    jobs = {("job", job.id) for state in (JobState.QUEUED, JobState.SIGNED) for job in work.outbox.in_state(state)}
    publications = {
        ("publication", row.id)
        for state in (PublicationState.WAITING, PublicationState.PREPARED)
        for row in work.publications.in_state(state)
    }
    return frozenset({*jobs, *publications})


def _report(wanted: _Waiting) -> AskReport:
    changes = sum(kind == "job" for kind, _ in wanted)
    return AskReport(changes=changes, publications=len(wanted) - changes)
