"""Statements as the worker leaves them, and the desk of those who treat them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from eth_utils.crypto import keccak

from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor
from schuldhulp.domain.records import Consent, ConsentForm, ConsentSubject
from schuldhulp.domain.statements import Statement
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.services.claims.inbox import ClaimInbox
from schuldhulp.services.claims.matching import ClaimMatching
from schuldhulp.services.claims.rows import MailRow
from schuldhulp.services.statements.desk import StatementDesk
from schuldhulp.services.statements.inbox import StatementInbox
from schuldhulp.services.statements.opening import StatementReader
from schuldhulp.services.statements.outcomes import OutcomeKey
from schuldhulp.services.statements.rows import StatementFinding, StatementRow
from tests.support.factories import MUNICIPALITY, RecordKeeping
from tests.support.statements import (
    CHAIN_ID,
    CLAIM_REGISTER,
    LANDLORD,
    SENDER,
    make_statement,
    sealed_statement,
)

ROLE = ("ClaimRegister", "CREDITOR", SENDER.address)
"""What the account of the sender has on the chain."""


@dataclass
class StatementDesks:
    """The services around statements on one database."""

    keeping: RecordKeeping
    claim_key: OpeningKey = field(default_factory=OpeningKey.generate)

    def __post_init__(self) -> None:
        keeping = self.keeping
        keeping.chain.roles.add(ROLE)
        outcome_key = OutcomeKey.of(keeping.keys.log)
        own: dict[str, Any] = {
            "reader": keeping.reader,
            "log": keeping.log,
            "statements": StatementReader(
                opening_key=self.claim_key,
                municipality=MUNICIPALITY,
                chain_id=CHAIN_ID,
                claim_register=CLAIM_REGISTER,
            ),
            "outcome_key": outcome_key,
        }
        # Statements have no claim behind them, so nothing is asked of the inbox of claims.
        no_claims: ClaimInbox = None  # type: ignore[assignment]
        matching = ClaimMatching(inbox=no_claims, dossiers=keeping.dossiers, reader=keeping.reader, log=keeping.log)
        self.inbox = StatementInbox(**own, matching=matching)
        self.desk = StatementDesk(**own, writer=keeping.writer, caseload=keeping.caseload, chain=keeping.chain)

    def received(self, statement: Statement | None = None, *, opened: bool = True, **row: Any) -> bytes:
        """Store a statement as the worker leaves it; return its hash."""
        said = statement or make_statement()
        content = row.pop("content", None) or sealed_statement(self.claim_key.public_key, said)
        message = keccak(content)
        finding = row.pop("finding", StatementFinding.NONE)
        values: dict[str, Any] = {
            "message": message,
            "municipality": MUNICIPALITY,
            "sender": SENDER.address,
            "organisation": said.sender.kvk,
            "received_at": self.keeping.clock.now(),
        }
        values = {name: row.pop(name, value) for name, value in values.items()}
        with self.keeping.store.write() as work:
            work.mail.add(
                MailRow(
                    **values,
                    number=1,
                    kind="statement",
                    subject=said.statement_id,
                    stored_at=self.keeping.clock.now(),
                    content=content,
                )
            )
            work.statements.add(replace(StatementRow(**values, statement_id=said.statement_id), **row))
            if opened:
                work.statements.opened(message, finding)
            work.commit()
        return message

    def consents(self, actor: Actor, dossier: DossierId, **changes: Any) -> RecordId:
        """Record the consent that the statement of `make_statement` needs; return its record."""
        values: dict[str, Any] = {
            "applicant": self.keeping.first_applicant(dossier),
            "party": LANDLORD.name,
            "kvk": LANDLORD.kvk,
            "subject": ConsentSubject.RENT,
            "given_on": date(2026, 11, 2),
            "how": ConsentForm.WRITTEN,
        }
        consent = Consent(**values | changes)
        return self.keeping.records.add(actor=actor, dossier=dossier, record=consent).record_id
