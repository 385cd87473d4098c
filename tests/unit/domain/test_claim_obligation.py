from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import pytest

from schuldhulp.domain.claims import ClaimContents, contents_from_plain, obligation_from
from schuldhulp.domain.debts import debts_of
from schuldhulp.domain.records import Frequency, Obligation, ObligationStatus, Preference, Source
from schuldhulp.domain.types import Cents, RecordId

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "claims.json").read_text(encoding="utf-8"))
RENT, TAX = (contents_from_plain(one["claim"]["contents"]) for one in VECTORS["claims"][:2])
OWED_BY = (RecordId(b"\1" * 32),)
TODAY = date(2026, 11, 23)


def test_obligation_from_takes_over_what_the_creditor_says():
    obligation = obligation_from(RENT, OWED_BY)
    assert (obligation.type, obligation.source, obligation.owed_by) == (RENT.type, Source.CREDITOR, OWED_BY)
    assert (obligation.amount_creditor, obligation.original_amount, obligation.arrears) == (129_530, 123_456, 129_530)
    assert (obligation.amount_resident, obligation.instalment, obligation.frequency) == (None, 0, Frequency.NONE)
    assert (obligation.creditor.kvk, obligation.creditor.file_number) == ("12345678", "fac-2026/001 b")
    assert (obligation.collector, obligation.bailiff, obligation.status) == (None, None, ObligationStatus.IN_ARREARS)
    assert obligation.preference is Preference.CONCURRENT
    assert (obligation.statement_date, obligation.origin_date) == (date(2026, 11, 1), date(2026, 3, 1))


def test_obligation_from_names_the_bailiff_and_leaves_the_proposal_out():
    obligation = obligation_from(TAX, OWED_BY)
    assert obligation.bailiff is not None
    assert (obligation.bailiff.kvk, obligation.bailiff.file_number) == ("87654321", "D 2026.77")
    assert (obligation.status, obligation.preference) == (ObligationStatus.WITH_BAILIFF, Preference.PREFERENT)
    assert obligation.instalment == 0


@pytest.mark.parametrize("status", [ObligationStatus.DISPUTED, ObligationStatus.CURRENT])
def test_obligation_from_keeps_what_only_resident_and_caseworker_can_say(status):
    known = dataclasses.replace(
        obligation_from(RENT, OWED_BY),
        amount_resident=Cents(100),
        instalment=Cents(5_000),
        frequency=Frequency.MONTHLY,
        due_day=1,
        note="afgesproken",
        status=status,
        source=Source.RESIDENT,
    )
    renewed = obligation_from(RENT, OWED_BY, known=known)
    assert (renewed.amount_resident, renewed.instalment, renewed.due_day, renewed.note) == (
        100,
        5_000,
        1,
        "afgesproken",
    )
    assert renewed.amount_creditor == RENT.total
    expected = status if status is ObligationStatus.DISPUTED else ObligationStatus.IN_ARREARS
    assert (renewed.status, renewed.source) == (expected, Source.CREDITOR)


def test_obligation_from_creditor_and_bailiff_are_one_debt():
    at_creditor: Obligation = obligation_from(RENT, OWED_BY)
    at_bailiff: ClaimContents = dataclasses.replace(
        TAX, reference=RENT.reference, original_creditor=RENT.original_creditor, type=RENT.type
    )
    records = {RecordId(b"\2" * 32): at_creditor, RecordId(b"\3" * 32): obligation_from(at_bailiff, OWED_BY)}
    assert len(debts_of(records, today=TODAY)) == 1
