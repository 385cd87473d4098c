from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from schuldhulp.connectors.claim_lines import FIELDS, Language, claim_template, contents_from_lines
from schuldhulp.connectors.lines import read_lines
from schuldhulp.domain.claims import ClaimStage
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import ObligationType, Preference
from schuldhulp.errors import InvalidInput

NOW = datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)

ENGLISH = """
municipality: 14
debtor.surname: Jansen
debtor.birth_date: 00-02-1980
debtor.postcode: 9711 ab
debtor.house_number: 12
original_creditor.name: Woningstichting Voorbeeld
original_creditor.kvk: 1234 5678
reference: fac-2026/001
holder.name: Incasso Voorbeeld
holder.kvk: 87654321
stage: collector
type: rent
principal: 1.200,00
costs: 48,40
interest: 0
statement_date: 01-11-2026
origin_date: 2026-03-01
preference: concurrent
legal_ground: huurovereenkomst
contact.name: Incasso
contact.phone: 050 1234567
iban: nl91 abna 0417 1643 00
why_owed: Huur: maart.
objection: Schrijf ons.
objection_until: none
"""

DUTCH = """
gemeente: 14
schuldenaar.achternaam: Jansen
schuldenaar.geboortedatum: 00-02-1980
schuldenaar.postcode: 9711 ab
schuldenaar.huisnummer: 12
oorspronkelijke_schuldeiser.naam: Woningstichting Voorbeeld
oorspronkelijke_schuldeiser.kvk: 1234 5678
referentie: fac-2026/001
houder.naam: Incasso Voorbeeld
houder.kvk: 87654321
fase: incassant
soort: huur
hoofdsom: 1.200,00
kosten: 48,40
rente: 0
opgavedatum: 01-11-2026
ontstaansdatum: 2026-03-01
rang: concurrent
rechtsgrond: huurovereenkomst
contact.naam: Incasso
contact.telefoon: 050 1234567
rekening: nl91 abna 0417 1643 00
waarom: Huur: maart.
bezwaar: Schrijf ons.
bezwaar_tot: geen
"""


def test_contents_from_lines_reads_both_languages_alike():
    contents = contents_from_lines(ENGLISH, now=NOW)
    assert contents_from_lines(DUTCH, now=NOW) == contents
    assert (contents.principal, contents.costs, contents.total) == (120_000, 4_840, 124_840)
    assert (contents.stage, contents.type) == (ClaimStage.COLLECTOR, ObligationType.RENT)
    assert (contents.debtor.postcode, contents.iban) == ("9711AB", "NL91ABNA0417164300")
    assert (contents.statement_date, contents.origin_date) == (date(2026, 11, 1), date(2026, 3, 1))
    assert (contents.objection_until, contents.instalment_proposal) == (None, None)
    assert contents.why_owed == "Huur: maart."
    assert contents.sent_at == NOW.replace(microsecond=0)


def test_contents_from_lines_changes_what_is_named_and_clears_what_is_empty():
    base = contents_from_lines(
        ENGLISH + "termijnvoorstel.bedrag: 50\ntermijnvoorstel.frequentie: maandelijks\nholder_reference: D 1", now=NOW
    )
    assert base.instalment_proposal is not None
    assert base.instalment_proposal.frequency is Frequency.MONTHLY
    later = NOW.replace(hour=13)
    text = (
        "kosten: 50,-\nbezwaar_tot: 01-12-2026\nnummer_houder:\n"
        "instalment_proposal.amount:\ninstalment_proposal.frequency:\n"
    )
    changed = contents_from_lines(text, now=later, base=base)
    assert (changed.costs, changed.objection_until, changed.holder_reference) == (5_000, date(2026, 12, 1), "")
    expected = dataclasses.replace(
        base,
        costs=changed.costs,
        objection_until=changed.objection_until,
        holder_reference="",
        instalment_proposal=None,
        sent_at=later.replace(microsecond=0),
    )
    assert changed == expected


def test_contents_from_lines_keeps_no_term_when_a_claim_is_amended():
    base = contents_from_lines(ENGLISH, now=NOW)
    assert contents_from_lines("costs: 1", now=NOW, base=base).objection_until is None


@pytest.mark.parametrize(
    ("line", "name", "field"),
    [
        ("rekening: NL91ABNA0417164301", "rekening", "rekening"),
        ("hoofdsom: 12.50", "hoofdsom", "hoofdsom"),
        ("type: gambling", "type", "type"),
        ("soort: loterij", "soort", "soort"),
        ("gemeente: x", "gemeente", "gemeente"),
        ("gemeente: 70000", "gemeente", "municipality"),
        ("opgavedatum: 31-02-2026", "opgavedatum", "opgavedatum"),
        ("bezwaar_tot: straks", "bezwaar_tot", "bezwaar_tot"),
        ("schuldenaar.geboortedatum: 1980", "schuldenaar.geboortedatum", "debtor.birth_date"),
        ("schuldenaar.bsn: 999990018", "schuldenaar.bsn", "debtor.bsn"),
        ("contact.e-mail: niemand", "contact.e-mail", "contact.email"),
    ],
)
def test_contents_from_lines_names_the_field_as_it_was_typed(line, name, field):
    typed = read_lines(ENGLISH)
    dutch = {entry.dutch: path for path, entry in FIELDS.items()}
    own, _, value = line.partition(":")
    typed.pop(dutch.get(own, own), None)
    text = "\n".join(f"{key}: {given}" for key, given in typed.items()) + f"\n{line}"
    with pytest.raises(InvalidInput, match=name) as caught:
        contents_from_lines(text, now=NOW)
    assert caught.value.field == field
    assert value.strip() == "x" or value.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour: red", "field_unknown"),
        ("kosten: 1\ncosts: 2", "field_twice"),
        ("kosten", "line_wrong"),
        ("", "required"),
        (ENGLISH.replace("objection_until: none", "objection_until:"), "required"),
    ],
)
def test_contents_from_lines_refuses(text, key):
    with pytest.raises(InvalidInput) as caught:
        contents_from_lines(text, now=NOW)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hoofsom: 999990019", "line 3: this field is unknown; did you mean hoofdsom?"),
        ("pricipal: 999990019", "line 3: this field is unknown; did you mean principal?"),
        ("geheimen: 999990019", "line 3: this field is unknown; `schuldhulp claim template` shows them all"),
    ],
)
def test_contents_from_lines_names_the_line_of_an_unknown_field_and_what_was_meant(line, said):
    with pytest.raises(InvalidInput) as caught:
        contents_from_lines(f"# claim\nkosten: 1\n{line}", now=NOW)
    assert str(caught.value) == said


def test_contents_from_lines_takes_a_byte_order_mark():
    assert contents_from_lines("\ufeff" + DUTCH.lstrip(), now=NOW) == contents_from_lines(DUTCH, now=NOW)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("schuldenaar.achternaam", "schuldenaar.achternaam"),
        ("hoofdsom", "hoofdsom"),
        ("bezwaar_tot", "bezwaar_tot"),
        ("contact", "contact"),
    ],
)
def test_contents_from_lines_names_what_is_missing_in_dutch_among_dutch_names(left_out, said):
    text = "\n".join(line for line in DUTCH.splitlines() if not line.startswith((f"{left_out}:", f"{left_out}.")))
    with pytest.raises(InvalidInput) as caught:
        contents_from_lines(text, now=NOW)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(("line", "word"), [("rang: eerste", "concurrent"), ("soort: loterij", "huur")])
def test_contents_from_lines_names_choices_in_the_language_of_the_field(line, word):
    with pytest.raises(InvalidInput) as dutch:
        contents_from_lines(line, now=NOW)
    assert word in str(dutch.value)
    with pytest.raises(InvalidInput) as english:
        contents_from_lines("type: loterij", now=NOW)
    assert "rent" in str(english.value)
    assert "huur" not in str(english.value)


@pytest.mark.parametrize("language", list(Language))
def test_claim_template_has_every_field_once_and_reads_back(language):
    names = read_lines(claim_template(language))
    assert len(names) == len(FIELDS)
    with pytest.raises(InvalidInput) as caught:
        contents_from_lines(claim_template(language), now=NOW)
    assert caught.value.key == "required"


def test_every_field_of_the_contents_has_a_line():
    base = contents_from_lines(ENGLISH, now=NOW)
    wanted = {field.name for field in dataclasses.fields(base)} - {"sent_at"}
    assert {path.partition(".")[0] for path in FIELDS} == wanted
    for part in ("debtor", "holder", "contact"):
        inside = {field.name for field in dataclasses.fields(getattr(base, part))}
        assert {path.partition(".")[2] for path in FIELDS if path.startswith(f"{part}.")} == inside


def test_preferences_are_the_words_of_the_trade():
    assert contents_from_lines(DUTCH, now=NOW).preference is Preference.CONCURRENT
