"""What the administrator of creditors works with, in the evaluator's database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schuldhulp.bootstrap.chain import open_chain
from schuldhulp.config import Settings
from schuldhulp.domain.types import MunicipalityCode

if TYPE_CHECKING:
    from schuldhulp.services.admission import AdmissionService
    from schuldhulp.services.evaluator_report import EvaluatorReports


@contextmanager
def open_admission(settings: Settings) -> Iterator[AdmissionService]:
    """Open what admits creditors, with the administrator's keyring.

    Raises:
        Misconfigured: a setting, that keyring or the deployment file is missing or wrong.
        Unreachable: the evaluator's database does not answer.
    """
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


@contextmanager
def open_reports(settings: Settings) -> Iterator[EvaluatorReports]:
    """Open what the evaluator counted.

    Raises:
        Unreachable: the evaluator's database does not answer.
    """
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.evaluator_report import EvaluatorReports
    from schuldhulp.storage.evaluation import EvaluatorDatabase

    database = EvaluatorDatabase(settings.evaluator_database_url)
    try:
        database.prepare()
        yield EvaluatorReports(
            store=database,
            clock=SystemClock(),
            municipality_quota=settings.municipality_quota,
            reviewer_claim_ids=settings.reviewer_claim_ids,
            reviewer_messages=settings.reviewer_messages,
        )
    finally:
        database.close()
