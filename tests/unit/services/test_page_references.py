"""What an organisation may call a check: a number of its own, nothing about the person."""

from __future__ import annotations

import pytest

from schuldhulp.errors import InvalidInput
from schuldhulp.services.creditor_pages.reference import LONGEST, check_reference, row_of, row_reference


@pytest.mark.parametrize(
    "text",
    ["K-20231", " 4711 ", "2026/11/0042", "zaak 12.3_b", "A999990019", "123456789", "99999001", "9" * LONGEST],
)
def test_check_reference_accepts_an_own_number(text: str) -> None:
    assert check_reference(text, surname="Jansen") == text.strip()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "required"),
        ("   ", "required"),
        ("1" * (LONGEST + 1), "text_too_long"),
        ("klant", "reference_invalid"),
        ("12€", "reference_invalid"),
        ("-12", "reference_invalid"),
        ("1\n2", "reference_invalid"),
        ("\u0661\u0662\u0663", "reference_invalid"),
        ("999990019", "reference_bsn"),
        ("999 99 00.19", "reference_bsn"),
        ("31-12-1980", "reference_identity"),
        ("1980-12-31", "reference_identity"),
        ("K 31.12.1980", "reference_identity"),
        ("jansen1", "reference_identity"),
        ("JAN-SEN 1", "reference_identity"),
    ],
)
def test_check_reference_refuses_what_names_a_person(text: str, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_reference(text, surname="van der Jansen")
    assert (caught.value.key, caught.value.field) == (key, "reference")
    assert not text.strip() or text.strip() not in str(caught.value)


@pytest.mark.parametrize("line", [2, 12, 99_999])
def test_row_of_takes_apart_what_row_reference_made(line: int) -> None:
    assert row_of(row_reference("K-1 regel 3", line)) == ("K-1 regel 3", line)


@pytest.mark.parametrize("reference", ["K-20231", "K regel", "K 2 regel x3", "K regel ²"])
def test_row_of_leaves_what_is_no_row(reference: str) -> None:
    assert row_of(reference) == (reference, 0)
