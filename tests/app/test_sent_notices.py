"""The caseworker's page for notices: who was told, telling others, checking the answers, a confirmation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from schuldhulp.domain.access import Role
from schuldhulp.domain.notices import NoticeState
from schuldhulp.domain.records import Enrolment, EnrolmentBasis, NoticeMeans
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import Conflict, Unreachable
from schuldhulp.services.notices.desk import Choice
from schuldhulp.services.notices.late import LateNotice
from schuldhulp.services.notices.parties import PartyRole
from tests.app.conftest import html_of, press, text_of
from tests.support.fake_cockpit import actor, dossier_id
from tests.support.fake_notices import candidate, notice_view

FIRST = dossier_id(0)
PAGE = "kennisgevingen"


@pytest.fixture
def enrolled(fake):
    """The first dossier, enrolled."""
    fake.stored[FIRST].put(
        RecordId(b"\x0e" * 32),
        Enrolment(
            applicants=(RecordId(b"\x0f" * 32),),
            ground="Wgs",
            basis=EnrolmentBasis.CONSENT,
            basis_date=date(2026, 11, 20),
            start=date(2026, 11, 21),
        ),
    )
    return fake.kept_notices


def test_page_says_what_to_do_when_nobody_was_told(visit, enrolled):
    text = text_of(visit("caseworker", PAGE, dossier=FIRST))
    assert "Nog niemand is op de hoogte gebracht" in text
    assert "Schuldeisers op de hoogte brengen" in text


def test_page_of_a_client_who_is_not_enrolled_has_no_form(visit, fake):
    fake.kept_notices.found = [candidate()]
    other = dossier_id(1)
    for more in ({}, {"actie": "versturen", "nr": "1"}):
        at = visit("caseworker", PAGE, dossier=other, **more)
        assert "Meld de cliënt eerst aan" in text_of(at)
        assert not at.selectbox


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (NoticeState.WAITING, "Wordt verstuurd"),
        (NoticeState.DELIVERED, "Antwoord uiterlijk 7 december 2026"),
        (NoticeState.ACKNOWLEDGED, "Getekend voor ontvangst"),
        (NoticeState.OVERDUE, "Te laat: bel de schuldeiser"),
        (NoticeState.BY_HAND, "Zelf verstuurd"),
        (NoticeState.LOST, "verstuur opnieuw"),
    ],
)
def test_page_tells_each_state_in_words(visit, enrolled, state, words):
    enrolled.views = [notice_view(state)]
    text = text_of(visit("caseworker", PAGE, dossier=FIRST))
    assert words in text
    assert "4F2A-91C3-77B0" in text


def test_page_shows_who_signed_and_what_was_written(visit, enrolled):
    enrolled.views = [
        notice_view(
            NoticeState.ACKNOWLEDGED,
            acknowledged_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
            acknowledged_by="0x" + "Ab" * 20,
        )
    ]
    text = text_of(visit("caseworker", PAGE, dossier=FIRST))
    for part in ("0x" + "Ab" * 20, "A.B. Jansen, geboren", "maak geen nieuwe kosten", "Uw kenmerk: K-1"):
        assert part in text


def test_page_names_what_is_in_the_way(visit, enrolled):
    enrolled.views = [notice_view(NoticeState.WAITING, trouble="content_invalid")]
    assert "vanzelf opnieuw geprobeerd" in text_of(visit("caseworker", PAGE, dossier=FIRST))
    enrolled.views = [notice_view(NoticeState.WAITING, trouble="role_missing")]
    assert "afgesloten van het kanaal" in text_of(visit("caseworker", PAGE, dossier=FIRST))


def test_page_escapes_what_others_wrote(visit, enrolled):
    enrolled.views = [notice_view(recipient="<b>Stroom</b>", reference="<i>1</i>")]
    html = html_of(visit("caseworker", PAGE, dossier=FIRST))
    assert "<b>Stroom" not in html
    assert "<i>1" not in html


def test_page_is_for_caseworkers(visit, enrolled):
    enrolled.views = [notice_view()]
    for who in ("resident", "administrator", "creditor"):
        assert "4F2A-91C3-77B0" not in text_of(visit(who, PAGE, dossier=FIRST))


def form(visit, enrolled, *found):
    enrolled.found = list(found)
    return visit("caseworker", PAGE, dossier=FIRST, actie="versturen", nr="1")


def test_form_chooses_the_channel_for_who_was_not_told(visit, enrolled):
    at = form(visit, enrolled, candidate(1), candidate(2, told_on=date(2026, 11, 2)), candidate(3, on_channel=False))
    assert [box.value for box in at.selectbox] == ["channel", "none", "none"]
    text = text_of(at)
    assert "Hoorde het al op 2 november 2026" in text
    assert "schrijf een brief" in text


def test_form_puts_no_name_into_a_label(visit, enrolled):
    one = candidate(1)
    at = form(visit, enrolled, replace(one, party=replace(one.party, name="[a](http://b) <i>c</i>", reference="<u>")))
    assert [box.label for box in at.selectbox] == ["Hoe hoort nummer 1 het?"]
    assert "<i>c" not in html_of(at)
    assert "<u>" not in html_of(at)


def test_send_asks_to_check_and_sends_once(visit, enrolled):
    at = press(form(visit, enrolled, candidate(1), candidate(2)), "notices_check")
    assert "Stroom & Gas 2" in text_of(at)
    assert enrolled.sent == []
    press(at, "notices_send")
    assert enrolled.sent == [
        [Choice(obligation=RecordId(bytes([number]) * 32), role=PartyRole.CREDITOR) for number in (1, 2)]
    ]
    text = text_of(at)
    assert "De kennisgevingen zijn opgeslagen" in text
    assert "4F2A-91C3-77B0" in text
    at.run()
    assert len(enrolled.sent) == 1


def test_send_takes_the_day_for_a_letter_alone(visit, enrolled):
    at = form(visit, enrolled, candidate(1), candidate(2, on_channel=False))
    at.selectbox(key="notices_way_1").set_value("letter")
    at.text_input(key="notices_sent_on").set_value("20-11-2026")
    press(press(at, "notices_check"), "notices_send")
    ((first, second),) = enrolled.sent
    assert (first.means, first.sent_on) == (NoticeMeans.CHANNEL, None)
    assert (second.means, second.sent_on) == (NoticeMeans.LETTER, date(2026, 11, 20))


def test_form_says_what_is_wrong_and_forgets_nothing(visit, enrolled):
    at = form(visit, enrolled, candidate(1), candidate(2, on_channel=False))
    at.selectbox(key="notices_way_0").set_value("none")
    at = press(at, "notices_check")
    assert "Kies minstens één schuldeiser" in text_of(at)
    at.selectbox(key="notices_way_1").set_value("phone")
    at.text_input(key="notices_sent_on").set_value("31-02-2026")
    at = press(at, "notices_check")
    assert not at.button(key="notices_check").disabled
    assert at.selectbox(key="notices_way_1").value == "phone"
    assert enrolled.sent == []
    at.text_input(key="notices_sent_on").set_value("")
    at = press(press(at, "notices_check"), "notices_back")
    assert [box.value for box in at.selectbox] == ["none", "phone"]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Conflict("notice_today", "told", field="choices"), "al op de hoogte gebracht van deze schuld"),
        (Conflict("not_on_channel", "no", field="choices"), "Schrijf een brief"),
        (Unreachable("chain_silent", "silent"), "Er is nu even geen verbinding"),
    ],
)
def test_send_that_is_refused_says_why(visit, enrolled, refusal, words):
    at = press(form(visit, enrolled, candidate(1)), "notices_check")
    enrolled.refusal = refusal
    press(at, "notices_send")
    assert words in text_of(at)
    assert enrolled.sent == []


def test_enrolment_leads_to_the_notices(visit, fake):
    at = visit("caseworker", "dossier", dossier=FIRST, deel="personen")
    assert "/kennisgevingen?dossier=" in html_of(at)


def test_late_page_says_that_nobody_is_late(visit, fake):
    assert "hebben nog tijd" in text_of(visit("caseworker", "late-kennisgevingen"))


def test_late_page_shows_whom_to_call_about_whom(visit, fake):
    summary, *_ = fake.dossiers.list(actor=actor("staff", Role.CASEWORKER))
    fake.kept_notices.late = [
        LateNotice(dossier=summary, notice=notice_view(NoticeState.OVERDUE, days_left=days, recipient="<b>X</b>"))
        for days in (-3, -1)
    ]
    at = visit("caseworker", "late-kennisgevingen")
    html = html_of(at)
    assert "<b>X" not in html
    assert f"/kennisgevingen?dossier={summary.id.hex()}" in html
    text = text_of(at)
    for part in ("3 werkdagen", "1 werkdag", summary.file_number, "Te laat: bel de schuldeiser"):
        assert part in text
