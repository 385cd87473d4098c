"""Records and services for tests of record keeping."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schuldhulp.crypto.blind_index import IndexKey
from schuldhulp.crypto.envelope import KeyEncryptionKey
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.keyring import LogKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.records import (
    Address,
    Agreement,
    AgreementType,
    Applicant,
    Expense,
    ExpenseCategory,
    Frequency,
    Income,
    IncomeCategory,
    Obligation,
    ObligationType,
    Party,
    Position,
    Source,
)
from schuldhulp.domain.types import Cents, DossierId, MunicipalityCode, RecordId
from schuldhulp.errors import Conflict
from schuldhulp.services.access import AccessService
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.clients import ClientService
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_writer import DossierWriter
from schuldhulp.services.dossiers import DossierService
from schuldhulp.services.enrolment import EnrolmentService
from schuldhulp.services.login import SubjectReader
from schuldhulp.services.ports import Store
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.records import RecordService
from schuldhulp.services.staff import StaffService
from schuldhulp.services.verification import VerificationService
from schuldhulp.storage import SqlStore, SqlSubjectStore
from tests.support.fake_ledger import FakeLedger

MUNICIPALITY = MunicipalityCode(9901)
ADMINISTRATOR = Actor(kind="staff", id="0", roles=frozenset({Role.ADMINISTRATOR}), session="administrator")
LOG_DOSSIER = DossierId(MUNICIPALITY.to_bytes(2, "big") + b"processing log of the tests...")
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)

# From the range that is never issued; all pass the eleven test.
BSN_ONE = "999990019"
BSN_TWO = "999990020"


def test_bsn(number: int) -> Bsn:
    """Return the first valid test BSN at or after 999990000 + number * 11."""
    value = 999_990_000 + number * 11
    while True:
        digits = f"{value:09d}"
        weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
        if sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 == 0:
            return Bsn(digits)
        value += 1


test_bsn.__test__ = False  # type: ignore[attr-defined]


@dataclass
class FixedClock:
    """A clock that tests move."""

    time: datetime = NOON

    def now(self) -> datetime:
        """Return the time; a microsecond later each time, as on a real machine."""
        self.time += timedelta(microseconds=1)
        return self.time

    def advance(self, **spans: int) -> None:
        """Move on."""
        self.time += timedelta(**spans)


@dataclass
class CockpitTestKeys:
    """The keys of record keeping, random for each test."""

    data: KeyEncryptionKey = field(default_factory=KeyEncryptionKey.generate)
    index: IndexKey = field(default_factory=IndexKey.generate)
    job: JobKey = field(default_factory=JobKey.generate)
    log: LogKey = field(default_factory=LogKey.generate)
    identity: OpeningKey = field(default_factory=OpeningKey.generate)
    publication: OpeningKey = field(default_factory=OpeningKey.generate)


class RecordKeeping:
    """All services of record keeping on one store, with a fake chain and a clock that stands still."""

    def __init__(
        self, store: SqlStore, *, chain: FakeLedger | None = None, keys: CockpitTestKeys | None = None
    ) -> None:
        self.store: Store = store
        self.chain = chain or FakeLedger()
        self.clock = FixedClock()
        self.keys = keys or CockpitTestKeys()
        self.log = ProcessingLog(store=store, keys=self.keys, clock=self.clock, municipality=MUNICIPALITY)
        self.reader = DossierReader(
            store=store,
            chain=self.chain,
            keys=self.keys,
            clock=self.clock,
            municipality=MUNICIPALITY,
            head_max_age=900,
        )
        self.writer = DossierWriter(reader=self.reader, log=self.log)
        self.caseload = Caseload(store=store, log=self.log)
        self.clients = ClientService(reader=self.reader, writer=self.writer, log=self.log)
        self.dossiers = DossierService(reader=self.reader, writer=self.writer, log=self.log, caseload=self.caseload)
        self.enrolment = EnrolmentService(
            reader=self.reader,
            writer=self.writer,
            caseload=self.caseload,
            publication_key=self.keys.publication.public_key,
        )
        self.records = RecordService(
            reader=self.reader, writer=self.writer, caseload=self.caseload, enrolment=self.enrolment
        )
        self.verification = VerificationService(
            reader=self.reader, caseload=self.caseload, log=self.log, log_dossier=LOG_DOSSIER
        )
        self.staff = StaffService(store=store, log=self.log)
        self.access = AccessService(
            reader=self.reader,
            subjects=SubjectReader(store=SqlSubjectStore(store), private_key=self.keys.identity),
            log=self.log,
        )

    def staff_member(self, login: str = "anna", *roles: Role, session: str = "session-one") -> Actor:
        """Make a member of staff, a caseworker by default, and return the actor."""
        with suppress(Conflict):
            self.staff.add(
                actor=ADMINISTRATOR,
                login=login,
                name=login.title(),
                function="klantmanager",
                roles=roles or (Role.CASEWORKER,),
            )
        return self.access.staff_member(login, session=session)

    def add_dossier(self, actor: Actor, *people: Applicant) -> DossierId:
        """Take in a client."""
        return self.clients.add(actor=actor, applicants=people or (make_applicant(),))

    def first_applicant(self, dossier: DossierId) -> RecordId:
        """Return the record of the first applicant."""
        for record, entry in self.reader.read(dossier).current.items():
            person = entry.version.record if entry.version is not None else None
            if isinstance(person, Applicant) and person.position is Position.FIRST:
                return record
        raise LookupError

    def anchor(self) -> None:
        """Put everything that is queued on the chain."""
        self.chain.anchor(self.store)


def make_address(**changes: Any) -> Address:
    """Make an address."""
    values: dict[str, Any] = {
        "street": "Dorpsstraat",
        "house_number": 12,
        "postcode": "9711AB",
        "city": "Teststad",
        "from_date": date(2020, 1, 1),
    }
    return Address(**values | changes)


def make_applicant(**changes: Any) -> Applicant:
    """Make an applicant without BSN, or with ``bsn`` as nine digits."""
    values: dict[str, Any] = {
        "initials": "A.B.",
        "surname": "Jansen",
        "birth_date": PartialDate(1980, 2, 0),
        "addresses": (make_address(),),
    }
    values |= changes
    if isinstance(values.get("bsn"), str):
        values["bsn"] = Bsn(values["bsn"])
    return Applicant(**values)


def make_obligation(owner: RecordId, **changes: Any) -> Obligation:
    """Make an obligation of one applicant."""
    values: dict[str, Any] = {
        "type": ObligationType.ENERGY,
        "owed_by": (owner,),
        "creditor": Party(name="Stroom en Gas BV", kvk="12345678", customer_number="K-1"),
        "amount_resident": Cents(123_456),
        "arrears": Cents(20_000),
        "instalment": Cents(5_000),
        "frequency": Frequency.MONTHLY,
        "source": Source.RESIDENT,
    }
    return Obligation(**values | changes)


def make_income(owner: RecordId, **changes: Any) -> Income:
    """Make an income of an applicant."""
    values: dict[str, Any] = {
        "owner": owner,
        "category": IncomeCategory.SALARY,
        "amount": Cents(180_000),
        "frequency": Frequency.FOUR_WEEKLY,
        "from_date": date(2026, 1, 1),
    }
    return Income(**values | changes)


def make_expense(owner: RecordId, **changes: Any) -> Expense:
    """Make an expense of an applicant."""
    values: dict[str, Any] = {
        "owner": owner,
        "category": ExpenseCategory.RENT,
        "amount": Cents(70_000),
        "frequency": Frequency.MONTHLY,
        "from_date": date(2026, 1, 1),
    }
    return Expense(**values | changes)


def make_agreement(**changes: Any) -> Agreement:
    """Make an agreement."""
    values: dict[str, Any] = {
        "type": AgreementType.STABILISATION,
        "parties": ("A.B. Jansen", "kredietbank"),
        "text": "Vaste lasten eerst.",
        "start": date(2026, 11, 1),
    }
    return Agreement(**values | changes)
