from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.debts import Stage, Staleness, debts_of, is_debt, same_debts, staleness, totals_by_creditor
from schuldhulp.domain.records import Obligation, ObligationStatus, ObligationType, Party, Source
from tests.support.record_strategies import obligations as any_obligation

TODAY = date(2026, 11, 23)
PERSON, PARTNER = bytes(32), b"\x01" * 32
ENERGY = Party(name="Energie B.V.", kvk="12345678", customer_number="K-1")
COLLECTOR = Party(name="Incasso", file_number="I-9")
BAILIFF = Party(name="Deurwaarder", file_number="D-7")


def make_obligation(**changes):
    fields = {
        "type": ObligationType.ENERGY,
        "owed_by": (PERSON,),
        "creditor": ENERGY,
        "amount_creditor": 10000,
        "status": ObligationStatus.IN_ARREARS,
        "source": Source.CREDITOR,
    }
    return Obligation(**fields | changes)


def number(records: list[Obligation]) -> dict[bytes, Obligation]:
    return {index.to_bytes(32, "big"): record for index, record in enumerate(records, start=1)}


def key(index: int) -> bytes:
    return index.to_bytes(32, "big")


def test_is_debt_when_something_is_owed_and_not_settled():
    assert is_debt(make_obligation())
    assert is_debt(make_obligation(amount_creditor=None, amount_resident=1))
    assert is_debt(make_obligation(amount_creditor=None, arrears=1))
    assert not is_debt(make_obligation(amount_creditor=0))
    assert not is_debt(make_obligation(amount_creditor=None))
    assert not is_debt(make_obligation(status=ObligationStatus.SETTLED))


def test_debts_of_count_a_debt_over_collector_and_bailiff_once():
    at_creditor = make_obligation(amount_resident=9000, amount_creditor=None, source=Source.RESIDENT)
    at_collector = make_obligation(collector=COLLECTOR, amount_creditor=12000)
    at_bailiff = make_obligation(
        creditor=BAILIFF, original_creditor=ENERGY, bailiff=BAILIFF, amount_creditor=15000,
        status=ObligationStatus.WITH_BAILIFF,
    )  # fmt: skip
    (debt,) = debts_of(number([at_creditor, at_collector, at_bailiff]), today=TODAY)
    assert (debt.record_id, debt.also) == (key(3), (key(2), key(1)))
    assert (debt.creditor, debt.holder, debt.stage) == ("Energie B.V.", "Deurwaarder", Stage.BAILIFF)
    assert (debt.amount, debt.amount_creditor, debt.amount_resident) == (15000, 15000, 9000)


def test_same_debts_need_the_same_creditor_in_the_end():
    other = make_obligation(creditor=Party(name="Water", customer_number="K-1"), collector=COLLECTOR)
    assert len(same_debts(number([make_obligation(), other]))) == 2


def test_same_debts_need_a_debtor_in_common():
    theirs = make_obligation(collector=COLLECTOR, owed_by=(PARTNER,))
    both = make_obligation(collector=COLLECTOR, owed_by=(PERSON, PARTNER))
    assert len(same_debts(number([make_obligation(), theirs]))) == 2
    assert len(same_debts(number([make_obligation(), both]))) == 1


def test_same_debts_by_customer_number_only_in_different_hands():
    assert len(same_debts(number([make_obligation(), make_obligation()]))) == 2
    assert len(same_debts(number([make_obligation(), make_obligation(bailiff=BAILIFF)]))) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"original_amount": 100}, {"original_amount": 200}),
        ({"origin_date": date(2024, 1, 1)}, {"origin_date": date(2025, 1, 1)}),
    ],
)
def test_same_debts_are_two_when_amount_or_day_of_origin_differ(first, second):
    records = number([make_obligation(**first), make_obligation(bailiff=BAILIFF, **second)])
    assert len(same_debts(records)) == 2


def test_same_debts_by_case_number_whatever_else_differs():
    again = make_obligation(collector=Party(name="INCASSO", file_number="i 9"), original_amount=5)
    assert len(same_debts(number([make_obligation(collector=COLLECTOR, original_amount=7), again]))) == 1


def test_same_debts_by_original_amount_without_any_number():
    unnumbered = Party(name="energie bv", kvk="12345678")
    first = make_obligation(creditor=unnumbered, original_amount=9500)
    assert len(same_debts(number([first, make_obligation(bailiff=BAILIFF, original_amount=9500)]))) == 1
    fine = make_obligation(
        creditor=Party(name="Energie B.V.", kvk="12345678", customer_number="K-2"), original_amount=9500
    )
    assert len(same_debts(number([fine, make_obligation(bailiff=BAILIFF, original_amount=9500)]))) == 2


def test_same_debts_by_name_when_a_kvk_number_is_missing():
    unnumbered = Party(name="ENERGIE BV", customer_number="k1")
    records = number([make_obligation(), make_obligation(creditor=unnumbered, bailiff=BAILIFF)])
    assert len(same_debts(records)) == 1


def test_same_debts_bring_three_together_through_the_one_in_the_middle():
    first = make_obligation(creditor=Party(name="Energie", file_number="Z-1"))
    last = make_obligation(creditor=Party(name="Energie", customer_number="Q"), bailiff=BAILIFF)
    middle = make_obligation(
        creditor=Party(name="Energie", customer_number="Q", file_number="Z-1"), collector=COLLECTOR
    )
    assert [len(group) for group in same_debts(number([first, last, middle]))] == [3]


def test_debts_of_prefer_the_newest_statement_at_the_same_stage():
    old = make_obligation(collector=COLLECTOR, statement_date=date(2026, 1, 1), amount_creditor=1)
    new = make_obligation(collector=COLLECTOR, statement_date=date(2026, 11, 1), amount_creditor=2)
    (debt,) = debts_of(number([new, old]), today=TODAY)
    assert (debt.record_id, debt.amount, debt.staleness) == (key(1), 2, Staleness.FRESH)


def test_debts_of_reckon_with_the_creditor_then_the_resident_then_the_arrears():
    (both,) = debts_of(number([make_obligation(amount_resident=1, amount_creditor=2, arrears=3)]), today=TODAY)
    (resident,) = debts_of(number([make_obligation(amount_resident=1, amount_creditor=None, arrears=3)]), today=TODAY)
    (arrears,) = debts_of(number([make_obligation(amount_creditor=None, arrears=3)]), today=TODAY)
    assert (both.amount, resident.amount, arrears.amount) == (2, 1, 3)


def test_debts_of_mark_a_disputed_debt_whoever_holds_it():
    disputed = make_obligation(status=ObligationStatus.DISPUTED)
    (debt,) = debts_of(number([disputed, make_obligation(bailiff=BAILIFF)]), today=TODAY)
    assert debt.disputed


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (None, Staleness.MISSING),
        (date(2026, 11, 23), Staleness.FRESH),
        (date(2026, 8, 23), Staleness.FRESH),
        (date(2026, 8, 22), Staleness.STALE),
        (date(2026, 5, 23), Staleness.STALE),
        (date(2026, 5, 22), Staleness.EXPIRED),
    ],
)
def test_staleness_counts_months_to_the_day(statement, expected):
    assert staleness(statement, today=TODAY) is expected


def test_totals_by_creditor_add_up_whatever_the_spelling():
    records = number(
        [
            make_obligation(amount_resident=100, amount_creditor=300),
            make_obligation(creditor=Party(name="ENERGIE BV"), amount_creditor=50),
            make_obligation(creditor=Party(name="Water"), amount_creditor=None, amount_resident=200),
        ]
    )
    energy, water = totals_by_creditor(debts_of(records, today=TODAY))
    assert (energy.creditor, energy.count, energy.amount) == ("Energie B.V.", 2, 350)
    assert (energy.amount_resident, energy.amount_creditor) == (100, 350)
    assert (water.creditor, water.amount, water.amount_creditor) == ("Water", 200, 0)


@given(st.lists(any_obligation(), max_size=6))
def test_debts_of_lose_no_record(obligations):
    records = number(obligations)
    debts = debts_of(records, today=TODAY)
    told = [record_id for debt in debts for record_id in (debt.record_id, *debt.also)]
    assert sorted(told) == [record_id for record_id, record in records.items() if is_debt(record)]
    assert sum(debt.amount for debt in debts) == sum(total.amount for total in totals_by_creditor(debts))
