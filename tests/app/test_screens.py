"""Every screen, for every role: what is on it, and that it is only for whom it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.components.fields import label_of
from app.components.recordforms import TYPES, fields_of
from app.navigation import CREDITOR, PATHS, RESIDENT, STAFF
from schuldhulp.domain.access import Role
from schuldhulp.domain.audit import LogAction, LogLine, LogStatus, Purpose
from schuldhulp.domain.records import AgreementStatus
from schuldhulp.domain.trust import Finding, FindingKind, TrustState
from schuldhulp.errors import Unreachable
from tests.app.conftest import claims, go, html_of, press, text_of
from tests.support.fake_cockpit import NOW, actor, dossier_id, record_id

PAGES = {
    "resident": [path for path, _, _ in RESIDENT],
    "caseworker": [path for path, _, _ in STAFF],
    "creditor": [path for path, _, _ in CREDITOR],
    "administrator": ["", "status", "schuldeisers"],
}
EVERY_PAGE = [(who, path) for who, paths in PAGES.items() for path in paths]
QUERY = {
    "dossier": {"dossier": dossier_id(0)},
    "gegeven": {"dossier": dossier_id(0), "gegeven": record_id("debt0")},
    "invoeren": {"dossier": dossier_id(0), "soort": "obligation"},
    "aanmelden": {"dossier": dossier_id(0)},
    "kennisgevingen": {"dossier": dossier_id(0)},
}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("who", "path"), EVERY_PAGE)
def test_page_opens_for_its_role(visit, who, path, language):
    at = visit(who, path, language=language, **QUERY.get(path, {}))
    assert not at.exception
    assert "<h1" in html_of(at)


def test_every_page_has_a_test():
    assert {path for _, path in EVERY_PAGE} == PATHS


def test_page_shows_three_logins_to_nobody(visit):
    at = visit(None)
    assert [button.key for button in at.button] == [
        "welcome_login_digid",
        "welcome_login_eherkenning",
        "welcome_login_staff",
    ]
    assert "schuldhulp@example.nl" in text_of(at)


def test_page_says_test_environment_in_development_only(visit, fake):
    assert "Testomgeving, geen echte gegevens" in text_of(visit(None))
    fake.settings.production = True
    assert "Testomgeving" not in text_of(visit(None))


@pytest.mark.parametrize("path", ["schulden", "dossier", "status"])
def test_page_of_somebody_else_is_refused_in_our_own_words(visit, path):
    assert "Deze pagina is niet voor u" in text_of(visit("creditor", path))
    assert "Inloggen met DigiD" in {button.label for button in visit(None, path).button}


@pytest.mark.parametrize("path", ["schulden", "dossier", "gegeven", "invoeren", "aanmelden", "status"])
def test_page_of_another_role_is_not_there(visit, path, fake):
    for who, paths in PAGES.items():
        if path in paths:
            continue
        fake.opened.clear()
        at = visit(who, path, **QUERY.get(path, {}))
        assert not at.exception
        # Whatever is asked for, what comes is a page of her own.
        assert {purpose for purpose, _, _ in fake.opened} <= ({Purpose.OWN_VIEW} if who == "resident" else set())
        if who != "resident":
            assert "Postorderbedrijf" not in text_of(at)


@pytest.mark.parametrize(
    ("screen", "who"),
    [
        ("resident.overview", "caseworker"),
        ("resident.debts", "creditor"),
        ("resident.budget", "administrator"),
        ("resident.agreements", "creditor"),
        ("resident.looked", "caseworker"),
        ("resident_claims.page", "caseworker"),
        ("resident_shared.page", "creditor"),
        ("clients.page", "resident"),
        ("dossier.page", "resident"),
        ("record.page", "administrator"),
        ("record_form.page", "creditor"),
        ("enrolment.page", "resident"),
        ("claims.page", "resident"),
        ("claims_one.page", "creditor"),
        ("claims_link.page", "administrator"),
        ("claims_decide.page", "resident"),
        ("status.page", "caseworker"),
        ("creditor.page", "resident"),
        ("creditor_check.page", "caseworker"),
        ("creditor_list.page", "resident"),
        ("creditor_history.page", "administrator"),
        ("organisations.page", "creditor"),
    ],
)
def test_guard_refuses_another_role_on_the_screen_itself(fake, screen, who):
    # The navigation does not offer it; suppose it did.
    def page(screen: str) -> None:
        import importlib

        module, name = screen.split(".")
        getattr(importlib.import_module(f"app.screens.{module}"), name)()

    at = AppTest.from_function(page, args=(screen,), default_timeout=30)
    at.user = claims(who)
    at.run()
    assert not at.exception
    assert "Deze pagina is niet voor u" in text_of(at)
    assert not fake.opened


def test_role_claim_in_a_token_is_ignored(visit):
    at = visit("resident", more={"role": "administrator", "roles": ["administrator", "caseworker"]})
    assert "Toestand van het systeem" not in text_of(at)
    assert "Cliënten" not in text_of(at)
    assert "Blijft over" in text_of(at)


@pytest.mark.parametrize(
    "more",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "4102444800"},
        {"exp": True},
        {"sub": ""},
        {"sub": None},
        {"provider": "other"},
    ],
)
def test_login_that_has_ended_or_is_odd_counts_for_nothing(visit, fake, more):
    at = visit("resident", more=more)
    assert "Inloggen met DigiD" in {button.label for button in at.button}
    assert not fake.opened


def test_login_that_ended_says_so(visit):
    assert "uw inlogtijd was voorbij" in text_of(visit("resident", more={"exp": 1}))


def test_login_of_another_provider_is_not_taken_over(visit):
    at = visit("caseworker", more={"provider": "digid"})
    assert "wij kennen u hier nog niet" in text_of(at)
    assert [button.key for button in at.button] == ["session_log_out"]


def test_page_tells_who_is_not_admitted_what_to_do(visit, fake):
    fake.people.clear()
    text = text_of(visit("resident"))
    assert "wij kennen u hier nog niet" in text
    assert "schuldhulp@example.nl" in text


def test_page_stays_calm_when_nothing_answers(visit, fake):
    fake.down = Unreachable("database_silent", "no answer")
    for who in ("resident", "caseworker"):
        at = visit(who)
        assert not at.exception
        assert "Er is nu even geen verbinding" in text_of(at)


def test_overview_shows_all_that_the_resident_needs(visit):
    text = text_of(visit("resident"))
    for expected in (
        "Betaal € 164,00 aan Energie voor Elkaar, uiterlijk 25 november 2026.",
        "€ 1.721,53",
        "€ 1.019,68",
        "€ 656,85",
        "€ 9.060,57",
        "Postorderbedrijf Wolkenveld",
        "Budgetbeheer",
        "Gecontroleerd: alles klopt",
    ):
        assert expected in text


def test_overview_amounts_never_break(visit):
    html = html_of(visit("resident")).replace("&nbsp;", "\u00a0")
    assert "€\u00a01.721,53" in html
    assert "€ 1" not in html


@pytest.mark.parametrize(
    ("state", "resident", "staff"),
    [
        (TrustState.VERIFIED, "Gecontroleerd: alles klopt", "gelijk aan wat op de keten"),
        (TrustState.BEING_RECORDED, "De laatste wijziging wordt vastgelegd", "geldige opdracht"),
        (TrustState.DEVIATES, "iets wijkt af van wat is vastgelegd", "Meld dit bij de beheerder"),
        (TrustState.UNREACHABLE, "De controle kan nu even niet", "keten geeft geen antwoord"),
    ],
)
def test_trust_is_said_in_words(visit, fake, state, resident, staff):
    fake.stored[dossier_id(0)].state = state
    assert resident in text_of(visit("resident"))
    assert staff in text_of(visit("caseworker", "dossier", dossier=dossier_id(0)))


def test_trust_names_the_records_that_deviate(visit, fake):
    stored = fake.stored[dossier_id(0)]
    stored.state = TrustState.DEVIATES
    stored.findings = (
        Finding(kind=FindingKind.RECORD_CHANGED, record_id=record_id("debt1")),
        Finding(kind=FindingKind.RECORD_MISSING, record_id=record_id("gone")),
    )
    text = text_of(visit("caseworker", "dossier", dossier=dossier_id(0)))
    assert "is veranderd buiten het systeem om" in text
    assert f"Gegeven {record_id('gone').hex()[:8].upper()}: een gegeven dat was vastgelegd, is verdwenen" in text
    # Nothing that may rest on what deviates is said, and nothing is offered that would be refused.
    assert "Zichtbaarheid voor schuldeisers niet zeker" in text
    assert "Schuld of verplichting toevoegen" not in text
    rows = text_of(visit("caseworker", "dossier", dossier=dossier_id(0), deel="verplichtingen"))
    assert rows.count("Wijkt af") == 1


def propose(fake):
    stored = fake.stored[dossier_id(0)]
    proposal = replace(
        stored.records[record_id("agreement")][-1].record, status=AgreementStatus.PROPOSED, confirmations=()
    )
    stored.records[record_id("agreement")].clear()
    stored.put(record_id("agreement"), proposal)


def test_resident_confirms_an_agreement_once(visit, fake):
    propose(fake)
    assert "Er ligt een afspraak voor u klaar" in text_of(visit("resident"))
    at = visit("resident", "afspraken")
    name = record_id("agreement").hex()[:12]
    press(at, f"agree_{name}_ask")
    press(at, f"agree_{name}_yes")
    assert fake.saved == 1
    assert "Uw akkoord is opgeslagen" in text_of(at)
    assert "Bevestigd door F.M. van der Meulen (bewoner)" in text_of(at)


@pytest.mark.parametrize("path", ["", "schulden", "inkomen-en-uitgaven", "afspraken"])
def test_resident_is_warned_first_and_asked_for_nothing_when_something_deviates(visit, fake, path):
    propose(fake)
    stored = fake.stored[dossier_id(0)]
    stored.state = TrustState.DEVIATES
    stored.findings = (Finding(kind=FindingKind.RECORD_CHANGED, record_id=record_id("debt1")),)
    at = visit("resident", path)
    text = text_of(at)
    assert text.count("iets wijkt af van wat is vastgelegd") == 1
    assert "Belastingdienst – terugbetaling uitkering of toeslag: is veranderd buiten het systeem om" in text
    assert text.index("iets wijkt af") < text.index("€")
    assert "Wat u nu kunt doen" not in text
    assert "Er ligt een afspraak voor u klaar" not in text
    assert not [button.key for button in at.button if button.key.startswith("agree_")]


def test_agreement_can_no_longer_be_given_once_something_deviates(visit, fake):
    propose(fake)
    at = visit("resident", "afspraken")
    press(at, f"agree_{record_id('agreement').hex()[:12]}_ask")
    fake.stored[dossier_id(0)].state = TrustState.DEVIATES
    at.run()
    assert not [button.key for button in at.button if button.key.startswith("agree_")]


def line(
    number,
    *,
    session=0,
    role=Role.CASEWORKER,
    purpose=Purpose.DEBT_HELP,
    reason="",
    name=LogAction.OPEN,
    by="S. de Wit",
):
    when = NOW - timedelta(minutes=number)
    return LogLine(
        trace_id=f"{session:032x}", span_id=f"{number:016x}", status_code=LogStatus.OK, name=name,
        start_time=when, end_time=when, processing_activity_id=f"urn:schuldhulp:processing:{purpose}",
        actor_id=by, role=role, purpose=purpose, reason=reason,
    )  # fmt: skip


def test_resident_reads_who_looked_and_why_but_no_name(visit, fake):
    fake.lines[dossier_id(0)] = [
        line(0, role=Role.RESIDENT, purpose=Purpose.OWN_VIEW, by="resident-1"),
        line(1, session=1),
        line(2, session=1),
        line(3, session=2, role=Role.TEAM_LEADER, purpose=Purpose.REPLACEMENT, reason="Collega <b>ziek</b>"),
        line(4, session=3, role=None, purpose=Purpose.VERIFICATION, name=LogAction.VERIFY),
        line(5, session=4, role=Role.CREDITOR, purpose=Purpose.SEARCH, name=LogAction.REFUSED),
    ]
    at = visit("resident", "wie-keek")
    text = text_of(at)
    # What was done in one session stands there once, with its newest time; what the resident did, not at all.
    assert text.count("<span>Schuldhulp</span>") == 1
    assert "23 november 2026 10:29" in text
    assert "23 november 2026 10:28" not in text
    assert "Het eigen dossier bekijken" not in text
    for expected in (
        "Begeleider",
        "Teamleider",
        "Een collega vervangen",
        "Reden: Collega",
        "Het systeem",
        "Schuldeiser",
        "het dossier bleef dicht",
    ):
        assert expected in text
    assert "<b>ziek" not in html_of(at)
    assert "S. de Wit" not in text
    assert {purpose for purpose, _, _ in fake.opened} == {Purpose.OWN_VIEW}


def test_resident_reads_that_the_partner_looked(visit, fake):
    fake.lines[dossier_id(0)] = [line(0, role=Role.RESIDENT, purpose=Purpose.OWN_VIEW, by="resident-2")]
    text = text_of(visit("resident", "wie-keek"))
    assert "Bewoner" in text
    assert "Het eigen dossier bekijken" in text


def test_resident_sees_the_newest_looks_only(visit, fake):
    fake.lines[dossier_id(0)] = [line(number, session=number) for number in range(25)]
    text = text_of(visit("resident", "wie-keek", language="en"))
    assert text.count('<tr role="row"') - 1 == 20
    assert "These are the last 20 times" in text
    fake.lines.clear()
    assert "Er heeft nog niemand anders in uw dossier gekeken." in text_of(visit("resident", "wie-keek"))


def test_clients_are_found_and_the_search_is_not_in_the_address(visit, fake):
    at = visit("caseworker")
    assert "1 tot en met 20 van 60" in text_of(at)
    at.text_input(key="clients_search").set_value("meul").run()
    assert "F.M. van der Meulen & J. Bakker" in text_of(at)
    assert "1 tot en met 1 van 1" in text_of(at)
    assert not at.query_params
    at.text_input(key="clients_search").set_value("niemand").run()
    assert "Geen cliënt gevonden" in text_of(at)


def test_clients_turn_pages_and_filter(visit):
    at = visit("caseworker")
    press(at, "clients_next")
    assert "21 tot en met 40 van 60" in text_of(at)
    at = go(at, "", filter="ended")
    assert "van 3" in text_of(at)
    assert at.query_params == {"filter": "ended"}


def test_clients_begin_at_the_first_page_of_another_search(visit):
    at = visit("caseworker")
    press(press(at, "clients_next"), "clients_next")
    at.text_input(key="clients_search").set_value("2026").run()
    assert "1 tot en met 20 van 60" in text_of(at)
    press(at, "clients_next")
    assert "1 tot en met 20 van" in text_of(go(at, "", filter="mine"))


def test_dossier_asks_for_a_reason_outside_the_caseload(visit, fake):
    at = visit("caseworker", "dossier", dossier=dossier_id(2))
    assert "Waarom opent u dit dossier?" in text_of(at)
    assert not fake.opened
    press(at, "reason_open")
    assert "Vul een reden in" in text_of(at)
    at.text_input(key="reason_text").set_value("Vervanging")
    press(at, "reason_open")
    assert fake.opened[-1][1:] == (dossier_id(2), "Vervanging")
    assert "C. Bakker" in text_of(at)


def test_reason_that_is_refused_is_said_and_another_can_be_given(visit, fake):
    at = visit("caseworker", "dossier", dossier=dossier_id(2))
    assert "Reden:" not in text_of(at)
    at.text_input(key="reason_text").set_value("Ziek\u0007")
    press(at, "reason_open")
    assert "Reden:" in text_of(at)
    assert not fake.opened
    at.text_input(key="reason_text").set_value("Vervanging")
    press(at, "reason_open")
    assert fake.opened[-1][1:] == (dossier_id(2), "Vervanging")


@pytest.mark.parametrize("value", ["", "zz", "00", "0" * 63, "0" * 64, "<b>"])
def test_dossier_that_is_not_there_is_said_calmly(visit, value):
    at = visit("caseworker", "dossier", dossier=value or "x")
    assert not at.exception
    text = text_of(at)
    assert "Er is geen dossier gekozen" in text or "Dit is er niet" in text or "Waarom opent u" in text


def test_record_shows_its_history(visit, fake):
    stored = fake.stored[dossier_id(0)]
    debt = stored.records[record_id("debt0")][-1].record
    stored.put(record_id("debt0"), replace(debt, note="Gebeld"), author="caseworker", reason="telefoontje")
    text = text_of(visit("caseworker", "gegeven", dossier=dossier_id(0), gegeven=record_id("debt0")))
    assert "Versie 2" in text
    assert "Gebeld" in text
    assert "Reden: telefoontje" in text


def test_history_shows_each_address_that_changed(visit, fake):
    stored = fake.stored[dossier_id(0)]
    me = stored.records[record_id("me")][-1].record
    home = me.addresses[0]
    stored.put(record_id("me"), replace(me, addresses=(home, replace(home, street="Oude Weg"))))
    stored.put(record_id("me"), replace(me, addresses=(replace(home, street="Nieuwe Weg"), home)))
    text = text_of(visit("caseworker", "gegeven", dossier=dossier_id(0), gegeven=record_id("me")))
    assert f"<del>{home.street}</del> → <ins>Nieuwe Weg</ins>" in text
    assert f"<del>Oude Weg</del> → <ins>{home.street}</ins>" in text


@pytest.mark.parametrize("kind", list(TYPES))
def test_no_two_fields_of_a_record_have_one_label(kind):
    labels = [label_of(kind, item.name) for item in fields_of(kind)]
    assert [label for label in labels if labels.count(label) > 1] == []


def test_status_shows_what_needs_attention(visit, fake):
    assert "Alles werkt" in text_of(visit("administrator"))
    fake.state = replace(fake.state, last_check=replace(fake.state.last_check, finding="chain_behind", dossiers=2))
    text = text_of(visit("administrator"))
    assert "De keten loopt achter op de database" in text
    assert "Het gaat om 2 dossiers." in text
    fake.state = replace(fake.state, last_check=replace(fake.state.last_check, dossiers=1))
    assert "Het gaat om 1 dossier." in text_of(visit("administrator"))
    fake.state = replace(
        fake.state,
        last_check=replace(fake.state.last_check, finding="", at=NOW),
        chain=replace(fake.state.chain, answers=False, recognised=False, problem="chain_silent"),
        epoch=None,
    )
    assert "De keten geeft geen antwoord" in text_of(visit("administrator"))


@pytest.mark.parametrize(
    ("problem", "title", "said"),
    [
        ("chain_id_other", "Dit is niet de keten van dit systeem", "het ketennummer is anders"),
        ("genesis_other", "Dit is niet de keten van dit systeem", "het eerste blok is anders"),
        ("contract_missing", "Dit is niet de keten van dit systeem", "staat op deze keten niets"),
        ("contract_code_other", "Dit is niet de keten van dit systeem", "staat andere code"),
        ("contract_instance_other", "Dit is niet de keten van dit systeem", "een ander exemplaar"),
        ("chain_answer_wrong", "Met de keten is iets niet goed", "een antwoord dat niet kan kloppen"),
        ("chain_went_back", "Met de keten is iets niet goed", "De keten is korter dan eerst"),
        ("chain_stale", "Met de keten is iets niet goed", "Het nieuwste blok van de keten is te oud"),
    ],
)
def test_status_says_what_is_wrong_with_the_chain(visit, fake, problem, title, said):
    fake.state = replace(
        fake.state, chain=replace(fake.state.chain, answers=True, recognised=False, problem=problem), epoch=None
    )
    text = text_of(visit("administrator"))
    assert title in text
    assert said in text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_status_asks_after_the_worker_when_nothing_was_checked_lately(visit, fake, language):
    fake.state = replace(fake.state, checked_recently=False)
    text = text_of(visit("administrator", language=language))
    assert ("Draait de worker?" if language == "nl" else "Does the worker run?") in text
    assert "Alles werkt" not in text
    assert "Everything works" not in text


def test_somebody_with_two_roles_gets_the_pages_of_both(visit, fake):
    fake.people[("staff", "caseworker")] = actor("staff", Role.CASEWORKER, Role.ADMINISTRATOR, name="S. de Wit")
    at = visit("caseworker")
    assert "Cliënten" in text_of(at)
    assert "Alles werkt" in text_of(go(at, "status"))


def test_log_out_forgets_everything(visit):
    at = visit("caseworker")
    at.text_input(key="clients_search").set_value("meul").run()
    press(at, "session_log_out")
    assert "clients_search" not in at.session_state
    assert "Inloggen met DigiD" in {button.label for button in at.button}


def test_log_out_counts_in_every_tab(visit, fake):
    one, other = (visit("caseworker", more={"nonce": "the same"}) for _ in range(2))
    press(one, "session_log_out")
    other.run()
    assert "Inloggen met DigiD" in {button.label for button in other.button}
    fake.searches.clear()
    other.run()
    assert not fake.searches


def test_nothing_is_offered_to_change_in_a_dossier_that_deviates(visit, fake):
    fake.stored[dossier_id(0)].state = TrustState.DEVIATES
    at = visit("caseworker", "gegeven", dossier=dossier_id(0), gegeven=record_id("debt0"))
    assert "Wijzigen" not in text_of(at)
    assert "withdraw_send" not in {button.key for button in at.button}
    at = visit("caseworker", "aanmelden", dossier=dossier_id(0))
    assert "enrol_check" not in {button.key for button in at.button}
    assert "iets wijkt af" in text_of(at)
