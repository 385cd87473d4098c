"""A statement for tests."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.statements import seal_statement, statement_digest, statement_document
from schuldhulp.domain.claims import Debtor, Organisation
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import ConsentSubject
from schuldhulp.domain.statements import Statement
from schuldhulp.domain.types import Cents, MunicipalityCode
from tests.support.factories import MUNICIPALITY, NOON

CHAIN_ID = 31337
CLAIM_REGISTER = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SENDER = AccountKey(b"\x11" * 32)
"""The account that sends."""

LANDLORD = Organisation(name="Woonstichting De Haven", kvk="12345678")


def make_statement(municipality: MunicipalityCode = MUNICIPALITY, **changes: Any) -> Statement:
    """Make a statement of the rent of the applicant that `make_applicant` gives."""
    values: dict[str, Any] = {
        "statement_id": municipality.to_bytes(2, "big") + secrets.token_bytes(30),
        "municipality": municipality,
        "client": Debtor(
            initials="A.B.",
            surname="Jansen",
            birth_date=PartialDate(1980, 2, 0),
            postcode="9711AB",
            house_number=12,
        ),
        "sender": LANDLORD,
        "reference": "HUUR-0017",
        "subject": ConsentSubject.RENT,
        "amount": Cents(612_34),
        "frequency": Frequency.MONTHLY,
        "from_date": date(2026, 11, 1),
        "sent_at": NOON,
    }
    return Statement(**values | changes)


def sealed_statement(
    claim_key: bytes,
    statement: Statement,
    account: AccountKey = SENDER,
    *,
    chain_id: int = CHAIN_ID,
    claim_register: str = CLAIM_REGISTER,
) -> bytes:
    """Sign a statement and seal it."""
    digest = statement_digest(statement_document(statement), chain_id=chain_id, claim_register=claim_register)
    return seal_statement(claim_key, statement, digest_signer(account)(digest))
