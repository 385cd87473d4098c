"""The caseworker's pages about claims: the inbox with its term, one claim, its dossier, deciding and answering."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.components import formats
from app.components.claims import number_of
from app.screens.claims_steps import Step
from app.texts import en, nl
from schuldhulp.domain.claims import ClaimStatus, DecisionReason, RefusalReason
from schuldhulp.domain.claims.likeness import DuplicateSign
from schuldhulp.domain.records import ClaimDecisionState, Obligation, ReceivedClaim, ResidentView
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import Conflict, NotFound
from schuldhulp.services.claims.carrying_out import Trouble
from schuldhulp.services.claims.decision_rows import DecisionState
from schuldhulp.services.claims.matching import MatchSign
from schuldhulp.services.claims.rows import ContentsState, DeliveryState
from tests.app.conftest import go, html_of, press, text_of
from tests.support.fake_claims import FakeClaims, made
from tests.support.fake_cockpit import NOW, TODAY, FakeCockpit, dossier_id, record_id

ROOT = Path(__file__).resolve().parents[2]
FENNA = {"surname": "Meulen", "prefix": "van der", "birth_date": "1984-03-12", "postcode": "9711AB", "house_number": 12}
"""The debtor as a creditor knows the applicant of the first dossier."""

Visit = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages count from the day of the stand-in services."""
    monkeypatch.setattr(formats, "today", lambda: TODAY)


@pytest.fixture
def inbox(fake: FakeCockpit) -> FakeClaims:
    """The claims of the stand-in services."""
    return fake.kept_inbox


def filed(inbox: FakeClaims, number: int = 1, **more: object) -> ClaimId:
    return inbox.file(number, **{"debtor": FENNA, **more})


def linked(inbox: FakeClaims, number: int = 1, *, record: dict | None = None, **more: object) -> ClaimId:
    claim_id = filed(inbox, number, **more)
    inbox.put_in(claim_id, dossier_id(0), **(record or {}))
    return claim_id


def disputed() -> dict:
    return {"resident_view": ResidentView.DISPUTED, "resident_reason": "Dit is al betaald.", "resident_at": NOW}


def open_claim(visit: Visit, claim_id: ClaimId, **more: object) -> AppTest:
    return visit("caseworker", "beoordelen", vordering=claim_id, **more)


def start(visit: Visit, claim_id: ClaimId, step: str) -> AppTest:
    return visit("caseworker", "besluiten", vordering=claim_id, besluit=step, nr="1a2b3c4d")


ANSWER_FIRST = "niet klopt. Geef eerst antwoord"
WITH_CREDITOR = "De vraag ligt bij de schuldeiser"


def answered_to(inbox: FakeClaims) -> ClaimId:
    return linked(inbox, record=disputed())


def old(inbox: FakeClaims) -> ClaimId:
    return linked(inbox, statement_date="2026-04-01")


def standing(status: ClaimStatus) -> Callable[[FakeClaims], ClaimId]:
    return lambda inbox: linked(inbox, status=status)


def offered(at: AppTest) -> list[str]:
    """Return the steps that a claim's page offers."""
    written = unescape(html_of(at))
    steps = re.findall(r"/besluiten\?vordering=[0-9a-f]+&besluit=([a-z_]+)", written)
    return ["link"] * ("/koppelen?" in written) + steps


# --- the inbox --------------------------------------------------------------------------------------------------------


def test_page_lists_the_oldest_claim_first_with_its_term_and_nothing_of_its_contents(visit, inbox):
    young, old = filed(inbox, 1, days=2), filed(inbox, 2, days=20)
    html, text = html_of(at := visit("caseworker", "vorderingen")), text_of(at)
    assert html.index(number_of(old)) < html.index(number_of(young))
    # Friday 20 November plus two days is a weekend: counted from Saturday 21 November, ten working days end here.
    assert "4 december 2026" in text
    assert "werkdagen te laat" in text
    assert "20 dagen geleden" in text
    assert "KvK 12345678" in text
    assert "Meulen" not in html
    assert "Woningstichting" not in html


def test_page_names_who_handed_it_in_where_the_municipality_knows_the_name(visit, inbox):
    filed(inbox)
    assert "van KvK 12345678" in text_of(visit("caseworker", "vorderingen"))
    inbox.names["12345678"] = "Woonstichting <Noord>"
    text = text_of(at := visit("caseworker", "vorderingen"))
    assert "Woonstichting <Noord> (KvK 12345678)" in text
    assert "<Noord>" not in html_of(at)


def test_page_counts_each_filter_and_keeps_the_chosen_one_in_the_address(visit, inbox):
    filed(inbox, 1, days=20)
    filed(inbox, 2, status=ClaimStatus.ASKED)
    linked(inbox, 3, status=ClaimStatus.INCLUDED)
    inbox.without_contents(4, "contents_missing")
    filed(inbox, 5, status=ClaimStatus.WITHDRAWN)
    linked(inbox, 6, record=disputed())
    at = visit("caseworker", "vorderingen")
    counts = dict(re.findall(r">([A-Z][^<>]+)<span class=\"count\">(\d+)</span>", html_of(at)))
    assert counts | {
        "Te doen": "2", "Te laat": "1", "Bewoner&#58; klopt niet": "1", "Vraag bij schuldeiser": "1",
        "Niet compleet": "1", "Opgenomen": "1", "Nog geen dossier": "1", "Mijn cliënten": "1",
    } == counts  # fmt: skip
    # Those that are over are not looked up for a count.
    assert "Gesloten" not in counts
    at = go(at, "vorderingen", stand="gesloten")
    assert "Ingetrokken door de schuldeiser" in text_of(at)
    assert "Wis filters" in text_of(at)
    assert "1 tot en met 1 van 1" in text_of(at)


def test_page_shows_the_claims_of_the_own_clients_when_asked(visit, inbox):
    own, other = linked(inbox, 1), filed(inbox, 2)
    html = html_of(visit("caseworker", "vorderingen", van="mijn"))
    assert number_of(own) in html
    assert number_of(other) not in html


def test_page_shows_what_is_missing_and_what_went_wrong(visit, inbox):
    inbox.without_contents(4, "contents_refused", reason=RefusalReason.UNDECRYPTABLE)
    failed = filed(inbox, 5)
    inbox.held[failed].made.append(made(ClaimStatus.INCLUDED, None, state=DecisionState.OVERTAKEN))
    assert "Besluit ging niet door" in text_of(visit("caseworker", "vorderingen"))
    assert "Inhoud is geweigerd" in text_of(visit("caseworker", "vorderingen", stand="niet-compleet"))


def test_page_pages_a_long_list(visit, inbox):
    for number in range(1, 26):
        filed(inbox, number)
    at = visit("caseworker", "vorderingen")
    assert "1 tot en met 20 van 25" in text_of(at)
    assert "21 tot en met 25 van 25" in text_of(press(at, "claims_next"))


def test_page_says_what_to_do_when_there_is_nothing(visit, inbox):
    assert "Er wachten geen vorderingen op u" in text_of(visit("caseworker", "vorderingen"))
    assert "Geen vorderingen met dit filter" in text_of(visit("caseworker", "vorderingen", stand="opgenomen"))


def test_page_says_that_claims_may_be_missing(visit, inbox):
    inbox.troubles = ("evaluator_silent",)
    assert "evaluator_silent" in text_of(visit("caseworker", "vorderingen"))
    inbox.checked_at = None
    assert "Er is nog niet gekeken" in text_of(visit("caseworker", "vorderingen"))


# --- one claim --------------------------------------------------------------------------------------------------------


def test_page_shows_everything_the_creditor_wrote_and_when_it_came(visit, inbox):
    claim_id = filed(
        inbox,
        debtor={**FENNA, "bsn": "999990019"},
        preference="preferent",
        preference_ground="artikel 21 Invorderingswet 1990",
        instalment_proposal={"amount": 5000, "frequency": "monthly"},
    )
    text = text_of(open_claim(visit, claim_id))
    for expected in (
        "Woningstichting Voorbeeld – huur", f"Vordering {number_of(claim_id)}, kenmerk fac-2026/001, versie 1",
        "€ 1.245,00", "€ 1.200,00", "€ 40,00", "€ 5,00", "van der Meulen", "12 maart 1984", "9711AB 12", "999990019",
        "Preferent", "artikel 21 Invorderingswet 1990", "huurovereenkomst", "€ 50,00 per maand", "NL91ABNA0417164300",
        "incasso@example.nl", "Huur van maart is niet betaald.", "geen termijn meer", "Ontvangen en compleet",
        claim_id.hex(),
    ):  # fmt: skip
        assert expected in text, expected


def test_page_escapes_what_the_creditor_wrote(visit, inbox):
    claim_id = filed(inbox, why_owed="<script>alert(1)</script>\nTweede regel", reference="<b>1</b>")
    html = html_of(open_claim(visit, claim_id))
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<br>Tweede regel" in html


@pytest.mark.parametrize(
    ("prepare", "says", "steps"),
    [
        (filed, "Kies het dossier", ["link", "ask", "decline"]),
        (linked, "Beoordeel de vordering", ["include", "ask", "decline", "unlink"]),
        (answered_to, ANSWER_FIRST, ["answer", "ask", "decline", "unlink"]),
        (old, "ouder dan zes maanden", ["ask", "decline", "unlink"]),
        (standing(ClaimStatus.ASKED), WITH_CREDITOR, ["include", "decline", "unlink"]),
        (standing(ClaimStatus.INCLUDED), "is opgenomen in het dossier", ["ask", "decline", "settle"]),
        (lambda inbox: filed(inbox, status=ClaimStatus.DECLINED), "is gesloten", []),
        (lambda inbox: linked(inbox, status=ClaimStatus.WITHDRAWN), "Werk het dossier bij", ["note"]),
        (lambda inbox: inbox.without_contents(1, "contents_missing"), "Er is niets te lezen", ["unread"]),
        (lambda inbox: inbox.without_contents(1, "waiting_for_contents"), "De schuldeiser is aan zet", []),
    ],
)  # fmt: skip
def test_page_offers_what_can_be_done_now(visit, inbox, prepare, says, steps):
    at = open_claim(visit, prepare(inbox))
    assert not at.exception
    assert says in text_of(at)
    assert offered(at) == steps


def test_page_says_that_a_new_statement_was_asked(visit, inbox):
    claim_id = old(inbox)
    inbox.held[claim_id].renewal_asked_at = NOW
    said = "23 november 2026"
    assert f"Op {said} is de schuldeiser om een nieuwe gevraagd" in text_of(open_claim(visit, claim_id))
    assert f"nieuwe opgave gevraagd op {said}" in text_of(visit("caseworker", "vorderingen"))


def test_page_offers_to_take_a_decision_back_until_it_is_signed(visit, inbox):
    claim_id = linked(inbox)
    inbox.held[claim_id].made.append(made(ClaimStatus.INCLUDED, DecisionReason.INCLUDED))
    assert offered(open_claim(visit, claim_id)) == ["take_back"]
    inbox.held[claim_id].made[-1] = made(ClaimStatus.INCLUDED, DecisionReason.INCLUDED, state=DecisionState.SIGNED)
    at = open_claim(visit, claim_id)
    assert offered(at) == []
    assert "Uw besluit is onderweg" in text_of(at)


def test_page_says_why_a_decision_did_not_go_through(visit, inbox):
    claim_id = linked(inbox)
    inbox.held[claim_id].made.append(
        made(
            ClaimStatus.DECLINED, DecisionReason.OTHER, text="Geen factuur.", state=DecisionState.OVERTAKEN,
            trouble=Trouble.AMENDED,
        )
    )  # fmt: skip
    text = text_of(open_claim(visit, claim_id))
    assert "Uw vorige besluit ging niet door" in text
    assert "heeft de vordering intussen aangepast" in text
    assert "Aan de schuldeiser: Geen factuur." in text


def test_page_names_an_unknown_trouble_by_its_code(visit, inbox):
    claim_id = linked(inbox)
    inbox.held[claim_id].made.append(
        made(ClaimStatus.ASKED, DecisionReason.OTHER, state=DecisionState.WAITING, trouble="never_heard_of")
    )
    assert "never_heard_of" in text_of(open_claim(visit, claim_id))


def test_page_points_at_what_may_be_wrong(visit, inbox):
    claim_id = linked(inbox, origin_date="2001-01-01", objection_until="2020-01-01")
    inbox.file(1, version=2, debtor=FENNA, origin_date="2001-01-01", objection_until="2020-01-01")
    text = text_of(open_claim(visit, claim_id))
    assert "nog geen 18 jaar" in text
    assert "termijn om bezwaar te maken was al voorbij" in text
    assert "In het dossier staat nog versie 1" in text


def test_page_shows_what_may_be_the_same_debt(visit, inbox):
    claim_id = linked(inbox, 1)
    other = filed(inbox, 2, stage="collector", holder={"name": "Incasso Voorbeeld", "kvk": "87654321"}, costs=9000)
    text = text_of(open_claim(visit, claim_id))
    assert "Er is nog een vordering die over dezelfde schuld kan gaan" in text
    assert number_of(other) in text
    assert "Incasso Voorbeeld" in text
    assert "zelfde kenmerk" in text


def test_page_shows_a_debt_of_the_dossier_that_may_be_this_one(visit, inbox):
    claim_id = linked(
        inbox, type="consumer_credit", principal=486217, costs=0, interest=0,
        original_creditor={"name": "Postorderbedrijf Wolkenveld", "kvk": "12345678"},
        holder={"name": "Postorderbedrijf Wolkenveld", "kvk": "12345678"},
    )  # fmt: skip
    text = text_of(open_claim(visit, claim_id))
    assert "Misschien al in het dossier" in text
    at = start(visit, claim_id, "include")
    assert "kan dezelfde schuld zijn" in text_of(at)
    # Nothing is chosen beforehand, so that nobody makes a second debt of one by not looking.
    assert at.selectbox(key="claim_do_known").value is None


def test_page_shows_what_the_resident_says_and_the_answer(visit, inbox):
    claim_id = linked(inbox, record=disputed() | {"answer": "Uitgezocht.", "answered_at": NOW})
    text = text_of(open_claim(visit, claim_id))
    assert "Dit is al betaald." in text
    assert "Uitgezocht." in text


def test_page_does_not_open_a_dossier_of_somebody_else_without_a_reason(visit, inbox, fake):
    other = dossier_id(2)
    claim_id = filed(inbox)
    inbox.put_in(claim_id, other, **disputed())
    at = open_claim(visit, claim_id)
    assert "Dit is geen cliënt van u" in text_of(at)
    assert "Dit is al betaald." not in text_of(at)
    assert fake.opened == []
    # Deciding needs the dossier: the reason is asked for first.
    at = start(visit, claim_id, "decline")
    assert "Waarom opent u dit dossier?" in text_of(at)


def test_page_of_no_claim_says_so(visit, inbox):
    for query in ({}, {"vordering": "zz"}, {"vordering": bytes(32)}):
        for path in ("beoordelen", "koppelen", "besluiten"):
            at = visit("caseworker", path, **query)
            assert not at.exception
            assert "Er is geen vordering gekozen" in text_of(at)


def test_page_of_contents_without_a_claim_opens_nothing(visit, inbox):
    claim_id = inbox.without_contents(9, "refused", reason=RefusalReason.CLAIM_ID_MISMATCH)
    text = text_of(open_claim(visit, claim_id))
    assert "verzonnen" in text
    assert "Van wie" not in text


# --- the dossier ------------------------------------------------------------------------------------------------------


def test_linking_shows_who_fits_and_asks_to_compare_first(visit, inbox):
    claim_id = filed(inbox)
    at = visit("caseworker", "koppelen", vordering=claim_id, nr="1")
    assert "achternaam" in text_of(at)
    at = press(at, "claims_link_candidate_0")
    text = text_of(at)
    assert "Klopt dit dossier?" in text
    assert "Dossier 2026-0001" in text
    assert inbox.sent == []
    at = press(at, "claims_link_send")
    assert [name for name, _ in inbox.sent] == ["link"]
    assert "De vordering staat in dossier 2026-0001" in text_of(at)


def test_linking_goes_back_to_the_choice(visit, inbox):
    at = visit("caseworker", "koppelen", vordering=filed(inbox), nr="1")
    at = press(press(at, "claims_link_candidate_0"), "claims_link_back")
    assert "Dossiers die kunnen passen" in text_of(at)
    assert inbox.sent == []


def test_linking_finds_a_dossier_by_search_and_asks_a_reason_for_it(visit, inbox):
    claim_id = inbox.file(1)
    at = visit("caseworker", "koppelen", vordering=claim_id, nr="1")
    assert "Wij vonden geen dossier dat past" in text_of(at)
    at.text_input(key="claims_link_search").set_value("2026-0003").run()
    at = press(at, "claims_link_found_0")
    assert "Waarom opent u dit dossier?" in text_of(at)
    at.text_input(key="reason_text").set_value("vervanging")
    at = press(at, "reason_open")
    assert "Klopt dit dossier?" in text_of(at)
    press(at, "claims_link_send")
    assert inbox.held[claim_id].link is not None
    assert inbox.held[claim_id].link.dossier == dossier_id(2)


def test_linking_of_a_claim_that_belongs_somewhere_is_refused(visit, inbox):
    at = visit("caseworker", "koppelen", vordering=linked(inbox), nr="1")
    assert "hoort al bij een dossier" in text_of(at)
    assert not [button for button in at.button if button.key and button.key.startswith("claims_link")]


def test_linking_says_what_went_wrong(visit, inbox):
    at = press(visit("caseworker", "koppelen", vordering=filed(inbox), nr="1"), "claims_link_candidate_0")
    inbox.failing = Conflict("claim_changed", "changed", field="judged")
    at = press(at, "claims_link_send")
    assert "Deze vordering is intussen veranderd" in text_of(at)
    assert at.button(key="claims_link_send").disabled


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_including_shows_the_debt_and_what_the_creditor_reads_before_anything_is_sent(visit, inbox):
    claim_id = linked(inbox)
    at = start(visit, claim_id, "include")
    at.selectbox(key="claim_do_owed_by").set_value((record_id("me"),))
    at.text_area(key="claim_do_text").set_value("Wij nemen contact op.")
    at = press(at, "claim_do_check")
    text = text_of(at)
    assert "Dit komt in het dossier" in text
    assert "Wij nemen contact op." in text
    assert "€ 1.245,00" in text
    assert inbox.sent == []
    at = press(at, "claim_do_send")
    ((name, given),) = inbox.sent
    assert (name, given["owed_by"], given["known"]) == ("include", (record_id("me"),), None)
    assert number_of(claim_id) in text_of(at)
    assert "Opgeslagen bij vordering" in text_of(at)


def test_including_names_each_field_that_is_missing(visit, inbox):
    at = press(start(visit, linked(inbox), "include"), "claim_do_check")
    assert "Van wie is deze schuld: maak een keuze." in text_of(at)
    assert inbox.sent == []


def test_including_renews_the_debt_that_is_chosen(visit, inbox, fake):
    claim_id = linked(inbox)
    at = start(visit, claim_id, "include")
    at.selectbox(key="claim_do_owed_by").set_value((record_id("me"),))
    at.selectbox(key="claim_do_known").set_value(record_id("debt0"))
    at = press(press(at, "claim_do_check"), "claim_do_send")
    assert inbox.sent[0][1]["known"] == record_id("debt0")
    newest = fake.stored[dossier_id(0)].records[record_id("debt0")][-1].record
    assert isinstance(newest, Obligation)
    assert newest.amount_resident == 420000


def test_including_again_makes_no_second_debt(visit, inbox):
    claim_id = linked(inbox, status=ClaimStatus.ASKED, record={"obligation": record_id("debt1")})
    at = start(visit, claim_id, "include")
    assert at.selectbox(key="claim_do_known").value == record_id("debt1")
    assert "Nog niet: maak een nieuwe schuld" not in at.selectbox(key="claim_do_known").options


@pytest.mark.parametrize("step", ["ask", "decline"])
def test_a_reason_that_says_nothing_needs_a_text_under_its_field(visit, inbox, step):
    at = start(visit, linked(inbox), step)
    at.selectbox(key="claim_do_reason").set_value(DecisionReason.OTHER)
    at = press(at, "claim_do_check")
    assert "Toelichting aan de schuldeiser: vul dit in." in text_of(at)
    assert 'data-field="claim_do_text"' in text_of(at)
    at.text_area(key="claim_do_text").set_value("Stuur de factuur mee.")
    at = press(press(at, "claim_do_check"), "claim_do_send")
    assert [(name, given["text"]) for name, given in inbox.sent] == [(step, "Stuur de factuur mee.")]


def test_declining_a_claim_of_no_dossier_knows_one_reason(visit, inbox):
    claim_id = filed(inbox)
    at = start(visit, claim_id, "decline")
    assert at.selectbox(key="claim_do_reason").options == ["Klant onbekend"]
    press(press(at, "claim_do_check"), "claim_do_send")
    assert inbox.sent[0][1]["reason"] is DecisionReason.CLIENT_UNKNOWN


def test_declining_a_claim_of_a_dossier_offers_every_reason_but_unknown(visit, inbox):
    options = start(visit, linked(inbox), "decline").selectbox(key="claim_do_reason").options
    assert "Recente finale kwijting" in options
    assert "Klant onbekend" not in options
    assert "Inhoud niet gekomen of niet te lezen" not in options
    assert options[-1] == "Anders"


@pytest.mark.parametrize(
    ("prepare", "step", "name"),
    [
        (lambda inbox: linked(inbox, status=ClaimStatus.INCLUDED), "settle", "settle"),
        (lambda inbox: inbox.without_contents(1, "contents_missing"), "unread", "decline_unread"),
    ],
)
def test_a_decision_without_a_reason_to_choose_takes_a_text(visit, inbox, prepare, step, name):
    at = start(visit, prepare(inbox), step)
    at.text_area(key="claim_do_text").set_value("Betaald.")
    if step == "settle":
        # The stand-in keeps the rule of the record: what was taken in has its debt.
        (held,) = inbox.held.values()
        inbox.put_in(held.row.claim_id, dossier_id(0), obligation=record_id("debt1"))
    at = press(press(at, "claim_do_check"), "claim_do_send")
    assert [name for name, _ in inbox.sent] == [name]
    assert "Opgeslagen bij vordering" in text_of(at)


@pytest.mark.parametrize(
    ("prepare", "step", "name"),
    [
        (lambda inbox: linked(inbox, status=ClaimStatus.WITHDRAWN), "note", "note_withdrawal"),
        (linked, "take_back", "take_back"),
    ],
)
def test_a_step_that_asks_nothing_is_done_with_one_press(visit, inbox, prepare, step, name):
    claim_id = prepare(inbox)
    if step == "take_back":
        inbox.held[claim_id].made.append(made(ClaimStatus.ASKED, DecisionReason.OTHER))
    at = press(start(visit, claim_id, step), "claim_do_send")
    assert [name for name, _ in inbox.sent] == [name]
    assert "Opgeslagen bij vordering" in text_of(at)


def test_unlinking_needs_to_say_why(visit, inbox):
    claim_id = linked(inbox)
    at = press(start(visit, claim_id, "unlink"), "claim_do_check")
    assert "Waarom: vul dit in." in text_of(at)
    at.text_input(key="claim_do_why").set_value("gaat over een broer")
    press(press(at, "claim_do_check"), "claim_do_send")
    assert inbox.sent[0][1]["reason"] == "gaat over een broer"
    assert inbox.held[claim_id].link is None


def test_a_decision_is_on_the_version_that_was_looked_at(visit, inbox):
    claim_id = linked(inbox)
    at = start(visit, claim_id, "ask")
    at.selectbox(key="claim_do_reason").set_value(DecisionReason.STATEMENT_OLD)
    at = press(at, "claim_do_check")
    inbox.file(1, version=2, debtor=FENNA)
    at = press(at, "claim_do_send")
    assert "Deze vordering is intussen veranderd" in text_of(at)
    assert inbox.sent == []
    assert at.button(key="claim_do_send").disabled


def test_a_decision_is_sent_once_however_often_the_button_is_pressed(visit, inbox):
    at = start(visit, filed(inbox), "decline")
    at = press(at, "claim_do_check")
    button = at.button(key="claim_do_send")
    button.click()
    at.run()
    at.run()
    assert len(inbox.sent) == 1


def test_a_refusal_of_the_service_about_a_field_returns_to_that_field(visit, inbox):
    at = start(visit, linked(inbox), "decline")
    at.selectbox(key="claim_do_reason").set_value(DecisionReason.NOT_OWED)
    at = press(at, "claim_do_check")
    inbox.failing = Conflict("claim_linked", "this claim belongs to a client", field="reason")
    at = press(at, "claim_do_send")
    assert 'data-field="claim_do_reason"' in text_of(at)
    assert at.selectbox(key="claim_do_reason").value is DecisionReason.NOT_OWED


@pytest.mark.parametrize(
    ("prepare", "step", "says"),
    [
        (filed, "include", "hoort nog bij geen dossier"),
        (answered_to, "include", "De bewoner zegt dat deze vordering niet klopt"),
        (old, "include", "ouder dan zes maanden"),
        (lambda inbox: filed(inbox, status=ClaimStatus.DECLINED), "decline", "Deze vordering is gesloten"),
        (linked, "answer", "geen bezwaar"),
        (linked, "settle", "past niet bij hoe zij staat"),
        (linked, "take_back", "past niet bij hoe zij staat"),
    ],
)
def test_a_step_that_is_not_possible_says_why(visit, inbox, prepare, step, says):
    at = start(visit, prepare(inbox), step)
    assert says in text_of(at)
    assert not [button for button in at.button if button.key and button.key.startswith("claim_do")]


def test_a_step_that_does_not_exist_is_no_page(visit, inbox):
    for step in ("", "link", "delete"):
        assert "Er is geen vordering gekozen" in text_of(start(visit, linked(inbox), step))


# --- the resident's objection -----------------------------------------------------------------------------------------


def test_answering_the_resident_makes_including_possible(visit, inbox):
    claim_id = linked(inbox, record=disputed())
    at = start(visit, claim_id, "answer")
    assert "Dit is al betaald." in text_of(at)
    at = press(at, "claim_do_check")
    assert "Uw antwoord: vul dit in." in text_of(at)
    at.text_area(key="claim_do_answer").set_value("De betaling is gevonden en verwerkt.")
    at = press(press(at, "claim_do_check"), "claim_do_send")
    assert "De bewoner kan uw antwoord lezen" in text_of(at)
    assert "include" in offered(open_claim(visit, claim_id))


def test_an_answer_to_what_the_resident_said_before_is_refused(visit, inbox, fake):
    claim_id = linked(inbox, record=disputed())
    at = start(visit, claim_id, "answer")
    at.text_area(key="claim_do_answer").set_value("Uitgezocht.")
    at = press(at, "claim_do_check")
    link = inbox.held[claim_id].link
    versions = fake.stored[dossier_id(0)].records[link.record]
    again = replace(versions[-1].record, resident_reason="Nu om iets anders.")
    fake.stored[dossier_id(0)].put(link.record, again, author="resident")
    at = press(at, "claim_do_send")
    assert "heeft dit gegeven gewijzigd" in text_of(at)
    assert versions[-1].record.answer == ""


# --- the dossier's page -----------------------------------------------------------------------------------------------


def test_dossier_shows_its_claims_with_what_the_resident_says(visit, inbox):
    claim_id = linked(inbox, record=disputed())
    at = visit("caseworker", "dossier", dossier=dossier_id(0), deel="vorderingen")
    text = text_of(at)
    assert "Woningstichting Voorbeeld – huur" in text
    assert "Klopt niet; geef antwoord" in text
    assert f"/beoordelen?vordering={claim_id.hex()}" in html_of(at).replace("&#61;", "=")


def test_dossier_without_claims_says_where_they_come_from(visit, inbox):
    text = text_of(visit("caseworker", "dossier", dossier=dossier_id(0), deel="vorderingen"))
    assert "Er staan geen vorderingen" in text


def test_dossier_shows_a_claim_that_it_cannot_read(visit, inbox, fake):
    record = ReceivedClaim(
        claim_id="0e" * 32, commitment="aa" * 32, claim_version=1, document='{"schema":99,"contents":{}}',
        received_at=datetime(2026, 11, 1, tzinfo=UTC), decision=ClaimDecisionState.DECLINED,
        decision_reason="already_known", decided_at=NOW,
    )  # fmt: skip
    fake.stored[dossier_id(0)].put(record_id("claim"), record)
    assert "Vordering van een schuldeiser" in text_of(
        visit("caseworker", "dossier", dossier=dossier_id(0), deel="vorderingen")
    )
    at = visit("caseworker", "gegeven", dossier=dossier_id(0), gegeven=record_id("claim"))
    assert not at.exception
    assert "Schuld is al bekend" in text_of(at)


# --- addresses and languages ------------------------------------------------------------------------------------------


def test_no_address_holds_a_person_or_both_a_claim_and_its_dossier(visit, inbox):
    claim_id = linked(inbox, record=disputed())
    pages = [
        open_claim(visit, claim_id),
        start(visit, claim_id, "answer"),
        visit("caseworker", "vorderingen"),
        visit("caseworker", "dossier", dossier=dossier_id(0), deel="vorderingen"),
    ]
    for at in pages:
        addresses = re.findall(r'href="([^"]*)"', unescape(html_of(at)))
        assert addresses
        for address in addresses:
            assert "Meulen" not in address
            assert not (claim_id.hex() in address and dossier_id(0).hex() in address)


@pytest.mark.parametrize("step", ["answer", "ask", "decline", "unlink", "include"])
def test_pages_are_there_in_english(visit, inbox, step):
    claim_id = linked(inbox, record=disputed())
    assert "What you can do now" in text_of(open_claim(visit, claim_id, language="en"))
    at = visit("caseworker", "besluiten", language="en", vordering=claim_id, besluit=step, nr="1")
    assert not at.exception
    assert "Back to the claim" in text_of(at)
    assert en.TEXTS[f"claim_do.{step}_title"] in text_of(at)


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [nl.TEXTS, en.TEXTS])
def test_every_word_of_a_claim_has_a_sentence(texts):
    wanted = {
        "claim_status": [one.name.lower() for one in ClaimStatus],
        "claims_refusal": RefusalReason,
        "claims_decided": ClaimDecisionState,
        "decision_reason": [*DecisionReason, "withdrawn"],
        "decision_state": DecisionState,
        "claim_trouble": Trouble,
        "duplicate_sign": DuplicateSign,
        "match_sign": MatchSign,
    }
    incomplete = [*(set(ContentsState) - {ContentsState.COMPLETE}), *(set(DeliveryState) - {DeliveryState.ACCEPTED})]
    wanted |= {"claims_state": incomplete, "claims_state_means": incomplete}
    missing = [f"{group}.{one}" for group, ones in wanted.items() for one in ones if f"{group}.{one}" not in texts]
    missing += [f"claim.do_{step}" for step in Step if f"claim.do_{step}" not in texts]
    for step in set(Step) - {Step.LINK}:
        missing += [key for kind in ("title", "lead", "send") if (key := f"claim_do.{step}_{kind}") not in texts] + [
            key for key in (f"claim_do.done_{step}",) if key not in texts
        ]
    assert missing == []


@pytest.mark.parametrize(
    "module", ["decisions", "desk", "linking", "taking_back", "links", "matching", "objections", "opening", "inbox"]
)
def test_every_refusal_of_the_desk_has_a_sentence(module):
    text = (ROOT / "schuldhulp" / "services" / "claims" / f"{module}.py").read_text(encoding="utf-8")
    found = set(re.findall(r'(?:InvalidInput|NotAllowed|NotFound|Conflict|Deviation)\(\s*"([a-z_]+)"', text))
    # What comes of an address that somebody typed over has the sentence of its family.
    assert {key for key in found if f"error.{key}" not in nl.TEXTS} - {"claim_unknown", "record_unknown"} == set()


def test_a_claim_that_vanished_is_told_calmly(visit, inbox, monkeypatch):
    claim_id = linked(inbox)

    def gone(**_: object) -> None:
        raise NotFound("claim_contents_absent", "not here", field="claim_id")

    monkeypatch.setattr(inbox.inbox, "opened", gone)
    at = open_claim(visit, claim_id)
    assert not at.exception
    assert "De inhoud van deze vordering is hier niet." in text_of(at)
