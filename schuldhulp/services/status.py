"""The state of the system, for an administrator and for whoever watches it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schuldhulp import errors
from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.services.chain_watch import read_finding
from schuldhulp.services.ports import ChainReader, Clock, Store
from schuldhulp.services.rows import JobState, PublicationState, TagState

CHECK_LIMIT: Final = timedelta(minutes=5)
"""Age of the last check from which nothing is known any more: a worker that runs checks every minute."""


@dataclass(frozen=True, kw_only=True)
class ChainStatus:
    """What answers as the chain.

    Attributes:
        answers: whether a node answers.
        recognised: whether chain, contracts and code are the ones that were deployed.
        problem: key of what is wrong, or empty.
        head_number: height of the newest block, None when nothing answers.
        head_time: its time, UTC.
    """

    answers: bool
    recognised: bool
    problem: str = ""
    head_number: int | None = None
    head_time: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class EpochStatus:
    """The epochs of the municipality; 0 where there is none.

    Attributes:
        current: the one in which signals count.
        oldest: the oldest that still answers.
        announced: the newest with published keys.
    """

    current: Epoch
    oldest: Epoch
    announced: Epoch


@dataclass(frozen=True, kw_only=True)
class OutboxStatus:
    """What is on its way to the chain.

    Attributes:
        queued: changes of dossiers that nobody has signed yet.
        signed: changes that were signed and are not confirmed yet.
        publications: enrolments and endings that are not on the chain yet.
        refused: jobs that this system did not write.
    """

    queued: int
    signed: int
    publications: int
    refused: int

    @property
    def waiting(self) -> int:
        """Everything that still has to reach the chain."""
        return self.queued + self.signed + self.publications


@dataclass(frozen=True, kw_only=True)
class CheckStatus:
    """The last comparison of database and chain.

    Attributes:
        at: when, UTC; None when there was none.
        finding: kind of what was found, or empty.
        detail: key of the exact reason, or empty.
        dossiers: how many dossiers it concerns; 0 for all.
    """

    at: datetime | None
    finding: str = ""
    detail: str = ""
    dossiers: int = 0


@dataclass(frozen=True, kw_only=True)
class SystemStatus:
    """Everything at a glance.

    Attributes:
        chain: what answers as the chain.
        epoch: the epochs, None when the chain does not answer.
        outbox: what is on its way.
        last_check: the last comparison of database and chain.
        checked_recently: whether that was less than `CHECK_LIMIT` ago; otherwise no worker is at work.
    """

    chain: ChainStatus
    epoch: EpochStatus | None
    outbox: OutboxStatus
    last_check: CheckStatus
    checked_recently: bool

    @property
    def healthy(self) -> bool:
        """Whether nothing needs attention."""
        return (
            self.chain.recognised and self.checked_recently and not self.last_check.finding and not self.outbox.refused
        )


class StatusService:
    """Looks at chain and database."""

    def __init__(self, *, store: Store, chain: ChainReader, clock: Clock, municipality: MunicipalityCode) -> None:
        """Take what is looked at.

        Args:
            store: the main database.
            chain: reads the chain.
            clock: the time.
            municipality: whose epochs.
        """
        self._store = store
        self._chain = chain
        self._clock = clock
        self._municipality = municipality

    def status(self, *, actor: Actor) -> SystemStatus:
        """Return the state of the system; a chain that does not answer is part of it.

        Raises:
            NotAllowed: the actor may not see it.
            Unreachable: the database does not answer.
        """
        require(actor, Permission.SEE_STATUS)
        chain, epoch = self._look_at_chain()
        with self._store.read() as work:
            jobs = work.outbox.counts()
            publications = sum(
                len(work.publications.in_state(state))
                for state in (PublicationState.WAITING, PublicationState.PREPARED)
            )
            tags = sum(len(work.publications.tag_jobs(state=state)) for state in (TagState.QUEUED, TagState.SIGNED))
            seen = work.chain_watch.get()
        finding = read_finding(seen.finding) if seen else None
        age = self._clock.now() - seen.checked_at if seen else None
        return SystemStatus(
            chain=chain,
            epoch=epoch,
            outbox=OutboxStatus(
                queued=jobs.get(JobState.QUEUED, 0),
                signed=jobs.get(JobState.SIGNED, 0),
                publications=max(publications, tags),
                refused=jobs.get(JobState.REFUSED, 0),
            ),
            last_check=CheckStatus(
                at=seen.checked_at if seen else None,
                finding=finding.kind.value if finding else "",
                detail=finding.detail if finding else "",
                dossiers=len(finding.dossiers) + finding.more if finding else 0,
            ),
            # A time in the future was not written by a worker whose clock is right; it would count as recent for ever.
            checked_recently=age is not None and abs(age) < CHECK_LIMIT,
        )

    def _look_at_chain(self) -> tuple[ChainStatus, EpochStatus | None]:
        try:
            self._chain.check_identity()
            head = self._chain.head()
            state = self._chain.municipality(self._municipality)
        except errors.ChainMismatch as error:
            return ChainStatus(answers=True, recognised=False, problem=error.key), None
        except errors.Unreachable as error:
            return ChainStatus(answers=False, recognised=False, problem=error.key), None
        return (
            ChainStatus(answers=True, recognised=True, head_number=head.number, head_time=head.timestamp),
            EpochStatus(current=state.current_epoch, oldest=state.oldest_epoch, announced=state.announced_epoch),
        )
