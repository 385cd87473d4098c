"""The evaluator: what a creditor talks to."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from schuldhulp.bootstrap.background import keep_doing
from schuldhulp.bootstrap.chain import open_chain
from schuldhulp.config import Settings
from schuldhulp.domain.types import MunicipalityCode

if TYPE_CHECKING:
    from schuldhulp.services.claims.channel import ChannelService
    from schuldhulp.services.evaluation import EvaluationService
    from schuldhulp.services.node_access import NodeAccess

LOG = logging.getLogger(__name__)

ERASE_EVERY = 3600.0
"""Seconds between two times that acknowledged messages are erased whose time has come."""


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
        self.channel.close()
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
            messages=MessageDatabase.beside(database),
            refusals=database,
            clock=clock,
            retention=timedelta(days=settings.message_days),
            reviewer_claim_ids=settings.reviewer_claim_ids,
            reviewer_messages=settings.reviewer_messages,
        ),
    )


def keep_erasing(channel: ChannelService) -> None:
    """Start erasing acknowledged messages when their time has come, for as long as the process runs."""

    def erase() -> None:
        if erased := channel.erase_old():
            LOG.info("erased the contents of %d messages", erased)

    keep_doing("erasing messages", erase, every=ERASE_EVERY)
