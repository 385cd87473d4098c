"""The cockpit and the commands: people at their screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from schuldhulp.bootstrap.admission import open_admission, open_reports
from schuldhulp.bootstrap.background import keep_doing
from schuldhulp.bootstrap.chain import open_chain
from schuldhulp.bootstrap.database import open_store
from schuldhulp.config import Settings, load_settings
from schuldhulp.domain.types import MunicipalityCode

if TYPE_CHECKING:
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.creditor import Client
    from schuldhulp.crypto.keyring import CockpitKeys
    from schuldhulp.services.access import AccessService
    from schuldhulp.services.admission import AdmissionService
    from schuldhulp.services.claims.correspondents import Correspondents
    from schuldhulp.services.claims.decisions import ClaimDesk
    from schuldhulp.services.claims.inbox import ClaimInbox
    from schuldhulp.services.claims.matching import ClaimMatching
    from schuldhulp.services.claims.objections import ClaimObjections
    from schuldhulp.services.claims.own_claims import OwnClaims
    from schuldhulp.services.claims.told import DecisionHistory
    from schuldhulp.services.clients import ClientService
    from schuldhulp.services.consents import ConsentEnding
    from schuldhulp.services.creditor_pages.checks import CheckService
    from schuldhulp.services.creditor_pages.claims import ClaimPages
    from schuldhulp.services.creditor_pages.desk import Custody, Desk
    from schuldhulp.services.creditor_pages.history import CheckHistory
    from schuldhulp.services.creditor_pages.lists import ListService
    from schuldhulp.services.creditor_pages.organisations import OrganisationService
    from schuldhulp.services.dossiers import DossierService
    from schuldhulp.services.enrolment import EnrolmentService
    from schuldhulp.services.epochs import EpochService
    from schuldhulp.services.evaluator_report import EvaluatorReports
    from schuldhulp.services.filling import SpareMaker
    from schuldhulp.services.notices.desk import NoticeDesk
    from schuldhulp.services.notices.late import LateNotices
    from schuldhulp.services.notices.overview import NoticeOverview
    from schuldhulp.services.processing_log import ProcessingLog
    from schuldhulp.services.records import RecordService
    from schuldhulp.services.staff import StaffService
    from schuldhulp.services.statements.desk import StatementDesk
    from schuldhulp.services.statements.inbox import StatementInbox
    from schuldhulp.services.status import StatusService
    from schuldhulp.services.verification import VerificationService
    from schuldhulp.storage import SqlStore

FORGET_EVERY = 3600.0
"""Seconds between two times that checks on the pages are deleted whose time has come."""

CLAIMS_EVERY = 120.0
"""Seconds between two times that claims of the pages are gone on with and answers to them fetched."""

SPARES_EVERY = 60.0
"""Seconds between two looks at which dossiers run short of spares."""

RECORDING_LIMIT = timedelta(minutes=16)
"""A valid job that waits longer is overdue: fifteen minutes to the next batch (DESIGN 3.5), and one to sign it."""


@dataclass(frozen=True, kw_only=True)
class Cockpit:
    """The services that screens and commands call.

    Attributes:
        settings: settings of this installation.
        access: finds out who somebody is.
        clients: takes people in.
        dossiers: lists, finds and opens dossiers.
        records: adds, changes and withdraws records.
        enrolment: makes clients visible to creditors.
        epochs: fills an epoch to come, and tells how far that is.
        verification: compares database and chain.
        staff: accounts of staff and creditors.
        status: state of the system.
        spares: prepares what ledger batches are filled with.
        admission: opens the service that admits creditors; it needs the administrator's keyring.
        evaluator_reports: opens what the evaluator counted.
        checks: asks for signals in the name of organisations, on the pages.
        history: what organisations asked on the pages.
        lists: asks about lists that were uploaded to a page.
        creditor_claims: hands in claims for organisations, on the pages.
        claims: shows what creditors handed in.
        claim_desk: links claims to dossiers and decides on them.
        claim_objections: what residents say of claims, and the answers.
        claim_matching: finds the dossiers that a claim may belong to.
        claim_decisions: shows what was decided so far.
        correspondents: organisations that the municipality can write to, with their names.
        own_claims: shows residents the claims in their dossiers.
        consent_ending: ends consents for residents.
        statements: shows what parties stated.
        statement_desk: takes statements over, or declines them.
        notices: tells creditors that a client gets help.
        notices_sent: shows who was told, and proves it.
        notices_late: shows who did not sign in time, over a caseload.
        organisations: admits creditors on a page.
    """

    settings: Settings
    access: AccessService
    clients: ClientService
    dossiers: DossierService
    records: RecordService
    enrolment: EnrolmentService
    epochs: EpochService
    verification: VerificationService
    staff: StaffService
    status: StatusService
    spares: SpareMaker
    admission: Callable[[], AbstractContextManager[AdmissionService]]
    evaluator_reports: Callable[[], AbstractContextManager[EvaluatorReports]]
    checks: CheckService
    history: CheckHistory
    lists: ListService
    creditor_claims: ClaimPages
    claims: ClaimInbox
    claim_desk: ClaimDesk
    claim_objections: ClaimObjections
    claim_matching: ClaimMatching
    claim_decisions: DecisionHistory
    correspondents: Correspondents
    own_claims: OwnClaims
    consent_ending: ConsentEnding
    statements: StatementInbox
    statement_desk: StatementDesk
    notices: NoticeDesk
    notices_sent: NoticeOverview
    notices_late: LateNotices
    organisations: OrganisationService


def cockpit(settings: Settings | None = None) -> Cockpit:
    """Put the cockpit together for a process that runs until it is stopped.

    Args:
        settings: those of this process when None.

    Raises:
        Misconfigured: a setting, keyring or deployment file is missing or wrong.
        Unreachable: the database does not answer. A silent chain is no reason not to start.
    """
    from schuldhulp.storage import connect

    settings = settings or load_settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database_url)
    found = _cockpit(settings, open_store(settings, engine))
    keep_doing("history of checks", found.history.forget, every=FORGET_EVERY)
    keep_doing("claims of the pages", found.creditor_claims.catch_up, every=CLAIMS_EVERY)
    if settings.ledger_fill:
        # The worker has no data keys, so what its batches are filled with is made here.
        keep_doing("spares", found.spares.prepare, every=SPARES_EVERY)
    return found


@contextmanager
def open_cockpit(settings: Settings) -> Iterator[Cockpit]:
    """As `cockpit`, for one command: closes the database afterwards."""
    from schuldhulp.storage import connect

    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database_url)
    try:
        yield _cockpit(settings, open_store(settings, engine))
    finally:
        engine.dispose()


def login_secrets() -> dict[str, Any]:
    """Return the secrets that Streamlit needs to log people in at the relay."""
    from schuldhulp.crypto.keyring import CockpitKeys
    from schuldhulp.identity.cockpit import streamlit_secrets

    settings = load_settings()
    keys = CockpitKeys.open(settings.keys, private=settings.production)
    return streamlit_secrets(
        relay_url=settings.relay_url,
        cockpit_url=settings.cockpit_url,
        client_secret=keys.client_secret.text,
        cookie_secret=keys.cookie.reveal().hex(),
    )


def cockpit_is_secure() -> bool:
    """Say whether people reach the cockpit over TLS, so that its cookies can be bound to that."""
    return load_settings().cockpit_url.startswith("https://")


def _cockpit(settings: Settings, store: SqlStore) -> Cockpit:
    from schuldhulp.chain.claims import REGISTER, RegisterReader
    from schuldhulp.creditor.page_lists import PageList
    from schuldhulp.crypto.history import HistoryKey
    from schuldhulp.crypto.keyring import AdministratorKeys, CockpitKeys, keyring_exists
    from schuldhulp.services.access import AccessService
    from schuldhulp.services.caseload import Caseload
    from schuldhulp.services.claims.correspondents import Correspondents
    from schuldhulp.services.claims.decisions import ClaimDesk
    from schuldhulp.services.claims.inbox import ClaimInbox
    from schuldhulp.services.claims.links import LinkKey
    from schuldhulp.services.claims.matching import ClaimMatching
    from schuldhulp.services.claims.objections import ClaimObjections
    from schuldhulp.services.claims.own_claims import OwnClaims
    from schuldhulp.services.claims.told import DecisionHistory
    from schuldhulp.services.clients import ClientService
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.consents import ConsentEnding
    from schuldhulp.services.creditor_pages.checks import CheckService
    from schuldhulp.services.creditor_pages.desk import Custody
    from schuldhulp.services.creditor_pages.history import CheckHistory
    from schuldhulp.services.creditor_pages.lists import ListService
    from schuldhulp.services.creditor_pages.organisations import OrganisationService
    from schuldhulp.services.dossier_reader import DossierReader
    from schuldhulp.services.dossier_writer import DossierWriter
    from schuldhulp.services.dossiers import DossierService
    from schuldhulp.services.enrolment import EnrolmentService
    from schuldhulp.services.epochs import EpochService
    from schuldhulp.services.filling import SpareMaker
    from schuldhulp.services.keys import custodial_account, read_public_keys
    from schuldhulp.services.login import SubjectReader
    from schuldhulp.services.notices.desk import NoticeDesk
    from schuldhulp.services.notices.late import LateNotices
    from schuldhulp.services.notices.mailboxes import Mailboxes
    from schuldhulp.services.notices.overview import NoticeOverview
    from schuldhulp.services.processing_log import ProcessingLog
    from schuldhulp.services.records import RecordService
    from schuldhulp.services.staff import StaffService
    from schuldhulp.services.statements.desk import StatementDesk
    from schuldhulp.services.statements.inbox import StatementInbox
    from schuldhulp.services.statements.opening import StatementReader
    from schuldhulp.services.statements.outcomes import OutcomeKey
    from schuldhulp.services.status import StatusService
    from schuldhulp.services.verification import VerificationService
    from schuldhulp.storage import SqlSubjectStore

    keys: CockpitKeys = CockpitKeys.open(settings.keys, private=settings.production)
    deployment, gateway, rpc = open_chain(settings)
    clock, municipality = SystemClock(), MunicipalityCode(settings.municipality)
    reader = DossierReader(
        store=store,
        chain=gateway,
        keys=keys,
        clock=clock,
        municipality=municipality,
        head_max_age=settings.head_max_age,
        recording_limit=RECORDING_LIMIT,
    )
    opens = StatementReader(
        opening_key=keys.claim,
        municipality=municipality,
        chain_id=deployment.chain_id,
        claim_register=deployment.contracts[REGISTER].address,
    )
    log = ProcessingLog(store=store, keys=keys, clock=clock, municipality=municipality)
    writer = DossierWriter(reader=reader, log=log)
    caseload = Caseload(store=store, log=log)
    publication_key = read_public_keys(settings.keys).publication_key
    history = CheckHistory(
        store=store, log=log, key=HistoryKey.of(keys.log), clock=clock, keep=timedelta(days=settings.check_days)
    )
    custody = Custody(settings.keys, private=settings.production)
    desk, staff = _desk(settings, gateway, custody), StaffService(store=store, log=log)
    creditor_claims = _claim_pages(settings, desk, custody, store=store, log=log)
    checks = CheckService(
        store=store,
        log=log,
        history=history,
        desk=desk,
        clock=clock,
        municipality=municipality,
        quota=settings.pages_quota,
    )
    enrolment = EnrolmentService(reader=reader, writer=writer, caseload=caseload, publication_key=publication_key)
    link_key = LinkKey.of(keys.log)
    correspondents = Correspondents(store=store, municipality=municipality)
    claims = ClaimInbox(
        store=store, log=log, clock=clock, opening_key=keys.claim, link_key=link_key, municipality=municipality
    )
    dossiers = DossierService(reader=reader, writer=writer, log=log, caseload=caseload)
    notices_sent = NoticeOverview(
        reader=reader,
        caseload=caseload,
        log=log,
        chain_id=deployment.chain_id,
        claim_register=deployment.contracts["ClaimRegister"].address,
        ledger=deployment.contracts["ObligationLedger"].address,
    )
    return Cockpit(
        settings=settings,
        access=AccessService(
            reader=reader,
            subjects=SubjectReader(store=SqlSubjectStore(store), private_key=keys.identity),
            log=log,
        ),
        clients=ClientService(reader=reader, writer=writer, log=log),
        dossiers=dossiers,
        records=RecordService(reader=reader, writer=writer, caseload=caseload, enrolment=enrolment),
        enrolment=enrolment,
        epochs=EpochService(reader=reader, chain=gateway, log=log, publication_key=publication_key),
        verification=VerificationService(reader=reader, caseload=caseload, log=log, log_dossier=deployment.log_dossier),
        staff=staff,
        status=StatusService(store=store, chain=gateway, clock=clock, municipality=municipality),
        spares=SpareMaker(store=store, keys=keys, clock=clock, municipality=municipality),
        admission=lambda: open_admission(settings),
        evaluator_reports=lambda: open_reports(settings),
        checks=checks,
        history=history,
        lists=ListService(checks=checks, read=PageList, municipality=municipality),
        creditor_claims=creditor_claims,
        claims=claims,
        claim_desk=ClaimDesk(
            reader=reader,
            writer=writer,
            caseload=caseload,
            log=log,
            opening_key=keys.claim,
            link_key=link_key,
            register=RegisterReader(gateway, rpc),
            head=lambda: gateway.require_fresh_head(clock.now(), settings.head_max_age),
            municipality=municipality,
        ),
        claim_objections=ClaimObjections(reader=reader, writer=writer, caseload=caseload, link_key=link_key),
        claim_matching=ClaimMatching(inbox=claims, dossiers=dossiers, reader=reader, log=log),
        claim_decisions=DecisionHistory(store=store, log=log, opening_key=keys.claim, job_key=keys.job),
        correspondents=correspondents,
        own_claims=OwnClaims(store=store),
        consent_ending=ConsentEnding(reader=reader, writer=writer, caseload=caseload),
        statements=StatementInbox(
            reader=reader,
            log=log,
            matching=ClaimMatching(inbox=claims, dossiers=dossiers, reader=reader, log=log),
            statements=opens,
            outcome_key=OutcomeKey.of(keys.log),
        ),
        statement_desk=StatementDesk(
            reader=reader,
            writer=writer,
            caseload=caseload,
            log=log,
            chain=gateway,
            statements=opens,
            outcome_key=OutcomeKey.of(keys.log),
        ),
        notices=NoticeDesk(
            reader=reader,
            writer=writer,
            caseload=caseload,
            log=log,
            mailboxes=Mailboxes(
                directory=correspondents,
                register=RegisterReader(gateway, rpc),
                municipality=municipality,
                kept=desk.account,
            ),
            municipality=municipality,
            sender=settings.municipality_name,
            contact=settings.contact,
        ),
        notices_sent=notices_sent,
        notices_late=LateNotices(dossiers=dossiers, reader=reader, overview=notices_sent, log=log),
        organisations=OrganisationService(
            ready=lambda: keyring_exists(settings.keys, AdministratorKeys.purpose),
            admission=lambda: open_admission(settings),
            staff=staff,
            log=log,
            account=desk.account,
            make_account=lambda kvk: custodial_account(settings.keys, kvk, private=settings.production),
            pages_quota=settings.pages_quota,
            set_up=creditor_claims.set_up,
        ),
    )


def _claim_pages(
    settings: Settings, desk: Desk, custody: Custody, *, store: SqlStore, log: ProcessingLog
) -> ClaimPages:
    from schuldhulp.creditor import ClaimClient
    from schuldhulp.creditor.page_claims import PageFiler
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.creditor_pages.claims import ClaimPages
    from schuldhulp.services.creditor_pages.turns import Turns

    def opened(organisation: str) -> PageFiler | None:
        keys = custody.keys_for_claims(organisation)
        if keys is None:
            return None
        account, messages = keys
        return PageFiler(
            ClaimClient(
                deployment_file=settings.deployment_file,
                chain_url=settings.chain_url,
                organisation=organisation,
                account=account,
                messages=messages,
                # One for each account: the journal of one that was taken away opens with no other key.
                folder=settings.data / "pages" / "claims" / organisation / account.address[2:12].lower(),
                max_age=timedelta(seconds=settings.head_max_age),
                ca_file=settings.ca_file,
            )
        )

    def account(organisation: str) -> str | None:
        keys = custody.keys_for_claims(organisation)
        return None if keys is None else keys[0].address

    return ClaimPages(
        store=store,
        log=log,
        clock=SystemClock(),
        municipality=MunicipalityCode(settings.municipality),
        turns=Turns(opened),
        account=account,
        may_use_bsn=desk.may_use_bsn,
        organisations=custody.organisations,
    )


def _desk(settings: Settings, gateway: Gateway, custody: Custody) -> Desk:
    from schuldhulp.creditor import Client
    from schuldhulp.creditor.signing import digest_signer
    from schuldhulp.services.creditor_pages.desk import Desk

    municipality = MunicipalityCode(settings.municipality)

    def asker(organisation: str) -> Client | None:
        key = custody.key(organisation)
        if key is None:
            return None
        return Client(
            deployment_file=settings.deployment_file,
            chain_url=settings.chain_url,
            organisation=organisation,
            sign_digest=digest_signer(key),
            state_file=settings.data / "heads" / "pages.json",
            max_age=timedelta(seconds=settings.head_max_age),
            ca_file=settings.ca_file,
        )

    def may_use_bsn(organisation: str) -> bool:
        address = custody.address(organisation)
        return address is not None and gateway.has_role("EnrolmentRegistry", "BSN_CREDITOR", municipality, address)

    return Desk(account=custody.address, asker=asker, may_use_bsn=may_use_bsn)
