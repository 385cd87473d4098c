"""Organisations that may ask: their quotas, the decisions about them, and what they asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from schuldhulp.domain.types import Epoch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many identifiers an organisation may have evaluated; part of the cryptography, not of the billing.

    Attributes:
        daily: elements a UTC day.
        per_epoch: elements an epoch.
    """

    daily: int
    per_epoch: int


@dataclass(frozen=True, kw_only=True)
class Burst:
    """How much one asker may ask within one minute, so that nobody keeps the others waiting.

    Attributes:
        elements: elements a minute.
        requests: requests a minute.
    """

    elements: int
    requests: int


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A creditor that was admitted.

    Attributes:
        kvk: number in the trade register, 8 digits.
        name: its name there.
        accounts: checksummed addresses that sign for it.
        quota: its limits.
        bsn_ground: legal ground on which it may ask by BSN; None when it may not.
        suspended: whether it has been shut out.
        account_quotas: elements a UTC day of single accounts, within the limits of the organisation.
    """

    kvk: str
    name: str
    accounts: tuple[str, ...]
    quota: Quota
    bsn_ground: str | None
    suspended: bool
    account_quotas: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Admission:
    """One decision about an organisation, as it was kept.

    Attributes:
        action: ``admit``, ``suspend`` or ``remove`` (an account).
        accounts: the accounts that it was about.
        quota: limits from then on; None where the decision was not about them.
        account_quota: elements a day of the one account that was admitted; None where none was set.
        bsn_ground: legal ground from then on.
        reason: why; of an admission, why a larger quota.
        by: who decided.
        at: when, UTC.
    """

    action: str
    accounts: tuple[str, ...]
    quota: Quota | None
    account_quota: int | None
    bsn_ground: str | None
    reason: str | None
    by: str
    at: datetime


class Charge(Enum):
    """What became of an attempt to charge a request."""

    DONE = "done"
    REPEATED = "repeated"
    """This very request was charged before, so nothing is charged again."""
    REPLAYED = "replayed"
    DAY_SPENT = "day_spent"
    ACCOUNT_SPENT = "account_spent"
    EPOCH_SPENT = "epoch_spent"


class OrganisationStore(Protocol):
    """The evaluator's own database: who may ask, how much, and which requests were already answered."""

    def organisation(self, kvk: str) -> Organisation | None:
        """The organisation with that number, suspended ones included."""
        ...

    def organisations(self) -> list[Organisation]:
        """All organisations, by number."""
        ...

    def organisation_of(self, account: str) -> Organisation | None:
        """The organisation that an account belongs to, also a suspended one."""
        ...

    def history(self, kvk: str) -> list[Admission]:
        """Every decision about an organisation, oldest first."""
        ...

    def admit(
        self,
        organisation: Organisation,
        *,
        by: str,
        at: datetime,
        reason: str | None = None,
        account_quota: int | None = None,
    ) -> None:
        """Add or renew an organisation and its accounts; errors.Conflict when an account belongs to another.

        `reason` (of a larger quota) and `account_quota` (of the account that this is about) are kept with the decision.
        """
        ...

    def suspend(self, kvk: str, *, reason: str, by: str, at: datetime) -> None:
        """Shut an organisation out; errors.NotFound when it is not there."""
        ...

    def remove_account(self, kvk: str, account: str, *, reason: str, by: str, at: datetime) -> None:
        """Take an account away; one that was taken away before is left so. errors.NotFound when it never was theirs."""
        ...

    def charge(
        self,
        *,
        organisation: str,
        quota: Quota | None,
        epoch: Epoch,
        elements: int,
        nonce: bytes,
        at: datetime,
        request: bytes | None = None,
        account: str | None = None,
    ) -> Charge:
        """In one transaction: note the nonce and take `elements` from the quota (None: no quota), or change nothing.

        Where `account` has a quota of its own, it is taken from that too.

        A nonce that was noted with the same digest `request` gives REPEATED, with another or without one REPLAYED.
        """
        ...

    def was_charged(self, request: bytes) -> bool:
        """Whether the request with this digest was charged, and is not so old that it was forgotten."""
        ...

    def check(self) -> None:
        """Raise errors.Unreachable when the database does not answer."""
        ...


@dataclass(frozen=True, kw_only=True)
class UsageLine:
    """How much one asker asked on one day in one epoch; never about whom.

    Attributes:
        day: UTC day.
        asker: KvK number, or ``municipality``.
        epoch: epoch of the keys; 0 for what was counted before epochs were noted with days.
        requests: requests that were answered.
        elements: elements that were evaluated.
    """

    day: date
    asker: str
    epoch: int
    requests: int
    elements: int


@dataclass(frozen=True, kw_only=True)
class ChannelLine:
    """What one asker did on one day in the channel of sealed messages.

    Attributes:
        day: UTC day.
        asker: KvK number, or ``municipality``.
        claim_ids: claim ids that it had computed.
        messages: messages that it delivered.
        size: bytes of their sealed contents.
    """

    day: date
    asker: str
    claim_ids: int
    messages: int
    size: int


@dataclass(frozen=True, kw_only=True)
class RefusalLine:
    """How often was refused on one day for one reason.

    Attributes:
        day: UTC day.
        asker: KvK number or ``municipality``; empty where nobody proved who they are.
        reason: key of the error.
        times: how often.
    """

    day: date
    asker: str
    reason: str
    times: int


class UsageStore(Protocol):
    """What the evaluator counted."""

    def usage(self, first: date, last: date) -> list[UsageLine]:
        """What was asked on these days, both included, by day, asker and epoch."""
        ...

    def refusals(self, first: date, last: date) -> list[RefusalLine]:
        """What was refused on these days, both included, by day, asker and reason."""
        ...


class RateStore(Protocol):
    """What may be used within a minute, held together by all processes on one database."""

    def take(self, takings: Sequence[tuple[str, int, int]], at: datetime) -> bool:
        """Take units from subjects, given as (subject, units, limit a minute): all of them, or say False."""
        ...

    def day_secret(self, day: date) -> bytes:
        """The random secret of a UTC day, 32 bytes, the same in every process; gone after the day."""
        ...


class EvaluatorStore(OrganisationStore, RateStore, Protocol):
    """All that the evaluator keeps about who asks."""

    def add_refusals(self, counts: Mapping[tuple[date, str, str], int]) -> None:
        """Add to how often was refused, by day, asker (empty where nobody proved who they are) and reason."""
        ...
