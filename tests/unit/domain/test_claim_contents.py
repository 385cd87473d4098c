from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schuldhulp.domain.claims import (
    Claim,
    ClaimReceipt,
    ReceiptOutcome,
    RefusalReason,
    claim_from_plain,
    claim_to_plain,
    contents_from_plain,
    contents_to_plain,
    receipt_from_plain,
    receipt_to_plain,
)
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "claims.json").read_text(encoding="utf-8"))
RENT, TAX = (one["claim"]["contents"] for one in VECTORS["claims"][:2])


def changed(plain: dict, path: str, value: object) -> dict:
    copy = json.loads(json.dumps(plain))
    *parents, name = path.split(".")
    part = copy
    for parent in parents:
        part = part[parent]
    if value is ...:
        del part[name]
    else:
        part[name] = value
    return copy


def test_contents_come_back_from_plain_values():
    for plain in (RENT, TAX):
        assert contents_to_plain(contents_from_plain(plain)) == plain


def test_total_adds_principal_costs_and_interest():
    assert contents_from_plain(RENT).total == 123456 + 4840 + 1234


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("municipality", 0, "municipality"),
        ("debtor", None, "debtor"),
        ("debtor.surname", "", "debtor.surname"),
        ("debtor.birth_date", "1980-13-01", "debtor.birth_date"),
        ("debtor.postcode", "9711 ab", "debtor.postcode"),
        ("debtor.house_number", "12", "debtor.house_number"),
        ("debtor.bsn", "999990018", "debtor.bsn"),
        ("debtor.nickname", "x", "debtor"),
        ("original_creditor.kvk", "1234567", "original_creditor.kvk"),
        ("original_creditor.name", " ", "original_creditor.name"),
        ("holder.kvk", "", "holder.kvk"),
        ("holder.kvk", "87654321", "stage"),
        ("reference", "--", "reference"),
        ("stage", "owner", "stage"),
        ("stage", "bailiff", "stage"),
        ("type", "gambling", "type"),
        ("principal", -1, "principal"),
        ("principal", 1.5, "principal"),
        ("costs", None, "costs"),
        ("interest", 10**11, "interest"),
        ("principal", 99_999_999_999, "total"),
        ("statement_date", "2026-11-04", "statement_date"),
        ("statement_date", "2026-02-28", "statement_date"),
        ("origin_date", "2026-02-30", "origin_date"),
        ("preference_ground", "artikel 21", "preference_ground"),
        ("preference", "preferent", "preference_ground"),
        ("legal_ground", "", "legal_ground"),
        ("instalment_proposal", {"amount": 0, "frequency": "monthly"}, "instalment_proposal.amount"),
        ("instalment_proposal", {"amount": 100, "frequency": "none"}, "instalment_proposal.frequency"),
        ("instalment_proposal", {"amount": 10**9, "frequency": "monthly"}, "instalment_proposal"),
        ("contact.email", "", "contact.email"),
        ("contact.email", "nobody", "contact.email"),
        ("contact.phone", "call me", "contact.phone"),
        ("iban", "NL91ABNA0417164301", "iban"),
        ("iban", "NL91 ABNA 0417 1643 00", "iban"),
        ("iban", "NL91ABNA04171643", "iban"),
        ("why_owed", "", "why_owed"),
        ("why_owed", "x" * 4_001, "why_owed"),
        ("objection", "\n", "objection"),
        ("objection_until", ..., "objection_until"),
        ("objection_until", "soon", "objection_until"),
        ("sent_at", "2026-11-02T09:30:00", "sent_at"),
        ("interest_rate", 4, "contents"),
    ],
)
def test_contents_from_plain_names_the_field_and_not_the_value(path, value, field):
    with pytest.raises(InvalidInput) as caught:
        contents_from_plain(changed(RENT, path, value))
    assert caught.value.field == field
    if isinstance(value, str) and len(value) > 3 and value != "bailiff":
        assert value not in str(caught.value)


def test_contents_refuse_a_claim_of_nothing():
    plain = RENT | {"principal": 0, "costs": 0, "interest": 0}
    with pytest.raises(InvalidInput) as caught:
        contents_from_plain(plain)
    assert caught.value.field == "principal"


def test_contents_take_a_statement_of_the_creditors_own_day_when_that_is_ahead_of_utc():
    assert contents_from_plain(changed(RENT, "statement_date", "2026-11-03"))


@pytest.mark.parametrize("schema", [0, 2])
def test_contents_from_plain_refuses_another_schema(schema):
    with pytest.raises(InvalidInput) as caught:
        contents_from_plain(RENT, schema=schema)
    assert caught.value.key == ("schema_newer" if schema else "schema_unknown")


def test_contents_do_not_show_in_repr():
    claim = claim_from_plain(ClaimId(bytes(32)), VECTORS["claims"][1]["claim"])
    shown = repr(claim) + repr(claim.contents) + repr(claim.contents.debtor) + repr(claim.contents.contact)
    assert "Berg" not in shown
    assert "12345678" not in shown


def test_claim_comes_back_from_plain_values():
    for one in VECTORS["claims"]:
        claim_id = ClaimId(bytes.fromhex(one["claim_id"][2:]))
        assert claim_to_plain(claim_from_plain(claim_id, one["claim"])) == one["claim"]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("version", 0, "version"),
        ("version", 2, "replaces"),
        ("version", True, "version"),
        ("replaces", "11" * 32, "replaces"),
        ("salt", "11", "salt"),
        ("salt", ..., "salt"),
        ("claim_id", "11", "claim"),
        ("contents", [], "contents"),
    ],
)
def test_claim_from_plain_names_the_field(path, value, field):
    with pytest.raises(InvalidInput) as caught:
        claim_from_plain(ClaimId(bytes(32)), changed(VECTORS["claims"][0]["claim"], path, value))
    assert caught.value.field == field


def test_claim_refuses_an_id_of_another_length():
    claim = claim_from_plain(ClaimId(bytes(32)), VECTORS["claims"][0]["claim"])
    with pytest.raises(InvalidInput) as caught:
        Claim(
            claim_id=ClaimId(b"\0" * 31),
            version=1,
            replaces=claim.replaces,
            salt=claim.salt,
            contents=claim.contents,
        )
    assert caught.value.field == "claim_id"


def receipt(**changes: object) -> ClaimReceipt:
    values = {
        "claim_id": bytes(32),
        "commitment": bytes(32),
        "municipality": 14,
        "holder": "0x" + "ab" * 20,
        "message": bytes(32),
        "outcome": ReceiptOutcome.ACCEPTED,
        "received_at": datetime(2026, 11, 2, tzinfo=UTC),
        "block_number": 0,
        "block_hash": bytes(32),
    }
    return ClaimReceipt(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"commitment": b""}, "commitment"),
        ({"municipality": 65_536}, "municipality"),
        ({"holder": "ab" * 20}, "holder"),
        ({"received_at": datetime(2026, 11, 2)}, "received_at"),  # noqa: DTZ001
        ({"received_at": datetime(2026, 11, 2, microsecond=1, tzinfo=UTC)}, "received_at"),
        ({"block_number": -1}, "block_number"),
        ({"outcome": ReceiptOutcome.REFUSED}, "reason"),
        ({"reason": RefusalReason.NOT_FILED}, "reason"),
        ({"outcome": "accepted"}, "outcome"),
    ],
)
def test_receipt_names_the_field(changes, field):
    with pytest.raises(InvalidInput) as caught:
        receipt(**changes)
    assert caught.value.field == field


def test_receipt_comes_back_from_plain_values():
    for one in VECTORS["receipts"]:
        assert receipt_to_plain(receipt_from_plain(one["signed"])) == one["signed"]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("signature", "00", "signature"),
        ("receipt.outcome", "maybe", "receipt.outcome"),
        ("receipt.extra", 1, "receipt"),
        ("extra", 1, "receipt"),
    ],
)
def test_receipt_from_plain_names_the_field(path, value, field):
    with pytest.raises(InvalidInput) as caught:
        receipt_from_plain(changed(VECTORS["receipts"][0]["signed"], path, value))
    assert caught.value.field == field
