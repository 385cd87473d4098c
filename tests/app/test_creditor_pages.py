"""The pages on which a creditor's employee asks: the answer, what is refused, and that nothing typed stays."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

import pytest
from streamlit.runtime.state.session_state import SessionState

from app.screens.creditor_history import written
from schuldhulp.domain.identifiers import name_identifier, parse_partial_date
from schuldhulp.domain.signal import Signal
from schuldhulp.errors import NotAllowed, Unreachable
from tests.app.conftest import go, html_of, press, text_of
from tests.support.fake_checks import make_check

TYPED = {
    "ask_surname": "Wolkenstein-Ülger",
    "ask_birth_date": "17-03-1981",
    "ask_postcode": "9712 QX",
    "ask_house_number": "417b",
    "ask_reference": "K-20231",
}


def ask(at, **changes):
    """Fill in the fields and ask."""
    for key, text in {**TYPED, **changes}.items():
        at.text_input(key=key).set_value(text)
    return press(at, "ask_send")


def kept(at) -> str:
    """Return everything that a session holds, also what objects in it do not show of themselves."""
    state = at.session_state
    while not isinstance(state, SessionState):
        state = state._state
    return " ".join(_inside([state._old_state, state._new_session_state, state._new_widget_state.states], set()))


def _inside(value, seen):
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _inside(item, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _inside(item, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            yield from _inside(getattr(value, part.name), seen)
    else:
        # Without the places in memory, whose digits could be those of a house number.
        yield re.sub(r"0x[0-9a-f]+", "", str(value))


def make_known(fake):
    """Have the credit bank know the person in `TYPED`."""
    person = name_identifier("Wolkenstein-Ülger", parse_partial_date("17-03-1981"), "9712QX", "417")
    fake.checks.known.add(person.text)


def test_page_shows_green_with_what_to_do_and_the_number(visit, fake):
    make_known(fake)
    text = text_of(ask(visit("creditor")))
    for part in ("Bekend bij de kredietbank", "Groen", "7X2P-QK4M-90ZT-H", "K-20231", "schuldhulp@example.nl",
                 "Tweelingen"):  # fmt: skip
        assert part in text
    assert text.index("Bekend bij de kredietbank") < text.index(">Groen<")


def test_page_shows_red_as_an_answer_and_no_error(visit):
    at = ask(visit("creditor"))
    text, html = text_of(at), html_of(at)
    assert text.index("Niet bekend bij deze kredietbank") < text.index(">Rood<")
    assert "tikfout of een verhuizing" in text
    assert 'class="notice error' not in html
    assert 'role="alert"' not in html


TRACES = ("Wolkenstein", "wolkenstein", "17-03-1981", "1981-03-17", "9712", "417")


def test_page_keeps_nothing_that_was_typed_after_red(visit, fake):
    at = ask(visit("creditor"))
    assert len(fake.checks.asked) == 1
    seen = text_of(at) + kept(at) + repr(at.query_params)
    assert "K-20231" in kept(at)
    for typed in TRACES:
        assert typed not in seen
    at = press(at, "ask_another")
    assert [field.value for field in at.text_input] == [""] * 5


def test_page_keeps_what_was_typed_after_green_for_a_claim_alone(visit, fake):
    make_known(fake)
    at = ask(visit("creditor"))
    assert "nog 15 minuten" in text_of(visit("creditor"))
    for typed in TRACES:
        assert typed not in text_of(at) + repr(at.query_params)
    prefill = at.session_state["claim_prefill"]
    assert prefill.raw["debtor_surname"] == TYPED["ask_surname"]
    assert "Wolkenstein" not in repr(prefill)
    # Once somebody else is asked about, nothing of it is left; neither when its time is over.
    at = press(at, "ask_another")
    assert prefill.raw == {}
    for typed in TRACES:
        assert typed not in kept(at)
    assert [field.value for field in at.text_input] == [""] * 5


@pytest.mark.parametrize("error", [Unreachable("rpc_unreachable", "silent"), NotAllowed("daily_quota_spent", "spent")])
def test_page_never_shows_red_where_there_is_no_answer(visit, fake, error):
    fake.checks.failing = error
    at = ask(visit("creditor"))
    text = text_of(at)
    assert "Dit is geen rood" in text
    assert "Niet bekend" not in text
    assert 'class="answer' not in html_of(at)
    # What was typed is still there, and asking again gives an answer.
    assert at.text_input(key="ask_surname").value == TYPED["ask_surname"]
    assert "Niet bekend bij deze kredietbank" in text_of(press(at, "ask_send"))


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("ask_surname", "", "Achternaam: vul dit in"),
        ("ask_surname", "12345", "hier staat geen letter in"),
        ("ask_birth_date", "31-02-1980", "deze dag bestaat niet"),
        ("ask_postcode", "12", "1234AB"),
        ("ask_house_number", "a", "huisnummer begint met een cijfer"),
        ("ask_reference", "", "Uw kenmerk: vul dit in"),
        ("ask_reference", "geen", "minstens één cijfer"),
        ("ask_reference", "999990019", "dit kan een BSN zijn"),
        ("ask_reference", "9999 900 19", "dit kan een BSN zijn"),
        ("ask_reference", "Wolkenstein 1", "geen naam of datum"),
        ("ask_reference", "17-03-1981", "geen naam of datum"),
        ("ask_reference", "<b>1</b>", "minstens één cijfer"),
        ("ask_reference", "=1+1", "minstens één cijfer"),
    ],
)
def test_page_names_the_field_that_is_wrong_and_asks_nothing(visit, fake, key, typed, said):
    at = ask(visit("creditor"), **{key: typed})
    text = text_of(at)
    assert said in text
    assert f'href="#veld-{key}"' in text
    assert not fake.checks.asked
    assert "Bekend" not in text.split("Wat gebeurt er")[0]


def test_page_says_all_that_is_wrong_at_once(visit, fake):
    at = ask(
        visit("creditor"), ask_surname="12345", ask_birth_date="31-02-1980", ask_postcode="12", ask_house_number="a",
        ask_reference="999990019",
    )  # fmt: skip
    for said in ("hier staat geen letter in", "deze dag bestaat niet", "1234AB", "huisnummer begint met een cijfer",
                 "dit kan een BSN zijn"):  # fmt: skip
        # Once in the summary, once below the field.
        assert text_of(at).count(said) == 2, said
    # The surname in the reference too is said beside another fault.
    text = text_of(ask(at, ask_postcode="12", ask_reference="Wolkenstein 1"))
    assert "geen naam of datum" in text
    assert "1234AB" in text
    assert not fake.checks.asked


def test_page_takes_the_same_number_with_a_letter_before_it(visit, fake):
    ask(visit("creditor"), ask_reference="K999990019")
    assert len(fake.checks.asked) == 1


def test_page_has_no_field_for_a_bsn_without_the_ground(visit, fake):
    at = visit("creditor")
    assert not at.radio
    assert "ask_bsn" not in {field.key for field in at.text_input}
    fake.checks.bsn = True
    at = visit("creditor")
    at.radio(key="ask_by").set_value(True).run()
    assert {field.key for field in at.text_input} == {"ask_bsn", "ask_reference"}
    at.text_input(key="ask_bsn").set_value("999990019")
    at.text_input(key="ask_reference").set_value("K-1")
    at = press(at, "ask_send")
    assert "Niet bekend bij deze kredietbank" in text_of(at)
    assert "999990019" not in text_of(at) + kept(at)


def test_page_says_what_is_left_of_the_quota(visit, fake):
    fake.checks.fill(47)
    assert "vandaag nog 3 van de 50 personen" in text_of(visit("creditor"))
    fake.checks.fill(50)
    at = visit("creditor")
    assert "maximum bereikt" in text_of(at)
    assert not at.text_input


def test_page_is_closed_without_an_account_and_says_what_to_do(visit, fake):
    fake.checks.open = False
    at = visit("creditor")
    assert "nog uit" in text_of(at)
    assert not at.text_input


def test_history_is_empty_with_what_to_do(visit):
    assert "Begin bij Toets" in text_of(visit("creditor", "mijn-toetsen"))


def test_history_filters_by_answer_and_date_with_counts(visit, fake, monkeypatch):
    monkeypatch.setattr("app.components.formats.today", lambda: fake.checks.now.date())
    fake.checks.fill(30)
    at = visit("creditor", "mijn-toetsen")
    assert "1 tot en met 20 van 30" in text_of(at)
    assert "Wis filters" not in text_of(at)
    assert '>Groen<span class="count">10<' in html_of(at)
    at = go(at, "mijn-toetsen", antwoord="groen", periode="week")
    text = text_of(at)
    assert "1 tot en met 3 van 3" in text
    assert "Wis filters" in text
    assert '>Rood<span class="count">4<' in html_of(at)
    assert "Geen toets gevonden" in text_of(go(at, "mijn-toetsen", antwoord="rood", periode="vandaag"))


def test_history_turns_pages(visit, fake):
    fake.checks.fill(45)
    at = visit("creditor", "mijn-toetsen")
    at = press(press(at, "asked_next"), "asked_next")
    assert "41 tot en met 45 van 45" in text_of(at)
    assert "K-0044" in text_of(at)
    # Another filter begins at its first page.
    assert "1 tot en met 15 van 15" in text_of(go(at, "mijn-toetsen", antwoord="groen"))


def test_written_is_what_the_list_shows():
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    content = written([make_check("K-1", Signal.GREEN, at)]).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert rows[0] == ["kenmerk", "getoetst_op", "antwoord", "controlenummer", "blok", "inlog"]
    assert rows[1] == ["K-1", "2026-11-23T09:30:00+00:00", "groen", "7X2P-QK4M-90ZT-H", "321", "0badcafe"]


LIST = (
    "klant;achternaam;geboortedatum;postcode;huisnummer\r\n"
    "A1;Wolkenstein-Ülger;17-03-1981;9712QX;417b\r\n"
    "A2;Jansen;31-02-1980;9711AB;12\r\n"
    "A3;Jansen;01-02-1980;9711AB;12\r\n"
)


def upload(at, content: str | bytes, reference: str = "LIJST-7"):
    """Choose a file and begin."""
    raw = content.encode() if isinstance(content, str) else content
    at.file_uploader[0].upload("personen.csv", raw, "text/csv")
    at.text_input(key="asklist_reference").set_value(reference)
    at = press(at, "asklist_start")
    if "asklist_run" in at.session_state:
        assert at.session_state["asklist_run"].wait(20)
        at = go(at, "lijst-toetsen")
    return at


def test_list_gives_back_the_file_with_the_answers(visit, fake):
    make_known(fake)
    at = upload(visit("creditor", "lijst-toetsen"), LIST)
    text = text_of(at)
    assert "1 groen, 1 rood" in text
    assert "1 regel is niet getoetst" in text
    assert "Deze dag bestaat niet" in text
    content = at.session_state["asklist_run"].content(lambda check: {"signal": str(check.signal)}, str).decode()
    rows = list(csv.DictReader(io.StringIO(content), delimiter=";"))
    assert [(row["klant"], row["signal"]) for row in rows] == [("A1", "green"), ("A2", ""), ("A3", "red")]
    assert [check.reference for check in reversed(fake.checks.rows)] == ["LIJST-7 regel 2", "LIJST-7 regel 4"]


def test_list_shows_nothing_of_the_file_and_forgets_it(visit, fake):
    at = upload(visit("creditor", "lijst-toetsen"), LIST)
    for typed in ("Wolkenstein", "Jansen", "9712", "1981"):
        assert typed not in text_of(at)
    run = at.session_state["asklist_run"]
    at = press(at, "asklist_forget")
    assert run.content(dict, str) == b""
    assert "Wolkenstein" not in kept(at)
    assert at.file_uploader


def test_list_that_stops_half_way_says_that_the_rest_is_no_red(visit, fake):
    fake.checks.failing, fake.checks.after = Unreachable("rpc_unreachable", "silent"), 1
    at = upload(visit("creditor", "lijst-toetsen"), LIST)
    text = text_of(at)
    assert "De lijst is niet afgemaakt" in text
    assert "1 van de 2 personen" in text
    assert "dat is geen rood" in text
    content = at.session_state["asklist_run"].content(lambda check: {"signal": str(check.signal)}, str).decode()
    assert [row["signal"] for row in csv.DictReader(io.StringIO(content), delimiter=";")] == ["red", "", ""]


@pytest.mark.parametrize(
    ("content", "reference", "said"),
    [
        ("", "L-1", "staat niemand die kan worden getoetst"),
        ("naam;adres\nJansen;Straat 1\n", "L-1", "deze kolom mist"),
        (b"PK\x03\x04rest", "L-1", "Dit is een werkmap"),
        (LIST, "", "Uw kenmerk: vul dit in"),
        (LIST, "999990019", "dit kan een BSN zijn"),
        (LIST, "K" + "1" * 28, "hoogstens 28 tekens"),
        (LIST + "A4;Pieters;01-02-1980;9711AB;1\r\n" * 50, "L-1", "meer dan 50 personen"),
        ("x" * 300_000, "L-1", "te groot"),
    ],
)
def test_list_that_cannot_be_checked_is_refused_as_a_whole(visit, fake, content, reference, said):
    at = upload(visit("creditor", "lijst-toetsen"), content, reference)
    assert said in text_of(at)
    assert not fake.checks.asked
    assert at.file_uploader


def test_list_without_a_file_asks_for_one(visit):
    at = visit("creditor", "lijst-toetsen")
    at.text_input(key="asklist_reference").set_value("L-1")
    assert "Kies eerst een bestand" in text_of(press(at, "asklist_start"))


def test_list_of_another_municipality_is_not_asked(visit, fake):
    content = "achternaam;geboortedatum;postcode;huisnummer;gemeente\nJansen;01-02-1980;9711AB;12;363\n"
    assert "toetst u alleen bij deze gemeente" in text_of(upload(visit("creditor", "lijst-toetsen"), content))
    assert not fake.checks.asked
