"""What the evaluator was asked, for the administrator: who asked how much, and what was refused; never about whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.errors import InvalidInput
from schuldhulp.services.claims.channel_rules import REVIEWER_BOUND
from schuldhulp.services.evaluation import MUNICIPALITY_ITSELF
from schuldhulp.services.ports import ChannelLine, Clock, Organisation, RefusalLine, UsageLine

STANDARD_DAYS: Final = 7
"""Days that are shown when none were named, today included."""

ALARM_SHARE: Final = 0.8
"""Share of its bound from which the municipality's own day is pointed out."""


class ReportStore(Protocol):
    """The evaluator's database."""

    def organisations(self) -> list[Organisation]:
        """All organisations, by number."""
        ...

    def usage(self, first: date, last: date) -> list[UsageLine]:
        """What was asked on these days, both included."""
        ...

    def channel_usage(self, first: date, last: date) -> list[ChannelLine]:
        """What was asked and delivered in the channel of sealed messages on these days, both included."""
        ...

    def refusals(self, first: date, last: date) -> list[RefusalLine]:
        """What was refused on these days, both included."""
        ...


@dataclass(frozen=True, kw_only=True)
class MunicipalityDay:
    """How much the municipality itself had evaluated on one day.

    Attributes:
        day: UTC day.
        elements: identifiers.
        alarm: it comes near its bound, or reached it: see whether these were enrolments.
    """

    day: date
    elements: int
    alarm: bool


@dataclass(frozen=True, kw_only=True)
class ReviewerDay:
    """What the municipality's own account did on one day in the channel of sealed messages.

    Attributes:
        day: UTC day.
        claim_ids: claim ids that it had computed.
        messages: messages that it delivered.
        alarm: one of them comes near its bound, or reached it: see whether that many claims came in.
    """

    day: date
    claim_ids: int
    messages: int
    alarm: bool


@dataclass(frozen=True, kw_only=True)
class EvaluatorReport:
    """What was asked on some days.

    Attributes:
        first: first day.
        last: last day, included.
        usage: by day, asker and epoch.
        channel: by day and asker, claim ids and messages.
        refusals: by day, asker and reason; those of the channel begin with ``channel/``.
        municipality: the days on which the municipality itself asked.
        municipality_quota: what it may ask in a day.
        reviewer: the days on which its account used the channel of sealed messages.
        reviewer_claim_ids: claim ids that it may have computed in a day.
        reviewer_messages: messages that it may deliver in a day.
        names: names of the organisations by KvK number.
    """

    first: date
    last: date
    usage: tuple[UsageLine, ...]
    channel: tuple[ChannelLine, ...]
    refusals: tuple[RefusalLine, ...]
    municipality: tuple[MunicipalityDay, ...]
    municipality_quota: int
    reviewer: tuple[ReviewerDay, ...]
    reviewer_claim_ids: int
    reviewer_messages: int
    names: Mapping[str, str]


class EvaluatorReports:
    """Makes reports."""

    def __init__(
        self,
        *,
        store: ReportStore,
        clock: Clock,
        municipality_quota: int,
        reviewer_claim_ids: int = REVIEWER_BOUND,
        reviewer_messages: int = REVIEWER_BOUND,
    ) -> None:
        """Read one evaluator's database.

        Args:
            store: the database.
            clock: tells which day it is.
            municipality_quota: what the municipality itself may ask in a day.
            reviewer_claim_ids: claim ids that it may have computed in a day.
            reviewer_messages: messages that it may deliver in a day.
        """
        self._store = store
        self._clock = clock
        self._municipality_quota = municipality_quota
        self._reviewer_claim_ids = reviewer_claim_ids
        self._reviewer_messages = reviewer_messages

    def report(self, *, actor: Actor, first: date | None = None, last: date | None = None) -> EvaluatorReport:
        """Say who asked how much, and what was refused.

        Args:
            actor: who wants to know.
            first: first day; `STANDARD_DAYS` back when None.
            last: last day, included; today (UTC) when None.

        Returns:
            The report.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: the last day comes before the first.
            Unreachable: the database does not answer.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        last = last or self._clock.now().date()
        first = first or last - timedelta(days=STANDARD_DAYS - 1)
        if first > last:
            raise InvalidInput("days_reversed", "to: the last day comes before the first", field="to")
        usage = self._store.usage(first, last)
        own: dict[date, int] = {}
        for line in usage:
            if line.asker == MUNICIPALITY_ITSELF:
                own[line.day] = own.get(line.day, 0) + line.elements
        channel = self._store.channel_usage(first, last)
        return EvaluatorReport(
            first=first,
            last=last,
            usage=tuple(usage),
            channel=tuple(channel),
            refusals=tuple(self._store.refusals(first, last)),
            municipality=tuple(
                MunicipalityDay(day=day, elements=count, alarm=count >= ALARM_SHARE * self._municipality_quota)
                for day, count in sorted(own.items())
            ),
            municipality_quota=self._municipality_quota,
            reviewer=tuple(self._reviewer_day(line) for line in channel if line.asker == MUNICIPALITY_ITSELF),
            reviewer_claim_ids=self._reviewer_claim_ids,
            reviewer_messages=self._reviewer_messages,
            names={organisation.kvk: organisation.name for organisation in self._store.organisations()},
        )

    def _reviewer_day(self, line: ChannelLine) -> ReviewerDay:
        alarm = (
            line.claim_ids >= ALARM_SHARE * self._reviewer_claim_ids
            or line.messages >= ALARM_SHARE * self._reviewer_messages
        )
        return ReviewerDay(day=line.day, claim_ids=line.claim_ids, messages=line.messages, alarm=alarm)
