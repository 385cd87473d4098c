"""The composition root: the only place where services meet their adapters.

Each process opens only its own keyring. Nothing here keeps module state; whoever opens something closes it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from schuldhulp.config import Settings, load_settings
from schuldhulp.crypto.keyring import CreditorKeys
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Misconfigured, SchuldhulpError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.types import ASGIApp

    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.creditor import ClaimClient, Client
    from schuldhulp.creditor.channel import HttpChannel
    from schuldhulp.creditor.kept_tags import KeptTagFile
    from schuldhulp.crypto.accounts import AccountKey
    from schuldhulp.crypto.kept import KeptKey
    from schuldhulp.crypto.keyring import CockpitKeys, WorkerKeys
    from schuldhulp.identity.simulator import People
    from schuldhulp.node.deployment import Deployment, NetworkDeployment
    from schuldhulp.services.access import AccessService
    from schuldhulp.services.admission import AdmissionService
    from schuldhulp.services.claims.channel import ChannelService
    from schuldhulp.services.claims.inbox import ClaimInbox
    from schuldhulp.services.claims.intake import ClaimIntake
    from schuldhulp.services.clients import ClientService
    from schuldhulp.services.creditor_pages.checks import CheckService
    from schuldhulp.services.creditor_pages.desk import Desk
    from schuldhulp.services.creditor_pages.history import CheckHistory
    from schuldhulp.services.creditor_pages.lists import ListService
    from schuldhulp.services.creditor_pages.organisations import OrganisationService
    from schuldhulp.services.dossiers import DossierService
    from schuldhulp.services.enrolment import EnrolmentService
    from schuldhulp.services.epochs import EpochService
    from schuldhulp.services.evaluation import EvaluationService
    from schuldhulp.services.evaluator_report import EvaluatorReports
    from schuldhulp.services.filling import SpareMaker
    from schuldhulp.services.node_access import NodeAccess
    from schuldhulp.services.ports import Clock, KeptTags, MunicipalityState
    from schuldhulp.services.records import RecordService
    from schuldhulp.services.staff import StaffService
    from schuldhulp.services.status import StatusService
    from schuldhulp.services.verification import VerificationService
    from schuldhulp.services.working import Worker
    from schuldhulp.storage import SqlStore


LOG = logging.getLogger(__name__)

SPARES_EVERY = 60.0
"""Seconds between two looks at which dossiers run short of spares."""

ERASE_EVERY = 3600.0
"""Seconds between two times that acknowledged messages are erased whose time has come."""

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
        claims: shows what creditors handed in.
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
    claims: ClaimInbox
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
    found = _cockpit(settings, _open_store(settings, engine))
    found.history.forget()
    if settings.ledger_fill:
        threading.Thread(target=_keep_spares, args=(found.spares,), name="spares", daemon=True).start()
    return found


def _keep_spares(spares: SpareMaker) -> None:
    """Prepare what ledger batches are filled with, for as long as the process runs: the worker has no data keys."""
    while True:
        try:
            spares.prepare()
        except SchuldhulpError as error:
            LOG.warning("spares: %s", error)
        except Exception as error:  # noqa: BLE001 - the thread must not end, or batches are no longer filled
            # Not the text of the error: nobody knows what it holds.
            LOG.warning("spares: internal error: %s", type(error).__name__)
        time.sleep(SPARES_EVERY)


@contextmanager
def open_cockpit(settings: Settings) -> Iterator[Cockpit]:
    """As `cockpit`, for one command: closes the database afterwards."""
    from schuldhulp.storage import connect

    settings.data.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database_url)
    try:
        yield _cockpit(settings, _open_store(settings, engine))
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


@contextmanager
def open_worker(settings: Settings) -> Iterator[Worker]:
    """Put the anchoring worker together.

    Raises:
        Misconfigured: a setting, keyring or deployment file is missing or wrong.
        Unreachable: the database does not answer.
    """
    from schuldhulp.chain.signer import AccountSigner, RegistrarWriter
    from schuldhulp.creditor.evaluator_client import HttpEvaluator
    from schuldhulp.crypto.keyring import WorkerKeys
    from schuldhulp.services.anchoring import Anchoring
    from schuldhulp.services.chain_watch import ChainWatch
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.evaluation import MUNICIPALITY_ITSELF, REGISTRY
    from schuldhulp.services.filling import FillerChoice
    from schuldhulp.services.log_commitment import LogCommitment
    from schuldhulp.services.publication import Publishing
    from schuldhulp.services.schedule import parse_schedule
    from schuldhulp.services.sending import Sender
    from schuldhulp.services.working import Worker
    from schuldhulp.storage import connect

    keys = WorkerKeys.open(settings.keys, private=settings.production)
    deployment, gateway, rpc = open_chain(settings)
    engine = connect(settings.database_url)
    try:
        store, clock = _open_store(settings, engine), SystemClock()
        municipality = MunicipalityCode(settings.municipality)
        signer = AccountSigner(keys.registrar.reveal())
        writer = RegistrarWriter(deployment, rpc, signer)
        sender = Sender(
            store=store,
            reader=gateway,
            writer=writer,
            clock=clock,
            pause=time.sleep,
            confirmations=settings.confirmations,
            municipality=municipality,
        )
        anchoring = Anchoring(
            store=store,
            reader=gateway,
            writer=writer,
            clock=clock,
            sender=sender,
            job_key=keys.job,
            municipality=municipality,
            fillers=FillerChoice(municipality=municipality, fill=settings.ledger_fill, job_key=keys.job),
            log=LogCommitment(
                store=store,
                reader=gateway,
                clock=clock,
                municipality=municipality,
                dossier=deployment.log_dossier,
                schedule=parse_schedule(settings.enrolment_schedule),
            ),
        )
        publishing = Publishing(
            store=store,
            reader=gateway,
            writer=writer,
            sender=sender,
            evaluator=HttpEvaluator(
                url=settings.evaluator_url,
                organisation=MUNICIPALITY_ITSELF,
                chain_id=deployment.chain_id,
                registry_address=deployment.contracts[REGISTRY].address,
                sign_digest=signer.sign_digest,
                clock=clock,
            ),
            job_key=keys.job,
            opening_key=keys.publication,
            municipality=municipality,
            fill=settings.enrolment_fill,
        )
        yield Worker(
            anchoring=anchoring,
            publishing=publishing,
            watch=ChainWatch(
                store=store,
                reader=gateway,
                clock=clock,
                account=writer.account,
                municipality=municipality,
                head_max_age=settings.head_max_age,
            ),
            sender=sender,
            clock=clock,
            ledger_schedule=parse_schedule(settings.ledger_schedule),
            enrolment_schedule=parse_schedule(settings.enrolment_schedule),
            claims=_claim_intake(settings, store, gateway, rpc, keys),
            claims_schedule=parse_schedule(settings.claims_schedule),
        )
    finally:
        engine.dispose()


@dataclass(frozen=True, kw_only=True)
class EvaluatorServices:
    """What the evaluator's process serves.

    Attributes:
        evaluation: evaluates blinded identifiers.
        channel: passes sealed messages on.
        node: answers questions to the node; None where that is closed.
    """

    evaluation: EvaluationService
    channel: ChannelService
    node: NodeAccess | None

    def close(self) -> None:
        """Keep what was counted and not kept yet."""
        self.evaluation.close()
        if self.node is not None:
            self.node.close()


def evaluator_services(settings: Settings) -> EvaluatorServices:
    """Put the evaluator together.

    Raises:
        Misconfigured: a setting, keyring or deployment file is missing or wrong.
        Unreachable: its database does not answer.
    """
    from schuldhulp.chain.signer import recover
    from schuldhulp.chain.transactions import RelayedNode, read_transaction
    from schuldhulp.crypto.keyring import EvaluatorKeys
    from schuldhulp.services.claims.callers import Callers
    from schuldhulp.services.claims.channel import ChannelService
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.evaluation import REGISTRY, EvaluationService
    from schuldhulp.services.node_access import NodeAccess
    from schuldhulp.services.ports import Burst
    from schuldhulp.storage.evaluation import EvaluatorDatabase
    from schuldhulp.storage.messages import MessageDatabase

    deployment, gateway, rpc = open_chain(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    database = EvaluatorDatabase(settings.evaluator_database_url)
    database.prepare()
    keys, clock = EvaluatorKeys.open(settings.keys, private=settings.production), SystemClock()
    municipality = MunicipalityCode(settings.municipality)
    registry = deployment.contracts[REGISTRY].address
    node = NodeAccess(
        chain_id=deployment.chain_id,
        contracts=[contract.address for contract in deployment.contracts.values()],
        node=RelayedNode(rpc),
        read_transaction=read_transaction,
        store=database,
        clock=clock,
        rate=settings.rpc_rate,
        total=settings.rpc_total,
    )
    return EvaluatorServices(
        node=node if settings.rpc_rate else None,
        evaluation=EvaluationService(
            municipality=municipality,
            chain_id=deployment.chain_id,
            registry_address=registry,
            chain=gateway,
            keys=keys,
            store=database,
            recover_account=recover,
            clock=clock,
            head_max_age=settings.head_max_age,
            burst=Burst(elements=settings.burst_elements, requests=settings.burst_requests),
            municipality_quota=settings.municipality_quota,
        ),
        channel=ChannelService(
            callers=Callers(
                municipality=municipality,
                chain_id=deployment.chain_id,
                registry_address=registry,
                chain=gateway,
                organisations=database,
                rates=database,
                recover_account=recover,
                head_max_age=settings.head_max_age,
            ),
            claim_id_key=deployment.claim_id_key,
            keys=keys,
            messages=MessageDatabase(settings.evaluator_database_url),
            clock=clock,
            retention=timedelta(days=settings.message_days),
        ),
    )


def _claim_intake(settings: Settings, store: SqlStore, gateway: Gateway, rpc: Any, keys: WorkerKeys) -> ClaimIntake:
    from schuldhulp.chain.claims import REGISTER, RegisterReader
    from schuldhulp.chain.signer import AccountSigner
    from schuldhulp.services.claims.checking import ContentsCheck
    from schuldhulp.services.claims.collecting import Collector
    from schuldhulp.services.claims.deciding import Decider
    from schuldhulp.services.claims.following import Follower
    from schuldhulp.services.claims.intake import ClaimIntake
    from schuldhulp.services.claims.receipts import ReceiptDesk, ReceiptSender
    from schuldhulp.services.clock import SystemClock

    deployment, clock = gateway.deployment, SystemClock()
    municipality = MunicipalityCode(settings.municipality)
    reader = RegisterReader(gateway, rpc)
    filing_wait = timedelta(seconds=settings.claim_filing_wait)
    channel = worker_channel(settings, deployment=deployment, reviewer=keys.reviewer, clock=clock)
    check = None
    if deployment.claim_id_key is not None:
        check = ContentsCheck(
            store=store,
            channel=channel,
            chain=gateway,
            opening_key=keys.claim,
            job_key=keys.job,
            claim_id_key=deployment.claim_id_key,
            municipality=municipality,
        )
    return ClaimIntake(
        store=store,
        chain=gateway,
        clock=clock,
        municipality=municipality,
        collector=Collector(store=store, channel=channel, clock=clock, municipality=municipality),
        follower=Follower(store=store, reader=reader, clock=clock, municipality=municipality, filing_wait=filing_wait),
        check=check,
        decider=Decider(
            store=store,
            reader=reader,
            desk=ReceiptDesk(
                sign_digest=AccountSigner(keys.receipt.reveal()).sign_digest,
                chain_id=deployment.chain_id,
                claim_register=deployment.contracts[REGISTER].address,
                municipality=municipality,
                clock=clock,
            ),
            job_key=keys.job,
            clock=clock,
            municipality=municipality,
            filing_wait=filing_wait,
            contents_wait=timedelta(seconds=settings.claim_contents_wait),
        ),
        sender=ReceiptSender(store=store, channel=channel, reader=reader, clock=clock, municipality=municipality),
        claim_key=keys.claim.public_key,
        receipt_signer=keys.receipt.address,
        confirmations=settings.confirmations,
        head_max_age=settings.head_max_age,
        retention=timedelta(days=settings.claim_retention),
    )


def keep_erasing(channel: ChannelService) -> None:
    """Start erasing acknowledged messages when their time has come, for as long as the process runs."""
    threading.Thread(target=_keep_erasing, args=(channel,), name="erasing", daemon=True).start()


def _keep_erasing(channel: ChannelService) -> None:
    while True:
        try:
            erased = channel.erase_old()
            if erased:
                LOG.info("erased the contents of %d messages", erased)
        except SchuldhulpError as error:
            LOG.warning("erasing messages: %s", error)
        except Exception as error:  # noqa: BLE001 - the thread must not end, or nothing is erased any more
            # Not the text of the error: nobody knows what it holds.
            LOG.warning("erasing messages: internal error: %s", type(error).__name__)
        time.sleep(ERASE_EVERY)


def worker_channel(settings: Settings, *, deployment: Deployment, reviewer: AccountKey, clock: Clock) -> HttpChannel:
    """Give the municipality's end of the channel of sealed messages, signed by its reviewer's account.

    Args:
        settings: settings of this installation.
        deployment: chain and registry that are signed for.
        reviewer: account with the role REVIEWER in the ClaimRegister.
        clock: tells the time.

    Raises:
        Misconfigured: the evaluator's address is neither https nor on this machine.
    """
    from schuldhulp.creditor.channel import HttpChannel
    from schuldhulp.creditor.signing import digest_signer
    from schuldhulp.services.claims.ports import MUNICIPALITY
    from schuldhulp.services.evaluation import REGISTRY

    return HttpChannel(
        url=settings.evaluator_url,
        municipality=MunicipalityCode(settings.municipality),
        organisation=MUNICIPALITY,
        chain_id=deployment.chain_id,
        registry_address=deployment.contracts[REGISTRY].address,
        sign_digest=digest_signer(reviewer),
        clock=clock,
    )


def relay(settings: Settings, *, environment: dict[str, str], people: People | None) -> ASGIApp:
    """Put the login relay together.

    Args:
        settings: settings of this installation.
        environment: variables with the brokers.
        people: whom the simulator offers; None in production.

    Raises:
        Misconfigured: a setting or keyring is missing or wrong.
    """
    from schuldhulp.crypto.keyring import RelayKeys
    from schuldhulp.identity.app import RelaySettings, create_app
    from schuldhulp.identity.settings import upstreams_from
    from schuldhulp.services.keys import read_public_keys
    from schuldhulp.storage import SqlStore, SqlSubjectStore, connect, migrate

    engine = connect(settings.database_url)
    migrate(engine)
    return create_app(
        RelaySettings(
            relay_url=settings.relay_url,
            cockpit_url=settings.cockpit_url,
            production=settings.production,
            upstreams=upstreams_from(environment, production=settings.production),
        ),
        keys=RelayKeys.open(settings.keys, private=settings.production),
        identity_key=read_public_keys(settings.keys).identity_key,
        store=SqlSubjectStore(SqlStore(engine)),
        people=people,
    )


def creditor_client(
    settings: Settings,
    *,
    organisation: str | None = None,
    kept: KeptTags | None = None,
    local: bool = False,
    told: Callable[[int, int], None] | None = None,
) -> Client:
    """Put a creditor's client together.

    Args:
        settings: settings of the creditor's machine.
        organisation: KvK number to ask as; the one of the settings when None.
        kept: memory of tags, from `creditor_memory`; without it every question costs quota.
        local: fetch all tags and look them up on this machine.
        told: is told how far the fetching is: block and last block.

    Raises:
        Misconfigured: no organisation is named, or its keyring or the deployment file is missing.
    """
    from schuldhulp.creditor import Client
    from schuldhulp.creditor.signing import digest_signer

    name = _organisation(settings, organisation)
    keys = CreditorKeys.open(settings.keys, kvk=name, private=settings.production)
    return Client(
        deployment_file=settings.deployment_file,
        chain_url=settings.chain_url,
        organisation=name,
        sign_digest=digest_signer(keys.account),
        state_file=settings.data / "heads" / f"{name}.json",
        max_age=timedelta(seconds=settings.head_max_age),
        kept=kept,
        local=settings.data / "tags" if local else None,
        told=told,
    )


def creditor_memory(settings: Settings, *, organisation: str | None = None) -> tuple[KeptTagFile, KeptKey]:
    """Open a creditor's memory of tags, and give the key that it is encrypted under.

    Args:
        settings: settings of the creditor's machine.
        organisation: KvK number; the one of the settings when None.

    Raises:
        Misconfigured: as `creditor_client`, or the memory cannot be used.
    """
    from schuldhulp.creditor.kept_tags import KeptTagFile
    from schuldhulp.crypto.kept import KeptKey
    from schuldhulp.node.deployment import NetworkDeployment

    name = _organisation(settings, organisation)
    key = KeptKey.of(CreditorKeys.open(settings.keys, kvk=name, private=settings.production).messages)
    deployment = NetworkDeployment.load(settings.deployment_file)
    instance = deployment.contract("EnrolmentRegistry").instance_id
    return KeptTagFile(settings.data / "kept" / f"{name}.sqlite", key, registry=instance), key


def _organisation(settings: Settings, organisation: str | None) -> str:
    name = organisation or settings.organisation
    if not name:
        raise Misconfigured(
            "organisation_missing",
            "name the organisation: --organisation KVK, or set SCHULDHULP_ORGANISATION",
            field="organisation",
        )
    return name


def claim_client(settings: Settings, *, organisation: str | None = None) -> ClaimClient:
    """Put together what hands a creditor's claims in; to be closed, so that others can work with its journal.

    Args:
        settings: settings of the creditor's machine.
        organisation: KvK number to act as; the one of the settings when None.

    Raises:
        Misconfigured: no organisation is named, or its keyring or the deployment file is missing.
        Conflict: another command works with its claims.
    """
    from schuldhulp.creditor import ClaimClient

    name = _organisation(settings, organisation)
    keys = CreditorKeys.open(settings.keys, kvk=name, private=settings.production)
    return ClaimClient(
        deployment_file=settings.deployment_file,
        chain_url=settings.chain_url,
        organisation=name,
        account=keys.account,
        messages=keys.messages,
        folder=settings.data / "claims" / name,
        max_age=timedelta(seconds=settings.head_max_age),
    )


def published_deployment(settings: Settings) -> NetworkDeployment:
    """Read the deployment file as a creditor needs it; nothing is asked.

    Raises:
        Misconfigured: it is missing or wrong.
    """
    from schuldhulp.node.deployment import NetworkDeployment

    return NetworkDeployment.load(settings.deployment_file)


def _open_store(settings: Settings, engine: Engine) -> SqlStore:
    """Bring the main database to the present tables, and see to it that no other municipality works on it."""
    from schuldhulp.storage import SqlStore, migrate, require_own

    migrate(engine)
    require_own(engine, MunicipalityCode(settings.municipality))
    return SqlStore(engine)


def _cockpit(settings: Settings, store: SqlStore) -> Cockpit:
    from schuldhulp.creditor.page_lists import PageList
    from schuldhulp.crypto.keyring import AdministratorKeys, CockpitKeys, keyring_exists
    from schuldhulp.services.access import AccessService
    from schuldhulp.services.caseload import Caseload
    from schuldhulp.services.claims.inbox import ClaimInbox
    from schuldhulp.services.clients import ClientService
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.creditor_pages.checks import CheckService
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
    from schuldhulp.services.processing_log import ProcessingLog
    from schuldhulp.services.records import RecordService
    from schuldhulp.services.staff import StaffService
    from schuldhulp.services.status import StatusService
    from schuldhulp.services.verification import VerificationService
    from schuldhulp.storage import SqlSubjectStore

    keys: CockpitKeys = CockpitKeys.open(settings.keys, private=settings.production)
    deployment, gateway, _ = open_chain(settings)
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
    log = ProcessingLog(store=store, keys=keys, clock=clock, municipality=municipality)
    writer = DossierWriter(reader=reader, log=log)
    caseload = Caseload(store=store, log=log)
    publication_key = read_public_keys(settings.keys).publication_key
    history = CheckHistory(store=store, log=log, key=keys.log, clock=clock, keep=timedelta(days=settings.check_days))
    desk, staff = _desk(settings, gateway), StaffService(store=store, log=log)
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
    return Cockpit(
        settings=settings,
        access=AccessService(
            reader=reader,
            subjects=SubjectReader(store=SqlSubjectStore(store), private_key=keys.identity),
            log=log,
        ),
        clients=ClientService(reader=reader, writer=writer, log=log),
        dossiers=DossierService(reader=reader, writer=writer, log=log, caseload=caseload),
        records=RecordService(reader=reader, writer=writer, caseload=caseload, enrolment=enrolment),
        enrolment=enrolment,
        epochs=EpochService(reader=reader, chain=gateway, log=log, publication_key=publication_key),
        verification=VerificationService(reader=reader, caseload=caseload, log=log, log_dossier=deployment.log_dossier),
        staff=staff,
        status=StatusService(store=store, chain=gateway, clock=clock, municipality=municipality),
        spares=SpareMaker(store=store, keys=keys, clock=clock, municipality=municipality),
        admission=lambda: _open_admission(settings),
        evaluator_reports=lambda: _open_reports(settings),
        checks=checks,
        history=history,
        lists=ListService(checks=checks, read=PageList, municipality=municipality),
        claims=ClaimInbox(store=store, log=log, opening_key=keys.claim, municipality=municipality),
        organisations=OrganisationService(
            ready=lambda: keyring_exists(settings.keys, AdministratorKeys.purpose),
            admission=lambda: _open_admission(settings),
            staff=staff,
            log=log,
            account=desk.account,
            make_account=lambda kvk: custodial_account(settings.keys, kvk, private=settings.production),
            pages_quota=settings.pages_quota,
        ),
    )


def _desk(settings: Settings, gateway: Gateway) -> Desk:
    from schuldhulp.creditor import Client
    from schuldhulp.creditor.signing import digest_signer
    from schuldhulp.services.creditor_pages.desk import Custody, Desk

    custody = Custody(settings.keys, private=settings.production)
    municipality = MunicipalityCode(settings.municipality)

    def account(organisation: str) -> str | None:
        key = custody.key(organisation)
        return None if key is None else key.address

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
        )

    def may_use_bsn(organisation: str) -> bool:
        address = account(organisation)
        return address is not None and gateway.has_role("EnrolmentRegistry", "BSN_CREDITOR", municipality, address)

    return Desk(account=account, asker=asker, may_use_bsn=may_use_bsn)


@contextmanager
def _open_reports(settings: Settings) -> Iterator[EvaluatorReports]:
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.evaluator_report import EvaluatorReports
    from schuldhulp.storage.evaluation import EvaluatorDatabase

    database = EvaluatorDatabase(settings.evaluator_database_url)
    try:
        database.prepare()
        yield EvaluatorReports(store=database, clock=SystemClock(), municipality_quota=settings.municipality_quota)
    finally:
        database.close()


@contextmanager
def _open_admission(settings: Settings) -> Iterator[AdmissionService]:
    from schuldhulp.chain.administration import CreditorAdministrator
    from schuldhulp.chain.signer import AccountSigner, RegistrarWriter
    from schuldhulp.crypto.keyring import AdministratorKeys
    from schuldhulp.services.admission import AdmissionService
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.ports import Quota
    from schuldhulp.storage.evaluation import EvaluatorDatabase

    keys = AdministratorKeys.open(settings.keys, private=settings.production)
    deployment, gateway, rpc = open_chain(settings)
    writer = RegistrarWriter(deployment, rpc, AccountSigner(keys.administrator.reveal()))
    database = EvaluatorDatabase(settings.evaluator_database_url)
    try:
        database.prepare()
        yield AdmissionService(
            municipality=MunicipalityCode(settings.municipality),
            store=database,
            administrator=CreditorAdministrator(gateway, writer, funding=settings.creditor_funding),
            clock=SystemClock(),
            standard_quota=Quota(daily=settings.daily_quota, per_epoch=settings.epoch_quota),
        )
    finally:
        database.close()


def epochs_on_chain(settings: Settings) -> MunicipalityState:
    """Ask the chain which epochs of the municipality are open.

    Raises:
        Misconfigured: a setting or the deployment file is missing or wrong.
        Unreachable: no chain answers, it is another one, or it stands still.
    """
    from schuldhulp.services.clock import SystemClock

    _, gateway, _ = open_chain(settings)
    gateway.require_fresh_head(SystemClock().now(), settings.head_max_age)
    return gateway.municipality(MunicipalityCode(settings.municipality))


def open_chain(settings: Settings) -> tuple[Deployment, Gateway, Any]:
    """Give the deployment, what reads its contracts, and the connection to a node; nothing is sent yet.

    Raises:
        Misconfigured: a setting or the deployment file is missing or wrong.
    """
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.node.deployment import Deployment
    from schuldhulp.node.rpc import JsonRpc

    deployment = Deployment.load(settings.deployment_file)
    if deployment.municipality != settings.municipality:
        raise Misconfigured(
            "municipality_differs",
            "SCHULDHULP_MUNICIPALITY is not the municipality of the deployment file",
            field="municipality",
        )
    _refuse_known_accounts(settings, deployment)
    rpc = JsonRpc(settings.chain_url)
    return deployment, Gateway(deployment, rpc), rpc


def _refuse_known_accounts(settings: Settings, deployment: Deployment) -> None:
    """Refuse accounts of public test mnemonics in a role: everybody has their keys."""
    if not settings.production:
        return
    from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS

    if {address.lower() for address in deployment.accounts.values()} & PUBLIC_TEST_ACCOUNTS:
        raise Misconfigured("test_account", "a role of the deployment belongs to a publicly known test account")
