"""A stand-in for admitting creditors, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.errors import NotFound, SchuldhulpError
from schuldhulp.services.creditor_pages.organisations import AdmittedOrganisation, Application
from schuldhulp.services.ports import Admission, Organisation, Quota

OWN = "0x" + "1" * 40
PAGES = "0x" + "2" * 40


def make_organisation(kvk: str = "12345678", name: str = "Energie voor Elkaar", **more: object) -> Organisation:
    """Return an organisation with an account of its own and one for the pages."""
    told = {
        "accounts": (OWN, PAGES),
        "quota": Quota(daily=500, per_epoch=10_000),
        "bsn_ground": None,
        "suspended": False,
        "account_quotas": {PAGES: 50},
        **more,
    }
    return Organisation(kvk=kvk, name=name, **told)  # type: ignore[arg-type]


@dataclass
class FakeOrganisations:
    """Keeps organisations.

    Attributes:
        now: the time.
        here: whether the administrator's key is here.
        stored: organisations by number.
        done: what was decided, in words.
        failing: raised by the next decision, once.
        decisions: what was decided about each, newest first; None: one admission.
    """

    now: datetime
    here: bool = True
    stored: dict[str, Organisation] = field(default_factory=dict)
    done: list[tuple[object, ...]] = field(default_factory=list)
    failing: SchuldhulpError | None = None
    decisions: tuple[Admission, ...] | None = None

    def ready(self, *, actor: Actor) -> bool:
        """Say whether the key is here."""
        require(actor, Permission.MANAGE_CREDITORS)
        return self.here

    def organisations(self, *, actor: Actor) -> list[AdmittedOrganisation]:
        """Return all of them."""
        require(actor, Permission.MANAGE_CREDITORS)
        return [self._admitted(one) for one in self.stored.values()]

    def organisation(self, *, actor: Actor, kvk: str) -> AdmittedOrganisation:
        """Return one."""
        require(actor, Permission.MANAGE_CREDITORS)
        if kvk not in self.stored:
            raise NotFound("organisation_unknown", "never admitted", field="kvk")
        return self._admitted(self.stored[kvk])

    def admit(self, *, actor: Actor, application: Application) -> AdmittedOrganisation:
        """Admit one."""
        self._decide(actor, "admit", application)
        accounts = tuple(one for one in (application.account, PAGES if application.pages else None) if one)
        made = make_organisation(application.kvk, application.name, accounts=accounts)
        self.stored[application.kvk] = made
        return self._admitted(made)

    def suspend(self, *, actor: Actor, kvk: str, reason: str) -> None:
        """Suspend one."""
        self._decide(actor, "suspend", kvk, reason)
        self.stored[kvk] = replace(self.stored[kvk], suspended=True)

    def remove_account(self, *, actor: Actor, kvk: str, account: str, reason: str) -> Organisation:
        """Take an account away."""
        self._decide(actor, "remove", kvk, account, reason)
        one = self.stored[kvk]
        self.stored[kvk] = replace(one, accounts=tuple(other for other in one.accounts if other != account))
        return self.stored[kvk]

    def _decide(self, actor: Actor, *what: object) -> None:
        require(actor, Permission.MANAGE_CREDITORS)
        if self.failing is not None:
            failing, self.failing = self.failing, None
            raise failing
        self.done.append(what)

    def _admitted(self, one: Organisation) -> AdmittedOrganisation:
        decision = Admission(
            action="admit",
            accounts=one.accounts,
            quota=one.quota,
            account_quota=None,
            bsn_ground=one.bsn_ground,
            reason="grote verhuurder",
            by="4",
            at=self.now,
        )
        return AdmittedOrganisation(
            organisation=one,
            pages=PAGES if PAGES in one.accounts else None,
            decisions=(decision,) if self.decisions is None else self.decisions,
            people={"4": "Applicatiebeheer (p.jansma)"},
        )
