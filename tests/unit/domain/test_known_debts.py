"""Debts of a dossier that a claim may be about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schuldhulp.domain.claims.known import known_debts
from schuldhulp.domain.claims.likeness import DuplicateSign
from schuldhulp.domain.records import Obligation, ObligationType, Party, Source
from schuldhulp.domain.types import RecordId
from tests.support.claims_stage import contents

CLAIM = contents(principal=123456, costs=4000, interest=500, reference="fac-2026/00123")
RECORD = RecordId(b"\x01" * 32)


def debt(**changes: Any) -> Obligation:
    fields: dict[str, Any] = {
        "type": ObligationType.RENT,
        "owed_by": (RecordId(b"\x02" * 32),),
        "creditor": Party(name="Woningstichting Voorbeeld"),
        "source": Source.RESIDENT,
    }
    return Obligation(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "signs"),
    [
        ({"amount_resident": 123456}, {DuplicateSign.SAME_CREDITOR, DuplicateSign.NEAR_AMOUNT}),
        ({"creditor": Party(name="voorbeeld"), "amount_resident": 130000}, {DuplicateSign.SAME_CREDITOR}),
        ({}, {DuplicateSign.SAME_CREDITOR}),
        (
            {"creditor": Party(name="W", file_number="FAC 2026 00123"), "type": ObligationType.OTHER},
            {DuplicateSign.SAME_REFERENCE},
        ),
        (
            {"creditor": Party(name="Anders", kvk=CLAIM.original_creditor.kvk), "origin_date": date(2024, 3, 9)},
            {DuplicateSign.SAME_CREDITOR, DuplicateSign.NEAR_DATE},
        ),
        (
            {"creditor": Party(name="Koper"), "original_creditor": Party(name="St. Voorbeeld"), "arrears": 127956},
            {DuplicateSign.SAME_CREDITOR, DuplicateSign.NEAR_AMOUNT},
        ),
    ],
)
def test_known_debts_finds_what_may_be_the_same(changes: dict[str, Any], signs: set[DuplicateSign]) -> None:
    (found,) = known_debts(CLAIM, {RECORD: debt(**changes)})
    assert (found.record, set(found.signs)) == (RECORD, signs)


@pytest.mark.parametrize(
    "changes",
    [
        {"creditor": Party(name="Zorgpolis"), "type": ObligationType.HEALTH_INSURANCE, "amount_resident": 45000},
        {"amount_resident": 9900, "origin_date": date(2019, 1, 1)},
        {"creditor": Party(name="Telefoonwinkel"), "amount_resident": 123500, "type": ObligationType.TELECOM},
    ],
)
def test_known_debts_passes_over_what_is_another(changes: dict[str, Any]) -> None:
    assert known_debts(CLAIM, {RECORD: debt(**changes)}) == []


def test_known_debts_puts_the_most_alike_first() -> None:
    debts = {
        RecordId(bytes([number]) * 32): debt(amount_resident=amount) for number, amount in ((1, None), (2, 123456))
    }
    assert [one.record[0] for one in known_debts(CLAIM, debts)] == [2, 1]
