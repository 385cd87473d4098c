"""Which claims are shown as one debt, on made-up pairs and on the labelled set."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.domain.claims import ClaimContents, ClaimStage, Organisation, contents_from_plain
from schuldhulp.domain.claims.duplicates import duplicates
from schuldhulp.domain.claims.likeness import DuplicateSign, is_same_person
from schuldhulp.domain.records import ObligationType
from schuldhulp.domain.types import Cents

LABELLED = Path(__file__).resolve().parents[2] / "data" / "claims" / "labelled.json"
COLLECTOR = Organisation(name="Incasso Voorbeeld B.V.", kvk="00445566")


@pytest.fixture(scope="module")
def labelled() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(LABELLED.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def invoice(labelled: list[dict[str, Any]]) -> ClaimContents:
    contents = contents_from_plain(labelled[0]["contents"])
    return replace(
        contents,
        debtor=replace(contents.debtor, bsn=None),
        original_creditor=Organisation(name="Energie Noord B.V.", kvk="00112233"),
        holder=Organisation(name="Energie Noord B.V.", kvk="00112233"),
        stage=ClaimStage.CREDITOR,
        reference="F-2026-11871",
        holder_reference="",
        type=ObligationType.ENERGY,
        principal=Cents(18_237),
        costs=Cents(0),
        interest=Cents(0),
        instalment_proposal=None,
        origin_date=date(2026, 2, 1),
        statement_date=date(2026, 5, 1),
    )


def collected(invoice: ClaimContents, **changes: Any) -> ClaimContents:
    return replace(
        invoice,
        holder=COLLECTOR,
        stage=ClaimStage.COLLECTOR,
        holder_reference="IV/99120",
        costs=Cents(4_000),
        **changes,
    )


def found(claims: Sequence[ClaimContents]) -> set[frozenset[int]]:
    return {frozenset({pair.one, pair.other}) for pair in duplicates(dict(enumerate(claims)))}


def test_duplicates_finds_at_least_95_percent_with_a_precision_of_80(labelled: list[dict[str, Any]]) -> None:
    assert len(labelled) == 200
    order = random.Random(11).sample(range(200), 200)  # what stands beside what in the file must not matter
    claims = {place: contents_from_plain(labelled[place]["contents"]) for place in order}
    shown = {frozenset({pair.one, pair.other}) for pair in duplicates(claims)}
    true = {frozenset(pair) for pair in combinations(order, 2) if len({labelled[one]["debt"] for one in pair}) == 1}
    assert len(true) == 74
    assert len(shown & true) / len(true) >= 0.95
    assert len(shown & true) / len(shown) >= 0.80


def test_duplicates_shows_creditor_and_collector_with_what_they_share(invoice: ClaimContents) -> None:
    (pair,) = duplicates({"a": invoice, "b": collected(invoice, reference="f2026 11871")})
    assert {pair.one, pair.other} == {"a", "b"}
    assert pair.likeness.signs == frozenset(DuplicateSign)


def test_duplicates_needs_no_number_in_common(invoice: ClaimContents) -> None:
    (pair,) = duplicates({1: invoice, 2: collected(invoice, reference="klant 20 88")})
    assert DuplicateSign.SAME_REFERENCE not in pair.likeness.signs


def test_duplicates_never_puts_two_invoices_of_one_holder_together(invoice: ClaimContents) -> None:
    assert found([invoice, replace(invoice, reference="F-2026-11872")]) == set()


def test_duplicates_gives_a_collected_claim_to_the_invoice_it_fits_best(invoice: ClaimContents) -> None:
    months = [
        replace(invoice, reference=f"F-2026-1187{month}", origin_date=date(2026, month, 1)) for month in range(1, 5)
    ]
    claim = collected(months[2], reference="F202611873")
    assert found([*months, claim]) == {frozenset({2, 4})}


def test_duplicates_shows_all_three_pairs_of_three_hands(invoice: ClaimContents) -> None:
    bailiff = replace(
        invoice,
        original_creditor=Organisation(name="Energie Noord", kvk="00112233"),
        holder=Organisation(name="Deurwaarders Voorbeeld", kvk="00778899"),
        stage=ClaimStage.BAILIFF,
        reference="IV99120",
        principal=Cents(22_237),
    )
    assert found([invoice, collected(invoice), bailiff]) == {frozenset(pair) for pair in combinations(range(3), 2)}


def test_duplicates_leaves_people_of_two_homes_apart(invoice: ClaimContents) -> None:
    other = replace(
        invoice.debtor, surname="Anders", postcode="1234AB", birth_date=replace(invoice.debtor.birth_date, year=1950)
    )
    assert found([invoice, collected(invoice, debtor=other)]) == set()


def test_duplicates_may_find_one_rent_claimed_from_either_partner(invoice: ClaimContents) -> None:
    partner = replace(invoice.debtor, surname="Anders", birth_date=replace(invoice.debtor.birth_date, year=1950))
    rent = replace(invoice, type=ObligationType.RENT)
    assert found([rent, collected(rent, debtor=partner)]) == {frozenset({0, 1})}


def test_duplicates_never_finds_a_fine_of_one_person_in_that_of_another(invoice: ClaimContents) -> None:
    partner = replace(invoice.debtor, surname="Anders", birth_date=replace(invoice.debtor.birth_date, year=1950))
    fine = replace(invoice, type=ObligationType.FINE)
    assert found([fine, collected(fine, debtor=partner)]) == set()


def test_duplicates_shows_one_debt_filed_under_invoice_and_customer_number(invoice: ClaimContents) -> None:
    assert found([invoice, replace(invoice, reference="klant 4471903")]) == {frozenset({0, 1})}


def test_duplicates_does_not_depend_on_the_order(labelled: list[dict[str, Any]]) -> None:
    claims = [(place, contents_from_plain(row["contents"])) for place, row in enumerate(labelled[:60])]
    shown = {frozenset({pair.one, pair.other}) for pair in duplicates(dict(claims))}
    assert {frozenset({pair.one, pair.other}) for pair in duplicates(dict(reversed(claims)))} == shown


def test_is_same_person_with_an_unknown_birthday(invoice: ClaimContents) -> None:
    known = invoice.debtor
    unknown = replace(known, postcode="1234AB", birth_date=replace(known.birth_date, month=0, day=0))
    assert is_same_person(known, unknown)
    assert not is_same_person(known, replace(unknown, birth_date=replace(known.birth_date, year=1901)))


def test_near_date_is_a_month(invoice: ClaimContents) -> None:
    later = collected(invoice, origin_date=invoice.origin_date + timedelta(days=32))
    (pair,) = duplicates({1: invoice, 2: later})
    assert DuplicateSign.NEAR_DATE not in pair.likeness.signs
