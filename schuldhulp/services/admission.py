"""Letting creditors in and shutting them out: in the evaluator's database, and by roles on the chain."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from schuldhulp.crypto.accounts import checksummed
from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.checks import check_line, check_text, check_whole
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotFound
from schuldhulp.services.ports import ChainAdministrator, Clock, Organisation, OrganisationStore, Quota

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

    def admit(
        self,
        *,
        actor: Actor,
        kvk: str,
        name: str,
        account: str,
        daily_quota: int | None = None,
        epoch_quota: int | None = None,
        bsn_ground: str | None = None,
        withdraw_bsn: bool = False,
    ) -> Organisation:
        """Admit an organisation, add an account to it, or renew its quota and legal ground.

        The database comes first: an account that has the role on the chain and stands in no organisation could not
        be shut out by its organisation.

        Args:
            actor: who decides.
            kvk: number in the trade register, 8 digits.
            name: its name there.
            account: address that will sign for it.
            daily_quota: questions a day; None leaves that of a known organisation and gives a new one the standard one.
            epoch_quota: questions an epoch, in the same way.
            bsn_ground: the law that lets it process citizen service numbers; None leaves that of a known organisation.
            withdraw_bsn: it may process them no longer.

        Returns:
            The organisation with all its accounts.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a field is wrong; the error names it.
            Conflict: the account belongs to another organisation.
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
        quota = present.quota if present else self._standard_quota
        if daily_quota is not None:
            quota = replace(quota, daily=daily_quota)
        if epoch_quota is not None:
            quota = replace(quota, per_epoch=epoch_quota)
        if bsn_ground is None and present is not None and not withdraw_bsn:
            bsn_ground = present.bsn_ground
        check_whole(quota.daily, "daily_quota", lowest=0, highest=MAX_QUOTA)
        check_whole(quota.per_epoch, "epoch_quota", lowest=0, highest=MAX_QUOTA)
        accounts = {_account(account), *(present.accounts if present else ())}
        organisation = Organisation(
            kvk=kvk,
            name=name.strip(),
            accounts=tuple(sorted(accounts)),
            quota=quota,
            bsn_ground=bsn_ground,
            suspended=False,
        )
        self._store.admit(organisation, by=actor.id, at=self._clock.now())
        for one in organisation.accounts:
            self._administrator.admit_creditor(municipality=self._municipality, account=one, bsn=bsn_ground is not None)
        return organisation

    def suspend(self, *, actor: Actor, kvk: str, reason: str) -> None:
        """Shut an organisation out: at once in the evaluator, then on the chain. Admitting it again lifts this.

        Args:
            actor: who decides.
            kvk: number in the trade register.
            reason: why; it is kept.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: a field is wrong; the error names it.
            NotFound: it was never admitted.
            Unreachable: database or chain does not answer; repeat it.
        """
        require(actor, Permission.MANAGE_CREDITORS)
        check_text(reason, "reason", required=True, longest=MAX_REASON)
        kvk = parse_kvk(kvk)
        organisation = self._store.organisation(kvk)
        if organisation is None:
            raise NotFound("organisation_unknown", "no organisation with this number was admitted", field="kvk")
        self._store.suspend(kvk, reason=reason, by=actor.id, at=self._clock.now())
        for account in organisation.accounts:
            self._administrator.suspend_creditor(municipality=self._municipality, account=account)

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
        kvk, address = parse_kvk(kvk), _account(account)
        self._store.remove_account(kvk, address, reason=reason, by=actor.id, at=self._clock.now())
        self._administrator.suspend_creditor(municipality=self._municipality, account=address)
        organisation = self._store.organisation(kvk)
        if organisation is None:
            raise NotFound("organisation_unknown", "no organisation with this number was admitted", field="kvk")
        return organisation


def _account(text: str) -> str:
    stripped = text.strip()
    if _ACCOUNT.fullmatch(stripped):
        address = checksummed(bytes.fromhex(stripped[2:]))
        # Digits of one case carry no checksum; anything else must carry the right one.
        if stripped[2:] in (stripped[2:].lower(), stripped[2:].upper(), address[2:]) and int(address, 16):
            return address
    raise InvalidInput("account_invalid", "account: an address is expected, 0x and 40 digits", field="account")
