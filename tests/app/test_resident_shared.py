"""Who knows that a resident has help: notices that were sent, and consents, which the resident can end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.components import formats
from schuldhulp.domain.notices import NoticeState
from schuldhulp.domain.records import ConsentSubject, NoticeMeans
from schuldhulp.domain.trust import TrustState
from schuldhulp.errors import Unreachable
from tests.app.conftest import press, text_of
from tests.app.test_html import HOSTILE, check, html_of
from tests.support.fake_cockpit import dossier_id, record_id
from tests.support.fake_notices import notice_view
from tests.support.fake_own_claims import make_consent, make_notice

HOME = dossier_id(0)
RENT = record_id("rent consent")
KEY = f"consent_{RENT.hex()[:12]}"


def put(fake, **changes) -> None:
    fake.stored[HOME].put(RENT, make_consent(record_id("me"), **changes))


def buttons(at) -> list[str]:
    return [one.key for one in at.button if one.key.startswith("consent_")]


def test_page_without_anything_says_what_to_do(visit):
    text = text_of(visit("resident", "wie-weet-ervan"))
    for expected in ("krijgt het antwoord “niet bekend”", "nog geen schuldeiser een bericht gestuurd", "Vraag het uw"):
        assert expected in text


def test_page_shows_who_was_told_when_and_how(visit, fake):
    fake.stored[HOME].put(record_id("letter"), make_notice())
    sealed = make_notice(
        recipient="Telefoon Direct", means=NoticeMeans.CHANNEL, message_hash="ab" * 32, sent_on=date(2026, 11, 20)
    )
    fake.stored[HOME].put(record_id("sealed"), sealed)
    text = text_of(visit("resident", "wie-weet-ervan"))
    for expected in ("Postorderbedrijf Wolkenveld", "Per brief", "10 november 2026", "Via het beveiligde kanaal"):
        assert expected in text
    # The newest first.
    assert text.index("Telefoon Direct") < text.index("Postorderbedrijf Wolkenveld")


def test_page_shows_which_creditor_signed_for_it(visit, fake):
    for name in ("signed", "other"):
        fake.stored[HOME].put(record_id(name), make_notice())
    fake.kept_notices.views = [
        notice_view(
            NoticeState.ACKNOWLEDGED,
            record=record_id("signed"),
            acknowledged_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
            acknowledged_by="0x" + "Ab" * 20,
        ),
        notice_view(record=record_id("other")),
    ]
    text = text_of(visit("resident", "wie-weet-ervan"))
    assert text.count("Getekend voor ontvangst: 24 november 2026") == 1
    assert "0x" not in text


def test_notice_that_was_withdrawn_is_not_shown(visit, fake):
    fake.stored[HOME].put(record_id("letter"), make_notice(), withdrawn=True, reason="dubbel")
    assert "Per brief" not in text_of(visit("resident", "wie-weet-ervan"))


def test_resident_ends_a_consent_after_being_asked_once_more(visit, fake):
    put(fake)
    at = visit("resident", "wie-weet-ervan")
    assert "mag ons sturen: huur" in text_of(at)
    at = press(at, f"{KEY}_ask")
    assert "Wilt u deze toestemming intrekken?" in text_of(at)
    at = press(at, f"{KEY}_no")
    assert buttons(at) == [f"{KEY}_ask"]
    at = press(press(at, f"{KEY}_ask"), f"{KEY}_yes")
    text = text_of(at)
    assert "Uw toestemming is ingetrokken" in text
    assert f"Het nummer is {RENT.hex()[:8].upper()}" in text
    assert buttons(at) == []
    assert fake.stored[HOME].records[RENT][-1].record.ended_on == date(2026, 11, 23)
    assert len(fake.stored[HOME].records[RENT]) == 2


def test_consent_of_the_partner_can_be_ended_by_the_partner_alone(visit, fake):
    fake.stored[HOME].put(RENT, make_consent(record_id("partner"), subject=ConsentSubject.ENERGY))
    at = visit("resident", "wie-weet-ervan")
    assert "Alleen J. Bakker kan deze toestemming intrekken." in text_of(at)
    assert buttons(at) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ended_on": date(2026, 5, 1)}, "Ingetrokken"),
        ({"until": date(2026, 5, 1)}, "Verlopen"),
    ],
)
def test_consent_that_is_over_says_so_and_asks_nothing(visit, fake, changes, word):
    put(fake, **changes)
    at = visit("resident", "wie-weet-ervan")
    assert word in text_of(at)
    assert buttons(at) == []


def test_consent_that_begins_later_can_be_ended_already(visit, fake):
    put(fake, given_on=formats.today() + timedelta(days=3))
    at = visit("resident", "wie-weet-ervan")
    assert "Geldt vanaf" in text_of(at)
    assert buttons(at) == [f"{KEY}_ask"]


def test_consent_that_cannot_be_ended_now_stays_and_can_be_tried_again(visit, fake):
    put(fake)
    at = press(visit("resident", "wie-weet-ervan"), f"{KEY}_ask")
    fake.failing = Unreachable("database_silent", "no answer")
    assert "Er is nu even geen verbinding" in text_of(press(at, f"{KEY}_yes"))
    assert fake.stored[HOME].records[RENT][-1].record.ended_on is None
    assert "Uw toestemming is ingetrokken" in text_of(press(at, f"{KEY}_yes"))


def test_dossier_that_deviates_lets_nobody_end_anything(visit, fake):
    put(fake)
    fake.stored[HOME].state = TrustState.DEVIATES
    at = visit("resident", "wie-weet-ervan")
    assert "iets wijkt af" in text_of(at)
    assert buttons(at) == []


def test_hostile_names_are_shown_as_text(visit, fake):
    name = HOSTILE[:150].strip().translate(dict.fromkeys(map(ord, "\u202e\u2066\u2069\u200f\u200b\ufeff\u061c")))
    put(fake, party=name)
    fake.stored[HOME].put(record_id("letter"), make_notice(recipient=name, reference=name))
    at = press(visit("resident", "wie-weet-ervan"), f"{KEY}_ask")
    assert not at.exception
    check(html_of(at))


def test_label_of_a_button_holds_no_markup_of_a_party(visit, fake):
    put(fake, party="<script>alert(1)</script> [klik](https://kwaad.example)")
    labels = [one.label for one in visit("resident", "wie-weet-ervan").button if one.key == f"{KEY}_ask"]
    assert len(labels) == 1
    assert "<script" not in labels[0]
    assert "[klik]" not in labels[0]
