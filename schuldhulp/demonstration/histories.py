"""What happened in each household's dossier, as steps that can be repeated: a record added, changed or withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from schuldhulp.demonstration.people import SEED, Case, Household
from schuldhulp.demonstration.words import ADMITTED, OTHERS, SURNAME_OF_MANY, Organisation
from schuldhulp.domain.records import (
    Agreement,
    AgreementStatus,
    AgreementType,
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
    Preference,
    Record,
    Source,
)
from schuldhulp.domain.types import Cents, RecordId


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes:
        before: the record as it was, or None when it was added.
        after: the record as it became, or None when it was withdrawn.
        reason: why it was withdrawn.
    """

    before: Record | None
    after: Record | None
    reason: str = ""


_PREFERENT = {ObligationType.NATIONAL_TAX, ObligationType.MUNICIPAL_TAX, ObligationType.BENEFIT_REPAYMENT}

_GROUNDS = {
    ObligationType.RENT: "huurovereenkomst",
    ObligationType.ENERGY: "leveringsovereenkomst",
    ObligationType.WATER: "leveringsovereenkomst",
    ObligationType.HEALTH_INSURANCE: "zorgverzekeringsovereenkomst",
    ObligationType.MUNICIPAL_TAX: "aanslag gemeentelijke heffingen",
    ObligationType.NATIONAL_TAX: "aanslag inkomstenbelasting",
    ObligationType.BENEFIT_REPAYMENT: "terugvorderingsbeschikking toeslag",
    ObligationType.FINE: "beschikking Wahv",
}


def steps(household: Household, people: Sequence[RecordId], today: date) -> list[Step]:
    """Return what happened in a household, in order; the same for the same household, people and day.

    Args:
        household: whose dossier.
        people: records of its applicants, the first one first.
        today: the day that dates are counted back from.
    """
    if household.case is Case.EMPTY:
        return []
    random = Random(SEED * 1000 + household.number)  # noqa: S311 - the same history each time
    story = _Story(random, household, tuple(people), today)
    happened = [*story.incomes(), *story.expenses(), *story.debts(), *story.agreements()]
    # The intake first, in one go; what changed afterwards in the order of each record.
    return sorted(happened, key=lambda step: step.before is not None)


class _Story:
    def __init__(self, random: Random, household: Household, people: tuple[RecordId, ...], today: date) -> None:
        self._random = random
        self._household = household
        self._people = people
        self._today = today

    def incomes(self) -> Iterator[Step]:
        for owner in self._people:
            begin = self._days_ago(400, 2000)
            if self._random.random() < 0.45:
                salary = Income(
                    owner=owner,
                    category=IncomeCategory.SALARY,
                    description=self._random.choice(
                        ("Schoonmaakbedrijf Glim", "Bakkerij Deeg", "Thuiszorg Noord", "Uitzendbureau Vlot")
                    ),
                    amount=self._euros(1150, 2050),
                    frequency=self._random.choice((Frequency.MONTHLY, Frequency.FOUR_WEEKLY)),
                    from_date=begin,
                )
                yield Step(None, salary)
                if self._random.random() < 0.4:
                    raised = replace(salary, amount=Cents(salary.amount + 4350), note="loonstrook van de laatste maand")
                    yield Step(salary, raised)
            else:
                yield Step(
                    None,
                    Income(
                        owner=owner,
                        category=IncomeCategory.BENEFIT,
                        description=self._random.choice(("Bijstandsuitkering", "WW-uitkering", "WIA-uitkering")),
                        amount=self._euros(980, 1420),
                        frequency=Frequency.MONTHLY,
                        from_date=begin,
                    ),
                )
        for description, low, high in (("Zorgtoeslag", 95, 131), ("Huurtoeslag", 140, 390)):
            yield Step(
                None,
                Income(
                    owner=self._people[0],
                    category=IncomeCategory.ALLOWANCE,
                    description=description,
                    amount=self._euros(low, high),
                    frequency=Frequency.MONTHLY,
                    from_date=date(self._today.year - 1, 1, 1),
                ),
            )
        if self._random.random() < 0.35:
            yield Step(
                None,
                Income(
                    owner=self._people[-1],
                    category=IncomeCategory.CHILD_BENEFIT,
                    description="Kinderbijslag",
                    amount=self._euros(280, 800),
                    frequency=Frequency.QUARTERLY,
                    from_date=date(self._today.year - 1, 1, 1),
                ),
            )

    def expenses(self) -> Iterator[Step]:
        lines = (
            (ExpenseCategory.RENT, "Huur", 430, 790, Frequency.MONTHLY, True),
            (ExpenseCategory.ENERGY, "Gas en stroom", 110, 260, Frequency.MONTHLY, True),
            (ExpenseCategory.WATER, "Water", 30, 75, Frequency.QUARTERLY, True),
            (ExpenseCategory.HEALTH_INSURANCE, "Zorgverzekering", 138, 172, Frequency.MONTHLY, True),
            (ExpenseCategory.INSURANCE, "Inboedel en aansprakelijkheid", 14, 29, Frequency.MONTHLY, True),
            (ExpenseCategory.TELECOM, "Internet en telefoon", 38, 69, Frequency.MONTHLY, True),
            (ExpenseCategory.TAX, "Gemeentelijke heffingen", 320, 640, Frequency.YEARLY, True),
            (ExpenseCategory.TRANSPORT, "Bus en fiets", 20, 95, Frequency.MONTHLY, False),
            (ExpenseCategory.GROCERIES, "Boodschappen", 55, 120, Frequency.WEEKLY, False),
            (ExpenseCategory.CLOTHING, "Kleding", 25, 60, Frequency.MONTHLY, False),
        )
        begin = self._days_ago(300, 1500)
        for category, description, low, high, frequency, fixed in lines:
            expense = Expense(
                owner=self._people[0],
                category=category,
                description=description,
                amount=self._euros(low, high),
                frequency=frequency,
                from_date=begin,
                fixed=fixed,
            )
            yield Step(None, expense)
            if category is ExpenseCategory.ENERGY and self._random.random() < 0.5:
                yield Step(expense, replace(expense, amount=Cents(expense.amount + 1850), note="nieuw termijnbedrag"))

    def debts(self) -> Iterator[Step]:
        if self._household.case is Case.MANY_CREDITORS:
            for place, name in enumerate(SURNAME_OF_MANY):
                organisation = Organisation("", name, "other")
                yield from self._debt(organisation, ObligationType.OTHER, reported=place % 3 != 0)
            return
        yield from self._debt(ADMITTED[0], ObligationType.RENT, reported=True, regular=True)
        yield from self._debt(ADMITTED[1], ObligationType.ENERGY, reported=True, regular=True)
        yield from self._debt(ADMITTED[2], ObligationType.HEALTH_INSURANCE, reported=self._random.random() < 0.7)
        for organisation in self._random.sample(OTHERS, self._random.randint(3, 7)):
            yield from self._debt(
                organisation, ObligationType(organisation.trade), reported=self._random.random() < 0.6
            )
        if self._household.case is Case.DISPUTED:
            yield from self._disputed()
        if self._household.case is Case.CHAIN_OF_COLLECTORS:
            yield from self._chain_of_collectors()
        if self._household.case is Case.STALE_STATEMENT:
            yield from self._stale()
        if self._random.random() < 0.3:
            yield from self._entered_twice()

    def agreements(self) -> Iterator[Step]:
        name = self._household.applicants[0].full_name
        begin = self._days_ago(20, 100)
        confirmed_at = datetime.combine(begin, time(10, 15), tzinfo=UTC)
        proposal = Agreement(
            type=AgreementType.STABILISATION,
            parties=(name, "Kredietbank"),
            text="U betaalt de vaste lasten op tijd. U maakt geen nieuwe schulden. Wij vragen uw schuldeisers om rust.",
            start=begin,
            end=begin + timedelta(days=120),
        )
        yield Step(None, proposal)
        agreed = replace(
            proposal,
            status=AgreementStatus.CONFIRMED,
            confirmations=(
                Confirmation(by="schuldhulpverlener", role=ConfirmationRole.CASEWORKER, at=confirmed_at),
                Confirmation(by=name, role=ConfirmationRole.RESIDENT, at=confirmed_at + timedelta(hours=5)),
            ),
        )
        yield Step(proposal, agreed)
        if self._random.random() < 0.6:
            yield Step(
                None,
                Agreement(
                    type=AgreementType.BUDGET_MANAGEMENT,
                    parties=(name, "Kredietbank"),
                    text="Uw inkomen komt bij ons binnen. Wij betalen uw vaste lasten. U krijgt iedere week leefgeld.",
                    amount=self._euros(60, 110),
                    frequency=Frequency.WEEKLY,
                    start=begin + timedelta(days=14),
                ),
            )
        if self._household.case is Case.ENDED:
            yield Step(agreed, replace(agreed, status=AgreementStatus.ENDED, end=self._today))

    # --- debts ---

    def _debt(
        self, organisation: Organisation, type_: ObligationType, *, reported: bool, regular: bool = False
    ) -> Iterator[Step]:
        owed = self._euros(85, 4200)
        debt = Obligation(
            type=type_,
            owed_by=self._people if type_ is ObligationType.RENT else (self._random.choice(self._people),),
            creditor=self._party(organisation),
            amount_resident=self._rounded(owed),
            original_amount=self._share(owed, 0.8),
            arrears=self._share(owed, self._random.choice((0.0, 0.2, 0.5, 1.0))),
            instalment=self._euros(15, 60) if regular else Cents(0),
            frequency=Frequency.MONTHLY if regular else Frequency.NONE,
            due_day=self._random.choice((1, 15, 25, 28, 31)) if regular else None,
            preference=Preference.PREFERENT if type_ in _PREFERENT else Preference.CONCURRENT,
            origin_date=self._days_ago(250, 1300),
            legal_ground=_GROUNDS.get(type_, "overeenkomst"),
            status=ObligationStatus.IN_ARREARS,
            source=Source.RESIDENT,
        )
        yield Step(None, debt)
        if not reported:
            return
        stated = replace(debt, amount_creditor=owed, statement_date=self._days_ago(3, 150), source=Source.CREDITOR)
        yield Step(debt, stated)
        if self._random.random() < 0.25:
            collector = self._party(ADMITTED[4], file_number=f"VD-{self._random.randint(10000, 99999)}")
            handed_over = replace(stated, collector=collector, status=ObligationStatus.WITH_COLLECTOR)
            yield Step(stated, handed_over)
        elif self._random.random() < 0.2:
            yield Step(
                stated,
                replace(
                    stated,
                    status=ObligationStatus.ARRANGEMENT,
                    instalment=Cents(2500),
                    frequency=Frequency.MONTHLY,
                    due_day=1,
                ),
            )

    def _disputed(self) -> Iterator[Step]:
        debt = Obligation(
            type=ObligationType.TELECOM,
            owed_by=self._people[:1],
            creditor=self._party(OTHERS[3]),
            amount_resident=Cents(0),
            amount_creditor=Cents(74_95),
            statement_date=self._days_ago(10, 40),
            legal_ground="abonnement",
            source=Source.CREDITOR,
            status=ObligationStatus.IN_ARREARS,
        )
        yield Step(None, debt)
        yield Step(
            debt, replace(debt, status=ObligationStatus.DISPUTED, note="Client heeft het abonnement op tijd opgezegd.")
        )

    def _chain_of_collectors(self) -> Iterator[Step]:
        debt = Obligation(
            type=ObligationType.CONSUMER_CREDIT,
            owed_by=self._people[:1],
            creditor=self._party(OTHERS[5]),
            original_creditor=self._party(OTHERS[4]),
            amount_resident=Cents(1_200_00),
            original_amount=Cents(950_00),
            source=Source.RESIDENT,
            status=ObligationStatus.IN_ARREARS,
        )
        yield Step(None, debt)
        collected = replace(
            debt,
            collector=self._party(ADMITTED[4], file_number="VD-40117"),
            amount_creditor=Cents(1_310_50),
            statement_date=self._days_ago(100, 140),
            status=ObligationStatus.WITH_COLLECTOR,
        )
        yield Step(debt, collected)
        served = replace(
            collected,
            bailiff=self._party(ADMITTED[5], file_number="2026-RD-0815"),
            amount_creditor=Cents(1_498_77),
            statement_date=self._days_ago(5, 30),
            legal_ground="vonnis kantonrechter",
            status=ObligationStatus.WITH_BAILIFF,
        )
        yield Step(collected, served)

    def _stale(self) -> Iterator[Step]:
        yield Step(
            None,
            Obligation(
                type=ObligationType.OTHER,
                owed_by=self._people[:1],
                creditor=self._party(OTHERS[9]),
                amount_resident=Cents(310_00),
                amount_creditor=Cents(318_40),
                statement_date=self._days_ago(230, 300),
                source=Source.CREDITOR,
                status=ObligationStatus.IN_ARREARS,
            ),
        )

    def _entered_twice(self) -> Iterator[Step]:
        debt = Obligation(
            type=ObligationType.OTHER,
            owed_by=self._people[:1],
            creditor=self._party(OTHERS[8]),
            amount_resident=self._euros(40, 160),
            source=Source.RESIDENT,
            status=ObligationStatus.IN_ARREARS,
        )
        yield Step(None, debt)
        yield Step(debt, None, reason="Dubbel ingevoerd.")

    # --- small things ---

    def _party(self, organisation: Organisation, file_number: str = "") -> Party:
        return Party(
            name=organisation.name,
            kvk=organisation.kvk,
            customer_number=str(self._random.randint(100_000, 999_999)),
            file_number=file_number,
        )

    def _euros(self, low: int, high: int) -> Cents:
        return Cents(self._random.randint(low * 100, high * 100))

    @staticmethod
    def _rounded(amount: Cents) -> Cents:
        """People remember about how much they owe."""
        return Cents(round(amount / 5000) * 5000 or 5000)

    @staticmethod
    def _share(amount: Cents, part: float) -> Cents:
        return Cents(int(amount * part))

    def _days_ago(self, low: int, high: int) -> date:
        return self._today - timedelta(days=self._random.randint(low, high))
