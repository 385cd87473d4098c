"""Writes the demonstration into an installation, through the same services that people use.

It can be stopped anywhere and repeated: what is there already is recognised by its contents and left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from schuldhulp.demonstration.histories import Step, steps
from schuldhulp.demonstration.people import Case, Household, households
from schuldhulp.demonstration.words import ADMITTED, STAFF, WITHOUT_PAGES, Organisation
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import Applicant, EnrolmentBasis, Record, RecordKind
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import NotAdmitted, NotAllowed, NotFound
from schuldhulp.services.access import AccessService
from schuldhulp.services.admission import AdmissionService
from schuldhulp.services.clients import ClientService
from schuldhulp.services.clock import day_of, today
from schuldhulp.services.dossiers import DossierService
from schuldhulp.services.enrolment import EnrolmentService
from schuldhulp.services.ports import Clock
from schuldhulp.services.records import RecordService
from schuldhulp.services.staff import StaffService
from schuldhulp.services.views import DossierView, EnrolmentStep

CASEWORKERS: Final = tuple(who.login for who in STAFF if who.roles == ("caseworker",))
ADMINISTRATOR: Final = next(who.login for who in STAFF if "administrator" in who.roles)

BSN_GROUNDS: Final[Mapping[str, str]] = {
    "99000003": "Zorgverzekeringswet art. 86",
    "99000006": "Gerechtsdeurwaarderswet art. 19a",
}
"""Legal ground of those creditors that may process citizen service numbers."""

_STORY_KINDS: Final = frozenset({RecordKind.INCOME, RecordKind.EXPENSE, RecordKind.OBLIGATION, RecordKind.AGREEMENT})

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class DemonstrationLoader:
    """Loads the demonstration.

    Attributes:
        access: finds the members of staff that act.
        clients: takes people in.
        dossiers: finds and opens dossiers.
        records: writes records.
        enrolment: makes clients visible.
        staff: accounts of staff and creditors.
        admission: opens the service that admits creditors.
        accounts: account address of each creditor by KvK number.
        custodial: gives the account with which the cockpit asks for an organisation, by KvK number.
        pages_quota: persons that account may ask about in a day.
        clock: the time; periods are counted back from today.
    """

    access: AccessService
    clients: ClientService
    dossiers: DossierService
    records: RecordService
    enrolment: EnrolmentService
    staff: StaffService
    admission: Callable[[], AbstractContextManager[AdmissionService]]
    accounts: Mapping[str, str]
    custodial: Callable[[str], str]
    pages_quota: int
    clock: Clock

    def load(self, progress: Progress) -> None:
        """Load what is not there yet.

        Args:
            progress: is told how many households of how many are done.

        Raises:
            Unreachable: database or chain does not answer; repeat it then.
        """
        administrator = self._administrator()
        if administrator is not None:
            self._load_staff(administrator)
            self._load_creditors(administrator)
        day = self._day()
        everybody = households(day)
        for done, household in enumerate(everybody):
            progress(done, len(everybody))
            self._load_household(household, day)
        progress(len(everybody), len(everybody))

    def _administrator(self) -> Actor | None:
        """Return the administrator who adds the others; the first one of a new installation, None when closed since."""
        who = next(one for one in STAFF if one.login == ADMINISTRATOR)
        # Where there is somebody already, it is for them to say who is administrator.
        with suppress(NotAllowed):
            self.staff.add_first(login=who.login, name=who.name, function=who.function)
        with suppress(NotAdmitted):
            actor = self.access.staff_member(ADMINISTRATOR)
            return actor if Role.ADMINISTRATOR in actor.roles else None
        return None

    def _load_staff(self, actor: Actor) -> None:
        present = {row.login for row in self.staff.list(actor=actor)}
        for who in STAFF:
            if who.login not in present:
                roles = [Role(role) for role in who.roles]
                self.staff.add(actor=actor, login=who.login, name=who.name, function=who.function, roles=roles)

    def _load_creditors(self, actor: Actor) -> None:
        present = {row.kvk for row in self.staff.creditors(actor=actor)}
        with self.admission() as admission:
            admitted = {found.kvk: found for found in admission.organisations(actor=actor)}
            for organisation in ADMITTED:
                if organisation.kvk not in present:
                    self.staff.put_creditor(actor=actor, kvk=organisation.kvk, name=organisation.name)
                if organisation.kvk not in admitted:
                    admission.admit(
                        actor=actor,
                        kvk=organisation.kvk,
                        name=organisation.name,
                        account=self.accounts[organisation.kvk],
                        bsn_ground=BSN_GROUNDS.get(organisation.kvk),
                    )
                known = admitted.get(organisation.kvk)
                if organisation.kvk != WITHOUT_PAGES and not (known and known.suspended):
                    self._open_pages(actor, admission, organisation)

    def _open_pages(self, actor: Actor, admission: AdmissionService, organisation: Organisation) -> None:
        """Admit the account with which the cockpit asks, unless something was decided about it before."""
        account = self.custodial(organisation.kvk)
        decided = admission.history(actor=actor, kvk=organisation.kvk)
        if not any(account in decision.accounts for decision in decided):
            admission.admit(
                actor=actor,
                kvk=organisation.kvk,
                name=organisation.name,
                account=account,
                account_quota=self.pages_quota,
            )

    def _day(self) -> date:
        """Return the day that periods are counted back from: when the first dossier was made, today before that."""
        actor = caseworker_of(self.access, 0)
        made = [found.created_at for found in self.dossiers.list(actor=actor) if found.file_number == file_number(1)]
        return day_of(made[0]) if made else today(self.clock)

    def _load_household(self, household: Household, day: date) -> None:
        actor = caseworker_of(self.access, household.number)
        name = file_number(household.number)
        try:
            dossier = self.dossiers.find(actor=actor, name=name)
        except NotFound:
            dossier = self.clients.add(actor=actor, applicants=household.applicants, file_number=name)
        # The reason counts where somebody gave the dossier to another caseworker since.
        view = self.dossiers.open(
            actor=actor, dossier=dossier, purpose=Purpose.DEMONSTRATION, reason="demonstratiegegevens"
        )
        people = _people(view, household)
        self._tell_story(actor, view, steps(household, people, day))
        self._enrol(actor, household, dossier, people, view, day)

    def _tell_story(self, actor: Actor, view: DossierView, story: Sequence[Step]) -> None:
        told = [entry for entry in view.records if entry.record.kind in _STORY_KINDS]
        done = sum(entry.version for entry in told)
        present: dict[Record, tuple[RecordId, int]] = {
            entry.record: (entry.record_id, entry.version) for entry in told if not entry.withdrawn
        }
        dossier = view.summary.id
        rest = story[done:]
        added = [step.after for step in rest if step.before is None and step.after is not None]
        if added:
            for record, written in zip(
                added, self.records.add_all(actor=actor, dossier=dossier, records=added), strict=True
            ):
                present[record] = (written.record_id, written.version)
        for step in rest:
            if step.before is None:
                continue
            record_id, version = present.pop(step.before)
            if step.after is None:
                self.records.withdraw(
                    actor=actor, dossier=dossier, record_id=record_id, expected_version=version, reason=step.reason
                )
            else:
                written = self.records.change(
                    actor=actor, dossier=dossier, record_id=record_id, expected_version=version, record=step.after
                )
                present[step.after] = (written.record_id, written.version)

    def _enrol(
        self,
        actor: Actor,
        household: Household,
        dossier: DossierId,
        people: Sequence[RecordId],
        view: DossierView,
        day: date,
    ) -> None:
        if household.case is Case.EMPTY or household.number % 5 == 0:
            return
        if view.enrolment.step is EnrolmentStep.NOT_VISIBLE:
            self.enrolment.enrol(
                actor=actor,
                dossier=dossier,
                applicants=people,
                ground="Wgs art. 4a, plan van aanpak besproken",
                basis=EnrolmentBasis.CONSENT if household.number % 3 else EnrolmentBasis.NOTICE,
                basis_date=day - timedelta(days=14),
            )
        if household.case is Case.ENDED and view.summary.ended_at is None:
            if self.enrolment.state(actor=actor, dossier=dossier).step in (
                EnrolmentStep.WAITING,
                EnrolmentStep.VISIBLE,
            ):
                self.enrolment.end(actor=actor, dossier=dossier, reason="Traject afgerond, schulden voldaan.")
            self.dossiers.end(actor=actor, dossier=dossier, ended_at=self.clock.now())


def caseworker_of(access: AccessService, number: int) -> Actor:
    """Return the caseworker of a household, or another where that account was closed.

    Args:
        access: finds members of staff.
        number: number of the household.

    Raises:
        NotAdmitted: no caseworker of the demonstration may log in.
    """
    for step in range(len(CASEWORKERS)):
        with suppress(NotAdmitted):
            return access.staff_member(CASEWORKERS[(number + step) % len(CASEWORKERS)])
    raise NotAdmitted("staff_unknown", "no caseworker of the demonstration may log in", field="login")


def file_number(number: int) -> str:
    """Return the file number of a household, for example ``DEMO-007``."""
    return f"DEMO-{number:03}"


def _people(view: DossierView, household: Household) -> list[RecordId]:
    """Return the records of the applicants in the household's order."""
    found = {
        entry.record.bsn: entry.record_id
        for entry in view.of_kind(RecordKind.APPLICANT)
        if isinstance(entry.record, Applicant)
    }
    return [found[applicant.bsn] for applicant in household.applicants]
