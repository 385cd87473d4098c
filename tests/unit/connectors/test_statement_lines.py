from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.connectors.claim_lines import Language
from schuldhulp.connectors.lines import read_lines
from schuldhulp.connectors.statement_lines import FIELDS, statement_from_lines, statement_template
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import ConsentSubject
from schuldhulp.errors import InvalidInput

NOW = datetime(2026, 11, 23, 11, 0, 0, 5, tzinfo=UTC)
ID = b"\x07" * 30
ENGLISH = """
municipality: 14
client.surname: Jansen
client.birth_date: 00-02-1980
client.postcode: 9711 ab
client.house_number: 12
sender.name: Woonstichting De Haven
sender.kvk: 12345678
reference: HUUR-0017
subject: rent
amount: 612,34
frequency: monthly
from_date: 01-11-2026
iban: nl91 abna 0417 1643 00
"""
DUTCH = """
gemeente: 14
cliënt.achternaam: Jansen
client.geboortedatum: 00-02-1980
cliënt.postcode: 9711AB
cliënt.huisnummer: 12
afzender.naam: Woonstichting De Haven
afzender.kvk: 12345678
kenmerk: HUUR-0017
onderwerp: Huur
bedrag: € 612,34
frequentie: maandelijks
vanaf: 01-11-2026
tot_en_met:
rekening: NL91ABNA0417164300
"""


def read(text: str):
    return statement_from_lines(text, now=NOW, new_id=ID)


def test_statement_from_lines_reads_both_languages():
    statement = read(ENGLISH)
    assert statement == read(DUTCH)
    assert (statement.municipality, statement.statement_id) == (14, b"\x00\x0e" + ID)
    assert (statement.subject, statement.amount, statement.frequency) == (
        ConsentSubject.RENT,
        612_34,
        Frequency.MONTHLY,
    )
    assert (statement.from_date, statement.until, statement.iban) == (date(2026, 11, 1), None, "NL91ABNA0417164300")
    assert (statement.client.postcode, statement.client.birth_date.dutch) == ("9711AB", "00-02-1980")
    assert statement.sent_at == NOW.replace(microsecond=0)


@pytest.mark.parametrize("language", Language)
def test_statement_template_names_every_line_and_is_read_back(language: Language):
    names = list(read_lines(statement_template(language)))
    assert names == ([field.dutch for field in FIELDS.values()] if language is Language.DUTCH else list(FIELDS))
    with pytest.raises(InvalidInput) as caught:
        read(statement_template(language))
    assert caught.value.field == "municipality"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("municipality: 0", "municipality"),
        ("municipality: Groningen", "municipality"),
        ("subject: dog", "subject"),
        ("frequency: once", "frequency"),
        ("amount: 12.5", "amount"),
        ("from_date: 31-02-2026", "from_date"),
        ("until: 01-01-2026", "until"),
        ("sender.kvk: 123", "sender.kvk"),
        ("client.house_number: twelve", "client.house_number"),
        ("iban: NL00ABNA0417164300", "iban"),
        ("reference:", "reference"),
        ("client.surname:", "client.surname"),
    ],
)
def test_statement_from_lines_names_what_is_wrong(line: str, field: str):
    name = line.partition(":")[0]
    kept = [one for one in ENGLISH.splitlines() if not one.startswith(f"{name}:")]
    with pytest.raises(InvalidInput) as caught:
        read("\n".join([*kept, line]))
    assert caught.value.field == field


def test_statement_from_lines_names_the_field_as_it_was_typed():
    with pytest.raises(InvalidInput, match="tot_en_met"):
        read(DUTCH.replace("tot_en_met:", "tot_en_met: 01-01-2026"))


def test_statement_from_lines_says_which_line_is_unknown_and_what_was_meant():
    with pytest.raises(InvalidInput, match=r"line 14.*did you mean amount\?"):
        read(ENGLISH.rstrip("\n").replace("\niban", "\nammount: 1\niban"))
    with pytest.raises(InvalidInput, match="two languages"):
        read(ENGLISH + "bedrag: 1,00\n")


@given(st.text(max_size=200))
def test_statement_from_lines_refuses_rubbish_with_a_named_error(text: str):
    with pytest.raises(InvalidInput):
        read(text)
