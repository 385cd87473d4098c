"""The caseworker's pages about statements and consents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.components import formats
from app.components.claims import number_of
from schuldhulp.domain.claims import Debtor
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.records import Consent, ConsentForm, ConsentSubject, Expense, ReceivedClaim, SentNotice
from schuldhulp.domain.records.sent_notice import NoticeMeans
from schuldhulp.domain.statements import StatementDecline
from schuldhulp.errors import Conflict
from schuldhulp.services.statements.rows import StatementFinding, StatementState
from tests.app.conftest import go, press, text_of
from tests.support.fake_cockpit import NOW, TODAY, FakeCockpit, dossier_id, record_id
from tests.support.fake_statements import FakeStatements
from tests.support.statements import LANDLORD, make_statement

FIRST = dossier_id(0)
FENNA = Debtor(
    surname="Meulen", prefix="van der", birth_date=PartialDate(1984, 3, 12), postcode="9711AB", house_number=12
)

Visit = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages count from the day of the stand-in services."""
    monkeypatch.setattr(formats, "today", lambda: TODAY)


@pytest.fixture
def inbox(fake: FakeCockpit) -> FakeStatements:
    return fake.kept_statements


@pytest.fixture
def me() -> bytes:
    """The applicant that the statement is about."""
    return record_id("me")


def received(inbox: FakeStatements, **changes) -> bytes:
    return inbox.receive(make_statement(**{"client": FENNA} | changes))


def consent(fake: FakeCockpit, me: bytes, **changes) -> None:
    values = {
        "applicant": me,
        "party": LANDLORD.name,
        "kvk": LANDLORD.kvk,
        "subject": ConsentSubject.RENT,
        "given_on": date(2026, 11, 2),
        "how": ConsentForm.WRITTEN,
    }
    fake.stored[FIRST].put(record_id(f"consent {changes}"), Consent(**values | changes))


def test_inbox_shows_statements_by_age_and_nothing_of_their_contents(visit: Visit, inbox: FakeStatements) -> None:
    first = inbox.receive(make_statement(client=FENNA), received_at=NOW - timedelta(days=3))
    second = inbox.receive(make_statement(), state=StatementState.REFUSED, finding=StatementFinding.SENDER_MISMATCH)
    done = inbox.receive(make_statement(), state=StatementState.DECLINED)
    shown = text_of(visit("caseworker", "opgaven"))
    assert shown.index(number_of(first)) < shown.index(number_of(second))
    assert number_of(done) not in shown
    assert "Niet bruikbaar: op naam van een andere organisatie" in shown
    assert "KvK 12345678" in shown
    for private in ("Meulen", "612,34", "Woonstichting", "HUUR-0017"):
        assert private not in shown
    assert number_of(done) in text_of(visit("caseworker", "opgaven", stand="alle"))


def test_inbox_without_statements_says_so(visit: Visit) -> None:
    assert "Er wacht geen opgave" in text_of(visit("caseworker", "opgaven"))


@pytest.mark.parametrize("who", ["resident", "administrator", "creditor"])
@pytest.mark.parametrize("path", ["opgaven", "opgave", "opgave-overnemen", "opgave-afwijzen", "toestemmingen"])
def test_pages_are_for_caseworkers(visit: Visit, inbox: FakeStatements, who: str, path: str) -> None:
    message = received(inbox)
    shown = text_of(visit(who, path, opgave=message, dossier=FIRST))
    assert "Woonstichting" not in shown
    assert number_of(message) not in shown


def test_statement_shows_what_was_stated_and_that_consent_is_missing(visit: Visit, inbox: FakeStatements) -> None:
    at = visit("caseworker", "opgave", opgave=received(inbox))
    shown = text_of(at)
    for part in ("Woonstichting De Haven", "HUUR-0017", "612,34", "Per maand", "van der Meulen", "Huur"):
        assert part.lower() in shown.lower()
    assert "Geen toestemming voor Woonstichting De Haven over huur" in shown
    assert "Overnemen in dossier" not in shown


def test_statement_that_does_not_open_can_only_be_declined(visit: Visit, inbox: FakeStatements) -> None:
    message = inbox.receive(make_statement(), state=StatementState.REFUSED, finding=StatementFinding.UNDECRYPTABLE)
    shown = text_of(visit("caseworker", "opgave", opgave=message))
    assert "Deze opgave is niet bruikbaar" in shown
    assert "Opgave afwijzen" in shown
    assert "Bij welk dossier" not in shown


def test_unknown_statement_says_so(visit: Visit) -> None:
    for path in ("opgave", "opgave-overnemen", "opgave-afwijzen"):
        assert "Deze opgave is er niet" in text_of(visit("caseworker", path, opgave=b"\x01" * 32, persoon=b"\x01" * 32))


def take(visit: Visit, message: bytes, me: bytes) -> AppTest:
    return visit("caseworker", "opgave-overnemen", dossier=FIRST, opgave=message, persoon=me, nr="1")


def test_take_over_with_consent_makes_or_renews_what_the_dossier_says(
    visit: Visit, fake: FakeCockpit, inbox: FakeStatements, me: bytes
) -> None:
    consent(fake, me)
    message = received(inbox)
    assert "Er is toestemming" in text_of(visit("caseworker", "opgave", opgave=message))
    at = take(visit, message, me)
    box = at.selectbox(key="statement_take_known")
    assert "Een nieuw gegeven" in box.options
    box.set_value(b"")
    press(at, "statement_take_check")
    checked = text_of(at)
    assert "Dit komt erbij" in checked
    assert "Opgave van Woonstichting De Haven" in checked
    assert f"bericht {message.hex()[:16]}" in checked
    press(at, "statement_take_send")
    assert "De opgave is overgenomen" in text_of(at)
    assert number_of(message) in text_of(at)
    (made,) = [
        versions[-1].record
        for versions in fake.stored[FIRST].records.values()
        if isinstance(versions[-1].record, Expense) and versions[-1].record.description == LANDLORD.name
    ]
    assert made.amount == 612_34
    newer = received(inbox, amount=650_00)
    at = take(visit, newer, me)
    # The party's own record is what a statement renews unless somebody says otherwise.
    assert at.selectbox(key="statement_take_known").value != b""
    press(at, "statement_take_check")
    checked = text_of(at)
    assert checked.index("Dit staat er nu") < checked.index("612,34") < checked.index("Zo wijzigt het gegeven")
    assert "650,00" in checked[checked.index("Zo wijzigt het gegeven") :]
    press(at, "statement_take_send")
    assert 650_00 in {
        versions[-1].record.amount
        for versions in fake.stored[FIRST].records.values()
        if isinstance(versions[-1].record, Expense)
    }


def test_take_over_says_what_came_in_between(visit: Visit, fake: FakeCockpit, inbox: FakeStatements, me: bytes) -> None:
    consent(fake, me)
    message = received(inbox)
    at = take(visit, message, me)
    # The rent of another landlord stands there: nothing is chosen beforehand.
    press(at, "statement_take_check")
    assert at.selectbox(key="statement_take_known").value is None
    at.selectbox(key="statement_take_known").set_value(b"")
    press(at, "statement_take_check")
    inbox.failing = Conflict("consent_missing", "ended")
    press(at, "statement_take_send")
    assert "Vandaag geldt geen toestemming" in text_of(at)
    assert inbox.kept[message].row.state is StatementState.WAITING
    press(at, "statement_take_back")
    press(at, "statement_take_check")
    press(at, "statement_take_send")
    assert "De opgave is overgenomen" in text_of(at)
    assert "al besloten" in text_of(
        visit("caseworker", "opgave-overnemen", dossier=FIRST, opgave=message, persoon=me, nr="2")
    )


def test_take_over_is_not_offered_once_the_consent_is_over(
    visit: Visit, fake: FakeCockpit, inbox: FakeStatements, me: bytes
) -> None:
    consent(fake, me)
    message = received(inbox)
    at = take(visit, message, me)
    at.selectbox(key="statement_take_known").set_value(b"")
    for stored in fake.stored[FIRST].records.values():
        if isinstance(stored[-1].record, Consent):
            stored[-1] = replace(stored[-1], record=replace(stored[-1].record, ended_on=date(2026, 11, 20)))
    press(at, "statement_take_check")
    assert "Vandaag geldt geen toestemming" in text_of(at)
    assert [button.key for button in at.button if button.key == "statement_take_send"] == []


def test_decline_asks_a_reason_and_shows_it_before_it_is_sent(visit: Visit, inbox: FakeStatements) -> None:
    message = received(inbox)
    at = visit("caseworker", "opgave-afwijzen", opgave=message, nr="1")
    press(at, "statement_decline_check")
    assert "Waarom" in text_of(at)
    assert inbox.kept[message].row.state is StatementState.WAITING
    at.selectbox(key="statement_decline_reason").set_value(StatementDecline.NO_CONSENT)
    at.text_area(key="statement_decline_text").set_value("Gebeld met de cliënt.")
    press(at, "statement_decline_check")
    assert "Gebeld met de cliënt." in text_of(at)
    press(at, "statement_decline_send")
    assert "De opgave is afgewezen" in text_of(at)
    assert (inbox.kept[message].reason, inbox.kept[message].text) == (
        StatementDecline.NO_CONSENT,
        "Gebeld met de cliënt.",
    )


def test_altered_statement_is_named(visit: Visit, inbox: FakeStatements) -> None:
    message = received(inbox)
    inbox.kept[message].altered = True
    assert "Niet zoals het is opgeslagen" in text_of(visit("caseworker", "opgaven"))


def test_consents_show_which_hold(visit: Visit, fake: FakeCockpit, me: bytes) -> None:
    assert "nog geen toestemming" in text_of(visit("caseworker", "toestemmingen", dossier=FIRST))
    consent(fake, me)
    consent(fake, me, until=date(2026, 12, 31))
    consent(fake, me, until=date(2026, 11, 22))
    consent(fake, me, ended_on=date(2026, 11, 20))
    consent(fake, me, given_on=date(2026, 12, 1))
    shown = text_of(visit("caseworker", "toestemmingen", dossier=FIRST))
    for state in (
        "Geldt tot en met 31 december 2026",
        "Afgelopen op 22 november 2026",
        "Ingetrokken op 20 november 2026",
        "Gaat in op 1 december 2026",
    ):
        assert state in shown


def test_consent_is_recorded_by_the_form_and_shown_as_a_record(visit: Visit, fake: FakeCockpit, me: bytes) -> None:
    at = visit("caseworker", "invoeren", dossier=FIRST, soort="consent", nr="1")
    at.selectbox(key="consent_applicant").set_value(me)
    at.text_input(key="consent_party").set_value("Energie Noord")
    at.text_input(key="consent_kvk").set_value("1234")
    at.selectbox(key="consent_subject").set_value(ConsentSubject.ENERGY)
    at.selectbox(key="consent_how").set_value(ConsentForm.SPOKEN)
    at.text_input(key="consent_given_on").set_value("02-11-2026")
    press(at, "consent_check")
    assert "KvK" in text_of(at)
    at.text_input(key="consent_kvk").set_value("12345678")
    press(at, "consent_check")
    assert "Energie Noord" in text_of(at)
    press(at, "consent_save")
    record, versions = next(
        (record, versions)
        for record, versions in fake.stored[FIRST].records.items()
        if isinstance(versions[-1].record, Consent)
    )
    assert versions[-1].record.subject is ConsentSubject.ENERGY
    shown = text_of(go(at, "gegeven", dossier=FIRST, gegeven=record))
    assert "Energie Noord" in shown
    assert "Mondeling" in shown


def test_record_page_shows_notices_and_claims_too(visit: Visit, fake: FakeCockpit) -> None:
    notice = SentNotice(
        recipient="Incasso Oost", means=NoticeMeans.LETTER, sent_on=date(2026, 11, 3), reference="77", document="{}"
    )
    claim = ReceivedClaim(
        claim_id="000e" + "11" * 30, commitment="22" * 32, claim_version=2, document="{}", received_at=NOW
    )
    fake.stored[FIRST].put(record_id("notice"), notice)
    fake.stored[FIRST].put(record_id("claim"), replace(claim))
    shown = text_of(visit("caseworker", "gegeven", dossier=FIRST, gegeven=record_id("notice")))
    assert "Incasso Oost" in shown
    assert "Per brief" in shown
    assert "Vordering van een schuldeiser" in text_of(
        visit("caseworker", "gegeven", dossier=FIRST, gegeven=record_id("claim"))
    )
