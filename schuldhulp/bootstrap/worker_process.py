"""The worker: puts everything on the chain, and takes claims in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from schuldhulp.bootstrap.chain import open_chain
from schuldhulp.bootstrap.database import open_store
from schuldhulp.bootstrap.worker_chores import channel_chores, message_handlers
from schuldhulp.config import Settings
from schuldhulp.domain.types import MunicipalityCode

if TYPE_CHECKING:
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.creditor.channel import HttpChannel
    from schuldhulp.crypto.accounts import AccountKey
    from schuldhulp.crypto.keyring import WorkerKeys
    from schuldhulp.node.deployment import Deployment
    from schuldhulp.services.claims.carrying_out import CarryingOut
    from schuldhulp.services.claims.intake import ClaimIntake
    from schuldhulp.services.ports import Clock
    from schuldhulp.services.working import Worker
    from schuldhulp.storage import SqlStore


CHANNEL_TIMEOUT = 10.0
"""Seconds within which the evaluator must have answered the worker: what goes on the chain waits in the same loop. With
the seconds to connect, an evaluator that hangs keeps it up for less than a minute in each run of the intake."""


@contextmanager
def open_worker(settings: Settings) -> Iterator[Worker]:
    """Put the anchoring worker together.

    Raises:
        Misconfigured: a setting, keyring or deployment file is missing or wrong.
        Unreachable: the database does not answer.
    """
    from schuldhulp.chain.claims import RegisterReader
    from schuldhulp.chain.signer import AccountSigner, RegistrarWriter
    from schuldhulp.creditor.evaluator_client import HttpEvaluator
    from schuldhulp.crypto.keyring import WorkerKeys
    from schuldhulp.services.anchoring import Anchoring
    from schuldhulp.services.chain_watch import ChainWatch
    from schuldhulp.services.claims.telling import DecisionPost
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
        store, clock = open_store(settings, engine), SystemClock()
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
                ca_file=settings.ca_file,
            ),
            job_key=keys.job,
            opening_key=keys.publication,
            municipality=municipality,
            fill=settings.enrolment_fill,
        )
        channel = worker_channel(settings, deployment=deployment, reviewer=keys.reviewer, clock=clock)
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
            decisions=_decisions(settings, store, gateway, rpc, keys),
            decision_schedule=parse_schedule(settings.decision_schedule),
            post=DecisionPost(
                store=store,
                channel=channel,
                reader=RegisterReader(gateway, rpc),
                clock=clock,
                opening_key=keys.claim,
                job_key=keys.job,
                municipality=municipality,
            ),
            chores=channel_chores(
                settings, store=store, gateway=gateway, rpc=rpc, keys=keys, channel=channel, clock=clock
            ),
        )
    finally:
        engine.dispose()


def _claim_intake(settings: Settings, store: SqlStore, gateway: Gateway, rpc: Any, keys: WorkerKeys) -> ClaimIntake:
    from schuldhulp.chain.claims import REGISTER, RegisterReader
    from schuldhulp.chain.signer import AccountSigner
    from schuldhulp.services.claims.checking import ContentsCheck
    from schuldhulp.services.claims.collecting import Collector
    from schuldhulp.services.claims.correspondents import CorrespondentList
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
        collector=Collector(
            store=store,
            channel=channel,
            clock=clock,
            municipality=municipality,
            handlers=message_handlers(municipality),
        ),
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
        correspondents=CorrespondentList(store=store, channel=channel, municipality=municipality),
    )


def _decisions(settings: Settings, store: SqlStore, gateway: Gateway, rpc: Any, keys: WorkerKeys) -> CarryingOut:
    from schuldhulp.chain.claims import RegisterReader
    from schuldhulp.chain.signer import AccountSigner, ReviewerWriter
    from schuldhulp.services.claims.carrying_out import CarryingOut
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.sending import REVIEWER, Sender

    clock, municipality = SystemClock(), MunicipalityCode(settings.municipality)
    writer = ReviewerWriter(gateway.deployment, rpc, AccountSigner(keys.reviewer.reveal()))
    return CarryingOut(
        store=store,
        chain=gateway,
        reader=RegisterReader(gateway, rpc),
        writer=writer,
        sender=Sender(
            store=store,
            reader=gateway,
            writer=writer,
            clock=clock,
            pause=time.sleep,
            confirmations=settings.confirmations,
            municipality=municipality,
            verb=REVIEWER,
        ),
        clock=clock,
        job_key=keys.job,
        municipality=municipality,
        head_max_age=settings.head_max_age,
    )


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
        read_timeout=CHANNEL_TIMEOUT,
        ca_file=settings.ca_file,
    )
