"""What the worker does over the channel beside claims: who takes in which kind of message, and what is sent when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from schuldhulp.config import Settings
from schuldhulp.domain.types import MunicipalityCode

if TYPE_CHECKING:
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.creditor.channel import HttpChannel
    from schuldhulp.crypto.keyring import WorkerKeys
    from schuldhulp.services.claims.collecting import MessageHandler
    from schuldhulp.services.claims.ports import MessageKind
    from schuldhulp.services.claims.renewals import RenewalPost
    from schuldhulp.services.notices.post import NoticePost
    from schuldhulp.services.notices.replies import ReplyCheck
    from schuldhulp.services.ports import Clock
    from schuldhulp.services.statements.intake import StatementIntake
    from schuldhulp.services.working import Chore
    from schuldhulp.storage import SqlStore

DAY = 86_400
"""Seconds between two looks for statements that have become too old."""


def message_handlers(municipality: MunicipalityCode) -> Mapping[MessageKind, MessageHandler]:
    """Return who takes in each kind of message besides claims.

    Args:
        municipality: whose mailbox.
    """
    from schuldhulp.services.claims.ports import MessageKind
    from schuldhulp.services.notices.replies import ReplyIntake
    from schuldhulp.services.statements.intake import StatementDeliveries

    return {
        MessageKind.STATEMENT: StatementDeliveries(municipality),
        MessageKind.ACKNOWLEDGEMENT: ReplyIntake(municipality),
    }


def channel_chores(
    settings: Settings,
    *,
    store: SqlStore,
    gateway: Gateway,
    rpc: Any,
    keys: WorkerKeys,
    channel: HttpChannel,
    clock: Clock,
) -> tuple[Chore, ...]:
    """Return what is sent over the channel besides receipts and decisions, and when.

    Args:
        settings: settings of this installation.
        store: the main database.
        gateway: reads the chain.
        rpc: connection to the same node.
        keys: the worker's keys.
        channel: the municipality's side of the channel.
        clock: tells the time.
    """
    from schuldhulp.services.schedule import Every, parse_schedule
    from schuldhulp.services.working import Chore

    often = parse_schedule(settings.claims_schedule)
    renewals = _renewals(settings, store=store, gateway=gateway, rpc=rpc, keys=keys, channel=channel, clock=clock)
    statements = _statements(settings, store=store, gateway=gateway, rpc=rpc, keys=keys, channel=channel, clock=clock)
    notices, replies = _notices(
        settings, store=store, gateway=gateway, rpc=rpc, keys=keys, channel=channel, clock=clock
    )
    return (
        Chore(
            name="asking for new statements",
            schedule=Every(seconds=DAY),
            do=lambda: (renewals.ask(), 0),
            at_once=True,
        ),
        Chore(name="delivery of questions for new statements", schedule=often, do=renewals.send),
        Chore(name="statements", schedule=often, do=statements.work),
        Chore(name="notices", schedule=often, do=notices.send),
        Chore(name="acknowledgements of notices", schedule=often, do=lambda: (replies.check()[0], 0)),
    )


def _renewals(
    settings: Settings,
    *,
    store: SqlStore,
    gateway: Gateway,
    rpc: Any,
    keys: WorkerKeys,
    channel: HttpChannel,
    clock: Clock,
) -> RenewalPost:
    from schuldhulp.chain.claims import REGISTER, RegisterReader
    from schuldhulp.chain.signer import AccountSigner
    from schuldhulp.services.claims.renewals import RenewalDesk, RenewalPost

    deployment = gateway.deployment
    return RenewalPost(
        store=store,
        channel=channel,
        chain=gateway,
        reader=RegisterReader(gateway, rpc),
        clock=clock,
        municipality=MunicipalityCode(settings.municipality),
        opening_key=keys.claim,
        desk=RenewalDesk(
            sign_digest=AccountSigner(keys.receipt.reveal()).sign_digest,
            signer=keys.receipt.address,
            chain_id=deployment.chain_id,
            claim_register=deployment.contracts[REGISTER].address,
        ),
        head_max_age=settings.head_max_age,
    )


def _statements(
    settings: Settings,
    *,
    store: SqlStore,
    gateway: Gateway,
    rpc: Any,
    keys: WorkerKeys,
    channel: HttpChannel,
    clock: Clock,
) -> StatementIntake:
    from schuldhulp.chain.claims import REGISTER, RegisterReader
    from schuldhulp.chain.signer import AccountSigner
    from schuldhulp.services.statements.intake import StatementIntake
    from schuldhulp.services.statements.opening import StatementReader

    deployment = gateway.deployment
    return StatementIntake(
        store=store,
        chain=gateway,
        channel=channel,
        keys=RegisterReader(gateway, rpc),
        clock=clock,
        reader=StatementReader(
            opening_key=keys.claim,
            municipality=MunicipalityCode(settings.municipality),
            chain_id=deployment.chain_id,
            claim_register=deployment.contracts[REGISTER].address,
        ),
        receipt_signer=keys.receipt.address,
        sign_digest=AccountSigner(keys.receipt.reveal()).sign_digest,
        retention=timedelta(days=settings.claim_retention),
    )


def _notices(
    settings: Settings,
    *,
    store: SqlStore,
    gateway: Gateway,
    rpc: Any,
    keys: WorkerKeys,
    channel: HttpChannel,
    clock: Clock,
) -> tuple[NoticePost, ReplyCheck]:
    from schuldhulp.chain.claims import REGISTER, RegisterReader
    from schuldhulp.chain.signer import AccountSigner
    from schuldhulp.services.notices.post import NoticePost, SendingDesk
    from schuldhulp.services.notices.replies import ReplyCheck

    municipality = MunicipalityCode(settings.municipality)
    place = gateway.deployment.chain_id, gateway.deployment.contracts[REGISTER].address
    post = NoticePost(
        store=store,
        channel=channel,
        chain=gateway,
        register=RegisterReader(gateway, rpc),
        clock=clock,
        job_key=keys.job,
        municipality=municipality,
        desk=SendingDesk(
            sign_digest=AccountSigner(keys.receipt.reveal()).sign_digest,
            signer=keys.receipt.address,
            chain_id=place[0],
            claim_register=place[1],
        ),
        head_max_age=settings.head_max_age,
    )
    replies = ReplyCheck(
        store=store,
        opening_key=keys.claim,
        municipality=municipality,
        chain_id=place[0],
        claim_register=place[1],
    )
    return post, replies
