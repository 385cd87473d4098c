"""Letting creditors in and shutting them out: in the evaluator's database, and by roles on the chain."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from schuldhulp.crypto.accounts import checksummed
from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.checks import check_line, check_text, check_whole
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotFound, SchuldhulpError, Unreachable
from schuldhulp.services.ports import Admission, ChainAdministrator, Clock, Organisation, OrganisationStore, Quota

STANDARD_QUOTA: Final = Quota(daily=500, per_epoch=10_000)
"""What a creditor gets when nothing else is agreed (DESIGN 3.1)."""

MAX_QUOTA: Final = 1_000_000
"""Much more would be no limit any longer: there are 91 million citizen service numbers."""

MAX_REASON: Final = 1_000
"""Characters of a legal ground or a reason."""

_ACCOUNT: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class AdmissionService:
    """Admits and suspends creditors and takes accounts away; each can be repeated safely after a half-way failure."""

    def __init__(
        self,
        *,
        municipality: MunicipalityCode,
        store: OrganisationStore,
        administrator: ChainAdministrator,
        clock: Clock,
        standard_quota: Quota = STANDARD_QUOTA,
    ) -> None:
        """Serve one municipality.

        Args:
            municipality: CBS code for which roles are given.
            store: the evaluator's database.
            administrator: gives and takes roles on the chain.
            clock: tells the time of a decision.
            standard_quota: limits of an organisation with which nothing else is agreed.
        """
        self._municipality = municipality
        self._store = store
        self._administrator = administrator
        self._clock = clock
        self._standard_quota = standard_quota

    def organisations(self, *, actor: Actor) -> list[Organisation]:
        """Return every organisation that was ever admitted, by number.

        Raises:
            NotAllowed: the actor does not manage creditors.
            Unreachable: the database does not answer.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        return self._store.organisations()

    def organisation(self, *, actor: Actor, kvk: str) -> Organisation:
        """Return one organisation, also a suspended one.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: not a number of the trade register.
            NotFound: it was never admitted.
            Unreachable: the database does not answer.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        return self._require(parse_kvk(kvk))

    def daily_quota(self, *, actor: Actor, kvk: str) -> int:
        """Return how many questions a day an organisation has, or would have when it were admitted now.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: not a number of the trade register.
            Unreachable: the database does not answer.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        present = self._store.organisation(parse_kvk(kvk))
        return (present.quota if present else self._standard_quota).daily

    def history(self, *, actor: Actor, kvk: str) -> list[Admission]:
        """Return every decision about an organisation, oldest first: what was allowed, why, by whom and when.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: not a number of the trade register.
            NotFound: it was never admitted.
            Unreachable: the database does not answer.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        return self._store.history(self._require(parse_kvk(kvk)).kvk)

    def admit(
        self,
        *,
        actor: Actor,
        kvk: str,
        name: str,
        account: str | None = None,
        daily_quota: int | None = None,
        epoch_quota: int | None = None,
        quota_reason: str | None = None,
        account_quota: int | None = None,
        bsn_ground: str | None = None,
        withdraw_bsn: bool = False,
        lift_suspension: str | None = None,
    ) -> Organisation:
        """Admit an organisation, add an account to it, or renew its quota and legal ground.

        The database comes first: an account that has the role on the chain and stands in no organisation could not
        be shut out by its organisation.

        Args:
            actor: who decides.
            kvk: number in the trade register, 8 digits.
            name: its name there.
            account: address that will sign for it; None leaves the accounts of a known organisation.
            daily_quota: questions a day; None leaves that of a known organisation and gives a new one the standard one.
            epoch_quota: questions an epoch, in the same way.
            quota_reason: why more than the standard quota is given; kept.
            account_quota: questions a day of this account alone; None leaves what it has.
            bsn_ground: the law that lets it process citizen service numbers; None leaves that of a known organisation.
            withdraw_bsn: it may process them no longer.
            lift_suspension: why a suspended organisation is let in again; kept. Without it, nothing of one is renewed.

        Returns:
            The organisation with all its accounts.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a field is wrong; the error names it.
            Conflict: the account belongs to another organisation, or was not paid for its transactions.
            Unreachable: database or chain does not answer; repeat it.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        check_line(name, "name", required=True)
        if bsn_ground is not None:
            check_text(bsn_ground, "bsn_ground", required=True, longest=MAX_REASON)
            if withdraw_bsn:
                raise InvalidInput("ground_and_none", "bsn_ground: given and withdrawn at once", field="bsn_ground")
        kvk = parse_kvk(kvk)
        present = self._store.organisation(kvk)
        lifted = _lifting(present, lift_suspension)
        quota = present.quota if present else self._standard_quota
        if daily_quota is not None:
            quota = replace(quota, daily=daily_quota)
        if epoch_quota is not None:
            quota = replace(quota, per_epoch=epoch_quota)
        if bsn_ground is None and present is not None and not withdraw_bsn:
            bsn_ground = present.bsn_ground
        check_whole(quota.daily, "daily_quota", lowest=0, highest=MAX_QUOTA)
        check_whole(quota.per_epoch, "epoch_quota", lowest=0, highest=MAX_QUOTA)
        self._check_reason(quota, present, quota_reason)
        accounts = set(present.accounts) if present else set()
        account_quotas = dict(present.account_quotas) if present else {}
        if account is not None:
            address = parse_account(account)
            accounts.add(address)
            if account_quota is not None:
                _check_account_quota(account_quota, quota)
                account_quotas[address] = account_quota
        elif account_quota is not None or not accounts:
            raise InvalidInput("account_missing", "account: name the account that this is about", field="account")
        organisation = Organisation(
            kvk=kvk,
            name=name.strip(),
            accounts=tuple(sorted(accounts)),
            quota=quota,
            bsn_ground=bsn_ground,
            suspended=False,
            account_quotas=account_quotas,
        )
        self._store.admit(
            organisation,
            by=actor.id,
            at=self._clock.now(),
            reason="; ".join(filter(None, (lifted, quota_reason))) or None,
            account_quota=account_quota,
        )
        self._let_in(organisation)
        return organisation

    def _let_in(self, organisation: Organisation) -> None:
        """Give all accounts their roles, and then those that have them what their transactions cost.

        What goes wrong with one account keeps no other back; a chain that does not answer keeps back all that follow.
        """
        failed: dict[str, SchuldhulpError] = {}
        bsn = organisation.bsn_ground is not None

        def give_roles(account: str) -> None:
            self._administrator.admit_creditor(municipality=self._municipality, account=account, bsn=bsn)

        def pay(account: str) -> None:
            self._administrator.fund_creditor(account=account)

        for act, account in itertools.product((give_roles, pay), organisation.accounts):
            if account in failed:
                continue
            try:
                act(account)
            except SchuldhulpError as error:
                failed[account] = error
                if isinstance(error, Unreachable):
                    break
        if failed:
            raise _all_of(failed)

    def suspend(self, *, actor: Actor, kvk: str, reason: str, close_login: Callable[[], None] = lambda: None) -> None:
        """Shut an organisation out: at once in the evaluator, then for logging in, then every account on the chain.

        Each is tried, also when one before it failed: what can be shut is shut.

        Args:
            actor: who decides.
            kvk: number in the trade register.
            reason: why; it is kept.
            close_login: lets its people log in no longer.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a field is wrong; the error names it.
            NotFound: it was never admitted; nothing was done.
            Unreachable: database or chain does not answer; repeat it.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        check_text(reason, "reason", required=True, longest=MAX_REASON)
        kvk = parse_kvk(kvk)
        failed: dict[str, SchuldhulpError] = {}

        def attempt(what: str, act: Callable[[], None]) -> None:
            try:
                act()
            except SchuldhulpError as error:
                failed[what] = error

        accounts: tuple[str, ...] = ()
        try:
            accounts = self._require(kvk).accounts
            self._store.suspend(kvk, reason=reason, by=actor.id, at=self._clock.now())
        except Unreachable as error:
            failed["evaluator"] = error
        attempt("login", close_login)
        for account in accounts:
            attempt(
                account,
                partial(self._administrator.suspend_creditor, municipality=self._municipality, account=account),
            )
        if failed:
            raise _all_of(failed)

    def remove_account(self, *, actor: Actor, kvk: str, account: str, reason: str) -> Organisation:
        """Take one account away, for example because its key leaked: at once in the evaluator, then on the chain.

        The organisation keeps its other accounts.

        Args:
            actor: who decides.
            kvk: number in the trade register.
            account: address that signs for it no longer.
            reason: why; it is kept.

        Returns:
            The organisation with the accounts that are left.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a field is wrong; the error names it.
            NotFound: the organisation was never admitted, or never had this account.
            Unreachable: database or chain does not answer; repeat it.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        check_text(reason, "reason", required=True, longest=MAX_REASON)
        kvk, address = parse_kvk(kvk), parse_account(account)
        self._store.remove_account(kvk, address, reason=reason, by=actor.id, at=self._clock.now())
        self._administrator.suspend_creditor(municipality=self._municipality, account=address)
        return self._require(kvk)

    def _require(self, kvk: str) -> Organisation:
        organisation = self._store.organisation(kvk)
        if organisation is None:
            raise NotFound("organisation_unknown", "no organisation with this number was admitted", field="kvk")
        return organisation

    def _check_reason(self, quota: Quota, present: Organisation | None, reason: str | None) -> None:
        """Ask why an organisation gets more than the standard, and more than it has."""
        if reason is not None:
            check_text(reason, "quota_reason", required=True, longest=MAX_REASON)
        had = present.quota if present else self._standard_quota
        if reason is None and (
            quota.daily > max(had.daily, self._standard_quota.daily)
            or quota.per_epoch > max(had.per_epoch, self._standard_quota.per_epoch)
        ):
            raise InvalidInput(
                "quota_reason_missing",
                "quota_reason: say why this organisation needs more than the standard quota",
                field="quota_reason",
            )


def _check_account_quota(account_quota: int, quota: Quota) -> None:
    check_whole(account_quota, "account_quota", lowest=0, highest=MAX_QUOTA)
    if account_quota > quota.daily:
        raise InvalidInput(
            "account_quota_above",
            f"account_quota: more than the {quota.daily} a day of the whole organisation",
            field="account_quota",
            limit=quota.daily,
        )


def _lifting(present: Organisation | None, reason: str | None) -> str | None:
    """Return why a suspension is lifted, None where there is none: then a reason is left, so that it can be repeated.

    Raises:
        InvalidInput: it is suspended, and nobody said why it is let in again.
    """
    if reason is not None:
        check_text(reason, "lift_suspension", required=True, longest=MAX_REASON)
    if present is None or not present.suspended:
        return None
    if reason is None:
        raise InvalidInput(
            "suspension_stands",
            "the organisation is suspended: say why it is let in again (--lift-suspension)",
            field="lift_suspension",
        )
    return reason


def _all_of(failed: dict[str, SchuldhulpError]) -> SchuldhulpError:
    """Return what went wrong: as the last of it, with the words of all where it is more than one."""
    last = list(failed.values())[-1]
    if len(failed) == 1:
        return last
    words = "; ".join(f"{account}: {error}" for account, error in failed.items())
    return type(last)(last.key, words, field=last.field, **last.parameters)


def parse_account(text: str, field: str = "account") -> str:
    """Return an address with the checksum of ERC-55.

    Args:
        text: as it is written; digits of one case carry no checksum, anything else must carry the right one.
        field: name of the field, for the error.

    Raises:
        InvalidInput: no address (``account_invalid``), one with a wrong checksum (``account_checksum``), or the one of
            nobody (``account_zero``).
    """
    stripped = text.strip()
    if not _ACCOUNT.fullmatch(stripped):
        raise InvalidInput("account_invalid", f"{field}: an address is expected, 0x and 40 digits", field=field)
    digits, address = stripped[2:], checksummed(bytes.fromhex(stripped[2:]))
    if not int(digits, 16):
        raise InvalidInput("account_zero", f"{field}: the address of nobody, all zeros", field=field)
    if digits not in (digits.lower(), digits.upper(), address[2:]):
        raise InvalidInput(
            "account_checksum",
            f"{field}: the capitals of the address are its checksum, and they do not fit: a digit is wrong; copy it "
            "again",
            field=field,
        )
    return address
