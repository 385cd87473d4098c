"""Admitting organisations in the evaluator, on the chain and for logging in, as commands and pages have it done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.checks import check_text
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.errors import SchuldhulpError
from schuldhulp.services.admission import MAX_REASON, AdmissionService
from schuldhulp.services.ports import Admission, Organisation
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.staff import StaffService


@dataclass(frozen=True, kw_only=True)
class Application:
    """What an administrator decides about an organisation.

    Attributes:
        kvk: number in the trade register.
        name: its name there.
        account: address of an account of its own that is added; None adds none.
        bsn_ground: the law that lets it use citizen service numbers; None leaves what it has.
        withdraw_bsn: whether it may use them no longer, with any account.
        daily_quota: persons a day; None leaves what it has and gives a new one the standard.
        epoch_quota: persons an epoch, in the same way.
        quota_reason: why more than the standard; None when it is not more.
        pages: whether its staff may work on the cockpit's pages.
        account_quota: persons a day of its own account alone or, where none is named, of the one of the pages; None
            leaves what the account has and gives the one of the pages the quota of the pages.
        lift_suspension: why a suspended organisation is let in again; None lets none in again.
    """

    kvk: str
    name: str
    account: str | None
    bsn_ground: str | None
    withdraw_bsn: bool
    daily_quota: int | None
    epoch_quota: int | None
    quota_reason: str | None
    pages: bool
    account_quota: int | None = None
    lift_suspension: str | None = None


@dataclass(frozen=True, kw_only=True)
class AdmittedOrganisation:
    """An organisation as the administrator sees it.

    Attributes:
        organisation: what the evaluator knows of it.
        pages: address of the account with which the cockpit works for it, None when it has none.
        decisions: what was decided about it, newest first.
        people: who decided, as function and login, by the name under which it was kept; who is not there, whose
            account was never here, stands for itself.
    """

    organisation: Organisation
    pages: str | None
    decisions: tuple[Admission, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)


class OrganisationService:
    """Admits and suspends, in the evaluator, on the chain and for logging in."""

    def __init__(
        self,
        *,
        ready: Callable[[], bool],
        admission: Callable[[], AbstractContextManager[AdmissionService]],
        staff: StaffService,
        log: ProcessingLog,
        account: Callable[[str], str | None],
        make_account: Callable[[str], str],
        pages_quota: int,
        set_up: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take what it works with.

        Args:
            ready: whether the administrator's keyring is on this machine.
            admission: opens the service that admits creditors.
            staff: lets creditors log in.
            log: the processing log, where a refusal is noted.
            account: the account that the cockpit keeps for an organisation.
            make_account: the same, made where there is none.
            pages_quota: persons a day that such an account may ask about.
            set_up: makes such an account ready for claims once it has its role and money; can be repeated.
        """
        self._ready = ready
        self._admission = admission
        self._staff = staff
        self._log = log
        self._account = account
        self._make_account = make_account
        self._pages_quota = pages_quota
        self._set_up = set_up

    def ready(self, *, actor: Actor) -> bool:
        """Say whether this machine holds what admitting takes; where not, there are commands for a machine that does.

        Raises:
            NotAllowed: the actor does not manage creditors.
        """
        self._require(actor)
        return self._ready()

    def organisations(self, *, actor: Actor) -> list[AdmittedOrganisation]:
        """Return every organisation that was ever admitted, by name.

        Raises:
            NotAllowed: the actor does not manage creditors.
            Misconfigured: the administrator's keyring is not here or does not open.
            Unreachable: the database does not answer.
        """
        self._require(actor)
        with self._admission() as admission:
            found = admission.organisations(actor=actor)
        return [self._admitted(one) for one in sorted(found, key=lambda one: (one.name.casefold(), one.kvk))]

    def organisation(self, *, actor: Actor, kvk: str) -> AdmittedOrganisation:
        """Return one organisation with what was decided about it.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: no KvK number.
            NotFound: it was never admitted.
            Misconfigured, Unreachable: as `organisations`.
        """
        self._require(actor)
        with self._admission() as admission:
            found = admission.organisation(actor=actor, kvk=kvk)
            decisions = admission.history(actor=actor, kvk=kvk)
        people = self._staff.words(actor=actor, ids={one.by for one in decisions})
        return replace(self._admitted(found), decisions=tuple(reversed(decisions)), people=people)

    def admit(self, *, actor: Actor, application: Application) -> AdmittedOrganisation:
        """Admit an organisation or change what holds for it; can be repeated after a fault half-way.

        Args:
            actor: an administrator.
            application: what holds from now on.

        Returns:
            The organisation, without what was decided about it.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a field is wrong; the error names it.
            Conflict: the account belongs to another organisation, or was not paid for its transactions.
            Misconfigured: the administrator's keyring is not here or does not open.
            Unreachable: database or chain does not answer; repeat it.
            schuldhulp.errors.SchuldhulpError: everything was done, but the account of the pages cannot hand in claims
                yet; repeat it.
        """
        self._require(actor)
        kvk = parse_kvk(application.kvk)
        own, its_quota = application.account, application.account_quota
        # Each account is a decision of its own; the one of the pages has a small quota, whoever else asks. It alone is
        # enough; without it, one of the organisation's own must be there.
        accounts = [(own, its_quota)] if own or not application.pages else []
        with self._admission() as admission:
            if application.pages:
                limit = its_quota
                if own or limit is None:
                    daily = application.daily_quota
                    if daily is None:
                        daily = admission.daily_quota(actor=actor, kvk=kvk)
                    # No account may have more than its organisation.
                    limit = min(self._pages_quota, daily)
                accounts.append((self._make_account(kvk), limit))
            for account, quota in accounts:
                admitted = admission.admit(
                    actor=actor,
                    kvk=kvk,
                    name=application.name,
                    account=account,
                    account_quota=quota,
                    daily_quota=application.daily_quota,
                    epoch_quota=application.epoch_quota,
                    quota_reason=application.quota_reason,
                    bsn_ground=application.bsn_ground,
                    withdraw_bsn=application.withdraw_bsn,
                    lift_suspension=application.lift_suspension,
                )
        self._staff.put_creditor(actor=actor, kvk=admitted.kvk, name=admitted.name)
        if application.pages:
            # Last of all: asking does not wait for what only claims need.
            self._set_up(kvk)
        return self._admitted(admitted)

    def suspend(self, *, actor: Actor, kvk: str, reason: str) -> None:
        """Shut an organisation out: it can neither log in nor ask, with any account, from its next request on.

        Evaluator, login and chain work without one another: whatever does not answer, what can be shut is shut.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: no KvK number, or no reason; nothing was done.
            NotFound: it was never admitted; nothing was done.
            Misconfigured, Unreachable: as `admit`; the other parts were tried.
        """
        self._require(actor)
        kvk = parse_kvk(kvk)
        check_text(reason, "reason", required=True, longest=MAX_REASON)

        def close_login() -> None:
            self._staff.close_creditor(actor=actor, kvk=kvk)

        with ExitStack() as stack:
            try:
                admission = stack.enter_context(self._admission())
            except SchuldhulpError:
                close_login()
                raise
            admission.suspend(actor=actor, kvk=kvk, reason=reason, close_login=close_login)

    def remove_account(self, *, actor: Actor, kvk: str, account: str, reason: str) -> Organisation:
        """Take one account away, from its next request on.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a value is wrong.
            NotFound: it was never admitted, or never had this account.
            Misconfigured, Unreachable: as `admit`.
        """
        self._require(actor)
        with self._admission() as admission:
            return admission.remove_account(actor=actor, kvk=kvk, account=account, reason=reason)

    def _admitted(self, found: Organisation) -> AdmittedOrganisation:
        account = self._account(found.kvk)
        pages = account if account in found.accounts else None
        return AdmittedOrganisation(organisation=found, pages=pages)

    def _require(self, actor: Actor) -> None:
        self._log.refuse(
            actor=actor, permission=Permission.MANAGE_CREDITORS, purpose=Purpose.ADMINISTRATION, dossier=None
        )
