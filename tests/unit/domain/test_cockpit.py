from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.domain.cockpit import HORIZON, LineKind, overview
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.debts import Staleness
from schuldhulp.domain.records import (
    Agreement,
    AgreementStatus,
    AgreementType,
    Applicant,
    Confirmation,
    ConfirmationRole,
    Expense,
    ExpenseCategory,
    Frequency,
    Income,
    IncomeCategory,
    Obligation,
    ObligationStatus,
    ObligationType,
    Party,
    Record,
    Source,
)
from tests.support.record_strategies import records as any_record

TODAY = date(2026, 11, 23)
PERSON = b"\x07" * 32


def number(*records: Record) -> dict[bytes, Record]:
    return {index.to_bytes(32, "big"): record for index, record in enumerate(records, start=1)}


def make_income(amount=200000, frequency=Frequency.MONTHLY, **changes):
    fields = {"owner": PERSON, "category": IncomeCategory.SALARY, "from_date": date(2020, 1, 1)}
    return Income(**fields | {"amount": amount, "frequency": frequency} | changes)


def make_expense(amount=5000, frequency=Frequency.MONTHLY, **changes):
    fields = {"owner": PERSON, "category": ExpenseCategory.INSURANCE, "from_date": date(2020, 1, 5)}
    return Expense(**fields | {"amount": amount, "frequency": frequency} | changes)


def make_obligation(instalment=65000, **changes):
    fields = {
        "type": ObligationType.RENT,
        "owed_by": (PERSON,),
        "creditor": Party(name="Wonen"),
        "frequency": Frequency.MONTHLY,
        "due_day": 1,
        "source": Source.CASEWORKER,
    }
    return Obligation(**fields | {"instalment": instalment} | changes)


def make_agreement(**changes):
    fields = {"type": AgreementType.OTHER, "parties": ("A",), "text": "x", "start": date(2026, 1, 1)}
    return Agreement(**fields | changes)


def test_overview_of_nothing_is_all_zero():
    found = overview({}, today=TODAY)
    assert (found.income, found.fixed_costs, found.left, found.debt_total) == (0, 0, 0, 0)
    assert found.lines == found.debts == found.payments == found.agreements == ()


def test_overview_leaves_what_comes_in_less_fixed_costs_and_repayments():
    found = overview(
        number(
            make_income(),
            make_income(100000, Frequency.FOUR_WEEKLY),
            make_expense(),
            make_expense(7000, Frequency.WEEKLY, category=ExpenseCategory.GROCERIES, fixed=False),
            make_obligation(),
            make_obligation(
                4000, type=ObligationType.CONSUMER_CREDIT, status=ObligationStatus.ARRANGEMENT, amount_creditor=90000
            ),
        ),
        today=TODAY,
    )
    assert found.income == 200000 + 108333
    assert found.fixed_costs == 5000 + 65000
    assert found.repayments == 4000
    assert found.other_expenses == 30333
    assert found.left == 308333 - 70000 - 4000
    assert [line.kind for line in found.lines] == [
        LineKind.INCOME,
        LineKind.INCOME,
        LineKind.FIXED,
        LineKind.OTHER,
        LineKind.FIXED,
        LineKind.REPAYMENT,
    ]


def test_overview_can_leave_less_than_nothing():
    assert overview(number(make_obligation()), today=TODAY).left == -65000


def test_overview_counts_what_runs_today_only():
    found = overview(
        number(
            make_income(1, until=date(2026, 11, 22)),
            make_income(20, until=TODAY),
            make_income(300, from_date=TODAY),
            make_income(4000, from_date=date(2026, 11, 24)),
        ),
        today=TODAY,
    )
    assert found.income == 320


def test_overview_counts_rent_written_down_twice_once():
    expense = make_expense(65000, category=ExpenseCategory.RENT)
    assert overview(number(make_obligation(), expense), today=TODAY).fixed_costs == 65000
    another = make_expense(12000, category=ExpenseCategory.RENT)
    assert overview(number(make_obligation(), another), today=TODAY).fixed_costs == 77000


def test_overview_does_not_pay_what_lies_with_a_bailiff_or_is_disputed():
    for status in (ObligationStatus.WITH_BAILIFF, ObligationStatus.WITH_COLLECTOR, ObligationStatus.DISPUTED):
        found = overview(number(make_obligation(status=status, amount_creditor=5)), today=TODAY)
        assert (found.fixed_costs, found.repayments, found.payments, found.debt_total) == (0, 0, (), 5)


def test_overview_takes_an_arrangement_on_rent_for_a_repayment():
    arrangement = make_obligation(5000, status=ObligationStatus.ARRANGEMENT, amount_creditor=60000)
    found = overview(number(make_obligation(), arrangement), today=TODAY)
    assert (found.fixed_costs, found.repayments) == (65000, 5000)


def test_overview_counts_a_debt_in_two_hands_once_and_pays_it_once():
    energy = Party(name="Energie", customer_number="1")
    fields = {"type": ObligationType.OTHER, "creditor": energy, "status": ObligationStatus.ARRANGEMENT}
    found = overview(
        number(
            make_obligation(2000, amount_resident=8000, **fields),
            make_obligation(2500, amount_creditor=9000, collector=Party(name="Incasso"), **fields),
        ),
        today=TODAY,
    )
    assert len(found.debts) == 1
    assert (found.debt_total, found.debt_total_resident, found.debt_total_creditor) == (9000, 8000, 9000)
    assert found.repayments == 2500
    assert [payment.amount for payment in found.payments] == [2500]


def test_overview_adds_disputed_debts_up_apart():
    found = overview(
        number(
            make_obligation(amount_creditor=100),
            make_obligation(amount_creditor=30, status=ObligationStatus.DISPUTED, creditor=Party(name="Y")),
        ),
        today=TODAY,
    )
    assert (found.debt_total, found.disputed_total) == (130, 30)
    assert [total.creditor for total in found.creditors] == ["Wonen", "Y"]


def test_overview_lists_payments_by_date():
    found = overview(
        number(
            make_obligation(),
            make_expense(description="Verzekeraar"),
            make_obligation(1000, due_day=None, creditor=Party(name="Kabel"), type=ObligationType.TELECOM),
            make_expense(fixed=False, description="Kleding"),
        ),
        today=TODAY,
    )
    assert [(payment.due, payment.payee) for payment in found.payments] == [
        (date(2026, 12, 1), "Wonen"),
        (date(2026, 12, 5), "Verzekeraar"),
    ]
    assert [(payment.due, payment.payee) for payment in found.payments_undated] == [(None, "Kabel")]


def test_overview_names_what_an_expense_is_for_when_it_does_not_say_to_whom():
    assert overview(number(make_expense()), today=TODAY).payments[0].payee == "insurance"


def test_overview_does_not_call_a_yearly_payment_undated_because_it_is_far_away():
    far = make_expense(frequency=Frequency.YEARLY, from_date=date(2020, 6, 1))
    found = overview(number(far), today=TODAY)
    assert (found.payments, found.payments_undated) == ((), ())


def test_overview_stops_paying_an_expense_on_its_last_day():
    found = overview(number(make_expense(until=date(2026, 12, 4))), today=TODAY)
    assert found.payments == ()


def test_overview_shows_agreements_that_are_not_past():
    yes = (Confirmation(by="A", role=ConfirmationRole.RESIDENT, at=datetime(2026, 1, 1, tzinfo=UTC)),)
    confirmed = make_agreement(status=AgreementStatus.CONFIRMED, confirmations=yes, end=TODAY)
    newer = make_agreement(start=date(2026, 5, 1))
    found = overview(
        number(
            confirmed,
            newer,
            make_agreement(end=date(2026, 11, 22)),
            make_agreement(status=AgreementStatus.ENDED),
            make_agreement(status=AgreementStatus.REFUSED),
        ),
        today=TODAY,
    )
    assert [agreement for _, agreement in found.agreements] == [newer, confirmed]


def test_overview_names_debts_whose_statement_is_old_or_missing():
    ages = {date(2026, 11, 1): "Fresh", date(2026, 7, 1): "Stale", date(2026, 1, 1): "Expired", None: "Missing"}
    records = [
        make_obligation(amount_creditor=100, statement_date=day, creditor=Party(name=name))
        for day, name in ages.items()
    ]
    found = overview(number(*records), today=TODAY)
    assert {debt.creditor: debt.staleness for debt in found.stale_debts} == {
        "Stale": Staleness.STALE,
        "Expired": Staleness.EXPIRED,
        "Missing": Staleness.MISSING,
    }


def test_overview_leaves_people_and_enrolments_out_of_the_money():
    assert overview(number(Applicant(surname="Jansen", birth_date=PartialDate(1980))), today=TODAY).lines == ()


@given(st.lists(any_record, max_size=5), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_overview_adds_up_for_any_records(records, today):
    found = overview(number(*records), today=today)
    assert found.left == found.income - found.fixed_costs - found.repayments
    assert found.income + found.fixed_costs + found.repayments + found.other_expenses == sum(
        line.per_month for line in found.lines
    )
    assert all(payment.due is not None and today <= payment.due <= today + HORIZON for payment in found.payments)
