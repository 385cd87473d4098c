"""A stand-in for the services that the screens call: the same signatures, everything in memory.

It keeps the rules that a screen must show something for: versions, conflicts, reasons, the four states of trust.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from schuldhulp.creditor.page_lists import PageList
from schuldhulp.domain.access import Actor, Permission, Role, require
from schuldhulp.domain.audit import LogLine, Purpose
from schuldhulp.domain.checks import check_line
from schuldhulp.domain.cockpit import overview
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import (
    Address,
    Agreement,
    AgreementStatus,
    AgreementType,
    Applicant,
    Confirmation,
    ConfirmationRole,
    Enrolment,
    EnrolmentBasis,
    Expense,
    ExpenseCategory,
    Income,
    IncomeCategory,
    Obligation,
    ObligationStatus,
    ObligationType,
    Party,
    Position,
    Preference,
    Record,
    Source,
)
from schuldhulp.domain.trust import Finding, TrustReport, TrustState
from schuldhulp.domain.types import Cents, Commitment, DossierId, Epoch, MunicipalityCode, RecordId
from schuldhulp.errors import Conflict, Deviation, InvalidInput, NotAdmitted, NotFound, SchuldhulpError
from schuldhulp.services.creditor_pages.lists import ListService
from schuldhulp.services.status import ChainStatus, CheckStatus, EpochStatus, OutboxStatus, SystemStatus
from schuldhulp.services.views import DossierSummary, DossierView, EnrolmentState, EnrolmentStep, RecordView
from tests.support.fake_checks import FakeChecks
from tests.support.fake_claim_pages import FakeClaimPages
from tests.support.fake_claims import FakeClaims
from tests.support.fake_notices import FakeNotices
from tests.support.fake_organisations import FakeOrganisations
from tests.support.fake_own_claims import FakeOwnClaims
from tests.support.fake_statements import FakeStatements

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def name_bytes(text: str) -> bytes:
    """Return 32 bytes that are the same for the same text."""
    return hashlib.sha256(text.encode()).digest()


@dataclass
class _Stored:
    id: DossierId
    file_number: str
    caseworker: str
    records: dict[RecordId, list[RecordView]] = field(default_factory=dict)
    state: TrustState = TrustState.VERIFIED
    findings: tuple[Finding, ...] = ()
    ended: bool = False

    def put(self, record_id: RecordId, record: Record, **more: Any) -> RecordView:
        versions = self.records.setdefault(record_id, [])
        number = len(versions) + 1
        commitment = Commitment(name_bytes(f"{record_id.hex()}{number}"))
        told = {"withdrawn": False, "reason": "", "author": "caseworker", "verified": True, **more}
        view = RecordView(
            record_id=record_id,
            version=number,
            record=record,
            commitment=commitment,
            author_id="1",
            created_at=NOW,
            **told,
        )
        versions.append(view)
        return view


class FakeCockpit:
    """Everything that `app.session.cockpit()` gives, with dossiers in memory.

    Attributes:
        people: actor for each subject that may log in.
        saved: how many times something was written.
        failing: raised by the next writing service, once.
        down: raised by everything that opens a dossier, until it is None again.
    """

    def __init__(self, *, env: str = "development") -> None:
        self.stored: dict[DossierId, _Stored] = {}
        self.people: dict[tuple[str, str], Actor] = {}
        self.saved = 0
        self.failing: SchuldhulpError | None = None
        self.down: SchuldhulpError | None = None
        self.admitted: set[DossierId] = set()
        self.state = SystemStatus(
            chain=ChainStatus(answers=True, recognised=True, head_number=321, head_time=NOW),
            epoch=EpochStatus(current=Epoch(20264), oldest=Epoch(20264), announced=Epoch(0)),
            outbox=OutboxStatus(queued=3, signed=0, publications=0, refused=0),
            last_check=CheckStatus(at=NOW),
            checked_recently=True,
        )
        self.opened: list[tuple[str, DossierId, str | None]] = []
        self.searches: list[str] = []
        self.settings = SimpleNamespace(
            env=env,
            production=env == "production",
            municipality=14,
            municipality_name="Voorbeeldgemeente",
            contact="schuldhulp@example.nl",
        )
        self.access = SimpleNamespace(from_login=self._from_login)
        self.lines: dict[DossierId, list[LogLine]] = {}
        self.dossiers = SimpleNamespace(list=self._list, open=self._open, log=self._log)
        self.records = SimpleNamespace(
            add=self._add, change=self._change, withdraw=self._withdraw, confirm=self._confirm, history=self._history
        )
        self.enrolment = SimpleNamespace(enrol=self._enrol, end=self._end)
        self.status = SimpleNamespace(status=self._status)
        self.checks = self.history = FakeChecks(now=NOW)
        self.creditor_claims = FakeClaimPages(now=NOW)
        self.organisations = FakeOrganisations(now=NOW)
        self.kept_claims = FakeOwnClaims(self)
        self.own_claims = self.kept_claims.service
        self.claim_objections = self.kept_claims.objections
        self.consent_ending = self.kept_claims.ending
        self.kept_inbox = FakeClaims(self.stored, self._summary, now=NOW)
        self.claims, self.claim_desk = self.kept_inbox.inbox, self.kept_inbox.desk
        self.correspondents = self.kept_inbox.correspondents
        self.claim_matching, self.claim_decisions = self.kept_inbox.matching, self.kept_inbox.history
        self.kept_statements = FakeStatements(self.stored, self._summary, now=NOW)
        self.statements, self.statement_desk = self.kept_statements.inbox, self.kept_statements.desk
        self.kept_notices = FakeNotices()
        self.notices, self.notices_sent = self.kept_notices.desk, self.kept_notices.overview
        self.notices_late = self.kept_notices.late_ones
        self.lists = ListService(checks=self.checks, read=PageList, municipality=MunicipalityCode(14))

    def _from_login(self, *, subject: str, provider: str, level: str, session: str) -> Actor:
        found = self.people.get((provider, subject))
        if found is None:
            raise NotAdmitted("login_unknown", "nobody")
        return replace(found, session=session)

    def _list(self, *, actor: Actor, search: str = "") -> list[DossierSummary]:
        require(actor, Permission.LIST_DOSSIERS)
        self._check()
        self.searches.append(search)
        found = []
        for stored in self.stored.values():
            text = " ".join((stored.file_number, *self._texts(stored))).casefold()
            if search.casefold() in text:
                found.append(self._summary(stored, actor))
        return found

    @staticmethod
    def _texts(stored: _Stored) -> list[str]:
        texts = []
        for versions in stored.records.values():
            record = versions[-1].record
            if isinstance(record, Applicant):
                texts += [record.full_name, record.birth_date.dutch]
            if isinstance(record, Obligation):
                texts.append(record.creditor.name)
        return texts

    def _summary(self, stored: _Stored, actor: Actor | None = None) -> DossierSummary:
        current = [versions[-1] for versions in stored.records.values() if not versions[-1].withdrawn]
        people = [view.record for view in current if isinstance(view.record, Applicant)]
        enrolled = any(isinstance(view.record, Enrolment) and view.record.end is None for view in current)
        return DossierSummary(
            id=stored.id,
            file_number=stored.file_number,
            names=tuple(person.full_name for person in people),
            birth_dates=tuple(person.birth_date.iso for person in people),
            caseworker=stored.caseworker or None,
            own=actor is not None and stored.id in actor.dossiers,
            counts=Counter(view.record.kind for view in current),
            enrolled=enrolled,
            created_at=NOW,
            ended_at=NOW if stored.ended else None,
            readable=True,
            creditors=tuple(view.record.creditor.name for view in current if isinstance(view.record, Obligation)),
        )

    def _check(self) -> None:
        if self.down is not None:
            raise self.down

    def _get(self, dossier: DossierId) -> _Stored:
        if dossier not in self.stored:
            raise NotFound("dossier_unknown", "no such dossier")
        return self.stored[dossier]

    def _open(self, *, actor: Actor, dossier: DossierId, purpose: str, reason: str | None = None) -> DossierView:
        require(actor, Permission.OPEN_DOSSIER, dossier)
        self._check()
        check_line(reason or "", "reason", longest=500)
        outside = actor.kind == "staff" and dossier not in actor.dossiers
        if outside and not reason and dossier not in self.admitted:
            raise InvalidInput("reason_required", "reason: needed", field="reason")
        self.admitted.add(dossier)
        self.opened.append((purpose, dossier, reason))
        stored = self._get(dossier)
        views = tuple(versions[-1] for versions in stored.records.values())
        current = {view.record_id: view.record for view in views if not view.withdrawn}
        return DossierView(
            summary=self._summary(stored, actor),
            records=views,
            trust=TrustReport(state=stored.state, findings=stored.findings, checked_at=NOW, dossier=dossier),
            enrolment=_enrolment_state(views),
            overview=overview(current, today=TODAY),
        )

    def _log(self, *, actor: Actor, dossier: DossierId) -> list[LogLine]:
        require(actor, Permission.OPEN_DOSSIER, dossier)
        self._check()
        self._get(dossier)
        self.opened.append((Purpose.OWN_VIEW, dossier, None))
        return self.lines.get(dossier, [])

    def _write(self, actor: Actor, permission: Permission, dossier: DossierId) -> _Stored:
        require(actor, permission, dossier)
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error
        stored = self._get(dossier)
        if stored.state is TrustState.DEVIATES:
            raise Deviation("dossier_deviates", "deviates")
        self.saved += 1
        return stored

    def _current(self, stored: _Stored, record_id: RecordId, expected_version: int) -> RecordView:
        newest = stored.records[record_id][-1]
        if newest.version != expected_version:
            self.saved -= 1
            raise Conflict(
                "record_changed",
                "changed",
                field="expected_version",
                version=newest.version,
                at=newest.created_at.isoformat(),
                function=newest.author,
            )
        return newest

    def _add(self, *, actor: Actor, dossier: DossierId, record: Record) -> RecordView:
        stored = self._write(actor, Permission.CHANGE_RECORDS, dossier)
        stored.state = TrustState.BEING_RECORDED
        return stored.put(RecordId(name_bytes(f"new{self.saved}")), record, author=author_of(actor), verified=False)

    def _change(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, record: Record
    ) -> RecordView:
        stored = self._write(actor, Permission.CHANGE_RECORDS, dossier)
        self._current(stored, record_id, expected_version)
        return stored.put(record_id, record, author=author_of(actor), verified=False)

    def _withdraw(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, reason: str
    ) -> RecordView:
        stored = self._write(actor, Permission.CHANGE_RECORDS, dossier)
        newest = self._current(stored, record_id, expected_version)
        return stored.put(
            record_id, newest.record, author=author_of(actor), verified=False, withdrawn=True, reason=reason
        )

    def _confirm(self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int) -> RecordView:
        stored = self._write(actor, Permission.CONFIRM_AGREEMENT, dossier)
        newest = self._current(stored, record_id, expected_version)
        given = Confirmation(by=actor.name, role=ConfirmationRole.RESIDENT, at=NOW)
        record = replace(
            newest.record, status=AgreementStatus.CONFIRMED, confirmations=(*newest.record.confirmations, given)
        )
        return stored.put(record_id, record, author="resident", verified=False)

    def _history(self, *, actor: Actor, dossier: DossierId, record_id: RecordId) -> list[RecordView]:
        require(actor, Permission.OPEN_DOSSIER, dossier)
        return list(reversed(self._get(dossier).records[record_id]))

    def _enrol(
        self,
        *,
        actor: Actor,
        dossier: DossierId,
        applicants: Sequence[RecordId],
        ground: str,
        basis: EnrolmentBasis,
        basis_date: date,
    ) -> RecordView:
        stored = self._write(actor, Permission.ENROL, dossier)
        record = Enrolment(applicants=tuple(applicants), ground=ground, basis=basis, basis_date=basis_date, start=TODAY)
        return stored.put(RecordId(name_bytes(f"enrolment{self.saved}")), record)

    def _end(self, *, actor: Actor, dossier: DossierId, reason: str) -> RecordView:
        stored = self._write(actor, Permission.END_ENROLMENT, dossier)
        for record_id, versions in stored.records.items():
            record = versions[-1].record
            if isinstance(record, Enrolment) and record.end is None:
                return stored.put(record_id, replace(record, end=TODAY, end_reason=reason))
        raise NotFound("enrolment_missing", "not enrolled")

    def _status(self, *, actor: Actor) -> SystemStatus:
        require(actor, Permission.SEE_STATUS)
        self._check()
        return self.state


def author_of(actor: Actor) -> str:
    """Return the function of somebody, as the services write it down."""
    return next(iter(sorted(actor.roles)), "system")


def _enrolment_state(views: Sequence[RecordView]) -> EnrolmentState:
    found = [view for view in views if isinstance(view.record, Enrolment)]
    if not found:
        return EnrolmentState(step=EnrolmentStep.NOT_VISIBLE)
    record = found[-1].record
    step = EnrolmentStep.ENDING if record.end else EnrolmentStep.WAITING
    return EnrolmentState(step=step, since=record.end or record.start, record_id=found[-1].record_id)


def actor(kind: str, *roles: Role, name: str = "", dossiers: Sequence[DossierId] = (), **more: Any) -> Actor:
    """Return somebody."""
    return Actor(
        kind=kind,  # type: ignore[arg-type]
        id=f"{kind}-1",
        name=name,
        roles=frozenset(roles),
        dossiers=frozenset(dossiers),
        **more,
    )


def dossier_id(number: int) -> DossierId:
    """Return the identifier of one of the dossiers."""
    return DossierId((14).to_bytes(2, "big") + name_bytes(f"dossier{number}")[:30])


def record_id(text: str) -> RecordId:
    """Return the identifier of a record by a name."""
    return RecordId(name_bytes(text))


def euro(amount: float) -> Cents:
    """Return whole cents."""
    return Cents(round(amount * 100))


def typical(stored: _Stored) -> None:
    """Fill a dossier with what a household in debt has."""
    me, partner = record_id("me"), record_id("partner")
    stored.put(
        me,
        Applicant(
            initials="F.M.",
            first_names="Fenna Maria",
            prefix="van der",
            surname="Meulen",
            birth_date=PartialDate(1984, 3, 12),
            bsn=Bsn("999990019"),
            addresses=(
                Address(
                    street="Lindelaan", house_number=12, suffix="a", postcode="9711AB", city="Voorbeeldstad",
                    from_date=date(2019, 5, 1),
                ),
            ),
            phone="06 12345678",
            email="fenna@example.nl",
        ),
    )  # fmt: skip
    stored.put(
        partner,
        Applicant(initials="J.", surname="Bakker", birth_date=PartialDate(1980, 2, 0), position=Position.PARTNER),
    )
    for number, (income, category, amount, frequency) in enumerate(
        (
            ("Schoonmaakbedrijf Noord", IncomeCategory.SALARY, 1385.20, Frequency.FOUR_WEEKLY),
            ("Zorgtoeslag", IncomeCategory.ALLOWANCE, 127, Frequency.MONTHLY),
            ("SVB", IncomeCategory.CHILD_BENEFIT, 281.69, Frequency.QUARTERLY),
        )
    ):
        stored.put(
            record_id(f"income{number}"),
            Income(
                owner=me, category=category, description=income, amount=euro(amount), frequency=frequency,
                from_date=date(2024, 1, 1),
            ),
        )  # fmt: skip
    for number, (name, kind, amount, day) in enumerate(
        (
            ("Woningstichting De Brug", ObligationType.RENT, 688.43, 1),
            ("Energie voor Elkaar", ObligationType.ENERGY, 164, 25),
            ("Waterbedrijf Noord", ObligationType.WATER, 17.5, 28),
            ("Zorgzaam Verzekeringen", ObligationType.HEALTH_INSURANCE, 149.75, 26),
        )
    ):
        stored.put(
            record_id(f"fixed{number}"),
            Obligation(
                type=kind, owed_by=(me,), creditor=Party(name=name, customer_number=f"K-{number}2231"),
                instalment=euro(amount), frequency=Frequency.MONTHLY, due_day=day, source=Source.CASEWORKER,
            ),
        )  # fmt: skip
    for number, (name, kind, resident, creditor, status, collector, said) in enumerate(
        (
            ("Postorderbedrijf Wolkenveld", ObligationType.CONSUMER_CREDIT, 4200, 4862.17,
             ObligationStatus.WITH_COLLECTOR, "Incasso Noordenwind", date(2026, 10, 2)),
            ("Belastingdienst", ObligationType.BENEFIT_REPAYMENT, 2310, 2310, ObligationStatus.ARRANGEMENT, None,
             date(2026, 9, 14)),
            ("Telefoon Direct", ObligationType.TELECOM, 600, 1038.4, ObligationStatus.DISPUTED, None,
             date(2026, 4, 1)),
            ("Familie", ObligationType.FAMILY, 850, None, ObligationStatus.IN_ARREARS, None, None),
        )
    ):  # fmt: skip
        stored.put(
            record_id(f"debt{number}"),
            Obligation(
                type=kind,
                owed_by=(me, partner) if number == 0 else (me,),
                creditor=Party(name=name, file_number=f"D-{number}", kvk="12345678" if number == 0 else ""),
                collector=Party(name=collector, file_number="IN-88") if collector else None,
                amount_resident=euro(resident),
                amount_creditor=None if creditor is None else euro(creditor),
                instalment=euro(45) if status is ObligationStatus.ARRANGEMENT else Cents(0),
                frequency=Frequency.MONTHLY if status is ObligationStatus.ARRANGEMENT else Frequency.NONE,
                due_day=27 if status is ObligationStatus.ARRANGEMENT else None,
                preference=Preference.PREFERENT if kind is ObligationType.BENEFIT_REPAYMENT else Preference.CONCURRENT,
                statement_date=said,
                status=status,
                source=Source.CREDITOR if creditor else Source.RESIDENT,
            ),
        )
    stored.put(
        record_id("expense"),
        Expense(
            owner=me, category=ExpenseCategory.TRANSPORT, description="Busabonnement", amount=euro(62.1),
            frequency=Frequency.MONTHLY, from_date=date(2025, 1, 1), fixed=False,
        ),
    )  # fmt: skip
    stored.put(
        record_id("agreement"),
        Agreement(
            type=AgreementType.BUDGET_MANAGEMENT,
            parties=("F.M. van der Meulen", "Kredietbank"),
            text="De kredietbank betaalt de huur en de energie. U krijgt elke week leefgeld.",
            amount=euro(85),
            frequency=Frequency.WEEKLY,
            start=date(2026, 9, 1),
            confirmations=(
                Confirmation(
                    by="F.M. van der Meulen", role=ConfirmationRole.RESIDENT, at=datetime(2026, 8, 28, 8, 5, tzinfo=UTC)
                ),
            ),
            status=AgreementStatus.CONFIRMED,
        ),
    )


def cockpit(prepare: Callable[[FakeCockpit], None] | None = None, *, env: str = "development") -> FakeCockpit:
    """Return a cockpit with one full dossier, sixty plain ones and somebody of each role."""
    fake = FakeCockpit(env=env)
    first = _Stored(id=dossier_id(0), file_number="2026-0001", caseworker="S. de Wit")
    typical(first)
    fake.stored[first.id] = first
    surnames = ("Jansen", "de Vries", "Bakker", "Visser", "Smit", "Mulder", "Bos", "Vos", "Peters", "Hendriks")
    for number in range(1, 60):
        stored = _Stored(
            id=dossier_id(number),
            file_number=f"2026-{number + 1:04d}",
            caseworker="S. de Wit" if number % 2 else "",
            ended=number % 17 == 0,
        )
        stored.put(
            record_id(f"person{number}"),
            Applicant(
                initials=f"{chr(65 + number % 26)}.",
                surname=surnames[number % 10],
                birth_date=PartialDate(1950 + number, 1 + number % 12, 1 + number % 28),
            ),
        )
        fake.stored[stored.id] = stored
    own = [stored.id for stored in fake.stored.values() if stored.caseworker]
    fake.people = {
        ("digid", "resident"): actor(
            "resident", Role.RESIDENT, name="F.M. van der Meulen", dossiers=[first.id], applicant=record_id("me")
        ),
        ("staff", "caseworker"): actor("staff", Role.CASEWORKER, name="S. de Wit", dossiers=own),
        ("staff", "administrator"): actor("staff", Role.ADMINISTRATOR, name="B. Heer"),
        ("eherkenning", "creditor"): actor(
            "creditor", Role.CREDITOR, name="Energie voor Elkaar", organisation="12345678"
        ),
    }
    if prepare is not None:
        prepare(fake)
    return fake
