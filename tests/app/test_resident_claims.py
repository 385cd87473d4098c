"""The resident's side of claims: each with its ground and objection, and saying that it is wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.components import formats
from app.screens.resident_claim_say import Wrong
from app.screens.resident_claims import TONES
from app.texts import resident_claims_nl
from schuldhulp.domain.claims import ClaimStatus, DecisionReason
from schuldhulp.domain.records import AgreementStatus, ClaimDecisionState, ResidentView
from schuldhulp.domain.trust import TrustState
from schuldhulp.errors import Conflict, InvalidInput, Unreachable
from schuldhulp.services.claims.own_claims import ClaimStanding, standing_of
from tests.app.conftest import go, press, text_of
from tests.app.test_html import HOSTILE, check, html_of
from tests.support.fake_cockpit import dossier_id, record_id

HOME = dossier_id(0)
CLAIM = record_id("claim")
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DISPUTED = {"resident_view": ResidentView.DISPUTED, "resident_reason": "Al betaald.", "resident_at": AT}
ANSWERED = {**DISPUTED, "answer": "Het is nagerekend.", "answered_at": AT}
AGREED = {"resident_view": ResidentView.AGREED, "resident_at": AT}


def decided(state: ClaimDecisionState, reason: DecisionReason = DecisionReason.OTHER) -> dict:
    obligation = None if state in (ClaimDecisionState.DECLINED, ClaimDecisionState.ASKED) else record_id("debt0")
    return {"decision": state, "decision_reason": reason.value, "decided_at": AT, "obligation": obligation}


def put(fake, record: dict | None = None, **told) -> None:
    party = {"name": "Woningstichting De Brug", "kvk": "12345678"}
    fake.kept_claims.put(HOME, CLAIM, record=record, **{"original_creditor": party, "holder": party, **told})


def claim(visit, **more):
    return visit("resident", "vordering", gegeven=CLAIM, **more)


def fill_in(at, what: Wrong | None, reason: str = ""):
    press(at, "say_wrong")
    at.selectbox(key="say_what").set_value(what)
    at.text_area(key="say_reason").set_value(reason)
    return press(at, "say_check")


def stored(fake):
    return fake.stored[HOME].records[CLAIM]


@pytest.mark.parametrize(
    ("record", "withdrawn", "standing"),
    [
        ({}, False, ClaimStanding.TO_CHECK),
        (AGREED, False, ClaimStanding.AGREED),
        (DISPUTED, False, ClaimStanding.DISPUTED),
        (ANSWERED, False, ClaimStanding.ANSWERED),
        (decided(ClaimDecisionState.ASKED), False, ClaimStanding.ASKED),
        (AGREED | decided(ClaimDecisionState.INCLUDED), False, ClaimStanding.INCLUDED),
        (DISPUTED | decided(ClaimDecisionState.INCLUDED), False, ClaimStanding.DISPUTED),
        (ANSWERED | decided(ClaimDecisionState.INCLUDED), False, ClaimStanding.INCLUDED),
        (DISPUTED | decided(ClaimDecisionState.DECLINED), False, ClaimStanding.DECLINED),
        (decided(ClaimDecisionState.SETTLED), True, ClaimStanding.SETTLED),
        (DISPUTED, True, ClaimStanding.WITHDRAWN),
        (decided(ClaimDecisionState.INCLUDED), True, ClaimStanding.WITHDRAWN),
    ],
)
def test_standing_of_says_what_counts_for_the_resident(fake, record, withdrawn, standing):
    put(fake, record)
    assert standing_of(stored(fake)[-1].record, withdrawn=withdrawn) is standing


def test_every_standing_and_reason_has_its_words():
    texts = resident_claims_nl.TEXTS
    assert set(TONES) == set(ClaimStanding)
    assert {f"own_standing.{one}" for one in ClaimStanding} <= texts.keys()
    assert {f"own_means.{one}" for one in ClaimStanding} <= texts.keys()
    assert {f"wrong.{one}" for one in Wrong} <= texts.keys()
    # The others say nothing that the standing does not say, or stand only where a claim is in no dossier.
    silent = {DecisionReason.CLIENT_UNKNOWN, DecisionReason.INCLUDED, DecisionReason.SETTLED, DecisionReason.OTHER}
    assert {f"own_reason.{one}" for one in set(DecisionReason) - silent} <= texts.keys()
    said = {f"own.course_{state}" for state in ClaimDecisionState if state is not ClaimDecisionState.OPEN}
    assert said <= texts.keys()


def test_debts_show_each_claim_with_amount_objection_and_state(visit, fake):
    day = formats.today() + timedelta(days=9)
    put(fake, objection_until=day.isoformat())
    text = text_of(visit("resident", "schulden"))
    for expected in ("Er wacht 1 vordering op u", "Woningstichting De Brug", "€ 1.245,00", "Nieuw: klopt dit?"):
        assert expected in text
    assert f"kan tot en met {formats.day(day)}".replace("\u00a0", " ") in text
    # What waits for the resident stands above the debts.
    assert text.index("Vorderingen van schuldeisers") < text.index("Postorderbedrijf Wolkenveld")


def test_debts_show_claims_that_wait_for_nobody_below(visit, fake):
    put(fake, DISPUTED)
    text = text_of(visit("resident", "schulden"))
    assert "wacht" not in text
    assert text.index("Vorderingen van schuldeisers") > text.index("Postorderbedrijf Wolkenveld")


def test_debt_that_was_taken_in_from_a_claim_links_to_it(visit, fake):
    put(fake, decided(ClaimDecisionState.INCLUDED))
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', html_of(visit("resident", "schulden")))
    assert (f"/vordering?gegeven={CLAIM.hex()}", "Postorderbedrijf Wolkenveld") in links


def test_debts_without_claims_say_nothing_of_them(visit):
    assert "Vorderingen van schuldeisers" not in text_of(visit("resident", "schulden"))


def test_claim_shows_ground_preference_objection_and_proof(visit, fake):
    put(
        fake,
        preference="preferent",
        preference_ground="artikel 21 Invorderingswet",
        objection_until="2026-01-31",
        stage="collector",
        holder={"name": "Incasso Noordenwind", "kvk": "87654321"},
    )
    text = text_of(claim(visit))
    for expected in (
        "Huur van maart is niet betaald.",
        "Dit rust op: huurovereenkomst",
        "artikel 21 Invorderingswet",
        "Schrijf naar incasso@example.nl.",
        "Bezwaar maken kon tot en met 31 januari 2026",
        "Incasso Noordenwind",
        "NL91 ABNA 0417 1643 00",
        "Vastgelegd",
        stored(fake)[-1].commitment.hex(),
        CLAIM.hex(),
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(-1, "Bezwaar maken kon tot en met"), (0, "Bezwaar maken kan nog vandaag"), (1, "Bezwaar maken kan tot en met")],
)
def test_claim_says_whether_there_is_time_to_object(visit, fake, days, sentence):
    put(fake, objection_until=(formats.today() + timedelta(days=days)).isoformat())
    assert sentence in text_of(claim(visit))


def test_claim_that_is_not_there_says_so(visit, fake):
    put(fake)
    for name in ("", "zz", record_id("debt0").hex(), record_id("elsewhere").hex()):
        assert "Deze vordering staat niet in uw dossier" in text_of(visit("resident", "vordering", gegeven=name))


def test_resident_disputes_with_a_reason_and_gets_a_number(visit, fake):
    put(fake)
    at = fill_in(claim(visit), Wrong.AMOUNT, "Ik betaalde al 600 euro.")
    assert "Controleer wat u wilt zeggen" in text_of(at)
    assert len(stored(fake)) == 1
    text = text_of(press(at, "say_send"))
    assert f"Het nummer is {CLAIM.hex()[:8].upper()}, versie 2" in text
    assert "U zegt: klopt niet" in text
    record = stored(fake)[-1].record
    assert record.waits_for_answer
    assert record.resident_reason == "Het bedrag klopt niet.\nIk betaalde al 600 euro."
    # Nothing but "it is right" can be said until there is an answer.
    assert {"say_right"} == {one.key for one in at.button if one.key.startswith("say_")}


def test_resident_must_say_what_is_wrong(visit, fake):
    put(fake)
    at = fill_in(claim(visit), None, "Dit klopt niet.")
    assert "Er is 1 ding dat nog niet klopt" in text_of(at)
    assert "Wat er niet klopt: maak een keuze." in text_of(at)
    at.selectbox(key="say_what").set_value(Wrong.OTHER)
    at.text_area(key="say_reason").set_value("  ")
    assert "Leg het uit in uw eigen woorden: vul dit in." in text_of(press(at, "say_check"))
    at.text_area(key="say_reason").set_value("x" * 2_001)
    assert "hoogstens 2000 tekens" in text_of(press(at, "say_check")).replace(".", "")
    at.text_area(key="say_reason").set_value("Ik was toen nog geen klant.")
    press(press(at, "say_check"), "say_send")
    assert stored(fake)[-1].record.resident_reason == "Ik was toen nog geen klant."


def test_resident_goes_back_without_losing_what_was_typed(visit, fake):
    put(fake)
    at = press(fill_in(claim(visit), Wrong.PAID, "In maart."), "say_back")
    assert at.text_area(key="say_reason").value == "In maart."
    assert at.selectbox(key="say_what").value is Wrong.PAID
    at = press(at, "say_away")
    assert "Vordering van Woningstichting De Brug" in text_of(at)
    assert len(stored(fake)) == 1


def test_resident_agrees_after_being_asked_once_more(visit, fake):
    put(fake)
    at = press(claim(visit), "say_right")
    assert len(stored(fake)) == 1
    text = text_of(press(at, "say_yes"))
    assert "Verstuurd: u zegt dat deze vordering klopt" in text
    assert stored(fake)[-1].record.resident_view is ResidentView.AGREED


def test_answer_is_shown_and_can_be_disputed_again(visit, fake):
    put(fake, DISPUTED)
    fake.kept_claims.answer(HOME, CLAIM, "Het is nagerekend.")
    at = claim(visit)
    text = text_of(at)
    assert "Antwoord voor u" in text
    assert text.index("Al betaald.") < text.index("Het is nagerekend.")
    press(fill_in(at, Wrong.PAID), "say_send")
    record = stored(fake)[-1].record
    assert record.waits_for_answer
    assert record.answer == ""
    # The answer of before stays readable.
    assert "Het is nagerekend." in text_of(at)


def test_claim_that_changed_meanwhile_keeps_what_was_typed(visit, fake):
    put(fake)
    at = fill_in(claim(visit), Wrong.PAID, "In maart.")
    fake.failing = Conflict("record_changed", "changed", version=2, at=AT.isoformat(), function="caseworker")
    text = text_of(press(at, "say_send"))
    assert "Deze vordering is net veranderd. Er is niets verstuurd." in text
    assert "In maart." in text
    press(at, "say_send")
    assert stored(fake)[-1].record.resident_view is ResidentView.DISPUTED


def test_refusal_of_what_was_written_stands_at_its_field(visit, fake):
    put(fake)
    at = fill_in(claim(visit), Wrong.PAID, "In maart.")
    fake.failing = InvalidInput("text_control", "control character", field="resident_reason")
    text = text_of(press(at, "say_send"))
    assert text.count("Leg het uit in uw eigen woorden: er staat een teken in dat geen gewone tekst is.") == 2
    assert at.text_area(key="say_reason").value == "In maart."
    press(press(at, "say_check"), "say_send")
    assert stored(fake)[-1].record.resident_view is ResidentView.DISPUTED


def test_claim_that_cannot_be_sent_stays_calm(visit, fake):
    put(fake)
    at = fill_in(claim(visit), Wrong.PAID)
    fake.failing = Unreachable("database_silent", "no answer")
    assert "Er is nu even geen verbinding" in text_of(press(at, "say_send"))
    assert "Verstuurd" in text_of(press(at, "say_send"))


@pytest.mark.parametrize("state", [ClaimDecisionState.DECLINED, ClaimDecisionState.SETTLED])
def test_claim_that_is_over_asks_nothing(visit, fake, state):
    put(fake, decided(state, DecisionReason.NOT_OWED))
    at = claim(visit)
    assert not [one.key for one in at.button if one.key.startswith("say_")]
    assert "Bezwaar maken bij de schuldeiser" not in text_of(at)
    assert ("u hoeft dit niet te betalen" in text_of(at)) == (state is ClaimDecisionState.DECLINED)


def test_claim_that_was_withdrawn_or_changed_on_the_chain_says_so(visit, fake):
    put(fake)
    fake.kept_claims.stands(CLAIM, ClaimStatus.FILED, commitment=b"\x01" * 32)
    assert "De schuldeiser heeft deze vordering veranderd" in text_of(claim(visit))
    fake.kept_claims.stands(CLAIM, ClaimStatus.FILED)
    assert "De schuldeiser heeft deze vordering veranderd" not in text_of(claim(visit))
    fake.kept_claims.stands(CLAIM, ClaimStatus.WITHDRAWN)
    text = text_of(claim(visit))
    assert "De schuldeiser heeft deze vordering ingetrokken" in text
    assert "De schuldeiser trok de vordering in" in text


def test_claim_in_a_dossier_that_deviates_asks_nothing(visit, fake):
    put(fake)
    fake.stored[HOME].state = TrustState.DEVIATES
    at = claim(visit)
    assert "iets wijkt af" in text_of(at)
    assert not [one.key for one in at.button if one.key.startswith("say_")]


def test_course_tells_who_wrote_it_down(visit, fake):
    put(fake)
    newest = stored(fake)[-1].record
    fake.stored[HOME].put(CLAIM, replace(newest, **DISPUTED), author="caseworker")
    assert "Uw begeleider schreef voor u op: dit klopt niet" in text_of(claim(visit))
    fake.stored[HOME].put(CLAIM, replace(newest, **AGREED | {"resident_at": AT + timedelta(1)}), author="resident")
    assert "U zei: dit klopt" in text_of(claim(visit))


def test_course_of_a_claim_that_was_put_back_says_what_the_resident_said(visit, fake):
    put(fake, DISPUTED)
    text = text_of(claim(visit))
    assert "U zei: dit klopt niet" in text
    assert "schreef voor u op" not in text


def test_next_step_is_a_claim_before_a_payment_and_after_an_agreement(visit, fake):
    put(fake)
    at = visit("resident")
    assert "Lees of de vordering van Woningstichting De Brug klopt." in text_of(at)
    assert f"/vordering?gegeven={CLAIM.hex()}" in html_of(at)
    agreement = fake.stored[HOME].records[record_id("agreement")][-1].record
    proposed = replace(agreement, status=AgreementStatus.PROPOSED, confirmations=())
    fake.stored[HOME].put(record_id("agreement"), proposed)
    assert "Er ligt een afspraak voor u klaar" in text_of(go(at))


def test_next_step_is_no_claim_that_waits_for_somebody_else(visit, fake):
    put(fake, DISPUTED)
    assert "Lees of de vordering" not in text_of(visit("resident"))


def test_hostile_text_of_a_creditor_is_shown_as_text(visit, fake):
    text = HOSTILE[:150].translate(dict.fromkeys(map(ord, "\u202e\u2066\u2069\u200f\u200b\ufeff\u061c"))).strip()
    put(
        fake,
        ANSWERED | {"resident_reason": HOSTILE, "answer": HOSTILE},
        why_owed=HOSTILE,
        objection=HOSTILE,
        legal_ground=text,
        original_creditor={"name": text, "kvk": "12345678"},
        holder={"name": text, "kvk": "12345678"},
        contact={"name": text, "email": "a@b.nl"},
    )
    for at in (visit("resident"), visit("resident", "schulden"), claim(visit), press(claim(visit), "say_wrong")):
        assert not at.exception
        check(html_of(at))


def test_english_page_of_a_claim_opens(visit, fake):
    put(fake)
    assert "Claim of Woningstichting De Brug" in text_of(claim(visit, language="en"))
